//! Small windows that ask about one run. Enter does what they are for, Escape closes them.

use egui::{Context, Id, Ui};

use super::forms::{BranchForm, PresetForm, RenameForm, RewindForm};
use super::sweep::SweepForm;
use crate::config::KnobId;
use crate::protocol::{Command, RunId, RunStart};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format;
use crate::ui::kit::modal::{Answer, Form, Modal};
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
    /// A run for each of some values of a knob.
    Sweep(SweepForm),
}

impl RunDialog {
    /// The run that it is about.
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Branch(form) => Some(form.run),
            Self::Rewind(form) => Some(form.run),
            Self::Rename(form) => Some(form.run),
            Self::Sweep(form) => Some(form.run),
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
            Self::Sweep(form) => format!("Sweep {} of {name}", form.knob.spec().label),
        }
    }

    /// What stands around its form.
    const fn modal<'a>(&self, title: &'a str) -> Modal<'a> {
        let (confirm, other) = match self {
            Self::Branch(_) => ("Branch", None),
            Self::Rewind(_) => ("Rewind", Some("Branch instead…")),
            Self::Rename(_) => ("Apply", None),
            Self::Remove(_) => ("Remove", None),
            Self::SavePreset(_) => ("Save", None),
            Self::Sweep(_) => ("Add the runs", None),
        };
        Modal { title, confirm, other, is_final: false }
    }

    fn can_confirm(&self, model: &Model) -> bool {
        match self {
            Self::Rewind(form) => model.run(form.run).is_some_and(|run| form.step < run.step()),
            Self::SavePreset(form) => form.name().is_some(),
            Self::Sweep(form) => form.plan(model).is_ok(),
            Self::Branch(_) | Self::Rename(_) | Self::Remove(_) => true,
        }
    }

    /// Draws what it asks for.
    fn form_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, is_new: bool) -> Form {
        let model = seen.model;
        let mut takes_enter = false;
        match self {
            Self::Branch(form) => form.ui(ui, model),
            Self::Rewind(form) => form.ui(ui, model),
            Self::Sweep(form) => form.ui(ui, model),
            Self::Rename(form) => takes_enter = form.ui(ui, model, is_new),
            Self::Remove(run) => {
                let steps = model.run(*run).map_or(0, RunView::step);
                let keys = shortcut_words(ui.ctx(), UiCommand::Undo);
                ui.label(format!(
                    "It stands at step {}. {keys} brings it back, until all runs are reset.",
                    format::grouped(steps)
                ));
            }
            Self::SavePreset(form) => {
                let name = form.name();
                let is_same = |one: &Preset| one.optimizer == form.optimizer && Some(&one.name) == name.as_ref();
                let is_replacing = seen.shared.presets.iter().any(is_same);
                form.ui(ui, is_replacing, is_new);
            }
        }
        Form { can_confirm: self.can_confirm(model), takes_enter }
    }

    /// Asks for what it was about.
    fn confirm(self, model: &Model, asks: &mut Asks) {
        let ask = match self {
            Self::Sweep(form) => {
                form.begin(model, asks);
                Ask::Show(Pane::KnobSweep)
            }
            Self::Branch(BranchForm { run, step, optimizer, knobs, .. }) => {
                let start = RunStart::Step { run, step };
                Ask::Send(Command::AddRun { optimizer, knobs: Box::new(knobs), start })
            }
            Self::Rewind(RewindForm { run, step }) => Ask::Send(Command::Rewind { run, step }),
            Self::Rename(form) => Ask::Runs(RunsAction::Rename { run: form.run, name: form.name(), color: form.color }),
            Self::Remove(run) => Ask::Runs(RunsAction::Remove(run)),
            Self::SavePreset(form) => {
                let Some(name) = form.name() else { return };
                let PresetForm { optimizer, knobs, .. } = form;
                Ask::Runs(RunsAction::SavePreset(Box::new(Preset { name, optimizer, knobs })))
            }
        };
        asks.push(ask);
    }

    /// The dialog for the second thing that it offers.
    fn other(&self, model: &Model) -> Option<Self> {
        let Self::Rewind(form) = self else { return None };
        Some(Self::Branch(BranchForm::new(model.run(form.run)?, form.step)))
    }
}

/// Draws the dialog that is open. The knob of a sweep that has just begun, if one has.
pub fn dialog_ui(ctx: &Context, seen: Seen<'_>, open: &mut Option<RunDialog>, asks: &mut Asks) -> Option<KnobId> {
    let mut dialog = open.take()?;
    // One that takes the place of another is new too.
    let id = Id::unique(("run dialog", std::mem::discriminant(&dialog)));
    let title = dialog.title(seen.model);
    let modal = dialog.modal(&title);
    match modal.ui(ctx, id, |ui, is_new| dialog.form_ui(ui, seen, is_new)) {
        None => *open = Some(dialog),
        Some(Answer::Cancelled) => {}
        Some(Answer::Confirmed) => {
            let swept = if let RunDialog::Sweep(form) = &dialog { Some(form.knob) } else { None };
            dialog.confirm(seen.model, asks);
            return swept;
        }
        Some(Answer::Other) => *open = dialog.other(seen.model),
    }
    None
}
