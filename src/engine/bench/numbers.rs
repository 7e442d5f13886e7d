//! The numbers of the named works, which a few lines of any language make bit for bit: splitmix64 (Steele, Lea, Flood 2014) of
//! a counter. `benches/peers/works.py` has the same lines.

/// What numbers are for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Inputs = 1,
    Targets = 2,
    Weights = 3,
    Direction = 4,
}

/// 64 random bits.
const fn bits(stream: Stream, index: u64) -> u64 {
    splitmix64(((stream as u64) << 32) + index + 1)
}

/// What the generator gives at its `count`-th call, from 1, where its seed is 0.
const fn splitmix64(count: u64) -> u64 {
    let mut z = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Multiples of 2⁻²³ from −1 to below 1.
pub(super) fn uniform(stream: Stream, count: usize) -> impl Iterator<Item = f64> {
    (0..count as u64).map(move |index| (bits(stream, index) >> 40) as f64 / f64::from(1 << 23) - 1.0)
}

/// Whole numbers below `limit`.
pub(super) fn whole(stream: Stream, count: usize, limit: usize) -> impl Iterator<Item = u32> {
    (0..count as u64).map(move |index| ((bits(stream, index) >> 32) % limit as u64) as u32)
}

/// 1 and −1.
pub(super) fn signs(stream: Stream, count: usize) -> impl Iterator<Item = f32> {
    (0..count as u64).map(move |index| if bits(stream, index) >> 63 == 1 { 1.0 } else { -1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three outputs of the published generator from the seed 0.
    #[test]
    fn it_is_the_published_generator() {
        let outputs = [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F];
        assert_eq!([1, 2, 3].map(splitmix64), outputs);
    }

    #[test]
    fn numbers_spread_over_their_range() {
        let mean = uniform(Stream::Inputs, 4096).sum::<f64>() / 4096.0;
        let square = uniform(Stream::Inputs, 4096).map(|x| x * x).sum::<f64>() / 4096.0;
        assert!(mean.abs() < 0.03 && (square - 1.0 / 3.0).abs() < 0.02, "{mean} {square}");
    }
}
