//! The knobs: every setting of a run that may be turned while it trains.
//!
//! One table, [`KnobId::spec`], holds label, symbol, range, unit, scale and help of each knob, a file for each group. The
//! window builds its controls from it, the command line its `--set`, and [`Knobs::set`] its validation, so a knob is
//! described once.

mod average;
mod edge;
mod examples;
mod method;
mod schedule;
mod schedules;
mod step;
mod values;
mod written;

use serde::{Deserialize, Serialize};

use super::error::find_named;
use super::{ConfigError, OptimizerKind};

pub use values::Knobs;
pub use written::{ChoiceName, KnobValue};

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
    /// Radius ρ of SAM's ascent step, or what scales it.
    Rho,
    /// By what ASAM scales its ascent step.
    AscentScale,
    /// ASAM's η, added to |w|.
    Eta,
    /// RSAM's λ: the weight of the gradient beside the noise in the ascent direction.
    GradientShare,
    /// BSAM's prior precision δ, for one example.
    Prior,
    /// BSAM's damping of the precisions.
    Damping,
    /// Parts of the batch that have noise and ascent steps of their own in BSAM.
    Parts,
    /// Learning rate η.
    LearningRate,
    /// The base step.
    Base,
    /// How the learning rate changes over the budget.
    Schedule,
    /// Share of the budget between two drops of the learning rate.
    ScheduleEvery,
    /// What a drop multiplies the learning rate by.
    ScheduleFactor,
    /// Share of the budget in which the learning rate rises from 0.
    Warmup,
    /// Momentum μ of the base SGD.
    Momentum,
    /// Nesterov's form of the momentum.
    Nesterov,
    /// Decay of the mean gradient.
    Beta1,
    /// Decay of the mean squared gradient.
    Beta2,
    /// What keeps Adam's step finite.
    Epsilon,
    /// Weight decay.
    WeightDecay,
    /// Which tensors decay.
    DecayOn,
    /// Greatest norm of the gradient that is taken.
    Clip,
    /// Examples a step.
    Batch,
    /// The average that is kept beside the weights.
    Average,
    /// Share of the budget after which the average begins.
    AverageStart,
    /// Learning rate while SWA averages.
    AverageRate,
    /// Decay of the exponential average.
    AverageBeta,
    /// c of the penalty c‖w − w₀‖².
    Distance,
    /// Greatest distance from the initial weights.
    Radius,
    /// Label smoothing of the training steps.
    LabelSmoothing,
    /// Mixup's α.
    Mixup,
    /// Whether images are mirrored at random.
    Flip,
    /// Pixels by which images are moved at most.
    Crop,
    /// Degrees by which images are turned at most.
    Rotate,
    /// How far brightness and contrast vary.
    Jitter,
    /// Chance that a rectangle of an image is erased.
    Erase,
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

/// What a knob belongs to, in the order in which groups are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnobGroup {
    /// The method's own: noise, ascent.
    Method,
    /// The base step.
    Step,
    /// How rates change over the budget.
    Schedule,
    /// The average, and the distance from the start.
    Average,
    /// What is done to the examples of a step: augmentation, mixup, label smoothing.
    Examples,
}

impl KnobGroup {
    /// All groups.
    pub const ALL: [Self; 5] = [Self::Method, Self::Step, Self::Schedule, Self::Average, Self::Examples];

    /// Its name in the window.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Method => "Method",
            Self::Step => "Step",
            Self::Schedule => "Schedule",
            Self::Average => "Average and distance",
            Self::Examples => "Augmentation",
        }
    }
}

/// Everything that is said of a knob, in one place.
#[derive(Debug, Clone, Copy)]
pub struct KnobSpec {
    /// The name in files and in `--set`.
    pub key: &'static str,
    /// The label in the window.
    pub label: &'static str,
    /// A short name for markers and headers.
    pub symbol: &'static str,
    /// What follows the number, or nothing.
    pub unit: &'static str,
    /// Least allowed value.
    pub min: f64,
    /// Greatest allowed value.
    pub max: f64,
    /// Where a logarithmic control leaves zero: its smallest positive value.
    pub smallest_positive: f64,
    /// The value at which it does nothing, which is told as "off".
    pub off: Option<f64>,
    /// How values are spread over the control.
    pub scale: KnobScale,
    /// What it belongs to.
    pub group: KnobGroup,
    /// Two or three sentences: what it does, its unit, when it takes effect.
    pub help: &'static str,
    /// The methods that read it.
    pub readers: KnobReaders,
}

/// Which methods read a knob.
#[derive(Debug, Clone, Copy)]
pub enum KnobReaders {
    /// All of them.
    All,
    /// Those that have no step of their own.
    WithBase,
    /// These.
    These(&'static [OptimizerKind]),
}

impl KnobSpec {
    /// A row of which most is to be said yet.
    const BLANK: Self = Self {
        key: "",
        label: "",
        symbol: "",
        unit: "",
        min: 0.0,
        max: 1.0,
        smallest_positive: 1e-3,
        off: None,
        scale: KnobScale::Linear,
        group: KnobGroup::Step,
        help: "",
        readers: KnobReaders::All,
    };

    /// A knob that is on or off.
    const SWITCH: Self = Self { smallest_positive: 1.0, scale: KnobScale::Switch, ..Self::BLANK };

    /// A knob that is one of these names.
    const fn choice(names: &'static [&'static str]) -> Self {
        Self { max: (names.len() - 1) as f64, scale: KnobScale::Choice(names), ..Self::SWITCH }
    }

