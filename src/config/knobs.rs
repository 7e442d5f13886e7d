//! The knobs: every setting of a run that may be turned while it trains.
//!
//! One table, [`KnobId::spec`], holds label, range, unit, scale and help of each knob. The window builds its
//! controls from it, the command line its `--set`, and [`Knobs::set`](super::Knobs::set) its validation, so a knob is described once.

use serde::{Deserialize, Serialize};

use super::error::find_named;
use super::{ConfigError, NoiseDistribution, OptimizerKind, ScheduleKind, SigmaScheduleKind};

/// Names one knob. The serialised form (`learning_rate`, `sigma`, …) is what experiment files and `--set` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnobId {
    /// Standard deviation σ of each component of the noise.
    Sigma,
    /// How σ changes over the budget.
    SigmaSchedule,
    /// Factor of σ at step 0, where a schedule moves it.
    SigmaStart,
    /// Factor of σ at the end of the budget, where a schedule moves it.
    SigmaEnd,
    /// Number of noise samples a step.
    K,
    /// Weight λ of the clean gradient.
    Lambda,
    /// Evaluate at +U and −U (two-point) or at +U alone (one-point).
    TwoPoint,
    /// Distribution of the noise.
    Distribution,
    /// Radius ρ of SAM's ascent step.
    Rho,
    /// Learning rate η.
    LearningRate,
    /// How the learning rate changes over the budget.
    Schedule,
    /// Share of the budget between two drops of the learning rate.
    ScheduleEvery,
    /// What a drop multiplies the learning rate by.
    ScheduleFactor,
    /// Momentum μ of the base SGD.
    Momentum,
    /// Nesterov's form of the momentum.
    Nesterov,
    /// Weight decay, added to the gradient as `weight_decay · w`.
    WeightDecay,
    /// Examples a step.
    Batch,
}

/// How a knob's values are spread over its control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnobScale {
    /// Equal steps over the range.
    Linear,
    /// Equal ratios over the range, with zero at the left end where the range starts at zero.
    Logarithmic,
    /// Whole numbers, spread by ratio.
    Integer,
    /// On or off, stored as 1 and 0.
    Switch,
    /// One of several names, stored as its position.
    Choice(&'static [&'static str]),
}

/// Everything that is said of a knob, in one place.
#[derive(Debug, Clone, Copy)]
pub struct KnobSpec {
    /// The name in files and in `--set`.
    pub key: &'static str,
    /// The label in the window.
    pub label: &'static str,
    /// What follows the number, or nothing.
    pub unit: &'static str,
    /// Least allowed value.
    pub min: f64,
    /// Greatest allowed value.
    pub max: f64,
    /// Where a logarithmic control leaves zero: its smallest positive value.
    pub smallest_positive: f64,
    /// How values are spread over the control.
    pub scale: KnobScale,
    /// Two or three sentences: what it does, its unit, when it takes effect.
    pub help: &'static str,
    /// The optimisers that read it.
    pub optimizers: &'static [OptimizerKind],
}

const ALL_OPTIMIZERS: &[OptimizerKind] = &OptimizerKind::ALL;
const NOISE: &[OptimizerKind] = &[OptimizerKind::Nso];
const ASCENT: &[OptimizerKind] = &[OptimizerKind::Sam];

impl KnobId {
    /// All knobs, in the order in which they are shown.
    pub const ALL: [Self; 17] = [
        Self::Sigma,
        Self::K,
        Self::Lambda,
        Self::TwoPoint,
        Self::Distribution,
        Self::SigmaSchedule,
        Self::SigmaStart,
        Self::SigmaEnd,
        Self::Rho,
        Self::LearningRate,
        Self::Momentum,
        Self::Nesterov,
        Self::WeightDecay,
        Self::Batch,
        Self::Schedule,
        Self::ScheduleEvery,
        Self::ScheduleFactor,
    ];

