//! What a measurement found, in one form for all of them: figures with their names and errors, charts and slices. A consumer
//! can show any of them without knowing how it was measured.

use super::{Estimate, FoundTable, PathPoint, RunId, SliceCaption, SliceGrid};

/// What a measurement found, complete or as far as it came.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Findings {
    /// Figures, the most important first.
    pub facts: Vec<Fact>,
    /// Charts.
    pub charts: Vec<FoundChart>,
    /// Slices with one colour scale.
    pub slices: Vec<FoundSlice>,
    /// Tables of examples.
    pub tables: Vec<FoundTable>,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The figure; NaN where it could not be measured.
    pub value: f64,
    /// Its standard error or residual, where it has one.
    pub error: Option<f64>,
    /// How it was measured, in a few words.
    pub about: String,
}

/// The terms of the bound C·√(α r²/n), α over examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundBound {
    /// The bound, with the C that was asked for; NaN where α gives none.
    pub bound: f64,
    /// α, the greatest trace over examples.
    pub alpha: f64,
    /// Its standard error.
    pub alpha_stderr: f64,
    /// r = ‖w − w₀‖.
    pub distance: f64,
    /// n.
    pub num_examples: f64,
}

impl FoundBound {
    /// Names of its figures among the [`Fact`]s of a measurement.
    pub const NAMES: [&str; 4] = ["bound, α over examples", "α over examples", "r = ‖w − w₀‖", "n"];
}

/// Up to which σ second order holds, as a sweep of σ found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundRange {
    /// The greatest σ up to which it holds; NaN where it holds at none that was measured.
    pub holds_to: f64,
    /// The first σ at which it does not; NaN where there is none.
    pub breaks_at: f64,
    /// The trace that pairs tell at `holds_to`.
    pub pairs: Estimate,
    /// Hutchinson's trace.
    pub hutchinson: Estimate,
}

impl FoundRange {
    /// Names of its figures among the [`Fact`]s of a measurement, and of the curves in its chart.
    pub const HOLDS_TO: &str = "second order holds up to σ";
    /// See [`Self::HOLDS_TO`].
    pub const BREAKS_AT: &str = "second order breaks at σ";
    /// See [`Self::HOLDS_TO`].
    pub const PAIRS: &str = "from noise pairs";
    /// See [`Self::HOLDS_TO`].
    pub const HUTCHINSON: &str = "Hutchinson";
}

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FoundChart {
    /// What the vertical axis counts.
    pub title: String,
    /// What the horizontal axis counts.
    pub x_label: String,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic; values of 0 or below are left out then.
    pub log_y: bool,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve with its error band.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Points by ascending horizontal coordinate.
    pub points: Vec<[f64; 2]>,
    /// Half-width of the band at each point; empty where there is none.
    pub errors: Vec<f64>,
}

/// A slice with what lies on it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FoundSlice {
    /// The losses and accuracies.
    pub grid: SliceGrid,
    /// Words for its caption.
    pub caption: SliceCaption,
    /// Paths of runs, projected on it.
    pub paths: Vec<(RunId, Vec<PathPoint>)>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum JobEnd {
    /// It is complete.
    Complete,
    /// It was cancelled; what it had found by then is kept.
    Cancelled,
    /// It could not be done, for this reason.
    Failed(String),
}

impl Findings {
    /// The bound, where these are the findings of one; a term of it that is not among them is NaN.
    #[must_use]
    pub fn bound(&self) -> Option<FoundBound> {
        let [bound, alpha, distance, num_examples] =
            FoundBound::NAMES.map(|name| self.facts.iter().find(|fact| fact.name == name));
        let value = |fact: Option<&Fact>| fact.map_or(f64::NAN, |fact| fact.value);
        Some(FoundBound {
            bound: bound?.value,
            alpha: value(alpha),
            alpha_stderr: alpha.and_then(|fact| fact.error).unwrap_or(0.0),
            distance: value(distance),
            num_examples: value(num_examples),
        })
    }
}

impl Findings {
    /// Up to which σ second order holds, where these are the findings of a sweep of σ.
    #[must_use]
    pub fn second_order(&self) -> Option<FoundRange> {
        let value = |name: &str| self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value);
        let (holds_to, breaks_at) = (value(FoundRange::HOLDS_TO)?, value(FoundRange::BREAKS_AT)?);
        let curve = |name: &str| self.charts.iter().flat_map(|chart| &chart.curves).find(|curve| curve.name == name);
        // All of Hutchinson's are the same.
        let at = |name: &str, sigma: f64| {
            let curve = curve(name)?;
            let place = curve.points.iter().position(|[x, _]| *x == sigma).unwrap_or(0);
            let ([_, mean], stderr) = (*curve.points.get(place)?, *curve.errors.get(place)?);
            Some(Estimate { mean, stderr, samples: 0 })
        };
        let unknown = Estimate { mean: f64::NAN, stderr: f64::NAN, samples: 0 };
        let pairs = at(FoundRange::PAIRS, holds_to).filter(|_| holds_to.is_finite()).unwrap_or(unknown);
        let hutchinson = at(FoundRange::HUTCHINSON, holds_to).unwrap_or(unknown);
        Some(FoundRange { holds_to, breaks_at, pairs, hutchinson })
    }
}

impl Fact {
    /// A figure without an error.
    #[must_use]
    pub fn exact(name: impl Into<String>, value: f64, about: impl Into<String>) -> Self {
        Self { name: name.into(), value, error: None, about: about.into() }
    }

    /// A figure with its standard error or residual.
    #[must_use]
    pub fn with_error(name: impl Into<String>, value: f64, error: f64, about: impl Into<String>) -> Self {
        Self { name: name.into(), value, error: Some(error), about: about.into() }
    }

    /// A mean with its standard error and the number of its `samples`.
    #[must_use]
    pub fn estimated(name: impl Into<String>, estimate: Estimate, samples: &str) -> Self {
        let about = format!("± standard error, {} {samples}", estimate.samples);
        Self::with_error(name, estimate.mean, estimate.stderr, about)
    }
}
