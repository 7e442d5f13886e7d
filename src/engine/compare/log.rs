//! What of a run or a try goes into the session while it is under way: its rows as they come, and a checkpoint now and then, with all
//! that it needs to go on from there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::landscape::Path;
use crate::protocol::{EigenRow, Event, LossGrid, Outcome, RunId, StepRow, TraceRow};
use crate::report::results::CurveRow;
use crate::session::store::{Checkpoint, Recorder};
use crate::train::Run;

use super::keeping::Keeping;
use super::kept::{CurvesText, HalfText, PathText, keys, toml_of};

/// Between two checkpoints of a run lies at least so many times what the first took …
const COPIES: u32 = 100;
/// … and there are no more bytes a second than that, which are summed, written and moved into the file.
const BYTES_PER_SECOND: f64 = 2e7;
/// A step between two evaluations is kept where none was for so long: rows of steps that take no time would take more of it.
const STEP_PAUSE: Duration = Duration::from_millis(5);

/// The session's side of one run or try.
#[derive(Debug)]
pub(super) struct RunLog {
    /// `None` where nothing is kept.
    recorder: Option<Recorder>,
    run: RunId,
    /// When the last checkpoint was made, how long to the next, and how long at least.
    saved: Instant,
    pause: Duration,
    least: Duration,
    /// The last step that was kept, and when.
    stepped: (u64, Instant),
    /// Texts of its history that are written, and the rows that are in them.
    parts: usize,
    rows: usize,
}

/// Where a run stands, beside the run itself.
pub(super) struct Standing<'a> {
    /// Its last step.
    pub last: &'a StepRow,
    /// Seconds that it has taken.
    pub seconds: f64,
    /// What a try was found to be on the validation examples.
    pub found: Option<Outcome>,
    /// Its history; empty of a try.
    pub curves: &'a [CurveRow],
    /// Its path; empty where no slice will show it.
    pub path: &'a Path,
}

impl RunLog {
    /// That of a run which is not kept.
    pub fn none() -> Self {
        Self::new(None, RunId(0), ((0, 0), Duration::MAX))
    }

    /// That of a run, of whose history so many texts with so many rows are written, with so much time between checkpoints at least;
    /// none at all makes one of each step.
    pub fn new(recorder: Option<Recorder>, run: RunId, (written, least): ((usize, usize), Duration)) -> Self {
        let (now, (parts, rows)) = (Instant::now(), written);
        Self { recorder, run, saved: now, pause: least, least, stepped: (0, now), parts, rows }
    }

    /// A step was done.
    pub fn step(&mut self, row: &StepRow) {
        if self.recorder.is_some() && self.stepped.1.elapsed() >= STEP_PAUSE {
            self.keep_step(row);
        }
    }

    fn keep_step(&mut self, row: &StepRow) {
        if self.stepped.0 != row.step {
            self.stepped = (row.step, Instant::now());
            self.tell(|run| Event::Steps { run, rows: vec![*row] });
        }
    }

    /// The run was evaluated where it stands, after its last step.
    pub fn evaluated(&mut self, row: &CurveRow, last: Option<&StepRow>) {
        if let Some(last) = last {
            self.keep_step(last);
        }
        self.tell(|run| Event::Evaluated { run, row: row.eval });
    }

    /// Its curvature was measured.
    pub fn curved(&self, trace: Option<TraceRow>, eigen: Option<EigenRow>) {
        if let Some(row) = trace {
            self.tell(|run| Event::Trace { run, row });
        }
        if let Some(row) = eigen {
            self.tell(|run| Event::Eigen { run, row });
        }
    }

    /// A slice was cut.
    pub fn slice(&self, grid: LossGrid) {
        if let Some(recorder) = &self.recorder {
            recorder.slice(&Arc::new(LossGrid { run: self.run, ..grid }));
        }
    }

    /// Whether a run's state is to be kept where it stands.
    pub fn is_due(&self, run: &Run) -> bool {
        let Some(recorder) = &self.recorder else { return false };
        // A run at its end is measured at once, and its result is kept: to go on from there would miss what its last step said.
        let is_time = self.saved.elapsed() >= self.pause && !run.budget_is_spent();
        is_time && recorder.status().behind < self.pause.max(Keeping::PAUSE)
    }

    /// Keeps the state of a run, whether that is due or not.
    pub fn save(&mut self, run: &Run, standing: &Standing) {
        let Some(recorder) = self.recorder.clone() else { return };
        let begun = Instant::now();
        self.keep_step(standing.last);
        let step = run.steps();
        let (closed, open) = match standing.curves.split_last() {
            Some((open, closed)) if open.step == step => (closed, Some(open.clone())),
            _ => (standing.curves, None),
        };
        if closed.len() > self.rows {
            let rows = closed[self.rows..].to_vec();
            recorder.keep(&keys::curves(self.run, self.parts), toml_of(&CurvesText { rows }));
            (self.parts, self.rows) = (self.parts + 1, closed.len());
        }
        let mut checkpoint = run.host_copy().to_checkpoint(self.run, false);
        let path = keep_path(standing.path, &mut checkpoint);
        let numbers: usize = checkpoint.arrays.iter().map(|(_, array)| array.len()).sum();
        recorder.checkpoint(checkpoint);
        let Standing { last, seconds, found, .. } = *standing;
        let half = HalfText { step, seconds, parts: self.parts, last: *last, found, open, path };
        recorder.keep(&keys::half(self.run), toml_of(&half));
        self.saved = Instant::now();
        let by_size = Duration::from_secs_f64(4.0 * numbers as f64 / BYTES_PER_SECOND);
        if !self.least.is_zero() {
            self.pause = self.least.max((self.saved - begun) * COPIES).max(by_size);
        }
    }

    /// The run has ended where it stands, and its result is kept: now its final weights are, and what was to go on with goes.
    pub fn end(&self, run: &Run) {
        let Some(recorder) = &self.recorder else { return };
        recorder.checkpoint(run.host_copy().to_checkpoint(self.run, false));
        self.tell(|id| match run.diverged_at() {
            Some(step) => Event::Diverged { run: id, step, last_good_step: run.steps() },
            None => Event::Finished { run: id },
        });
        self.forget();
    }

    /// What a try was is kept: its rows and weights go.
    pub fn end_try(&self) {
        self.tell(Event::RunRemoved);
        self.forget();
    }

    fn forget(&self) {
        let Some(recorder) = &self.recorder else { return };
        recorder.keep(&keys::half(self.run), None);
        for part in 0..self.parts {
            recorder.keep(&keys::curves(self.run, part), None);
        }
    }

    fn tell(&self, event: impl FnOnce(RunId) -> Event) {
        if let Some(recorder) = &self.recorder {
            recorder.tell(&event(self.run));
        }
    }
}

/// Puts the weights of a path with a checkpoint. Those that an earlier checkpoint has are not written again.
fn keep_path(path: &Path, checkpoint: &mut Checkpoint) -> PathText {
    let mut points = Vec::new();
    for kept in path.checkpoints() {
        checkpoint.arrays.push((PathText::weights_name(kept.step), kept.weights.clone()));
        points.push((kept.step, kept.train_loss, kept.test_loss));
    }
    PathText { stride: path.stride(), offered: path.offered(), points }
}
