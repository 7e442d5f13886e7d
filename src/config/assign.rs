//! Assignments such as `nso.sigma=0.02`, as `--set` takes them.

use super::{ConfigError, DataSource, Experiment, KnobId, KnobValue, OptimizerKind, nearest};

/// Settings that a file leaves out while they have no value, each with a value of its kind.
const UNSET: [(&str, Unset); 19] = [
    ("data.examples", Unset::Text),
    ("data.text_column", Unset::Text),
    ("data.labels", Unset::Text),
    ("data.label_column", Unset::Text),
    ("data.header", Unset::Switch),
    ("data.tokenizer", Unset::Text),
    ("data.validation_size", Unset::Count),
    ("data.resize", Unset::Count),
    ("data.mean", Unset::List),
    ("data.std", Unset::List),
    ("data.rank", Unset::Count),
    ("data.operation", Unset::Text),
    ("data.steps", Unset::Switch),
    ("data.held_out", Unset::Count),
    ("keep", Unset::Text),
    ("start.weights", Unset::Text),
    ("start.key", Unset::Text),
    ("start.fresh", Unset::List),
    ("start.frozen", Unset::List),
];
/// Sections of settings that are no knobs.
const SECTIONS: [&str; 3] = ["data", "look", "start"];

/// The kind of a setting that has no value.
#[derive(Debug, Clone, Copy)]
enum Unset {
    Text,
    Switch,
    Count,
    List,
}

/// A value of the kind that such a setting has.
fn unset(name: &str) -> Option<toml::Value> {
    let (_, kind) = UNSET.iter().find(|(unset, _)| *unset == name)?;
    Some(match kind {
        Unset::Text => toml::Value::String(String::new()),
        Unset::Switch => toml::Value::Boolean(false),
        Unset::Count => toml::Value::Integer(0),
        Unset::List => toml::Value::Array(Vec::new()),
    })
}

impl Experiment {
    /// Applies one `--set` assignment: `learning_rate=0.1` for all optimisers, `nso.sigma=0.02` for one,
    /// `data.label_noise=0.2`, `look.range=2`, or `budget=1000` and `seed=1`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key or value and what was expected; the experiment is then as it was.
    pub fn assign(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let (key, value) = assignment.split_once('=').ok_or_else(|| ConfigError::NotAnAssignment {
            text: assignment.to_owned(),
            expected: "KEY=VALUE such as nso.sigma=0.02",
        })?;
        let (key, value) = (key.trim(), value.trim());
        let changed = match key.split_once('.') {
            Some(("start", field)) => self.starting_from_something().with_field(Some("start"), field, value)?,
            Some((section, field)) if SECTIONS.contains(&section) => self.with_field(Some(section), field, value)?,
            Some(("augment", knob)) => {
                let id = KnobId::parse(knob)?;
                let mut changed = self.clone();
                changed.augment.insert(id, KnobValue::parse(id, key, value)?);
                changed
            }
            Some((optimizer, knob)) => {
                let optimizer = OptimizerKind::parse(optimizer).map_err(|_| ConfigError::UnknownName {
                    kind: "section of settings",
                    name: optimizer.to_owned(),
                    nearest: nearest(
                        optimizer,
                        OptimizerKind::ALL.iter().map(|kind| kind.key()).chain(SECTIONS).chain(["augment"]),
                    ),
                })?;
                let id = KnobId::parse(knob)?;
                self.with_knob(optimizer, id, KnobValue::parse(id, key, value)?)?
            }
            None if ["budget", "seed", "keep"].contains(&key) => self.with_field(None, key, value)?,
            None => {
                let id = KnobId::parse(key)?;
                let mut changed = self.clone();
                for own in changed.optimizers.values_mut() {
                    own.remove(&id);
                }
                changed.train.insert(id, KnobValue::parse(id, key, value)?);
                changed
            }
        };
        changed.validate()?;
        *self = changed;
        Ok(())
    }

    /// The experiment with a start, so that its parts can be set.
    fn starting_from_something(&self) -> Self {
        let start = self.start.clone().unwrap_or_default();
        Self { start: Some(start), ..self.clone() }
    }

