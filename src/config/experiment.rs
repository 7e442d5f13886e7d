//! An experiment: data, model, optimisers with their knobs, budget, and how the landscape is looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigError, KnobId, KnobValue, Knobs, ModelConfig, OptimizerKind, SigmaScheduleConfig, nearest};

/// Everything that defines the runs of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name on the command line.
    pub name: String,
    /// Name in the window.
    pub title: String,
    /// Two sentences: what it shows.
    pub about: String,
    /// Gradient evaluations of each run; the end of a headless run and the horizon of the schedule.
    pub budget: u64,
    /// Seed of the initial weights, the order of the data and the noise.
    #[serde(default)]
    pub seed: u64,
    /// The data set.
    pub data: DataConfig,
    /// The network and its loss.
    pub model: ModelConfig,
    /// Learning-rate schedule of all runs; the knobs `schedule…` go before it.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Schedule of NSO's σ; the knobs `sigma_schedule`, `sigma_start` and `sigma_end` go before it.
    #[serde(default)]
    pub sigma_schedule: SigmaScheduleConfig,
    /// Knobs that all optimisers share.
    #[serde(default)]
    pub train: BTreeMap<KnobId, KnobValue>,
    /// The optimisers to compare, each with the knobs in which it differs from `train`.
    pub optimizers: BTreeMap<OptimizerKind, BTreeMap<KnobId, KnobValue>>,
    /// The live measurements.
    #[serde(default)]
    pub look: LookConfig,
}

/// Where the examples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// 1 797 handwritten digits of 8×8 pixels in 10 classes.
    Digits,
    /// Two interleaved half circles.
    Moons,
    /// Two interleaved spirals.
    Spirals,
    /// A circle around a circle.
    Circles,
    /// Gaussian blobs in the plane.
    Blobs,
    /// A file or folder of the user's own, named by `data.path`.
    File,
}

impl DataSource {
    /// All that come with the program.
    pub const ALL: [Self; 5] = [Self::Digits, Self::Moons, Self::Spirals, Self::Circles, Self::Blobs];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Moons => "moons",
            Self::Spirals => "spirals",
            Self::Circles => "circles",
            Self::Blobs => "blobs",
            Self::File => "file",
        }
    }
}

/// What the labels of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelKind {
    /// What the model takes; without one, what they look like.
    #[default]
    Auto,
    /// Classes: words or whole numbers.
    Classes,
    /// Numbers, for a regression.
    Numbers,
}

impl LabelKind {
    /// Whether it is [`Self::Auto`].
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// The data set and its split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Where the examples come from.
    pub source: DataSource,
    /// The file or folder, for `source = "file"`; in an experiment file relative to that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// What the labels of the file are.
    #[serde(default, skip_serializing_if = "LabelKind::is_auto")]
    pub labels: LabelKind,
    /// The column of a CSV file that is the label: its name in the header, or its number from 1. `None` for the column `y`,
    /// `label` or `class`, else the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Training examples.
    pub train_size: usize,
    /// Test examples.
    pub test_size: usize,
    /// Seed of the split, of generated points and of flipped labels.
    #[serde(default)]
    pub seed: u64,
    /// Standard deviation of the points around their curve, for generated data.
    #[serde(default)]
    pub noise: f64,
    /// Number of classes, for blobs and spirals.
    #[serde(default = "two")]
    pub classes: usize,
    /// Share of the training labels that are replaced by another class, 0 to 1.
    #[serde(default)]
    pub label_noise: f64,
}

const fn two() -> usize {
    2
}

/// How the learning rate changes with the share of the budget that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum ScheduleConfig {
    /// It does not change.
    #[default]
    Constant,
    /// Half a cosine, from 1 at the start to 0 at the end of the budget.
    Cosine,
    /// Multiplied by `factor` after each `every` share of the budget.
    Step {
        /// Share of the budget between two drops, above 0 and at most 1.
        every: f64,
        /// What a drop multiplies the rate by, above 0 and at most 1.
        factor: f64,
    },
}

