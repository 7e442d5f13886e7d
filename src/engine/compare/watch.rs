//! The clock of a comparison, whom it tells, and whether it shall stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::protocol::StepRow;
use crate::train::{Divergence, Run};

use super::error::EngineError;
use super::news::{CompareNews, CompareProgress};
use super::pace::{Pace, Unit};

/// The clock of a comparison, whom it tells, and whether it shall stop.
pub(super) struct Watch<'a> {
    pub pace: Pace,
    pub progress: &'a mut dyn FnMut(CompareNews),
    pub cancel: &'a AtomicBool,
}

/// What is going on with a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Going<'a> {
    /// See [`CompareProgress::phase`].
    pub phase: &'a str,
    /// See [`CompareProgress::attempt`].
    pub attempt: Option<[usize; 2]>,
    /// Its training loss as last known.
    pub train_loss: f64,
}

impl Watch<'_> {
    /// # Errors
    /// [`EngineError::Cancelled`] where it shall stop.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.cancel.load(Ordering::Relaxed) { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// Does some work and counts it.
    pub fn time<T>(&mut self, unit: Unit, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.pace.count(unit, begun.elapsed(), 1.0);
        done
    }

    /// One step of a run, counted by its gradient evaluations.
    ///
    /// # Errors
    /// [`Divergence`] as [`Run::step`].
    pub fn step(&mut self, run: &mut Run) -> Result<StepRow, Divergence> {
        let begun = Instant::now();
        let row = run.step();
        let gradients = run.knobs().gradient_evaluations(run.optimizer());
        self.pace.count(Unit::Gradient, begun.elapsed(), gradients as f64);
        row
    }

    /// Tells how far a run is.
    pub fn tell(&mut self, run: &Run, going: Going) {
        let (spent, seconds) = (run.gradient_evaluations(), run.train_seconds());
        (self.progress)(CompareNews::Progress(CompareProgress {
            optimizer: run.optimizer(),
            seed: run.task().seed,
            spent,
            budget: run.task().experiment.budget,
            phase: going.phase,
            attempt: going.attempt,
            per_second: if seconds > 0.0 { spent as f64 / seconds } else { f64::NAN },
            share: self.pace.share(),
            seconds_left: self.pace.seconds_left(),
            train_loss: going.train_loss,
        }));
    }
}
