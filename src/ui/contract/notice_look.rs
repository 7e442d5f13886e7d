//! How notices look, as toasts and in their log.

use egui::Color32;

use crate::ui::kit::icons;
use crate::ui::kit::theme::Tokens;
use crate::ui::state::notices::Level;

/// Icon, colour and name of a level.
#[must_use]
pub const fn look(level: Level, tokens: &Tokens) -> (&'static str, Color32, &'static str) {
    match level {
        Level::Quiet | Level::Info => (icons::INFO, tokens.weak.0, "Notice"),
        Level::Warning => (icons::WARNING, tokens.warning.0, "Warning"),
        Level::Error => (icons::WARNING_CIRCLE, tokens.error.0, "Error"),
    }
}
