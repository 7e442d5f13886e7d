//! Colours and cells of what a chart is saved as.

use egui::Color32;

use crate::ui::kit::theme::Tokens;

/// A colour as three numbers.
#[must_use]
pub fn rgb(color: Color32) -> [u8; 3] {
    [color.r(), color.g(), color.b()]
}

/// The tokens of a picture.
#[must_use]
pub fn tokens(is_dark: bool) -> &'static Tokens {
    Tokens::for_theme(if is_dark { egui::Theme::Dark } else { egui::Theme::Light })
}

/// A cell of a table.
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_are_quoted() {
        assert_eq!(quoted("NSO"), "NSO");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
