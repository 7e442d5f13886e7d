//! How the connection stands where the engine is in another process, most often on another machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// How the connection stands.
#[derive(Debug, Clone, PartialEq)]
pub struct LineState {
    /// Where the engine is, as the user called it.
    pub host: String,
    /// Why there is no connection, in a sentence; `None` while there is one.
    pub problem: Option<String>,
    /// From a question to its answer; `None` before the first.
    pub round_trip: Option<Duration>,
    /// Bytes that cross in a second, both ways.
    pub bytes_per_second: f64,
}

/// The connection as both ends of a [`Link`](super::Link) see it.
#[derive(Debug)]
pub struct Line {
    state: Mutex<LineState>,
    is_hurried: AtomicBool,
}

impl Line {
    /// A connection that is there.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        let state = LineState { host: host.into(), problem: None, round_trip: None, bytes_per_second: 0.0 };
        Self { state: Mutex::new(state), is_hurried: AtomicBool::new(false) }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> LineState {
        self.state.lock().clone()
    }

    /// Whether it is there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state.lock().problem.is_none()
    }

    /// Has it tried again at once, where it is broken.
    pub fn hurry(&self) {
        self.is_hurried.store(true, Ordering::Relaxed);
    }

    /// Whether that was asked for since the last look.
    pub fn take_hurry(&self) -> bool {
        self.is_hurried.swap(false, Ordering::Relaxed)
    }

    /// Changes how it stands.
    pub fn change(&self, change: impl FnOnce(&mut LineState)) {
        change(&mut self.state.lock());
    }
}
