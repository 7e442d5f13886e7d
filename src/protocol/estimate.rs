//! Means with their errors, and how far a measurement is.

/// Estimates part that are further apart than this many combined standard errors …
const ERRORS_APART: f64 = 3.0;
/// … and than this share of the one that the other is held against.
const SHARE_APART: f64 = 0.1;

/// How far a measurement is, in units of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
}

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean.
    pub stderr: f64,
    /// Samples.
    pub samples: usize,
}

impl Estimate {
    /// Mean of independent values and its standard error, √(s²/n) with s² dividing by n − 1; NaN where there are too few
    /// values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let stderr = if values.len() > 1 { (variance / n).sqrt() } else { f64::NAN };
        Self { mean: if values.is_empty() { f64::NAN } else { mean }, stderr, samples: values.len() }
    }

    /// The estimate of `factor` times the figure.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { mean: factor * self.mean, stderr: factor.abs() * self.stderr, samples: self.samples }
    }

    /// How many standard errors `self` and `other` are apart, where their errors are independent; 0 where they are the same.
    #[must_use]
    pub fn errors_apart(self, other: Self) -> f64 {
        let apart = (self.mean - other.mean).abs();
        if apart == 0.0 { 0.0 } else { apart / self.stderr.hypot(other.stderr) }
    }

    /// Whether it is another figure than `other`, and not by luck or by little: more than 3 combined standard errors and more
    /// than 10 % of `other` away. False where an error is not known.
    #[must_use]
    pub fn parts_from(self, other: Self) -> bool {
        let apart = (self.mean - other.mean).abs();
        apart > ERRORS_APART * self.stderr.hypot(other.stderr) && apart > SHARE_APART * other.mean.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        let Estimate { mean, stderr, samples } = Estimate::of([1.0, 2.0, 3.0, 4.0]);
        assert!((mean - 2.5).abs() < 1e-12);
        assert!((stderr - (5.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(samples, 4);
        assert!(Estimate::of([2.0]).stderr.is_nan(), "one value has no spread");
        assert!(Estimate::of([]).mean.is_nan(), "no value has a mean");
    }
}
