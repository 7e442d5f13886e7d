//! A slice on its way: of which step, on which plane, over which examples.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::landscape::{SliceJob, objective_words};
use crate::model::{Objective, to_host};
use crate::protocol::SliceView;

use super::cuts::Cut;
use super::point::{CutPlane, Point};
use super::shares::Cost;

/// Examples of a slice at least, where all of them take too long.
const LEAST_EXAMPLES: usize = 32;
/// Share of the time between two pictures that may go into the first level of a slice: the rest is training's and that of
/// other measurements.
const SHARE: f64 = 0.4;
/// The losses on a part of the examples and on all are compared so often.
const COMPARISON: Duration = Duration::from_secs(5);

/// A slice on its way.
pub(super) struct Slice {
    pub center: Arc<Point>,
    pub center_loss: f64,
    pub plane: Arc<CutPlane>,
    pub objective: Objective,
    pub job: SliceJob,
    pub begun: Instant,
    /// When the run left the step of the centre.
    pub left: Option<Instant>,
    /// It is of a part of the examples.
    pub is_cut: bool,
    /// Objective and examples in words.
    pub words: String,
}

/// The loss on a part of the examples and on all, at one step.
#[derive(Debug, Clone, Copy)]
struct Apart {
    when: Instant,
    step: u64,
    examples: usize,
    part: f64,
    all: f64,
}

/// What slices of one run cost, and what a part of the examples makes of them.
#[derive(Debug, Default)]
pub(super) struct SliceCost {
    cost: Cost,
    apart: Option<Apart>,
}

impl SliceCost {
    pub const fn new() -> Self {
        Self { cost: Cost::new(), apart: None }
    }

    /// Examples of a slice whose first level has so many cells, where one is to come within so long.
    pub fn examples(&self, cells: usize, all: usize, within: Duration) -> usize {
        self.cost.examples(cells, SHARE * within.as_secs_f64(), all, LEAST_EXAMPLES)
    }

    /// One unit of a slice.
    pub fn advance(&mut self, slice: &mut Slice) {
        let before = slice.job.progress().done;
        let begun = Instant::now();
        slice.job.advance(&slice.objective);
        let cells = (slice.job.progress().done - before) as usize;
        self.cost.note(cells, slice.objective.num_examples(), begun.elapsed());
    }

    /// What the part that a slice is of makes of the loss, in words; `None` for all examples.
    fn words(&mut self, slice: (u64, f64), part: usize, whole: &Objective, center: &Point) -> Option<String> {
        let (all, (step, loss)) = (whole.num_examples(), slice);
        if part == all {
            return None;
        }
        let is_known =
            |apart: &&Apart| apart.examples == part && apart.step <= step && apart.when.elapsed() < COMPARISON;
        let apart = self.apart.filter(|apart| is_known(&apart)).unwrap_or_else(|| Apart {
            all: to_host(whole.losses(center.run.weights().clone()))[0],
            when: Instant::now(),
            step,
            examples: part,
            part: loss,
        });
        self.apart = Some(apart);
        let Apart { step, part, all: on_all, .. } = apart;
        let [part, on_all] = [part, on_all].map(three_digits);
        Some(format!(", the first of {all} while it trains: at step {step} their loss is {part}, that of all {on_all}"))
    }
}

impl Slice {
    /// A slice around a centre; of a part of the examples where one is to come `within` some time and all take too long.
    pub fn new(
        center: Arc<Point>,
        plane: &Arc<CutPlane>,
        view: SliceView,
        within: Option<Duration>,
        costs: &mut SliceCost,
    ) -> Self {
        let begun = Instant::now();
        let whole = center.run.objective(view.examples);
        let (weights, task) = (center.run.weights(), center.run.task());
        let job = SliceJob::new(weights.clone(), &plane.plane, view.range, view.resolution, &task.compute);
        let all = whole.num_examples();
        let objective = match within.filter(|_| whole.falls_apart()) {
            None => whole.clone(),
            Some(within) => {
                if !costs.cost.is_known() {
                    let few = whole.part(0..LEAST_EXAMPLES.min(all));
                    costs.cost.measure(1, few.num_examples(), || to_host(few.losses(weights.clone())));
                }
                whole.part(0..costs.examples(job.first_cells(), all, within))
            }
        };
        let center_loss = to_host(objective.losses(weights.clone()))[0];
        let (examples, step) = (objective.num_examples(), center.run.steps());
        let mut words = objective_words(&objective, view.examples.label());
        words += &costs.words((step, center_loss), examples, &whole, &center).unwrap_or_default();
        Self {
            center_loss,
            // Values have no accuracy.
            job: if view.accuracy && task.is_classification { job.with_accuracy() } else { job },
            plane: Arc::clone(plane),
            is_cut: examples < all,
            objective,
            words,
            begun,
            left: None,
            center,
        }
    }

    /// Step of its centre and generation of its plane.
    pub fn place(&self) -> (u64, u64) {
        (self.center.run.steps(), self.plane.generation)
    }

    pub fn cut(&self) -> Cut {
        Cut { center: Arc::clone(&self.center), plane: Arc::clone(&self.plane), objective: self.objective.clone() }
    }
}

/// A loss by three digits that count.
fn three_digits(value: f64) -> String {
    let before = if value == 0.0 || !value.is_finite() { 0 } else { value.abs().log10().floor() as i32 };
    format!("{value:.*}", usize::try_from(2 - before).unwrap_or(0).min(9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_by_three_digits() {
        assert_eq!(
            [2.304_51, 0.051_26, 123.4, 1234.5, 0.0].map(three_digits),
            ["2.30", "0.0513", "123", "1234", "0.00"]
        );
    }
}
