//! The popup with everything that can be chosen of the landscapes.

use egui::{ComboBox, Grid, Role, Ui};

use super::axes::AxisUnits;
use super::choices::{Field, Mode};
use super::controls::{mode_ui, plane_ui};
use super::difference::Difference;
use super::state::LandscapeView;
use crate::config::Normalization;
use crate::protocol::{Examples, LivePlane, RunId, SliceView};
use crate::render::ColorMap;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::plane::PlaneKind;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, icons, widgets};
use crate::ui::plots::slice_frame::RANGES;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Points a side that can be asked for.
const RESOLUTIONS: [usize; 2] = [3, 201];

/// Draws the popup's content; `all` where the bar had no room for mode and directions.
pub fn settings_ui(ui: &mut Ui, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks, all: bool) {
    let model = seen.model;
    ui.set_width(300.0);
    // A menu's controls have no ground, and values would not look as if they could be changed.
    let ground = Tokens::of(ui).raised.0;
    let inactive = &mut ui.visuals_mut().widgets.inactive;
    (inactive.weak_bg_fill, inactive.bg_fill) = (ground, ground);
    if all {
        ui.horizontal(|ui| {
            mode_ui(ui, view, Mode::Contour, asks);
            mode_ui(ui, view, Mode::Surface, asks);
        });
        ui.horizontal_wrapped(|ui| {
            for kind in PlaneKind::ALL {
                plane_ui(ui, kind, seen, view, asks);
            }
        });
        ui.separator();
    }
    Grid::new("landscape settings").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        plane_rows(ui, view, asks);
        sampling_rows(ui, model, view, asks);
        field_rows(ui, model, view, asks);
    });
    ui.separator();
    overlays_ui(ui, view);
    if model.runs.len() > 1 {
        ui.separator();
        difference_ui(ui, model, view);
    }
}

fn row(ui: &mut Ui, title: &str, about: &str, term: Option<Term>, content: impl FnOnce(&mut Ui)) {
    let color = Tokens::of(ui).weak.0;
    let text = egui::RichText::new(title).small().color(color);
    // What is said of this window stands above what the term means everywhere.
    match term {
        Some(term) => help::term_label(ui, text, term).on_hover_text(about),
        None => ui.label(text).on_hover_text(about),
    };
    ui.horizontal(content);
    ui.end_row();
}

/// Two choices side by side. The one that was clicked.
fn either(ui: &mut Ui, is_first: bool, first: &str, second: &str) -> Option<bool> {
    let a = widgets::segment_ui(ui, is_first, first).clicked();
    let b = widgets::segment_ui(ui, !is_first, second).clicked();
    if a { Some(true) } else { b.then_some(false) }
}

