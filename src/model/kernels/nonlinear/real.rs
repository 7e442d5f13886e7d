//! The elementary functions of which nonlinearities are made: vectorised in 32 bits, those of libraries in 64.

use crate::model::kernels::functions::{self, INV_SQRT_TAU};
use crate::model::kernels::number::Number;

/// A number with elementary functions.
pub(super) trait Real: Number {
    /// A constant.
    fn of(x: f64) -> Self;

    /// eˣ of x ≤ 0.
    fn exp(self) -> Self;

    /// eˣ − 1 of x ≤ 0.
    fn exp_m1(self) -> Self;

    /// Hyperbolic tangent.
    fn tanh(self) -> Self;

    /// 1/(1 + e⁻ˣ).
    fn sigmoid(self) -> Self;

    /// ln(1 + eˣ).
    fn softplus(self) -> Self;

    /// Distribution function Φ of the standard normal distribution.
    fn normal_cdf(self) -> Self;

    /// Its density.
    fn normal_pdf(self) -> Self;

    /// At least −bound and at most bound; NaN stays.
    fn within(self, bound: Self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn exp(self) -> Self {
        functions::exp(self)
    }

    #[inline(always)]
    fn exp_m1(self) -> Self {
        functions::exp_m1(self)
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        functions::tanh(self)
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        functions::sigmoid(self)
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        functions::softplus(self)
    }

    #[inline(always)]
    fn normal_cdf(self) -> Self {
        functions::normal_cdf(self)
    }

    #[inline(always)]
    fn normal_pdf(self) -> Self {
        functions::normal_pdf(self)
    }

    #[inline(always)]
    fn within(self, bound: Self) -> Self {
        self.clamp(-bound, bound)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self::exp(self)
    }

    #[inline(always)]
    fn exp_m1(self) -> Self {
        Self::exp_m1(self)
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        Self::tanh(self)
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + Self::exp(-self))
    }

    #[inline(always)]
    fn softplus(self) -> Self {
        // As `relu`, so that NaN stays NaN.
        let above = if self <= 0.0 { 0.0 } else { self };
        above + Self::exp(-self.abs()).ln_1p()
    }

    #[inline(always)]
    fn normal_cdf(self) -> Self {
        0.5 * libm::erfc(-self * std::f64::consts::FRAC_1_SQRT_2)
    }

    #[inline(always)]
    fn normal_pdf(self) -> Self {
        INV_SQRT_TAU * Self::exp(-0.5 * self * self)
    }

    #[inline(always)]
    fn within(self, bound: Self) -> Self {
        self.clamp(-bound, bound)
    }
}
