//! The runs: their list, what can be done with them, the table that compares them, and sweeps of one knob.

mod add;
mod column;
mod command;
mod dialogs;
mod falls;
mod followed;
mod forms;
mod groups;
mod knob_form;
mod knobs;
mod list;
mod menu;
mod progress;
mod reading;
mod sweep;
mod switches;
mod table;

use egui::{Context, Ui, Vec2, vec2};

use self::column::ColumnState;
use self::dialogs::RunDialog;
use self::sweep::SweepState;
use self::table::TableState;
use crate::export::TextTable;
use crate::protocol::RunId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, FigureSize, PaneUi};
use crate::ui::contract::seen::Seen;
use crate::ui::state::model::Model;

pub use self::groups::OpenGroups;

/// What a figure of the table needs beside its columns, in points.
const FIGURE_MARGIN: f32 = 20.0;

/// The column with list and knobs, the table, the sweep, and the questions about runs.
#[derive(Debug, Default)]
pub struct Runs {
    /// The question that is open.
    dialog: Option<RunDialog>,
    column: ColumnState,
    table: TableState,
    sweep: SweepState,
    /// Runs as of the last look, and the generation of the model then.
    known: Vec<RunId>,
    generation: u64,
}

impl Runs {
    /// The groups of knobs that were opened or closed by hand.
    #[must_use]
    pub const fn groups(&self) -> &OpenGroups {
        &self.column.knobs.groups
    }

    /// Opens and closes the groups of knobs as they were left.
    pub fn restore(&mut self, groups: &OpenGroups) {
        self.column.knobs.groups.clone_from(groups);
    }

    /// The table of the runs as they stand, and at equal training loss where they can be read at one.
    #[must_use]
    pub fn tables(model: &Model) -> [Option<TextTable>; 2] {
        [false, true].map(|at_equal_loss| table::plain(model, at_equal_loss))
    }

    /// The run whose row, eye or menu has the keyboard.
    #[must_use]
    pub fn focused_run(&self, ctx: &Context) -> Option<RunId> {
        self.column.focused_run(ctx)
    }
}

impl PaneUi for Runs {
    fn ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        match pane {
            Pane::Compare => table::compare_ui(ui, seen, &mut self.table, asks),
            Pane::KnobSweep => sweep::sweep_ui(ui, seen, &mut self.sweep, asks),
            _ => column::column_ui(ui, seen, &mut self.column, &mut self.dialog, asks),
        }
    }

    fn overlay_ui(&mut self, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) {
        if let Some(knob) = dialogs::dialog_ui(ctx, seen, &mut self.dialog, asks) {
            self.sweep.knob = Some(knob);
        }
    }

    fn is_asking(&self) -> bool {
        self.dialog.is_some()
    }

    fn give_way(&mut self) {
        self.dialog = None;
    }

    fn command(&mut self, command: UiCommand, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) -> Done {
        command::perform(command, ctx, seen, &mut self.dialog, &self.table, asks)
    }

    /// The list follows the runs: through resets, removals and new runs. Costs nothing where nothing has happened.
    fn after_events(&mut self, _ctx: &Context, seen: Seen<'_>, _asks: &mut Asks) {
        let model = seen.model;
        let now = || model.runs.iter().map(|run| run.info.run);
        if self.generation == model.generation && now().eq(self.known.iter().copied()) {
            return;
        }
        if self.generation != model.generation {
            self.column.begin();
        } else if let Some(run) = seen.selected_run().map(|run| run.info.run).filter(|run| !self.known.contains(run)) {
            self.column.bring_to_sight(run);
        }
        self.known = now().collect();
        self.generation = model.generation;
        let is_gone = |dialog: &RunDialog| dialog.run().is_some_and(|run| model.run(run).is_none());
        self.dialog = self.dialog.take().filter(|dialog| !is_gone(dialog));
    }

    fn figure_size(&self, pane: Pane, room: Vec2, seen: Seen<'_>) -> FigureSize {
        if pane == Pane::KnobSweep {
            return FigureSize::Fixed(sweep::figure_size(room));
        }
        let least =
            if pane == Pane::Compare { table::table_width(seen.model, &self.table) + FIGURE_MARGIN } else { 0.0 };
        FigureSize::Grows(vec2(room.x.max(least), room.y))
    }
}
