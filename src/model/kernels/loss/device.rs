//! The same on the GPU: a thread for each row of logits, where they are not too long.

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;
use cubecl::prelude::*;

use super::{LossKernels, LossOps};
use crate::model::kernels::affine::runs_here;
use crate::model::kernels::device::{buffer, contiguous, room, sizes, threads};

/// Classes that a thread of the GPU goes through at most.
const MOST_CLASSES: usize = 256;

/// Whether these operations are to be used: always on the CPU, and on the GPU for rows that one thread goes through.
pub(in crate::model) fn has_loss(logits: &Tensor<3>) -> bool {
    runs_here(logits) || logits.dims()[2] <= MOST_CLASSES
}

impl LossOps for Cube {
    fn cross_entropy(logits: CubeTensor, targets: CubeTensor) -> CubeTensor {
        let [logits, targets] = [logits, targets].map(contiguous);
        let [population, n, classes] = three(&logits);
        let out = room(&logits, &[population, n]);
        let (count, dim) = threads(&out.client, population * n);
        // SAFETY: a thread reads one row of logits and the targets of its example, and writes one number.
        unsafe {
            losses::launch_unchecked(
                &out.client,
                count,
                dim,
                buffer(&logits),
                buffer(&targets),
                buffer(&out),
                n,
                classes,
            );
        }
        out
    }

    fn cross_entropy_slope(logits: CubeTensor, first: CubeTensor, targets: CubeTensor) -> CubeTensor {
        let [logits, first, targets] = [logits, first, targets].map(contiguous);
        let [population, n, classes] = three(&logits);
        let out = room(&logits, &[population, n]);
        let (count, dim) = threads(&out.client, population * n);
        // SAFETY: a thread reads one row of logits and of their derivatives and the targets of its example, and writes one number.
        unsafe {
            slopes::launch_unchecked(
                &out.client,
                count,
                dim,
                buffer(&logits),
                buffer(&first),
                buffer(&targets),
                buffer(&out),
                n,
                classes,
            );
        }
        out
    }
}

impl LossKernels for Cube {
    fn residual(logits: CubeTensor, targets: CubeTensor, gradient: CubeTensor) -> CubeTensor {
        let [logits, targets, gradient] = [logits, targets, gradient].map(contiguous);
        let [population, n, classes] = three(&logits);
        let out = room(&logits, &[population, n, classes]);
        let (count, dim) = threads(&out.client, population * n);
        // SAFETY: a thread reads and writes one row, and reads the targets and the gradient of its example.
        unsafe {
            residuals::launch_unchecked(
                &out.client,
                count,
                dim,
                buffer(&logits),
                buffer(&targets),
                buffer(&gradient),
                buffer(&out),
                n,
                classes,
            );
        }
        out
    }

    fn spread(logits: CubeTensor, first: CubeTensor, targets: CubeTensor, gradient: CubeTensor) -> CubeTensor {
        let [logits, first, targets, gradient] = [logits, first, targets, gradient].map(contiguous);
        let [population, n, classes] = three(&logits);
        let out = room(&logits, &[population, n, classes]);
        let (count, dim) = threads(&out.client, population * n);
        // SAFETY: a thread reads and writes one row, and reads the targets and the gradient of its example.
        unsafe {
            spreads::launch_unchecked(
                &out.client,
                count,
                dim,
                buffer(&logits),
                buffer(&first),
                buffer(&targets),
                buffer(&gradient),
                buffer(&out),
                n,
                classes,
            );
        }
        out
    }
}

fn three(a: &CubeTensor) -> [usize; 3] {
    sizes(a).try_into().expect("logits are [P, n, k]")
}

/// The greatest of a row; NaN where its first is.
#[cube]
fn greatest(z: &[f32], row: usize, classes: usize) -> f32 {
    let mut most = z[row];
    for class in 1..classes {
        let value = z[row + class];
        most = select(value > most, value, most);
    }
    most
}

/// Σ exp(z − most)
#[cube]
fn total(z: &[f32], row: usize, classes: usize, most: f32) -> f32 {
    let mut sum = 0.0f32;
    for class in 0..classes {
        sum += (z[row + class] - most).exp();
    }
    sum
}

/// Σ t
#[cube]
fn all_shares(targets: &[f32], own: usize, classes: usize) -> f32 {
    let mut sum = 0.0f32;
    for class in 0..classes {
        sum += targets[own + class];
    }
    sum
}

#[cube(launch_unchecked)]
fn losses(z: &[f32], targets: &[f32], out: &mut [f32], n: usize, classes: usize) {
    if ABSOLUTE_POS < out.len() {
        let row = ABSOLUTE_POS * classes;
        let own = ABSOLUTE_POS % n * classes;
        let most = greatest(z, row, classes);
        let lse = most + total(z, row, classes, most).ln();
        let mut loss = 0.0f32;
        for class in 0..classes {
            loss += targets[own + class] * (lse - z[row + class]);
        }
        out[ABSOLUTE_POS] = loss;
    }
}

#[cube(launch_unchecked)]
fn slopes(z: &[f32], first: &[f32], targets: &[f32], out: &mut [f32], n: usize, classes: usize) {
    if ABSOLUTE_POS < out.len() {
        let row = ABSOLUTE_POS * classes;
        let own = ABSOLUTE_POS % n * classes;
        let most = greatest(z, row, classes);
        let share = all_shares(targets, own, classes) / total(z, row, classes, most);
        let mut slope = 0.0f32;
        for class in 0..classes {
            let residual = (z[row + class] - most).exp() * share - targets[own + class];
            slope += residual * first[row + class];
        }
        out[ABSOLUTE_POS] = slope;
    }
}

#[cube(launch_unchecked)]
fn residuals(z: &[f32], targets: &[f32], gradient: &[f32], out: &mut [f32], n: usize, classes: usize) {
    if ABSOLUTE_POS < gradient.len() {
        let row = ABSOLUTE_POS * classes;
        let own = ABSOLUTE_POS % n * classes;
        let most = greatest(z, row, classes);
        let share = all_shares(targets, own, classes) / total(z, row, classes, most);
        let g = gradient[ABSOLUTE_POS];
        for class in 0..classes {
            out[row + class] = ((z[row + class] - most).exp() * share - targets[own + class]) * g;
        }
    }
}

#[cube(launch_unchecked)]
fn spreads(z: &[f32], first: &[f32], targets: &[f32], gradient: &[f32], out: &mut [f32], n: usize, classes: usize) {
    if ABSOLUTE_POS < gradient.len() {
        let row = ABSOLUTE_POS * classes;
        let own = ABSOLUTE_POS % n * classes;
        let most = greatest(z, row, classes);
        let all = total(z, row, classes, most);
        let mut mean = 0.0f32;
        for class in 0..classes {
            mean += (z[row + class] - most).exp() * first[row + class];
        }
        mean /= all;
        let share = all_shares(targets, own, classes) / all * gradient[ABSOLUTE_POS];
        for class in 0..classes {
            out[row + class] = share * (z[row + class] - most).exp() * (first[row + class] - mean);
        }
    }
}
