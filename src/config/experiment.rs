//! An experiment: data, model, optimisers with their knobs, budget, and how the landscape is looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::error::within;
use super::{
    BaseKind, ConfigError, DataConfig, KeepRule, KnobGroup, KnobId, KnobValue, Knobs, LookConfig, ModelConfig,
    OptimizerKind, ScheduleConfig, SigmaScheduleConfig, StartConfig, builtin_model, bundled_weights, by_name, nearest,
    there,
};

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
    /// The network and its loss. A file may name a built-in model, with sizes as on the command line.
    #[serde(deserialize_with = "model_or_name")]
    pub model: ModelConfig,
    /// The weights that all runs start from; `None` for random ones of the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartConfig>,
    /// Which of a run's weights count at its end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep: KeepRule,
    /// What is done to the examples of every step of all runs; the same knobs under `train` go before it.
    #[serde(default, deserialize_with = "by_name::knobs", skip_serializing_if = "BTreeMap::is_empty")]
    pub augment: BTreeMap<KnobId, KnobValue>,
    /// Learning-rate schedule of all runs; the knobs `schedule…` go before it.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Schedule of NSO's σ; the knobs `sigma_schedule`, `sigma_start` and `sigma_end` go before it.
    #[serde(default)]
    pub sigma_schedule: SigmaScheduleConfig,
    /// Knobs that all optimisers share.
    #[serde(default, deserialize_with = "by_name::knobs")]
    pub train: BTreeMap<KnobId, KnobValue>,
    /// The optimisers to compare, each with the knobs in which it differs from `train`.
    #[serde(deserialize_with = "by_name::methods")]
    pub optimizers: BTreeMap<OptimizerKind, BTreeMap<KnobId, KnobValue>>,
    /// The live measurements.
    #[serde(default)]
    pub look: LookConfig,
}

