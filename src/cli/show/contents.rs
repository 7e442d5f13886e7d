//! What a session has, as scripts read it and as the tables are made of.

use std::path::Path;

use serde::Serialize;

use crate::cli::session::{origin_words, state_words, unix_seconds, utc, writer_key};
use crate::config::{Experiment, OptimizerKind};
use crate::engine::KeptComparison;
use crate::protocol::{AlertRow, EvalRow, JobEnd, KnobEdit, RunRows};
use crate::session::files::KeptFiles;
use crate::session::store::{KeptRun, Measured, Session, StoreError};

/// All that is told of a session.
#[derive(Debug, Serialize)]
pub struct Contents {
    pub session: String,
    pub version: String,
    pub writer: &'static str,
    pub device: String,
    pub processor: String,
    /// Seconds since 1970 began.
    pub created: u64,
    #[serde(skip)]
    pub created_words: String,
    pub experiment: Option<ExperimentInfo>,
    /// The files that the experiment names, as they were when the session began.
    pub files: Vec<KeptFiles>,
    /// Of a session of `compare` or `reproduce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonInfo>,
    pub runs: Vec<RunInfo>,
    pub measured: Vec<MeasuredInfo>,
    pub size: SizeInfo,
    /// What is wrong with the file, one sentence each.
    pub damage: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct ExperimentInfo {
    pub name: String,
    pub title: String,
    pub parameters: usize,
    pub budget: u64,
    pub toml: String,
}

#[derive(Debug, Serialize)]
pub struct ComparisonInfo {
    /// All of its runs have ended.
    pub finished: bool,
    /// All of its files were written.
    pub written: bool,
    /// Runs that have ended, and tries of tuning.
    pub runs: usize,
    pub tries: usize,
    /// What its figures depend on, by names.
    pub settings: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
pub struct RunInfo {
    pub run: u32,
    pub optimizer: OptimizerKind,
    pub seed: u64,
    pub begins_at: String,
    pub steps: u64,
    pub gradient_evaluations: u64,
    pub state: String,
    pub removed: bool,
    pub figures: Vec<Figure>,
    pub turns: Vec<Turn>,
    /// What alerts of the window said of it.
    pub alerts: Vec<AlertRow>,
    pub slices: Vec<SliceInfo>,
    /// Their steps.
    pub checkpoints: Vec<u64>,
    pub rows: RowCounts,
}

/// A figure with the newest value and, of what is to be small or large, the best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub last: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<At>,
}

/// A value and its step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct At {
    pub value: f64,
    pub step: u64,
}

#[derive(Debug, Serialize)]
pub struct Turn {
    pub step: u64,
    pub knob: &'static str,
    pub old: f64,
    pub new: f64,
}

#[derive(Debug, Serialize)]
pub struct SliceInfo {
    pub step: u64,
    pub points: [usize; 2],
    pub objective: String,
}

#[derive(Debug, Default, Serialize)]
pub struct RowCounts {
    pub steps: usize,
    pub evaluations: usize,
    pub traces: usize,
    pub eigenvalues: usize,
    pub streamed_traces: usize,
    pub streamed_eigenvalues: usize,
    pub tensor_traces: usize,
}

#[derive(Debug, Serialize)]
pub struct MeasuredInfo {
    pub run: u32,
    pub step: u64,
    pub name: &'static str,
    pub objective: String,
    pub ended: String,
}

#[derive(Debug, Serialize)]
pub struct SizeInfo {
    pub total: u64,
    pub free: u64,
    pub kinds: Vec<KindSize>,
}

#[derive(Debug, Serialize)]
pub struct KindSize {
    pub kind: &'static str,
    pub count: u64,
    pub bytes: u64,
}

impl Contents {
    /// Reads all of it; `damage` is what is known to be wrong.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(session: &Session, path: &Path, damage: &[String]) -> Result<Self, StoreError> {
        let provenance = session.provenance()?;
        let experiment = session.experiment()?.map(|kept| {
            // What an older version took may be refused by now: its text is told all the same.
            let read = Experiment::from_toml(&kept.toml).ok();
            ExperimentInfo {
                name: read.as_ref().map(|experiment| experiment.name.clone()).unwrap_or_default(),
                title: read.as_ref().map(|experiment| experiment.title.clone()).unwrap_or_default(),
                budget: read.map_or(0, |experiment| experiment.budget),
                parameters: kept.num_parameters,
                toml: kept.toml,
            }
        });
        let comparison = KeptComparison::read(session)?.map(|kept| ComparisonInfo {
            finished: kept.is_finished,
            written: kept.written.is_some(),
            runs: kept.done.runs.len(),
            tries: kept.done.tries.len(),
            settings: kept.settings,
        });
        let runs = session.runs()?.iter().map(|kept| RunInfo::read(session, kept)).collect::<Result<_, _>>()?;
        let sizes = session.sizes()?;
        let kinds = sizes.kinds.iter();
        Ok(Self {
            session: path.display().to_string(),
            version: provenance.version,
            writer: writer_key(provenance.writer),
            device: provenance.device,
            processor: provenance.processor,
            created: unix_seconds(provenance.created),
            created_words: utc(provenance.created),
            experiment,
            files: KeptFiles::of(session)?,
            comparison,
            runs,
            measured: session.measured()?.into_iter().map(MeasuredInfo::new).collect(),
            size: SizeInfo {
                total: sizes.total,
                free: sizes.free,
                kinds: kinds.map(|of| KindSize { kind: of.kind, count: of.count, bytes: of.bytes }).collect(),
            },
            damage: damage.to_vec(),
        })
    }
}

