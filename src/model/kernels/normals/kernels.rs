//! Kernels of the ziggurat. All arithmetic is of whole numbers, 64 bits as two words, high and low: it is the same on every
//! adapter, whatever its compilers make of floats.

use cubecl::prelude::*;

use super::{CHUNK, EMITS, ENTRIES, LN_2, LOG2_E, R, RECIP_R, RECIPROCALS, ROW, TAILS, TERMS};

/// 1 in units of 2⁻³¹, as the high word of units of 2⁻⁶³.
const ONE: u32 = 1 << 31;
/// 2⁵¹, as the high word: where u is 0.
const HALF: u32 = 1 << 19;

/// The high and the low word of a + b, without what goes beyond them.
#[cube]
fn plus(a_high: u32, a_low: u32, b_high: u32, b_low: u32) -> (u32, u32) {
    let low = a_low + b_low;
    (a_high + b_high + select(low < a_low, 1u32, 0u32), low)
}

/// The high and the low word of a − b, for a ≥ b.
#[cube]
fn minus(a_high: u32, a_low: u32, b_high: u32, b_low: u32) -> (u32, u32) {
    (a_high - b_high - select(a_low < b_low, 1u32, 0u32), a_low - b_low)
}

/// Whether a < b.
#[cube]
fn is_less(a_high: u32, a_low: u32, b_high: u32, b_low: u32) -> bool {
    select(a_high == b_high, a_low < b_low, a_high < b_high)
}

/// The upper 64 of the 128 bits of a·b.
#[cube]
fn times(a_high: u32, a_low: u32, b_high: u32, b_low: u32) -> (u32, u32) {
    let below = u32::mul_hi(a_low, b_low);
    let (mid_high, mid_low) = plus(u32::mul_hi(a_high, b_low), a_high * b_low, 0u32, below);
    let other_low = a_low * b_high;
    let (mid_high2, _low) = plus(mid_high, mid_low, u32::mul_hi(a_low, b_high), other_low);
    // Both middle products and what they carry may need 65 bits.
    let carried = is_less(mid_high2, _low, mid_high, mid_low);
    let (high, low) = plus(u32::mul_hi(a_high, b_high), a_high * b_high, 0u32, mid_high2);
    (high + select(carried, 1u32, 0u32), low)
}

/// |s| of the position's u = s/2⁵¹, two words, whether it is negative, and its layer.
#[cube]
fn drawn(words: &[u32], place: usize) -> (u32, u32, bool, usize) {
    let low = words[2 * place];
    let high = words[2 * place + 1];
    let m_high = high >> 12u32;
    let m_low = (high << 20u32) | (low >> 12u32);
    let is_negative = m_high < HALF;
    let (above_high, above_low) = minus(m_high, m_low, HALF, 0u32);
    let (below_high, below_low) = minus(HALF, 0u32, m_high, m_low);
    (
        select(is_negative, below_high, above_high),
        select(is_negative, below_low, above_low),
        is_negative,
        (low & 255u32) as usize,
    )
}

/// e⁻ᵗ in units of 2⁻⁶³, from t < 16 in units of 2⁻⁶⁰.
#[cube]
fn exp_of_minus(t_high: u32, t_low: u32, whole: &[u32]) -> (u32, u32) {
    // t = (n + f)·ln 2: y in units of 2⁻⁵⁹.
    let (y_high, y_low) = times(t_high, t_low, whole[LOG2_E], whole[LOG2_E + 1]);
    let halvings = y_high >> 27u32;
    let f_high = (y_high << 5u32) | (y_low >> 27u32);
    let f_low = y_low << 5u32;
    let (z_high, z_low) = times(f_high, f_low, whole[LN_2], whole[LN_2 + 1]);
    // Horner's scheme for Σ (−z)ᵏ/k!.
    // 1, as a variable.
    let mut high = 0x8000_0000u32;
    let mut low = 0u32;
    for term in 0..TERMS {
        let (p_high, p_low) = times(z_high, z_low, high, low);
        let recip = RECIPROCALS + 2 * term;
        let (q_high, q_low) = times(p_high, p_low, whole[recip], whole[recip + 1]);
        let (r_high, r_low) = minus(ONE, 0u32, q_high, q_low);
        high = r_high;
        low = r_low;
    }
    // The first term is z itself.
    let (p_high, p_low) = times(z_high, z_low, high, low);
    let (mut r_high, mut r_low) = minus(ONE, 0u32, p_high, p_low);
    if halvings > 0u32 {
        r_low = (r_low >> halvings) | (r_high << (32u32 - halvings));
        r_high >>= halvings;
    }
    (r_high, r_low)
}