    /// The row of this knob in the table.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one table, a row for each knob")]
    pub const fn spec(self) -> KnobSpec {
        match self {
            Self::Sigma => KnobSpec {
                key: "sigma",
                label: "Noise σ",
                unit: "",
                min: 0.0,
                max: 1.0,
                smallest_positive: 1e-4,
                scale: KnobScale::Logarithmic,
                help: "Standard deviation of the noise added to every weight, in the weights' own unit. \
                       Larger values look at curvature over a wider ball. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::SigmaSchedule => KnobSpec {
                key: "sigma_schedule",
                label: "σ schedule",
                unit: "",
                min: 0.0,
                max: (SigmaScheduleKind::KEYS.len() - 1) as f64,
                smallest_positive: 1.0,
                scale: KnobScale::Choice(SigmaScheduleKind::KEYS),
                help: "How σ changes over the budget: it is the knob σ times a factor. With a schedule a run ends with its \
                       budget. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::SigmaStart => KnobSpec {
                key: "sigma_start",
                label: "σ factor, start",
                unit: "",
                min: 0.0,
                max: 100.0,
                smallest_positive: 1e-6,
                scale: KnobScale::Logarithmic,
                help: "Factor of σ at step 0, where a schedule moves it. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::SigmaEnd => KnobSpec {
                key: "sigma_end",
                label: "σ factor, end",
                unit: "",
                min: 0.0,
                max: 100.0,
                smallest_positive: 1e-6,
                scale: KnobScale::Logarithmic,
                help: "Factor of σ at the end of the budget, where a schedule moves it. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::K => KnobSpec {
                key: "k",
                label: "Samples k",
                unit: "per step",
                min: 1.0,
                max: 64.0,
                smallest_positive: 1.0,
                scale: KnobScale::Integer,
                help: "Number of noise samples a step. Two-point noise costs 2k gradient evaluations a step. \
                       More samples make the step less noisy. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::Lambda => KnobSpec {
                key: "lambda",
                label: "Clean share λ",
                unit: "",
                min: 0.0,
                max: 1.0,
                smallest_positive: 1e-3,
                scale: KnobScale::Linear,
                help: "Share of the gradient at the weights themselves, mixed with the noisy gradients. \
                       Above 0 it costs one more gradient evaluation a step. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::TwoPoint => KnobSpec {
                key: "two_point",
                label: "Two-point noise",
                unit: "",
                min: 0.0,
                max: 1.0,
                smallest_positive: 1.0,
                scale: KnobScale::Switch,
                help: "Evaluate at +U and −U, so that the first-order term cancels, or at +U alone. \
                       Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::Distribution => KnobSpec {
                key: "distribution",
                label: "Noise distribution",
                unit: "",
                min: 0.0,
                max: (NoiseDistribution::KEYS.len() - 1) as f64,
                smallest_positive: 1.0,
                scale: KnobScale::Choice(NoiseDistribution::KEYS),
                help: "Shape of the noise. All have mean 0 and variance σ², so the mean even part is σ²/2 times the trace \
                       whichever is chosen; they differ in their tails. Takes effect at the next step.",
                optimizers: NOISE,
            },
            Self::Rho => KnobSpec {
                key: "rho",
                label: "Ascent radius ρ",
                unit: "",
                min: 0.0,
                max: 10.0,
                smallest_positive: 1e-4,
                scale: KnobScale::Logarithmic,
                help: "Length of SAM's step uphill before it takes the gradient, in the weights' own unit. \
                       Takes effect at the next step.",
                optimizers: ASCENT,
            },
            Self::LearningRate => KnobSpec {
                key: "learning_rate",
                label: "Learning rate",
                unit: "",
                min: 0.0,
                max: 100.0,
                smallest_positive: 1e-6,
                scale: KnobScale::Logarithmic,
                help: "Factor of the step, before the schedule scales it. Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::Schedule => KnobSpec {
                key: "schedule",
                label: "Rate schedule",
                unit: "",
                min: 0.0,
                max: (ScheduleKind::KEYS.len() - 1) as f64,
                smallest_positive: 1.0,
                scale: KnobScale::Choice(ScheduleKind::KEYS),
                help: "How the learning rate changes over the budget. With a schedule a run ends with its budget. \
                       Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::ScheduleEvery => KnobSpec {
                key: "schedule_every",
                label: "Drop every",
                unit: "",
                min: 1e-6,
                max: 1.0,
                smallest_positive: 1e-2,
                scale: KnobScale::Linear,
                help: "Share of the budget between two drops of the learning rate. Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::ScheduleFactor => KnobSpec {
                key: "schedule_factor",
                label: "Drop factor",
                unit: "",
                min: 1e-9,
                max: 1.0,
                smallest_positive: 1e-3,
                scale: KnobScale::Linear,
                help: "What a drop multiplies the learning rate by. Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::Momentum => KnobSpec {
                key: "momentum",
                label: "Momentum",
                unit: "",
                min: 0.0,
                max: 0.9999,
                smallest_positive: 1e-3,
                scale: KnobScale::Linear,
                help: "Share of the last step's direction that is kept, as PyTorch's SGD defines it. \
                       Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::Nesterov => KnobSpec {
                key: "nesterov",
                label: "Nesterov momentum",
                unit: "",
                min: 0.0,
                max: 1.0,
                smallest_positive: 1.0,
                scale: KnobScale::Switch,
                help: "Look ahead along the momentum. Without momentum it is off. Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::WeightDecay => KnobSpec {
                key: "weight_decay",
                label: "Weight decay",
                unit: "",
                min: 0.0,
                max: 10.0,
                smallest_positive: 1e-6,
                scale: KnobScale::Logarithmic,
                help: "Multiple of the weights that is added to the gradient. It pulls all weights towards 0. \
                       The losses shown are without it. Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
            Self::Batch => KnobSpec {
                key: "batch",
                label: "Batch",
                unit: "examples",
                min: 1.0,
                max: 1e9,
                smallest_positive: 1.0,
                scale: KnobScale::Integer,
                help: "Training examples a step. The size of the training set means all of them, every step. \
                       Takes effect at the next step.",
                optimizers: ALL_OPTIMIZERS,
            },
        }
    }

    /// Finds a knob by its name in files.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        find_named("setting", key, &Self::ALL, |id| id.spec().key)
    }

    /// Whether `optimizer` reads this knob.
    #[must_use]
    pub fn applies_to(self, optimizer: OptimizerKind) -> bool {
        self.spec().optimizers.contains(&optimizer)
    }
}

impl KnobSpec {
    /// The allowed values in words, for an error message.
    #[must_use]
    pub fn expected(&self) -> String {
        match self.scale {
            KnobScale::Switch => "true or false".to_owned(),
            KnobScale::Choice(names) => format!("one of {}", names.join(", ")),
            KnobScale::Integer if self.max >= 1e9 => format!("a whole number of at least {}", self.min),
            KnobScale::Integer => format!("a whole number from {} to {}", self.min, self.max),
            _ => format!("a number from {} to {}", self.min, self.max),
        }
    }
}
