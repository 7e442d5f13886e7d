//! Standard normal numbers on the GPU, those of the host's stream one for one: the ziggurat of Marsaglia and Tsang in
//! Doornik's form (2005), as `rand_distr` samples it.
//!
//! A number takes one pair of words, or two or more where the first falls beside its layer, so where the n-th begins depends
//! on all before it. What a pair gives if a number begins there does not, and is found for all pairs at once (`classify`).
//! Then each chunk of pairs says, for the few places at which a number may begin in it, how many numbers it gives and where
//! the next chunk's first begins (`walk`); one thread goes from chunk to chunk (`chain`); and each chunk puts its numbers
//! where they belong (`emit`).
//!
//! Which numbers are accepted is decided by whole numbers: exactly for the layers, and with an error of about 2⁻⁶⁰ beside
//! them, where the host's own rounding is 2⁻⁵³. The two could only decide differently about once in 10¹⁴ numbers.

mod kernels;
mod layers;

use burn::backend::Cube;
use burn::tensor::{Int, Tensor};
use cubecl::prelude::*;

use super::device::{buffer, room, threads};
use super::noise::{BLOCK, Parts, words};
use layers::{DENSITIES, EDGES, TAIL};

/// Words of a layer in the table: the least |s| beside it, its edge, the density at the next edge, and how much less it is
/// at its own.
const ROW: usize = 8;
/// What follows the layers: log₂ e, ln 2, 1/R and R.
const LOG2_E: usize = 256 * ROW;
const LN_2: usize = LOG2_E + 2;
const RECIP_R: usize = LN_2 + 2;
const R: usize = RECIP_R + 2;
/// And 1/k for the terms of the exponential's series, from the last to the second.
const RECIPROCALS: usize = R + 2;
/// Those terms: what is left out is below 2⁻⁶⁴.
const TERMS: usize = 20;
/// Pairs of words that one thread goes through.
const CHUNK: usize = 512;
/// Places in a chunk at which its first number begins as a rule: numbers that take more pairs are rare.
const ENTRIES: usize = 8;
/// Marks a pair that gives a number, above the count of pairs that it takes.
const EMITS: u32 = 256;
/// Pairs of the tail that are tried at most: more than one in 10²⁰ numbers would need.
const TAILS: u32 = 16;

/// The words of the table, for each device once.
pub(in crate::model) fn table() -> Vec<u32> {
    let layers = EDGES.windows(2).zip(DENSITIES.windows(2)).flat_map(|(edges, densities)| {
        [
            least_beside(edges[0], edges[1]),
            fixed(edges[0], 62),
            fixed(densities[1], 63),
            fixed(densities[1] - densities[0], 63),
        ]
    });
    // log₂ e·2⁶³ and ln 2·2⁶⁴, both rounded down.
    let constants = [0xb8aa_3b29_5c17_f0bb, 0xb172_17f7_d1cf_79ab, fixed(TAIL.recip(), 64), fixed(TAIL, 58)];
    let reciprocals = (0..TERMS).map(|term| ((1_u128 << 64) / (TERMS + 1 - term) as u128) as u64);
    let all = layers.chain(constants).chain(reciprocals);
    all.flat_map(|number: u64| [(number >> 32) as u32, number as u32]).collect()
}

