//! What ends runs that have trained for long: a reset, another experiment, closing the window. It is asked first.

use std::path::PathBuf;

use egui::{Context, Id, ViewportCommand};

use super::App;
use crate::protocol::{Command, Origin};
use crate::ui::kit::format;
use crate::ui::kit::modal::{Answer, Form, Modal};
use crate::ui::kit::path;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::notices::Level;
use crate::ui::state::restart::Restart;
use crate::ui::state::run_view::RunView;

/// What ends the runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// All start again.
    Reset,
    /// Another experiment begins, with or without them.
    Open(Box<Restart>),
    /// Another session goes on.
    Session(PathBuf),
    /// The window closes.
    Quit,
}

impl Ending {
    /// The question.
    pub fn title(&self) -> String {
        match self {
            Self::Reset => "Reset all runs?".to_owned(),
            Self::Open(restart) if restart.keeps_runs() => "Restart the runs?".to_owned(),
            Self::Open(restart) => format!("Open {}?", restart.experiment.title),
            Self::Session(path) => format!("Open {}?", path::name(path)),
            Self::Quit => "Quit Flatscape?".to_owned(),
        }
    }

    /// What the button that does it says.
    pub const fn confirm_label(&self) -> &'static str {
        match self {
            Self::Reset => "Reset",
            Self::Open(restart) if restart.keeps_runs() => "Restart",
            Self::Open(_) | Self::Session(_) => "Open",
            Self::Quit => "Quit",
        }
    }

    /// What is lost with it, or where it stays.
    pub fn words(&self, model: &Model) -> String {
        let (lost, is_kept) = (losses(model), model.session.is_kept());
        let kept = "What they have done stays in its session, which can be opened again.";
        let curves = if is_kept { kept } else { "The curves and all that was measured go." };
        match self {
            Self::Reset => format!("{lost} start again at step 0. {curves}"),
            Self::Open(restart) if restart.keeps_runs() => {
                format!("{lost} start again or end. {} {curves}", restart.words())
            }
            Self::Open(_) | Self::Session(_) | Self::Quit if is_kept => format!("{lost} end here. {kept}"),
            Self::Open(_) | Self::Session(_) | Self::Quit => {
                format!("{lost} end. The weights, the curves and all that was measured go.")
            }
        }
    }

    /// Whether it is asked first: nothing is lost with a window whose session is written.
    fn is_asked(&self, model: &Model) -> bool {
        has_long_run(model) && !(*self == Self::Quit && model.session.is_kept())
    }
}

/// What is asked before the runs end.
#[derive(Debug, Default)]
pub struct EndQuestion {
    asked: Option<Ending>,
    /// The window may close: that was confirmed.
    may_close: bool,
}

impl EndQuestion {
    /// Whether it is asked, which keeps the keyboard for itself.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.asked.is_some()
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

fn has_long_run(model: &Model) -> bool {
    model.runs.iter().any(RunView::is_long)
}

impl App {
    /// Ends the runs, after a question where one of them has trained for long.
    pub(super) fn end_runs(&mut self, ctx: &Context, ending: Ending) {
        if ending.is_asked(&self.model) {
            self.ask_whether(ending);
        } else {
            self.end_runs_now(ctx, ending);
        }
    }

    fn ask_whether(&mut self, ending: Ending) {
        self.panes.give_way();
        self.end_question.asked = Some(ending);
    }

    /// Draws the question whether the runs shall end.
    pub(super) fn end_question_ui(&mut self, ctx: &Context) {
        let Some(ending) = self.end_question.asked.take() else { return };
        let title = ending.title();
        let modal = Modal { title: &title, confirm: ending.confirm_label(), other: None, is_final: true };
        let answer = modal.ui(ctx, Id::unique("end question"), |ui, _| {
            ui.label(ending.words(&self.model));
            Form { takes_enter: false, can_confirm: true }
        });
        match answer {
            None => self.end_question.asked = Some(ending),
            Some(Answer::Confirmed) => {
                // What ends them changes panes that have been drawn already in this frame.
                ctx.request_discard("the runs end");
                self.end_runs_now(ctx, ending);
            }
            Some(Answer::Other | Answer::Cancelled) => {}
        }
    }

    fn end_runs_now(&mut self, ctx: &Context, ending: Ending) {
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
            Ending::Session(path) => self.open_session(path),
            Ending::Quit => {
                self.end_question.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Keeps the window open and asks, where it is closed by its own button and runs would be lost.
    pub(super) fn ask_before_closing(&mut self, ctx: &Context) {
        let is_closing = ctx.input(|input| input.viewport().close_requested());
        if is_closing && !self.end_question.may_close && Ending::Quit.is_asked(&self.model) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.ask_whether(Ending::Quit);
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