/// −ln q in units of 2⁻⁵⁸, of the q in (0, 1) that the word at a place stands for.
#[cube]
fn minus_ln(words: &[u32], place: usize, whole: &[u32]) -> (u32, u32) {
    let mut high = words[2 * place + 1];
    let mut low = (words[2 * place] & 0xffff_f000u32) | 0x800u32;
    let mut halvings = 0u32;
    while high < ONE {
        high = (high << 1u32) | (low >> 31u32);
        low <<= 1u32;
        halvings += 1u32;
    }
    // log₂ of the number in [1, 2) bit by bit: it is squared, and a square of 2 or more has the bit.
    let mut log_high = 0u32;
    let mut log_low = 0u32;
    for _ in 0..58u32 {
        let (square_high, square_low) = times(high, low, high, low);
        let has_bit = square_high >= ONE;
        high = select(has_bit, square_high, (square_high << 1u32) | (square_low >> 31u32));
        low = select(has_bit, square_low, square_low << 1u32);
        log_high = (log_high << 1u32) | (log_low >> 31u32);
        log_low = (log_low << 1u32) | select(has_bit, 1u32, 0u32);
    }
    let (log_high, log_low) = minus((halvings + 1u32) << 26u32, 0u32, log_high, log_low);
    times(log_high, log_low, whole[LN_2], whole[LN_2 + 1])
}

/// −ln q/R of the tail's first number, in units of 2⁻⁵⁸, and whether the second accepts it.
#[cube]
fn tail(words: &[u32], place: usize, whole: &[u32]) -> (u32, u32, bool) {
    let (a_high, a_low) = minus_ln(words, place, whole);
    let (x_high, x_low) = times(a_high, a_low, whole[RECIP_R], whole[RECIP_R + 1]);
    let (y_high, y_low) = minus_ln(words, place + 1, whole);
    // Both in units of 2⁻⁵²: x², and 2y.
    let (square_high, square_low) = times(x_high, x_low, x_high, x_low);
    let double_high = y_high >> 5u32;
    let double_low = (y_low >> 5u32) | (y_high << 27u32);
    let refused = is_less(double_high, double_low, square_high, square_low);
    (x_high, x_low, !refused)
}

/// Of each pair of words: how many pairs a number takes that begins with it, and `EMITS` where it gives one.
#[cube(launch_unchecked)]
pub(super) fn classify(words: &[u32], whole: &[u32], steps: &mut [u32], places: usize) {
    if ABSOLUTE_POS < places {
        let (high, low, _is_negative, layer) = drawn(words, ABSOLUTE_POS);
        let row = layer * ROW;
        let mut step = 1u32;
        step += EMITS;
        if !is_less(high, low, whole[row], whole[row + 1]) {
            if layer == 0usize {
                let mut is_open = true;
                let mut taken = 1usize;
                for _ in 0..TAILS {
                    if is_open {
                        let (_x_high, _x_low, accepted) = tail(words, ABSOLUTE_POS + taken, whole);
                        taken += 2;
                        is_open = !accepted;
                    }
                }
                step = taken as u32 + EMITS;
            } else {
                // x in units of 2⁻⁶², and x²/2 in units of 2⁻⁶⁰.
                let x_high = (high << 13u32) | (low >> 19u32);
                let (x_high, x_low) = times(x_high, low << 13u32, whole[row + 2], whole[row + 3]);
                let (t_high, t_low) = times(x_high, x_low, x_high, x_low);
                let (e_high, e_low) = exp_of_minus(t_high >> 1u32, (t_low >> 1u32) | (t_high << 31u32), whole);
                let next = 2 * (ABSOLUTE_POS + 1);
                let (d_high, d_low) =
                    times(whole[row + 6], whole[row + 7], words[next + 1], words[next] & 0xffff_f800u32);
                let (f_high, f_low) = minus(whole[row + 4], whole[row + 5], d_high, d_low);
                step = 2u32 + select(is_less(f_high, f_low, e_high, e_low), EMITS, 0u32);
            }
        }
        steps[ABSOLUTE_POS] = step;
    }
}

