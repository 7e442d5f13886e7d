//! What ends runs that have trained for long: a reset, another experiment, closing the window. It is asked first.

use egui::{Context, ViewportCommand};

use super::dialogs::RunDialog;
use crate::protocol::{Command, Origin};
use crate::ui::kit::format;
use crate::ui::shell::app::App;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::notices::Level;
use crate::ui::state::restart::Restart;
use crate::ui::state::run_view::RunView;

/// A run that has trained for longer than this, in seconds of its own, is not ended without a question. Steps would not do:
/// a small network takes thousands in the time in which somebody looks around.
const SECONDS_TO_ASK: f64 = 30.0;

/// How many runs there are and how far they are, in words.
fn losses(model: &Model) -> String {
    let longest = format::grouped(model.runs.iter().map(RunView::step).max().unwrap_or(0));
    match model.runs.as_slice() {
        [one] => format!("{}, at step {longest}, will", one.name()),
        runs => format!("{} runs, the longest at step {longest}, will", runs.len()),
    }
}

/// Whether a run has trained for so long that it is not ended without a question.
pub fn is_long(run: &RunView) -> bool {
    run.train_seconds() > SECONDS_TO_ASK
}

fn has_long_run(model: &Model) -> bool {
    model.runs.iter().any(is_long)
}

impl App {
    /// Ends the runs, after a question where one of them has trained for long.
    pub(in crate::ui) fn end_runs(&mut self, ctx: &Context, ending: Ending) {
        if has_long_run(&self.model) {
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
            Ending::Open(restart) => self.restart(*restart),
            Ending::Quit => {
                self.view.runs.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Keeps the window open and asks, where it is closed by its own button and runs would be lost.
    pub(in crate::ui) fn ask_before_closing(&mut self, ctx: &Context) {
        let is_closing = ctx.input(|input| input.viewport().close_requested());
        if is_closing && !self.view.runs.may_close && has_long_run(&self.model) {
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
