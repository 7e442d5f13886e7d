//! The session of a comparison whose runs were done one by one, by whoever had time: what their results have of them, as a
//! comparison keeps it.
//!
//! A result has its evaluations, traces, last eigenvalues and slice. It has no states and no steps between, so that no run goes on
//! from here; a replay draws the initial weights anew and holds all that is there against what comes out.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{Experiment, Knobs};
use crate::model::Compute;
use crate::protocol::{Event, Origin, RunId, RunInfo};
use crate::report::results::{CompareResult, RunResult};
use crate::session::store::{Provenance, Recorder, StoreError};
use crate::train::{Prepared, Task};

use super::super::devices::processor;
use super::CompareOptions;
use super::error::EngineError;
use super::keep::throw_away;
use super::keeping::{Keeping, There};
use super::kept::{FrameText, SettingsText, WrittenText, keys, run_id, toml_of};

/// Rows that wait for the disk at most: far fewer than would be thinned.
const MOST_WAITING: usize = 4096;

/// A comparison that was put together.
#[derive(Debug)]
pub struct Gathered<'a> {
    /// What was compared, with its paths as they were written.
    pub options: &'a CompareOptions,
    /// Where relative paths are from.
    pub folder: &'a Path,
    /// What was found.
    pub result: &'a CompareResult,
    /// The version of the program that did the runs.
    pub version: &'a str,
    /// The processor that did them, where one did.
    pub processor: Option<&'a str>,
    /// The names of its files, which are written.
    pub written: Vec<String>,
}

impl Gathered<'_> {
    /// Keeps it in a session.
    ///
    /// # Errors
    /// [`EngineError`] where its files cannot be read any more, or the session cannot be written.
    pub fn keep(self, keeping: &Keeping) -> Result<(), EngineError> {
        let mut experiment = self.options.experiment.clone();
        experiment.resolve_paths(self.folder);
        let knobs = self.options.knobs(&experiment)?;
        let task = task(experiment)?;
        if keeping.there == There::ThrowAway {
            throw_away(&keeping.path).map_err(|err| EngineError::session(&err))?;
        }
        self.write(keeping, &task, &knobs).map_err(|err| EngineError::session(&err))
    }

    fn write(self, keeping: &Keeping, task: &Task, knobs: &[Knobs]) -> Result<(), StoreError> {
        let recorder = Recorder::create(
            &keeping.path,
            &Provenance {
                version: self.version.to_owned(),
                device: self.result.device.clone(),
                processor: self.processor.map_or_else(processor, str::to_owned),
                created: SystemTime::now(),
                writer: keeping.writer,
            },
        )?;
        task.files.keep(&recorder);
        let parameters = &task.network.architecture().parameters;
        recorder.tell(&Event::Started {
            experiment: Arc::clone(&task.experiment),
            num_parameters: task.network.num_parameters(),
            tensors: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            data: Arc::clone(&task.preview),
            runs: Vec::new(),
        });
        recorder.keep(keys::SETTINGS, toml_of(&SettingsText { settings: self.options.settings() }));
        recorder.keep(keys::ASKED, toml_of(&keeping.asked));
        let mut waiting = 0;
        for (place, result) in self.result.runs.iter().enumerate() {
            let of_method = self.options.optimizers.iter().zip(knobs).find(|(kind, _)| **kind == result.optimizer);
            let Some((_, knobs)) = of_method else { continue };
            waiting += tell(&recorder, run_id(place), knobs, result);
            if waiting > MOST_WAITING {
                recorder.flush()?;
                waiting = 0;
            }
        }
        let (at_once, notice) = (self.result.at_once, self.result.notice.clone());
        let frame = FrameText { is_finished: true, at_once: at_once.runs, cores: at_once.cores, notice };
        recorder.keep(keys::FRAME, toml_of(&frame));
        recorder.keep(keys::WRITTEN, toml_of(&WrittenText { files: self.written }));
        recorder.flush()
    }
}

/// What all runs share, as the processor reads it: nothing is computed.
fn task(experiment: Experiment) -> Result<Task, EngineError> {
    let prepared = Prepared::new(Arc::new(experiment))?;
    Ok(prepared.task(prepared.experiment().seed, Compute::cpu()))
}

/// Tells what a result has of its run. The number of rows.
fn tell(recorder: &Recorder, run: RunId, knobs: &Knobs, result: &RunResult) -> usize {
    let (optimizer, seed, knobs) = (result.optimizer, result.seed, knobs.clone());
    recorder.tell(&Event::RunAdded(RunInfo { run, optimizer, seed, knobs, origin: Origin::Initial }));
    for row in &result.curves {
        recorder.tell(&Event::Evaluated { run, row: row.eval });
        if let Some(row) = row.trace {
            recorder.tell(&Event::Trace { run, row });
        }
    }
    // Along its way a result has no residuals.
    if result.eigen.products > 0 {
        recorder.tell(&Event::Eigen { run, row: result.eigen });
    }
    if let Some(grid) = &result.grid {
        let mut grid = grid.clone();
        grid.run = run;
        recorder.slice(&Arc::new(grid));
    }
    recorder.result(result.clone());
    recorder.tell(&match result.diverged_at {
        Some(step) => Event::Diverged { run, step, last_good_step: result.steps },
        None => Event::Finished { run },
    });
    2 * result.curves.len()
}