/// The first numbers of one stream.
pub(in crate::model) fn normals_of<const D: usize>(
    parts: Parts,
    shape: [usize; D],
    table: &Tensor<1, Int>,
) -> Tensor<D> {
    let len = parts.len;
    // A number takes 1.0222 pairs in the mean, with a deviation of 0.16.
    let places = (len + len / 32 + 1024).next_multiple_of(CHUNK);
    let (chunks, beyond) = (places / CHUNK, 2 * TAILS as usize + 2);
    let words = words(&Parts { count: 1, ..parts }, (2 * (places + beyond)).div_ceil(BLOCK), &table.device());
    let table = table.clone().try_into_primitive::<Cube>().expect("the table is sent to a GPU alone");
    let steps = room(&words, &[places]);
    let walks = room(&words, &[chunks, ENTRIES]);
    let entries = room(&words, &[chunks, 2]);
    let out = room(&words, &shape);
    let client = out.client.clone();
    // SAFETY: there are words for every pair and for those that its number may take beyond the last one; the kernels read
    // what is named here by places below the counts that they are given.
    unsafe {
        let (count, dim) = threads(&client, places);
        kernels::classify::launch_unchecked(
            &client,
            count,
            dim,
            buffer(&words),
            buffer(&table),
            buffer(&steps),
            places,
        );
        let (count, dim) = threads(&client, chunks * ENTRIES);
        kernels::walk::launch_unchecked(&client, count, dim, buffer(&steps), buffer(&walks), chunks * ENTRIES);
        let one = (CubeCount::Static(1, 1, 1), CubeDim::new_1d(1));
        kernels::chain::launch_unchecked(
            &client,
            one.0,
            one.1,
            buffer(&steps),
            buffer(&walks),
            buffer(&entries),
            chunks,
        );
        let (count, dim) = threads(&client, chunks);
        kernels::emit::launch_unchecked(
            &client,
            count,
            dim,
            buffer(&words),
            buffer(&table),
            buffer(&steps),
            buffer(&entries),
            buffer(&out),
            chunks,
            len,
        );
    }
    Tensor::from_primitive::<Cube>(out)
}

/// The least s for which u·edge with u = s/2⁵¹, rounded as the host rounds it, is not below the next edge.
fn least_beside(edge: f64, next: f64) -> u64 {
    let (mut low, mut high) = (0, (1_u64 << 51) + 1);
    while low < high {
        let middle = u64::midpoint(low, high);
        if middle as f64 * 0.5_f64.powi(51) * edge < next {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A number in units of 2⁻ᵇⁱᵗˢ, rounded down; it is below 2⁶⁴ of them.
fn fixed(number: f64, bits: i32) -> u64 {
    // Each factor is exact, and so is their product, before what lies below a unit is cut off.
    (number * 2.0_f64.powi(bits)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_are_those_of_a_ziggurat() {
        let area = |layer: usize| EDGES[layer] * (DENSITIES[layer + 1] - DENSITIES[layer]);
        for layer in 0..256 {
            assert!((DENSITIES[layer] - (-0.5 * EDGES[layer].powi(2)).exp()).abs() < 1e-15, "{layer}");
            // The lowest layer's area counts the tail, and begins at density 0. The highest takes up what rounding the tail's
            // edge adds from layer to layer.
            let tolerance = if layer == 255 { 1e-11 } else { 1e-14 };
            if layer > 0 {
                assert!((area(layer) - area(1)).abs() < tolerance, "{layer}: {} and {}", area(layer), area(1));
            }
        }
        assert_eq!((EDGES[1], EDGES[256], DENSITIES[256]), (TAIL, 0.0, 1.0));
        assert!((EDGES[0] * DENSITIES[1] - area(1)).abs() < 1e-14);
    }

    #[test]
    fn thresholds_and_units_are_exact() {
        assert_eq!(fixed(1.0, 63), 1 << 63);
        assert_eq!(fixed(0.75, 2), 3);
        assert_eq!(fixed(TAIL, 58) as f64 * 0.5_f64.powi(58), TAIL);
        for layer in [0, 1, 100, 254] {
            let least = least_beside(EDGES[layer], EDGES[layer + 1]);
            let x = |s: u64| s as f64 * 0.5_f64.powi(51) * EDGES[layer];
            assert!(x(least) >= EDGES[layer + 1] && x(least - 1) < EDGES[layer + 1], "{layer}");
        }
        assert_eq!(least_beside(EDGES[255], 0.0), 0);
        assert_eq!(table().len(), RECIPROCALS + 2 * TERMS);
    }
}
