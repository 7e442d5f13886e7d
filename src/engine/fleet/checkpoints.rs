//! What is known of the folder that a run follows, and the checkpoint that was read next.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::engine::folder::{FolderWatch, News, ReadCheckpoint};
use crate::model::Architecture;
use crate::protocol::{FollowedState, NewestCheckpoint};
use crate::session::weights::ModelState;
use crate::train::Run;

/// How long a checkpoint is measured before the next that waits takes its place: long enough for all measurements of a small
/// network, so that its past can be played.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The same for all that wait together: the newest of many is soon there.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(30);

/// A checkpoint that was read.
#[derive(Debug)]
pub(super) struct Known {
    pub path: PathBuf,
    pub name: String,
    pub step: u64,
    pub written: SystemTime,
    pub is_gone: bool,
}

/// The folder that a run follows.
pub(super) struct Followed {
    pub folder: PathBuf,
    pub known: Vec<Known>,
    /// The checkpoint that was chosen; `None` for the newest.
    pub chosen: Option<u64>,
    /// The run stands at a checkpoint.
    pub is_begun: bool,
    /// The checkpoint that was read and is to be evaluated next.
    pub next: Option<Box<ReadCheckpoint>>,
    /// One that was asked for, with its step.
    pub again: Option<(u64, Box<ModelState>)>,
    watch: FolderWatch,
    waiting: usize,
    has_steps: bool,
    /// When the run came to where it stands.
    since: Instant,
}

impl Followed {
    pub fn new(folder: &Path, architecture: &Architecture) -> Self {
        Self {
            folder: folder.to_owned(),
            known: Vec::new(),
            chosen: None,
            is_begun: false,
            next: None,
            again: None,
            watch: FolderWatch::start(folder, architecture),
            waiting: 0,
            has_steps: false,
            since: Instant::now(),
        }
    }

    /// What a consumer is told of it, where its run stands so.
    pub fn state(&self, run: &Run) -> FollowedState {
        FollowedState {
            num_read: self.known.len(),
            num_gone: self.known.iter().filter(|known| known.is_gone).count(),
            num_waiting: self.waiting,
            has_steps: self.has_steps,
            newest: self.known.last().map(|known| NewestCheckpoint {
                name: known.name.clone(),
                step: known.step,
                written: known.written,
            }),
            at: self.is_begun.then(|| run.steps()),
            stays: self.chosen.is_some(),
        }
    }

    /// The next news that is not a checkpoint; the next checkpoint is kept until it is taken.
    pub fn poll(&mut self) -> Option<News> {
        if self.next.is_some() {
            return None;
        }
        match self.watch.poll()? {
            News::Read(read) => {
                self.next = Some(read);
                None
            }
            News::Again { step, state: Ok(state) } => {
                self.again = Some((step, state));
                None
            }
            News::Waiting(count) => {
                self.waiting = count;
                Some(News::Waiting(count))
            }
            News::Gone(places) => {
                let known = self.known.iter_mut().enumerate();
                known.for_each(|(place, known)| known.is_gone = places.contains(&place));
                Some(News::Gone(places))
            }
            news => Some(news),
        }
    }

    /// Whether the run, which has more to be measured where it stands or not, takes the checkpoint that was read.
    pub fn is_due(&self, has_measures: bool) -> bool {
        let patience = PATIENCE.min(PATIENCE_FOR_ALL.div_f64(self.waiting as f64 + 1.0));
        let is_free = self.chosen.is_some() || !self.is_begun || !has_measures || self.since.elapsed() >= patience;
        self.again.is_some() || (self.next.is_some() && is_free)
    }

    /// Adds the checkpoint that was read.
    pub fn push(&mut self, read: &ReadCheckpoint) {
        self.waiting = read.left;
        self.has_steps = read.has_steps;
        self.known.push(Known {
            path: read.path.clone(),
            name: read.name.clone(),
            step: read.step,
            written: read.written,
            is_gone: false,
        });
    }

    /// Its run stands at another checkpoint now.
    pub fn stand(&mut self) {
        self.is_begun = true;
        self.since = Instant::now();
    }

    /// Keeps only the first checkpoints. The number of the last of them.
    pub fn keep(&mut self, count: usize) -> Option<u64> {
        self.known.truncate(count);
        let last = self.known.last().map(|known| known.step);
        self.chosen = self.chosen.filter(|chosen| last.is_some_and(|last| *chosen <= last));
        last
    }

    /// The last checkpoint up to a step.
    pub fn until(&self, step: u64) -> Option<&Known> {
        self.known.iter().rev().find(|known| known.step <= step)
    }

    /// Asks for a checkpoint to stand at. False where it cannot be asked for now.
    pub fn ask(&self, step: u64) -> bool {
        self.watch.ask(step)
    }
}
