//! Cells of numbers brought to mean 0 and variance 1, then scaled and shifted, as operations of Burn's CPU backend: the heart of
//! layer, batch and group norm.
//!
//! Of `[P, m, c]`, y = (x − m)·s with s = 1/√(v + ε), m and v the mean and the biased variance of each cell, and z = y·γ + β with γ
//! and β `[P, 1, c]`. With M the mean within a cell and a = ẋ − Mẋ, along a line of weights
//!
//! - ẏ = J(ẋ) = s·(a − y·q) with q = M(y·a) (Ioffe, Szegedy 2015, in terms of y), and ż = γ·ẏ + γ̇·y + β̇;
//! - ÿ = J(ẍ) + B(ẋ, ẋ) with B(a, b) = s²·(y·(3·q·r − M(a·b)) − q·b − r·a) where r = M(y·b), a and b with mean 0, and
//!   z̈ = γ·ÿ + 2·γ̇·ẏ.
//!
//! y is the gradient of √(v + ε) times the size of a cell, so J and B are symmetric in all their arguments: the gradient by x is
//! J(γ·g) for g that of z, and for d that of ż they are J(γ·d) by ẋ and B(ẋ, γ·d) + J(γ̇·d) by x. J is linear, so by x both give
//! B(ẋ, γ·d) + J(γ·g + γ̇·d).
//!
//! A dual's value and derivative are one node of the tape (`pair`). It keeps x, the derivative and the figures of cells; y is
//! made again where it is needed.

mod flex;
mod forward;
mod jet;
mod reverse;
mod rows;
mod tape;
#[cfg(test)]
mod tests;
mod walk;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::cells::Cells;

/// What a norm is told beside its operands.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Norm {
    /// What has mean 0 and variance 1.
    pub cells: Cells,
    /// ε.
    pub epsilon: f64,
}

/// γ and β or their derivatives, `[P, 1, c]` each, where there are any.
pub(in crate::model) type Pair = [Option<Tensor<3>>; 2];

impl Norm {
    /// y·γ + β of x `[P, m, c]`. γ and β are of its population.
    pub fn value(self, x: Tensor<3>, pair: Pair) -> Tensor<3> {
        let [scale, shift] = numbers_of(pair, 1.0, &x);
        let [x, scale, shift] = [x, scale, shift].map(Tensor::into_dispatch);
        Tensor::from_dispatch(<Dispatch as NormOps>::normed(x, scale, shift, self.form(1, false)))
    }

    /// The value and its derivative γ·ẏ + γ̇·y + β̇ of x and ẋ of one shape, and (γ, β) and (γ̇, β̇) of their population.
    pub fn dual(self, [x, first]: [Tensor<3>; 2], pair: Pair, dpair: Pair) -> [Tensor<3>; 2] {
        let ([scale, shift], [dscale, dshift]) = (numbers_of(pair, 1.0, &x), numbers_of(dpair, 0.0, &x));
        let all = [x, first, scale, shift, dscale, dshift].map(Tensor::into_dispatch);
        let [x, first, scale, shift, dscale, dshift] = all;
        let form = self.form(1, false);
        let (value, first) = <Dispatch as NormOps>::normed_dual(x, first, scale, shift, dscale, dshift, form);
        [value, first].map(Tensor::from_dispatch)
    }

    /// The value of x `[1, m, c]` that R directions share, the first derivatives `[R, m, c]`, of ẋ, γ̇ and β̇ of each of them, and second
    /// derivatives summed over each group of consecutive directions, `[groups, m, c]`, of ẍ of the groups. There is no backward pass.
    pub fn jet(
        self,
        (x, first, second): (Tensor<3>, Tensor<3>, Option<Tensor<3>>),
        pair: Pair,
        dpair: Pair,
        groups: usize,
    ) -> [Tensor<3>; 3] {
        let form = self.form(groups, second.is_some());
        let ([scale, shift], [dscale, dshift]) = (numbers_of(pair, 1.0, &x), numbers_of(dpair, 0.0, &x));
        // Any tensor stands in the place of one that is not there.
        let second = second.unwrap_or_else(|| first.clone());
        let all = [x, first, second, scale, shift, dscale, dshift].map(|a| a.without_autodiff().into_dispatch());
        let [x, first, second, scale, shift, dscale, dshift] = all;
        let (value, first, second) =
            <Dispatch as NormJetOps>::normed_jet(x, first, second, scale, shift, dscale, dshift, form);
        [value, first, second].map(Tensor::from_dispatch)
    }

    const fn form(self, groups: usize, has_second: bool) -> Form {
        Form { norm: self, groups, has_second }
    }
}

/// What is there, or `scale` and 0 at each channel of `x`.
fn numbers_of([own_scale, own_shift]: Pair, scale: f64, x: &Tensor<3>) -> [Tensor<3>; 2] {
    let channels = x.dims()[2];
    let or = |a: Option<Tensor<3>>, number: f64| {
        a.unwrap_or_else(|| {
            let data = TensorData::new(vec![number; channels], [1, 1, channels]);
            Tensor::from_data(data, (&x.device().without_autodiff(), x.dtype()))
        })
    };
    [or(own_scale, scale), or(own_shift, 0.0)]
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    norm: Norm,
    /// Groups of directions, and whether there is a second derivative of x: for jets.
    groups: usize,
    has_second: bool,
}

#[backend_extension(Flex, Autodiff)]
trait NormOps: Backend {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;

    fn normed_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[backend_extension(Flex)]
trait NormJetOps: Backend {
    fn normed_jet(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// x, ẋ, γ, β, γ̇ and β̇.
type Six<T> = [T; 6];

/// What a backend without a tape provides.
trait NormKernels: NormOps {
    /// The value of x, γ and β, and the figures of cells.
    fn value(operands: [FloatTensor<Self>; 3], form: Form) -> [FloatTensor<Self>; 2];

    /// The gradients by x, γ and β that are wanted, from x, γ and the figures.
    fn reverse(
        state: [FloatTensor<Self>; 3],
        gradient: FloatTensor<Self>,
        wanted: [bool; 3],
        form: Form,
    ) -> [Option<FloatTensor<Self>>; 3];

    /// The value, its derivative and the figures of cells.
    fn dual(operands: Six<FloatTensor<Self>>, form: Form) -> [FloatTensor<Self>; 3];

    /// The gradients by all operands, from x, ẋ, γ, γ̇ and the figures and from the gradients of both results.
    fn dual_reverse(
        state: [FloatTensor<Self>; 5],
        gradients: [Option<FloatTensor<Self>>; 2],
        form: Form,
    ) -> Six<FloatTensor<Self>>;
}
