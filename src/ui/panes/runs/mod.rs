//! The runs: their list, what can be done with them, and the table that compares them.

mod add;
mod column;
mod dialogs;
mod ending;
mod follow;
mod forms;
pub mod knobs;
mod list;
mod menu;
mod perform;
mod progress;
mod switches;
mod table;

use std::collections::BTreeMap;

use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::{Pairing, RunId};

use crate::ui::state::preset::Preset;
use dialogs::RunDialog;
use table::TableState;

pub use column::column_ui;
pub use dialogs::dialog_ui;
pub use list::list_ui;
pub use table::{compare_ui, table_width};

/// What the window keeps about runs beside the engine's state.
#[derive(Debug, Default)]
pub struct RunsState {
    /// The dialog that is open.
    dialog: Option<RunDialog>,
    /// How runs are paired, as asked for last.
    pub pairing: Pairing,
    /// The same when the runs started.
    started_with: Pairing,
    /// The table that compares runs.
    table: TableState,
    /// Runs as of the last look, and the generation of the model then.
    known: Vec<RunId>,
    generation: u64,
    /// What is to be said once these runs are gone.
    farewells: BTreeMap<RunId, Farewell>,
    /// The run whose row or menu shall have the keyboard next.
    focus: Option<Focus>,
    /// The part of a row that had the keyboard last, and its run.
    keyboard: Option<(egui::Id, RunId)>,
    /// The window may close: that was confirmed.
    may_close: bool,
}

impl RunsState {
    /// Whether a dialog is open, which keeps the keyboard for itself.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.dialog.is_some()
    }

    /// Asks for the name of a preset of these knobs.
    pub fn ask_for_preset(&mut self, optimizer: OptimizerKind, knobs: Knobs) {
        self.dialog = Some(RunDialog::SavePreset(forms::PresetForm::new(optimizer, knobs)));
    }

    /// Whether new initial weights wait for a reset.
    const fn waits_for_reset(&self) -> bool {
        self.pairing.same_initial != self.started_with.same_initial
    }
}

/// What is to be done once a run is gone.
#[derive(Debug)]
struct Farewell {
    /// What is said.
    text: String,
    /// It was removed before, and brought back.
    is_redone: bool,
}

/// Where the keyboard shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Row(RunId),
    /// Scrolls to the row only.
    Sight(RunId),
    Menu(RunId),
}
