//! Pointwise functions of jets in one pass each, as operations of Burn's CPU backend. Jets have no backward pass.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::functions::vectorised;
use super::number::{Number, numbers};

/// f'·ȧ for a population `[R, …]` of first derivatives and a slope that it shares, `[1, …]`.
pub(in crate::model) fn sloped<const D: usize>(first: Tensor<D>, slope: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as JetOps>::sloped(first.into_dispatch(), slope.into_dispatch()))
}

/// f'·ȧ, `[R, …]`, and f'·ä + f''·Σ ȧ², the sum over each group of consecutive first derivatives, `[groups, …]`. The slope
/// and the curvature are shared, `[1, …]`; the second derivative or the curvature that is zero is `None`, but not both.
pub(in crate::model) fn curved<const D: usize>(
    first: Tensor<D>,
    second: Option<Tensor<D>>,
    slope: Tensor<D>,
    curvature: Option<Tensor<D>>,
    groups: usize,
) -> [Tensor<D>; 2] {
    let directions = first.dims()[0];
    let form = Form { groups, has_second: second.is_some(), has_curvature: curvature.is_some() };
    // Any tensor stands in the place of a part that is not there.
    let second = second.unwrap_or_else(|| slope.clone()).into_dispatch();
    let curvature = curvature.unwrap_or_else(|| slope.clone()).into_dispatch();
    let (first, slope) = (first.into_dispatch(), slope.into_dispatch());
    let both: Tensor<D> = Tensor::from_dispatch(<Dispatch as JetOps>::curved(first, second, slope, curvature, form));
    [both.clone().slice_dim(0, 0..directions), both.slice_dim(0, directions..directions + groups)]
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

    /// First derivatives, then second ones, `[R + groups, …]`.
    fn curved(
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

    fn curved(
        first: FlexTensor,
        second: FlexTensor,
        slope: FlexTensor,
        curvature: FlexTensor,
        form: Form,
    ) -> FlexTensor {
        let all = [first, second, slope, curvature].map(contiguous);
        if all[0].dtype() == DType::F32 { curved_as::<f32>(&all, form) } else { curved_as::<f64>(&all, form) }
    }
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

/// What a task writes: its part of each first derivative of a group, and of the group's second derivative.
type Place<'a, T> = (Vec<&'a mut [T]>, &'a mut [T]);

/// Cuts the two results into the places of the tasks of [`ranges`].
fn places<'a, T>(first: &'a mut [T], second: &'a mut [T], len: usize, size: usize) -> Vec<Place<'a, T>> {
    let mut places: Vec<Place<'a, T>> = pieces(second, len).into_iter().map(|out| (Vec::new(), out)).collect();
    let tasks = len.div_ceil(TASK).max(1);
    for (r, row) in first.chunks_mut(len.max(1)).enumerate() {
        let group = r / size;
        row.chunks_mut(TASK).zip(&mut places[group * tasks..]).for_each(|(part, place)| place.0.push(part));
    }
    places
}

fn curved_as<T: Number + Default>(all: &[FlexTensor; 4], form: Form) -> FlexTensor {
    let [first, second, slope, curvature] = all.each_ref().map(numbers::<T>);
    let (len, groups) = (slope.len(), form.groups);
    let size = first.len() / len.max(1) / groups;
    let mut out = vec![T::default(); first.len() + groups * len];
    let (firsts, seconds) = out.split_at_mut(first.len());
    let tasks = places(firsts, seconds, len, size).into_par_iter().zip(ranges(groups, len));
    tasks.for_each(|((rows, out), (group, range))| {
        let slope = &slope[range.clone()];
        for (r, row) in rows.into_iter().enumerate() {
            let first = &first[(group * size + r) * len..][range.clone()];
            if form.has_curvature {
                vectorised(|| scale_and_square(row, out, first, slope));
            } else {
                vectorised(|| row.iter_mut().zip(first).zip(slope).for_each(|((row, &a), &s)| *row = a * s));
            }
        }
        if form.has_curvature {
            let curvature = &curvature[range.clone()];
            vectorised(|| out.iter_mut().zip(curvature).for_each(|(out, &c)| *out = *out * c));
        }
        if form.has_second {
            let second = &second[group * len..][range.clone()];
            vectorised(|| out.iter_mut().zip(second).zip(slope).for_each(|((out, &a), &s)| *out = *out + a * s));
        }
    });
    let mut shape = all[0].shape().to_vec();
    shape[0] += groups;
    tensor(out, shape)
}

/// row = ȧ·f', sum += ȧ².
#[inline(always)]
fn scale_and_square<T: Number>(row: &mut [T], sum: &mut [T], first: &[T], slope: &[T]) {
    for (((row, sum), &a), &s) in row.iter_mut().zip(sum).zip(first).zip(slope) {
        *row = a * s;
        *sum = *sum + a * a;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn tensor_of(seed: usize, shape: [usize; 3]) -> Tensor<3> {
        let values: Vec<f64> =
            (0..shape.iter().product::<usize>()).map(|i| ((i * 7919 + seed) % 1009) as f64 / 500.0 - 1.0).collect();
        Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
    }

    fn host(x: Tensor<3>) -> Vec<f64> {
        x.into_data().try_to_vec::<f64>().expect("f64")
    }

    /// f'·ȧ and f'·ä + f''·Σ ȧ² with and without its parts, on more numbers than a task takes.
    #[test]
    fn they_agree_with_the_composition() {
        let shape = |population| [population, 70, 61];
        let (first, second) = (tensor_of(1, shape(6)), tensor_of(2, shape(3)));
        let (slope, curvature) = (tensor_of(3, shape(1)), tensor_of(4, shape(1)));
        let close = |a: Tensor<3>, b: Tensor<3>| host(a).into_iter().zip(host(b)).all(|(a, b)| (a - b).abs() < 1e-14);
        assert!(close(sloped(first.clone(), slope.clone()), first.clone() * slope.clone()));
        let squares = (first.clone() * first.clone()).reshape([3, 2, 70 * 61]).sum_dim(1).reshape(shape(3));
        let (straight, bend) = (second.clone() * slope.clone(), squares * curvature.clone());
        let of = |second, curvature| {
            let [scaled, bent] = curved(first.clone(), second, slope.clone(), curvature, 3);
            assert!(close(scaled, first.clone() * slope.clone()));
            bent
        };
        assert!(close(of(Some(second.clone()), Some(curvature.clone())), straight.clone() + bend.clone()));
        assert!(close(of(Some(second), None), straight));
        assert!(close(of(None, Some(curvature)), bend));
    }
}
