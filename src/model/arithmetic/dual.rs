//! Duals: a value and its derivative along one direction.

use burn::tensor::{Tensor, activation};

use super::attention::{self, Series};
use super::norm::{composed, composed_batch, have_population, scaled};
use super::pool::{pick, winners};
use super::{Affine, After, Arithmetic, finish, fused, plus, sum_over_classes};
use crate::model::attention::AttentionSettings;
use crate::model::kernels::{self, Activation, BatchNorm, Cells, Norm};
use crate::model::nonlinearity::Nonlinearity;
use crate::model::pointwise::Pointwise;
use crate::model::products::{self, Line};
use crate::model::window::{ConvWindow, PoolWindow};

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

    fn value_of<const D: usize>(a: &DualTensor<D>) -> Tensor<D> {
        a.value.clone().without_autodiff()
    }

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

    fn dense(
        x: DualTensor<3>,
        weight: DualTensor<3>,
        bias: Option<DualTensor<3>>,
        f: Option<Nonlinearity>,
    ) -> DualTensor<3> {
        if kernels::runs_here(&x.value) && weight.first.is_some() {
            return along(&Line::dense(&x.value, &weight.value), x, weight, bias, f);
        }
        finish::<Self, 3>(Self::product(x, weight), bias, f)
    }

    fn filter(
        x: DualTensor<5>,
        weight: DualTensor<5>,
        window: ConvWindow,
        bias: Option<DualTensor<5>>,
        f: Option<Nonlinearity>,
    ) -> DualTensor<5> {
        match Line::filter(&x.value, &weight.value, window).filter(|_| weight.first.is_some()) {
            Some(line) => along(&line, x, weight, bias, f),
            None => finish::<Self, 5>(Self::convolution(x, weight, window), bias, f),
        }
    }

    fn multiply<const D: usize>(a: DualTensor<D>, b: DualTensor<D>) -> DualTensor<D> {
        let by_a = a.first.map(|first| first * b.value.clone());
        let by_b = b.first.map(|first| a.value.clone() * first);
        DualTensor { value: a.value * b.value, first: plus(by_a, by_b) }
    }

    fn square<const D: usize>(a: DualTensor<D>) -> DualTensor<D> {
        let first = a.first.map(|first| a.value.clone() * first * 2.0);
        DualTensor { value: a.value.clone() * a.value, first }
    }

    fn pointwise<const D: usize>(a: DualTensor<D>, function: impl Pointwise) -> DualTensor<D> {
        let Some(first) = a.first else {
            return DualTensor { value: function.value(a.value), first: None };
        };
        let [value, first] = function.along(a.value, first);
        DualTensor { value, first: Some(first) }
    }

    fn standardised(x: DualTensor<3>, cells: Cells, affine: Affine<DualTensor<3>>, epsilon: f64) -> DualTensor<3> {
        if !kernels::runs_here(&x.value) {
            return composed::<Self>(x, cells, affine, epsilon);
        }
        let norm = Norm::new(x.value.clone(), cells, epsilon);
        let (scale, dscale) = parts(&affine.scale);
        let (shift, dshift) = parts(&affine.shift);
        let population = x.value.dims()[0];
        match x.first.clone() {
            Some(first) if have_population(population, [&Some(first.clone()), &scale, &dscale, &shift, &dshift]) => {
                let value = norm.value(scale.clone(), shift);
                DualTensor { value, first: Some(norm.first(first, (scale, dscale), dshift)) }
            }
            Some(_) => composed::<Self>(x, cells, affine, epsilon),
            None => scaled::<Self>(Self::constant(norm.value(None, None)), affine),
        }
    }

    fn batch_normed(
        x: DualTensor<3>,
        given: Option<Tensor<3>>,
        affine: Affine<DualTensor<3>>,
        epsilon: f64,
        after: After<DualTensor<3>>,
    ) -> DualTensor<3> {
        let (scale, dscale) = parts(&affine.scale);
        let (shift, dshift) = parts(&affine.shift);
        let (addend, daddend) = parts(&after.addend);
        let is_whole = x.first.is_some() && addend.is_some() == daddend.is_some();
        let all = [&x.first, &scale, &dscale, &shift, &dshift, &addend, &daddend];
        if !kernels::runs_here(&x.value) || !is_whole || !have_population(x.value.dims()[0], all) {
            return composed_batch::<Self>(x, given, affine, epsilon, after);
        }
        let norm = BatchNorm { epsilon, given, is_relu: after.is_relu };
        let first = x.first.expect("seen to be there");
        let addend = addend.zip(daddend).map(|(value, first)| [value, first]);
        let [value, first] = norm.dual([x.value, first], [scale, shift], [dscale, dshift], addend);
        DualTensor { value, first: Some(first) }
    }

    fn max_pool(a: DualTensor<5>, window: PoolWindow) -> DualTensor<5> {
        let winners = winners(a.value.clone(), window);
        let first = a.first.map(|first| pick(first, winners.clone(), window));
        DualTensor { value: pick(a.value, winners, window), first }
    }

    fn attention(qkv: DualTensor<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> DualTensor<4> {
        let series = Series { value: qkv.value, first: qkv.first, second: None, groups: None };
        let Series { value, first, .. } = attention::evaluate(series, padding, settings);
        DualTensor { value, first }
    }

    fn cross_entropy(logits: DualTensor<3>, targets: Tensor<3>) -> DualTensor<2> {
        if kernels::has_loss(&logits.value) {
            let value = kernels::cross_entropy(logits.value.clone(), targets.clone());
            let first = logits.first.map(|first| kernels::cross_entropy_slope(logits.value, first, targets));
            return DualTensor { value, first };
        }
        let log_p = activation::log_softmax(logits.value, 2);
        let value = -sum_over_classes(log_p.clone() * targets.clone());
        // d/dt (lse·Σt − Σ t·z) = Σ (p·Σt − t)·ż
        let first = logits.first.map(|first| {
            let all = targets.clone().sum_dim(2);
            sum_over_classes((log_p.exp() * all - targets) * first)
        });
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

/// Value and derivative of what may not be there.
fn parts(a: &Option<DualTensor<3>>) -> (Option<Tensor<3>>, Option<Tensor<3>>) {
    a.clone().map_or((None, None), |a| (Some(a.value), a.first))
}

/// f(x ∗ w + b) along the line, of a weight with a direction.
fn along<const D: usize>(
    line: &Line<D>,
    x: DualTensor<D>,
    weight: DualTensor<D>,
    bias: Option<DualTensor<D>>,
    f: Option<Nonlinearity>,
) -> DualTensor<D> {
    let dweight = weight.first.expect("the callers saw it");
    let bias = bias.map(|bias| (bias.value, bias.first));
    let activation = fused(f);
    let [value, first] =
        line.dual((x.value, x.first), (weight.value, dweight), bias, activation.unwrap_or(Activation::Identity));
    let sum = DualTensor { value, first: Some(first) };
    if activation.is_some() { sum } else { finish::<Dual, D>(sum, None, f) }
}
