//! Random rows where they are used: made by the device itself where it can, else by the host and sent.
//!
//! Both go through the same streams, so that the numbers of a stream do not depend on the device: signs are equal bit for
//! bit, and so are normals but where the host's own rounding decides. Uniform and Laplace noise is the host's.

use burn::tensor::Tensor;

use super::compute::Compute;
use super::kernels::{Parts, normals_of, signs_of, table, words_of};
use super::random::{Purpose, key, rademacher, unit_noise};
use crate::config::NoiseDistribution;

/// A stream of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// The seed.
    pub seed: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// Its number among those of its seed and purpose.
    pub index: u64,
}

impl Stream {
    /// Rows `[rows, D]` of random signs from the beginning of the stream.
    #[must_use]
    pub fn signs(self, shape: [usize; 2], compute: &Compute) -> Tensor<2> {
        self.signs_in_turn(shape[0], shape, compute)
    }

    /// Rows `[rows, D]` of random signs, each `each` of them from the stream that their first row's number is added to.
    #[must_use]
    pub fn signs_in_turn(self, each: usize, shape: [usize; 2], compute: &Compute) -> Tensor<2> {
        let [rows, dimension] = shape;
        let each = each.clamp(1, rows.max(1));
        if !compute.is_cpu() && rows > 0 {
            let parts = rows.div_ceil(each);
            let streams = Parts {
                key: key(self.seed, self.purpose),
                stream: self.index,
                apart: each as u32,
                count: parts,
                len: each * dimension,
            };
            let whole: Tensor<2> = signs_of(streams, [parts * each, dimension], compute.device());
            return if parts * each == rows { whole } else { whole.slice([0..rows]) };
        }
        let mut signs = Vec::with_capacity(rows * dimension);
        for start in (0..rows).step_by(each) {
            let own = each.min(rows - start);
            signs.extend(rademacher(self.seed, self.purpose, self.index + start as u64, own * dimension));
        }
        compute.tensor(signs, shape)
    }

    /// The first words of the stream, made by the device itself where it is not the CPU; `None` there.
    #[must_use]
    pub fn words(self, count: usize, compute: &Compute) -> Option<Vec<u32>> {
        if compute.is_cpu() {
            return None;
        }
        let parts = Parts { key: key(self.seed, self.purpose), stream: self.index, apart: 0, count: 1, len: count };
        let words = words_of(parts, count.div_ceil(16), compute.device()).into_data();
        Some(words.iter::<u32>().take(count).collect())
    }

    /// Rows `[rows, D]` of independent numbers of mean 0 and variance 1.
    #[must_use]
    pub fn noise(self, distribution: NoiseDistribution, shape: [usize; 2], compute: &Compute) -> Tensor<2> {
        if distribution == NoiseDistribution::Rademacher {
            return self.signs(shape, compute);
        }
        let numbers = shape.iter().product();
        if distribution == NoiseDistribution::Gaussian && !compute.is_cpu() && numbers > 0 {
            let streams =
                Parts { key: key(self.seed, self.purpose), stream: self.index, apart: 0, count: 1, len: numbers };
            return normals_of(streams, shape, compute.table(table));
        }
        compute.tensor(unit_noise(distribution, self.seed, self.purpose, self.index, numbers), shape)
    }
}