impl RunInfo {
    fn read(session: &Session, kept: &KeptRun) -> Result<Self, StoreError> {
        let info = &kept.info;
        let rows = session.rows(info.run)?;
        let last = |steps: Option<u64>, evals: Option<u64>| steps.max(evals).unwrap_or(0);
        let slices = session.slices(info.run)?.into_iter().map(|entry| SliceInfo {
            step: entry.tag.step,
            points: entry.points,
            objective: entry.objective,
        });
        Ok(Self {
            run: info.run.0,
            optimizer: info.optimizer,
            seed: info.seed,
            begins_at: origin_words(&info.origin),
            steps: last(rows.steps.last().map(|row| row.step), rows.evals.last().map(|row| row.step)),
            gradient_evaluations: last(
                rows.steps.last().map(|row| row.gradient_evaluations),
                rows.evals.last().map(|row| row.gradient_evaluations),
            ),
            state: state_words(kept.state),
            removed: kept.removed.is_some(),
            figures: figures(&rows),
            turns: rows.journal.iter().map(Turn::new).collect(),
            alerts: rows.alerts,
            slices: slices.collect(),
            checkpoints: session.checkpoints(info.run)?.iter().map(|entry| entry.step).collect(),
            rows: RowCounts {
                steps: rows.steps.len(),
                evaluations: rows.evals.len(),
                traces: rows.traces.len(),
                eigenvalues: rows.eigens.len(),
                streamed_traces: rows.streamed_traces.len(),
                streamed_eigenvalues: rows.streamed_eigens.len(),
                tensor_traces: rows.layer_traces.len(),
            },
        })
    }

    /// One of its figures.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

impl Turn {
    const fn new(edit: &KnobEdit) -> Self {
        Self { step: edit.step, knob: edit.knob.spec().key, old: edit.old, new: edit.new }
    }
}

impl MeasuredInfo {
    fn new(measured: Measured) -> Self {
        let ended = match measured.end {
            JobEnd::Complete => "complete".to_owned(),
            JobEnd::Cancelled => "cancelled".to_owned(),
            JobEnd::Failed(reason) => format!("failed: {reason}"),
        };
        let name = measured.request.what.label();
        Self { run: measured.run.0, step: measured.step, name, objective: measured.objective, ended }
    }
}

/// The newest and the best figures of a run.
fn figures(rows: &RunRows) -> Vec<Figure> {
    let evals = |value: fn(&EvalRow) -> Option<f64>| -> Vec<At> {
        rows.evals.iter().filter_map(|row| Some(At { value: value(row)?, step: row.step })).collect()
    };
    let least = |name, values: Vec<At>| figure(name, &values, Some(f64::lt));
    let greatest = |name, values: Vec<At>| figure(name, &values, Some(f64::gt));
    let newest = |name, values: Vec<At>| figure(name, &values, None);
    let all = [
        least("train_loss", evals(|row| Some(row.train_loss))),
        greatest("train_accuracy", evals(|row| Some(row.train_accuracy))),
        least("test_loss", evals(|row| Some(row.test_loss))),
        greatest("test_accuracy", evals(|row| Some(row.test_accuracy))),
        least("validation_loss", evals(|row| Some(row.validation?.loss))),
        greatest("validation_accuracy", evals(|row| Some(row.validation?.accuracy))),
        newest("trace", rows.traces.iter().map(|row| At { value: row.mean, step: row.step }).collect()),
        newest("lambda_max", rows.eigens.iter().map(|row| At { value: row.lambda_max, step: row.step }).collect()),
        newest("lambda_min", rows.eigens.iter().map(|row| At { value: row.lambda_min, step: row.step }).collect()),
    ];
    all.into_iter().flatten().collect()
}

/// A figure of these values, ascending by step; the best is the first that no other is better than. A figure that never is a number,
/// such as the accuracy of a regression, is none.
fn figure(name: &'static str, values: &[At], is_better: Option<fn(&f64, &f64) -> bool>) -> Option<Figure> {
    let last = *values.last()?;
    let finite = || values.iter().filter(|at| at.value.is_finite());
    finite().next()?;
    let best = is_better.and_then(|is_better| {
        finite().copied().reduce(|best, at| if is_better(&at.value, &best.value) { at } else { best })
    });
    Some(Figure { name, last, best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_the_first_of_equals_and_no_nan() {
        let at = |step, value| At { value, step };
        let values = vec![at(0, 3.0), at(1, f64::NAN), at(2, 1.0), at(3, 1.0), at(4, 2.0)];
        let least = figure("loss", &values, Some(f64::lt)).unwrap();
        assert_eq!((least.last, least.best), (at(4, 2.0), Some(at(2, 1.0))));
        let greatest = figure("accuracy", &values, Some(f64::gt)).unwrap();
        assert_eq!(greatest.best, Some(at(0, 3.0)));
        assert_eq!(figure("trace", &values, None).unwrap().best, None);
        assert_eq!(figure("accuracy", &[at(0, f64::NAN)], Some(f64::gt)), None);
        assert_eq!(figure("trace", &[], None), None);
    }
}
