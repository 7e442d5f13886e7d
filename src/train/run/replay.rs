//! Steps that are repeated, with the turns of knobs that the journal has.

use crate::protocol::{KnobEdit, StepRow};

use super::{Divergence, History, Run};

/// A run on its way to a step that it, or the run that it starts from, once stood at.
#[derive(Debug, Clone)]
pub struct Replay {
    run: Run,
    /// Turns of knobs that are still to be done.
    edits: std::vec::IntoIter<KnobEdit>,
    target: u64,
}

impl Replay {
    /// From the nearest state of `history` at or before `target` to `target`, with the turns of knobs that `run` has in
    /// its journal up to there. `None` where no state is that early, or `run` is not that far.
    #[must_use]
    pub fn new(run: &Run, history: &History, target: u64) -> Option<Self> {
        let state = history.nearest(target).filter(|_| target <= run.step)?;
        let mut done: Vec<KnobEdit> = run.journal.iter().filter(|edit| edit.step <= target).copied().collect();
        let edits = done.split_off(state.num_edits.min(done.len())).into_iter();
        Some(Self { run: run.back_at(state, done), edits, target })
    }

    /// One step; true when the target is reached.
    ///
    /// # Errors
    /// [`Divergence`] as [`Run::step`]: never, unless the device computes otherwise than before.
    pub fn advance(&mut self) -> Result<bool, Divergence> {
        self.turn_knobs();
        if self.run.step < self.target {
            self.run.step()?;
            self.turn_knobs();
        }
        Ok(self.run.step >= self.target)
    }

    /// Turns of knobs that were done at the step at which the run stands.
    fn turn_knobs(&mut self) {
        while let Some(edit) = self.edits.as_slice().first().copied().filter(|edit| edit.step <= self.run.step) {
            self.edits.next();
            // A journal holds only values that were accepted.
            let _ = self.run.set_knob(edit.knob, edit.new);
        }
    }

    /// The run as far as it is.
    #[must_use]
    pub fn into_run(self) -> Run {
        self.run
    }

    /// Steps that are still to be done.
    #[must_use]
    pub const fn steps_left(&self) -> u64 {
        self.target.saturating_sub(self.run.step)
    }
}

impl Run {
    /// The run at a later step, with the turns of knobs that a journal has beyond its own. Where a step diverges, which it
    /// does not unless the device computes otherwise than before, it stands at the last good one.
    #[must_use]
    pub fn caught_up(self, journal: &[KnobEdit], step: u64) -> Self {
        let done = if journal.starts_with(&self.journal) { self.journal.len() } else { 0 };
        let is_new = |edit: &&KnobEdit| {
            let is_here = edit.step == self.step && (done > 0 || !self.journal.contains(edit));
            edit.step <= step && (edit.step > self.step || is_here)
        };
        let edits: Vec<KnobEdit> = journal.iter().skip(done).filter(is_new).copied().collect();
        let mut replay = Replay { run: self, edits: edits.into_iter(), target: step };
        while matches!(replay.advance(), Ok(false)) {}
        replay.run
    }
}

/// Runs `steps` steps from the start, turning the knobs where the journal says.
///
/// # Errors
/// [`Divergence`] as [`Run::step`].
///
/// # Panics
/// When the journal holds a value that its knob does not take; a journal written by a run never does.
pub fn replay(mut run: Run, journal: &[KnobEdit], steps: u64) -> Result<Vec<StepRow>, Divergence> {
    let mut rows = Vec::new();
    let mut edits = journal.iter().peekable();
    while run.steps() < steps {
        while let Some(edit) = edits.next_if(|edit| edit.step <= run.steps()) {
            run.set_knob(edit.knob, edit.new).expect("a journal holds only values that were accepted");
        }
        rows.push(run.step()?);
    }
    Ok(rows)
}
