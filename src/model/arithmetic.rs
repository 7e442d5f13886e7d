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
//! Shapes. Features: `[P, n, f]`. Maps: `[n, P·c, h, w]`, population-major channels. P may be 1 on either side of a
//! product, which then is shared over the population and never copied.

use burn::tensor::module::{conv2d, max_pool2d, max_pool2d_with_indices};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Int, Tensor, activation};

use super::Nonlinearity;
use super::products;

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

    /// `[n, P·c, h, w] ∗ [P, o, c, kh, kw] → [n, P·o, h', w']`, padded with zeros.
    fn convolution(x: Self::T<4>, weight: Self::T<5>, padding: [usize; 2]) -> Self::T<4>;

    /// Applies a pointwise nonlinearity.
    fn pointwise<const D: usize>(a: Self::T<D>, nonlinearity: Nonlinearity) -> Self::T<D>;

    /// Greatest of each `size`×`size` window, windows side by side.
    fn max_pool(a: Self::T<4>, size: usize) -> Self::T<4>;

    /// Mean cross-entropy `[P]` of logits `[P, n, k]` against one-hot targets `[1, n, k]`.
    fn cross_entropy(logits: Self::T<3>, targets: Tensor<3>) -> Self::T<1>;

    /// Mean squared difference `[P]` over all elements of `[P, n, k]` and targets `[1, n, k]`.
    fn mean_squared_error(outputs: Self::T<3>, targets: Tensor<3>) -> Self::T<1>;
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

    fn convolution(x: Tensor<4>, weight: Tensor<5>, padding: [usize; 2]) -> Tensor<4> {
        products::convolution(x, weight, padding)
    }

    fn pointwise<const D: usize>(a: Tensor<D>, nonlinearity: Nonlinearity) -> Tensor<D> {
        nonlinearity.value(a)
    }

    fn max_pool(a: Tensor<4>, size: usize) -> Tensor<4> {
        max_pool2d(a, pool_options(size))
    }

    fn cross_entropy(logits: Tensor<3>, targets: Tensor<3>) -> Tensor<1> {
        let log_p = activation::log_softmax(logits, 2);
        -mean_over_examples(sum_over_classes(log_p * targets))
    }

    fn mean_squared_error(outputs: Tensor<3>, targets: Tensor<3>) -> Tensor<1> {
        let classes = outputs.dims()[2] as f64;
        let difference = outputs - targets;
        // Not a division: Burn's reverse mode takes the reciprocal of its divisor in 32 bits.
        mean_over_examples(sum_over_classes(difference.clone() * difference)) * classes.recip()
    }
}

/// Values with one directional derivative; each member of the population has a direction of its own.
pub(super) struct Dual;

/// A value and its derivative along the line.
#[derive(Clone)]
pub(super) struct DualTensor<const D: usize> {
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

    fn convolution(x: DualTensor<4>, weight: DualTensor<5>, padding: [usize; 2]) -> DualTensor<4> {
        let by_input = x.first.map(|first| products::convolution(first, weight.value.clone(), padding));
        let by_weight = weight.first.map(|first| products::convolution(x.value.clone(), first, padding));
        DualTensor { value: products::convolution(x.value, weight.value, padding), first: plus(by_input, by_weight) }
    }

    fn pointwise<const D: usize>(a: DualTensor<D>, nonlinearity: Nonlinearity) -> DualTensor<D> {
        let Some(first) = a.first else {
            return DualTensor { value: nonlinearity.value(a.value), first: None };
        };
        let [value, slope] = nonlinearity.with_slope(a.value);
        DualTensor { value, first: Some(slope * first) }
    }

    fn max_pool(a: DualTensor<4>, size: usize) -> DualTensor<4> {
        let Some(first) = a.first else {
            return DualTensor { value: max_pool2d(a.value, pool_options(size)), first: None };
        };
        let (value, winners) = max_pool2d_with_indices(a.value, pool_options(size));
        DualTensor { value, first: Some(pick(first, winners)) }
    }

    fn cross_entropy(logits: DualTensor<3>, targets: Tensor<3>) -> DualTensor<1> {
        let log_p = activation::log_softmax(logits.value, 2);
        let value = -mean_over_examples(sum_over_classes(log_p.clone() * targets.clone()));
        // d/dt (lse − z_y) = Σ (p − t)·ż
        let first = logits.first.map(|first| mean_over_examples(sum_over_classes((log_p.exp() - targets) * first)));
        DualTensor { value, first }
    }

