//! The arithmetic limit of a device, as far as a product of matrices reaches it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;

use crate::config::{LossKind, ModelConfig};
use crate::model::{Compute, Network, Targets, to_host, within_pool};

use super::numbers::{Stream, uniform};

/// The fastest product of two square matrices that was seen on a device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Floating-point operations a second.
    pub flops: f64,
    /// Rows of each matrix.
    pub side: usize,
}

const SIDES: [usize; 4] = [1024, 2048, 4096, 8192];
const TRIES: usize = 10;
/// A product that takes no longer is mostly the fixed cost of starting it: a larger one is tried too.
const SHORT: Duration = Duration::from_millis(3);

impl Peak {
    /// Measures it: 2·n³ operations of a product in 32 bits over the least time of several, by Burn's and by the kernels of this
    /// program, whichever is faster.
    #[must_use]
    pub fn measure(compute: &Compute) -> Self {
        let mut best = Self { flops: 0.0, side: SIDES[0] };
        for side in SIDES {
            let least = products(side, compute);
            let flops = 2.0 * (side as f64).powi(3) / least.as_secs_f64();
            if flops > best.flops {
                best = Self { flops, side };
            }
            if least > SHORT {
                break;
            }
        }
        best
    }
}

/// The least time of a product of matrices with so many rows and columns.
///
/// # Panics
/// Never: one linear layer is a valid network.
fn products(side: usize, compute: &Compute) -> Duration {
    let numbers: Vec<f32> = uniform(Stream::Inputs, side * side).map(|x| x as f32).collect();
    let matrix: Tensor<2> = compute.tensor(numbers.clone(), [side, side]);
    let burns = least(|| matrix.clone().matmul(matrix.clone()));
    if !compute.is_cpu() {
        // The kernels of this program are for the CPU alone.
        return burns;
    }
    let model = ModelConfig::new(&[side], LossKind::CrossEntropy, [format!("linear {side} nobias").as_str()]);
    let network = Arc::new(Network::new(&model).expect("one linear layer is a valid network"));
    let batch = network.batch(&numbers, Targets::Classes(&vec![0; side]), compute);
    let weights: Tensor<2> = matrix.reshape([1, side * side]);
    burns.min(least(|| within_pool(compute, || network.outputs(&weights, &batch))))
}

/// The least time of several runs, after one that warms up; each ends with a number of its result on the host.
fn least<const D: usize>(product: impl Fn() -> Tensor<D>) -> Duration {
    let run = || {
        let start = Instant::now();
        std::hint::black_box(to_host(product().slice(std::array::from_fn::<_, D, _>(|_| 0..1))));
        start.elapsed()
    };
    run();
    (0..TRIES).map(|_| run()).min().unwrap_or(Duration::MAX)
}
