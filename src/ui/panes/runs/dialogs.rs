//! Small windows that ask about one run. Enter does what they are for, Escape closes them.

use egui::{Button, Context, Id, Key, Modal, Popup, Response, RichText, Ui};

use super::forms::{BranchForm, PresetForm, RenameForm, RewindForm};
use crate::protocol::{Command, RunId, RunStart};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::ask::Ending;
use crate::ui::contract::ask::RunsAction;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::view::View;
use crate::ui::kit::format;
use crate::ui::kit::theme;
use crate::ui::kit::theme::Tokens;
use crate::ui::state::model::Model;
use crate::ui::state::preset::Preset;
use crate::ui::state::run_view::RunView;

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
    /// Whether runs that have trained for long shall end.
    End(Ending),
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
            Self::SavePreset(_) | Self::End(_) => None,
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
            Self::End(ending) => ending.title(),
        }
    }

    const fn confirm_label(&self) -> &'static str {
        match self {
            Self::Branch(_) => "Branch",
            Self::Rewind(_) => "Rewind",
            Self::Rename(_) => "Apply",
            Self::Remove(_) => "Remove",
            Self::SavePreset(_) => "Save",
            Self::End(ending) => ending.confirm_label(),
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
            Self::Rewind(form) => model.run(form.run).is_some_and(|run| form.step < run.step()),
            Self::SavePreset(form) => form.name().is_some(),
            Self::Branch(_) | Self::Rename(_) | Self::Remove(_) | Self::End(_) => true,
        }
    }

    /// What it does cannot be taken back: the way out has the keyboard at first.
    const fn is_final(&self) -> bool {
        matches!(self, Self::End(_))
    }

    /// Draws what it asks for. Returns whether a part has the keyboard that takes Enter for itself.
    fn form_ui(&mut self, ui: &mut Ui, model: &Model, view: &View, is_new: bool) -> bool {
        match self {
            Self::Branch(form) => form.ui(ui, model),
            Self::Rewind(form) => form.ui(ui, model),
            Self::Rename(form) => return form.ui(ui, model, is_new),
            Self::Remove(run) => {
                let steps = model.run(*run).map_or(0, RunView::step);
                let keys = shortcut_words(ui.ctx(), UiCommand::Undo);
                ui.label(format!(
                    "It stands at step {}. {keys} brings it back, until all runs are reset.",
                    format::grouped(steps)
                ));
            }
            Self::End(ending) => {
                ui.label(ending.words(model));
            }
            Self::SavePreset(form) => {
                let name = form.name();
                let is_same = |one: &Preset| one.optimizer == form.optimizer && Some(&one.name) == name.as_ref();
                let is_replacing = view.shared.presets.iter().any(is_same);
                form.ui(ui, is_replacing, is_new);
            }
        }
        false
    }

    /// Asks the application for what it was about.
    fn confirm(self, view: &mut View) {
        view.asks.push(match self {
            Self::Branch(BranchForm { run, step, optimizer, knobs }) => {
                let start = RunStart::Step { run, step };
                Ask::Send(Command::AddRun { optimizer, knobs: Box::new(knobs), start })
            }
            Self::Rewind(RewindForm { run, step }) => Ask::Send(Command::Rewind { run, step }),
            Self::Rename(form) => Ask::Runs(RunsAction::Rename { run: form.run, name: form.name(), color: form.color }),
            Self::Remove(run) => Ask::Runs(RunsAction::Remove(run)),
            Self::End(ending) => Ask::Runs(RunsAction::End(ending)),
            Self::SavePreset(form) => {
                let Some(name) = form.name() else { return };
                let PresetForm { optimizer, knobs, .. } = form;
                Ask::Runs(RunsAction::SavePreset(Preset { name, optimizer, knobs }))
            }
        });
    }
}

/// Draws the dialog that is open.
pub fn dialog_ui(ctx: &Context, model: &Model, view: &mut View) {
    let Some(mut dialog) = view.runs.dialog.take() else { return };
    // One that takes the place of another is new too.
    let id = Id::unique(("run dialog", std::mem::discriminant(&dialog)));
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
        buttons_ui(ui, &dialog, model, takes_enter, is_new)
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

fn buttons_ui(ui: &mut Ui, dialog: &RunDialog, model: &Model, takes_enter: bool, is_new: bool) -> Option<Answer> {
    let can_confirm = dialog.can_confirm(model);
    let is_popup_open = Popup::is_any_open(ui.ctx());
    let (responses, mut answer) = ui
        .horizontal(|ui| {
            let tokens = Tokens::of(ui);
            // The button that Enter means is the coloured one.
            let button = |label: &str, is_default: bool| {
                if is_default {
                    Button::new(RichText::new(label).color(tokens.on_accent.0)).fill(tokens.accent.0)
                } else {
                    Button::new(label).fill(tokens.raised.0)
                }
            };
            let is_final = dialog.is_final();
            let confirm = button(dialog.confirm_label(), can_confirm && !is_final);
            let mut shown: Vec<Response> = Vec::new();
            let mut answer = None;
            let mut add = |ui: &mut Ui, button: Button<'_>, is_enabled: bool, given: Answer| {
                let response = ui.add_enabled(is_enabled, button);
                if response.clicked() {
                    answer = Some(given);
                }
                if is_new && is_final && given == Answer::Cancelled {
                    response.request_focus();
                }
                shown.push(response);
            };
            add(ui, confirm, can_confirm, Answer::Confirmed);
            if let Some(label) = dialog.other_label() {
                add(ui, Button::new(label), true, Answer::Other);
            }
            add(ui, button("Cancel", is_final), true, Answer::Cancelled);
            (shown, answer)
        })
        .inner;
    let on_button = takes_enter || responses.iter().any(Response::has_focus);
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    if answer.is_none() && enter && can_confirm && !dialog.is_final() && !on_button && !is_popup_open {
        answer = Some(Answer::Confirmed);
    }
    answer
}
