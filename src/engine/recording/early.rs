//! What a session holds before there is a file: bounded, and handed over in order once there is one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::backlog::Backlog;
use crate::protocol::{Event, LossGrid, RunId};
use crate::session::files::NamedFiles;
use crate::session::store::{Checkpoint, Measured, PathWeights, Provenance, Recorder};

use super::VIEW_KEY;

/// States of runs and points of paths that wait at most, in numbers: 256 MiB. The newest are left out beyond that, and come
/// again with the next ones.
const MOST_NUMBERS: usize = 64 << 20;
/// No file is made within so long after the first step.
const FIRST_MOMENT: Duration = Duration::from_secs(2);

/// What a session holds before there is a file.
#[derive(Debug)]
pub(super) struct Early {
    pub provenance: Provenance,
    pub files: Arc<NamedFiles>,
    /// There is something to be kept, whatever it is.
    pub is_asked_for: bool,
    pub measured: Vec<Measured>,
    pub slices: Vec<Arc<LossGrid>>,
    pub view: Option<String>,
    events: Backlog,
    checkpoints: Vec<Checkpoint>,
    points: Vec<(RunId, PathWeights)>,
    num_numbers: usize,
    /// When the first run trained.
    trained: Option<Instant>,
}

impl Early {
    pub fn new(provenance: Provenance, files: Arc<NamedFiles>) -> Self {
        Self {
            provenance,
            files,
            is_asked_for: false,
            measured: Vec::new(),
            slices: Vec::new(),
            view: None,
            events: Backlog::default(),
            checkpoints: Vec::new(),
            points: Vec::new(),
            num_numbers: 0,
            trained: None,
        }
    }

    /// Whether a file is to be made: a moment after the first step, so that an experiment that is left at once leaves nothing.
    pub fn is_wanted(&self) -> bool {
        self.is_asked_for || self.trained.is_some_and(|trained| trained.elapsed() >= FIRST_MOMENT)
    }

    /// Whether there is something that will be wanted.
    pub const fn has_trained(&self) -> bool {
        self.trained.is_some()
    }

    /// Keeps what a file would take.
    pub fn tell(&mut self, event: &Event) {
        match event {
            Event::Steps { .. } => drop(self.trained.get_or_insert_with(Instant::now)),
            Event::Followed { state, .. } if state.num_read > 0 => drop(self.trained.get_or_insert_with(Instant::now)),
            Event::Rewound { run, step, .. } => self.forget_after(*run, *step),
            _ => {}
        }
        if Recorder::keeps(event) {
            self.events.push(event.clone());
        }
    }

    fn forget_after(&mut self, id: RunId, step: u64) {
        self.checkpoints.retain(|kept| kept.run != id || kept.step <= step);
        self.points.retain(|(run, point)| *run != id || point.step <= step);
    }

    pub fn checkpoint(&mut self, checkpoint: Checkpoint) {
        let numbers = checkpoint.arrays.iter().map(|(_, array)| array.len()).sum();
        if self.has_room(numbers) {
            self.checkpoints.push(checkpoint);
        }
    }

    pub fn point(&mut self, run: RunId, point: PathWeights) {
        if self.has_room(point.weights.len()) {
            self.points.push((run, point));
        }
    }

    fn has_room(&mut self, numbers: usize) -> bool {
        let has_room = self.num_numbers + numbers <= MOST_NUMBERS;
        if has_room {
            self.num_numbers += numbers;
        }
        has_room
    }

    /// Gives a file all that has waited for it.
    pub fn hand_over(mut self, recorder: &Recorder) {
        while let Some(event) = self.events.pop() {
            recorder.tell(&event);
        }
        self.slices.iter().for_each(|grid| recorder.slice(grid));
        self.checkpoints.into_iter().for_each(|checkpoint| recorder.checkpoint(checkpoint));
        self.points.into_iter().for_each(|(run, point)| recorder.path_weights(run, point));
        self.measured.into_iter().for_each(|measured| recorder.measured(measured));
        if let Some(view) = self.view {
            recorder.keep(VIEW_KEY, Some(view));
        }
    }
}
