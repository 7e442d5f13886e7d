//! The controls in the landscapes' tab bar: contour or surface, the directions, and everything else in a popup.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{PopupCloseBehavior, Role, Ui};

use super::choices::Mode;
use super::controls::{mode_ui, plane_ui};
use super::settings::settings_ui;
use super::state::LandscapeView;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::plane::PlaneKind;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{icons, widgets};

/// Room that all controls need, in points; with less the directions become a menu, then all.
const FULL: f32 = 560.0;
const SHORT: f32 = 290.0;

/// Draws the controls, from right to left.
pub fn bar_ui(ui: &mut Ui, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    if seen.model.runs.is_empty() {
        return;
    }
    ui.spacing_mut().item_spacing.x = 2.0;
    let room = ui.available_width();
    let button = MenuButton::new(icons::SLIDERS_HORIZONTAL)
        .config(MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside));
    let (response, _) = button.ui(ui, |ui| settings_ui(ui, seen, view, asks, room < SHORT));
    widgets::name(&response, Role::Button, "Landscape settings");
    response.on_hover_text("Range, resolution, normalisation, colours, and what lies on the landscapes.");
    ui.add_space(6.0);
    if room < SHORT {
        return;
    }
    if room < FULL {
        let label = PlaneKind::of(&view.slice.plane).label();
        let response = ui.menu_button(format!("{label} {}", icons::CARET_DOWN), |ui| {
            for kind in PlaneKind::ALL {
                plane_ui(ui, kind, seen, view, asks);
            }
        });
        widgets::name(&response.response, Role::Button, &format!("Directions: {label}"));
    } else {
        for kind in PlaneKind::ALL.into_iter().rev() {
            plane_ui(ui, kind, seen, view, asks);
        }
    }
    ui.add_space(6.0);
    for mode in [Mode::Surface, Mode::Contour] {
        mode_ui(ui, view, mode, asks);
    }
}
