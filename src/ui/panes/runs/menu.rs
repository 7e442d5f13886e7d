//! What can be done with one run, as a menu.

use egui::{Button, RichText, Ui};

use super::dialogs::RunDialog;
use super::forms::BranchForm;
use crate::ui::contract::ask::Ask;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::view::View;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::icons;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

/// Draws the menu of a run, which is selected by whatever is chosen. The first line gets the keyboard with `takes_focus`.
pub fn run_menu_ui(ui: &mut Ui, model: &Model, run: &RunView, view: &mut View, takes_focus: bool) {
    ui.set_min_width(200.0);
    let is_hidden = view.is_hidden(run.info.run);
    let (eye, hide) = if is_hidden { (icons::EYE, "Show") } else { (icons::EYE_SLASH, "Hide") };
    let first = item_ui(ui, model, run, view, UiCommand::DuplicateRun, icons::COPY, "Duplicate");
    if takes_focus {
        first.request_focus();
    }
    item_ui(ui, model, run, view, UiCommand::BranchHere, icons::GIT_BRANCH, "Branch here");
    let is_fine = model.health == EngineHealth::Fine;
    let hint = "A new run that goes on from an earlier step, with other knobs.";
    let button = Button::new(words(ui, icons::CLOCK_COUNTER_CLOCKWISE, "Branch from a step…"));
    let response = ui.add_enabled(is_fine && run.step() > 0, button).on_hover_text(hint);
    let response = help::term(response, Term::Branch);
    widgets::name(&response, egui::Role::Button, "Branch from a step…");
    if response.clicked() {
        select(model, run, view);
        view.runs.dialog = Some(RunDialog::Branch(BranchForm::new(run, run.step())));
        ui.close();
    }
    item_ui(ui, model, run, view, UiCommand::Rewind, icons::REWIND, "Rewind…");
    ui.separator();
    item_ui(ui, model, run, view, UiCommand::RenameRun, icons::PENCIL_SIMPLE, "Rename and colour…");
    item_ui(ui, model, run, view, UiCommand::HideRun, eye, hide);
    item_ui(ui, model, run, view, UiCommand::RemoveRun, icons::TRASH, "Remove");
}

fn item_ui(
    ui: &mut Ui,
    model: &Model,
    run: &RunView,
    view: &mut View,
    command: UiCommand,
    icon: &str,
    label: &str,
) -> egui::Response {
    let keys = RichText::new(shortcut_words(ui.ctx(), command)).color(Tokens::of(ui).weak.0);
    let button = Button::new(words(ui, icon, label)).shortcut_text(keys);
    let response = ui.add_enabled(command.is_enabled(model, view), button).on_hover_text(command.spec().help);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, response.enabled(), label));
    if response.clicked() {
        select(model, run, view);
        view.asks.push(Ask::Do(command));
        ui.close();
    }
    match command {
        UiCommand::BranchHere => help::term(response, Term::Branch),
        UiCommand::Rewind => help::term(response, Term::Rewind),
        _ => response,
    }
}

fn words(ui: &Ui, icon: &str, label: &str) -> RichText {
    RichText::new(format!("{icon}  {label}")).color(Tokens::of(ui).text.0)
}

fn select(model: &Model, run: &RunView, view: &mut View) {
    view.shared.selected = model.runs.iter().position(|other| other.info.run == run.info.run);
}
