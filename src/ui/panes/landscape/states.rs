//! What stands where a picture cannot: one calm sentence, and a button where something can be done.

use egui::{Align, Align2, Layout, Rect, RichText, Sense, StrokeKind, Ui, UiBuilder, vec2};

use crate::protocol::Command;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;
use crate::ui::state::model::{EngineHealth, Model};

/// A calm place that says what it waits for, with a button if there is one. True when that was clicked.
pub fn placeholder_ui(ui: &mut Ui, rect: Rect, title: &str, about: &str, button: Option<&str>) -> bool {
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, 6.0, tokens.panel.0);
    let inner = rect.shrink2(vec2(16.0_f32.min(0.1 * rect.width()), 8.0));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Center)));
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    ui.add_space((0.5 * rect.height() - 40.0).max(0.0));
    ui.label(RichText::new(title).color(tokens.text.0));
    if !about.is_empty() {
        ui.set_max_width(420.0);
        widgets::small_weak_ui(&mut ui, about);
    }
    button.is_some_and(|label| {
        ui.add_space(4.0);
        ui.button(label).clicked()
    })
}

/// Says over the landscapes that another experiment is on its way.
pub fn loading_ui(ui: &Ui, room: Rect, model: &Model) {
    let Some(title) = &model.loading else { return };
    let tokens = Tokens::of(ui);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = format!("Loading {title}…");
    let galley = ui.painter().layout(text.clone(), font, tokens.text.0, (room.width() - 40.0).max(80.0));
    let rect = Align2::CENTER_TOP.anchor_size(room.center_top() + vec2(0.0, 34.0), galley.size());
    let outline = egui::Stroke::new(1.0, tokens.weak.0);
    ui.painter().rect(rect.expand2(vec2(12.0, 6.0)), 6.0, tokens.panel.0, outline, StrokeKind::Inside);
    ui.painter().galley(rect.min, galley, tokens.text.0);
    let response = ui.interact(rect, ui.scope_id().with("loading"), Sense::hover());
    widgets::name(&response, egui::Role::Status, &text);
}

/// Says what happened to the engine and what to do.
pub fn trouble_ui(ui: &mut Ui, model: &Model, asks: &mut Asks) {
    let can_go_on = !model.runs.is_empty();
    let text = match &model.health {
        EngineHealth::Fine => return,
        EngineHealth::Failed(reason) if can_go_on => {
            format!("The engine failed: {reason}. The runs stand at their last good step.")
        }
        EngineHealth::Failed(reason) => format!("There are no runs: {reason}."),
        EngineHealth::Gone => {
            "The engine has stopped. The last pictures stay. Close the window and start Flatscape again.".to_owned()
        }
    };
    let tokens = Tokens::of(ui);
    let outline = egui::Stroke::new(1.0, tokens.error.0);
    egui::Frame::new().fill(tokens.panel.0).stroke(outline).corner_radius(6).inner_margin(8).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.colored_label(tokens.error.0, text);
            if model.health == EngineHealth::Gone {
                if ui.button("Close the window").clicked() {
                    asks.run(UiCommand::Quit);
                }
                return;
            }
            if can_go_on && ui.button("Go on").on_hover_text("Trains on from the last good step.").clicked() {
                asks.send(Command::Play);
            }
            let again = if can_go_on { "Start the runs again" } else { "Try again" };
            let help = "Starts from the initial weights, with the knobs as they are now.";
            if ui.button(again).on_hover_text(help).clicked() {
                asks.send(Command::Reset);
                asks.send(Command::Play);
            }
        });
    });
    ui.add_space(4.0);
}