/// Of each chunk and each of the first `ENTRIES` places in it at which a number may begin: where the first number begins that
/// lies beyond it, in the upper half, and how many numbers it gives.
#[cube(launch_unchecked)]
pub(super) fn walk(steps: &[u32], walks: &mut [u32], all: usize) {
    if ABSOLUTE_POS < all {
        let chunk = ABSOLUTE_POS / ENTRIES;
        let mut place = ABSOLUTE_POS % ENTRIES;
        let mut numbers = 0u32;
        while place < CHUNK {
            let step = steps[chunk * CHUNK + place];
            numbers += step / EMITS;
            place += (step % EMITS) as usize;
        }
        walks[ABSOLUTE_POS] = (((place - CHUNK) as u32) << 16u32) | numbers;
    }
}

/// Where the first number of each chunk begins, and how many there are before it: one thread from chunk to chunk.
#[cube(launch_unchecked)]
pub(super) fn chain(steps: &[u32], walks: &[u32], entries: &mut [u32], chunks: usize) {
    let mut place = 0usize;
    let mut before = 0u32;
    for chunk in 0..chunks {
        entries[2 * chunk] = place as u32;
        entries[2 * chunk + 1] = before;
        if place < ENTRIES {
            let walked = walks[chunk * ENTRIES + place];
            place = (walked >> 16u32) as usize;
            before += walked & 0xffffu32;
        } else {
            // After an unusually long number.
            while place < CHUNK {
                let step = steps[chunk * CHUNK + place];
                before += step / EMITS;
                place += (step % EMITS) as usize;
            }
            place -= CHUNK;
        }
    }
}

/// The numbers of each chunk at their places.
#[cube(launch_unchecked)]
pub(super) fn emit(
    words: &[u32],
    whole: &[u32],
    steps: &[u32],
    entries: &[u32],
    out: &mut [f32],
    chunks: usize,
    len: usize,
) {
    if ABSOLUTE_POS < chunks {
        let mut place = entries[2 * ABSOLUTE_POS] as usize;
        let mut number = entries[2 * ABSOLUTE_POS + 1] as usize;
        while place < CHUNK {
            let at = ABSOLUTE_POS * CHUNK + place;
            let step = steps[at];
            if step >= EMITS {
                if number < len {
                    out[number] = value(words, whole, at, (step % EMITS) as usize);
                }
                number += 1;
            }
            place += (step % EMITS) as usize;
        }
    }
}

/// The number that begins at a place and takes so many pairs of words.
#[cube]
fn value(words: &[u32], whole: &[u32], at: usize, taken: usize) -> f32 {
    let (high, low, is_negative, layer) = drawn(words, at);
    let mut size = 0.0f32;
    if taken > 2 {
        // R − ln q/R in units of 2⁻⁵⁸
        let (x_high, x_low, _accepted) = tail(words, at + taken - 2, whole);
        let (sum_high, sum_low) = plus(x_high, x_low, whole[R], whole[R + 1]);
        size = rounded(sum_high, sum_low, 18u32);
    } else if (high | low) != 0u32 {
        // u·X with u = s/2⁵¹ and X in units of 2⁻⁶², from the upper 64 bits of s
        let (s_high, s_low, zeros) = normalised(high, low);
        let row = layer * ROW;
        let (x_high, x_low) = times(s_high, s_low, whole[row + 2], whole[row + 3]);
        size = rounded(x_high, x_low, 9u32 + zeros);
    }
    select(is_negative, -size, size)
}

/// A number above 0 with its first bit in front, and how many zeros stood before it.
#[cube]
fn normalised(high: u32, low: u32) -> (u32, u32, u32) {
    let is_short = high == 0u32;
    let first = select(is_short, low, high);
    let second = select(is_short, 0u32, low);
    let zeros = first.leading_zeros();
    // Shifts by 32 do not mean the same everywhere.
    let carried = (second >> 1u32) >> (31u32 - zeros);
    ((first << zeros) | carried, second << zeros, zeros + select(is_short, 32u32, 0u32))
}

/// (high, low)·2⁻⁴⁰⁻ᵉ, rounded to 24 bits.
#[cube]
fn rounded(high: u32, low: u32, exponent: u32) -> f32 {
    let (first, _second, zeros) = normalised(high, low);
    let bits = (first >> 8u32) + ((first >> 7u32) & 1u32);
    // A power of two by its bits: both factors are exact.
    f32::cast_from(bits) * f32::reinterpret((127u32 - exponent - zeros) << 23u32)
}
