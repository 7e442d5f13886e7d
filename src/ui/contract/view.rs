//! What the user looks at: selection, pointer and the like. None of it crosses to the engine.

use super::ask::Asks;
use crate::protocol::RunId;
use crate::ui::kit::help::Help;
use crate::ui::panes::charts::Maker;
use crate::ui::panes::landscape::Cursor;
use crate::ui::panes::landscape::LandscapeView;
use crate::ui::panes::measure::MeasureForm;
use crate::ui::panes::notices::LogView;
use crate::ui::panes::runs::RunsState;
use crate::ui::panes::runs::knobs::Staged;
use crate::ui::panes::workshop::Workshop;
use crate::ui::shell::dialogs::Dialog;
use crate::ui::shell::figures::{FigureForm, RecordingSettings};
use crate::ui::shell::tour::Tour;
use crate::ui::state::model::Model;
use crate::ui::state::shared::Shared;

/// State of the window that is not the engine's.
#[derive(Debug, Default)]
pub struct View {
    /// What all panes see.
    pub shared: Shared,
    /// Pointer over a landscape, as of this frame and the last.
    pub cursor: [Option<Cursor>; 2],
    /// The share of time for measurements, as the slider shows it.
    pub look_share: f64,
    /// What of the landscapes is shown.
    pub landscape: LandscapeView,
    /// What panels asked for in this frame.
    pub asks: Asks,
    /// Smoothed frames a second while frames follow each other.
    pub frames_per_second: f64,
    /// The panel of measurements.
    pub measure: MeasureForm,
    /// What is kept about runs: pairing, their dialogs, their table.
    pub runs: RunsState,
    /// A change of the experiment that would restart the runs.
    pub staged: Staged,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// What a figure shall show.
    pub figures: FigureForm,
    /// What a recording shall be.
    pub recording: RecordingSettings,
    /// Lessons and terms.
    pub help: Help,
    /// The tour.
    pub tour: Tour,
    /// Own models and own data.
    pub workshop: Workshop,
    /// Files of charts that are being made.
    pub maker: Maker,
    /// The log of notices.
    pub notices: LogView,
}

impl View {
    /// Whether a run is not to be drawn.
    #[must_use]
    pub fn is_hidden(&self, run: RunId) -> bool {
        self.shared.is_hidden(run)
    }

    /// Hides a run, or shows it again.
    pub fn toggle_hidden(&mut self, run: RunId) {
        if !self.shared.hidden.remove(&run) {
            self.shared.hidden.insert(run);
        }
    }

    /// The run whose knobs are shown: the chosen one, or the last, which has the most knobs.
    #[must_use]
    pub fn selected_run(&self, model: &Model) -> Option<RunId> {
        self.shared.selected_run(model)
    }
}
