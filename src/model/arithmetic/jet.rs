//! Jets: a value shared by R directions, their first derivatives, and their second derivatives summed within groups.

use burn::tensor::{Tensor, activation};

use super::attention::{self, Series};
use super::norm::{composed, composed_batch, have_population, scaled};
use super::pool::{pick, winners};
use super::{Affine, After, Arithmetic, finish, fused, plus, sum_over_classes};
use crate::model::attention::AttentionSettings;
use crate::model::groups::Groups;
use crate::model::kernels::{self, Activation, BatchNorm, Cells, JetOperand, Norm};
use crate::model::nonlinearity::Nonlinearity;
use crate::model::pointwise::Pointwise;
use crate::model::products::{self, Line};
use crate::model::window::{ConvWindow, PoolWindow};

/// Values with first and second derivatives along R directions, the second summed within G groups.
pub(in crate::model) struct Jet;

/// A value `[1, …]`, first derivatives `[R, …]` and second derivatives `[G, …]`.
#[derive(Clone)]
pub(in crate::model) struct JetTensor<const D: usize> {
    /// The value, shared by all directions.
    pub value: Tensor<D>,
    /// The first derivatives, or `None` for zero.
    pub first: Option<Tensor<D>>,
    /// The second derivatives summed over each group, or `None` for zero.
    pub second: Option<Tensor<D>>,
    /// Directions and groups.
    pub groups: Groups,
}

impl<const D: usize> JetTensor<D> {
    fn map<const B: usize>(self, map: impl Fn(Tensor<D>) -> Tensor<B>) -> JetTensor<B> {
        JetTensor {
            value: map(self.value),
            first: self.first.map(&map),
            second: self.second.map(&map),
            groups: self.groups,
        }
    }
}

impl Arithmetic for Jet {
    type T<const D: usize> = JetTensor<D>;

    fn value_of<const D: usize>(a: &JetTensor<D>) -> Tensor<D> {
        a.value.clone().without_autodiff()
    }

    fn constant<const D: usize>(x: Tensor<D>) -> JetTensor<D> {
        JetTensor { value: x, first: None, second: None, groups: Groups::NONE }
    }

    fn linear<const A: usize, const B: usize>(a: JetTensor<A>, map: impl Fn(Tensor<A>) -> Tensor<B>) -> JetTensor<B> {
        a.map(map)
    }

    fn add<const D: usize>(a: JetTensor<D>, b: JetTensor<D>) -> JetTensor<D> {
        JetTensor {
            value: a.value + b.value,
            first: plus(a.first, b.first),
            second: plus(a.second, b.second),
            groups: a.groups.join(b.groups),
        }
    }

    /// (xw)'' = ẍw + 2ẋẇ + xẅ; weights lie on a line and have no ẅ, but the other factor need not be a weight.
    fn product(x: JetTensor<3>, weight: JetTensor<3>) -> JetTensor<3> {
        let groups = x.groups.join(weight.groups);
        let mixed = match (&x.first, &weight.first) {
            (Some(x), Some(w)) => Some(products::matrix_summed(x.clone(), w.clone(), groups) * 2.0),
            _ => None,
        };
        let by_input = x.first.map(|first| products::matrix(first, weight.value.clone()));
        let by_weight = weight.first.map(|first| products::matrix(x.value.clone(), first));
        let curved = plus(
            x.second.map(|second| products::matrix(second, weight.value.clone())),
            weight.second.map(|second| products::matrix(x.value.clone(), second)),
        );
        JetTensor {
            value: products::matrix(x.value, weight.value),
            first: plus(by_input, by_weight),
            second: plus(curved, mixed),
            groups,
        }
    }

    fn convolution(x: JetTensor<5>, weight: JetTensor<5>, window: ConvWindow) -> JetTensor<5> {
        let groups = x.groups.join(weight.groups);
        let mixed = match (&x.first, &weight.first) {
            (Some(x), Some(w)) => Some(products::convolution_summed(x.clone(), w.clone(), window, groups) * 2.0),
            _ => None,
        };
        let by_input = x.first.map(|first| products::convolution(first, weight.value.clone(), window));
        let by_weight = weight.first.map(|first| products::convolution(x.value.clone(), first, window));
        let curved = x.second.map(|second| products::convolution(second, weight.value.clone(), window));
        JetTensor {
            value: products::convolution(x.value, weight.value, window),
            first: plus(by_input, by_weight),
            second: plus(curved, mixed),
            groups,
        }
    }

    fn dense(
        x: JetTensor<3>,
        weight: JetTensor<3>,
        bias: Option<JetTensor<3>>,
        f: Option<Nonlinearity>,
    ) -> JetTensor<3> {
        if kernels::runs_here(&x.value) && is_line(&weight) {
            return along(&Line::dense(&x.value, &weight.value), x, weight, bias, f);
        }
        finish::<Self, 3>(Self::product(x, weight), bias, f)
    }

