//! The sum over each row times a share, the last step of every mean loss: one launch on the GPU and one on the way back, where
//! Burn's own operations take seven.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::CubeTensor;
use burn::backend::{Autodiff, Backend, Cube, Dispatch, backend_extension};
use burn::tensor::Tensor;
use cubecl::prelude::*;

use super::affine::runs_here;
use super::device::{buffer, contiguous, room, sizes, threads};
use super::sums::{MOST_GROUPS, TOGETHER, groups, sum_together, together};

/// Σ over each row of `[P, n]`, times `share`, `[P]`.
pub(in crate::model) fn row_sums(a: Tensor<2>, share: f64) -> Tensor<1> {
    if runs_here(&a) || a.dims()[0] > MOST_GROUPS {
        return a.sum_dim(1).squeeze_dim(1) * share;
    }
    Tensor::from_dispatch(<Dispatch as MeanOps>::scaled_sums(a.into_dispatch(), share))
}

#[backend_extension(Cube, Autodiff)]
trait MeanOps: Backend {
    fn scaled_sums(a: FloatTensor<Self>, share: f64) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait MeanKernels: MeanOps {
    /// Each gradient of `[P]` times the share, over the n columns of its row.
    fn spread_out(gradient: FloatTensor<Self>, columns: usize, share: f64) -> FloatTensor<Self>;

    fn columns(a: &FloatTensor<Self>) -> usize;
}

impl MeanOps for Cube {
    fn scaled_sums(a: CubeTensor, share: f64) -> CubeTensor {
        let a = contiguous(a);
        let rows = sizes(&a)[0];
        let out = room(&a, &[rows]);
        // SAFETY: each group reads its row and writes its number.
        unsafe {
            sums::launch_unchecked(
                &out.client,
                groups(rows),
                together(),
                buffer(&a),
                buffer(&out),
                Self::columns(&a),
                share as f32,
            );
        }
        out
    }
}

impl MeanKernels for Cube {
    fn spread_out(gradient: CubeTensor, columns: usize, share: f64) -> CubeTensor {
        let gradient = contiguous(gradient);
        let rows = sizes(&gradient)[0];
        let out = room(&gradient, &[rows, columns]);
        let (count, dim) = threads(&out.client, rows * columns);
        // SAFETY: a thread reads the gradient of its row.
        unsafe {
            spread::launch_unchecked(
                &out.client,
                count,
                dim,
                buffer(&gradient),
                buffer(&out),
                columns,
                share as f32,
                rows * columns,
            );
        }
        out
    }

    fn columns(a: &CubeTensor) -> usize {
        sizes(a)[1]
    }
}

impl<B: MeanKernels, C: CheckpointStrategy> MeanOps for Autodiff<B, C> {
    fn scaled_sums(a: FloatTensor<Self>, share: f64) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct MeanBackward;

        impl<B: MeanKernels> Backward<B, 1> for MeanBackward {
            type State = (usize, f64);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (columns, share) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::spread_out(gradient, columns, share));
            }
        }

        match MeanBackward.prepare::<C>([a.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let a = a.into_primitive();
                prep.finish((B::columns(&a), share), B::scaled_sums(a, share))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::scaled_sums(a.into_primitive(), share)),
        }
    }
}

#[cube(launch_unchecked)]
fn sums(a: &[f32], out: &mut [f32], columns: usize, share: f32) {
    let mut parts = Shared::new_slice(TOGETHER);
    let mut sum = 0.0f32;
    let mut place = UNIT_POS as usize;
    while place < columns {
        sum += a[CUBE_POS * columns + place];
        place += TOGETHER;
    }
    parts[UNIT_POS as usize] = sum;
    sync_cube();
    if UNIT_POS == 0 {
        out[CUBE_POS] = sum_together(&parts) * share;
    }
}

#[cube(launch_unchecked)]
fn spread(gradient: &[f32], out: &mut [f32], columns: usize, share: f32, all: usize) {
    if ABSOLUTE_POS < all {
        out[ABSOLUTE_POS] = gradient[ABSOLUTE_POS / columns] * share;
    }
}
