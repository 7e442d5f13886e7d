//! What panes ask for: plain words that the shell acts on at the end of the frame.

use std::path::PathBuf;

use super::command::UiCommand;
use super::pane::Pane;
use crate::config::{Experiment, KnobId, LessonControls, OptimizerKind};
use crate::protocol::{Command, JobId, MeasureRequest, RunId};
use crate::ui::state::alerts::Rule;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::Preset;
use crate::ui::state::restart::Restart;
use crate::ui::state::swept_run::SweptRun;

/// What panes ask the shell to do at the end of the frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
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
    /// Opens a file: a session, an experiment, a model, weights or data.
    Import(PathBuf),
    /// Opens a finished run of a sweep as a run.
    OpenSwept(Box<SweptRun>),
    /// Goes on with the session of a file.
    OpenSession(PathBuf),
    /// Asks for a file of weights that all runs of the next experiment start from.
    ChooseStart,
    /// Takes a file of weights as that.
    StartFrom(PathBuf),
    /// Asks for a tokenizer of the data that are chosen.
    ChooseTokenizer,
    /// Takes a file or folder as that.
    TokenizerFrom(PathBuf),
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
    /// Selects the run at a place, whose knobs are shown; `None` for the default.
    Select(Option<usize>),
    /// Hides a run in all panes, or shows it again.
    Hide {
        /// The run.
        run: RunId,
        /// Whether it is not to be drawn.
        is_hidden: bool,
    },
    /// Shows all runs.
    ShowAll,
    /// Takes other alerts.
    SetAlerts(Vec<Rule>),
    /// Leaves only these controls, or all with `None`.
    Only(Option<LessonControls>),
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

impl Ask {
    /// Whether it changes what panels show that may have been drawn already in this frame.
    #[must_use]
    pub const fn changes_the_window(&self) -> bool {
        !matches!(self, Self::Send(_) | Self::SaveFigure | Self::SaveFile { .. })
    }
}

/// What the panels of runs and knobs ask the application to do.
#[derive(Debug, Clone, PartialEq)]
pub enum RunsAction {
    /// Turns knobs together; those that have the value already are passed over.
    TurnMany(Vec<(RunId, KnobId, f64)>),
    /// Gives a run a name and a colour of the palette; `None` for its own.
    Rename {
        /// The run.
        run: RunId,
        /// Its name.
        name: Option<String>,
        /// Its colour.
        color: Option<usize>,
    },
    /// Removes a run.
    Remove(RunId),
    /// Asks for a file of weights that a new run starts from.
    AddFromFile(OptimizerKind),
    /// Keeps a preset; one of the same name and optimiser is replaced.
    SavePreset(Box<Preset>),
    /// Forgets a preset, by its place.
    ForgetPreset(usize),
}

/// What was asked for in this frame, in order.
#[derive(Debug, Default)]
pub struct Asks(Vec<Ask>);

impl Asks {
    /// Asks for something.
    pub fn push(&mut self, ask: Ask) {
        self.0.push(ask);
    }

    /// Sends a command to the engine.
    pub fn send(&mut self, command: Command) {
        self.push(Ask::Send(command));
    }

    /// Does what menus and keys do too.
    pub fn run(&mut self, command: UiCommand) {
        self.push(Ask::Do(command));
    }

    /// Says something.
    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        self.push(Ask::Notice(level, text.into()));
    }

    /// Takes what was asked for by now.
    #[must_use]
    pub fn take(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.0)
    }
}
