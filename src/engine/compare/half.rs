//! A run or a try that was stopped half way, as its session has it: the newest checkpoint with all that is remembered of it up to
//! there. Where something of it is missing there is none, and it begins anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::landscape::{Checkpoint, Path};
use crate::protocol::{Outcome, RunId, StepRow};
use crate::report::results::CurveRow;
use crate::session::store::{BlobId, Checkpoint as State, Session, StoreError};
use crate::train::{HostCopy, Run};

use super::kept::{CurvesText, HalfText, PathText, keys, text};

/// Where it was.
#[derive(Debug)]
pub(super) struct Half {
    copy: HostCopy,
    /// Its last step.
    pub last: StepRow,
    /// Its history up to there; empty of a try.
    pub curves: Vec<CurveRow>,
    /// Its path up to there.
    pub path: Path,
    /// Seconds that it had taken.
    pub seconds: f64,
    /// What a try was found to be on the validation examples.
    pub found: Option<Outcome>,
    /// Texts of its history that are written, and the rows that are in them.
    pub written: (usize, usize),
}

impl Half {
    /// Reads that of a run or a try; `None` where it was not begun, has ended, or is not all there.
    ///
    /// # Errors
    /// [`StoreError`] where the session cannot be read.
    pub fn read(session: &Session, id: RunId) -> Result<Option<Self>, StoreError> {
        let Some(half) = text::<HalfText>(session, &keys::half(id))? else { return Ok(None) };
        let entries = session.checkpoints(id)?;
        let entry = entries.iter().find(|entry| entry.step == half.step && !entry.is_start);
        let Some(state) = entry.map_or(Ok(None), |entry| state(session, entry.id))? else { return Ok(None) };
        let mut curves = Vec::new();
        for part in 0..half.parts {
            let Some(CurvesText { rows }) = text(session, &keys::curves(id, part))? else { return Ok(None) };
            curves.extend(rows);
        }
        let written = (half.parts, curves.len());
        curves.extend(half.open);
        let copy = HostCopy::from_checkpoint(&state).ok();
        Ok(copy.zip(path(&half.path, state)).map(|(copy, path)| Self {
            copy,
            last: half.last,
            curves,
            path,
            seconds: half.seconds,
            found: half.found,
            written,
        }))
    }

    /// The run where it was; `begun` is the same at its step 0. `None` where its checkpoint is none of such a run.
    pub fn run(&self, begun: &Run) -> Option<Run> {
        let is_same = self.copy.optimizer == begun.optimizer() && self.copy.knobs == *begun.knobs();
        is_same.then(|| Run::restored(Arc::clone(begun.task()), &[], &self.copy).ok()).flatten()
    }

    /// Gradient evaluations that it had spent.
    pub const fn spent(&self) -> u64 {
        self.last.gradient_evaluations
    }
}

/// A state; `None` where it is damaged.
fn state(session: &Session, id: BlobId) -> Result<Option<State>, StoreError> {
    match session.checkpoint(id) {
        Err(StoreError::Damaged { .. }) => Ok(None),
        read => read.map(Some),
    }
}

/// The path, whose weights are with the state; `None` where some are not.
fn path(of: &PathText, state: State) -> Option<Path> {
    let mut weights: BTreeMap<String, Vec<f32>> = state.arrays.into_iter().collect();
    let mut checkpoint = |&(step, train_loss, test_loss): &(u64, f64, f64)| {
        let weights = weights.remove(&PathText::weights_name(step))?;
        Some(Checkpoint { step, train_loss, test_loss, weights })
    };
    let checkpoints = of.points.iter().map(&mut checkpoint).collect::<Option<Vec<Checkpoint>>>()?;
    Some(Path::restored(checkpoints, of.stride).counting(of.offered))
}
