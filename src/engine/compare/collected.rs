//! A session as a finished comparison, for the files of one. Nothing is measured: what is not there is not there.

use std::collections::BTreeMap;

use crate::config::{Experiment, KnobId, KnobValue, Knobs, OptimizerKind};
use crate::protocol::{KnobEdit, Origin};
use crate::report::results::{AtOnce, CompareResult, RunResult};
use crate::report::tuning::with_picked;
use crate::session::store::{KeptRun, Session, StoreError};

use super::error::EngineError;
use super::from_rows;
use super::keeping::Asked;
use super::kept::KeptComparison;

/// What files are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// The experiment with the values that its runs have.
    pub experiment: Experiment,
    /// What they found.
    pub result: CompareResult,
    /// How it was asked for; nothing of a window's.
    pub asked: Asked,
    /// What is missing or otherwise than in the files of a comparison, one sentence each.
    pub notes: Vec<String>,
}

impl Collected {
    /// Takes it from a session.
    ///
    /// # Errors
    /// [`EngineError`] where the session cannot be read, or no run of it was evaluated.
    pub fn of(session: &Session) -> Result<Self, EngineError> {
        let store = |err: StoreError| EngineError::session(&err);
        let kept = KeptComparison::read(session).map_err(store)?;
        let experiment = session.experiment().map_err(store)?.map(|kept| Experiment::from_toml(&kept.toml));
        let experiment = experiment.ok_or_else(|| nothing("has no experiment yet"))??;
        let collected = match kept {
            Some(kept) if kept.is_finished => {
                let result = kept.result();
                let experiment = with_picked(&experiment, &result.tuning);
                Self { experiment, result, asked: kept.asked, notes: Vec::new() }
            }
            kept => Self::from_runs(session, experiment, kept.as_ref()).map_err(store)?,
        };
        if collected.result.runs.is_empty() { Err(nothing("has no run that was evaluated")) } else { Ok(collected) }
    }

    /// Of a session of the window, or of a comparison that was stopped.
    fn from_runs(
        session: &Session,
        mut experiment: Experiment,
        kept: Option<&KeptComparison>,
    ) -> Result<Self, StoreError> {
        let mut notes = Vec::new();
        let ended = kept.map(|kept| kept.done.runs.clone()).unwrap_or_default();
        if kept.is_some() {
            notes.push(format!("the comparison was stopped: {} of its runs have ended", ended.len()));
        }
        let mut runs = Vec::new();
        let mut own: BTreeMap<OptimizerKind, Knobs> = BTreeMap::new();
        for run in session.runs()?.iter().filter(|run| run.removed.is_none()) {
            let is_it = |result: &&RunResult| {
                kept.is_some() && (result.optimizer, result.seed) == (run.info.optimizer, run.info.seed)
            };
            let rows = session.rows(run.info.run)?;
            let knobs = knobs_now(&run.info.knobs, &rows.journal);
            let common = own.entry(run.info.optimizer).or_insert_with(|| knobs.clone());
            if let Some(result) = ended.iter().find(is_it) {
                runs.push(result.clone());
                continue;
            }
            let grid = match session.slices(run.info.run)?.last() {
                Some(newest) if *common == knobs => Some(session.slice(newest.id)?),
                _ => None,
            };
            let had_slice = grid.is_some();
            match from_rows::result(run, &knobs, &rows, grid) {
                Some(result) => {
                    notes.extend(said(run, &result, (had_slice, *common == knobs), rows.journal.len()));
                    runs.push(result);
                }
                None => notes.push(format!("{} was not evaluated, and is left out", name(run))),
            }
        }
        take_knobs(&mut experiment, &own);
        notes.extend(several(&runs));
        let result = CompareResult {
            device: session.provenance()?.device,
            notice: kept.and_then(|kept| kept.notice.clone()),
            at_once: kept.map_or(AtOnce { runs: 1, cores: 1 }, |kept| kept.at_once),
            runs,
            tuning: kept.and_then(|kept| kept.tuning.clone()).unwrap_or_default(),
        };
        let asked = kept.map(|kept| kept.asked.clone()).unwrap_or_default();
        Ok(Self { experiment, result, asked, notes })
    }
}

fn nothing(what: &str) -> EngineError {
    EngineError::Session { words: format!("the session {what}, so there is nothing to write"), is_input: true }
}

fn name(run: &KeptRun) -> String {
    format!("run {} ({} seed {})", run.info.run.0, run.info.optimizer.label(), run.info.seed)
}

/// The knobs of a run as they stand at its end.
fn knobs_now(begun: &Knobs, journal: &[KnobEdit]) -> Knobs {
    let mut knobs = begun.clone();
    for edit in journal {
        // A journal holds only values that were accepted.
        let _ = knobs.set(edit.knob, edit.new);
    }
    knobs
}

/// Gives each method the knobs of its first run, so that captions and the experiment in the files are those of the runs.
fn take_knobs(experiment: &mut Experiment, own: &BTreeMap<OptimizerKind, Knobs>) {
    for (&kind, knobs) in own {
        let before = experiment.knobs(kind).ok();
        let differs = |id: &KnobId| before.as_ref().is_none_or(|before| before.value(*id) != knobs.value(*id));
        let values = KnobId::ALL.into_iter().filter(|id| id.applies_to(kind)).filter(differs);
        let values: Vec<_> = values.map(|id| (id, KnobValue::of(id, knobs.value(id)))).collect();
        experiment.optimizers.entry(kind).or_default().extend(values);
    }
}

/// What is missing of a run that is read from its rows, and what was otherwise.
fn said(run: &KeptRun, result: &RunResult, (had_slice, has_common): (bool, bool), turns: usize) -> Vec<String> {
    let (name, step) = (name(run), result.steps);
    let mut notes = Vec::new();
    if result.trace.probes == 0 {
        notes.push(format!("{name}: no trace was measured at step {step}, so it is null"));
    }
    if result.eigen.products == 0 {
        notes.push(format!("{name}: no eigenvalues were measured at step {step}, so they are null"));
    }
    if !has_common {
        notes.push(format!("{name} has other knobs than the first run of its method, so its slice is left out"));
    } else if had_slice && result.grid.is_none() {
        notes.push(format!("{name}: its newest slice is not of step {step}, and is left out"));
    } else if !had_slice {
        notes.push(format!("{name} has no slice"));
    }
    if turns > 0 {
        notes.push(format!("{name}: {turns} turns of knobs, so its settings are those of its end"));
    }
    if let Origin::Branch { run, step } = run.info.origin {
        notes.push(format!("{name} shares its steps up to {step} with run {}", run.0));
    }
    notes
}

/// Where the tables take several runs of a method and a seed for seeds of their own.
fn several(runs: &[RunResult]) -> Option<String> {
    let is_again = |(place, run): (usize, &RunResult)| {
        runs[..place].iter().any(|other| (other.optimizer, other.seed) == (run.optimizer, run.seed))
    };
    let has = runs.iter().enumerate().any(is_again);
    has.then(|| "some runs have the same method and seed: the tables count each of them as a seed".to_owned())
}
