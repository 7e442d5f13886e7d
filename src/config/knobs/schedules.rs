//! Schedules as knobs: a kind and its numbers, so that they can be turned like anything else of a run.

use super::{KnobId, Knobs};
use crate::config::{OptimizerKind, ScheduleConfig, ScheduleKind, SigmaScheduleConfig, SigmaScheduleKind};

/// The least factor of an exponential schedule: ratios do not reach 0.
const LEAST_RATIO: f64 = 1e-9;

impl Knobs {
    /// The knobs with the schedules of an experiment.
    #[must_use]
    pub fn with_schedules(mut self, rate: ScheduleConfig, sigma: SigmaScheduleConfig) -> Self {
        self.schedule = match rate {
            ScheduleConfig::Constant => ScheduleKind::Constant,
            ScheduleConfig::Linear => ScheduleKind::Linear,
            ScheduleConfig::Cosine => ScheduleKind::Cosine,
            ScheduleConfig::Step { every, factor } => {
                (self.schedule_every, self.schedule_factor) = (every, factor);
                ScheduleKind::Step
            }
        };
        self.sigma_schedule = match sigma {
            SigmaScheduleConfig::Constant => SigmaScheduleKind::Constant,
            SigmaScheduleConfig::Linear { start, end } => {
                (self.sigma_start, self.sigma_end) = (start, end);
                SigmaScheduleKind::Linear
            }
            SigmaScheduleConfig::Exponential { start, end } => {
                (self.sigma_start, self.sigma_end) = (start, end);
                SigmaScheduleKind::Exponential
            }
        };
        self
    }

    /// Factor of the learning rate when `progress` (0 to 1) of the budget is spent: the schedule's over what is left after the
    /// warm-up, during which it rises from 0 by equal steps.
    #[must_use]
    pub fn rate_factor(&self, progress: f64) -> f64 {
        if progress < self.warmup {
            return progress.max(0.0) / self.warmup;
        }
        let progress = (progress - self.warmup) / (1.0 - self.warmup);
        let schedule = match self.schedule {
            ScheduleKind::Constant => ScheduleConfig::Constant,
            ScheduleKind::Linear => ScheduleConfig::Linear,
            ScheduleKind::Cosine => ScheduleConfig::Cosine,
            ScheduleKind::Step => ScheduleConfig::Step { every: self.schedule_every, factor: self.schedule_factor },
        };
        schedule.factor(progress)
    }

    /// Factor of σ when `progress` (0 to 1) of the budget is spent.
    #[must_use]
    pub fn sigma_factor(&self, progress: f64) -> f64 {
        let (start, end) = (self.sigma_start, self.sigma_end);
        let schedule = match self.sigma_schedule {
            SigmaScheduleKind::Constant => SigmaScheduleConfig::Constant,
            SigmaScheduleKind::Linear => SigmaScheduleConfig::Linear { start, end },
            SigmaScheduleKind::Exponential => {
                SigmaScheduleConfig::Exponential { start: start.max(LEAST_RATIO), end: end.max(LEAST_RATIO) }
            }
        };
        schedule.factor(progress)
    }

    /// Whether a schedule that the optimiser reads ends with the budget, and a run with it.
    #[must_use]
    pub fn ends_with_budget(&self, optimizer: OptimizerKind) -> bool {
        self.schedule != ScheduleKind::Constant
            || (KnobId::SigmaSchedule.applies_to(optimizer) && self.sigma_schedule != SigmaScheduleKind::Constant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_say_what_the_schedule_of_a_file_says() {
        let rates =
            [ScheduleConfig::Constant, ScheduleConfig::Cosine, ScheduleConfig::Step { every: 0.25, factor: 0.5 }];
        let sigmas = [
            SigmaScheduleConfig::Constant,
            SigmaScheduleConfig::Linear { start: 0.0, end: 2.0 },
            SigmaScheduleConfig::Exponential { start: 1.0, end: 0.01 },
        ];
        for (rate, sigma) in rates.into_iter().zip(sigmas) {
            let knobs = Knobs::default().with_schedules(rate, sigma);
            for progress in [0.0, 0.3, 0.7, 1.0, 2.0] {
                assert_eq!(knobs.rate_factor(progress), rate.factor(progress), "{rate:?}");
                assert_eq!(knobs.sigma_factor(progress), sigma.factor(progress), "{sigma:?}");
            }
            knobs.validate().unwrap();
        }
    }

    #[test]
    fn the_rate_warms_up_and_the_schedule_has_the_rest() {
        let knobs = Knobs { warmup: 0.2, schedule: ScheduleKind::Linear, ..Knobs::default() };
        for (progress, factor) in [(0.0, 0.0), (0.05, 0.25), (0.2, 1.0), (0.6, 0.5), (1.0, 0.0), (1.5, 0.0)] {
            assert!((knobs.rate_factor(progress) - factor).abs() < 1e-12, "{progress}");
        }
    }

    #[test]
    fn a_schedule_is_turned_like_any_knob_and_stays_finite() {
        let mut knobs = Knobs::default();
        assert!(!knobs.ends_with_budget(OptimizerKind::Nso));
        knobs.set(KnobId::SigmaSchedule, 2.0).unwrap();
        knobs.set(KnobId::SigmaStart, 0.0).unwrap();
        assert_eq!(knobs.sigma_schedule, SigmaScheduleKind::Exponential);
        assert!(knobs.sigma_factor(0.5).is_finite());
        assert!(knobs.ends_with_budget(OptimizerKind::Nso) && !knobs.ends_with_budget(OptimizerKind::Sam));
        let message = knobs.set(KnobId::Schedule, 4.0).unwrap_err().to_string();
        assert!(message.contains("one of constant, cosine, step, linear"), "{message}");
    }
}
