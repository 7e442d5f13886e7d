//! The controls in the landscapes' tab bar: contour or surface, the directions, and everything else in a popup.

use egui::containers::menu::MenuConfig;
use egui::{PopupCloseBehavior, Role, Ui};

use super::settings::settings_ui;
use super::state::Mode;
use crate::protocol::{LivePlane, RunId};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::view::View;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::model::{EngineHealth, Model};

/// Room that all controls need, in points; with less the directions become a menu, then all.
const FULL: f32 = 560.0;
const SHORT: f32 = 290.0;
/// Path points that principal components need.
const LEAST_PATH: usize = 3;

/// Draws the controls, from right to left.
pub fn bar_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    if model.runs.is_empty() {
        return;
    }
    ui.spacing_mut().item_spacing.x = 2.0;
    let room = ui.available_width();
    let button = egui::containers::menu::MenuButton::new(icons::SLIDERS_HORIZONTAL)
        .config(MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside));
    let (response, _) = button.ui(ui, |ui| settings_ui(ui, model, view, room < SHORT));
    widgets::name(&response, Role::Button, "Landscape settings");
    response.on_hover_text("Range, resolution, normalisation, colours, and what lies on the landscapes.");
    ui.add_space(6.0);
    if room < SHORT {
        return;
    }
    if room < FULL {
        let label = PlaneKind::of(&view.landscape.slice.plane).label();
        let response = ui.menu_button(format!("{label} {}", icons::CARET_DOWN), |ui| {
            for kind in PlaneKind::ALL {
                plane_ui(ui, kind, model, view);
            }
        });
        widgets::name(&response.response, Role::Button, &format!("Directions: {label}"));
    } else {
        for kind in PlaneKind::ALL.into_iter().rev() {
            plane_ui(ui, kind, model, view);
        }
    }
    ui.add_space(6.0);
    for (mode, command, label) in
        [(Mode::Surface, UiCommand::Surface, "3D"), (Mode::Contour, UiCommand::Contour, "Contour")]
    {
        mode_ui(ui, view, mode, command, label);
    }
}

/// One of contour and surface.
pub fn mode_ui(ui: &mut Ui, view: &mut View, mode: Mode, command: UiCommand, label: &str) {
    let response = widgets::segment_ui(ui, view.landscape.mode == mode, label).on_hover_text(command.spec().help);
    if response.clicked() {
        view.asks.push(Ask::Do(command));
    }
}

/// One of the planes.
pub fn plane_ui(ui: &mut Ui, kind: PlaneKind, model: &Model, view: &mut View) {
    let is_chosen = PlaneKind::of(&view.landscape.slice.plane) == kind;
    let plane = plane_of(kind, model, view);
    let response =
        ui.add_enabled_ui(is_chosen || plane.is_ok(), |ui| widgets::segment_ui(ui, is_chosen, kind.label())).inner;
    let is_clicked = response.clicked();
    let why_not = plane.as_ref().err().copied().unwrap_or_default();
    help::term(response.on_hover_text(kind.help()).on_disabled_hover_text(why_not), kind.term());
    if let (true, Ok(plane)) = (is_clicked, plane) {
        view.choose_plane(plane, model);
    }
}

/// The plane of this kind.
///
/// # Errors
/// Why it cannot be had now, in a sentence.
pub fn plane_of(kind: PlaneKind, model: &Model, view: &View) -> Result<LivePlane, &'static str> {
    if model.health != EngineHealth::Fine {
        return Err("The engine does not run.");
    }
    let selected = view.selected_run(model).ok_or("There is no run yet.")?;
    match kind {
        PlaneKind::Random => Ok(view.landscape.random_plane(model)),
        PlaneKind::Minima => {
            let mut runs = model.runs.iter().map(|run| run.info.run).filter(|run| !view.is_hidden(*run));
            let mut next = || runs.next().ok_or("Needs three runs that are shown.");
            let three: [RunId; 3] = [next()?, next()?, next()?];
            if model.horizon().0 == 0 {
                return Err("The runs are all at the same place until they have trained.");
            }
            Ok(LivePlane::Minima(three))
        }
        PlaneKind::Eigenvectors => Ok(LivePlane::Eigenvectors(selected)),
        PlaneKind::PathPca => {
            let path = model.run(selected).and_then(|run| run.slice.as_ref()).map_or(0, |slice| slice.grid.path.len());
            if path < LEAST_PATH {
                return Err("Needs a path: train the selected run for some steps first.");
            }
            Ok(LivePlane::PathPca(selected))
        }
    }
}