/// A path from a folder; one of another machine stays.
fn joined(folder: &Path, path: &Path) -> PathBuf {
    if there(path).is_some() { path.to_owned() } else { folder.join(path) }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a model, or the name of a built-in one with its sizes, such as `"vit-tiny --classes 10"`.
fn model_or_name<'de, D: Deserializer<'de>>(from: D) -> Result<ModelConfig, D::Error> {
    struct ModelOrName;
    impl<'de> Visitor<'de> for ModelOrName {
        type Value = ModelConfig;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a model, or a built-in one such as \"vit-tiny --classes 10\"")
        }

        fn visit_str<E: de::Error>(self, words: &str) -> Result<ModelConfig, E> {
            builtin_model(words).map_err(E::custom)
        }

        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<ModelConfig, M::Error> {
            ModelConfig::deserialize(MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_any(ModelOrName)
}

const BUILTIN: &[&str] = &[
    include_str!("../../assets/experiments/moons-mlp.toml"),
    include_str!("../../assets/experiments/digits-mlp.toml"),
    include_str!("../../assets/experiments/digits-cnn.toml"),
    include_str!("../../assets/experiments/vit-digits.toml"),
    include_str!("../../assets/experiments/gpt-mini-sums.toml"),
    include_str!("../../assets/experiments/clip-scenes.toml"),
    include_str!("../../assets/experiments/gpt-mini-chains.toml"),
    include_str!("../../assets/experiments/gpt-mini-subtractions.toml"),
    include_str!("../../assets/experiments/resnet8-glyphs.toml"),
    include_str!("../../assets/experiments/resnet8-digits.toml"),
    include_str!("../../assets/experiments/resnet8-shapes.toml"),
    include_str!("../../assets/experiments/resnet8-textures.toml"),
    include_str!("../../assets/experiments/resnet8-lesions.toml"),
    include_str!("../../assets/experiments/resnet8-handwriting.toml"),
    include_str!("../../assets/experiments/resnet8-counts.toml"),
    include_str!("../../assets/experiments/matrix-sensing.toml"),
    include_str!("../../assets/experiments/matrix-sensing-full.toml"),
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
        let mut knobs = Knobs::of(optimizer).with_schedules(self.schedule, self.sigma_schedule);
        let own = self.optimizers.get(&optimizer);
        for (&id, &value) in self.augment.iter().chain(&self.train).chain(own.into_iter().flatten()) {
            knobs.set(id, value.for_knob(id)?)?;
        }
        if knobs.nesterov && knobs.momentum == 0.0 && knobs.base == BaseKind::Sgd {
            return Err(ConfigError::OutOfRange {
                name: "nesterov".to_owned(),
                value: "true".to_owned(),
                expected: "false where momentum is 0".to_owned(),
            });
        }
        Ok(knobs)
    }

    /// Takes a relative path of the data, or of the weights to start from, as one from `folder`, where the experiment's file
    /// lies.
    pub fn resolve_paths(&mut self, folder: &Path) {
        if let Some(start) = self.start.as_mut().filter(|start| bundled_weights(&start.weights).is_none()) {
            start.weights = joined(folder, &start.weights);
        }
        if let Some(path) = &mut self.data.path {
            *path = joined(folder, path);
        }
        // `bytes` is a word and no file.
        if let Some(path) = self.data.tokenizer.as_mut().filter(|path| path.as_os_str() != "bytes") {
            *path = joined(folder, path);
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
                expected: format!("at least one of {}", OptimizerKind::ALL.map(OptimizerKind::key).join(", ")),
            });
        }
        if let Some(id) = self.augment.keys().find(|id| id.spec().group != KnobGroup::Examples) {
            return Err(ConfigError::UnknownName {
                kind: "setting of `augment`",
                name: id.spec().key.to_owned(),
                nearest: nearest(id.spec().key, KnobId::of(KnobGroup::Examples).map(|id| id.spec().key)),
            });
        }
        if self.start.as_ref().is_some_and(|start| start.weights.as_os_str().is_empty()) {
            return Err(ConfigError::out_of_range("start.weights", "empty", "the file of weights to start from"));
        }
        if self.start.as_ref().is_some_and(|start| start.key.as_ref().is_some_and(|key| key.trim().is_empty())) {
            let expected = "the key of a state dict in `start.weights`, or no key";
            return Err(ConfigError::out_of_range("start.key", "empty", expected));
        }
        if self.keep == KeepRule::BestValidation && self.data.validation_size == 0 {
            return Err(ConfigError::out_of_range(
                "keep",
                "best-validation",
                "last where `data.validation_size` is 0: without validation examples no weights are best",
            ));
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

    /// The experiment with a knob of one optimiser set.
    ///
    /// # Errors
    /// [`ConfigError::NotReadBy`] where the optimiser does not read it.
    pub(super) fn with_knob(
        &self,
        optimizer: OptimizerKind,
        id: KnobId,
        value: KnobValue,
    ) -> Result<Self, ConfigError> {
        if !id.applies_to(optimizer) {
            let readers: Vec<&str> = id.readers().map(OptimizerKind::label).collect();
            return Err(ConfigError::NotReadBy {
                key: id.spec().key,
                optimizer: optimizer.label(),
                readers: readers.join(", "),
            });
        }
        let mut changed = self.clone();
        changed.optimizers.entry(optimizer).or_default().insert(id, value);
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_name_a_built_in_model() {
        let text = builtin_experiment("moons-mlp").unwrap().to_toml();
        let mut table: toml::Table = toml::from_str(&text).unwrap();
        let mut read = |model: toml::Value| {
            table.insert("model".to_owned(), model);
            Experiment::from_toml(&toml::to_string(&table).unwrap())
        };
        let named = read("vit-tiny --classes 3 --depth 1".into()).unwrap();
        assert_eq!(named.model, builtin_model("vit-tiny --classes 3 --depth 1").unwrap());
        assert_eq!(Experiment::from_toml(&named.to_toml()).unwrap(), named, "it is written out");
        let wrong = [
            (toml::Value::from("vit-tny"), "unknown built-in model `vit-tny`; did you mean `vit-tiny`?"),
            ("vit-tiny --heads 7".into(), "`--heads` is 7, expected a divisor of the width 192"),
            (3.into(), "expected a model, or a built-in one such as \"vit-tiny --classes 10\""),
            (toml::Table::from_iter([("inptu".to_owned(), 3.into())]).into(), "unknown field `inptu`"),
        ];
        for (model, expected) in wrong {
            let message = read(model).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
