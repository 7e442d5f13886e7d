//! The three arithmetics: each layer is written once over [`Arithmetic`] and serves values, duals and jets.
//!
//! Along a line w(t) = w + t·v of weights, every quantity a of the network is a function of t. [`Value`] carries a,
//! [`Dual`] carries (a, ȧ) and [`Jet`] carries (a, ȧ, ä), the derivatives at t = 0. A coefficient that is known to be
//! zero is `None` and costs nothing. Values and duals are differentiable by Burn's autodiff; reverse mode over duals
//! gives the exact Hessian-vector product. Jets need no backward pass: the second coefficient of the loss is vᵀHv.
//!
//! Coefficients of one jet may have different populations: the value is shared ([1, …]), the first derivatives are those
//! of R directions, and the second derivative is kept once for each of G groups of R/G directions, because a trace needs
//! only sums over directions ("collapsed Taylor mode", Dangel et al., NeurIPS 2025, arXiv 2505.13644).
//!
//! Shapes. Features: `[P, n, f]`. Maps: `[P, n, h, w, c]`, channels last. P may be 1 on either side of a product, which
//! then is shared over the population and never copied.

mod attention;
mod dual;
mod jet;
mod norm;
mod pool;
mod value;

use burn::tensor::Tensor;

use super::attention::AttentionSettings;
use super::kernels::{Activation, Cells};
use super::nonlinearity::Nonlinearity;
use super::pointwise::Pointwise;
use super::window::{ConvWindow, PoolWindow};

#[cfg(test)]
pub(super) use attention::{Series, composed};
pub(super) use dual::{Dual, DualTensor};
pub(super) use jet::{Jet, JetTensor};
pub(super) use norm::{Affine, After};
pub(super) use pool::average_pool;
pub(super) use value::Value;

/// The operations from which layers and losses are made.
pub(super) trait Arithmetic {
    /// A quantity of the network, of rank `D`.
    type T<const D: usize>: Clone;

    /// The value of a quantity, off the tape.
    fn value_of<const D: usize>(a: &Self::T<D>) -> Tensor<D>;

    /// A quantity that does not change along the line.
    fn constant<const D: usize>(x: Tensor<D>) -> Self::T<D>;

    /// Applies a linear map, coefficient by coefficient.
    fn linear<const A: usize, const B: usize>(a: Self::T<A>, map: impl Fn(Tensor<A>) -> Tensor<B>) -> Self::T<B>;

    /// a + b, broadcast.
    fn add<const D: usize>(a: Self::T<D>, b: Self::T<D>) -> Self::T<D>;

    /// `[P, n, f] · [P, o, f]ᵀ → [P, n, o]`.
    fn product(x: Self::T<3>, weight: Self::T<3>) -> Self::T<3>;

    /// `[P, n, h, w, c] ∗ [P, o, c/groups, kh, kw] → [P, n, h', w', o]`, padded with zeros.
    fn convolution(x: Self::T<5>, weight: Self::T<5>, window: ConvWindow) -> Self::T<5>;

    /// f(x·wᵀ + b), where bias and f are left out if there are none.
    fn dense(x: Self::T<3>, weight: Self::T<3>, bias: Option<Self::T<3>>, f: Option<Nonlinearity>) -> Self::T<3>;

    /// f(x ∗ w + b), where bias and f are left out if there are none.
    fn filter(
        x: Self::T<5>,
        weight: Self::T<5>,
        window: ConvWindow,
        bias: Option<Self::T<5>>,
        f: Option<Nonlinearity>,
    ) -> Self::T<5>;

    /// a ⊙ b, broadcast.
    fn multiply<const D: usize>(a: Self::T<D>, b: Self::T<D>) -> Self::T<D>;

    /// a ⊙ a.
    fn square<const D: usize>(a: Self::T<D>) -> Self::T<D>;

    /// Applies a pointwise function.
    fn pointwise<const D: usize>(a: Self::T<D>, function: impl Pointwise) -> Self::T<D>;

    /// `[P, m, c]` with mean 0 and variance 1 (the biased one, before ε is added to it) in each of its cells, then scaled and
    /// shifted: the heart of all norms.
    fn standardised(x: Self::T<3>, cells: Cells, affine: Affine<Self::T<3>>, epsilon: f64) -> Self::T<3>;

    /// Rows `[P, m, c]` brought to mean 0 and variance 1 in each channel, with the means and variances `given` `[2, 1, c]`
    /// where they are not those of the rows; then scaled and shifted, and what follows.
    fn batch_normed(
        x: Self::T<3>,
        given: Option<Tensor<3>>,
        affine: Affine<Self::T<3>>,
        epsilon: f64,
        after: After<Self::T<3>>,
    ) -> Self::T<3>;

    /// Greatest of each window.
    fn max_pool(a: Self::T<5>, window: PoolWindow) -> Self::T<5>;

    /// Multi-head attention softmax(q·kᵀ/√(D/H))·v of queries, keys and values side by side, `[P, n, t, 3·D] → [P, n, t, D]`.
    /// Tokens at which `padding` `[n, t]` is 0 are seen by none; a token that sees none gets 0.
    fn attention(qkv: Self::T<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> Self::T<4>;

    /// Cross-entropy of each example `[P, n]`, of logits `[P, n, k]` against shares of classes `[1, n, k]`, which sum to 1, or
    /// to 0 where an example does not count.
    fn cross_entropy(logits: Self::T<3>, targets: Tensor<3>) -> Self::T<2>;

    /// Squared difference of each example `[P, n]`, mean over the k elements of `[P, n, k]` and targets `[1, n, k]`.
    fn mean_squared_error(outputs: Self::T<3>, targets: Tensor<3>) -> Self::T<2>;
}

/// Bias and nonlinearity after a product, where there are any.
fn finish<A: Arithmetic, const D: usize>(product: A::T<D>, bias: Option<A::T<D>>, f: Option<Nonlinearity>) -> A::T<D> {
    let sum = match bias {
        Some(bias) => A::add(product, bias),
        None => product,
    };
    match f {
        Some(f) => A::pointwise(sum, f),
        None => sum,
    }
}

/// The nonlinearity as a part of a product, if it can be one: if its slope is a function of its value.
fn fused(f: Option<Nonlinearity>) -> Option<Activation> {
    match f {
        None => Some(Activation::Identity),
        Some(Nonlinearity::Relu) => Some(Activation::Relu),
        Some(Nonlinearity::Tanh) => Some(Activation::Tanh),
        Some(_) => None,
    }
}

fn plus<const D: usize>(a: Option<Tensor<D>>, b: Option<Tensor<D>>) -> Option<Tensor<D>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// `[P, n, k] → [P, n]`.
fn sum_over_classes(a: Tensor<3>) -> Tensor<2> {
    let [population, n, _] = a.dims();
    a.sum_dim(2).reshape([population, n])
}
