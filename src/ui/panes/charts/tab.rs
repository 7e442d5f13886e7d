//! The row of tabs.

use egui::{Role, Ui};

use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::kit::{help, icons, widgets};

/// Draws the tabs that fit into `width`; the others stand in a menu. The one that is open is always seen.
pub fn tabs_ui(ui: &mut Ui, open: &mut ChartTab, width: f32) {
    let more = more_words();
    let widths = ChartTab::ALL.map(|tab| width_of(ui, tab.label()));
    let shown = fitting(widths, ChartTab::ALL.iter().position(|tab| tab == open), width, width_of(ui, &more));
    let (mut seen, mut hidden) = (Vec::new(), Vec::new());
    for (tab, is_shown) in ChartTab::ALL.into_iter().zip(shown) {
        if is_shown { &mut seen } else { &mut hidden }.push(tab);
    }
    for tab in seen {
        let response = widgets::tab_ui(ui, *open == tab, tab.label());
        if response.clicked() {
            *open = tab;
        }
        if let Some(term) = tab.term() {
            help::term(response, term);
        }
    }
    if hidden.is_empty() {
        return;
    }
    let menu = ui.menu_button(more, |ui| {
        for tab in hidden {
            if ui.button(tab.label()).clicked() {
                *open = tab;
                ui.close();
            }
        }
    });
    widgets::name(&menu.response, Role::Button, "More charts");
    menu.response.on_hover_text("Charts for which there is no room beside the others.");
}

fn more_words() -> String {
    format!("More {}", icons::CARET_DOWN)
}

fn width_of(ui: &Ui, text: &str) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER);
    galley.size().x + 2.0 * ui.spacing().button_padding.x + ui.spacing().item_spacing.x
}

/// The width of the tab that is open and of the menu with all others, in points.
pub fn least_width(ui: &Ui, open: ChartTab) -> f32 {
    width_of(ui, open.label()) + width_of(ui, &more_words())
}

/// Which of the tabs are seen in `width`: all, or the open one and as many of the first as there is room for beside the
/// menu with the rest.
fn fitting<const N: usize>(widths: [f32; N], open: Option<usize>, width: f32, menu: f32) -> [bool; N] {
    if widths.iter().sum::<f32>() <= width {
        return [true; N];
    }
    let mut shown = [false; N];
    let mut room = width - menu - open.map_or(0.0, |open| widths[open]);
    let mut is_full = false;
    for (index, tab) in widths.into_iter().enumerate() {
        let is_open = open == Some(index);
        is_full |= !is_open && tab > room;
        shown[index] = is_open || !is_full;
        room -= if is_open || is_full { 0.0 } else { tab };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_tab_is_seen_however_narrow_it_is() {
        let widths = [40.0, 60.0, 50.0, 30.0];
        assert_eq!(fitting(widths, Some(3), 180.0, 25.0), [true; 4], "no menu where all fit");
        assert_eq!(fitting(widths, Some(0), 179.0, 25.0), [true, true, true, false]);
        assert_eq!(fitting(widths, Some(3), 179.0, 25.0), [true, true, false, true], "no later one before it");
        assert_eq!(fitting(widths, Some(2), 10.0, 25.0), [false, false, true, false]);
    }

    #[test]
    fn names_in_files_are_those_of_serde() {
        for tab in ChartTab::ALL {
            assert_eq!(serde_json::to_value(tab).unwrap(), tab.key());
        }
    }
}
