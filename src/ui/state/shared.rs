//! What all panes see, and the shell alone changes.

use std::collections::BTreeSet;

use super::alerts::Alerts;
use super::earlier::EarlierSession;
use super::model::Model;
use super::preset::Preset;
use super::undo::Undo;
use crate::config::{Access, KnobId, LessonControls, OptimizerKind, WindowPart};
use crate::protocol::RunId;

/// What the user has chosen for all panes. None of it crosses to the engine.
#[derive(Debug, Default)]
pub struct Shared {
    /// The place of the run whose knobs are shown, which a reset does not change; `None` for the default.
    pub selected: Option<usize>,
    /// Runs that train but are not drawn.
    pub hidden: BTreeSet<RunId>,
    /// The number under a slider drag that was not sent yet.
    pub held_turn: Option<(RunId, KnobId, f64)>,
    /// What can be taken back.
    pub undo: Undo,
    /// Sessions of before, the newest first.
    pub earlier: Vec<EarlierSession>,
    /// Knob presets of the user, as the settings have them.
    pub presets: Vec<Preset>,
    /// What the user wants to be told of.
    pub alerts: Alerts,
    /// The controls that there are, while only those of a lesson are.
    pub only: Option<LessonControls>,
}

impl Shared {
    /// Whether a run is not to be drawn.
    #[must_use]
    pub fn is_hidden(&self, run: RunId) -> bool {
        self.hidden.contains(&run)
    }

    /// Whether a part of the window is there.
    #[must_use]
    pub fn has(&self, part: WindowPart) -> bool {
        self.only.as_ref().is_none_or(|controls| controls.has(part))
    }

    /// What can be done with a knob of a method.
    #[must_use]
    pub fn access(&self, method: OptimizerKind, knob: KnobId) -> Access {
        self.only.as_ref().map_or(Access::Free, |controls| controls.knob(method, knob))
    }

    /// The run whose knobs are shown: the chosen one, or the last, which has the most knobs.
    #[must_use]
    pub fn selected_run(&self, model: &Model) -> Option<RunId> {
        let chosen = self.selected.and_then(|index| model.runs.get(index));
        chosen.or_else(|| model.runs.last()).map(|run| run.info.run)
    }
}
