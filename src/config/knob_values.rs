//! The values of knobs: those of one run, and one as files and `--set` write it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ConfigError, KnobId, KnobScale, NoiseDistribution, OptimizerKind, ScheduleKind, SigmaScheduleKind};

/// The values of all knobs of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Standard deviation σ of the noise, absolute.
    pub sigma: f64,
    /// How σ changes over the budget.
    pub sigma_schedule: SigmaScheduleKind,
    /// Factor of σ at step 0, where a schedule moves it.
    pub sigma_start: f64,
    /// Factor of σ at the end of the budget, where a schedule moves it.
    pub sigma_end: f64,
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
    /// How the learning rate changes over the budget.
    pub schedule: ScheduleKind,
    /// Share of the budget between two drops of the learning rate.
    pub schedule_every: f64,
    /// What a drop multiplies the learning rate by.
    pub schedule_factor: f64,
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
            sigma_schedule: SigmaScheduleKind::Constant,
            sigma_start: 1.0,
            sigma_end: 0.01,
            k: 1,
            lambda: 0.0,
            two_point: true,
            distribution: NoiseDistribution::Gaussian,
            rho: 0.05,
            learning_rate: 0.1,
            schedule: ScheduleKind::Constant,
            schedule_every: 0.3,
            schedule_factor: 0.1,
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
            KnobId::SigmaSchedule => f64::from(self.sigma_schedule as u8),
            KnobId::SigmaStart => self.sigma_start,
            KnobId::SigmaEnd => self.sigma_end,
            KnobId::K => self.k as f64,
            KnobId::Lambda => self.lambda,
            KnobId::TwoPoint => f64::from(u8::from(self.two_point)),
            KnobId::Distribution => self.distribution.index() as f64,
            KnobId::Rho => self.rho,
            KnobId::LearningRate => self.learning_rate,
            KnobId::Schedule => f64::from(self.schedule as u8),
            KnobId::ScheduleEvery => self.schedule_every,
            KnobId::ScheduleFactor => self.schedule_factor,
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
            KnobId::SigmaSchedule => self.sigma_schedule = SigmaScheduleKind::ALL[value as usize],
            KnobId::SigmaStart => self.sigma_start = value,
            KnobId::SigmaEnd => self.sigma_end = value,
            KnobId::K => self.k = value as usize,
            KnobId::Lambda => self.lambda = value,
            KnobId::TwoPoint => self.two_point = value != 0.0,
            KnobId::Distribution => self.distribution = NoiseDistribution::ALL[value as usize],
            KnobId::Rho => self.rho = value,
            KnobId::LearningRate => self.learning_rate = value,
            KnobId::Schedule => self.schedule = ScheduleKind::ALL[value as usize],
            KnobId::ScheduleEvery => self.schedule_every = value,
            KnobId::ScheduleFactor => self.schedule_factor = value,
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
    /// Name of a choice.
    Name(ChoiceName),
}

/// The name of a choice of some knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChoiceName(&'static str);

impl<'de> Deserialize<'de> for ChoiceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let mut all = KnobId::ALL.into_iter().flat_map(KnobId::names).copied();
        let known = all.find(|known| *known == name).map(Self);
        known.ok_or_else(|| D::Error::custom(format!("`{name}` is not a choice of any knob")))
    }
}

impl KnobId {
    /// Whether it does anything beside the other knobs: the numbers of a schedule need a schedule that has them.
    #[must_use]
    pub fn is_in_use(self, knobs: &Knobs) -> bool {
        match self {
            Self::SigmaStart | Self::SigmaEnd => knobs.sigma_schedule != SigmaScheduleKind::Constant,
            Self::ScheduleEvery | Self::ScheduleFactor => knobs.schedule == ScheduleKind::Step,
            _ => true,
        }
    }

    /// The names of a choice; none for other knobs.
    const fn names(self) -> &'static [&'static str] {
        match self.spec().scale {
            KnobScale::Choice(names) => names,
            _ => &[],
        }
    }
}

impl KnobValue {
    /// A knob's value as files write it.
    #[must_use]
    pub fn of(id: KnobId, value: f64) -> Self {
        match id.spec().scale {
            KnobScale::Switch => Self::Switch(value != 0.0),
            KnobScale::Integer => Self::Whole(value as i64),
            KnobScale::Choice(names) => {
                names.get(value as usize).map_or(Self::Number(value), |name| Self::Name(ChoiceName(name)))
            }
            KnobScale::Linear | KnobScale::Logarithmic => Self::Number(value),
        }
    }

    /// Reads a value of a knob as `--set` has it.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for a text that no value of this knob is written as.
    pub fn parse(id: KnobId, name: &str, text: &str) -> Result<Self, ConfigError> {
        let choice = || id.names().iter().find(|known| **known == text).map(|known| Self::Name(ChoiceName(known)));
        let switch = text.parse().map(Self::Switch).ok();
        let number = || text.parse().map(Self::Whole).or_else(|_| text.parse().map(Self::Number)).ok();
        switch.or_else(number).or_else(choice).ok_or_else(|| ConfigError::OutOfRange {
            name: name.to_owned(),
            value: format!("`{text}`"),
            expected: id.spec().expected(),
        })
    }

    /// The value as the number that [`Knobs::set`] takes.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] when a number stands where true or false is expected, or the reverse.
    pub fn for_knob(self, id: KnobId) -> Result<f64, ConfigError> {
        let spec = id.spec();
        let is_switch = spec.scale == KnobScale::Switch;
        let is_number = !is_switch && !matches!(spec.scale, KnobScale::Choice(_));
        let place = match self {
            Self::Name(ChoiceName(name)) => id.names().iter().position(|known| *known == name),
            _ => None,
        };
        match (self, place) {
            (Self::Switch(on), _) if is_switch => Ok(f64::from(u8::from(on))),
            (Self::Whole(n), _) if is_number => Ok(n as f64),
            (Self::Number(x), _) if is_number => Ok(x),
            (Self::Name(_), Some(place)) => Ok(place as f64),
            (other, _) => Err(ConfigError::OutOfRange {
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
            Self::Name(ChoiceName(name)) => name.fmt(f),
        }
    }
}
