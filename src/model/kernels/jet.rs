//! Pointwise functions of jets in one pass each, as operations of Burn's CPU backend. Jets have no backward pass.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Element, Tensor};
use bytemuck::Pod;
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::functions::vectorised;

/// f'·ȧ for a population `[R, …]` of first derivatives and a slope that it shares, `[1, …]`.
pub(in crate::model) fn sloped<const D: usize>(first: Tensor<D>, slope: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as JetOps>::sloped(first.into_dispatch(), slope.into_dispatch()))
}

/// f'·ä + f''·Σ ȧ², the sum over each group of consecutive first derivatives: `[R, …] → [groups, …]`. The slope and the
/// curvature are shared, `[1, …]`; a part that is zero is `None`, but not both.
pub(in crate::model) fn bent<const D: usize>(
    first: Tensor<D>,
    second: Option<Tensor<D>>,
    slope: Tensor<D>,
    curvature: Option<Tensor<D>>,
    groups: usize,
) -> Tensor<D> {
    let form = Form { groups, has_second: second.is_some(), has_curvature: curvature.is_some() };
    // Any tensor stands in the place of a part that is not there.
    let second = second.unwrap_or_else(|| slope.clone()).into_dispatch();
    let curvature = curvature.unwrap_or_else(|| slope.clone()).into_dispatch();
    let (first, slope) = (first.into_dispatch(), slope.into_dispatch());
    Tensor::from_dispatch(<Dispatch as JetOps>::bent(first, second, slope, curvature, form))
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    groups: usize,
    has_second: bool,
    has_curvature: bool,
}

#[backend_extension(Flex)]
trait JetOps: Backend {
    fn sloped(first: FloatTensor<Self>, slope: FloatTensor<Self>) -> FloatTensor<Self>;

    fn bent(
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        curvature: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

impl JetOps for Flex {
    fn sloped(first: FlexTensor, slope: FlexTensor) -> FlexTensor {
        let (first, slope) = (contiguous(first), contiguous(slope));
        if first.dtype() == DType::F32 { sloped_as::<f32>(&first, &slope) } else { sloped_as::<f64>(&first, &slope) }
    }

    fn bent(first: FlexTensor, second: FlexTensor, slope: FlexTensor, curvature: FlexTensor, form: Form) -> FlexTensor {
        let all = [first, second, slope, curvature].map(contiguous);
        if all[0].dtype() == DType::F32 { bent_as::<f32>(&all, form) } else { bent_as::<f64>(&all, form) }
    }
}

/// A number that jets are made of.
trait Number: Element + Pod + Send + Sync + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self> {}
impl Number for f32 {}
impl Number for f64 {}

fn numbers<T: Number>(x: &FlexTensor) -> &[T] {
    x.as_slice::<T>().expect("float tensors here are f32 or f64 throughout, and contiguous")
}

/// Numbers that one task takes: few enough to stay in the cache over a group.
const TASK: usize = 1 << 12;

/// Tasks of each member of `members`, each a range of the numbers that a member has.
fn ranges(members: usize, len: usize) -> impl IndexedParallelIterator<Item = (usize, std::ops::Range<usize>)> {
    let tasks = len.div_ceil(TASK).max(1);
    (0..members * tasks).into_par_iter().map(move |task| {
        let start = task % tasks * TASK;
        (task / tasks, start..(start + TASK).min(len))
    })
}

/// Cuts rows of `len` numbers into the pieces of [`ranges`].
fn pieces<T>(out: &mut [T], len: usize) -> Vec<&mut [T]> {
    out.chunks_mut(len.max(1)).flat_map(|row| row.chunks_mut(TASK)).collect()
}

fn sloped_as<T: Number + Default>(first: &FlexTensor, slope: &FlexTensor) -> FlexTensor {
    let (a, s) = (numbers::<T>(first), numbers::<T>(slope));
    let len = s.len();
    let mut out = vec![T::default(); a.len()];
    pieces(&mut out, len).into_par_iter().zip(ranges(a.len() / len.max(1), len)).for_each(|(out, (r, range))| {
        let (a, s) = (&a[r * len..][range.clone()], &s[range]);
        vectorised(|| out.iter_mut().zip(a).zip(s).for_each(|((out, &a), &s)| *out = a * s));
    });
    tensor(out, first.shape().to_vec())
}

fn bent_as<T: Number + Default>(all: &[FlexTensor; 4], form: Form) -> FlexTensor {
    let [first, second, slope, curvature] = all.each_ref().map(numbers::<T>);
    let (len, groups) = (slope.len(), form.groups);
    let size = first.len() / len.max(1) / groups;
    let mut out = vec![T::default(); groups * len];
    pieces(&mut out, len).into_par_iter().zip(ranges(groups, len)).for_each(|(out, (group, range))| {
        vectorised(|| {
            if form.has_curvature {
                for r in group * size..(group + 1) * size {
                    let first = &first[r * len..][range.clone()];
                    out.iter_mut().zip(first).for_each(|(out, &a)| *out = *out + a * a);
                }
                out.iter_mut().zip(&curvature[range.clone()]).for_each(|(out, &c)| *out = *out * c);
            }
            if form.has_second {
                let second = &second[group * len..][range.clone()];
                let rows = out.iter_mut().zip(second).zip(&slope[range.clone()]);
                rows.for_each(|((out, &a), &s)| *out = *out + a * s);
            }
        });
    });
    let mut shape = all[0].shape().to_vec();
    shape[0] = groups;
    tensor(out, shape)
}
