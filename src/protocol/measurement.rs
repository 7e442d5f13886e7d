//! Measurements that the user asks for by name, on the weights of a run as they are.
//!
//! A [`MeasureRequest`] becomes a job of the engine; what it finds is told in [`Findings`](super::Findings).

use crate::config::Normalization;

use super::{Examples, RunId};

/// What is to be measured, and on what.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// The Hessian beside its Gauss–Newton part: traces, largest eigenvalues, and what separates them.
    GaussNewton {
        /// Random-sign probes, the same for both.
        probes: usize,
        /// Products of each matrix.
        products: usize,
    },
    /// Loss, gradient norm and trace of each example by itself.
    Examples {
        /// Random-sign probes, the same for all examples.
        probes: usize,
    },
    /// The rise of the loss along SAM's and ASAM's ascent steps.
    Sharpness {
        /// ρ.
        rho: f64,
    },
    /// The local learning coefficient by Langevin chains around the weights.
    LearningCoefficient {
        /// Independent chains.
        chains: usize,
        /// Steps of each that are not counted.
        burn_in: usize,
        /// Steps of each that are.
        draws: usize,
        /// Length of the steps in the steepest direction: ε·(nβ·λmax + γ), stable below 4.
        rate: f64,
        /// γ, the pull towards the weights.
        gamma: f64,
    },
    /// Where the run's next steps land on the parabola of the loss along them.
    Parabolas {
        /// Steps.
        steps: usize,
    },
    /// How much of a step's gradient is signal, over batches and over noise, and how large its entries are.
    GradientSignal {
        /// Draws with noise.
        draws: usize,
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
    /// The loss and the accuracy on a curve to the weights of another run that is bent to keep the loss low.
    Curve {
        /// The other run.
        other: RunId,
        /// Steps that bend it, of 8 gradients each.
        steps: usize,
        /// Points that are measured on it.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
            Self::GaussNewton { probes: 128, products: 40 },
            Self::Examples { probes: 64 },
            Self::Sharpness { rho },
            Self::Parabolas { steps: 40 },
            Self::LearningCoefficient { chains: 4, burn_in: 200, draws: 400, rate: 0.2, gamma: 100.0 },
            Self::Bound { probes: 32, constant: 1.0 },
            Self::SecondSubset { probes: 64 },
            Self::Slice { plane: PlaneChoice::Random(Normalization::Filter), range: None, resolution: 41 },
            Self::Multiples { planes: 4, normalization: Normalization::Filter, range: 1.0, resolution: 25 },
            Self::Lines { directions: 8, normalization: Normalization::Filter, range: 1.0, points: 41 },
            Self::Between { other: RunId(0), points: 61 },
            Self::Curve { other: RunId(0), steps: 200, points: 41 },
            Self::Noise { sigma, pairs: 128 },
            Self::SigmaSweep { from: 0.05 * sigma, to: 20.0 * sigma, count: 13, pairs: 48 },
            Self::GradientVariance { sigma, draws: 16 },
            Self::GradientSignal { draws: 64 },
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
            Self::GaussNewton { .. } => "Gauss–Newton part",
            Self::Examples { .. } => "Each example",
            Self::Sharpness { .. } => "SAM and ASAM sharpness",
            Self::LearningCoefficient { .. } => "Learning coefficient",
            Self::Parabolas { .. } => "Steps on their parabolas",
            Self::GradientSignal { .. } => "Signal of the gradient",
            Self::Bound { .. } => "Terms of the bound",
            Self::Noise { .. } => "Noise at one σ",
            Self::GradientVariance { .. } => "Variance of gradients",
            Self::SigmaSweep { .. } => "Sweep of σ",
            Self::SecondSubset { .. } => "Second subset",
            Self::Slice { .. } => "Slice",
            Self::Multiples { .. } => "Slices on several planes",
            Self::Lines { .. } => "Random lines",
            Self::Between { .. } => "Line to another run",
            Self::Curve { .. } => "Curve to another run",
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
            Self::GaussNewton { .. } => {
                "How much of the curvature comes through the outputs, and how much from the bending of the network."
            }
            Self::Examples { .. } => "Which examples make it sharp: loss, gradient norm and trace of each, as a table.",
            Self::Sharpness { .. } => "How much the loss rises one step of length ρ uphill, as SAM and ASAM see it.",
            Self::LearningCoefficient { .. } => {
                "How many directions the loss truly depends on here, from random walks that stay near the weights."
            }
            Self::Parabolas { .. } => {
                "Where the next steps land on the loss along them: short of its minimum, beyond it, or uphill."
            }
            Self::GradientSignal { .. } => {
                "Whether the batch and k are large enough: signal, noise, norm test, and the sizes of the entries."
            }
            Self::Bound { .. } => "The terms that can be measured of the PAC-Bayes bound C·√(α r²/n).",
            Self::SecondSubset { .. } => "The same figures on other training examples: how much the subset matters.",
            Self::Slice { .. } => "The loss and the accuracy on a plane through the weights.",
            Self::Multiples { .. } => {
                "How much the picture depends on the random plane: several, with one colour scale."
            }
            Self::Lines { .. } => "The loss along random lines through the weights, with the spread between them.",
            Self::Curve { .. } => "Whether a way to another run's weights goes round the barrier on the straight one.",
            Self::Between { .. } => "The loss on the straight way to another run's weights, and beyond both.",
            Self::Noise { .. } => "What pairs ±U of one σ see: odd and even parts, and the trace beside Hutchinson's.",
            Self::SigmaSweep { .. } => "At which σ the noise stops telling the trace: where second order breaks.",
            Self::GradientVariance { .. } => "How noisy one-point and two-point gradients are, against their cost.",
        }
    }
}
