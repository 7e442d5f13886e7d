//! What ends runs that have trained for long: a reset, another experiment, closing the window. It is asked first.

use egui::{Context, ViewportCommand};

use super::dialogs::RunDialog;
use crate::config::Experiment;
use crate::protocol::{Command, Origin};
use crate::ui::app::App;
use crate::ui::format;
use crate::ui::model::{EngineHealth, Model};
use crate::ui::notices::Level;
use crate::ui::run_view::RunView;

/// A run with more steps than this is not ended without a question.
pub const STEPS_TO_ASK: u64 = 1000;

/// What ends the runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All start again.
    Reset,
    /// Those of another experiment take their place.
    Open(Box<Experiment>),
    /// The window closes.
    Quit,
}

impl Ending {
    /// The question.
    pub fn title(&self) -> String {
        match self {
            Self::Reset => "Reset all runs?".to_owned(),
            Self::Open(experiment) => format!("Open {}?", experiment.title),
            Self::Quit => "Quit Flatscape?".to_owned(),
        }
    }

    /// What the button that does it says.
    pub const fn confirm_label(&self) -> &'static str {
        match self {
            Self::Reset => "Reset",
            Self::Open(_) => "Open",
            Self::Quit => "Quit",
        }
    }

    /// What is lost with it.
    pub fn words(&self, model: &Model) -> String {
        let lost = losses(model);
        match self {
            Self::Reset => format!("{lost} start again at step 0. The curves and all that was measured go."),
            Self::Open(_) | Self::Quit => format!("{lost} end. The weights, the curves and all that was measured go."),
        }
    }
}

/// How many runs there are and how far they are, in words.
fn losses(model: &Model) -> String {
    let longest = format::grouped(model.runs.iter().map(RunView::step).max().unwrap_or(0));
    match model.runs.as_slice() {
        [one] => format!("{}, at step {longest}, will", one.name()),
        runs => format!("{} runs, the longest at step {longest}, will", runs.len()),
    }
}

/// Whether a run has trained for so long that it is not ended without a question.
fn is_long(model: &Model) -> bool {
    model.runs.iter().any(|run| run.step() > STEPS_TO_ASK)
}

impl App {
    /// Ends the runs, after a question where one of them has trained for long.
    pub(in crate::ui) fn end_runs(&mut self, ctx: &Context, ending: Ending) {
        if is_long(&self.model) {
            self.view.runs.dialog = Some(RunDialog::End(ending));
        } else {
            self.end_runs_now(ctx, ending);
        }
    }

    /// Ends the runs.
    pub(super) fn end_runs_now(&mut self, ctx: &Context, ending: Ending) {
        match ending {
            Ending::Reset if self.model.health == EngineHealth::Gone => {}
            Ending::Reset => {
                let note = branches_note(&self.model);
                if self.send(Command::Reset)
                    && let Some(note) = note
                {
                    self.model.notices.push(Level::Info, note);
                }
            }
            Ending::Open(experiment) => self.open(experiment),
            Ending::Quit => {
                self.view.runs.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Keeps the window open and asks, where it is closed by its own button and runs would be lost.
    pub(in crate::ui) fn ask_before_closing(&mut self, ctx: &Context) {
        let is_closing = ctx.input(|input| input.viewport().close_requested());
        if is_closing && !self.view.runs.may_close && is_long(&self.model) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.view.runs.dialog = Some(RunDialog::End(Ending::Quit));
        }
    }
}

/// Branches lose their place: they start again at step 0, too.
fn branches_note(model: &Model) -> Option<String> {
    let is_branch = |run: &&RunView| matches!(run.info.origin, Origin::Branch { .. });
    let branches: Vec<&str> = model.runs.iter().filter(is_branch).map(RunView::name).collect();
    match branches.as_slice() {
        [] => None,
        [one] => Some(format!("{one} was a branch. It starts at step 0 like the others.")),
        many => Some(format!("{} runs were branches. They start at step 0 like the others.", many.len())),
    }
}
