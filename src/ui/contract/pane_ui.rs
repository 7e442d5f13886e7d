//! What the shell knows of a pane.

use std::path::Path;

use egui::{Context, Ui, Vec2};

use super::ask::Asks;
use super::command::UiCommand;
use super::pane::Pane;
use super::seen::Seen;
use crate::engine::FileKind;
use crate::protocol::RunId;

/// Whether a pane has done what a command says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It has.
    Yes,
    /// The command is not its own.
    NotMine,
}

/// A folder of `panes`: it owns its state, sees what it draws, and asks for what it cannot do itself. One may stand behind
/// several panes of the dock, such as the charts with all their tabs.
pub trait PaneUi {
    /// Draws a pane in all of `ui`.
    fn ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks);

    /// Draws the controls at the right end of the pane's tab bar.
    fn bar_ui(&mut self, _pane: Pane, _ui: &mut Ui, _seen: Seen<'_>, _asks: &mut Asks) {}

    /// Draws what lies over the window: its questions.
    fn overlay_ui(&mut self, _ctx: &Context, _seen: Seen<'_>, _asks: &mut Asks) {}

    /// Whether a question is open that takes the keys.
    fn is_asking(&self) -> bool {
        false
    }

    /// Drops its question: one of the whole window takes its place.
    fn give_way(&mut self) {}

    /// Does what a command says, where that is the pane's to do.
    fn command(&mut self, _command: UiCommand, _ctx: &Context, _seen: Seen<'_>, _asks: &mut Asks) -> Done {
        Done::NotMine
    }

    /// Why a command of the pane's own cannot be done now, in a sentence or two.
    fn why_not(&self, _command: UiCommand, _seen: Seen<'_>) -> Option<String> {
        None
    }

    /// Takes a file that was opened, where it is the pane's to take.
    fn take_file(&mut self, _path: &Path, _kind: &FileKind, _seen: Seen<'_>, _asks: &mut Asks) -> Done {
        Done::NotMine
    }

    /// Looks at what has come from the engine: before anything is drawn, whether or not the pane is open.
    fn after_events(&mut self, _ctx: &Context, _seen: Seen<'_>, _asks: &mut Asks) {}

    /// The size on which a figure shows all of a pane, where `room` is its size in the window.
    fn figure_size(&self, _pane: Pane, room: Vec2, _seen: Seen<'_>) -> FigureSize {
        FigureSize::Grows(room)
    }

    /// What a figure of the pane says of it beside the runs, read off what is drawn.
    fn account(&self, _seen: Seen<'_>) -> Vec<String> {
        Vec::new()
    }

    /// The runs that a figure of a pane shows.
    fn shown_runs(&self, _pane: Pane, seen: Seen<'_>) -> Vec<RunId> {
        seen.model.runs.iter().map(|run| run.info.run).collect()
    }
}

/// How large a figure of a pane is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FigureSize {
    /// So large, in points.
    Fixed(Vec2),
    /// So wide, and as high as its list is long, at least so high.
    Grows(Vec2),
}
