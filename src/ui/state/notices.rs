//! What Flatscape has to say: a toast for a moment, and a log that keeps it.

use std::collections::VecDeque;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Notices kept at most.
const MAX_NOTICES: usize = 500;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the log and the status line only.
    Quiet,
    /// Something was done.
    Info,
    /// Something that the user should know and that stops nothing.
    Warning,
    /// Something failed.
    Error,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// One or two sentences: what, why, what to do.
    pub text: String,
    /// When it was said.
    pub at: Instant,
    /// The same by the clock.
    pub clock: SystemTime,
}

impl Notice {
    /// The time of the day at which it was said, in UTC: what logs of other machines are compared with.
    #[must_use]
    pub fn time_of_day(&self) -> String {
        let seconds = self.clock.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()) % 86_400;
        format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Everything that was said, the oldest first.
#[derive(Debug, Default)]
pub struct NoticeLog {
    notices: VecDeque<Notice>,
    /// Notices ever taken.
    taken: u64,
}

impl NoticeLog {
    /// Takes a notice.
    pub fn push(&mut self, level: Level, text: impl Into<String>) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(Notice { level, text: text.into(), at: Instant::now(), clock: SystemTime::now() });
        self.taken += 1;
    }

    /// The newest notice.
    #[must_use]
    pub fn last(&self) -> Option<&Notice> {
        self.notices.back()
    }

    /// The notices, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter().rev()
    }

    /// Notices ever taken.
    #[must_use]
    pub const fn num_taken(&self) -> u64 {
        self.taken
    }

    /// Notices kept.
    #[must_use]
    pub fn num_kept(&self) -> usize {
        self.notices.len()
    }

    /// Those after the first `taken`, the oldest first.
    pub fn since(&self, taken: u64) -> impl Iterator<Item = &Notice> {
        let fresh = usize::try_from(self.taken - taken).unwrap_or(usize::MAX).min(self.notices.len());
        self.notices.iter().skip(self.notices.len() - fresh)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_log_keeps_the_newest_and_knows_what_is_new() {
        let mut log = NoticeLog::default();
        for n in 0..MAX_NOTICES + 5 {
            log.push(Level::Info, n.to_string());
        }
        assert_eq!(log.newest_first().count(), MAX_NOTICES);
        assert_eq!(log.newest_first().last().map(|notice| notice.text.as_str()), Some("5"));
        let fresh: Vec<_> = log.since(log.taken - 2).map(|notice| notice.text.as_str()).collect();
        assert_eq!(fresh, ["503", "504"]);
        assert_eq!(log.since(0).count(), MAX_NOTICES, "those that are gone are not counted");
    }

    #[test]
    fn times_are_those_of_the_day() {
        let mut log = NoticeLog::default();
        log.push(Level::Info, "text");
        let mut notice = log.last().expect("it was said").clone();
        notice.clock = UNIX_EPOCH + Duration::from_secs(3 * 86_400 + 14 * 3600 + 5 * 60 + 9);
        assert_eq!(notice.time_of_day(), "14:05:09 UTC");
    }
}