    /// Replaces one field through its TOML form, so that fields need no second list of names.
    fn with_field(&self, section: Option<&str>, field: &str, value: &str) -> Result<Self, ConfigError> {
        let name = section.map_or_else(|| field.to_owned(), |section| format!("{section}.{field}"));
        let mut document =
            toml::Table::try_from(self).map_err(|err| ConfigError::Syntax { message: err.to_string() })?;
        let table = match section {
            Some(section) => document
                .get_mut(section)
                .and_then(toml::Value::as_table_mut)
                .expect("data and look are tables of every experiment, and a start was given one"),
            None => &mut document,
        };
        let Some(old) = table.get(field).cloned().or_else(|| unset(&name)) else {
            let mut names: Vec<String> = table.keys().cloned().collect();
            let own = |name: &str| match (name.split_once('.'), section) {
                (Some((of, field)), Some(section)) => (of == section).then(|| field.to_owned()),
                _ => None,
            };
            names.extend(UNSET.iter().filter_map(|(name, _)| own(name)).filter(|name| !table.contains_key(name)));
            return Err(ConfigError::UnknownName {
                kind: "setting",
                name,
                nearest: nearest(field, names.iter().map(String::as_str)),
            });
        };
        let expected = match old {
            toml::Value::Integer(_) => "a whole number of at least 0",
            toml::Value::Float(_) => "a number",
            toml::Value::Boolean(_) => "true, false or auto",
            toml::Value::Array(_) if section == Some("start") => "patterns with commas between them",
            toml::Value::Array(_) => "numbers with commas between them",
            _ if name == "data.labels" => "auto, classes or numbers",
            _ if name == "data.examples" => "auto, numbers, text or pairs",
            _ if name == "data.operation" => "add or subtract",
            _ if name == "keep" => "last or best-validation",
            _ => "a name",
        };
        let wrong =
            || ConfigError::OutOfRange { name: name.clone(), value: value.to_owned(), expected: expected.to_owned() };
        if matches!(old, toml::Value::Boolean(_)) && value == "auto" {
            table.remove(field);
            return document.try_into().map_err(|_| wrong());
        }
        let new = written(&old, value, section == Some("start")).ok_or_else(wrong)?;
        let sources = DataSource::ALL.map(DataSource::key);
        if name == "data.source" && !sources.contains(&value) {
            return Err(ConfigError::UnknownName {
                kind: "data source",
                name: value.to_owned(),
                nearest: nearest(value, sources),
            });
        }
        table.insert(field.to_owned(), new);
        document.try_into().map_err(|_| wrong())
    }
}

