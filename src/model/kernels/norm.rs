//! Rows normalised by the mean and the variance of each channel, as one operation of Burn's CPU backend: the heart of batch norm.
//!
//! y = (x − m)·s with s = 1/√(v + ε), m and v the mean and the biased variance over the rows of each member and channel.
//! Its gradient is s·(g − mean g − y·mean(g·y)) (Ioffe, Szegedy 2015, in terms of y). Sums are taken over blocks of rows and
//! then over the blocks in their order, whatever the number of threads.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{ElementConversion as _, Tensor};
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::functions::vectorised;
use super::number::{Number, numbers};

/// The rows of `[P, m, c]` with mean 0 and variance 1 (before ε is added to it) in each channel of each member.
pub(in crate::model) fn normalised(x: Tensor<3>, epsilon: f64) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as NormOps>::normalised(x.into_dispatch(), epsilon))
}

#[backend_extension(Flex, Autodiff)]
trait NormOps: Backend {
    fn normalised(x: FloatTensor<Self>, epsilon: f64) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait NormKernels: Backend {
    /// y, and s `[P, c]`.
    fn forward(x: FloatTensor<Self>, epsilon: f64) -> [FloatTensor<Self>; 2];

    /// The input's gradient from y and s.
    fn backward(y: FloatTensor<Self>, scale: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl NormOps for Flex {
    fn normalised(x: FlexTensor, epsilon: f64) -> FlexTensor {
        let [y, _] = Self::forward(x, epsilon);
        y
    }
}

impl NormKernels for Flex {
    fn forward(x: FlexTensor, epsilon: f64) -> [FlexTensor; 2] {
        let x = contiguous(x);
        if x.dtype() == DType::F32 { forward::<f32>(&x, epsilon) } else { forward::<f64>(&x, epsilon) }
    }

    fn backward(y: FlexTensor, scale: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let all = [y, scale, gradient].map(contiguous);
        if all[0].dtype() == DType::F32 { backward::<f32>(&all) } else { backward::<f64>(&all) }
    }
}

impl<B: NormKernels, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn normalised(x: FloatTensor<Self>, epsilon: f64) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct NormBackward;

        impl<B: NormKernels> Backward<B, 1> for NormBackward {
            type State = [FloatTensor<B>; 2];

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let [y, scale] = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::backward(y, scale, gradient));
            }
        }

        match NormBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let [y, scale] = B::forward(x.into_primitive(), epsilon);
                prep.finish([y.clone(), scale], y)
            }
            OpsKind::UnTracked(prep) => {
                let [y, _] = B::forward(x.into_primitive(), epsilon);
                prep.finish(y)
            }
        }
    }
}

/// Rows that one task takes.
const ROWS: usize = 256;

/// P, m, c of rows.
#[derive(Clone, Copy)]
struct Sizes {
    members: usize,
    rows: usize,
    channels: usize,
}

impl Sizes {
    fn of(x: &FlexTensor) -> Self {
        let shape = x.shape().to_vec();
        Self { members: shape[0], rows: shape[1], channels: shape[2] }
    }

    /// Blocks of rows: the member, and the range of its numbers in the tensor.
    fn blocks(self) -> Vec<(usize, std::ops::Range<usize>)> {
        let member = self.rows * self.channels;
        (0..self.members)
            .flat_map(|m| {
                (0..self.rows).step_by(ROWS).map(move |row| {
                    let end = (row + ROWS).min(self.rows);
                    (m, m * member + row * self.channels..m * member + end * self.channels)
                })
            })
            .collect()
    }

    /// The mean over the rows of each member and channel `[P, c]` of what `add` adds up for a block.
    fn means<T: Number>(self, add: impl Fn(usize, std::ops::Range<usize>, &mut [T]) + Sync) -> Vec<T> {
        let parts: Vec<(usize, Vec<T>)> = self
            .blocks()
            .into_par_iter()
            .map(|(member, range)| {
                let mut sums = vec![T::default(); self.channels];
                vectorised(|| add(member, range, &mut sums));
                (member, sums)
            })
            .collect();
        let mut means = vec![T::default(); self.members * self.channels];
        for (member, sums) in parts {
            let row = &mut means[member * self.channels..(member + 1) * self.channels];
            row.iter_mut().zip(sums).for_each(|(to, sum)| *to = *to + sum);
        }
        let share = (1.0 / self.rows as f64).elem::<T>();
        means.iter_mut().for_each(|mean| *mean = *mean * share);
        means
    }