/// Share of the time that measurements get while runs train, until the user sets another.
pub const DEFAULT_LOOK_SHARE: f64 = 0.5;

/// How the landscape and the curvature are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookConfig {
    /// The slice reaches from −range to +range along both directions.
    pub range: f64,
    /// Points along each side of the finest slice, odd, so that the centre is one of them.
    pub resolution: usize,
    /// Training examples that losses, slices and curvature are measured on: the first so many.
    pub subset: usize,
    /// Probes of a Hutchinson trace.
    pub trace_probes: usize,
    /// Hessian-vector products of one Lanczos solve.
    pub lanczos_steps: usize,
    /// Steps between two evaluations of train and test loss.
    pub eval_every: u64,
    /// Seed of directions and probes.
    pub seed: u64,
}

impl Default for LookConfig {
    fn default() -> Self {
        Self { range: 1.0, resolution: 33, subset: 512, trace_probes: 64, lanczos_steps: 20, eval_every: 10, seed: 0 }
    }
}

const BUILTIN: &[&str] = &[
    include_str!("../../assets/experiments/moons-mlp.toml"),
    include_str!("../../assets/experiments/digits-mlp.toml"),
    include_str!("../../assets/experiments/digits-cnn.toml"),
];

/// The experiments that come with the program, in the order in which they are shown.
///
/// # Panics
/// Never in a released program: a test reads every embedded file.
#[must_use]
pub fn builtin_experiments() -> Vec<Experiment> {
    BUILTIN
        .iter()
        .map(|text| Experiment::from_toml(text).expect("embedded experiments are tested to be valid"))
        .collect()
}

/// Finds an experiment that comes with the program.
///
/// # Errors
/// [`ConfigError::UnknownName`] with the nearest name.
pub fn builtin_experiment(name: &str) -> Result<Experiment, ConfigError> {
    let all = builtin_experiments();
    let names: Vec<String> = all.iter().map(|experiment| experiment.name.clone()).collect();
    all.into_iter().find(|experiment| experiment.name == name).ok_or_else(|| ConfigError::UnknownName {
        kind: "experiment",
        name: name.to_owned(),
        nearest: format!("{}, or give the path of a .toml file", nearest(name, names.iter().map(String::as_str))),
    })
}

impl Experiment {
    /// Reads and validates an experiment file.
    ///
    /// # Errors
    /// [`ConfigError`] with the line for a syntax error or an unknown key, or the setting that is out of range.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let experiment: Self = toml::from_str(text).map_err(|err| ConfigError::from_toml(text, &err))?;
        experiment.validate()?;
        Ok(experiment)
    }

    /// The file's text.
    ///
    /// # Panics
    /// Never: every field has a TOML form.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("every field of an experiment has a TOML form")
    }

    /// The knobs that a run of `optimizer` starts with.
    ///
    /// # Errors
    /// [`ConfigError`] when a knob in the file has the wrong kind or is out of range.
    pub fn knobs(&self, optimizer: OptimizerKind) -> Result<Knobs, ConfigError> {
        let mut knobs = Knobs::default().with_schedules(self.schedule, self.sigma_schedule);
        let own = self.optimizers.get(&optimizer);
        for (&id, &value) in self.train.iter().chain(own.into_iter().flatten()) {
            knobs.set(id, value.for_knob(id)?)?;
        }
        if knobs.nesterov && knobs.momentum == 0.0 {
            return Err(ConfigError::OutOfRange {
                name: "nesterov".to_owned(),
                value: "true".to_owned(),
                expected: "false where momentum is 0".to_owned(),
            });
        }
        Ok(knobs)
    }

    /// Takes a relative path of the data as one from `folder`, where the experiment's file lies.
    pub fn resolve_paths(&mut self, folder: &Path) {
        if let Some(path) = &mut self.data.path {
            *path = folder.join(&*path);
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first setting that is out of range, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.optimizers.is_empty() {
            return Err(ConfigError::OutOfRange {
                name: "optimizers".to_owned(),
                value: "empty".to_owned(),
                expected: "at least one of sgd, sam, nso".to_owned(),
            });
        }
        for (&optimizer, own) in &self.optimizers {
            for &id in own.keys() {
                self.with_knob(optimizer, id, own[&id])?;
            }
            self.knobs(optimizer)?;
        }
        self.data.validate()?;
        self.look.validate()?;
        self.schedule.validate()?;
        self.sigma_schedule.validate()?;
        self.model.validate()?;
        within("budget", self.budget as f64, 1.0, 1e12)
    }
}

