//! The numbers of attention: with vectors, and with an exponential.

use crate::model::kernels::{functions, micro, number};

/// A number that attention is made of.
pub(super) trait Number: number::Number + micro::Real {
    /// eˣ of x ≤ 0. NaN stays.
    fn exp(self) -> Self;

    /// 1/x.
    fn recip(self) -> Self;
}

impl Number for f32 {
    #[inline(always)]
    fn exp(self) -> Self {
        if self.is_nan() { self } else { functions::exp(self) }
    }

    #[inline(always)]
    fn recip(self) -> Self {
        self.recip()
    }
}

impl Number for f64 {
    #[inline(always)]
    fn exp(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn recip(self) -> Self {
        self.recip()
    }
}
