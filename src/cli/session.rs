//! Session files as the commands take them: found, opened, and named in words.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::engine::{KeptComparison, SESSION_FILE};
use crate::protocol::Origin;
use crate::session::store::{KeptRun, RunState, Session, StoreError, Writer};

/// The file that an argument names: itself, or the one in the folder of a comparison.
pub fn file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(SESSION_FILE) } else { path.to_owned() }
}

/// Opens the file that an argument names.
///
/// # Errors
/// One sentence: what is wrong with it.
pub fn open(path: &Path) -> Result<Session> {
    Ok(Session::open(&file(path))?)
}

/// The comparison that a session file has; `None` where there is no such file, or it is no comparison's.
///
/// # Errors
/// [`StoreError`] where it cannot be read.
pub fn comparison(path: &Path) -> Result<Option<KeptComparison>, StoreError> {
    match Session::open(path) {
        Ok(session) => KeptComparison::read(&session),
        Err(StoreError::Missing(_)) => Ok(None),
        Err(err) => Err(err),
    }
}

/// A run in words, such as "run 2 (NSO seed 0)".
pub fn run_words(kept: &KeptRun) -> String {
    let info = &kept.info;
    let removed = if kept.removed.is_some() { ", removed" } else { "" };
    format!("run {} ({} seed {}{removed})", info.run.0, info.optimizer.label(), info.seed)
}

/// Where the weights of a run come from, in words.
pub fn origin_words(origin: &Origin) -> String {
    match origin {
        Origin::Initial => "initial weights".to_owned(),
        Origin::Branch { run, step } => format!("run {} at step {step}", run.0),
        Origin::Place { run, step, .. } => format!("a place of a slice of run {} at step {step}", run.0),
        Origin::Average { run, step } => format!("the average of run {} at step {step}", run.0),
        Origin::BestValidation { run, step } => format!("run {} at its best on validation, step {step}", run.0),
        Origin::File(file) => file.path.display().to_string(),
        Origin::Folder(folder) => format!("{}, followed", folder.display()),
    }
}

/// How a run stands, in words.
pub fn state_words(state: RunState) -> String {
    match state {
        RunState::Open => "open".to_owned(),
        RunState::Finished => "finished".to_owned(),
        RunState::Diverged { step, .. } => format!("diverged at step {step}"),
    }
}

/// The name of what wrote a session, for scripts.
pub const fn writer_key(writer: Writer) -> &'static str {
    match writer {
        Writer::Window => "window",
        Writer::Compare => "compare",
        Writer::Reproduce => "reproduce",
        Writer::Gather => "gather",
    }
}

/// Seconds since 1970 began.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A time such as "2026-03-01 17:05 UTC". Days are counted by Howard Hinnant's `civil_from_days`.
pub fn utc(time: SystemTime) -> String {
    let seconds = unix_seconds(time);
    let (days, minutes) = (seconds / 86_400, seconds % 86_400 / 60);
    // Years begin in March there, so that leap days are last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + 400 * era + next;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_told_as_days_and_minutes() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00 UTC");
        assert_eq!(at(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(at(1_772_384_700), "2026-03-01 17:05 UTC");
        assert_eq!(at(1_798_761_599), "2026-12-31 23:59 UTC");
    }
}
