//! Plain values.

use burn::tensor::{Tensor, activation};

use super::attention::{self, Series};
use super::norm::{composed, composed_batch, have_population, scaled};
use super::pool::{pick, winners};
use super::{Affine, After, Arithmetic, finish, fused, sum_over_classes};
use crate::model::attention::AttentionSettings;
use crate::model::kernels::{self, BatchNorm, Cells, Norm};
use crate::model::nonlinearity::Nonlinearity;
use crate::model::pointwise::Pointwise;
use crate::model::products::{self, Line};
use crate::model::window::{ConvWindow, PoolWindow};

/// Plain values.
pub(in crate::model) struct Value;

impl Arithmetic for Value {
    type T<const D: usize> = Tensor<D>;

    fn value_of<const D: usize>(a: &Tensor<D>) -> Tensor<D> {
        a.clone().without_autodiff()
    }

    fn constant<const D: usize>(x: Tensor<D>) -> Tensor<D> {
        x
    }

    fn linear<const A: usize, const B: usize>(a: Tensor<A>, map: impl Fn(Tensor<A>) -> Tensor<B>) -> Tensor<B> {
        map(a)
    }

    fn add<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
        a + b
    }

    fn product(x: Tensor<3>, weight: Tensor<3>) -> Tensor<3> {
        products::matrix(x, weight)
    }

    fn convolution(x: Tensor<5>, weight: Tensor<5>, window: ConvWindow) -> Tensor<5> {
        products::convolution(x, weight, window)
    }

    fn dense(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<3>>, f: Option<Nonlinearity>) -> Tensor<3> {
        match fused(f) {
            Some(activation) => Line::dense(&x, &weight).value(x, weight, bias, activation),
            None => finish::<Self, 3>(products::matrix(x, weight), bias, f),
        }
    }

    fn filter(
        x: Tensor<5>,
        weight: Tensor<5>,
        window: ConvWindow,
        bias: Option<Tensor<5>>,
        f: Option<Nonlinearity>,
    ) -> Tensor<5> {
        match (Line::filter(&x, &weight, window), fused(f)) {
            (Some(line), Some(activation)) => line.value(x, weight, bias, activation),
            _ => finish::<Self, 5>(products::convolution(x, weight, window), bias, f),
        }
    }

    fn multiply<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
        a * b
    }

    fn square<const D: usize>(a: Tensor<D>) -> Tensor<D> {
        a.clone() * a
    }

    fn pointwise<const D: usize>(a: Tensor<D>, function: impl Pointwise) -> Tensor<D> {
        function.value(a)
    }

    fn standardised(x: Tensor<3>, cells: Cells, affine: Affine<Tensor<3>>, epsilon: f64) -> Tensor<3> {
        if !kernels::runs_here(&x) {
            return composed::<Self>(x, cells, affine, epsilon);
        }
        let population = x.dims()[0];
        let norm = Norm::new(x, cells, epsilon);
        if have_population(population, [&affine.scale, &affine.shift]) {
            return norm.value(affine.scale, affine.shift);
        }
        scaled::<Self>(norm.value(None, None), affine)
    }

    fn batch_normed(
        x: Tensor<3>,
        given: Option<Tensor<3>>,
        affine: Affine<Tensor<3>>,
        epsilon: f64,
        after: After<Tensor<3>>,
    ) -> Tensor<3> {
        let all = [&affine.scale, &affine.shift, &after.addend];
        if !kernels::runs_here(&x) || !have_population(x.dims()[0], all) {
            return composed_batch::<Self>(x, given, affine, epsilon, after);
        }
        let norm = BatchNorm { epsilon, given, is_relu: after.is_relu };
        norm.value(x, [affine.scale, affine.shift], after.addend)
    }

    fn max_pool(a: Tensor<5>, window: PoolWindow) -> Tensor<5> {
        let winners = winners(a.clone(), window);
        pick(a, winners, window)
    }

    fn attention(qkv: Tensor<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> Tensor<4> {
        attention::evaluate(Series::constant(qkv), padding, settings).value
    }

    fn cross_entropy(logits: Tensor<3>, targets: Tensor<3>) -> Tensor<2> {
        if kernels::has_loss(&logits) {
            return kernels::cross_entropy(logits, targets);
        }
        let log_p = activation::log_softmax(logits, 2);
        -sum_over_classes(log_p * targets)
    }

    fn mean_squared_error(outputs: Tensor<3>, targets: Tensor<3>) -> Tensor<2> {
        let classes = outputs.dims()[2] as f64;
        let difference = outputs - targets;
        // Not a division: Burn's reverse mode takes the reciprocal of its divisor in 32 bits.
        sum_over_classes(difference.clone() * difference) * classes.recip()
    }
}
