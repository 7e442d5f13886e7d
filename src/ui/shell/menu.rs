//! The menu: every command by its group.

use egui::{Button, RichText, Ui};

use super::panes::Panes;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::{Group, UiCommand, shortcut_words};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{icons, widgets};

/// One button that holds all commands.
pub fn menu_ui(ui: &mut Ui, panes: &Panes, seen: Seen<'_>, asks: &mut Asks) {
    let icon = RichText::new(icons::LIST).size(16.0);
    let response = ui.menu_button(icon, |ui| {
        for group in Group::ALL.into_iter().filter(|group| commands(*group, seen).next().is_some()) {
            ui.menu_button(group.label(), |ui| group_ui(ui, panes, seen, asks, group));
        }
    });
    widgets::name(&response.response, egui::Role::Button, "Menu");
    response.response.on_hover_text("Everything that can be done.");
}

/// The commands of a group that are there.
fn commands(group: Group, seen: Seen<'_>) -> impl Iterator<Item = UiCommand> {
    UiCommand::all().into_iter().filter(move |command| command.spec().group == group && command.is_there(seen))
}

fn group_ui(ui: &mut Ui, panes: &Panes, seen: Seen<'_>, asks: &mut Asks, group: Group) {
    ui.set_min_width(230.0);
    egui::ScrollArea::vertical().max_height(0.8 * ui.ctx().content_rect().height()).show(ui, |ui| {
        for command in commands(group, seen) {
            let spec = command.spec();
            let button = Button::new(command.label_now(seen)).shortcut_text(shortcut_words(ui.ctx(), command));
            let why_not = panes.why_not(command, seen);
            let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(spec.help);
            let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
            if response.clicked() {
                asks.run(command);
                ui.close();
            }
        }
    });
}
