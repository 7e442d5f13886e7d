//! The values of the knobs of one run.

use serde::{Deserialize, Serialize};

use super::{KnobId, KnobScale};
use crate::config::choice::{AscentScale, AverageKind, BaseKind, DecayOn};
use crate::config::{ConfigError, MethodCost, NoiseDistribution, OptimizerKind, ScheduleKind, SigmaScheduleKind};

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
    /// SAM's radius ρ, absolute; that of ASAM in units of the weights, of USAM and BSAM a factor.
    pub rho: f64,
    /// By what ASAM scales its ascent step.
    pub ascent_scale: AscentScale,
    /// ASAM's η.
    pub eta: f64,
    /// RSAM's λ, the weight of the gradient in the ascent direction.
    pub gradient_share: f64,
    /// BSAM's prior precision δ, for one example.
    pub prior: f64,
    /// BSAM's damping.
    pub damping: f64,
    /// Parts of the batch in BSAM.
    pub parts: usize,
    /// Learning rate η.
    pub learning_rate: f64,
    /// The base step.
    pub base: BaseKind,
    /// How the learning rate changes over the budget.
    pub schedule: ScheduleKind,
    /// Share of the budget between two drops of the learning rate.
    pub schedule_every: f64,
    /// What a drop multiplies the learning rate by.
    pub schedule_factor: f64,
    /// Share of the budget in which the learning rate rises from 0.
    pub warmup: f64,
    /// Momentum μ.
    pub momentum: f64,
    /// Nesterov's form of the momentum.
    pub nesterov: bool,
    /// Decay β₁ of the mean gradient.
    pub beta1: f64,
    /// Decay β₂ of the mean squared gradient.
    pub beta2: f64,
    /// Adam's ε.
    pub epsilon: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Which tensors decay.
    pub decay_on: DecayOn,
    /// Greatest norm of the gradient; 0 where it is not bounded.
    pub clip: f64,
    /// Examples a step; at least the size of the training set means all of them.
    pub batch: usize,
    /// The average that is kept beside the weights.
    pub average: AverageKind,
    /// Share of the budget after which it begins.
    pub average_start: f64,
    /// Learning rate while SWA averages; 0 for that of the schedule.
    pub average_rate: f64,
    /// β of the exponential average.
    pub average_beta: f64,
    /// c of the penalty c‖w − w₀‖².
    pub distance: f64,
    /// Greatest ‖w − w₀‖; 10⁹ where it is not bounded.
    pub radius: f64,
    /// Label smoothing of the training steps.
    pub label_smoothing: f64,
    /// Mixup's α; 0 for none.
    pub mixup: f64,
    /// Whether images are mirrored at random.
    pub flip: bool,
    /// Pixels by which images are moved at most.
    pub crop: usize,
    /// Degrees by which images are turned at most.
    pub rotate: f64,
    /// How far brightness and contrast vary.
    pub jitter: f64,
    /// Chance that a rectangle of an image is erased.
    pub erase: f64,
}

/// [`Knobs::radius`] where the distance is not bounded.
const NO_RADIUS: f64 = 1e9;

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
            ascent_scale: AscentScale::Weights,
            eta: 0.01,
            gradient_share: 1.0,
            prior: 2e-4,
            damping: 0.1,
            parts: 8,
            learning_rate: 0.1,
            base: BaseKind::Sgd,
            schedule: ScheduleKind::Constant,
            schedule_every: 0.3,
            schedule_factor: 0.1,
            warmup: 0.0,
            momentum: 0.9,
            nesterov: false,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decay_on: DecayOn::All,
            clip: 0.0,
            batch: 64,
            average: AverageKind::None,
            average_start: 0.5,
            average_rate: 0.0,
            average_beta: 0.999,
            distance: 0.0,
            radius: NO_RADIUS,
            label_smoothing: 0.0,
            mixup: 0.0,
            flip: false,
            crop: 0,
            rotate: 0.0,
            jitter: 0.0,
            erase: 0.0,
        }
    }
}

impl Knobs {
    /// The knobs of a method where nobody has set any: its authors' ρ, and for BSAM their rate.
    #[must_use]
    pub fn of(optimizer: OptimizerKind) -> Self {
        let usual = Self::default();
        match optimizer {
            OptimizerKind::Asam => Self { rho: 0.5, ..usual },
            OptimizerKind::Bsam => Self { rho: 0.01, learning_rate: 0.5, ..usual },
            _ => usual,
        }
    }

    /// Whether anything is done to the pictures of a step.
    #[must_use]
    pub fn augments(&self) -> bool {
        KnobId::ALL.into_iter().any(|id| id.is_of_images() && self.value(id) != 0.0)
    }