    fn mean_squared_error(outputs: DualTensor<3>, targets: Tensor<3>) -> DualTensor<1> {
        let classes = outputs.value.dims()[2] as f64;
        let difference = outputs.value - targets;
        let first = outputs
            .first
            .map(|first| mean_over_examples(sum_over_classes(difference.clone() * first)) * (2.0 / classes));
        let value = mean_over_examples(sum_over_classes(difference.clone() * difference)) * classes.recip();
        DualTensor { value, first }
    }
}

/// Values with first and second derivatives along R directions, the second summed within G groups.
pub(super) struct Jet;

/// A value `[1, …]`, first derivatives `[R, …]` and second derivatives `[G, …]`.
#[derive(Clone)]
pub(super) struct JetTensor<const D: usize> {
    /// The value, shared by all directions.
    pub value: Tensor<D>,
    /// The first derivatives, or `None` for zero.
    pub first: Option<Tensor<D>>,
    /// The second derivatives summed over each group, or `None` for zero.
    pub second: Option<Tensor<D>>,
    /// Directions and groups.
    pub groups: Groups,
}

/// R directions in G groups of equal size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups {
    /// R.
    pub directions: usize,
    /// G, a divisor of R.
    pub groups: usize,
}

impl Groups {
    const NONE: Self = Self { directions: 1, groups: 1 };

    /// Sums a population `[R, …]` of features over each group.
    fn sum<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        if self.directions == self.groups {
            return a;
        }
        let mut dims = a.dims();
        let rest: usize = dims[1..].iter().product();
        dims[0] = self.groups;
        a.reshape([self.groups, self.directions / self.groups, rest]).sum_dim(1).reshape(dims)
    }

    /// Sums a population `[n, R·c, h, w]` of maps over each group.
    fn sum_maps(self, a: Tensor<4>) -> Tensor<4> {
        if self.directions == self.groups {
            return a;
        }
        let [n, channels, height, width] = a.dims();
        let rest = channels / self.directions * height * width;
        let grouped = a.reshape([n, self.groups, self.directions / self.groups, rest]).sum_dim(2);
        grouped.reshape([n, channels / self.directions * self.groups, height, width])
    }

    fn join(self, other: Self) -> Self {
        if self == Self::NONE { other } else { self }
    }
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

    /// (xw)'' = ẍw + 2ẋẇ; weights lie on a line, so ẅ = 0.
    fn product(x: JetTensor<3>, weight: JetTensor<3>) -> JetTensor<3> {
        let groups = x.groups.join(weight.groups);
        let mixed = match (&x.first, &weight.first) {
            (Some(x), Some(w)) => Some(products::matrix_summed(x.clone(), w.clone(), groups) * 2.0),
            _ => None,
        };
        let by_input = x.first.map(|first| products::matrix(first, weight.value.clone()));
        let by_weight = weight.first.map(|first| products::matrix(x.value.clone(), first));
        let curved = x.second.map(|second| products::matrix(second, weight.value.clone()));
        JetTensor {
            value: products::matrix(x.value, weight.value),
            first: plus(by_input, by_weight),
            second: plus(curved, mixed),
            groups,
        }
    }

    fn convolution(x: JetTensor<4>, weight: JetTensor<5>, padding: [usize; 2]) -> JetTensor<4> {
        let groups = x.groups.join(weight.groups);
        let mixed = match (&x.first, &weight.first) {
            (Some(x), Some(w)) => Some(products::convolution_summed(x.clone(), w.clone(), padding, groups) * 2.0),
            _ => None,
        };
        let by_input = x.first.map(|first| products::convolution(first, weight.value.clone(), padding));
        let by_weight = weight.first.map(|first| products::convolution(x.value.clone(), first, padding));
        let curved = x.second.map(|second| products::convolution(second, weight.value.clone(), padding));
        JetTensor {
            value: products::convolution(x.value, weight.value, padding),
            first: plus(by_input, by_weight),
            second: plus(curved, mixed),
            groups,
        }
    }

    /// f(a)'' = f'(a)·ä + f''(a)·ȧ².
    fn pointwise<const D: usize>(a: JetTensor<D>, nonlinearity: Nonlinearity) -> JetTensor<D> {
        let Some(first) = a.first else {
            return JetTensor { value: nonlinearity.value(a.value), first: None, second: None, groups: a.groups };
        };
        let (value, slope, curvature) = nonlinearity.with_curvature(a.value);
        let bent = curvature.map(|curvature| {
            let square = first.clone() * first.clone();
            broadcast_product(sum_population(square, a.groups), curvature)
        });
        let second = plus(a.second.map(|second| broadcast_product(second, slope.clone())), bent);
        JetTensor { value, first: Some(broadcast_product(first, slope)), second, groups: a.groups }
    }

    fn max_pool(a: JetTensor<4>, size: usize) -> JetTensor<4> {
        let (value, winners) = max_pool2d_with_indices(a.value, pool_options(size));
        let first = a.first.map(|first| pick(first, winners.clone()));
        let second = a.second.map(|second| pick(second, winners));
        JetTensor { value, first, second, groups: a.groups }
    }

    /// lse'' = Σ p·z̈ + Σ p·ż² − (Σ p·ż)².
    fn cross_entropy(logits: JetTensor<3>, targets: Tensor<3>) -> JetTensor<1> {
        let groups = logits.groups;
        let log_p = activation::log_softmax(logits.value, 2);
        let value = -mean_over_examples(sum_over_classes(log_p.clone() * targets.clone()));
        let p = log_p.exp();
        let residual = p.clone() - targets;
        let first = logits.first.clone().map(|first| mean_over_examples(sum_over_classes(residual.clone() * first)));
        let curved = logits.second.map(|second| mean_over_examples(sum_over_classes(residual * second)));
        let spread = logits.first.map(|first| {
            let weighted = p * first.clone();
            let mean = sum_over_classes(weighted.clone());
            let variance = sum_over_classes(weighted * first) - mean.clone() * mean;
            groups.sum(mean_over_examples(variance))
        });
        JetTensor { value, first, second: plus(curved, spread), groups }
    }

    fn mean_squared_error(outputs: JetTensor<3>, targets: Tensor<3>) -> JetTensor<1> {
        let groups = outputs.groups;
        let classes = outputs.value.dims()[2] as f64;
        let difference = outputs.value - targets;
        let mean = |a: Tensor<3>| mean_over_examples(sum_over_classes(a)) * (2.0 / classes);
        let first = outputs.first.clone().map(|first| mean(difference.clone() * first));
        let curved = outputs.second.map(|second| mean(difference.clone() * second));
        let spread = outputs.first.map(|first| groups.sum(mean(first.clone() * first)));
        let value = mean(difference.clone() * difference) * 0.5;
        JetTensor { value, first, second: plus(curved, spread), groups }
    }
}