    fn filter(
        x: JetTensor<5>,
        weight: JetTensor<5>,
        window: ConvWindow,
        bias: Option<JetTensor<5>>,
        f: Option<Nonlinearity>,
    ) -> JetTensor<5> {
        match Line::filter(&x.value, &weight.value, window).filter(|_| is_line(&weight)) {
            Some(line) => along(&line, x, weight, bias, f),
            None => finish::<Self, 5>(Self::convolution(x, weight, window), bias, f),
        }
    }

    /// (ab)'' = äb + 2ȧḃ + ab̈.
    fn multiply<const D: usize>(a: JetTensor<D>, b: JetTensor<D>) -> JetTensor<D> {
        let groups = a.groups.join(b.groups);
        let mixed = match (&a.first, &b.first) {
            (Some(a), Some(b)) => Some(groups.sum(a.clone() * b.clone()) * 2.0),
            _ => None,
        };
        let first = plus(a.first.map(|first| first * b.value.clone()), b.first.map(|first| a.value.clone() * first));
        let curved =
            plus(a.second.map(|second| second * b.value.clone()), b.second.map(|second| a.value.clone() * second));
        JetTensor { value: a.value * b.value, first, second: plus(curved, mixed), groups }
    }

    /// (a²)'' = 2aä + 2ȧ².
    fn square<const D: usize>(a: JetTensor<D>) -> JetTensor<D> {
        let doubled = a.value.clone() * 2.0;
        let mixed = a.first.clone().map(|first| a.groups.sum(first.clone() * first) * 2.0);
        let first = a.first.map(|first| first * doubled.clone());
        let curved = a.second.map(|second| second * doubled);
        JetTensor { value: a.value.clone() * a.value, first, second: plus(curved, mixed), groups: a.groups }
    }

    /// f(a)'' = f'(a)·ä + f''(a)·ȧ².
    fn pointwise<const D: usize>(a: JetTensor<D>, function: impl Pointwise) -> JetTensor<D> {
        let Some(first) = a.first else {
            return JetTensor { value: function.value(a.value), first: None, second: None, groups: a.groups };
        };
        let (value, slope, curvature) = function.with_curvature(a.value);
        if kernels::runs_here(&value) {
            let groups = a.groups;
            if a.second.is_none() && curvature.is_none() {
                return JetTensor { value, first: Some(kernels::sloped(first, slope)), second: None, groups };
            }
            let [first, second] = kernels::curved(first, a.second, slope, curvature, groups.groups);
            return JetTensor { value, first: Some(first), second: Some(second), groups };
        }
        let bent = curvature.map(|curvature| {
            let square = first.clone() * first.clone();
            a.groups.sum(square) * curvature
        });
        let second = plus(a.second.map(|second| second * slope.clone()), bent);
        JetTensor { value, first: Some(first * slope), second, groups: a.groups }
    }

    fn standardised(x: JetTensor<3>, cells: Cells, affine: Affine<JetTensor<3>>, epsilon: f64) -> JetTensor<3> {
        if !kernels::runs_here(&x.value) {
            return composed::<Self>(x, cells, affine, epsilon);
        }
        let norm = Norm::new(x.value.clone(), cells, epsilon);
        let Some(first) = x.first.clone() else {
            return scaled::<Self>(Self::constant(norm.value(None, None)), affine);
        };
        let groups = [&affine.scale, &affine.shift].into_iter().flatten().fold(x.groups, |all, a| all.join(a.groups));
        let [scale, shift] = [&affine.scale, &affine.shift].map(|a| a.as_ref().map(|a| a.value.clone()));
        let [dscale, dshift] = [&affine.scale, &affine.shift].map(|a| a.as_ref().and_then(|a| a.first.clone()));
        if x.groups != groups || !have_population(groups.directions, [&dscale, &dshift]) {
            return composed::<Self>(x, cells, affine, epsilon);
        }
        let [first, second] = norm.both(first, x.second, (scale.clone(), dscale), dshift, groups.groups);
        JetTensor { value: norm.value(scale, shift), first: Some(first), second: Some(second), groups }
    }

