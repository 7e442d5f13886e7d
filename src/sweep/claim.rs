//! Claims: a worker that chooses its units by itself says which one it is at, so that another takes a different one.
//!
//! A claim only saves work. It is a file that its worker rewrites every few seconds with a number that counts up; who waits for
//! the unit watches that number by a clock of its own, so that no two clocks are compared. A number that stands still belongs to
//! a worker that is gone, and its claim is taken over. Where two take one over at the same time, both do the unit.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::session::whole::write_beside;

/// A worker says that it lives so often.
pub const BEAT: Duration = Duration::from_secs(3);
/// A claim that did not change for so long belongs to nobody: ten beats, since a file system over a network may be late.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A claim that is held until it is dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    worker: String,
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    beats: Option<JoinHandle<()>>,
}

/// What happened when a unit was claimed.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(Claim),
    /// Another worker has it; what its file says now.
    Others(String),
}

impl Claim {
    /// Claims what nobody has claimed. Where no file can be made the unit is taken for unclaimed: the result is what counts.
    #[must_use]
    pub fn take(path: &Path, worker: &str, beat: Duration) -> Claimed {
        match fs::File::create_new(path) {
            Ok(mut file) => {
                // Whoever reads it before this is written finds an empty claim, which is one too.
                let _ = file.write_all(text(worker, 0).as_bytes());
                Claimed::Ours(Self::hold(path, worker, beat))
            }
            Err(err) if err.kind() == std::io::ErrorKind::AlreadyExists => {
                Claimed::Others(fs::read_to_string(path).unwrap_or_default())
            }
            Err(_) => Claimed::Ours(Self::hold(path, worker, beat)),
        }
    }

    /// Claims it whoever has it.
    #[must_use]
    pub fn take_over(path: &Path, worker: &str, beat: Duration) -> Self {
        let _ = write_beside(path, &text(worker, 0));
        Self::hold(path, worker, beat)
    }

    fn hold(path: &Path, worker: &str, beat: Duration) -> Self {
        let (stop, stopped) = bounded(0);
        let (own, name) = (path.to_owned(), worker.to_owned());
        let beats = Builder::new().name("claim".to_owned()).spawn(move || keep_beating(&own, &name, beat, &stopped));
        // Without a thread the claim looks abandoned after a while, and the unit may be done twice.
        Self { path: path.to_owned(), worker: worker.to_owned(), stop: Some(stop), beats: beats.ok() }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(beats) = self.beats.take() {
            let _ = beats.join();
        }
        // One that was taken over is another's by now.
        if fs::read_to_string(&self.path).is_ok_and(|found| is_of(&found, &self.worker)) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Says that the worker lives, until it is stopped or another has taken the claim over.
fn keep_beating(path: &Path, worker: &str, beat: Duration, stopped: &Receiver<()>) {
    for number in 1_u64.. {
        match stopped.recv_timeout(beat) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return,
        }
        match fs::read_to_string(path) {
            Ok(found) if !found.is_empty() && !is_of(&found, worker) => return,
            // A full disk is no reason to end: the result will say so.
            _ => drop(write_beside(path, &text(worker, number))),
        }
    }
}

fn text(worker: &str, number: u64) -> String {
    format!("{worker}\n{number}\n")
}

fn is_of(text: &str, worker: &str) -> bool {
    text.lines().next() == Some(worker)
}

/// The name of this process among all workers.
#[must_use]
pub fn worker_name() -> String {
    let host = sysinfo::System::host_name().unwrap_or_else(|_| "a machine".to_owned());
    format!("{host}, process {}", std::process::id())
}

/// The claims of others, and since when each has not changed.
#[derive(Debug, Default)]
pub struct Watched {
    seen: HashMap<String, (String, Instant)>,
}

impl Watched {
    /// Whether the claim of a unit has stood still for `patience`; `text` is what its file says now.
    pub fn is_abandoned(&mut self, id: &str, text: &str, now: Instant, patience: Duration) -> bool {
        match self.seen.get(id) {
            Some((before, since)) if before == text => now.duration_since(*since) >= patience,
            _ => {
                self.seen.insert(id.to_owned(), (text.to_owned(), now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    #[test]
    fn one_of_many_has_a_claim_until_it_drops_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let Claimed::Ours(claim) = Claim::take(&path, "one", BEAT) else { panic!("it is free") };
        let Claimed::Others(found) = Claim::take(&path, "two", BEAT) else { panic!("it is taken") };
        assert_eq!(found, "one\n0\n");
        drop(claim);
        assert!(!path.exists());
        assert!(matches!(Claim::take(&path, "two", BEAT), Claimed::Ours(_)));
    }

    #[test]
    fn a_worker_that_lives_is_waited_for_and_one_that_is_gone_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let Claimed::Ours(claim) = Claim::take(&path, "one", SHORT) else { panic!("it is free") };
        let read = || fs::read_to_string(&path).unwrap_or_default();
        let begun = Instant::now();
        while !read().starts_with("one\n2") {
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", read());
            std::thread::sleep(SHORT);
        }
        let (mut watched, start) = (Watched::default(), Instant::now());
        assert!(!watched.is_abandoned("a", "one\n1\n", start, PATIENCE));
        assert!(!watched.is_abandoned("a", "one\n2\n", start + 2 * PATIENCE, PATIENCE), "it has changed");
        assert!(!watched.is_abandoned("a", "one\n2\n", start + 2 * PATIENCE + BEAT, PATIENCE));
        assert!(watched.is_abandoned("a", "one\n2\n", start + 3 * PATIENCE, PATIENCE));

        let other = Claim::take_over(&path, "two", BEAT);
        drop(claim);
        assert_eq!(read(), "two\n0\n", "the first one leaves the claim of the second alone");
        drop(other);
        assert!(!path.exists());
    }
}
