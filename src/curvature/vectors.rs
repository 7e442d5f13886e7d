//! Long vectors of the host: sums in 64 bits, whatever the numbers are kept in, and cut over the cores.
//!
//! How vectors are cut depends on their length alone, and the sums of the pieces are added in their order, so that no result depends
//! on the number of cores.

use rayon::prelude::*;

use crate::config::Real;
use crate::model::vectorised;

/// Numbers of a piece: below, another core brings nothing.
const PIECE: usize = 1 << 16;
/// Sums side by side, which are faster and round less than one.
const LANES: usize = 16;

/// A vector as precisely as the products that it comes from.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// In 32 bits.
    Single(Vec<f32>),
    /// In 64 bits.
    Double(Vec<f64>),
}

impl Kept {
    /// No numbers.
    pub const EMPTY: Self = Self::Double(Vec::new());

    /// Keeps `vector`, in 32 bits where it is `single`.
    pub fn new(vector: Vec<f64>, single: bool) -> Self {
        if single { Self::Single(vector.into_iter().map(|x| x as f32).collect()) } else { Self::Double(vector) }
    }

    /// The same in 32 bits.
    pub fn rounded(self) -> Self {
        match self {
            Self::Double(vector) => Self::new(vector, true),
            single @ Self::Single(_) => single,
        }
    }

    /// Numbers in it.
    pub const fn len(&self) -> usize {
        match self {
            Self::Single(vector) => vector.len(),
            Self::Double(vector) => vector.len(),
        }
    }

    /// Its numbers in 64 bits.
    pub fn to_vec(&self) -> Vec<f64> {
        match self {
            Self::Single(vector) => vector.iter().copied().map(f64::from).collect(),
            Self::Double(vector) => vector.clone(),
        }
    }

    /// Its product with another.
    pub fn dot(&self, other: &[f64]) -> f64 {
        match self {
            Self::Single(vector) => dot(vector, other),
            Self::Double(vector) => dot(vector, other),
        }
    }

    /// Adds so many times this one to `sum`.
    pub fn add_to(&self, sum: &mut [f64], share: f64) {
        match self {
            Self::Single(vector) => add(sum, share, vector),
            Self::Double(vector) => add(sum, share, vector),
        }
    }

    /// Copies the numbers from `begin` on.
    pub fn read(&self, begin: usize, to: &mut [f64]) {
        let own = begin..begin + to.len();
        match self {
            Self::Single(vector) => to.iter_mut().zip(&vector[own]).for_each(|(to, &x)| *to = f64::from(x)),
            Self::Double(vector) => to.copy_from_slice(&vector[own]),
        }
    }

    /// Puts numbers in the place of those from `begin` on.
    pub fn write(&mut self, begin: usize, from: &[f64]) {
        let own = begin..begin + from.len();
        match self {
            Self::Single(vector) => vector[own].iter_mut().zip(from).for_each(|(to, &x)| *to = x as f32),
            Self::Double(vector) => vector[own].copy_from_slice(from),
        }
    }
}

/// a·b.
pub(super) fn dot<T: Real>(a: &[T], b: &[f64]) -> f64 {
    if a.len() <= PIECE {
        return piece_dot(a, b);
    }
    let sums: Vec<f64> = a.par_chunks(PIECE).zip(b.par_chunks(PIECE)).map(|(a, b)| piece_dot(a, b)).collect();
    sums.iter().sum()
}

/// ‖a‖.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// sum + s·a in place of the sum.
fn add<T: Real>(sum: &mut [f64], share: f64, a: &[T]) {
    if a.len() <= PIECE {
        return piece_add(sum, share, a);
    }
    sum.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE)).for_each(|(sum, a)| piece_add(sum, share, a));
}

fn piece_dot<T: Real>(a: &[T], b: &[f64]) -> f64 {
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a.to_f64() * b).sum();
    let mut sums = [0.0; LANES];
    vectorised(|| {
        for (a, b) in a_parts.zip(b_parts) {
            for lane in 0..LANES {
                sums[lane] += a[lane].to_f64() * b[lane];
            }
        }
    });
    sums.iter().sum::<f64>() + tail
}

fn piece_add<T: Real>(sum: &mut [f64], share: f64, a: &[T]) {
    vectorised(|| sum.iter_mut().zip(a).for_each(|(sum, a)| *sum += share * a.to_f64()));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths beside those of lanes and pieces.
    const LENGTHS: [usize; 5] = [0, 1, 37, PIECE, 2 * PIECE + 19];

    /// Multiples of 1/64, which 32 bits hold and whose products have exact sums.
    fn vector(len: usize, factor: usize) -> Vec<f64> {
        (0..len).map(|i| ((i * factor) % 97) as f64 / 64.0 - 0.75).collect()
    }

    #[test]
    fn sums_in_pieces_are_those_of_the_whole() {
        for len in LENGTHS {
            let (a, b) = (vector(len, 31), vector(len, 53));
            let product: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - 2.0 * a).collect();
            assert_eq!(dot(&a, &b), product, "{len}");
            for single in [false, true] {
                let kept = Kept::new(a.clone(), single);
                assert_eq!(kept.dot(&b), product, "{len}");
                let mut sum = b.clone();
                kept.add_to(&mut sum, -2.0);
                assert_eq!(sum, difference, "{len}");
            }
        }
    }

    #[test]
    fn the_number_of_cores_changes_no_bit() {
        let (a, b) = (vector(3 * PIECE + 5, 31), vector(3 * PIECE + 5, 53));
        let kept = Kept::new(a, true);
        let of = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (kept.dot(&b).to_bits(), norm(&b).to_bits()))
        };
        assert_eq!(of(1), of(3));
    }

    #[test]
    fn what_is_written_is_read() {
        for single in [false, true] {
            let mut kept = Kept::new(vector(20, 7), single);
            kept.write(3, &[0.5, -0.25]);
            let mut read = [0.0; 2];
            kept.read(3, &mut read);
            assert_eq!(read, [0.5, -0.25]);
            assert_eq!(kept.to_vec()[3..5], read);
            assert_eq!(kept.len(), 20);
        }
    }
}