fn plus<const D: usize>(a: Option<Tensor<D>>, b: Option<Tensor<D>>) -> Option<Tensor<D>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

fn pool_options(size: usize) -> MaxPoolOptions<2> {
    MaxPoolOptions::new([size, size]).with_stride([size, size])
}

/// Takes, from each channel of `a` `[n, P·c, h, w]`, the elements at `winners` `[n, c, h', w']` of the shared value,
/// or `[n, P·c, h', w']`, flat positions in the window's channel.
fn pick(a: Tensor<4>, winners: Tensor<4, Int>) -> Tensor<4> {
    let [n, channels, height, width] = a.dims();
    let [_, own_channels, out_height, out_width] = winners.dims();
    let winners = if own_channels == channels { winners } else { winners.repeat_dim(1, channels / own_channels) };
    a.reshape([n, channels, height * width])
        .gather(2, winners.reshape([n, channels, out_height * out_width]))
        .reshape([n, channels, out_height, out_width])
}

/// `[P, n, k] → [P, n, 1]`.
fn sum_over_classes(a: Tensor<3>) -> Tensor<3> {
    a.sum_dim(2)
}

/// `[P, n, 1] → [P]`.
fn mean_over_examples(a: Tensor<3>) -> Tensor<1> {
    let population = a.dims()[0];
    a.mean_dim(1).reshape([population])
}

/// Sums a jet's first-derivative population over groups, whichever layout it has.
fn sum_population<const D: usize>(a: Tensor<D>, groups: Groups) -> Tensor<D> {
    if D == 4 {
        let dims = a.dims();
        let summed = groups.sum_maps(a.reshape([dims[0], dims[1], dims[2], dims[3]]));
        let out = summed.dims();
        let mut shape = dims;
        shape.copy_from_slice(&out);
        return summed.reshape(shape);
    }
    groups.sum(a)
}

/// Multiplies a population by a quantity that it shares.
fn broadcast_product<const D: usize>(population: Tensor<D>, shared: Tensor<D>) -> Tensor<D> {
    if D != 4 || population.dims() == shared.dims() {
        return population * shared;
    }
    let dims = population.dims();
    let [n, channels, height, width] = [dims[0], dims[1], dims[2], dims[3]];
    let own = shared.dims()[1];
    let shared = shared.reshape([n, 1, own * height * width]);
    (population.reshape([n, channels / own, own * height * width]) * shared).reshape(dims)
}

/// Options of a convolution with stride 1.
pub(super) fn convolve(x: Tensor<4>, weight: Tensor<4>, padding: [usize; 2], groups: usize) -> Tensor<4> {
    conv2d(x, weight, None, ConvOptions::new([1, 1], padding, [1, 1], groups))
}