fn plane_rows(ui: &mut Ui, view: &mut LandscapeView, asks: &mut Asks) {
    let slice = view.slice;
    let LivePlane::Random { seed, normalization } = slice.plane else { return };
    row(ui, "Normalisation", "To which norms the random directions are scaled.", Some(Term::Normalization), |ui| {
        let combo = ComboBox::from_id_salt("normalisation").selected_text(normalization.label()).width(150.0);
        let response = combo.show_ui(ui, |ui| {
            for kind in Normalization::ALL {
                if ui.selectable_label(kind == normalization, kind.label()).clicked() {
                    let plane = LivePlane::Random { seed, normalization: kind };
                    view.ask_slice(SliceView { plane, ..view.slice }, asks);
                }
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Normalisation");
    });
    row(ui, "Seed", "Seed of the random directions.", Some(Term::Directions), |ui| {
        let mut new_seed = seed;
        let response = ui.add(NumberBox::new(&mut new_seed));
        widgets::name(&response, Role::SpinButton, "Seed of the directions");
        let response = ui.button(format!("{} Another", icons::ARROW_CLOCKWISE));
        widgets::name(&response, Role::Button, "Other random directions");
        if response.on_hover_text("How much the picture depends on the plane: the next seed.").clicked() {
            new_seed = seed.wrapping_add(1);
        }
        if new_seed != seed {
            let plane = LivePlane::Random { seed: new_seed, normalization };
            view.ask_slice(SliceView { plane, ..view.slice }, asks);
        }
    });
}

fn sampling_rows(ui: &mut Ui, model: &Model, view: &mut LandscapeView, asks: &mut Asks) {
    let slice = view.slice;
    row(ui, "Range ±", "Half-width of the slices in units of the directions.", None, |ui| {
        let mut range = slice.range;
        let value = NumberBox::new(&mut range).speed(0.02 * slice.range).range(RANGES[0]..=RANGES[1]);
        let response = ui.add(value);
        widgets::name(&response, Role::SpinButton, "Range of the slices");
        if range != slice.range && range.is_finite() {
            view.ask_range(range, asks);
        }
        // Slices that have not come yet have no norms to tell.
        let caption = model.runs.iter().find_map(|run| run.slice.as_ref()).map(|slice| &slice.grid.caption);
        if let Some(caption) = caption {
            let [x, y] = AxisUnits::Distance.factors(caption).map(|norm| format::number(norm * slice.range));
            let text = if x == y { format!("distance {x}") } else { format!("distance {x} and {y}") };
            widgets::small_weak_ui(ui, text)
                .on_hover_text("The same in weight space: range times norm of each direction.");
        }
    });
    axes_row(ui, view);
    row(
        ui,
        "Resolution",
        "Points a side, odd, so that the centre is one of them. Twice as many cost four times as much.",
        None,
        |ui| {
            let mut points = slice.resolution;
            let value = NumberBox::new(&mut points).speed(0.5).range(RESOLUTIONS[0]..=RESOLUTIONS[1]);
            let response = ui.add(value);
            widgets::name(&response, Role::SpinButton, "Points a side");
            let resolution = (points | 1).clamp(RESOLUTIONS[0], RESOLUTIONS[1]);
            if points != slice.resolution && resolution != slice.resolution {
                view.ask_slice(SliceView { resolution, ..view.slice }, asks);
            }
        },
    );
    row(ui, "Examples", "Which examples the slices are measured on.", Some(Term::Subset), |ui| {
        if let Some(is_train) = either(ui, slice.examples == Examples::Train, "Train", "Test") {
            let examples = if is_train { Examples::Train } else { Examples::Test };
            view.ask_slice(SliceView { examples, ..view.slice }, asks);
        }
    });
    row(ui, "Centre", "Whether the slices move with their runs.", Some(Term::Follow), |ui| {
        if let Some(follow) = either(ui, slice.follow, "Follow", "Stay") {
            view.ask_slice(SliceView { follow, ..view.slice }, asks);
        }
    });
}

fn axes_row(ui: &mut Ui, view: &mut LandscapeView) {
    let about = "What coordinates are told in: multiples of the directions, or distance in weight space.";
    row(ui, "Axes", about, Some(Term::Normalization), |ui| {
        let is_directions = view.units == AxisUnits::Directions;
        if let Some(is_directions) = either(ui, is_directions, "Directions", "Distance") {
            view.units = if is_directions { AxisUnits::Directions } else { AxisUnits::Distance };
        }
    });
}

fn field_rows(ui: &mut Ui, model: &Model, view: &mut LandscapeView, asks: &mut Asks) {
    let field_term = if view.field == Field::Loss { Term::Loss } else { Term::Accuracy };
    row(ui, "Show", "What is drawn over the plane. Accuracies have to be computed first.", Some(field_term), |ui| {
        let field = view.field;
        if widgets::segment_ui(ui, field == Field::Loss, "Loss").clicked() {
            view.show_field(Field::Loss, asks);
        }
        let accuracy =
            ui.add_enabled_ui(model.has_classes(), |ui| widgets::segment_ui(ui, field == Field::Accuracy, "Accuracy"));
        let accuracy = accuracy.inner.on_disabled_hover_text("The labels are numbers, which have no accuracy.");
        if accuracy.clicked() {
            view.show_field(Field::Accuracy, asks);
        }
    });
    if view.field == Field::Loss {
        row(ui, "Scale", "Equal ratios or equal differences of the loss have the same distance.", None, |ui| {
            if let Some(is_log) = either(ui, view.is_log, "Log", "Linear") {
                view.is_log = is_log;
            }
        });
    }
    row(ui, "Colours", "All can be told apart with the common forms of colour blindness.", None, |ui| {
        let map = view.map;
        let response = ComboBox::from_id_salt("colours").selected_text(map.name()).width(150.0).show_ui(ui, |ui| {
            for choice in ColorMap::SEQUENTIAL {
                ui.selectable_value(&mut view.map, choice, choice.name());
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Colours of the landscapes");
    });
}

fn overlays_ui(ui: &mut Ui, view: &mut LandscapeView) {
    let shown = &mut view.overlays;
    let boxes = [
        (&mut shown.labels, "Labels", "Numbers on the iso-lines.", Term::Slice),
        (&mut shown.path, "Path", "Earlier weights, projected on the plane, with their true losses.", Term::TrueLoss),
        (
            &mut shown.noise,
            "Noise and ascent",
            "The radius σ√d of the noise, and the ascent step of SAM and its kin.",
            Term::NoiseRadius,
        ),
        (
            &mut shown.samples,
            "Samples ±U",
            "The points that the last step was evaluated at, for methods with noise, projected.",
            Term::TwoPoint,
        ),
        (
            &mut shown.others,
            "Other runs",
            "Where the other runs are, projected; their distance is read under the pointer.",
            Term::TrueLoss,
        ),
        (
            &mut shown.average,
            "Average",
            "A hollow diamond where the average of the run's weights is, projected, for runs that keep one.",
            Term::TrueLoss,
        ),
    ];
    Grid::new("overlays").num_columns(2).show(ui, |ui| {
        for (index, (is_on, label, about, term)) in boxes.into_iter().enumerate() {
            help::term(ui.checkbox(is_on, label).on_hover_text(about), term);
            if index % 2 == 1 {
                ui.end_row();
            }
        }
    });
}

fn difference_ui(ui: &mut Ui, model: &Model, view: &mut LandscapeView) {
    let mut is_on = view.difference.is_some();
    let help = "One run's slice minus another's on the same coordinates, in colours with 0 in the middle.";
    let response = ui.checkbox(&mut is_on, "Difference of two runs").on_hover_text(help);
    if response.changed() {
        view.difference = Difference::toggled(view.difference, model);
    }
    if let Some(mut chosen) = view.difference {
        ui.horizontal(|ui| {
            run_combo(ui, model, "First run", &mut chosen.a);
            ui.label("minus");
            run_combo(ui, model, "Second run", &mut chosen.b);
        });
        view.difference = Some(chosen);
    }
}

fn run_combo(ui: &mut Ui, model: &Model, label: &str, chosen: &mut RunId) {
    let name = model.run(*chosen).map_or("–", RunView::name);
    let response = ComboBox::from_id_salt(label).selected_text(name).width(90.0).show_ui(ui, |ui| {
        for run in &model.runs {
            ui.selectable_value(chosen, run.info.run, run.name());
        }
    });
    widgets::name(&response.response, Role::ComboBox, label);
}
