//! The menu: every command by its group.

use egui::{Button, RichText, Ui};

use crate::ui::contract::ask::Ask;
use crate::ui::contract::command::{Group, UiCommand, shortcut_words};
use crate::ui::contract::view::View;
use crate::ui::kit::icons;
use crate::ui::kit::widgets;
use crate::ui::state::model::Model;

/// One button that holds all commands.
pub fn menu_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let icon = RichText::new(icons::LIST).size(16.0);
    let response = ui.menu_button(icon, |ui| {
        for group in Group::ALL {
            ui.menu_button(group.label(), |ui| group_ui(ui, model, view, group));
        }
    });
    widgets::name(&response.response, egui::Role::Button, "Menu");
    response.response.on_hover_text("Everything that can be done.");
}

fn group_ui(ui: &mut Ui, model: &Model, view: &mut View, group: Group) {
    ui.set_min_width(230.0);
    egui::ScrollArea::vertical().max_height(0.8 * ui.ctx().content_rect().height()).show(ui, |ui| {
        for command in UiCommand::all().into_iter().filter(|command| command.spec().group == group) {
            let spec = command.spec();
            let button = Button::new(command.label_now(model, view)).shortcut_text(shortcut_words(ui.ctx(), command));
            let why_not = command.why_not(model, view);
            let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(spec.help);
            let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
            if response.clicked() {
                view.asks.push(Ask::Do(command));
                ui.close();
            }
        }
    });
}
