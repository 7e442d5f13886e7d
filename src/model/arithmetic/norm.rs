//! Norms as compositions of the other operations, for whatever has none of its own.

use burn::tensor::Tensor;

use super::Arithmetic;
use crate::model::kernels::Cells;
use crate::model::pointwise::ReciprocalRoot;

/// What follows a norm: y·γ + β with γ and β `[P, 1, c]`, as far as there are any.
#[derive(Clone)]
pub(in crate::model) struct Affine<Q> {
    /// γ.
    pub scale: Option<Q>,
    /// β.
    pub shift: Option<Q>,
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
