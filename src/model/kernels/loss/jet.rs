//! Cross-entropy of a jet in one operation, without a backward pass.
//!
//! ℓ̈ = Σ (p·Σt − t)·z̈ + Σt·Σ p·(ż − m)² with m = Σ p·ż, both summed within groups of directions; ℓ̇ and ℓ as for duals.

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::softmax::{Number, Softmax, sum};
use crate::model::kernels::affine::{contiguous, tensor};
use crate::model::kernels::number::numbers;

/// Groups that a task takes at least.
const LEAST_GROUPS: usize = 8;

/// Cross-entropy `[1, n]`, its first derivatives `[R, n]` and its second ones summed within each group `[G, n]`, of logits
/// `[1, n, k]`, `[R, n, k]` and `[G, n, k]`, the last `None` where they are zero, against shares of classes `[1, n, k]`.
pub(in crate::model) fn cross_entropy_jet(
    (logits, first, second): (Tensor<3>, Tensor<3>, Option<Tensor<3>>),
    targets: Tensor<3>,
    groups: usize,
) -> [Tensor<2>; 3] {
    let form = Form { groups, has_second: second.is_some() };
    // Any tensor stands in the place of second derivatives that are not there.
    let second = second.unwrap_or_else(|| logits.clone());
    let [logits, first, second, targets] =
        [logits, first, second, targets].map(|a| a.without_autodiff().into_dispatch());
    let all = <Dispatch as JetLossOps>::cross_entropy_jet(logits, first, second, targets, form);
    <[_; 3]>::from(all).map(Tensor::from_dispatch)
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    groups: usize,
    has_second: bool,
}

#[backend_extension(Flex)]
trait JetLossOps: Backend {
    fn cross_entropy_jet(
        logits: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl JetLossOps for Flex {
    fn cross_entropy_jet(
        logits: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        targets: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let all = [logits, first, second, targets].map(contiguous);
        if all[0].dtype() == DType::F32 { jet::<f32>(&all, form) } else { jet::<f64>(&all, form) }.into()
    }
}

fn jet<T: Number>(all: &[FlexTensor; 4], Form { groups, has_second }: Form) -> [FlexTensor; 3] {
    let [z, first, second, targets] = all.each_ref().map(numbers::<T>);
    let shape = all[1].shape().to_vec();
    let [directions, n, k] = [shape[0], shape[1], shape[2]];
    let softmax = Softmax::of(z, k);
    let rows = || z.chunks_exact(k).zip(targets.chunks_exact(k)).enumerate();
    let value = rows().map(|(row, (z, t))| softmax.loss(row, z, t)).collect();
    let totals: Vec<T> = targets.chunks_exact(k).map(sum).collect();
    let residuals: Vec<T> = rows().flat_map(|(row, (_, t))| softmax.residuals(row, t)).collect();
    let size = directions / groups;
    let mut slopes = vec![T::default(); directions * n];
    let mut bends = vec![T::default(); groups * n];
    let places = slopes.par_chunks_mut(size * n).zip(bends.par_chunks_mut(n)).enumerate();
    places.with_min_len(LEAST_GROUPS).for_each(|(group, (slopes, bends))| {
        if has_second {
            let second = &second[group * n * k..(group + 1) * n * k];
            let rows = bends.iter_mut().zip(second.chunks_exact(k).zip(residuals.chunks_exact(k)));
            rows.for_each(|(bend, (second, residual))| *bend = product(residual, second));
        }
        let members = first[group * size * n * k..].chunks_exact(n * k);
        for (slopes, first) in slopes.chunks_exact_mut(n).zip(members) {
            let shares = softmax.p.chunks_exact(k).zip(residuals.chunks_exact(k)).zip(&totals);
            let places = slopes.iter_mut().zip(&mut *bends);
            for (((slope, bend), first), ((p, residual), &total)) in places.zip(first.chunks_exact(k)).zip(shares) {
                *slope = product(residual, first);
                let mean = product(p, first);
                let spread = p.iter().zip(first).fold(T::default(), |sum, (&p, &first)| {
                    let rest = first - mean;
                    sum + p * rest * rest
                });
                *bend += total * spread;
            }
        }
    });
    [tensor(value, vec![1, n]), tensor(slopes, vec![directions, n]), tensor(bends, vec![groups, n])]
}

/// a·b.
#[inline(always)]
fn product<T: Number>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::default(), |sum, (&a, &b)| sum + a * b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData, activation};

    fn tensor_of(seed: usize, shape: [usize; 3]) -> Tensor<3> {
        let values: Vec<f64> = (0..shape.iter().product::<usize>())
            .map(|i| ((i * 7919 + seed * 97) % 1009) as f64 / 250.0 - 2.0)
            .collect();
        Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
    }

    fn reduced(a: Tensor<3>) -> Tensor<2> {
        a.sum_dim(2).squeeze_dim::<2>(2)
    }

    #[track_caller]
    fn assert_close(found: Tensor<2>, expected: Tensor<2>) {
        assert_eq!(found.dims(), expected.dims());
        let worst = (found - expected).abs().max().into_scalar::<f64>();
        assert!(worst < 1e-12, "{worst}");
    }

    /// ℓ, ℓ̇ and ℓ̈ = Σ (p − t)·z̈ + Σ p·ż² − (Σ p·ż)², of rows that count and of one that does not.
    #[test]
    fn they_agree_with_the_composition() {
        let (n, k, directions, groups) = (5, 3, 6, 3);
        let [logits, first, second] =
            [(1, 1), (2, directions), (3, groups)].map(|(seed, population)| tensor_of(seed, [population, n, k]));
        let counts =
            Tensor::<1>::from_data([1.0, 1.0, 0.0, 1.0, 1.0], (&Device::flex(), DType::F64)).reshape([1, n, 1]);
        let targets = activation::softmax(tensor_of(4, [1, n, k]), 2) * counts.clone();
        let p = activation::softmax(logits.clone(), 2) * counts;
        let residual = p.clone() - targets.clone();
        let mean = reduced(p.clone() * first.clone());
        let spread = reduced(p * first.clone() * first.clone()) - mean.clone() * mean;
        let spread = spread.reshape([groups, directions / groups, n]).sum_dim(1).reshape([groups, n]);
        let straight = reduced(residual.clone() * second.clone());
        for second in [Some(second), None] {
            let bent = if second.is_some() { spread.clone() + straight.clone() } else { spread.clone() };
            let [value, slope, bend] =
                cross_entropy_jet((logits.clone(), first.clone(), second), targets.clone(), groups);
            assert_close(value, -reduced(activation::log_softmax(logits.clone(), 2) * targets.clone()));
            assert_close(slope, reduced(residual.clone() * first.clone()));
            assert_close(bend, bent);
        }
    }
}
