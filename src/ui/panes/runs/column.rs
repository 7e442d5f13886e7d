//! Left: the runs, the knobs of the selected one, and what its noise says.

use egui::{Context, RichText, ScrollArea, Ui};

use super::dialogs::RunDialog;
use super::followed;
use super::groups::OpenGroups;
use super::knobs::{self, Staged};
use super::list::{self, ListState};
use super::switches::Switches;
use crate::config::OptimizerKind;
use crate::protocol::RunId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::{theme, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::noise_text;
use crate::ui::state::run_view::RunView;

/// What the column keeps.
#[derive(Debug, Default)]
pub struct ColumnState {
    list: ListState,
    switches: Switches,
    /// Which groups of knobs are open, of whichever run.
    pub groups: OpenGroups,
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
            None => knobs::section_ui(ui, seen, run, &mut state.groups, dialog, asks),
        }
        knobs::restart_ui(ui, seen, &mut state.staged, asks);
        noise_ui(ui, seen.model, run);
    });
}

fn noise_ui(ui: &mut Ui, model: &Model, run: &RunView) {
    if run.info.optimizer != OptimizerKind::Nso || run.is_followed() {
        return;
    }
    ui.add_space(6.0);
    let title = RichText::new("What the noise says").text_style(theme::title_style());
    help::term_label(ui, title, Term::TraceFromNoise);
    let text = match &run.noise {
        Some(noise) => noise_text::what_the_noise_says(noise, run.traces.last()),
        None if model.is_playing => "Waiting for the first noise samples.".to_owned(),
        None => "No noise samples yet.".to_owned(),
    };
    let response = widgets::small_weak_ui(ui, text);
    help::term_of_changing(ui, &response, "noise", Term::StandardError);
}