    fn batch_normed(
        x: JetTensor<3>,
        given: Option<Tensor<3>>,
        affine: Affine<JetTensor<3>>,
        epsilon: f64,
        after: After<JetTensor<3>>,
    ) -> JetTensor<3> {
        let groups = x.groups;
        let [scale, shift] = [&affine.scale, &affine.shift].map(|a| a.as_ref().map(|a| a.value.clone()));
        let [dscale, dshift] = [&affine.scale, &affine.shift].map(|a| a.as_ref().and_then(|a| a.first.clone()));
        let is_whole = |a: &JetTensor<3>| a.value.dims()[0] == 1 && a.first.is_some() && a.groups == groups;
        let fits = [Some(&x), after.addend.as_ref()].into_iter().flatten().all(is_whole);
        let firsts = [&x.first, &dscale, &dshift];
        if !kernels::runs_here(&x.value)
            || !fits
            || !have_population(groups.directions, firsts)
            || !have_population(1, [&scale, &shift])
        {
            return composed_batch::<Self>(x, given, affine, epsilon, after);
        }
        let norm = BatchNorm { epsilon, given, is_relu: after.is_relu };
        let operand = |a: JetTensor<3>| {
            let first = a.first.expect("seen to be there");
            JetOperand { value: a.value, first, second: a.second }
        };
        let addend = after.addend.map(operand);
        let [value, first, second] = norm.jet(operand(x), [scale, shift], [dscale, dshift], addend, groups.groups);
        JetTensor { value, first: Some(first), second: Some(second), groups }
    }

    fn max_pool(a: JetTensor<5>, window: PoolWindow) -> JetTensor<5> {
        let winners = winners(a.value.clone(), window);
        a.map(|coefficient| pick(coefficient, winners.clone(), window))
    }

    fn attention(qkv: JetTensor<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> JetTensor<4> {
        let JetTensor { value, first, second, groups } = qkv;
        let series = Series { value, first, second, groups: Some(groups) };
        let Series { value, first, second, .. } = attention::evaluate(series, padding, settings);
        JetTensor { value, first, second, groups }
    }

    /// lse'' = Σ p·z̈ + Σ p·ż² − (Σ p·ż)².
    fn cross_entropy(logits: JetTensor<3>, targets: Tensor<3>) -> JetTensor<2> {
        let groups = logits.groups;
        if let Some(first) = logits.first.clone().filter(|_| kernels::runs_here(&logits.value)) {
            let logits = (logits.value, first, logits.second);
            let [value, first, second] = kernels::cross_entropy_jet(logits, targets, groups.groups);
            return JetTensor { value, first: Some(first), second: Some(second), groups };
        }
        let log_p = activation::log_softmax(logits.value, 2);
        let value = -sum_over_classes(log_p.clone() * targets.clone());
        // Shares of classes sum to 1, or to 0 where an example does not count.
        let p = log_p.exp() * targets.clone().sum_dim(2);
        let residual = p.clone() - targets;
        let first = logits.first.clone().map(|first| sum_over_classes(residual.clone() * first));
        let curved = logits.second.map(|second| sum_over_classes(residual * second));
        let spread = logits.first.map(|first| {
            let weighted = p * first.clone();
            let mean = sum_over_classes(weighted.clone());
            groups.sum(sum_over_classes(weighted * first) - mean.clone() * mean)
        });
        JetTensor { value, first, second: plus(curved, spread), groups }
    }

    fn mean_squared_error(outputs: JetTensor<3>, targets: Tensor<3>) -> JetTensor<2> {
        let groups = outputs.groups;
        let classes = outputs.value.dims()[2] as f64;
        let difference = outputs.value - targets;
        let mean = |a: Tensor<3>| sum_over_classes(a) * (2.0 / classes);
        let first = outputs.first.clone().map(|first| mean(difference.clone() * first));
        let curved = outputs.second.map(|second| mean(difference.clone() * second));
        let spread = outputs.first.map(|first| groups.sum(mean(first.clone() * first)));
        let value = mean(difference.clone() * difference) * 0.5;
        JetTensor { value, first, second: plus(curved, spread), groups }
    }
}

/// Whether a weight has a direction and no second derivative.
fn is_line<const D: usize>(weight: &JetTensor<D>) -> bool {
    weight.first.is_some() && weight.second.is_none()
}

/// f(x ∗ w + b) along the line, of such a weight.
fn along<const D: usize>(
    line: &Line<D>,
    x: JetTensor<D>,
    weight: JetTensor<D>,
    bias: Option<JetTensor<D>>,
    f: Option<Nonlinearity>,
) -> JetTensor<D> {
    let groups = weight.groups;
    let dweight = weight.first.expect("the callers saw it");
    let bias = bias.map(|bias| (bias.value, bias.first));
    let activation = fused(f);
    let (value, first, second) = line.jet(
        (x.value, x.first, x.second),
        (weight.value, dweight),
        bias,
        groups,
        activation.unwrap_or(Activation::Identity),
    );
    let sum = JetTensor { value, first: Some(first), second, groups };
    if activation.is_some() { sum } else { finish::<Jet, D>(sum, None, f) }
}
