//! All that the figures of a comparison depend on, as names and values in a fixed order: a session has them, and a comparison goes on
//! only with one that has the same.
//!
//! The device is not among them: who asked for `auto` may get another one each time, so what it was is held against what it is.

use toml::Value;

use super::CompareOptions;

/// The name and the value of a setting, both as the user writes them.
pub type Setting = (String, String);

/// The first setting in which two comparisons differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// Its value in the first; `None` where it is not there.
    pub there: Option<String>,
    /// Its value in the second.
    pub here: Option<String>,
}

impl CompareOptions {
    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let list = |of: Vec<&str>| of.join(",");
        let curvature = match self.curvature {
            None => "none".to_owned(),
            Some(0) => "end".to_owned(),
            Some(times) => times.to_string(),
        };
        let mut settings = vec![
            ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("--optimizers".to_owned(), list(self.optimizers.iter().map(|kind| kind.key()).collect())),
            ("--seeds".to_owned(), self.seeds.to_string()),
            ("--curvature".to_owned(), curvature),
            ("--weights".to_owned(), self.weights.to_string()),
        ];
        for grid in &self.tuning {
            for (id, values) in &grid.axes {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                settings.push((format!("--tune {}.{}", grid.optimizer.key(), id.spec().key), values.join(",")));
            }
        }
        if !self.kind.is_comparison() {
            settings.push(("kind of study".to_owned(), format!("{:?}", self.kind)));
        }
        // Every field of an experiment has a TOML form, and a text that is one is a table.
        let table: toml::Table = self.experiment.to_toml().parse().unwrap_or_default();
        flatten("", &Value::Table(table), &mut settings);
        settings
    }
}

/// Where two comparisons differ first.
#[must_use]
pub fn first_difference(there: &[Setting], here: &[Setting]) -> Option<Difference> {
    let find = |settings: &[Setting], name: &str| {
        settings.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    };
    let differs = |name: &String| {
        let (there, here) = (find(there, name), find(here, name));
        (there != here).then(|| Difference { name: name.clone(), there, here })
    };
    // The settings of this one in their order, then those that only the other has.
    here.iter().chain(there).find_map(|(name, _)| differs(name))
}

/// The values of a table by dotted names; lists stand as they are written.
fn flatten(name: &str, value: &Value, settings: &mut Vec<Setting>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, settings);
            }
        }
        value => settings.push((name.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DeviceChoice, KnobId, KnobValue, OptimizerKind, StudyKind, builtin_experiment};
    use crate::engine::{Done, TryGrid};

    fn options() -> CompareOptions {
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let rates = vec![KnobValue::Number(0.1), KnobValue::Number(0.2)];
        CompareOptions {
            experiment,
            optimizers: vec![OptimizerKind::Sgd, OptimizerKind::Nso],
            tuning: vec![TryGrid { optimizer: OptimizerKind::Sgd, axes: vec![(KnobId::LearningRate, rates)] }],
            seeds: 2,
            device: DeviceChoice::Cpu,
            curvature: Some(4),
            weights: false,
            kind: StudyKind::Comparison,
            jobs: None,
            done: Done::default(),
        }
    }

    fn difference(change: impl FnOnce(&mut CompareOptions)) -> Option<(String, Option<String>, Option<String>)> {
        let mut other = options();
        change(&mut other);
        let found = first_difference(&options().settings(), &other.settings())?;
        Some((found.name, found.there, found.here))
    }

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let told = |name: &str, there: &str, here: &str| {
            let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Some((name.to_owned(), value(there), value(here)))
        };
        assert_eq!(difference(|_| ()), None);
        assert_eq!(difference(|options| options.seeds = 3), told("--seeds", "2", "3"));
        assert_eq!(difference(|options| options.curvature = None), told("--curvature", "4", "none"));
        assert_eq!(difference(|options| options.tuning.clear()), told("--tune sgd.learning_rate", "0.1,0.2", ""));
        let budget = options().experiment.budget.to_string();
        assert_eq!(difference(|options| options.experiment.budget = 8), told("budget", &budget, "8"));
        let found = difference(|options| options.experiment.assign("nso.sigma=0.5").unwrap()).unwrap();
        assert_eq!((found.0.as_str(), found.2.as_deref()), ("optimizers.nso.sigma", Some("0.5")));
        // Neither of them changes a figure.
        assert_eq!(difference(|options| options.jobs = Some(2)), None);
        assert_eq!(difference(|options| options.device = DeviceChoice::Auto), None);
    }
}
