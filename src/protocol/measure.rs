//! Measurements that the user asks for by name, on the weights of a run as they are, and what comes back.
//!
//! A [`MeasureRequest`] becomes a job of the engine. What it finds is told in one form for all measurements,
//! [`Findings`]: figures with their names and errors, charts and slices. A consumer can show any of them without knowing
//! how it was measured.

use crate::config::Normalization;

use super::{PathPoint, RunId, SliceCaption, SliceGrid};

/// Names a job. The consumer chooses it, so that it can cancel what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u32);

/// Which examples a measurement is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Examples {
    /// The training subset that the live view is measured on.
    #[default]
    Train,
    /// The test set.
    Test,
}

impl Examples {
    /// What a caption calls them.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Train => "training examples",
            Self::Test => "test examples",
        }
    }
}

/// What is to be measured, and on what.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureRequest {
    /// The measurement with its budget.
    pub what: Measurement,
    /// The examples.
    pub examples: Examples,
    /// Whether the objective includes the run's weight decay c/2·‖w‖².
    pub weight_decay: bool,
    /// Seed of probes, noise and directions.
    pub seed: u64,
}

/// A measurement with its budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measurement {
    /// Hutchinson's estimate of the Hessian's trace.
    Trace {
        /// Random-sign probes.
        probes: usize,
    },
    /// The trace of each parameter tensor's own block.
    LayerTraces {
        /// Hessian-vector products.
        probes: usize,
    },
    /// The largest and the smallest eigenvalues by Lanczos.
    Eigenvalues {
        /// Pairs at each end.
        pairs: usize,
        /// Hessian-vector products at most.
        products: usize,
    },
    /// The density of all eigenvalues by stochastic Lanczos quadrature.
    Density {
        /// Random probes.
        probes: usize,
        /// Hessian-vector products of each.
        steps: usize,
    },
    /// The exact Hessian with all its eigenvalues, for small networks.
    Dense,
    /// The rise of the loss along SAM's and ASAM's ascent steps.
    Sharpness {
        /// ρ.
        rho: f64,
    },
    /// The measurable terms of the PAC-Bayes bound.
    Bound {
        /// Probes of each trace.
        probes: usize,
        /// C of the bound.
        constant: f64,
    },
    /// What noise of one σ says: gaps, odd and even parts, the trace from pairs beside Hutchinson's.
    Noise {
        /// σ.
        sigma: f64,
        /// Pairs ±U.
        pairs: usize,
    },
    /// The variance of one-point and two-point gradient estimates against k.
    GradientVariance {
        /// σ.
        sigma: f64,
        /// Draws of each estimate.
        draws: usize,
    },
    /// The trace from noise over a range of σ, to see where the second-order picture breaks.
    SigmaSweep {
        /// Least σ.
        from: f64,
        /// Greatest σ.
        to: f64,
        /// Values of σ, evenly spaced on a logarithmic scale.
        count: usize,
        /// Pairs ±U for each.
        pairs: usize,
    },
    /// Trace and largest eigenvalue on two halves of the training data: how much the subset matters.
    SecondSubset {
        /// Probes of each trace.
        probes: usize,
    },
    /// A slice of the loss and the accuracy.
    Slice {
        /// The plane.
        plane: PlaneChoice,
        /// Half-width in units of the directions; `None` finds one that suits.
        range: Option<f64>,
        /// Points a side.
        resolution: usize,
    },
    /// The same slice on several random planes, with one colour scale.
    Multiples {
        /// Random planes; their seeds count up from the request's.
        planes: usize,
        /// How their directions are scaled.
        normalization: Normalization,
        /// Half-width in units of the directions.
        range: f64,
        /// Points a side.
        resolution: usize,
    },
    /// The loss along random lines through the weights.
    Lines {
        /// Random directions.
        directions: usize,
        /// How they are scaled.
        normalization: Normalization,
        /// Half-width in units of the directions.
        range: f64,
        /// Points of each line.
        points: usize,
    },
    /// The loss and the accuracy on the straight line to the weights of another run, and beyond.
    Between {
        /// The other run.
        other: RunId,
        /// Points of the line.
        points: usize,
    },
}

