//! One run repeated, step by step, and held against what the session has of it.

use std::sync::Arc;

use crate::curvature::{Lanczos, TraceEstimate};
use crate::protocol::{Origin, StepRow};
use crate::session::store::{BlobId, Session};
use crate::train::{HostCopy, Run, Task};

use super::super::compare::EngineError;
use super::super::look::{eigen_row, trace_row};
use super::super::units::Units;
use super::column::{Columns, Parting, first_difference, is_same, of_eigen, of_eval, of_noise, of_step, of_trace};
use super::course::Course;
use super::{Agreed, bad, store};

/// What runs are held against, and how.
pub(super) struct Against<'a> {
    pub session: &'a Session,
    /// See [`super::ReplayOptions::tolerance`].
    pub tolerance: f64,
    /// Whether it shall stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// A run on its way, with what was compared of it.
struct Repeated<'a> {
    against: &'a Against<'a>,
    course: Course,
    run: Run,
    /// Turns of knobs that are behind it.
    turned: usize,
    agreed: Agreed,
}

/// `Err` has the first difference.
type Held = Result<(), Parting>;

impl Against<'_> {
    /// Repeats a run from its first start to the last step that is asked for. `tell` is told of steps.
    ///
    /// # Errors
    /// [`EngineError`] where it cannot be repeated; the inner error is the first difference.
    pub fn repeat(
        &self,
        course: Course,
        first: &Arc<Task>,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Result<Agreed, Parting>, EngineError> {
        let run = self.start(&course, first)?;
        let agreed = Agreed { runs: 1, ..Agreed::default() };
        let mut repeated = Repeated { against: self, course, run, turned: 0, agreed };
        if let Err(parting) = repeated.compare(None)? {
            return Ok(Err(parting));
        }
        while repeated.run.steps() < repeated.course.last_step() {
            self.go_on()?;
            if let Err(parting) = repeated.step()? {
                return Ok(Err(parting));
            }
            tell(repeated.run.steps());
        }
        Ok(repeated.end())
    }

    fn go_on(&self) -> Result<(), EngineError> {
        if (self.stop)() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// The run where it began: at the initial weights of its seed, which are drawn anew, or at the state that is stored.
    fn start(&self, course: &Course, first: &Arc<Task>) -> Result<Run, EngineError> {
        let info = &course.run.info;
        let task = if first.seed == info.seed { Arc::clone(first) } else { Arc::new(first.with_seed(info.seed)) };
        // What begins at the weights of another run, of a place or of a file has them in the session.
        match (&info.origin, course.first_start()) {
            (Origin::Initial, _) => Ok(Run::new(task, info.optimizer, info.knobs.clone())),
            (_, None) => Err(bad(format!("the session has no state that run {} begins at", info.run.0))),
            (_, Some(entry)) => Run::restored(task, &[], &self.state(entry.id)?).map_err(|err| bad(err.to_string())),
        }
    }

    fn state(&self, id: BlobId) -> Result<HostCopy, EngineError> {
        let checkpoint = store(self.session.checkpoint(id))?;
        HostCopy::from_checkpoint(&checkpoint).map_err(|err| bad(err.to_string()))
    }
}

impl Repeated<'_> {
    /// One step, and what is stored of it.
    fn step(&mut self) -> Result<Held, EngineError> {
        let step = self.run.steps() + 1;
        self.turn_knobs();
        match self.run.step() {
            Ok(row) => self.compare(Some(row)),
            Err(_) => Ok(Err(self.parting(step, "the run diverges", 0.0, 1.0))),
        }
    }

    /// Where it stands at its end: one that diverged has to do so again.
    fn end(mut self) -> Result<Agreed, Parting> {
        if let Some(step) = self.course.diverges_after(self.run.steps()) {
            self.turn_knobs();
            if self.run.step().is_ok() {
                return Err(self.parting(step, "the run diverges", 1.0, 0.0));
            }
            self.agreed.rows += 1;
        }
        self.agreed.steps = self.run.steps();
        Ok(self.agreed)
    }

    /// Turns the knobs that were turned before the next step.
    fn turn_knobs(&mut self) {
        while let Some(edit) = self.course.journal.get(self.turned).filter(|edit| edit.step <= self.run.steps()) {
            self.turned += 1;
            // A journal holds only values that were accepted.
            let _ = self.run.set_knob(edit.knob, edit.new);
        }
    }

    /// Holds all that is stored of the step where it stands against it; `last` is that step's own row.
    fn compare(&mut self, last: Option<StepRow>) -> Result<Held, EngineError> {
        let step = self.run.steps();
        let rows = self.rows(last)?;
        for (kind, stored, found) in rows {
            self.agreed.rows += 1;
            if let Some((name, stored, found)) = first_difference(&stored, &found, self.against.tolerance) {
                return Ok(Err(self.parting(step, &format!("{name} of {kind}"), stored, found)));
            }
        }
        let Some((id, is_start)) = self.course.checkpoint(step) else { return Ok(Ok(())) };
        let copy = self.against.state(id)?;
        if let Err((column, stored, found)) = weights(&self.run, &copy, self.against.tolerance) {
            return Ok(Err(self.parting(step, &column, stored, found)));
        }
        self.agreed.checkpoints += 1;
        self.agreed.weights += copy.weights().len() as u64;
        if is_start {
            // A branch begins here, with a method of its own; its journal has the knobs that it began with as turns.
            self.run = self.run.clone().with_optimizer(copy.optimizer);
        }
        Ok(Ok(()))
    }

    /// The rows that are stored of the step where it stands, each with its kind, its numbers and those that came out.
    fn rows(&self, last: Option<StepRow>) -> Result<Vec<(&'static str, Columns, Columns)>, EngineError> {
        let (run, course, step) = (&self.run, &self.course, self.run.steps());
        let mut rows = Vec::new();
        if let Some((stored, found)) = course.steps.get(&step).zip(last) {
            rows.push(("the step", of_step(stored), of_step(&found)));
        }
        if let Some(stored) = course.evals.get(&step) {
            rows.push(("the evaluation", of_eval(stored), of_eval(&run.evaluate())));
        }
        if let Some(stored) = course.noise.get(&step) {
            rows.push(("the noise samples", of_noise(stored), of_noise(&run.noise().trace())));
        }
        let look = &run.task().experiment.look;
        let spent = run.gradient_evaluations();
        if let Some(stored) = course.traces.get(&step) {
            let job = self.measure(TraceEstimate::new(run.weights().clone(), stored.probes, look.seed, step))?;
            let found = trace_row(step, spent, f64::NAN, &job);
            rows.push(("the trace", of_trace(stored), of_trace(&found)));
        }
        if let Some(stored) = course.eigens.get(&step) {
            let job = self.measure(Lanczos::new(run.weights().clone(), look.lanczos_steps, None, look.seed))?;
            let found = eigen_row(step, spent, f64::NAN, &job);
            rows.push(("the eigenvalues", of_eigen(stored), found.as_ref().map(of_eigen).unwrap_or_default()));
        }
        Ok(rows)
    }

    /// Does a measurement to its end.
    fn measure<T: Units>(&self, mut job: T) -> Result<T, EngineError> {
        let measured = self.run.measured();
        loop {
            self.against.go_on()?;
            if job.advance(&measured) {
                return Ok(job);
            }
        }
    }

    fn parting(&self, step: u64, column: &str, stored: f64, found: f64) -> Parting {
        Parting { run: self.course.run.info.run, step, column: column.to_owned(), stored, found }
    }
}

