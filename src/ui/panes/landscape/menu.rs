//! The menu at a place of a landscape: start a run there, ask the network, copy the coordinates.

use egui::containers::{Popup, PopupAnchor, PopupCloseBehavior, PopupKind};
use egui::{Button, Ui};

use super::average;
use super::axes::coordinate;
use super::places::{Asked, MenuPlace};
use super::prediction;
use super::state::LandscapeView;
use crate::config::{AverageKind, WindowPart};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{format, icons, widgets};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::notices::Level;
use crate::ui::state::run_view::RunView;

/// Draws the menu if it is open.
pub fn menu_ui(ui: &Ui, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let Some(menu) = view.menu else { return };
    let Some(run) = seen.model.run(menu.at.run) else {
        view.menu = None;
        return;
    };
    let mut is_open = true;
    // Aside of the pointer, so that the second click of a double click hits nothing.
    let anchor = PopupAnchor::Position(menu.pos + egui::vec2(8.0, 8.0));
    let id = egui::Id::unique("landscape place");
    Popup::new(id, ui.ctx().clone(), anchor, ui.layer_id())
        .kind(PopupKind::Menu)
        .layout(egui::Layout::top_down_justified(egui::Align::Min))
        .accessible_name("What can be done at this place")
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .open_bool(&mut is_open)
        .show(|ui| items_ui(ui, run, menu, seen, view, asks));
    if !is_open {
        view.menu = None;
    } else if let Some(menu) = &mut view.menu {
        // The first item has the focus now.
        menu.by_key = false;
    }
}

fn items_ui(ui: &mut Ui, run: &RunView, menu: MenuPlace, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    ui.set_width(264.0);
    let Asked { run: id, place, slice } = menu.at;
    let [x, y] = place.map(coordinate);
    widgets::small_weak_ui(
        ui,
        format!("{} at x {x}, y {y}, slice of step {}", run.name(), format::grouped(slice.step)),
    );
    let is_past = view.playback.shown_step().is_some();
    let why_not = match (&seen.model.health, is_past) {
        (EngineHealth::Fine, false) => None,
        (EngineHealth::Fine, true) => Some("The slice is of the past. Go back to the newest first."),
        _ => Some("The engine does not run."),
    };
    let item = |ui: &mut Ui, icon: &str, label: &str, help: &str, why_not: Option<&str>| {
        let response = ui.add_enabled(why_not.is_none(), Button::new(format!("{icon}  {label}")));
        widgets::name(&response, egui::Role::Button, label);
        let is_clicked = response.clicked();
        response.clone().on_hover_text(help).on_disabled_hover_text(why_not.unwrap_or_default());
        (is_clicked, response)
    };
    let help = "A new run with this run's optimiser and knobs that starts at the weights of this place.";
    if seen.shared.has(WindowPart::Branch) {
        let (is_clicked, first) = item(ui, icons::GIT_BRANCH, "Branch from here", help, why_not);
        if menu.by_key {
            first.request_focus();
        }
        if is_clicked {
            asks.send(Command::AddRun {
                optimizer: run.info.optimizer,
                knobs: Box::new(run.knobs.clone()),
                start: RunStart::Place { run: id, place, slice },
            });
        }
    }
    if run.knobs.average != AverageKind::None && seen.shared.has(WindowPart::Runs) {
        let help =
            "A new run at the average of this run's weights, wherever the pointer is. It rests there: training pauses.";
        let why_not = why_not.or_else(|| average::why_not(run));
        if item(ui, icons::EYE, "Look at the average", help, why_not).0 {
            average::look(run, seen, asks);
        }
    }
    let help = "Loss, accuracy and predictions of the network whose weights are at this place.";
    if item(ui, icons::MAGNIFYING_GLASS, "What does the network say here?", help, why_not).0 {
        prediction::ask(menu.at, view, asks);
    }
    let help = "Opens the card and keeps it at the pointer while that is over a landscape.";
    if item(ui, icons::CROSSHAIR, "Read predictions under the pointer", help, why_not).0 {
        prediction::ask(menu.at, view, asks);
        view.prediction.is_live = true;
    }
    if item(ui, icons::COPY, "Copy the coordinates", "As text: x, y.", None).0 {
        ui.ctx().copy_text(format!("{}, {}", place[0], place[1]));
        asks.say(Level::Info, format!("x {x}, y {y} copied."));
    }
}
