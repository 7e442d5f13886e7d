//! How fast it goes, now and since the runs started.

use std::time::Instant;

use super::history::History;
use super::rows::SpeedPoint;
use crate::protocol::{Speed, Waiting};

/// How fast it goes, now and since the runs started.
#[derive(Debug, Default)]
pub struct SpeedLog {
    /// As it was told last.
    pub now: Speed,
    /// Steps a second over time.
    pub rows: History<SpeedPoint>,
    started_at: Option<Instant>,
}

impl SpeedLog {
    /// Runs start: their time begins.
    pub fn start(&mut self, now: Instant) {
        self.rows = History::default();
        self.started_at = Some(now);
    }

    /// Takes what was told.
    pub fn push(&mut self, speed: Speed, now: Instant) {
        self.now = speed;
        let Some(start) = self.started_at else { return };
        let seconds = now.saturating_duration_since(start).as_secs_f64();
        self.rows.push(SpeedPoint { seconds, steps_per_second: speed.steps_per_second });
    }

    /// Nothing trains, so nothing waits.
    pub const fn rest(&mut self) {
        self.now.waiting = Waiting::None;
    }
}