    /// Whether the distance from the initial weights is bounded.
    #[must_use]
    pub fn has_radius(&self) -> bool {
        self.radius < NO_RADIUS
    }

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
            KnobId::AscentScale => f64::from(self.ascent_scale as u8),
            KnobId::Eta => self.eta,
            KnobId::GradientShare => self.gradient_share,
            KnobId::Prior => self.prior,
            KnobId::Damping => self.damping,
            KnobId::Parts => self.parts as f64,
            KnobId::LearningRate => self.learning_rate,
            KnobId::Base => f64::from(self.base as u8),
            KnobId::Schedule => f64::from(self.schedule as u8),
            KnobId::ScheduleEvery => self.schedule_every,
            KnobId::ScheduleFactor => self.schedule_factor,
            KnobId::Warmup => self.warmup,
            KnobId::Momentum => self.momentum,
            KnobId::Nesterov => f64::from(u8::from(self.nesterov)),
            KnobId::Beta1 => self.beta1,
            KnobId::Beta2 => self.beta2,
            KnobId::Epsilon => self.epsilon,
            KnobId::WeightDecay => self.weight_decay,
            KnobId::DecayOn => f64::from(self.decay_on as u8),
            KnobId::Clip => self.clip,
            KnobId::Batch => self.batch as f64,
            KnobId::Average => f64::from(self.average as u8),
            KnobId::AverageStart => self.average_start,
            KnobId::AverageRate => self.average_rate,
            KnobId::AverageBeta => self.average_beta,
            KnobId::Distance => self.distance,
            KnobId::Radius => self.radius,
            KnobId::LabelSmoothing => self.label_smoothing,
            KnobId::Mixup => self.mixup,
            KnobId::Flip => f64::from(u8::from(self.flip)),
            KnobId::Crop => self.crop as f64,
            KnobId::Rotate => self.rotate,
            KnobId::Jitter => self.jitter,
            KnobId::Erase => self.erase,
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
            KnobId::AscentScale => self.ascent_scale = AscentScale::ALL[value as usize],
            KnobId::Eta => self.eta = value,
            KnobId::GradientShare => self.gradient_share = value,
            KnobId::Prior => self.prior = value,
            KnobId::Damping => self.damping = value,
            KnobId::Parts => self.parts = value as usize,
            KnobId::LearningRate => self.learning_rate = value,
            KnobId::Base => self.base = BaseKind::ALL[value as usize],
            KnobId::Schedule => self.schedule = ScheduleKind::ALL[value as usize],
            KnobId::ScheduleEvery => self.schedule_every = value,
            KnobId::ScheduleFactor => self.schedule_factor = value,
            KnobId::Warmup => self.warmup = value,
            KnobId::Momentum => self.momentum = value,
            KnobId::Nesterov => self.nesterov = value != 0.0,
            KnobId::Beta1 => self.beta1 = value,
            KnobId::Beta2 => self.beta2 = value,
            KnobId::Epsilon => self.epsilon = value,
            KnobId::WeightDecay => self.weight_decay = value,
            KnobId::DecayOn => self.decay_on = DecayOn::ALL[value as usize],
            KnobId::Clip => self.clip = value,
            KnobId::Batch => self.batch = value as usize,
            KnobId::Average => self.average = AverageKind::ALL[value as usize],
            KnobId::AverageStart => self.average_start = value,
            KnobId::AverageRate => self.average_rate = value,
            KnobId::AverageBeta => self.average_beta = value,
            KnobId::Distance => self.distance = value,
            KnobId::Radius => self.radius = value,
            KnobId::LabelSmoothing => self.label_smoothing = value,
            KnobId::Mixup => self.mixup = value,
            KnobId::Flip => self.flip = value != 0.0,
            KnobId::Crop => self.crop = value as usize,
            KnobId::Rotate => self.rotate = value,
            KnobId::Jitter => self.jitter = value,
            KnobId::Erase => self.erase = value,
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

    /// Gradient evaluations of one step of a method.
    #[must_use]
    pub fn gradient_evaluations(&self, optimizer: OptimizerKind) -> u64 {
        self.evaluations(optimizer.spec().cost)
    }

    /// Gradient evaluations of one step at this cost.
    #[must_use]
    pub fn evaluations(&self, cost: MethodCost) -> u64 {
        match cost {
            MethodCost::Fixed(number) => number,
            MethodCost::Samples => self.k as u64,
            MethodCost::Pairs => {
                let points = if self.two_point { 2 } else { 1 };
                points * self.k as u64 + u64::from(self.lambda > 0.0)
            }
        }
    }
}

impl KnobId {
    /// Whether it does anything beside the other knobs of a method: the numbers of a schedule need a schedule that has them,
    /// β₁ a base step with moments.
    #[must_use]
    pub fn is_in_use(self, optimizer: OptimizerKind, knobs: &Knobs) -> bool {
        let has_moments = optimizer.has_own_step() || knobs.base != BaseKind::Sgd;
        match self {
            Self::SigmaStart | Self::SigmaEnd => knobs.sigma_schedule != SigmaScheduleKind::Constant,
            Self::ScheduleEvery | Self::ScheduleFactor => knobs.schedule == ScheduleKind::Step,
            Self::Momentum | Self::Nesterov => !has_moments,
            Self::Beta1 | Self::Beta2 | Self::Epsilon => has_moments,
            Self::DecayOn => knobs.weight_decay > 0.0,
            Self::Eta => knobs.ascent_scale == AscentScale::Weights,
            Self::AverageStart => knobs.average != AverageKind::None,
            Self::AverageRate => knobs.average == AverageKind::Swa,
            Self::AverageBeta => knobs.average == AverageKind::Ema,
            _ => true,
        }
    }
}
