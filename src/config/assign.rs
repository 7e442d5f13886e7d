//! Assignments such as `nso.sigma=0.02`, as `--set` takes them.

use super::{ConfigError, DataSource, Experiment, KnobId, KnobValue, OptimizerKind, nearest};

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
            Some((section @ ("data" | "look"), field)) => self.with_field(Some(section), field, value)?,
            Some((optimizer, knob)) => {
                let optimizer = OptimizerKind::parse(optimizer).map_err(|_| ConfigError::UnknownName {
                    kind: "section of settings",
                    name: optimizer.to_owned(),
                    nearest: nearest(
                        optimizer,
                        OptimizerKind::ALL.iter().map(|kind| kind.key()).chain(["data", "look"]),
                    ),
                })?;
                let id = KnobId::parse(knob)?;
                self.with_knob(optimizer, id, KnobValue::parse(id, key, value)?)?
            }
            None if key == "budget" || key == "seed" => self.with_field(None, key, value)?,
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

    /// Replaces one field through its TOML form, so that fields need no second list of names.
    fn with_field(&self, section: Option<&str>, field: &str, value: &str) -> Result<Self, ConfigError> {
        let name = section.map_or_else(|| field.to_owned(), |section| format!("{section}.{field}"));
        let mut document =
            toml::Table::try_from(self).map_err(|err| ConfigError::Syntax { message: err.to_string() })?;
        let table = match section {
            Some(section) => document
                .get_mut(section)
                .and_then(toml::Value::as_table_mut)
                .expect("data and look are tables of every experiment"),
            None => &mut document,
        };
        let Some(old) = table.get(field).cloned() else {
            let names: Vec<String> = table.keys().cloned().collect();
            return Err(ConfigError::UnknownName {
                kind: "setting",
                name,
                nearest: nearest(field, names.iter().map(String::as_str)),
            });
        };
        let expected = match old {
            toml::Value::Integer(_) => "a whole number of at least 0",
            toml::Value::Float(_) => "a number",
            _ => "a name",
        };
        let wrong =
            || ConfigError::OutOfRange { name: name.clone(), value: value.to_owned(), expected: expected.to_owned() };
        let new = match old {
            toml::Value::Integer(_) => toml::Value::Integer(value.parse().map_err(|_| wrong())?),
            toml::Value::Float(_) => toml::Value::Float(value.parse().map_err(|_| wrong())?),
            _ => toml::Value::String(value.to_owned()),
        };
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
