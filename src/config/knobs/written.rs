//! A knob's value as files and `--set` write it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{KnobId, KnobScale};
use crate::config::ConfigError;

/// A knob's value as files and `--set` write it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnobValue {
    /// `true` or `false`, for switches.
    Switch(bool),
    /// Whole number.
    Whole(i64),
    /// Any number.
    Number(f64),
    /// Name of a choice.
    Name(ChoiceName),
}

/// What stands for the value at which a knob does nothing.
const OFF: &str = "off";

/// The name of a choice of some knob, or "off".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChoiceName(&'static str);

impl<'de> Deserialize<'de> for ChoiceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let mut all = KnobId::ALL.into_iter().flat_map(KnobId::names).copied().chain([OFF]);
        let known = all.find(|known| *known == name).map(Self);
        known.ok_or_else(|| D::Error::custom(format!("`{name}` is not a choice of any knob")))
    }
}

impl KnobId {
    /// The names of a choice; none for other knobs.
    const fn names(self) -> &'static [&'static str] {
        match self.spec().scale {
            KnobScale::Choice(names) => names,
            _ => &[],
        }
    }
}

impl KnobValue {
    /// A knob's value as files write it.
    #[must_use]
    pub fn of(id: KnobId, value: f64) -> Self {
        match id.spec().scale {
            KnobScale::Switch => Self::Switch(value != 0.0),
            KnobScale::Integer => Self::Whole(value as i64),
            KnobScale::Choice(names) => {
                names.get(value as usize).map_or(Self::Number(value), |name| Self::Name(ChoiceName(name)))
            }
            // A bound that is not there is no number to be read.
            _ if value == id.spec().max && id.spec().off == Some(value) => Self::Name(ChoiceName(OFF)),
            KnobScale::Linear | KnobScale::Logarithmic => Self::Number(value),
        }
    }

    /// Reads a value of a knob as `--set` has it.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for a text that no value of this knob is written as.
    pub fn parse(id: KnobId, name: &str, text: &str) -> Result<Self, ConfigError> {
        let names = || id.names().iter().copied().chain(id.spec().off.map(|_| OFF));
        let choice = || names().find(|known| *known == text).map(|known| Self::Name(ChoiceName(known)));
        let switch = text.parse().map(Self::Switch).ok();
        let number = || text.parse().map(Self::Whole).or_else(|_| text.parse().map(Self::Number)).ok();
        switch.or_else(number).or_else(choice).ok_or_else(|| ConfigError::OutOfRange {
            name: name.to_owned(),
            value: format!("`{text}`"),
            expected: id.spec().expected(),
        })
    }

    /// The value as the number that [`Knobs::set`](super::Knobs::set) takes.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] when a number stands where true or false is expected, or the reverse.
    pub fn for_knob(self, id: KnobId) -> Result<f64, ConfigError> {
        let spec = id.spec();
        let is_switch = spec.scale == KnobScale::Switch;
        let is_number = !is_switch && !matches!(spec.scale, KnobScale::Choice(_));
        let place = match self {
            Self::Name(ChoiceName(name)) => id.names().iter().position(|known| *known == name),
            _ => None,
        };
        match (self, place) {
            (Self::Switch(on), _) if is_switch => Ok(f64::from(u8::from(on))),
            (Self::Whole(n), _) if is_number => Ok(n as f64),
            (Self::Number(x), _) if is_number => Ok(x),
            (Self::Name(_), Some(place)) => Ok(place as f64),
            (Self::Name(ChoiceName(OFF)), None) if spec.off.is_some() => Ok(spec.off.unwrap_or_default()),
            (other, _) => Err(ConfigError::OutOfRange {
                name: spec.key.to_owned(),
                value: other.to_string(),
                expected: spec.expected(),
            }),
        }
    }
}

impl std::fmt::Display for KnobValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(on) => on.fmt(f),
            Self::Whole(n) => n.fmt(f),
            Self::Number(x) => x.fmt(f),
            Self::Name(ChoiceName(name)) => name.fmt(f),
        }
    }
}
