//! What can be done with one run, as a menu.

use egui::{Button, Response, RichText, Role, Ui, WidgetInfo};

use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

/// Draws the menu of a run, which is selected by whatever is chosen. The first line gets the keyboard with `takes_focus`.
pub fn run_menu_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, takes_focus: bool, asks: &mut Asks) {
    ui.set_min_width(200.0);
    let is_hidden = seen.is_hidden(run.info.run);
    let (eye, hide) = if is_hidden { (icons::EYE, "Show") } else { (icons::EYE_SLASH, "Hide") };
    let first = item_ui(ui, seen, run, asks, UiCommand::DuplicateRun, icons::COPY, "Duplicate");
    if takes_focus {
        first.request_focus();
    }
    item_ui(ui, seen, run, asks, UiCommand::SweepKnob(None), icons::SLIDERS_HORIZONTAL, "Sweep a knob…");
    item_ui(ui, seen, run, asks, UiCommand::BranchHere, icons::GIT_BRANCH, "Branch here");
    let is_fine = seen.model.health == EngineHealth::Fine;
    let hint = "A new run that goes on from an earlier step, with other knobs.";
    let button = Button::new(words(ui, icons::CLOCK_COUNTER_CLOCKWISE, "Branch from a step…"));
    let response = ui.add_enabled(is_fine && run.step() > 0, button).on_hover_text(hint);
    let response = help::term(response, Term::Branch);
    widgets::name(&response, Role::Button, "Branch from a step…");
    if response.clicked() {
        do_with(seen.model, run, UiCommand::BranchFromStep, asks);
        ui.close();
    }
    item_ui(ui, seen, run, asks, UiCommand::StartAtAverage, icons::PLUS, "New run at its average");
    item_ui(ui, seen, run, asks, UiCommand::StartAtBest, icons::PLUS, "New run at its best validation loss");
    item_ui(ui, seen, run, asks, UiCommand::FineTune, icons::SLIDERS_HORIZONTAL, "Fine-tune…");
    item_ui(ui, seen, run, asks, UiCommand::Rewind, icons::REWIND, "Rewind…");
    ui.separator();
    item_ui(ui, seen, run, asks, UiCommand::RenameRun, icons::PENCIL_SIMPLE, "Rename and colour…");
    item_ui(ui, seen, run, asks, UiCommand::HideRun, eye, hide);
    item_ui(ui, seen, run, asks, UiCommand::RemoveRun, icons::TRASH, "Remove");
}

fn item_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    run: &RunView,
    asks: &mut Asks,
    command: UiCommand,
    icon: &str,
    label: &str,
) -> Response {
    let keys = RichText::new(shortcut_words(ui.ctx(), command)).color(Tokens::of(ui).weak.0);
    let button = Button::new(words(ui, icon, label)).shortcut_text(keys);
    let why_not = command.why_not_of(seen, run);
    let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(command.spec().help);
    let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, response.enabled(), label));
    if response.clicked() {
        do_with(seen.model, run, command, asks);
        ui.close();
    }
    match command {
        UiCommand::BranchHere => help::term(response, Term::Branch),
        UiCommand::StartAtAverage => help::term(response, Term::Average),
        UiCommand::Rewind => help::term(response, Term::Rewind),
        _ => response,
    }
}

fn words(ui: &Ui, icon: &str, label: &str) -> RichText {
    RichText::new(format!("{icon}  {label}")).color(Tokens::of(ui).text.0)
}

/// Commands are about the selected run.
fn do_with(model: &Model, run: &RunView, command: UiCommand, asks: &mut Asks) {
    asks.push(Ask::Select(model.runs.iter().position(|other| other.info.run == run.info.run)));
    asks.run(command);
}