    /// The allowed values in words, for an error message.
    #[must_use]
    pub fn expected(&self) -> String {
        let (min, max) = (self.min, self.max);
        match self.scale {
            KnobScale::Switch => "true or false".to_owned(),
            KnobScale::Choice(names) => format!("one of {}", names.join(", ")),
            KnobScale::Integer if max >= 1e9 => format!("a whole number of at least {min}"),
            KnobScale::Integer => format!("a whole number from {min} to {max}"),
            _ if self.off == Some(max) => format!("a number of at least {min}, or off"),
            _ => format!("a number from {min} to {max}"),
        }
    }
}

impl KnobId {
    /// All knobs, in the order in which they are shown.
    pub const ALL: [Self; 43] = [
        Self::Sigma,
        Self::K,
        Self::Lambda,
        Self::TwoPoint,
        Self::Distribution,
        Self::Rho,
        Self::AscentScale,
        Self::Eta,
        Self::GradientShare,
        Self::Prior,
        Self::Damping,
        Self::Parts,
        Self::LearningRate,
        Self::Base,
        Self::Momentum,
        Self::Nesterov,
        Self::Beta1,
        Self::Beta2,
        Self::Epsilon,
        Self::WeightDecay,
        Self::DecayOn,
        Self::Clip,
        Self::Batch,
        Self::Schedule,
        Self::ScheduleEvery,
        Self::ScheduleFactor,
        Self::Warmup,
        Self::SigmaSchedule,
        Self::SigmaStart,
        Self::SigmaEnd,
        Self::Average,
        Self::AverageStart,
        Self::AverageRate,
        Self::AverageBeta,
        Self::Distance,
        Self::Radius,
        Self::LabelSmoothing,
        Self::Mixup,
        Self::Flip,
        Self::Crop,
        Self::Rotate,
        Self::Jitter,
        Self::Erase,
    ];

    /// The row of this knob in the table.
    #[must_use]
    pub const fn spec(self) -> KnobSpec {
        match self {
            Self::Sigma => method::SIGMA,
            Self::K => method::K,
            Self::Lambda => method::LAMBDA,
            Self::TwoPoint => method::TWO_POINT,
            Self::Distribution => method::DISTRIBUTION,
            Self::Rho => method::RHO,
            Self::AscentScale => method::ASCENT_SCALE,
            Self::Eta => method::ETA,
            Self::GradientShare => method::GRADIENT_SHARE,
            Self::Prior => method::PRIOR,
            Self::Damping => method::DAMPING,
            Self::Parts => method::PARTS,
            Self::LearningRate => step::LEARNING_RATE,
            Self::Base => step::BASE,
            Self::Momentum => step::MOMENTUM,
            Self::Nesterov => step::NESTEROV,
            Self::Beta1 => step::BETA1,
            Self::Beta2 => step::BETA2,
            Self::Epsilon => step::EPSILON,
            Self::WeightDecay => step::WEIGHT_DECAY,
            Self::DecayOn => step::DECAY_ON,
            Self::Clip => step::CLIP,
            Self::Batch => step::BATCH,
            Self::Schedule => schedule::SCHEDULE,
            Self::ScheduleEvery => schedule::EVERY,
            Self::ScheduleFactor => schedule::FACTOR,
            Self::Warmup => schedule::WARMUP,
            Self::SigmaSchedule => schedule::SIGMA,
            Self::SigmaStart => schedule::SIGMA_START,
            Self::SigmaEnd => schedule::SIGMA_END,
            Self::Average => average::AVERAGE,
            Self::AverageStart => average::START,
            Self::AverageRate => average::RATE,
            Self::AverageBeta => average::BETA,
            Self::Distance => average::DISTANCE,
            Self::Radius => average::RADIUS,
            Self::LabelSmoothing => examples::LABEL_SMOOTHING,
            Self::Mixup => examples::MIXUP,
            Self::Flip => examples::FLIP,
            Self::Crop => examples::CROP,
            Self::Rotate => examples::ROTATE,
            Self::Jitter => examples::JITTER,
            Self::Erase => examples::ERASE,
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
        match self.spec().readers {
            KnobReaders::All => true,
            KnobReaders::WithBase => !optimizer.has_own_step(),
            KnobReaders::These(those) => those.contains(&optimizer),
        }
    }

    /// The methods that read this knob, in their order.
    pub fn readers(self) -> impl Iterator<Item = OptimizerKind> {
        OptimizerKind::ALL.into_iter().filter(move |kind| self.applies_to(*kind))
    }

    /// The knobs that tell a run of `optimizer` from another one: its own, or the learning rate where it has none.
    #[must_use]
    pub fn telling(optimizer: OptimizerKind) -> Vec<Self> {
        const MAIN: [KnobId; 3] = [KnobId::Rho, KnobId::Sigma, KnobId::K];
        let own: Vec<Self> = MAIN.into_iter().filter(|id| id.applies_to(optimizer)).collect();
        if own.is_empty() { vec![Self::LearningRate] } else { own }
    }

    /// The knobs of a group, in the order in which they are shown.
    pub fn of(group: KnobGroup) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |id| id.spec().group == group)
    }

    /// Whether it changes pictures, so that examples have to be some.
    #[must_use]
    pub const fn is_of_images(self) -> bool {
        matches!(self, Self::Flip | Self::Crop | Self::Rotate | Self::Jitter | Self::Erase)
    }
}
