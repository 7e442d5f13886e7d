//! The line over the panes while there is no connection to an engine elsewhere.

use egui::{RichText, Ui};

use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;

/// Whether there is something to say.
pub fn is_broken(seen: Seen<'_>) -> bool {
    seen.model.line.as_ref().is_some_and(|line| line.problem.is_some())
}

/// Says why there is no connection, with the button that tries at once.
pub fn line_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    let Some(problem) = seen.model.line.as_ref().and_then(|line| line.problem.as_ref()) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(problem).color(Tokens::of(ui).warning.0));
        let spec = UiCommand::Reconnect.spec();
        if ui.button(spec.label).on_hover_text(spec.help).clicked() {
            asks.run(UiCommand::Reconnect);
        }
    });
}
