//! Statistics of the noise samples: what the pairs of an NSO run say of the curvature.
//!
//! For a pair at ±U: odd part a = (L(w+U) − L(w−U))/2, even part e = (L(w+U) + L(w−U))/2 − L(w). To second order
//! E\[e\] = σ²/2·Tr ∇²L, so 2·mean(e)/σ² estimates the trace, and ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²) estimates the share of tensor l.

mod window;

use crate::protocol::Estimate;

pub use window::{NoiseWindow, PairSample};

/// Mean and standard error of the mean; NaN where there are too few values.
#[must_use]
pub fn estimate(values: impl IntoIterator<Item = f64>) -> Estimate {
    let values: Vec<f64> = values.into_iter().collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let stderr = if values.len() > 1 { (variance / n).sqrt() } else { f64::NAN };
    Estimate { mean: if values.is_empty() { f64::NAN } else { mean }, stderr, samples: values.len() }
}

/// Variance, dividing by n − 1; NaN for fewer than two values.
#[must_use]
pub fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}
