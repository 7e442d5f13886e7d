//! Norms as compositions of the other operations, for whatever has none of its own.

use burn::tensor::Tensor;

use super::Arithmetic;
use crate::model::kernels::Cells;
use crate::model::nonlinearity::Nonlinearity;
use crate::model::pointwise::ReciprocalRoot;

/// What follows a norm: y·γ + β with γ and β `[P, 1, c]`, as far as there are any.
#[derive(Clone)]
pub(in crate::model) struct Affine<Q> {
    /// γ.
    pub scale: Option<Q>,
    /// β.
    pub shift: Option<Q>,
}

/// What comes after a batch norm: the other branch of a residual block `[P, m, c]` is added, then what is below 0 becomes 0.
#[derive(Clone)]
pub(in crate::model) struct After<Q> {
    /// The other branch.
    pub addend: Option<Q>,
    /// Whether relu follows.
    pub is_relu: bool,
}

/// Batch norm by the other operations.
pub(super) fn composed_batch<A: Arithmetic>(
    x: A::T<3>,
    given: Option<Tensor<3>>,
    affine: Affine<A::T<3>>,
    epsilon: f64,
    after: After<A::T<3>>,
) -> A::T<3> {
    let y = match given {
        None => A::standardised(x, Cells::Columns, affine, epsilon),
        Some(given) => by_given::<A>(x, given, affine, epsilon),
    };
    let y = match after.addend {
        Some(addend) => A::add(y, addend),
        None => y,
    };
    if after.is_relu { A::pointwise(y, Nonlinearity::Relu) } else { y }
}

/// x·(γ/s) + (β − γ·m/s), s = √(v + ε): the rows are touched twice only.
fn by_given<A: Arithmetic>(x: A::T<3>, given: Tensor<3>, affine: Affine<A::T<3>>, epsilon: f64) -> A::T<3> {
    let mean = given.clone().slice_dim(0, 0..1);
    let inverse = (given.slice_dim(0, 1..2) + epsilon).sqrt().recip();
    let scale = match affine.scale {
        Some(scale) => A::linear(scale, |scale: Tensor<3>| scale * inverse.clone()),
        None => A::constant(inverse),
    };
    let back = A::linear(scale.clone(), |scale: Tensor<3>| -(scale * mean.clone()));
    let shift = match affine.shift {
        Some(shift) => A::add(shift, back),
        None => back,
    };
    A::add(A::multiply(x, scale), shift)
}

/// (x − mean)/√(variance + ε) within each cell of `[P, m, c]`, with the biased variance; then scaled and shifted.
pub(super) fn composed<A: Arithmetic>(x: A::T<3>, cells: Cells, affine: Affine<A::T<3>>, epsilon: f64) -> A::T<3> {
    let [_, rows, channels] = A::value_of(&x).dims();
    let [tall, wide] = cells.size([rows, channels]);
    let cut = |x: Tensor<3>| {
        let population = x.dims()[0];
        x.reshape([population, rows / tall, tall, channels / wide, wide])
    };
    // A mean over one number is the number.
    let mean = |x: Tensor<5>| {
        let x = if wide > 1 { x.mean_dim(4) } else { x };
        if tall > 1 { x.mean_dim(2) } else { x }
    };
    let centred = A::linear(A::linear(x, cut), |x: Tensor<5>| x.clone() - mean(x));
    let variance = A::linear(A::square(centred.clone()), mean);
    let y = A::multiply(centred, A::pointwise(variance, ReciprocalRoot { epsilon }));
    let whole = |y: Tensor<5>| {
        let population = y.dims()[0];
        y.reshape([population, rows, channels])
    };
    scaled::<A>(A::linear(y, whole), affine)
}

/// y·γ + β.
pub(super) fn scaled<A: Arithmetic>(y: A::T<3>, affine: Affine<A::T<3>>) -> A::T<3> {
    let y = match affine.scale {
        Some(scale) => A::multiply(y, scale),
        None => y,
    };
    match affine.shift {
        Some(shift) => A::add(y, shift),
        None => y,
    }
}

/// Whether all those that are there have so large a population.
pub(super) fn have_population<'a>(size: usize, all: impl IntoIterator<Item = &'a Option<Tensor<3>>>) -> bool {
    all.into_iter().flatten().all(|a| a.dims()[0] == size)
}
