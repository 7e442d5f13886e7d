//! What a measurement found, in one form for all of them: figures with their names and errors, charts and slices. A consumer
//! can show any of them without knowing how it was measured.

use super::{Estimate, PathPoint, RunId, SliceCaption, SliceGrid};

/// What a measurement found, complete or as far as it came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// Figures, the most important first.
    pub facts: Vec<Fact>,
    /// Charts.
    pub charts: Vec<FoundChart>,
    /// Slices with one colour scale.
    pub slices: Vec<FoundSlice>,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq)]
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

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Points by ascending horizontal coordinate.
    pub points: Vec<[f64; 2]>,
    /// Half-width of the band at each point; empty where there is none.
    pub errors: Vec<f64>,
}

/// A slice with what lies on it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSlice {
    /// The losses and accuracies.
    pub grid: SliceGrid,
    /// Words for its caption.
    pub caption: SliceCaption,
    /// Paths of runs, projected on it.
    pub paths: Vec<(RunId, Vec<PathPoint>)>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
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
