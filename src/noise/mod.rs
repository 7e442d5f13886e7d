//! Statistics of the noise samples: what the pairs of an NSO run say of the curvature.
//!
//! For a pair at ±U: odd part a = (L(w+U) − L(w−U))/2, even part e = (L(w+U) + L(w−U))/2 − L(w). To second order
//! E\[e\] = σ²/2·Tr ∇²L, so 2·mean(e)/σ² estimates the trace, and ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²) estimates the share of tensor l.

//!
//! [`NoiseWindow`] keeps what a run's own samples say while it trains; the jobs measure at one row of weights, for any σ.

mod gradients;
mod signal;
mod statistics;
mod sweep;
mod window;

use crate::protocol::Estimate;

pub use gradients::{GradientVariance, GradientVarianceRow};
pub use signal::{GradientSignal, NoiseDraws, Spread};
pub use statistics::{NoiseReport, NoiseStatistics, Part, RelativeNoise};
pub use sweep::{SigmaSweep, SweepReport, SweepRow, Verdict};
pub use window::{NoiseSource, NoiseWindow, PairSample};

/// Mean and standard error of the mean; NaN where there are too few values.
#[must_use]
pub fn estimate(values: impl IntoIterator<Item = f64>) -> Estimate {
    Estimate::of(values)
}

/// Share of the variance of one evaluation that a pair removes, a/(a + e) of the variances of its odd and even parts; 0 where
/// nothing varies, so that there is nothing to remove.
#[must_use]
pub fn share_removed(odd: f64, even: f64) -> f64 {
    if odd == 0.0 && even == 0.0 { 0.0 } else { odd / (odd + even) }
}

/// Variance, dividing by n − 1; NaN for fewer than two values.
#[must_use]
pub fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
