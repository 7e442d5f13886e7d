//! Left: the runs, and the knobs of the selected one with what its noise says of σ.

use egui::{Context, ScrollArea, Ui};

use super::dialogs::RunDialog;
use super::followed;
use super::knobs::{self, KnobsState, Staged};
use super::list::{self, ListState};
use super::switches::Switches;
use crate::config::WindowPart;
use crate::protocol::RunId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::seen::Seen;

/// What the column keeps.
#[derive(Debug, Default)]
pub struct ColumnState {
    list: ListState,
    switches: Switches,
    /// What the controls of knobs keep.
    pub knobs: KnobsState,
    /// A change of the experiment that would restart the runs.
    staged: Staged,
}

impl ColumnState {
    /// The run whose row, eye or menu has the keyboard.
    pub fn focused_run(&self, ctx: &Context) -> Option<RunId> {
        self.list.focused_run(ctx)
    }

    /// All runs are new.
    pub const fn begin(&mut self) {
        self.switches.begin();
    }

    /// Scrolls to the row of a run.
    pub const fn bring_to_sight(&mut self, run: RunId) {
        self.list.bring_to_sight(run);
    }
}

/// Draws the panel's sections.
pub fn column_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    state: &mut ColumnState,
    dialog: &mut Option<RunDialog>,
    asks: &mut Asks,
) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Room for the scroll bar, so that it does not lie on the value boxes.
        ui.set_max_width(ui.available_width() - 6.0);
        list::list_ui(ui, seen, &mut state.list, &mut state.switches, asks);
        let Some(run) = seen.selected_run() else { return };
        ui.add_space(6.0);
        match &run.followed {
            Some(folder) => followed::section_ui(ui, seen, run, folder, asks),
            None => knobs::section_ui(ui, seen, run, &mut state.knobs, dialog, asks),
        }
        if seen.shared.has(WindowPart::Restart) {
            knobs::restart_ui(ui, seen, &mut state.staged, asks);
        }
    });
}