/// The plane of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaneChoice {
    /// Two random directions.
    Random(Normalization),
    /// The eigenvectors of the largest and the second largest eigenvalue.
    Eigenvectors,
    /// The two principal directions of the run's path.
    Path,
    /// The plane through the weights of three runs.
    Minima,
}

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

impl Measurement {
    /// One of each with a usual budget; `sigma` and `rho` are the run's.
    #[must_use]
    pub fn menu(sigma: f64, rho: f64) -> Vec<Self> {
        vec![
            Self::Trace { probes: 256 },
            Self::LayerTraces { probes: 64 },
            Self::Eigenvalues { pairs: 5, products: 100 },
            Self::Density { probes: 8, steps: 40 },
            Self::Dense,
            Self::Sharpness { rho },
            Self::Bound { probes: 32, constant: 1.0 },
            Self::SecondSubset { probes: 64 },
            Self::Slice { plane: PlaneChoice::Random(Normalization::Filter), range: None, resolution: 41 },
            Self::Multiples { planes: 4, normalization: Normalization::Filter, range: 1.0, resolution: 25 },
            Self::Lines { directions: 8, normalization: Normalization::Filter, range: 1.0, points: 41 },
            Self::Between { other: RunId(0), points: 61 },
            Self::Noise { sigma, pairs: 128 },
            Self::SigmaSweep { from: 0.05 * sigma, to: 20.0 * sigma, count: 13, pairs: 48 },
            Self::GradientVariance { sigma, draws: 16 },
        ]
    }

    /// Its name.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Trace { .. } => "Hessian trace",
            Self::LayerTraces { .. } => "Trace of each tensor",
            Self::Eigenvalues { .. } => "Eigenvalues",
            Self::Density { .. } => "Density of eigenvalues",
            Self::Dense => "Exact Hessian",
            Self::Sharpness { .. } => "SAM and ASAM sharpness",
            Self::Bound { .. } => "Terms of the bound",
            Self::Noise { .. } => "Noise at one σ",
            Self::GradientVariance { .. } => "Variance of gradients",
            Self::SigmaSweep { .. } => "Sweep of σ",
            Self::SecondSubset { .. } => "Second subset",
            Self::Slice { .. } => "Slice",
            Self::Multiples { .. } => "Slices on several planes",
            Self::Lines { .. } => "Random lines",
            Self::Between { .. } => "Line to another run",
        }
    }
}

impl Measurement {
    /// What it tells, in a sentence.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        match self {
            Self::Trace { .. } => "The sum of all eigenvalues, from random probes, with its standard error.",
            Self::LayerTraces { .. } => "How much each weight and bias tensor adds to the trace.",
            Self::Eigenvalues { .. } => {
                "Both ends of the spectrum with residuals. A negative one means not convex here."
            }
            Self::Density { .. } => "Where all eigenvalues lie: most are near zero, a few stand out.",
            Self::Dense => "Every entry of the Hessian and all its eigenvalues, for networks of up to 2 000 weights.",
            Self::Sharpness { .. } => "How much the loss rises one step of length ρ uphill, as SAM and ASAM see it.",
            Self::Bound { .. } => "The terms that can be measured of the PAC-Bayes bound C·√(α r²/n).",
            Self::SecondSubset { .. } => "The same figures on other training examples: how much the subset matters.",
            Self::Slice { .. } => "The loss and the accuracy on a plane through the weights.",
            Self::Multiples { .. } => {
                "How much the picture depends on the random plane: several, with one colour scale."
            }
            Self::Lines { .. } => "The loss along random lines through the weights, with the spread between them.",
            Self::Between { .. } => "The loss on the straight way to another run's weights, and beyond both.",
            Self::Noise { .. } => "What pairs ±U of one σ see: odd and even parts, and the trace beside Hutchinson's.",
            Self::SigmaSweep { .. } => "At which σ the noise stops telling the trace: where second order breaks.",
            Self::GradientVariance { .. } => "How noisy one-point and two-point gradients are, against their cost.",
        }
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
}
