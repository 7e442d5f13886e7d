//! Contour or surface, and the planes: these stand in the tab bar, or in the popup where the bar has no room.

use egui::Ui;

use super::choices::Mode;
use super::state::LandscapeView;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::plane::PlaneKind;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{help, widgets};

/// One of contour and surface.
pub fn mode_ui(ui: &mut Ui, view: &LandscapeView, mode: Mode, asks: &mut Asks) {
    let (command, label) = match mode {
        Mode::Contour => (UiCommand::Contour, "Contour"),
        Mode::Surface => (UiCommand::Surface, "3D"),
    };
    let response = widgets::segment_ui(ui, view.mode == mode, label).on_hover_text(command.spec().help);
    if response.clicked() {
        asks.run(command);
    }
}

/// One of the planes.
pub fn plane_ui(ui: &mut Ui, kind: PlaneKind, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let is_chosen = PlaneKind::of(&view.slice.plane) == kind;
    let plane = view.plane_of(kind, seen);
    let response =
        ui.add_enabled_ui(is_chosen || plane.is_ok(), |ui| widgets::segment_ui(ui, is_chosen, kind.label())).inner;
    let is_clicked = response.clicked();
    let why_not = plane.as_ref().err().copied().unwrap_or_default();
    help::term(response.on_hover_text(kind.help()).on_disabled_hover_text(why_not), kind.term());
    if let (true, Ok(plane)) = (is_clicked, plane) {
        view.choose_plane(plane, seen.model, asks);
    }
}