    /// A tensor of the rows' shape, each block written by `write`.
    fn fill<T: Number>(self, write: impl Fn(usize, std::ops::Range<usize>, &mut [T]) + Sync) -> FlexTensor {
        let mut out = vec![T::default(); self.members * self.rows * self.channels];
        let pieces: Vec<&mut [T]> = out
            .chunks_mut((self.rows * self.channels).max(1))
            .flat_map(|member| member.chunks_mut((ROWS * self.channels).max(1)))
            .collect();
        let tasks: Vec<_> = self.blocks().into_iter().zip(pieces).collect();
        tasks.into_par_iter().for_each(|((member, range), out)| vectorised(|| write(member, range, out)));
        tensor(out, vec![self.members, self.rows, self.channels])
    }

    /// A member's row of `[P, c]`.
    fn row<T>(self, all: &[T], member: usize) -> &[T] {
        &all[member * self.channels..(member + 1) * self.channels]
    }
}

fn forward<T: Number>(input: &FlexTensor, epsilon: f64) -> [FlexTensor; 2] {
    let (sizes, x) = (Sizes::of(input), numbers::<T>(input));
    let channels = sizes.channels;
    let means = sizes.means(|_, range, sums: &mut [T]| {
        for row in x[range].chunks_exact(channels) {
            sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum = *sum + x);
        }
    });
    let variances = sizes.means(|member, range, sums: &mut [T]| {
        let means = sizes.row(&means, member);
        for row in x[range].chunks_exact(channels) {
            sums.iter_mut().zip(row).zip(means).for_each(|((sum, &x), &m)| *sum = *sum + (x - m) * (x - m));
        }
    });
    let scale: Vec<T> = variances.iter().map(|v| (v.elem::<f64>() + epsilon).sqrt().recip().elem()).collect();
    let y = sizes.fill(|member, range, out: &mut [T]| {
        let (means, scale) = (sizes.row(&means, member), sizes.row(&scale, member));
        for (out, row) in out.chunks_exact_mut(channels).zip(x[range].chunks_exact(channels)) {
            let all = out.iter_mut().zip(row).zip(means).zip(scale);
            all.for_each(|(((out, &x), &m), &s)| *out = (x - m) * s);
        }
    });
    [y, tensor(scale, vec![sizes.members, channels])]
}

fn backward<T: Number>(all: &[FlexTensor; 3]) -> FlexTensor {
    let sizes = Sizes::of(&all[0]);
    let [y, scale, g] = all.each_ref().map(numbers::<T>);
    let channels = sizes.channels;
    let means = sizes.means(|_, range, sums: &mut [T]| {
        for row in g[range].chunks_exact(channels) {
            sums.iter_mut().zip(row).for_each(|(sum, &g)| *sum = *sum + g);
        }
    });
    let products = sizes.means(|_, range, sums: &mut [T]| {
        for (y, g) in y[range.clone()].chunks_exact(channels).zip(g[range].chunks_exact(channels)) {
            sums.iter_mut().zip(y).zip(g).for_each(|((sum, &y), &g)| *sum = *sum + y * g);
        }
    });
    sizes.fill(|member, range, out: &mut [T]| {
        let (means, products) = (sizes.row(&means, member), sizes.row(&products, member));
        let scale = sizes.row(scale, member);
        let rows = y[range.clone()].chunks_exact(channels).zip(g[range].chunks_exact(channels));
        for (out, (y, g)) in out.chunks_exact_mut(channels).zip(rows) {
            let channel = means.iter().zip(products).zip(scale);
            let all = out.iter_mut().zip(y).zip(g).zip(channel);
            all.for_each(|(((out, &y), &g), ((&m, &p), &s))| *out = s * (g - m - y * p));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn tensor_of(seed: usize) -> Tensor<3> {
        let shape = [2, 300, 5];
        let values: Vec<f64> =
            (0..shape.iter().product::<usize>()).map(|i| ((i * 7919 + seed) % 1009) as f64 / 300.0 - 1.0).collect();
        Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
    }

    fn host(x: Tensor<3>) -> Vec<f64> {
        x.into_data().try_to_vec::<f64>().expect("f64")
    }

    /// Value and gradient against Burn's own operations, on more rows than a block has.
    #[test]
    fn it_agrees_with_the_composition() {
        let weights = tensor_of(5);
        let composed = |x: Tensor<3>| {
            let centred = x.clone() - x.mean_dim(1);
            let variance = (centred.clone() * centred.clone()).mean_dim(1);
            centred * (variance + 1e-5).sqrt().recip()
        };
        let both = |of: &dyn Fn(Tensor<3>) -> Tensor<3>| {
            let leaf = tensor_of(1).autodiff().require_grad();
            let y = of(leaf.clone());
            let grads = (y.clone() * weights.clone()).sum().backward();
            [y.inner(), leaf.grad(&grads).expect("tracked")].map(host)
        };
        for (own, composed) in both(&|x| normalised(x, 1e-5)).iter().zip(&both(&composed)) {
            let worst = own.iter().zip(composed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-12, "{worst}");
        }
    }
}