/// A value of the kind of `old`; lists have commas, and hold texts or numbers. `None` where the text is none.
fn written(old: &toml::Value, text: &str, is_of_texts: bool) -> Option<toml::Value> {
    Some(match old {
        toml::Value::Integer(_) => toml::Value::Integer(text.parse().ok()?),
        toml::Value::Float(_) => toml::Value::Float(text.parse().ok()?),
        toml::Value::Boolean(_) => toml::Value::Boolean(text.parse().ok()?),
        toml::Value::Array(_) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            let part = |part: &str| match is_of_texts {
                true => Some(toml::Value::String(part.to_owned())),
                false => part.parse().map(toml::Value::Float).ok(),
            };
            toml::Value::Array(parts.map(part).collect::<Option<_>>()?)
        }
        _ => toml::Value::String(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use crate::config::{DataSource, ExampleKind, Experiment, LabelKind, Operation, builtin_experiment};

    #[test]
    fn settings_that_a_file_leaves_out_can_be_given() {
        let mut experiment: Experiment = builtin_experiment("moons-mlp").unwrap();
        let message = experiment.assign("data.header=true").unwrap_err().to_string();
        assert!(message.contains("unless `data.source` is file"), "{message}");
        experiment.data.source = DataSource::File;
        experiment.data.path = Some("a.csv".into());
        for assignment in ["data.header=false", "data.label_column=price", "data.labels=numbers"] {
            experiment.assign(assignment).unwrap();
        }
        let data = &experiment.data;
        assert_eq!(
            (data.header, data.label_column.as_deref(), data.labels),
            (Some(false), Some("price"), LabelKind::Numbers)
        );
        experiment.assign("data.header=auto").unwrap();
        experiment.assign("data.labels=auto").unwrap();
        assert_eq!((experiment.data.header, experiment.data.labels), (None, LabelKind::Auto));
        for (assignment, expected) in [
            ("data.header=maybe", "expected true, false or auto"),
            ("data.labels=words", "expected auto, classes or numbers"),
            ("data.examples=words", "expected auto, numbers, text or pairs"),
            ("data.exampels=text", "`examples`"),
            ("data.labls=numbers", "`labels`"),
        ] {
            let message = experiment.assign(assignment).unwrap_err().to_string();
            assert!(message.contains(expected), "{assignment}: {message}");
        }
    }

    #[test]
    fn what_examples_are_and_which_state_dict_is_meant_can_be_given() {
        let mut experiment: Experiment = builtin_experiment("moons-mlp").unwrap();
        let message = experiment.assign("data.examples=text").unwrap_err().to_string();
        assert!(message.contains("unless `data.source` is file"), "{message}");
        experiment.data.source = DataSource::File;
        experiment.data.path = Some("a.csv".into());
        for assignment in
            ["data.examples=text", "data.text_column=review", "start.weights=w.pt", "start.key=ema.module"]
        {
            experiment.assign(assignment).unwrap();
        }
        let again = Experiment::from_toml(&experiment.to_toml()).unwrap();
        assert_eq!((again.data.examples, again.data.text_column.as_deref()), (ExampleKind::Text, Some("review")));
        assert_eq!(again.start.and_then(|start| start.key).as_deref(), Some("ema.module"));
        let message = experiment.assign("data.examples=numbers").unwrap_err().to_string();
        assert!(
            message.contains("`data.text_column` is review, expected none where `data.examples` is numbers"),
            "{message}"
        );
        let message = experiment.assign("start.key=").unwrap_err().to_string();
        assert!(message.contains("`start.key` is empty, expected the key of a state dict"), "{message}");
    }

    #[test]
    fn what_generated_data_are_made_of_can_be_given() {
        let mut experiment: Experiment = builtin_experiment("moons-mlp").unwrap();
        for assignment in ["data.source=chains", "data.operation=subtract", "data.steps=false", "data.rank=2"] {
            experiment.assign(assignment).unwrap();
        }
        let again = Experiment::from_toml(&experiment.to_toml()).unwrap().data;
        assert_eq!((again.source, again.operation, again.steps), (DataSource::Chains, Operation::Subtract, false));
        assert_eq!(again.rank, 2);
        for (assignment, expected) in [
            ("data.operation=times", "`data.operation` is times, expected add or subtract"),
            ("data.steps=some", "`data.steps` is some, expected true, false or auto"),
            ("data.step=true", "did you mean `steps`"),
        ] {
            let message = experiment.assign(assignment).unwrap_err().to_string();
            assert!(message.contains(expected), "{assignment}: {message}");
        }
    }

    #[test]
    fn pairs_of_scenes_can_be_held_out_and_of_nothing_else() {
        let mut experiment = builtin_experiment("clip-scenes").unwrap();
        for held_out in [0, 12, 4] {
            experiment.assign(&format!("data.held_out={held_out}")).unwrap();
            assert_eq!(experiment.data.held_out, held_out);
            assert_eq!(Experiment::from_toml(&experiment.to_toml()).unwrap().data, experiment.data);
        }
        let message = experiment.assign("data.held_out=13").unwrap_err().to_string();
        assert!(message.contains("data.held_out") && message.contains("12"), "{message}");
        let message = builtin_experiment("moons-mlp").unwrap().assign("data.held_out=1").unwrap_err().to_string();
        assert!(message.contains("0 unless `data.source` is scenes"), "{message}");
    }
}
