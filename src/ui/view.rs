//! What the user looks at: selection, pointer and the like. None of it crosses to the engine.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::charts::Maker;
use super::commands::UiCommand;
use super::dialogs::Dialog;
use super::dock::Pane;
use super::figures::{FigureForm, RecordingSettings};
use super::help::Help;
use super::knobs::Staged;
use super::landscape::LandscapeView;
use super::measure::MeasureForm;
use super::model::Model;
use super::notices::{Level, LogView};
use super::restart::Restart;
use super::runs::{RunsAction, RunsState};
use super::tour::Tour;
use super::undo::Undo;
use super::workshop::Workshop;
use crate::config::{Experiment, KnobId};
use crate::protocol::{Command, JobId, MeasureRequest, RunId};

/// What panels ask the application to do at the end of the frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends a command.
    Send(Command),
    /// Loads another experiment and trains it.
    Open(Box<Experiment>),
    /// Loads another experiment with the runs of the present one, and trains it.
    Restart(Box<Restart>),
    /// Asks for a measurement on the weights of a run.
    Measure {
        /// The run.
        run: RunId,
        /// What, and on what.
        request: Box<MeasureRequest>,
    },
    /// Does something that menus and keys do too.
    Do(UiCommand),
    /// Brings a pane to the front.
    Show(Pane),
    /// Says something.
    Notice(Level, String),
    /// Opens a file: an experiment, a model, weights or data.
    Import(PathBuf),
    /// Makes the figure that the form describes.
    SaveFigure,
    /// Asks where a file shall go, and writes it.
    SaveFile {
        /// Its name, to begin with.
        suggested: String,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// Removes a measurement that has ended.
    Forget(JobId),
    /// What the panels of runs and knobs ask for.
    Runs(RunsAction),
    /// Turns a knob.
    Turn {
        /// The run.
        run: RunId,
        /// The knob.
        knob: KnobId,
        /// Its new value.
        value: f64,
    },
}

impl Action {
    /// Whether it changes what panels show that may have been drawn already in this frame.
    #[must_use]
    pub const fn changes_the_window(&self) -> bool {
        !matches!(self, Self::Send(_) | Self::SaveFigure | Self::SaveFile { .. })
    }
}

/// A place on the slices, shared by all panes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// The run over whose pane the pointer is.
    pub run: RunId,
    /// Coordinates along the two directions.
    pub place: [f64; 2],
}

/// State of the window that is not the engine's.
#[derive(Debug, Default)]
pub struct View {
    /// The place of the run whose knobs are shown, which a reset does not change; `None` for the default.
    pub selected: Option<usize>,
    /// Pointer over a landscape, as of this frame and the last.
    pub cursor: [Option<Cursor>; 2],
    /// The share of time for measurements, as the slider shows it.
    pub look_share: f64,
    /// What of the landscapes is shown.
    pub landscape: LandscapeView,
    /// What panels asked for in this frame.
    pub actions: Vec<Action>,
    /// Smoothed frames a second while frames follow each other.
    pub frames_per_second: f64,
    /// The panel of measurements.
    pub measure: MeasureForm,
    /// Turns of knobs that can be taken back.
    pub undo: Undo,
    /// Runs that train but are not drawn.
    pub hidden: BTreeSet<RunId>,
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
    /// The number under a slider drag that was not sent yet.
    pub held_turn: Option<(RunId, KnobId, f64)>,
}

impl View {
    /// Whether a run is not to be drawn.
    #[must_use]
    pub fn is_hidden(&self, run: RunId) -> bool {
        self.hidden.contains(&run)
    }

    /// Hides a run, or shows it again.
    pub fn toggle_hidden(&mut self, run: RunId) {
        if !self.hidden.remove(&run) {
            self.hidden.insert(run);
        }
    }

    /// Asks the application to do something at the end of the frame.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// The run whose knobs are shown: the chosen one, or the last, which has the most knobs.
    #[must_use]
    pub fn selected_run(&self, model: &Model) -> Option<RunId> {
        let chosen = self.selected.and_then(|index| model.runs.get(index));
        chosen.or_else(|| model.runs.last()).map(|run| run.info.run)
    }
}