/// Holds the weights of a run against stored ones: each by itself, or with a tolerance by their distance in units of their norm.
fn weights(run: &Run, copy: &HostCopy, tolerance: f64) -> Result<(), (String, f64, f64)> {
    let (stored, found) = (copy.weights(), run.weights_on_host());
    if stored.len() != found.len() {
        return Err(("the number of weights".to_owned(), stored.len() as f64, found.len() as f64));
    }
    if tolerance > 0.0 {
        let square = |number: f64| number * number;
        let distance: f64 = stored.iter().zip(&found).map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
        let norm: f64 = stored.iter().map(|a| square(f64::from(*a))).sum();
        let share = (distance / norm.max(f64::MIN_POSITIVE)).sqrt();
        let is_near = share <= tolerance;
        return if is_near { Ok(()) } else { Err(("distance of the weights by their norm".to_owned(), 0.0, share)) };
    }
    let same = |(a, b): (&f32, &f32)| is_same(f64::from(*a), f64::from(*b), 0.0);
    let Some(place) = stored.iter().zip(&found).position(|pair| !same(pair)) else { return Ok(()) };
    let parameters = &run.task().network.architecture().parameters;
    let tensor = parameters.iter().find(|parameter| parameter.range().contains(&place));
    let column = tensor.map_or_else(
        || format!("weight {place}"),
        |tensor| format!("weight {} of {}", place - tensor.range().start, tensor.name),
    );
    Err((column, f64::from(stored[place]), f64::from(found[place])))
}
