//! The edge of stability of a run, and where its λmax passed it.
//!
//! The knobs are those that the engine has told, in order with the steps: what is shown of a control that is dragged is ahead
//! of them. λmax hovers about the edge once it is there, so a crossing counts only after λmax was well below.

use super::RunView;
use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::{EigenRow, RunInfo, StreamedEigenRow};

/// Share of the edge below which λmax has to fall before the next crossing is one.
const WELL_BELOW: f64 = 0.9;
/// Crossings that are kept: the newest.
const MOST_CROSSINGS: usize = 24;

/// λmax passed the edge from below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Step of the weights.
    pub step: u64,
    /// λmax there.
    pub lambda_max: f64,
    /// The edge there.
    pub edge: f64,
    /// Training examples that λmax is of, where it is streamed; `None` for a whole solve.
    pub streamed: Option<usize>,
}

/// What the window knows of a run's edge.
#[derive(Debug)]
pub struct Edge {
    optimizer: OptimizerKind,
    knobs: Knobs,
    is_beyond: bool,
    crossings: Vec<Crossing>,
}

impl Edge {
    /// That of a run which has not trained yet.
    #[must_use]
    pub fn new(info: &RunInfo) -> Self {
        Self { optimizer: info.optimizer, knobs: info.knobs.clone(), is_beyond: false, crossings: Vec::new() }
    }

    /// The edge at a learning rate with the knobs as they are now; NaN where there is none.
    #[must_use]
    pub fn of(&self, learning_rate: f64) -> f64 {
        self.knobs.edge_of_stability(self.optimizer, learning_rate).unwrap_or(f64::NAN)
    }

    /// How it is reckoned with the knobs as they are now.
    #[must_use]
    pub const fn formula(&self) -> &'static str {
        self.knobs.edge_formula()
    }

    /// Crossings, the oldest first.
    #[must_use]
    pub fn crossings(&self) -> &[Crossing] {
        &self.crossings
    }

    pub(super) fn turn(&mut self, knob: KnobId, value: f64) {
        // The engine has checked it.
        let _ = self.knobs.set(knob, value);
    }

    pub(super) fn set_knobs(&mut self, knobs: &Knobs) {
        self.knobs.clone_from(knobs);
    }

    pub(super) fn take_crossings(&mut self, of: &Self) {
        self.crossings.clone_from(&of.crossings);
        self.is_beyond = of.is_beyond;
    }

    pub(super) fn truncate_after(&mut self, step: u64) {
        self.crossings.retain(|crossing| crossing.step <= step);
        self.is_beyond = false;
    }

    fn push(&mut self, seen: Crossing) {
        if seen.lambda_max < WELL_BELOW * seen.edge {
            self.is_beyond = false;
        }
        if self.is_beyond || seen.lambda_max.is_nan() || seen.lambda_max < seen.edge {
            return;
        }
        self.is_beyond = true;
        if self.crossings.len() == MOST_CROSSINGS {
            self.crossings.remove(0);
        }
        self.crossings.push(seen);
    }
}

impl RunView {
    /// The edge of the last step up to this one; `None` where there is none.
    #[must_use]
    pub fn edge_at(&self, step: u64) -> Option<f64> {
        self.steps.until(step).map(|row| f64::from(row.edge)).filter(|edge| edge.is_finite())
    }

    /// Takes both ends of the spectrum at a step.
    pub fn push_eigen(&mut self, row: EigenRow) {
        self.watch(row.step, row.lambda_max, None);
        self.eigens.push(row);
    }

    /// Takes both ends of the spectrum as they are now.
    pub fn push_streamed_eigen(&mut self, row: StreamedEigenRow) {
        self.watch(row.step, row.lambda_max, Some(row.examples));
        self.streamed.push_eigen(row);
    }

    fn watch(&mut self, step: u64, lambda_max: f64, streamed: Option<usize>) {
        if let Some(edge) = self.edge_at(step) {
            self.edge.push(Crossing { step, lambda_max, edge, streamed });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::protocol::{KnobEdit, Origin, RunId, StepRow};

    fn run() -> RunView {
        let optimizer = OptimizerKind::Sgd;
        let knobs = Knobs { momentum: 0.0, learning_rate: 0.1, ..Knobs::of(optimizer) };
        let mut run = RunView::new(RunInfo { run: RunId(0), optimizer, seed: 0, knobs, origin: Origin::Initial });
        run.push_steps(&[step(10, 0.1), step(20, 0.1)]);
        run
    }

    fn step(step: u64, learning_rate: f64) -> StepRow {
        StepRow {
            step,
            gradient_evaluations: step,
            train_seconds: 0.0,
            batch_loss: 1.0,
            perturbed_loss: 1.0,
            gradient_norm: 1.0,
            learning_rate,
            noise: None,
        }
    }

    fn eigen(step: u64, lambda_max: f64) -> EigenRow {
        EigenRow {
            step,
            gradient_evaluations: step,
            train_loss: 1.0,
            lambda_max,
            lambda_min: 0.0,
            residual_max: 0.0,
            residual_min: 0.0,
            products: 20,
        }
    }

    #[test]
    fn the_edge_follows_the_schedule_and_the_knobs_that_the_engine_has_told() {
        let mut run = run();
        run.push_steps(&[step(30, 0.05)]);
        // A control that is dragged is ahead of the steps.
        run.expect_knob(KnobId::Momentum, 0.9);
        run.push_steps(&[step(40, 0.05)]);
        run.push_edit(KnobEdit { step: 40, knob: KnobId::Momentum, old: 0.0, new: 0.9 }, Instant::now());
        run.push_steps(&[step(50, 0.05)]);
        let edges = [15, 30, 40, 50].map(|step| run.edge_at(step).expect("there is one"));
        assert!([20.0, 40.0, 40.0, 76.0].iter().zip(edges).all(|(a, b)| (a - b).abs() < 1e-4), "{edges:?}");
        assert_eq!((run.edge_at(5), run.edge.formula()), (None, "2(1+μ)/η"));
        run.rewind(20, Knobs { momentum: 0.0, base: crate::config::BaseKind::Adam, ..Knobs::default() });
        run.push_steps(&[step(30, 0.1)]);
        assert_eq!(run.edge_at(30), None, "Adam has none");
    }

    #[test]
    fn a_crossing_is_marked_once_while_it_hovers() {
        let mut run = run();
        for (at, lambda) in [(10, 8.0), (11, 19.9), (12, 20.5), (13, 19.5), (14, 21.0), (15, 15.0), (16, 22.0)] {
            run.push_eigen(eigen(at, lambda));
        }
        let marks: Vec<u64> = run.edge.crossings().iter().map(|crossing| crossing.step).collect();
        assert_eq!(marks, [12, 16]);
        let first = run.edge.crossings()[0];
        assert_eq!((first.lambda_max, first.streamed), (20.5, None));
        assert!((first.edge - 20.0).abs() < 1e-4, "{}", first.edge);
        run.rewind(13, run.knobs.clone());
        assert_eq!(run.edge.crossings().len(), 1);
        run.push_eigen(eigen(14, f64::NAN));
        assert_eq!(run.edge.crossings().len(), 1, "a NaN is no crossing");
    }
}
