//! The session of a comparison as it is read: its settings, how far it came, and what of it need not be done again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::protocol::{Outcome, RunId, StepRow};
use crate::report::results::{AtOnce, CompareResult, CurveRow};
use crate::report::tuning::Try;
use crate::session::files::KeptFiles;
use crate::session::store::{Provenance, Recorder, Session, StoreError};

use super::CompareOptions;
use super::done::Done;
use super::keeping::Asked;
use super::settings::{Difference, Setting, first_difference};

/// The name of the session in the folder of a comparison.
pub const SESSION_FILE: &str = "session.flatscape";

/// Keys of what a comparison keeps beside what every session has.
pub(super) mod keys {
    use crate::protocol::RunId;

    /// [`super::SettingsText`].
    pub const SETTINGS: &str = "comparison settings";
    /// [`super::FrameText`].
    pub const FRAME: &str = "comparison";
    /// [`super::Asked`].
    pub const ASKED: &str = "comparison asked for";
    /// [`super::TuningText`].
    pub const TUNING: &str = "comparison tuning";
    /// [`super::WrittenText`].
    pub const WRITTEN: &str = "comparison files";

    /// [`super::HalfText`] of a run or a try that is under way.
    pub fn half(run: RunId) -> String {
        format!("comparison run {}", run.0)
    }

    /// [`super::CurvesText`] of such a run.
    pub fn curves(run: RunId, part: usize) -> String {
        format!("comparison run {} curves {part}", run.0)
    }
}

/// What its figures depend on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SettingsText {
    pub settings: Vec<Setting>,
}

/// What is true of all of its runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct FrameText {
    /// Whether all runs have ended.
    pub is_finished: bool,
    pub at_once: usize,
    pub cores: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// All tries in their order, with those that are picked: there once the last one has ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct TuningText {
    pub tries: Vec<Try>,
}

/// Names of its files, in its folder: there once all of them are written, which is when it has ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct WrittenText {
    pub files: Vec<String>,
}

/// Where a run or a try was when its newest checkpoint was made, beside that.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct HalfText {
    /// The step of the checkpoint.
    pub step: u64,
    /// Seconds that it had taken.
    pub seconds: f64,
    /// Texts of its history.
    pub parts: usize,
    /// Its last step.
    pub last: StepRow,
    /// What a try was found to be on the validation examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Outcome>,
    /// The row of its history at that step, whose curvature may not be measured yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<CurveRow>,
    /// Its path, whose weights are with the checkpoint.
    pub path: PathText,
}

/// Rows of the history of a run that is under way, which are written once: charts thin theirs, files have all.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct CurvesText {
    pub rows: Vec<CurveRow>,
}

/// A path without its weights.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct PathText {
    pub stride: u64,
    pub offered: u64,
    /// Step, training loss and test loss of each point.
    pub points: Vec<(u64, f64, f64)>,
}

impl PathText {
    /// The name of the weights of a point in a checkpoint.
    pub fn weights_name(step: u64) -> String {
        format!("path {step}")
    }
}

/// A comparison as its session has it.
#[derive(Debug, Clone)]
pub struct KeptComparison {
    /// Where it was made.
    pub provenance: Provenance,
    /// What its figures depend on.
    pub settings: Vec<Setting>,
    /// Whether all of its runs have ended.
    pub is_finished: bool,
    /// How many runs were trained at once.
    pub at_once: AtOnce,
    /// Why another device than asked for was taken.
    pub notice: Option<String>,
    /// The files of it that were written, once all of them were.
    pub written: Option<Vec<String>>,
    /// The files that its experiment names.
    pub files: Vec<KeptFiles>,
    /// How it was asked for.
    pub asked: Asked,
    /// All tries in their order with those that are picked, once the last one has ended.
    pub tuning: Option<Vec<Try>>,
    /// The tries and runs that have ended.
    pub done: Done,
}

impl KeptComparison {
    /// Reads what a session has of a comparison; `None` where it is none's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(session: &Session) -> Result<Option<Self>, StoreError> {
        let Some(SettingsText { settings }) = text(session, keys::SETTINGS)? else { return Ok(None) };
        let FrameText { is_finished, at_once, cores, notice } = text(session, keys::FRAME)?.unwrap_or_default();
        Ok(Some(Self {
            provenance: session.provenance()?,
            settings,
            is_finished,
            at_once: AtOnce { runs: at_once.max(1), cores: cores.max(1) },
            notice,
            written: text(session, keys::WRITTEN)?.map(|WrittenText { files }| files),
            files: KeptFiles::of(session)?,
            asked: text(session, keys::ASKED)?.unwrap_or_default(),
            tuning: text(session, keys::TUNING)?.map(|TuningText { tries }| tries),
            done: Done { tries: session.tries()?, runs: session.results()? },
        }))
    }

    /// The first setting in which it differs from another comparison.
    #[must_use]
    pub fn difference(&self, options: &CompareOptions) -> Option<Difference> {
        first_difference(&self.settings, &options.settings())
    }

    /// Whether nothing is left to be done: all of its files were written into a folder, and are there.
    #[must_use]
    pub fn has_ended(&self, folder: &Path) -> bool {
        let is_there = |files: &Vec<String>| files.iter().all(|name| folder.join(name).exists());
        self.is_finished && self.written.as_ref().is_some_and(is_there)
    }

    /// Keeps in the session of a comparison that its files are written, which is the last that is done.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be kept; the comparison can then be gone on with, which writes its files again.
    pub fn end(path: &Path, files: Vec<String>) -> Result<(), StoreError> {
        let recorder = Recorder::open(path)?;
        recorder.keep(keys::WRITTEN, toml_of(&WrittenText { files }));
        recorder.flush()
    }

    /// Whether it was computed by the processor.
    #[must_use]
    pub fn is_of_cpu(&self) -> bool {
        is_cpu(&self.provenance.device)
    }

    /// What it found: the runs that have ended, in the order of the methods and seeds.
    #[must_use]
    pub fn result(&self) -> CompareResult {
        let listed =
            self.settings.iter().find(|(name, _)| name == "--optimizers").map_or("", |(_, list)| list.as_str());
        let mut runs = self.done.runs.clone();
        runs.sort_by_key(|run| (listed.split(',').position(|key| key == run.optimizer.key()), run.seed));
        CompareResult {
            device: self.provenance.device.clone(),
            notice: self.notice.clone(),
            at_once: self.at_once,
            runs,
            tuning: self.tuning.clone().unwrap_or_default(),
        }
    }
}

/// Whether a device is the processor, by its name.
pub(in crate::engine) fn is_cpu(device: &str) -> bool {
    device.starts_with("CPU")
}

/// Names the run at a place: all runs come first, and behind them all tries.
pub(super) fn run_id(place: usize) -> RunId {
    // There are 10 000 seeds of a few methods at most, and 1 000 tries.
    RunId(u32::try_from(place).unwrap_or(u32::MAX))
}

/// A text under a key; one that cannot be read counts as none.
pub(super) fn text<T: for<'de> Deserialize<'de>>(session: &Session, key: &str) -> Result<Option<T>, StoreError> {
    Ok(session.text(key)?.and_then(|text| toml::from_str(&text).ok()))
}

/// The text of what is kept under a key; `None` where it has none, which would be a mistake of ours and costs no figure.
pub(super) fn toml_of(value: &impl Serialize) -> Option<String> {
    toml::to_string(value).ok()
}
