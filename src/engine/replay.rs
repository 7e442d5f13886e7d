//! The runs of a session repeated, and every stored row and weight held against what comes out.
//!
//! A run is a function of configuration, seed, journal and where it began, so each is repeated by itself from its first stored
//! start: a branch from the start of the run whose steps it shares, with the methods and the knobs that it took on its way. Where it
//! began at initial weights these are drawn anew; other starts, places of slices and files, are taken from the session.
//!
//! Curvature that a window measured is not repeated: at which step and from which vectors it was depends on how fast the machine was.
//! A comparison measures at steps, so its curvature is.

mod against;
mod column;
mod course;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{DeviceChoice, Experiment};
use crate::model::Compute;
use crate::protocol::{Origin, RunId};
use crate::session::files::{KeptFiles, first_change};
use crate::session::store::{KeptRun, Session, StoreError, Writer};
use crate::train::{Prepared, Task};

use super::compare::{EngineError, is_cpu, other_device};
use super::devices::open_all;
use against::Against;
pub use column::Parting;
use course::Course;

/// What is repeated, and how it is held against the session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayOptions {
    /// One run alone; all where that is `None`.
    pub run: Option<RunId>,
    /// The last step; that of the session where that is `None`.
    pub to: Option<u64>,
    /// Where to compute; `Auto` takes the kind of device that the session was made on.
    pub device: DeviceChoice,
    /// Numbers are the same that differ by no more than this share of the larger one; 0 takes every bit.
    pub tolerance: f64,
}

/// What a replay tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReplayNews<'a> {
    /// What was done to files on their way, what the device is, and what is not repeated: one sentence each.
    Notes(&'a [String]),
    /// How far it is.
    Progress {
        /// The run.
        run: &'a KeptRun,
        /// Steps of it that are repeated, and that there are.
        steps: [u64; 2],
        /// The share of all steps that is over, from 0 to 1.
        share: f64,
    },
}

/// How a replay ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Replayed {
    /// All numbers are the same.
    Agrees(Agreed),
    /// Two are not; the first that was found.
    Parts(Parting),
}

/// How much was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreed {
    /// Runs.
    pub runs: usize,
    /// Steps that were repeated.
    pub steps: u64,
    /// Rows.
    pub rows: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Weights of them, all together.
    pub weights: u64,
}

/// Repeats the runs of a session.
///
/// # Errors
/// [`EngineError`] where the session, its files or the device cannot be used, or `cancel` was set.
pub fn replay_session(
    session: &Session,
    options: &ReplayOptions,
    progress: &mut dyn FnMut(ReplayNews),
    cancel: &AtomicBool,
) -> Result<Replayed, EngineError> {
    if let Some(words) = first_change(&store(KeptFiles::of(session))?) {
        return Err(bad(format!("{words}, so the runs of the session cannot be repeated")));
    }
    let mut runs = store(session.runs())?;
    let (repeated, notes) = choose(&mut runs, options)?;
    progress(ReplayNews::Notes(&notes));
    let experiment = store(session.experiment())?.ok_or_else(|| bad("the session has no experiment yet".to_owned()))?;
    let prepared = Prepared::new(Arc::new(Experiment::from_toml(&experiment.toml)?))?;
    progress(ReplayNews::Notes(&prepared.notes()));
    let provenance = store(session.provenance())?;
    let choice = match options.device {
        DeviceChoice::Auto if is_cpu(&provenance.device) => DeviceChoice::Cpu,
        DeviceChoice::Auto => DeviceChoice::Gpu,
        asked => asked,
    };
    let device = open_all(choice).map_err(EngineError::Device)?.used;
    progress(ReplayNews::Notes(other_device(&provenance, &device).as_slice()));
    let with_curvature = provenance.writer != Writer::Window;
    let first = task(&prepared, device.compute);
    drop(prepared);

    let mut courses = Vec::new();
    for run in repeated {
        courses.push(store(Course::read(session, run, with_curvature, options.to))?);
    }
    progress(ReplayNews::Notes(&left(&courses, store(session.tries())?.len())));
    let all: u64 = courses.iter().map(Course::last_step).sum();
    let (mut agreed, mut before) = (Agreed::default(), 0);
    for course in courses {
        let last = course.last_step();
        let kept = course.run.clone();
        let mut tell = |done: u64| {
            let share = (before + done) as f64 / all.max(1) as f64;
            progress(ReplayNews::Progress { run: &kept, steps: [done, last], share });
        };
        let against = Against { session, tolerance: options.tolerance, stop: &|| cancel.load(Ordering::Relaxed) };
        match against.repeat(course, &first, &mut tell)? {
            Ok(found) => agreed.add(found),
            Err(parting) => return Ok(Replayed::Parts(parting)),
        }
        before += last;
    }
    Ok(Replayed::Agrees(agreed))
}

impl Agreed {
    const fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.rows += other.rows;
        self.checkpoints += other.checkpoints;
        self.weights += other.weights;
    }
}

/// The runs that are repeated, and what is said of those that are not.
fn choose<'a>(
    runs: &'a mut [KeptRun],
    options: &ReplayOptions,
) -> Result<(Vec<&'a KeptRun>, Vec<String>), EngineError> {
    runs.sort_by_key(|kept| kept.info.run);
    if let Some(id) = options.run
        && !runs.iter().any(|kept| kept.info.run == id)
    {
        let there: Vec<String> = runs.iter().map(|kept| kept.info.run.0.to_string()).collect();
        let there = if there.is_empty() { "none: it has no runs".to_owned() } else { there.join(", ") };
        return Err(bad(format!("`--run` is {}, expected one of the session's: {there}", id.0)));
    }
    let asked = runs.iter().filter(|kept| options.run.is_none_or(|id| id == kept.info.run));
    let (followed, own): (Vec<_>, Vec<_>) = asked.partition(|kept| matches!(kept.info.origin, Origin::Folder(_)));
    let note = |kept: &&KeptRun| format!("run {} was trained elsewhere, and is not repeated", kept.info.run.0);
    Ok((own, followed.iter().map(note).collect()))
}

/// What is stored and not held against anything, one sentence each.
fn left(courses: &[Course], num_tries: usize) -> Vec<String> {
    let rows: usize = courses.iter().map(|course| course.num_left).sum();
    let rows = (rows > 0).then(|| {
        format!("{rows} rows of curvature are not repeated: what a window measures when depends on its speed")
    });
    let tries = (num_tries > 0).then(|| format!("{num_tries} tries of tuning are not repeated"));
    rows.into_iter().chain(tries).collect()
}

/// What all runs share, on a device.
fn task(prepared: &Prepared, compute: Compute) -> Arc<Task> {
    Arc::new(prepared.task(prepared.experiment().seed, compute))
}

fn bad(words: String) -> EngineError {
    EngineError::Session { words, is_input: true }
}

fn store<T>(read: Result<T, StoreError>) -> Result<T, EngineError> {
    read.map_err(|err| EngineError::session(&err))
}
