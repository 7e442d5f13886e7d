//! What is applied to each output.

use crate::model::kernels::micro::Real;

/// What is applied to each output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::model) enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
}

/// A number with its activations.
pub(in crate::model::kernels) trait Number: Real {
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
}

/// Applies the activation in place.
#[inline(always)]
pub(super) fn activate<T: Number>(values: &mut [T], activation: Activation) {
    let zero = T::default();
    match activation {
        Activation::Identity => {}
        // Written so that NaN stays NaN.
        Activation::Relu => values.iter_mut().for_each(|x| *x = if *x <= zero { zero } else { *x }),
        Activation::Tanh => {
            for x in values {
                *x = x.tanh();
            }
        }
    }
}

/// g·act' in place of g, from the activation's output y.
#[inline(always)]
pub(super) fn slope<T: Number>(y: &[T], g: &mut [T], activation: Activation) {
    let zero = T::default();
    match activation {
        Activation::Identity => {}
        Activation::Relu => g.iter_mut().zip(y).for_each(|(g, &y)| *g = if y <= zero { zero } else { *g }),
        Activation::Tanh => g.iter_mut().zip(y).for_each(|(g, &y)| *g = *g * (T::ONE - y * y)),
    }
}

/// Of the gradients of y = act(z) and ẏ = act'(z)·ż those of z and ż, in place: act'·g + act''·ż·ġ and act'·ġ. For tanh act''·ż =
/// −2y·ẏ.
#[inline(always)]
pub(super) fn slopes<T: Number>([y, dy]: [&[T]; 2], [g, dg]: [&mut [T]; 2], activation: Activation) {
    if activation == Activation::Tanh {
        let all = g.iter_mut().zip(dg.iter()).zip(y).zip(dy);
        all.for_each(|(((g, &dg), &y), &dy)| {
            let bent = y * dy * dg;
            *g = *g * (T::ONE - y * y) - (bent + bent);
        });
    } else {
        slope(y, g, activation);
    }
    slope(y, dg, activation);
}

/// ż² is added to the squares where the activation bends, and ż·act' takes the place of ż; y is the activation's output.
#[inline(always)]
pub(super) fn slope_and_square<T: Number>(y: &[T], first: &mut [T], squares: &mut [T], activation: Activation) {
    if activation == Activation::Tanh {
        for (sum, &a) in squares.iter_mut().zip(first.iter()) {
            *sum += a * a;
        }
    }
    slope(y, first, activation);
}

/// act'·z̈ + act''·Σ ż² in place of z̈. For tanh act'' = −2y·act'.
#[inline(always)]
pub(super) fn bend<T: Number>(y: &[T], second: &mut [T], squares: &[T], activation: Activation) {
    if activation != Activation::Tanh {
        return slope(y, second, activation);
    }
    for ((second, &y), &square) in second.iter_mut().zip(y).zip(squares) {
        let bent = y * square;
        *second = (*second - (bent + bent)) * (T::ONE - y * y);
    }
}
