//! The controls that a lesson names: knobs, and parts of the window.

use crate::config::error::find_named;
use crate::config::{ConfigError, Experiment, KnobId, OptimizerKind, nearest};

/// A part of the window that a class may be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Play and pause.
    Play,
    /// One step.
    Step,
    /// All runs from their start.
    Reset,
    /// Back to an earlier step.
    Rewind,
    /// Branches.
    Branch,
    /// Runs: new ones, their names, removing and hiding them.
    Runs,
    /// Presets of knobs, and knobs for all runs.
    Presets,
    /// Seed, budget and label noise, which restart the runs.
    Restart,
    /// Other experiments.
    Experiments,
    /// The plane and the look of the landscapes.
    Landscape,
    /// The share of time for measurements, and whether training waits for them.
    Pace,
    /// Measurements on request.
    Measure,
    /// The network.
    Model,
    /// The data.
    Data,
    /// Files: opening and saving.
    Files,
    /// Panes and layouts.
    Panes,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Play,
        Self::Step,
        Self::Reset,
        Self::Rewind,
        Self::Branch,
        Self::Runs,
        Self::Presets,
        Self::Restart,
        Self::Experiments,
        Self::Landscape,
        Self::Pace,
        Self::Measure,
        Self::Model,
        Self::Data,
        Self::Files,
        Self::Panes,
    ];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Step => "step",
            Self::Reset => "reset",
            Self::Rewind => "rewind",
            Self::Branch => "branch",
            Self::Runs => "runs",
            Self::Presets => "presets",
            Self::Restart => "restart",
            Self::Experiments => "experiments",
            Self::Landscape => "landscape",
            Self::Pace => "pace",
            Self::Measure => "measure",
            Self::Model => "model",
            Self::Data => "data",
            Self::Files => "files",
            Self::Panes => "panes",
        }
    }
}

/// Something that can be turned or pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A knob of one method, or of all that read it.
    Knob(Option<OptimizerKind>, KnobId),
    /// A part of the window.
    Part(Part),
}

/// What a class can do with a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Turn it.
    Free,
    /// Read it.
    Locked,
    /// Nothing: it is not there.
    Gone,
}

/// The controls of a class. What is not named is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LessonControls {
    /// What can be turned and pressed.
    pub shown: Vec<Control>,
    /// Knobs that can be read and not be turned.
    pub locked: Vec<Control>,
    /// Whether the lesson begins with these controls alone.
    pub only: bool,
}

impl Control {
    /// Reads a name: `play`, `sigma` or `nso.sigma`.
    ///
    /// # Errors
    /// [`ConfigError`] with the nearest name.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if let Some((method, knob)) = text.split_once('.') {
            return Ok(Self::Knob(Some(OptimizerKind::parse(method)?), KnobId::parse(knob)?));
        }
        if let Ok(part) = find_named("part", text, &Part::ALL, Part::key) {
            return Ok(Self::Part(part));
        }
        KnobId::parse(text).map(|knob| Self::Knob(None, knob)).map_err(|_| ConfigError::UnknownName {
            kind: "control",
            name: text.to_owned(),
            nearest: nearest(text, KnobId::ALL.iter().map(|id| id.spec().key).chain(Part::ALL.map(Part::key))),
        })
    }

    /// Its name.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Knob(Some(method), knob) => format!("{}.{}", method.key(), knob.spec().key),
            Self::Knob(None, knob) => knob.spec().key.to_owned(),
            Self::Part(part) => part.key().to_owned(),
        }
    }

    /// Why an experiment has no such control; `None` where it has.
    pub(super) fn fault(self, experiment: &Experiment) -> Option<String> {
        let Self::Knob(method, knob) = self else { return None };
        let mut methods = experiment.optimizers.keys().copied();
        let names = || experiment.optimizers.keys().map(|kind| kind.key()).collect::<Vec<_>>().join(", ");
        match method {
            Some(method) if !methods.any(|kind| kind == method) => {
                Some(format!("the experiment has no run of `{}`, expected one of {}", method.key(), names()))
            }
            Some(method) if !knob.applies_to(method) => {
                Some(format!("`{}` is no knob of {}, expected one that it reads", knob.spec().key, method.label()))
            }
            None if !methods.any(|kind| knob.applies_to(kind)) => {
                Some(format!("`{}` is no knob of {}, expected one that they read", knob.spec().key, names()))
            }
            _ => None,
        }
    }

    fn is_of(self, method: OptimizerKind, knob: KnobId) -> bool {
        matches!(self, Self::Knob(of, id) if id == knob && of.is_none_or(|of| of == method))
    }
}

impl LessonControls {
    /// Whether a part of the window is there.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        self.shown.contains(&Control::Part(part))
    }

    /// What can be done with a knob of a method.
    #[must_use]
    pub fn knob(&self, method: OptimizerKind, knob: KnobId) -> Access {
        let names = |all: &[Control]| all.iter().any(|control| control.is_of(method, knob));
        if names(&self.locked) {
            Access::Locked
        } else if names(&self.shown) {
            Access::Free
        } else {
            Access::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn names_of_controls_are_read_and_come_back() {
        for name in ["play", "sigma", "nso.sigma", "learning_rate", "restart"] {
            assert_eq!(Control::parse(name).unwrap().key(), name);
        }
        for (name, expected) in
            [("pley", "did you mean `play`"), ("nso.sigm", "did you mean `sigma`"), ("x.sigma", "optimizer")]
        {
            let message = Control::parse(name).unwrap_err().to_string();
            assert!(message.contains(expected), "{name}: {message}");
        }
    }

    #[test]
    fn what_is_not_named_is_gone_and_what_is_locked_stays_so() {
        let control = |name: &str| Control::parse(name).unwrap();
        let controls = LessonControls {
            shown: ["play", "sigma", "sgd.learning_rate"].map(control).to_vec(),
            locked: vec![control("k")],
            only: false,
        };
        assert!(controls.has(Part::Play) && !controls.has(Part::Reset));
        let of = |method, knob| controls.knob(method, knob);
        assert_eq!(of(OptimizerKind::Nso, KnobId::Sigma), Access::Free);
        assert_eq!(of(OptimizerKind::Nso, KnobId::K), Access::Locked);
        assert_eq!(of(OptimizerKind::Nso, KnobId::LearningRate), Access::Gone);
        assert_eq!(of(OptimizerKind::Sgd, KnobId::LearningRate), Access::Free);
        assert_eq!(LessonControls::default().knob(OptimizerKind::Sgd, KnobId::Batch), Access::Gone);
    }

    #[test]
    fn knobs_that_no_run_reads_are_told() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.optimizers.retain(|kind, _| *kind == OptimizerKind::Sgd);
        let fault = |name: &str| Control::parse(name).unwrap().fault(&experiment);
        assert_eq!(fault("learning_rate"), None);
        assert_eq!(fault("play"), None);
        assert!(fault("sigma").unwrap().contains("`sigma` is no knob of sgd"));
        assert!(fault("nso.sigma").unwrap().contains("no run of `nso`, expected one of sgd"));
        assert!(fault("sgd.rho").unwrap().contains("`rho` is no knob of SGD"));
    }
}
