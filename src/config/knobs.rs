//! The knobs: every setting of a run that may be turned while it trains.
//!
//! One table, [`KnobId::spec`], holds label, range, unit, scale and help of each knob. The window builds its
//! controls from it, the command line its `--set`, and [`Knobs::set`] its validation, so a knob is described once.

use serde::{Deserialize, Serialize};

use super::{ConfigError, NoiseDistribution, OptimizerKind, nearest};

/// Names one knob. The serialised form (`learning_rate`, `sigma`, …) is what experiment files and `--set` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnobId {
    /// Standard deviation σ of each component of the noise.
    Sigma,
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
    pub const ALL: [Self; 11] = [
        Self::Sigma,
        Self::K,
        Self::Lambda,
        Self::TwoPoint,
        Self::Distribution,
        Self::Rho,
        Self::LearningRate,
        Self::Momentum,
        Self::Nesterov,
        Self::WeightDecay,
        Self::Batch,
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
                help: "Look ahead along the momentum. It needs a momentum above 0. Takes effect at the next step.",
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
        Self::ALL.into_iter().find(|id| id.spec().key == key).ok_or_else(|| ConfigError::UnknownName {
            kind: "setting",
            name: key.to_owned(),
            nearest: nearest(key, Self::ALL.iter().map(|id| id.spec().key)),
        })
    }

    /// Whether `optimizer` reads this knob.
    #[must_use]
    pub fn applies_to(self, optimizer: OptimizerKind) -> bool {
        self.spec().optimizers.contains(&optimizer)
    }
}

/// The values of all knobs of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Standard deviation σ of the noise, absolute.
    pub sigma: f64,
    /// Noise samples a step.
    pub k: usize,
    /// Weight λ of the clean gradient, 0 to 1.
    pub lambda: f64,
    /// Two-point noise, or one-point.
    pub two_point: bool,
    /// Distribution of the noise.
    pub distribution: NoiseDistribution,
    /// SAM's radius ρ, absolute.
    pub rho: f64,
    /// Learning rate η.
    pub learning_rate: f64,
    /// Momentum μ.
    pub momentum: f64,
    /// Nesterov's form of the momentum.
    pub nesterov: bool,
    /// Weight decay.
    pub weight_decay: f64,
    /// Examples a step; at least the size of the training set means all of them.
    pub batch: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            sigma: 0.01,
            k: 1,
            lambda: 0.0,
            two_point: true,
            distribution: NoiseDistribution::Gaussian,
            rho: 0.05,
            learning_rate: 0.1,
            momentum: 0.9,
            nesterov: false,
            weight_decay: 0.0,
            batch: 64,
        }
    }
}

impl Knobs {
    /// The value of one knob; switches read 1 or 0.
    #[must_use]
    pub fn value(&self, id: KnobId) -> f64 {
        match id {
            KnobId::Sigma => self.sigma,
            KnobId::K => self.k as f64,
            KnobId::Lambda => self.lambda,
            KnobId::TwoPoint => f64::from(u8::from(self.two_point)),
            KnobId::Distribution => self.distribution.index() as f64,
            KnobId::Rho => self.rho,
            KnobId::LearningRate => self.learning_rate,
            KnobId::Momentum => self.momentum,
            KnobId::Nesterov => f64::from(u8::from(self.nesterov)),
            KnobId::WeightDecay => self.weight_decay,
            KnobId::Batch => self.batch as f64,
        }
    }

    /// Turns one knob.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] when the value is not finite, not in the knob's range, or not whole where the
    /// knob counts; the knobs stay as they were.
    pub fn set(&mut self, id: KnobId, value: f64) -> Result<(), ConfigError> {
        let spec = id.spec();
        let whole = matches!(spec.scale, KnobScale::Integer | KnobScale::Switch | KnobScale::Choice(_));
        if !value.is_finite() || value < spec.min || value > spec.max || (whole && value.fract() != 0.0) {
            return Err(ConfigError::OutOfRange {
                name: spec.key.to_owned(),
                value: value.to_string(),
                expected: spec.expected(),
            });
        }
        match id {
            KnobId::Sigma => self.sigma = value,
            KnobId::K => self.k = value as usize,
            KnobId::Lambda => self.lambda = value,
            KnobId::TwoPoint => self.two_point = value != 0.0,
            KnobId::Distribution => self.distribution = NoiseDistribution::ALL[value as usize],
            KnobId::Rho => self.rho = value,
            KnobId::LearningRate => self.learning_rate = value,
            KnobId::Momentum => self.momentum = value,
            KnobId::Nesterov => self.nesterov = value != 0.0,
            KnobId::WeightDecay => self.weight_decay = value,
            KnobId::Batch => self.batch = value as usize,
        }
        Ok(())
    }

    /// Checks all values.
    ///
    /// # Errors
    /// The first that is out of range, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut checked = Self::default();
        KnobId::ALL.into_iter().try_for_each(|id| checked.set(id, self.value(id)))
    }

    /// Gradient evaluations of one step: SGD 1, SAM 2, NSO 2k (one-point k), and 1 more with λ > 0.
    #[must_use]
    pub fn gradient_evaluations(&self, optimizer: OptimizerKind) -> u64 {
        match optimizer {
            OptimizerKind::Sgd => 1,
            OptimizerKind::Sam => 2,
            OptimizerKind::Nso => {
                let points = if self.two_point { 2 } else { 1 };
                points * self.k as u64 + u64::from(self.lambda > 0.0)
            }
        }
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

/// A knob's value as files and `--set` write it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnobValue {
    /// `true` or `false`, for switches.
    Switch(bool),
    /// Whole number.
    Whole(i64),
    /// Any number.
    Number(f64),
    /// Name of a distribution.
    Distribution(NoiseDistribution),
}

impl KnobValue {
    /// The value as the number that [`Knobs::set`] takes.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] when a number stands where true or false is expected, or the reverse.
    pub fn for_knob(self, id: KnobId) -> Result<f64, ConfigError> {
        let spec = id.spec();
        let is_switch = spec.scale == KnobScale::Switch;
        let is_number = !is_switch && !matches!(spec.scale, KnobScale::Choice(_));
        match self {
            Self::Switch(on) if is_switch => Ok(f64::from(u8::from(on))),
            Self::Whole(n) if is_number => Ok(n as f64),
            Self::Number(x) if is_number => Ok(x),
            Self::Distribution(distribution) if id == KnobId::Distribution => Ok(distribution.index() as f64),
            other => Err(ConfigError::OutOfRange {
                name: spec.key.to_owned(),
                value: other.to_string(),
                expected: spec.expected(),
            }),
        }
    }
}

impl std::fmt::Display for KnobValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(on) => on.fmt(f),
            Self::Whole(n) => n.fmt(f),
            Self::Number(x) => x.fmt(f),
            Self::Distribution(distribution) => distribution.key().fmt(f),
        }
    }
}
