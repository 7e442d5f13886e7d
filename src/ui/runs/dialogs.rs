//! Small windows that ask about one run. Enter does what they are for, Escape closes them.

use egui::{Button, Context, Id, Key, Modal, Popup, Response, RichText, Ui};

use super::RunsAction;
use super::forms::{BranchForm, PresetForm, RenameForm, RewindForm};
use crate::protocol::{Command, RunId, RunStart};
use crate::ui::format;
use crate::ui::knobs::Preset;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;
use crate::ui::theme::{self, Tokens};
use crate::ui::view::{Action, View};

/// A question about a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunDialog {
    /// A new run from a step of another one.
    Branch(BranchForm),
    /// Back to an earlier step.
    Rewind(RewindForm),
    /// Another name and colour.
    Rename(RenameForm),
    /// Whether a run shall be removed that has trained for long.
    Remove(RunId),
    /// A name for knobs that shall be kept.
    SavePreset(PresetForm),
}

/// How a dialog was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Confirmed,
    /// The second thing that it offers.
    Other,
    Cancelled,
}

impl RunDialog {
    /// The run that it is about.
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Branch(form) => Some(form.run),
            Self::Rewind(form) => Some(form.run),
            Self::Rename(form) => Some(form.run),
            Self::Remove(run) => Some(*run),
            Self::SavePreset(_) => None,
        }
    }

    fn title(&self, model: &Model) -> String {
        let name = self.run().and_then(|run| model.run(run)).map_or("the run", |run| run.name());
        match self {
            Self::Branch(_) => format!("Branch from a step of {name}"),
            Self::Rewind(_) => format!("Rewind {name}"),
            Self::Rename(_) => format!("Rename and colour {name}"),
            Self::Remove(_) => format!("Remove {name}?"),
            Self::SavePreset(_) => "Save knobs as a preset".to_owned(),
        }
    }

    const fn confirm_label(&self) -> &'static str {
        match self {
            Self::Branch(_) => "Branch",
            Self::Rewind(_) => "Rewind",
            Self::Rename(_) => "Apply",
            Self::Remove(_) => "Remove",
            Self::SavePreset(_) => "Save",
        }
    }

    const fn other_label(&self) -> Option<&'static str> {
        match self {
            Self::Rewind(_) => Some("Branch instead…"),
            _ => None,
        }
    }

    fn can_confirm(&self, model: &Model) -> bool {
        match self {
            Self::Branch(form) => form.problem.is_none(),
            Self::Rewind(form) => model.run(form.run).is_some_and(|run| form.step < run.step()),
            Self::SavePreset(form) => form.name().is_some(),
            Self::Rename(_) | Self::Remove(_) => true,
        }
    }

    /// Draws what it asks for. Returns whether a part has the keyboard that takes Enter for itself.
    fn form_ui(&mut self, ui: &mut Ui, model: &Model, view: &View, is_new: bool) -> bool {
        match self {
            Self::Branch(form) => form.ui(ui, model),
            Self::Rewind(form) => form.ui(ui, model),
            Self::Rename(form) => return form.ui(ui, model, is_new),
            Self::Remove(run) => {
                let steps = model.run(*run).map_or(0, RunView::step);
                ui.label(format!("Its {} steps and all that was measured on them are lost.", format::grouped(steps)));
            }
            Self::SavePreset(form) => {
                let name = form.name();
                let is_same = |one: &Preset| one.optimizer == form.optimizer && Some(&one.name) == name.as_ref();
                let is_replacing = view.runs.presets.iter().any(is_same);
                form.ui(ui, is_replacing, is_new);
            }
        }
        false
    }

    /// Asks the application for what it was about.
    fn confirm(self, view: &mut View) {
        view.act(match self {
            Self::Branch(BranchForm { run, step, optimizer, knobs, .. }) => {
                let start = RunStart::Step { run, step };
                Action::Send(Command::AddRun { optimizer, knobs: Box::new(knobs), start })
            }
            Self::Rewind(RewindForm { run, step }) => Action::Send(Command::Rewind { run, step }),
            Self::Rename(form) => {
                Action::Runs(RunsAction::Rename { run: form.run, name: form.name(), color: form.color })
            }
            Self::Remove(run) => Action::Runs(RunsAction::Remove(run)),
            Self::SavePreset(form) => {
                let Some(name) = form.name() else { return };
                let PresetForm { optimizer, knobs, .. } = form;
                Action::Runs(RunsAction::SavePreset(Preset { name, optimizer, knobs }))
            }
        });
    }
}

/// Draws the dialog that is open.
pub fn dialog_ui(ctx: &Context, model: &Model, view: &mut View) {
    let Some(mut dialog) = view.runs.dialog.take() else { return };
    let id = Id::unique("run dialog");
    let is_new = ctx.read_response(id).is_none() && !Popup::is_any_open(ctx);
    let width = (0.9 * ctx.content_rect().width()).min(350.0);
    let frame = egui::Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(14);
    let modal = Modal::new(id).frame(frame).show(ctx, |ui| {
        ui.set_width(width);
        ui.label(RichText::new(dialog.title(model)).text_style(theme::title_style()).strong());
        ui.add_space(4.0);
        let takes_enter = egui::ScrollArea::vertical()
            .max_height((0.7 * ui.ctx().content_rect().height()).max(60.0))
            .show(ui, |ui| dialog.form_ui(ui, model, view, is_new))
            .inner;
        ui.add_space(6.0);
        buttons_ui(ui, &dialog, model, takes_enter)
    });
    let mut answer = modal.inner;
    if modal.should_close() {
        answer = Some(Answer::Cancelled);
    }
    match answer {
        None => view.runs.dialog = Some(dialog),
        Some(Answer::Cancelled) => {}
        Some(Answer::Confirmed) => dialog.confirm(view),
        Some(Answer::Other) => view.runs.dialog = other(&dialog, model),
    }
}

fn other(dialog: &RunDialog, model: &Model) -> Option<RunDialog> {
    let RunDialog::Rewind(form) = dialog else { return None };
    Some(RunDialog::Branch(BranchForm::new(model.run(form.run)?, form.step)))
}

fn buttons_ui(ui: &mut Ui, dialog: &RunDialog, model: &Model, takes_enter: bool) -> Option<Answer> {
    let can_confirm = dialog.can_confirm(model);
    let is_popup_open = Popup::is_any_open(ui.ctx());
    let (responses, mut answer) = ui
        .horizontal(|ui| {
            let tokens = Tokens::of(ui);
            let label = dialog.confirm_label();
            let text = if can_confirm { RichText::new(label).color(tokens.on_accent.0) } else { RichText::new(label) };
            let fill = if can_confirm { tokens.accent.0 } else { tokens.raised.0 };
            let mut shown: Vec<Response> = Vec::new();
            let mut answer = None;
            let mut add = |ui: &mut Ui, button: Button<'_>, is_enabled: bool, given: Answer| {
                let response = ui.add_enabled(is_enabled, button);
                if response.clicked() {
                    answer = Some(given);
                }
                shown.push(response);
            };
            add(ui, Button::new(text).fill(fill), can_confirm, Answer::Confirmed);
            if let Some(label) = dialog.other_label() {
                add(ui, Button::new(label), true, Answer::Other);
            }
            add(ui, Button::new("Cancel"), true, Answer::Cancelled);
            (shown, answer)
        })
        .inner;
    let on_button = takes_enter || responses.iter().any(Response::has_focus);
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    if answer.is_none() && enter && can_confirm && !on_button && !is_popup_open {
        answer = Some(Answer::Confirmed);
    }
    answer
}
