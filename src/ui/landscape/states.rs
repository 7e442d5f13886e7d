//! What stands where a picture cannot: one calm sentence, and a button where something can be done.

use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder};

use crate::ui::commands::UiCommand;
use crate::ui::model::{EngineHealth, Model};
use crate::ui::theme::Tokens;
use crate::ui::view::{Action, View};
use crate::ui::widgets;

/// A calm pane that says what it waits for, with a button if there is one. True when that was clicked.
pub fn placeholder_ui(ui: &mut Ui, rect: Rect, title: &str, about: &str, button: Option<&str>) -> bool {
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, 6.0, tokens.panel.0);
    let inner = rect.shrink2(egui::vec2(16.0_f32.min(0.1 * rect.width()), 8.0));
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

/// Says what happened to the engine and what to do.
pub fn trouble_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let (text, can_reset) = match &model.health {
        EngineHealth::Fine => return,
        EngineHealth::Failed(reason) => {
            (format!("The engine failed: {reason}. The last pictures stay. Reset starts the runs again."), true)
        }
        EngineHealth::Gone => (
            "The engine has stopped. The last pictures stay. Close the window and start Flatscape again.".to_owned(),
            false,
        ),
    };
    let tokens = Tokens::of(ui);
    let outline = egui::Stroke::new(1.0, tokens.error.0);
    egui::Frame::new().fill(tokens.panel.0).stroke(outline).corner_radius(6).inner_margin(8).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.colored_label(tokens.error.0, text);
            if can_reset && ui.button("Start the runs again").clicked() {
                view.act(Action::Do(UiCommand::Reset));
            }
            if !can_reset && ui.button("Close the window").clicked() {
                view.act(Action::Do(UiCommand::Quit));
            }
        });
    });
    ui.add_space(4.0);
}
