//! The handle of those who have something to keep. It never waits for the disk: what it takes goes into a queue that the
//! thread behind it empties, and that thins what it holds when that cannot be written.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::protocol::{Event, LossGrid, RunId};
use crate::report::results::RunResult;
use crate::report::tuning::Try;

use super::content::{Checkpoint, Measured, PathWeights, Provenance};
use super::error::StoreError;
use super::limits::Limits;
use super::queue::Entry;
use super::shared::{Move, Shared};
use super::status::Status;
use super::writer::{self, Writer};

/// Writes a session. Clones write the same one; the last that goes waits until all is written.
#[derive(Debug, Clone)]
pub struct Recorder {
    owner: Arc<Owner>,
}

/// The thread, which ends with the last handle.
struct Owner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner").field("path", &self.shared.lock().status.path).finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.change(|state| state.is_closing = true);
        let thread = self.thread.lock().take();
        // The last handle may have been held by what the thread itself calls.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

impl Recorder {
    /// Begins a session in a file that is not there yet, and makes its folder.
    ///
    /// # Errors
    /// [`StoreError`], [`StoreError::Exists`] among them.
    pub fn create(path: &Path, provenance: &Provenance) -> Result<Self, StoreError> {
        Self::start(Writer::create(path, provenance, Limits::default())?)
    }

    /// Goes on with a session: what it holds stays, what is told now comes behind. A file of an older version is brought up to
    /// date.
    ///
    /// # Errors
    /// [`StoreError`]: [`StoreError::InUse`] where another one writes into it, [`StoreError::Newer`],
    /// [`StoreError::ReadOnly`], [`StoreError::NotASession`], [`StoreError::Damaged`] and others.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::start(Writer::open(path, Limits::default())?)
    }

    pub(super) fn start(writer: Writer) -> Result<Self, StoreError> {
        let path = writer.path().to_owned();
        let shared = Arc::new(Shared::new(writer.status()));
        let thread = writer::spawn(writer, Arc::clone(&shared)).map_err(|err| StoreError::io(&path, &err))?;
        Ok(Self { owner: Arc::new(Owner { shared, thread: Mutex::new(Some(thread)) }) })
    }

    fn push(&self, entry: Entry) {
        self.owner.shared.push(entry);
    }

    /// Whether an event belongs into a session: all others are of the moment.
    #[must_use]
    pub const fn keeps(event: &Event) -> bool {
        Entry::is_kept(event)
    }

    /// Takes what the engine tells. `Started` makes the session empty of runs, rows, slices, checkpoints and measurements;
    /// a branch gets copies of its parent's rows, journal, checkpoints and path up to its step; `Rewound` and
    /// `CheckpointsVoid` take back what came after; of removed runs the last ones stay that can be brought back. What is of the
    /// moment is passed over (`Speed`, `Measuring`, `Warning`, `Playing` and so on), and so is `Measured`, which lacks its run
    /// and its request: see [`Self::measured`].
    pub fn tell(&self, event: &Event) {
        if Self::keeps(event) {
            self.push(Entry::Event(event.clone()));
        }
    }

    /// Takes a slice. Of those of a run up to 48 stay, thinned evenly, and always the newest.
    pub fn slice(&self, grid: &Arc<LossGrid>) {
        self.push(Entry::Slice(Arc::clone(grid)));
    }

    /// Takes a state of a run. Starts stay, and the newest two, and up to 24 others, thinned evenly, while all together are
    /// within their budget of bytes. Equal arrays are kept once, so the weights of a start cost nothing again.
    pub fn checkpoint(&self, checkpoint: Checkpoint) {
        self.push(Entry::Checkpoint(Box::new(checkpoint)));
    }

    /// Takes a point of a run's path. When its stride is twice that of the point before, every second one that is kept goes,
    /// as in the path itself.
    pub fn path_weights(&self, run: RunId, point: PathWeights) {
        self.push(Entry::Path(run, point));
    }

    /// Takes what a job found; a job of this opening that was told before is replaced.
    pub fn measured(&self, measured: Measured) {
        self.push(Entry::Measured(Box::new(measured)));
    }

    /// Takes a run of a comparison, in the place of one of the same optimiser and seed.
    pub fn result(&self, result: RunResult) {
        self.push(Entry::Result(Box::new(result)));
    }

    /// Takes a try of the tuning of a comparison, in the place of one of the same optimiser and values.
    pub fn tried(&self, one: Try) {
        self.push(Entry::Try(Box::new(one)));
    }

    /// Keeps a text under a key, in the place of what stood there: layout, names, colours, choices of tables, settings of a
    /// comparison. `None` takes it away.
    pub fn keep(&self, key: &str, text: Option<String>) {
        self.push(Entry::Text(key.to_owned(), text));
    }

    /// Waits until all that was told before is durable.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be: it is kept and tried again.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.owner.shared.flush()
    }

    /// Moves the session to another file, where it goes on, and tells `done` how that went, from the thread that writes. A
    /// file that is there is replaced. Where it fails the session goes on where it was. The old file goes unless `keep_old`.
    pub fn save_as(&self, path: &Path, keep_old: bool, done: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let order = Move { path: path.to_owned(), keep_old, done: Box::new(done) };
        if let Some(order) = self.owner.shared.order(order) {
            (order.done)(Err(StoreError::Closed(self.path())));
        }
    }

    /// How the writing goes.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.owner.shared.lock();
        let now = Instant::now();
        Status {
            num_waiting: state.queue.len() + state.num_behind,
            num_thinned: state.status.num_thinned + state.queue.num_thinned,
            behind: state.oldest.map_or(Duration::ZERO, |oldest| now.saturating_duration_since(oldest)),
            ..state.status.clone()
        }
    }

    /// The file, which [`Self::save_as`] changes.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.owner.shared.lock().status.path.clone()
    }
}
