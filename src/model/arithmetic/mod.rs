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

mod dual;
mod jet;

use burn::tensor::{Int, Tensor, activation, s};

use super::Nonlinearity;
use super::kernels;
use super::products::{self, ConvWindow};

pub(super) use dual::{Dual, DualTensor};
pub(super) use jet::{Groups, Jet, JetTensor};

/// The operations from which layers and losses are made.
pub(super) trait Arithmetic {
    /// A quantity of the network, of rank `D`.
    type T<const D: usize>: Clone;

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

    /// f(x·wᵀ + b), where f is left out if there is none.
    fn dense(x: Self::T<3>, weight: Self::T<3>, bias: Self::T<3>, f: Option<Nonlinearity>) -> Self::T<3>;

    /// f(x ∗ w + b), where f is left out if there is none.
    fn filter(
        x: Self::T<5>,
        weight: Self::T<5>,
        window: ConvWindow,
        bias: Self::T<5>,
        f: Option<Nonlinearity>,
    ) -> Self::T<5>;

    /// Applies a pointwise nonlinearity.
    fn pointwise<const D: usize>(a: Self::T<D>, nonlinearity: Nonlinearity) -> Self::T<D>;

    /// Greatest of each `size`×`size` window, windows side by side.
    fn max_pool(a: Self::T<5>, size: usize) -> Self::T<5>;

    /// Cross-entropy of each example `[P, n]`, of logits `[P, n, k]` against shares of classes `[1, n, k]`.
    fn cross_entropy(logits: Self::T<3>, targets: Tensor<3>) -> Self::T<2>;

    /// Squared difference of each example `[P, n]`, mean over the k elements of `[P, n, k]` and targets `[1, n, k]`.
    fn mean_squared_error(outputs: Self::T<3>, targets: Tensor<3>) -> Self::T<2>;
}

/// Plain values.
pub(super) struct Value;

impl Arithmetic for Value {
    type T<const D: usize> = Tensor<D>;

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

    fn dense(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<3>, f: Option<Nonlinearity>) -> Tensor<3> {
        products::dense(x, weight, bias, f)
    }

    fn filter(
        x: Tensor<5>,
        weight: Tensor<5>,
        window: ConvWindow,
        bias: Tensor<5>,
        f: Option<Nonlinearity>,
    ) -> Tensor<5> {
        products::filter(x, weight, window, bias, f)
    }

    fn pointwise<const D: usize>(a: Tensor<D>, nonlinearity: Nonlinearity) -> Tensor<D> {
        nonlinearity.value(a)
    }

    fn max_pool(a: Tensor<5>, size: usize) -> Tensor<5> {
        let winners = winners(a.clone(), size);
        pick(a, winners, size)
    }

    fn cross_entropy(logits: Tensor<3>, targets: Tensor<3>) -> Tensor<2> {
        if kernels::runs_here(&logits) {
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

/// The nonlinearity after a product, where there is one.
fn apply<A: Arithmetic, const D: usize>(f: Option<Nonlinearity>, a: A::T<D>) -> A::T<D> {
    match f {
        Some(f) => A::pointwise(a, f),
        None => a,
    }
}

fn plus<const D: usize>(a: Option<Tensor<D>>, b: Option<Tensor<D>>) -> Option<Tensor<D>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// Where the greatest element of each `size`×`size` window stands in it, `[P·n·h'·w', 1, c]`, of maps `[P, n, h, w, c]`
/// whose windows lie side by side. The positions are found without a tape.
fn winners(a: Tensor<5>, size: usize) -> Tensor<3, Int> {
    if kernels::runs_here(&a) {
        return kernels::winners(a, size);
    }
    windows(a.without_autodiff(), size).argmax(1)
}

/// The elements of `a` `[P, n, h, w, c]` at the winners of its own windows, or of those that its population shares:
/// `[P, n, h', w', c]`.
fn pick(a: Tensor<5>, winners: Tensor<3, Int>, size: usize) -> Tensor<5> {
    if kernels::runs_here(&a) {
        return kernels::pick(a, winners, size);
    }
    let [population, n, height, width, channels] = a.dims();
    let windows = windows(a, size);
    let copies = windows.dims()[0] / winners.dims()[0];
    let winners = if copies == 1 { winners } else { winners.repeat_dim(0, copies) };
    windows.gather(1, winners).reshape([population, n, height / size, width / size, channels])
}

/// The elements of each window in a row, row by row of the window: `[P, n, h, w, c] → [P·n·h'·w', size², c]`. Incomplete
/// windows are left out.
fn windows(a: Tensor<5>, size: usize) -> Tensor<3> {
    let [population, n, height, width, channels] = a.dims();
    let (down, right) = (height / size, width / size);
    let whole = if height == down * size && width == right * size {
        a
    } else {
        a.slice(s![.., .., 0..down * size, 0..right * size, ..])
    };
    whole.reshape([population * n * down, size, right, size * channels]).swap_dims(1, 2).reshape([
        population * n * down * right,
        size * size,
        channels,
    ])
}

/// `[P, n, k] → [P, n]`.
fn sum_over_classes(a: Tensor<3>) -> Tensor<2> {
    let [population, n, _] = a.dims();
    a.sum_dim(2).reshape([population, n])
}
