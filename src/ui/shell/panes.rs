//! The registry of panes: the one file that names all of them. A new one has its folder, its name in
//! [`Pane`], and its lines here.

use std::path::Path;

use egui::{Context, Ui};

use crate::engine::FileKind;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, PaneUi};
use crate::ui::contract::seen::Seen;
use crate::ui::panes::charts::Charts;
use crate::ui::panes::guide::Guide;
use crate::ui::panes::landscape::Landscapes;
use crate::ui::panes::measure::Measurements;
use crate::ui::panes::notices::Notices;
use crate::ui::panes::runs::Runs;
use crate::ui::panes::sweep::Sweep;
use crate::ui::panes::workshop::Workshop;

/// The panes, each with its own state.
#[derive(Debug, Default)]
pub struct Panes {
    pub landscapes: Landscapes,
    pub charts: Charts,
    pub runs: Runs,
    pub measurements: Measurements,
    pub sweep: Sweep,
    pub workshop: Workshop,
    pub guide: Guide,
    pub notices: Notices,
}

impl Panes {
    const fn all(&self) -> [&dyn PaneUi; 8] {
        [
            &self.landscapes,
            &self.charts,
            &self.runs,
            &self.measurements,
            &self.sweep,
            &self.workshop,
            &self.guide,
            &self.notices,
        ]
    }

    const fn all_mut(&mut self) -> [&mut dyn PaneUi; 8] {
        [
            &mut self.landscapes,
            &mut self.charts,
            &mut self.runs,
            &mut self.measurements,
            &mut self.sweep,
            &mut self.workshop,
            &mut self.guide,
            &mut self.notices,
        ]
    }

    /// What stands behind a pane of the dock.
    pub const fn of(&self, pane: Pane) -> &dyn PaneUi {
        match pane {
            Pane::Landscapes => &self.landscapes,
            Pane::Charts | Pane::Chart(_) => &self.charts,
            Pane::Runs | Pane::Compare | Pane::KnobSweep => &self.runs,
            Pane::Measure => &self.measurements,
            Pane::Sweep => &self.sweep,
            Pane::Model | Pane::Data => &self.workshop,
            Pane::Guide => &self.guide,
            Pane::Notices => &self.notices,
        }
    }

    /// The same, to draw it.
    pub const fn of_mut(&mut self, pane: Pane) -> &mut dyn PaneUi {
        match pane {
            Pane::Landscapes => &mut self.landscapes,
            Pane::Charts | Pane::Chart(_) => &mut self.charts,
            Pane::Runs | Pane::Compare | Pane::KnobSweep => &mut self.runs,
            Pane::Measure => &mut self.measurements,
            Pane::Sweep => &mut self.sweep,
            Pane::Model | Pane::Data => &mut self.workshop,
            Pane::Guide => &mut self.guide,
            Pane::Notices => &mut self.notices,
        }
    }

    /// Draws a pane.
    pub fn ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        self.of_mut(pane).ui(pane, ui, seen, asks);
    }

    /// Has all of them look at what has come from the engine.
    pub fn after_events(&mut self, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) {
        for pane in self.all_mut() {
            pane.after_events(ctx, seen, asks);
        }
    }

    /// Draws the questions of all of them.
    pub fn overlay_ui(&mut self, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) {
        for pane in self.all_mut() {
            pane.overlay_ui(ctx, seen, asks);
        }
    }

    /// Whether one of them asks something that takes the keys.
    pub fn is_asking(&self) -> bool {
        self.all().iter().any(|pane| pane.is_asking())
    }

    /// Has all of them drop their questions.
    pub fn give_way(&mut self) {
        for pane in self.all_mut() {
            pane.give_way();
        }
    }

    /// Gives a command to the pane whose it is.
    pub fn command(&mut self, command: UiCommand, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) -> Done {
        let is_done = self.all_mut().into_iter().any(|pane| pane.command(command, ctx, seen, asks) == Done::Yes);
        if is_done { Done::Yes } else { Done::NotMine }
    }

    /// Why a command cannot be done now, in a sentence or two; `None` when it can.
    pub fn why_not(&self, command: UiCommand, seen: Seen<'_>) -> Option<String> {
        command.why_not(seen).or_else(|| self.all().iter().find_map(|pane| pane.why_not(command, seen)))
    }

    /// Drops what panes hold on the window's device, when that is gone.
    pub fn forget_textures(&mut self) {
        self.workshop.forget_textures();
    }

    /// Gives a file that was opened to the pane whose it is.
    pub fn take_file(&mut self, path: &Path, kind: &FileKind, seen: Seen<'_>, asks: &mut Asks) -> Done {
        let is_taken = self.all_mut().into_iter().any(|pane| pane.take_file(path, kind, seen, asks) == Done::Yes);
        if is_taken { Done::Yes } else { Done::NotMine }
    }
}
