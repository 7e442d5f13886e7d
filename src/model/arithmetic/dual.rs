//! Duals: a value and its derivative along one direction.

use burn::tensor::{Tensor, activation};

use super::{Arithmetic, apply, pick, plus, sum_over_classes, winners};
use crate::model::products::{self, ConvWindow, Line};
use crate::model::{Nonlinearity, kernels};

/// Values with one directional derivative; each member of the population has a direction of its own.
pub(in crate::model) struct Dual;

/// A value and its derivative along the line.
#[derive(Clone)]
pub(in crate::model) struct DualTensor<const D: usize> {
    /// The value.
    pub value: Tensor<D>,
    /// The derivative, or `None` for zero.
    pub first: Option<Tensor<D>>,
}

impl Arithmetic for Dual {
    type T<const D: usize> = DualTensor<D>;

    fn constant<const D: usize>(x: Tensor<D>) -> DualTensor<D> {
        DualTensor { value: x, first: None }
    }

    fn linear<const A: usize, const B: usize>(a: DualTensor<A>, map: impl Fn(Tensor<A>) -> Tensor<B>) -> DualTensor<B> {
        DualTensor { value: map(a.value), first: a.first.map(&map) }
    }

    fn add<const D: usize>(a: DualTensor<D>, b: DualTensor<D>) -> DualTensor<D> {
        DualTensor { value: a.value + b.value, first: plus(a.first, b.first) }
    }

    fn product(x: DualTensor<3>, weight: DualTensor<3>) -> DualTensor<3> {
        let by_input = x.first.map(|first| products::matrix(first, weight.value.clone()));
        let by_weight = weight.first.map(|first| products::matrix(x.value.clone(), first));
        DualTensor { value: products::matrix(x.value, weight.value), first: plus(by_input, by_weight) }
    }

    fn convolution(x: DualTensor<5>, weight: DualTensor<5>, window: ConvWindow) -> DualTensor<5> {
        let by_input = x.first.map(|first| products::convolution(first, weight.value.clone(), window));
        let by_weight = weight.first.map(|first| products::convolution(x.value.clone(), first, window));
        DualTensor { value: products::convolution(x.value, weight.value, window), first: plus(by_input, by_weight) }
    }

    fn dense(x: DualTensor<3>, weight: DualTensor<3>, bias: DualTensor<3>, f: Option<Nonlinearity>) -> DualTensor<3> {
        let sum = match Line::dense(&x.value, &weight.value) {
            Some(line) => along(&line, x, weight, bias),
            None => Self::add(Self::product(x, weight), bias),
        };
        apply::<Self, 3>(f, sum)
    }

    fn filter(
        x: DualTensor<5>,
        weight: DualTensor<5>,
        window: ConvWindow,
        bias: DualTensor<5>,
        f: Option<Nonlinearity>,
    ) -> DualTensor<5> {
        let sum = match Line::filter(&x.value, &weight.value, window) {
            Some(line) => along(&line, x, weight, bias),
            None => Self::add(Self::convolution(x, weight, window), bias),
        };
        apply::<Self, 5>(f, sum)
    }

    fn pointwise<const D: usize>(a: DualTensor<D>, nonlinearity: Nonlinearity) -> DualTensor<D> {
        let Some(first) = a.first else {
            return DualTensor { value: nonlinearity.value(a.value), first: None };
        };
        let [value, slope] = nonlinearity.with_slope(a.value);
        DualTensor { value, first: Some(slope * first) }
    }

    fn max_pool(a: DualTensor<5>, size: usize) -> DualTensor<5> {
        let winners = winners(a.value.clone(), size);
        let first = a.first.map(|first| pick(first, winners.clone(), size));
        DualTensor { value: pick(a.value, winners, size), first }
    }

    fn cross_entropy(logits: DualTensor<3>, targets: Tensor<3>) -> DualTensor<2> {
        if kernels::runs_here(&logits.value) {
            let value = kernels::cross_entropy(logits.value.clone(), targets.clone());
            let first = logits.first.map(|first| kernels::cross_entropy_slope(logits.value, first, targets));
            return DualTensor { value, first };
        }
        let log_p = activation::log_softmax(logits.value, 2);
        let value = -sum_over_classes(log_p.clone() * targets.clone());
        // d/dt (lse − z_y) = Σ (p − t)·ż
        let first = logits.first.map(|first| sum_over_classes((log_p.exp() - targets) * first));
        DualTensor { value, first }
    }

    fn mean_squared_error(outputs: DualTensor<3>, targets: Tensor<3>) -> DualTensor<2> {
        let classes = outputs.value.dims()[2] as f64;
        let difference = outputs.value - targets;
        let first = outputs.first.map(|first| sum_over_classes(difference.clone() * first) * (2.0 / classes));
        let value = sum_over_classes(difference.clone() * difference) * classes.recip();
        DualTensor { value, first }
    }
}

/// x ∗ w + b along the line.
fn along<const D: usize>(
    line: &Line<D>,
    x: DualTensor<D>,
    weight: DualTensor<D>,
    bias: DualTensor<D>,
) -> DualTensor<D> {
    let first = line.first((x.value.clone(), x.first), (weight.value.clone(), weight.first), bias.first);
    DualTensor { value: line.value(x.value, weight.value, bias.value), first }
}
