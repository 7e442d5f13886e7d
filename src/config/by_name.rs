//! Tables of an experiment file whose keys are names of methods and knobs: an unknown one is told with the nearest.
//!
//! The types' own way of reading would list all names that there are. It stays as it is, since what crosses between a window and
//! an engine goes by positions.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{ConfigError, KnobId, KnobValue, OptimizerKind};

/// Knobs with their values.
type KnobTable = BTreeMap<KnobId, KnobValue>;

/// What is found by its name.
trait Named: Sized {
    fn named(name: &str) -> Result<Self, ConfigError>;
}

impl Named for KnobId {
    fn named(name: &str) -> Result<Self, ConfigError> {
        Self::parse(name)
    }
}

impl Named for OptimizerKind {
    fn named(name: &str) -> Result<Self, ConfigError> {
        Self::parse(name)
    }
}

/// A key of a table.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<T>(T);

impl<'de, T: Named> Deserialize<'de> for Key<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::named(&String::deserialize(from)?).map(Key).map_err(D::Error::custom)
    }
}

/// Reads a table of knobs.
pub(super) fn knobs<'de, D: Deserializer<'de>>(from: D) -> Result<KnobTable, D::Error> {
    let table = BTreeMap::<Key<KnobId>, KnobValue>::deserialize(from)?;
    Ok(table.into_iter().map(|(Key(id), value)| (id, value)).collect())
}

/// Reads a table of methods, each with its knobs.
pub(super) fn methods<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<OptimizerKind, KnobTable>, D::Error> {
    struct Knobs(KnobTable);
    impl<'de> Deserialize<'de> for Knobs {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            knobs(from).map(Self)
        }
    }
    let table = BTreeMap::<Key<OptimizerKind>, Knobs>::deserialize(from)?;
    Ok(table.into_iter().map(|(Key(kind), Knobs(own))| (kind, own)).collect())
}

#[cfg(test)]
mod tests {
    use crate::config::{Experiment, builtin_experiment};

    #[test]
    fn an_unknown_name_is_told_with_its_line_and_the_nearest() {
        let text = builtin_experiment("digits-cnn").unwrap().to_toml();
        for (there, wrong, expected) in [
            ("[optimizers.sgd]", "[optimizers.sgmd]", "unknown optimizer `sgmd`; did you mean `sgd`?"),
            ("[optimizers.sgd]", "[optimizers.sgd]\nlerning_rate = 0.1", "did you mean `learning_rate`?"),
            ("[train]", "[augment]\ncrpo = 2\n\n[train]", "unknown setting `crpo`; did you mean `crop`?"),
            ("[train]", "[train]\nmomentom = 0.9", "unknown setting `momentom`; did you mean `momentum`?"),
        ] {
            assert!(text.contains(there), "{there} is missing: {text}");
            let text = text.replacen(there, wrong, 1);
            let line = text[..text.find(wrong).unwrap()].lines().count() + wrong.lines().count().min(2);
            let message = Experiment::from_toml(&text).unwrap_err().to_string();
            assert!(message.contains(expected) && message.len() < 150, "{message}");
            assert!(message.starts_with(&format!("line {line}: ")), "line {line}: {message}");
        }
    }
}
