//! What stands over the table: where runs are read, the bound, and ways to take the table along.

use egui::{Align, Button, Layout, Role, Ui};

use super::state::TableState;
use super::text;
use crate::protocol::{Examples, MeasureRequest, Measurement};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::{icons, widgets};
use crate::ui::panes::runs::reading::bound_is_on_its_way;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::notices::Level;

/// With less room than this, in points, the bar takes several lines.
const ONE_LINE: f32 = 500.0;

/// Draws the bar.
pub fn bar_ui(ui: &mut Ui, model: &Model, table: &mut TableState, asks: &mut Asks) {
    if ui.available_width() < ONE_LINE {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            where_ui(ui, table);
            bound_ui(ui, model, asks);
            export_ui(ui, model, table, asks);
        });
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        where_ui(ui, table);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            export_ui(ui, model, table, asks);
            bound_ui(ui, model, asks);
        });
    });
}

/// Where the runs are read.
fn where_ui(ui: &mut Ui, table: &mut TableState) {
    let end = widgets::segment_ui(ui, !table.at_equal_loss, "At the end");
    let hint = "Each run at its newest evaluation. A run that rests has only what was measured there.";
    if end.on_hover_text(hint).clicked() {
        table.at_equal_loss = false;
    }
    let equal = widgets::segment_ui(ui, table.at_equal_loss, "At equal training loss");
    let hint = "All runs where their training loss fell through the same value, so that their curvature compares.";
    if help::term(equal.on_hover_text(hint), Term::EqualLoss).clicked() {
        table.at_equal_loss = true;
    }
}

fn export_ui(ui: &mut Ui, model: &Model, table: &TableState, asks: &mut Asks) {
    let take = ui.menu_button(format!("{} Table", icons::DOWNLOAD_SIMPLE), |ui| {
        ui.set_min_width(160.0);
        if ui.button("Copy as CSV").clicked() {
            ui.ctx().copy_text(text::csv(model, table));
            asks.say(Level::Info, "Copied the table of the runs as CSV.");
            ui.close();
        }
        if ui.button("Copy as Markdown").clicked() {
            ui.ctx().copy_text(text::markdown(model, table));
            asks.say(Level::Info, "Copied the table of the runs as Markdown.");
            ui.close();
        }
        ui.separator();
        if ui.button("Save as CSV…").clicked() {
            let bytes = text::csv(model, table).into_bytes();
            asks.push(Ask::SaveFile { suggested: "runs.csv".to_owned(), bytes });
            ui.close();
        }
        if ui.button("Save as Markdown…").clicked() {
            let bytes = text::markdown(model, table).into_bytes();
            asks.push(Ask::SaveFile { suggested: "runs.md".to_owned(), bytes });
            ui.close();
        }
    });
    widgets::name(&take.response, Role::Button, "Copy or save the table");
}

fn bound_ui(ui: &mut Ui, model: &Model, asks: &mut Asks) {
    let idle = model.runs.iter().map(|run| run.info.run).filter(|run| !bound_is_on_its_way(model, *run));
    let can_measure = model.health == EngineHealth::Fine && idle.clone().next().is_some();
    let button = ui.add_enabled(can_measure, Button::new("Measure the bound of all"));
    let hint = "The terms of the bound on each run's weights as they are now: 32 probes, on the training examples. \
                The Measurements pane has all its terms.";
    if help::term(button.on_hover_text(hint), Term::Bound).clicked() {
        for run in idle {
            let request = MeasureRequest {
                what: Measurement::Bound { probes: 32, constant: 1.0 },
                examples: Examples::Train,
                weight_decay: false,
                seed: 0,
            };
            asks.push(Ask::Measure { run, request: Box::new(request) });
        }
    }
}
