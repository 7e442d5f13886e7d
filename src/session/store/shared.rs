//! What the handles and the thread that writes have in common. The lock on it is held for a moment only, never while the disk
//! is written to.

use std::path::PathBuf;
use std::time::Instant;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::error::StoreError;
use super::queue::{Entry, Queue};
use super::status::Status;

/// An order to move the session to another file.
pub(super) struct Move {
    pub path: PathBuf,
    pub keep_old: bool,
    pub done: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// What is known on both sides.
#[derive(Default)]
pub(super) struct State {
    /// What the thread has not taken yet.
    pub queue: Queue,
    /// What it has taken and could not write yet.
    pub num_behind: usize,
    /// Entries that were told so far.
    pub told: u64,
    /// The first so many of them are durable.
    pub written: u64,
    /// Tries that failed so far, and why the last did.
    pub failures: u64,
    pub failure: Option<StoreError>,
    /// When the oldest entry was told that is not durable yet.
    pub oldest: Option<Instant>,
    /// Someone waits: the next try is now.
    pub is_urgent: bool,
    pub is_closing: bool,
    /// The thread has ended.
    pub is_gone: bool,
    pub moves: Vec<Move>,
    pub status: Status,
}

/// The state with what wakes either side.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the thread.
    pub work: Condvar,
    /// Wakes those who wait for the thread.
    done: Condvar,
}

impl Shared {
    pub fn new(status: Status) -> Self {
        let state = Mutex::new(State { status, ..State::default() });
        Self { state, work: Condvar::new(), done: Condvar::new() }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Changes the state and wakes both sides.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.work.notify_all();
        self.done.notify_all();
    }

    /// Takes an entry.
    pub fn push(&self, entry: Entry) {
        let mut state = self.state.lock();
        if state.is_gone {
            return;
        }
        // The thread that waits for its next commit finds the others by itself.
        let is_first = state.queue.is_empty();
        state.queue.push(entry);
        state.told += 1;
        state.oldest.get_or_insert_with(Instant::now);
        drop(state);
        if is_first {
            self.work.notify_all();
        }
    }

    /// Takes an order; gives it back where nobody is there to follow it.
    pub fn order(&self, order: Move) -> Option<Move> {
        let mut state = self.state.lock();
        if state.is_gone {
            return Some(order);
        }
        state.moves.push(order);
        drop(state);
        self.work.notify_all();
        None
    }

    /// Waits until all that was told so far is durable, or a try to write it has failed.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let (target, failures) = (state.told, state.failures);
        while state.written < target {
            if state.is_gone {
                return Err(StoreError::Closed(state.status.path.clone()));
            }
            if state.failures > failures
                && let Some(failure) = &state.failure
            {
                return Err(failure.clone());
            }
            state.is_urgent = true;
            self.work.notify_all();
            self.done.wait(&mut state);
        }
        Ok(())
    }
}