impl DataConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first setting that is out of range, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let is_file = self.source == DataSource::File;
        if is_file != self.path.as_ref().is_some_and(|path| !path.as_os_str().is_empty()) {
            return Err(ConfigError::OutOfRange {
                name: "data.path".to_owned(),
                value: self.path.as_ref().map_or_else(|| "missing".to_owned(), |path| path.display().to_string()),
                expected: if is_file { "the data's file or folder" } else { "none unless `data.source` is file" }
                    .to_owned(),
            });
        }
        if !is_file && (!self.labels.is_auto() || self.label_column.is_some()) {
            return Err(ConfigError::OutOfRange {
                name: "data.labels".to_owned(),
                value: "given".to_owned(),
                expected: "neither `labels` nor `label_column` unless `data.source` is file".to_owned(),
            });
        }
        within("data.train_size", self.train_size as f64, 1.0, 1e7)?;
        within("data.test_size", self.test_size as f64, 1.0, 1e7)?;
        within("data.noise", self.noise, 0.0, 10.0)?;
        within("data.label_noise", self.label_noise, 0.0, 1.0)?;
        within("data.classes", self.classes as f64, 2.0, 10.0)
    }
}

impl LookConfig {
    /// Checks the half-width of a slice and its points a side.
    ///
    /// # Errors
    /// The one that is out of range, with what was expected.
    pub fn validate_slice(range: f64, resolution: usize) -> Result<(), ConfigError> {
        Self { range, resolution, ..Self::default() }.validate()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        within("look.range", self.range, 1e-6, 1e3)?;
        within("look.resolution", self.resolution as f64, 3.0, 255.0)?;
        if self.resolution.is_multiple_of(2) {
            return Err(ConfigError::OutOfRange {
                name: "look.resolution".to_owned(),
                value: self.resolution.to_string(),
                expected: "an odd number, so that the centre is a point of the slice".to_owned(),
            });
        }
        within("look.subset", self.subset as f64, 1.0, 1e7)?;
        within("look.trace_probes", self.trace_probes as f64, 2.0, 1e5)?;
        within("look.lanczos_steps", self.lanczos_steps as f64, 2.0, 1e4)?;
        within("look.eval_every", self.eval_every as f64, 1.0, 1e9)
    }
}

impl ScheduleConfig {
    /// Factor of the learning rate when `progress` (0 to 1) of the budget is spent.
    #[must_use]
    pub fn factor(self, progress: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress.clamp(0.0, 1.0)).cos()),
            Self::Step { every, factor } => factor.powi((progress.clamp(0.0, 1.0) / every).floor() as i32),
        }
    }

    fn validate(self) -> Result<(), ConfigError> {
        match self {
            Self::Step { every, factor } => {
                within("schedule.every", every, 1e-6, 1.0)?;
                within("schedule.factor", factor, 1e-9, 1.0)
            }
            Self::Constant | Self::Cosine => Ok(()),
        }
    }
}

pub(super) fn within(name: &str, value: f64, min: f64, max: f64) -> Result<(), ConfigError> {
    if value.is_finite() && value >= min && value <= max {
        return Ok(());
    }
    Err(ConfigError::OutOfRange {
        name: name.to_owned(),
        value: value.to_string(),
        expected: format!("a number from {min} to {max}"),
    })
}
