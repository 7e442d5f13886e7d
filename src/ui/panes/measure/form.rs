//! The form that asks for a measurement.

use egui::{Button, Grid, Role, Ui};

use crate::config::Normalization;
use crate::protocol::{Examples, MeasureRequest, Measurement, PlaneChoice, RunId};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

/// Width of a list of choices beside its name, in points.
const COMBO_WIDTH: f32 = 132.0;

/// Height of the list of measurements, which has room for all of them, in points; and at most this share of the window's.
const LIST_HEIGHT: f32 = 620.0;
const LIST_SHARE: f32 = 0.78;

/// What is chosen in the form.
#[derive(Debug, Default)]
pub struct Form {
    /// The measurement with its budget; `None` before the first choice.
    what: Option<Measurement>,
    examples: Examples,
    with_weight_decay: bool,
    seed: u64,
}

impl Form {
    /// Draws the form.
    pub fn ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        let model = seen.model;
        let Some(run) = seen.selected_run() else {
            widgets::small_weak_ui(ui, &model.waiting_for);
            return;
        };
        let menu = Measurement::menu(run.knobs.sigma, run.knobs.rho);
        let first = menu[0];
        let what = self.what.get_or_insert(first);
        choice_ui(ui, &menu, what);
        widgets::small_weak_ui(ui, what.about());
        Grid::new("measure form").num_columns(2).spacing([8.0, 4.0]).show(ui, |ui| {
            row(ui, "run", |ui| {
                ui.label(format!("{}, {} {}", run.name(), run.step_noun(), format::grouped(run.step_here())))
                    .on_hover_text("The run that is selected at the left.");
            });
            settings_ui(ui, model, run, what);
            row(ui, "on", |ui| {
                for (examples, label) in [(Examples::Train, "training"), (Examples::Test, "test")] {
                    if widgets::segment_ui(ui, self.examples == examples, label).clicked() {
                        self.examples = examples;
                    }
                }
            });
            row(ui, "weight decay", |ui| {
                let response = ui.checkbox(&mut self.with_weight_decay, "included");
                help::term(response, Term::WeightDecay).on_hover_text(
                    "Adds c/2·‖w‖² with the run's weight decay c to the loss: every eigenvalue rises by c, the trace by c·D.",
                );
            });
            row(ui, "seed", |ui| {
                let response = ui.add(NumberBox::new(&mut self.seed).speed(0.1));
                widgets::name(&response, Role::SpinButton, "Seed of the measurement");
                help::term(response, Term::Seed);
            });
        });
        let can_measure = model.health == EngineHealth::Fine;
        let button = ui.add_enabled(can_measure, Button::new(format!("Measure {}", run.name())));
        if button.on_hover_text("Takes the run's weights as they are now.").clicked() {
            let request = MeasureRequest {
                what: *what,
                examples: self.examples,
                weight_decay: self.with_weight_decay,
                seed: self.seed,
            };
            let run = run.info.run;
            asks.push(Ask::Measure { run, request: Box::new(request) });
        }
    }
}

fn choice_ui(ui: &mut Ui, menu: &[Measurement], what: &mut Measurement) {
    let combo = egui::ComboBox::from_id_salt("measurement")
        .selected_text(what.label())
        .width(ui.available_width() - 8.0)
        .height(LIST_HEIGHT.min(LIST_SHARE * ui.ctx().content_rect().height()));
    let response = combo.show_ui(ui, |ui| {
        for choice in menu {
            let is_current = choice.label() == what.label();
            if ui.selectable_label(is_current, choice.label()).on_hover_text(choice.about()).clicked() && !is_current {
                *what = *choice;
            }
        }
    });
    widgets::name(&response.response, Role::ComboBox, "Measurement");
    help::term(response.response, Term::from(&*what));
}

fn row(ui: &mut Ui, label: &str, contents: impl FnOnce(&mut Ui)) {
    widgets::small_weak_ui(ui, label);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        contents(ui);
    });
    ui.end_row();
}

fn count(ui: &mut Ui, label: &str, value: &mut usize, range: std::ops::RangeInclusive<usize>) {
    row(ui, label, |ui| {
        let response = ui.add(NumberBox::new(value).range(range).speed(0.3));
        widgets::name(&response, Role::SpinButton, label);
    });
}

fn quantity(ui: &mut Ui, label: &str, value: &mut f64) {
    row(ui, label, |ui| {
        let speed = (0.01 * value.abs()).max(1e-6);
        let number = NumberBox::new(value).range(1e-9..=1e6).speed(speed);
        let response = ui.add(number);
        widgets::name(&response, Role::SpinButton, label);
        match label {
            "σ" => drop(help::term(response, Term::NoiseSigma)),
            "ρ" => drop(help::term(response, Term::Sam)),
            _ => {}
        }
    });
}

#[expect(clippy::too_many_lines, reason = "one match, an arm for each measurement")]
fn settings_ui(ui: &mut Ui, model: &Model, run: &RunView, what: &mut Measurement) {
    match what {
        Measurement::Trace { probes }
        | Measurement::LayerTraces { probes }
        | Measurement::Examples { probes }
        | Measurement::SecondSubset { probes } => {
            count(ui, "probes", probes, 2..=100_000);
        }
        Measurement::Eigenvalues { pairs, products } => {
            count(ui, "pairs at each end", pairs, 1..=100);
            count(ui, "products at most", products, 2..=10_000);
        }
        Measurement::Density { probes, steps } => {
            count(ui, "probes", probes, 1..=1_000);
            count(ui, "products of each", steps, 2..=1_000);
        }
        Measurement::Dense => {}
        Measurement::LearningCoefficient { chains, burn_in, draws, rate, gamma } => {
            count(ui, "chains", chains, 2..=256);
            count(ui, "burn-in steps", burn_in, 0..=100_000);
            count(ui, "steps that count", draws, 2..=100_000);
            quantity(ui, "rate", rate);
            quantity(ui, "γ", gamma);
        }
        Measurement::GaussNewton { probes, products } => {
            count(ui, "probes", probes, 2..=100_000);
            count(ui, "products of each", products, 2..=1_000);
        }
        Measurement::GradientSignal { draws } => count(ui, "draws with noise", draws, 2..=10_000),
        Measurement::Parabolas { steps } => count(ui, "steps", steps, 1..=10_000),
        Measurement::Sharpness { rho } => quantity(ui, "ρ", rho),
        Measurement::Bound { probes, constant } => {
            count(ui, "probes", probes, 2..=100_000);
            quantity(ui, "C", constant);
        }
        Measurement::Noise { sigma, pairs } => {
            quantity(ui, "σ", sigma);
            count(ui, "pairs", pairs, 2..=100_000);
        }
        Measurement::GradientVariance { sigma, draws } => {
            quantity(ui, "σ", sigma);
            count(ui, "draws", draws, 2..=10_000);
        }
        Measurement::SigmaSweep { from, to, count: values, pairs } => {
            quantity(ui, "σ from", from);
            quantity(ui, "σ to", to);
            count(ui, "values of σ", values, 2..=100);
            count(ui, "pairs of each", pairs, 2..=10_000);
        }
        Measurement::Slice { plane, range, resolution } => slice_ui(ui, plane, range, resolution),
        Measurement::Multiples { planes, normalization, range, resolution } => {
            count(ui, "planes", planes, 1..=12);
            normalization_ui(ui, normalization);
            quantity(ui, "range ±", range);
            count(ui, "points a side", resolution, 1..=201);
        }
        Measurement::Lines { directions, normalization, range, points } => {
            count(ui, "directions", directions, 1..=100);
            normalization_ui(ui, normalization);
            quantity(ui, "range ±", range);
            count(ui, "points", points, 2..=1_000);
        }
        Measurement::Curve { other, steps, points } => {
            other_run_ui(ui, model, run, other);
            count(ui, "steps that bend it", steps, 1..=100_000);
            count(ui, "points", points, 2..=1_000);
        }
        Measurement::Between { other, points } => {
            other_run_ui(ui, model, run, other);
            count(ui, "points", points, 2..=1_000);
        }
    }
}

/// The run at the other end of a line: the first other one where the chosen one is gone.
fn other_run_ui(ui: &mut Ui, model: &Model, run: &RunView, other: &mut RunId) {
    let others: Vec<&RunView> = model.runs.iter().filter(|view| view.info.run != run.info.run).collect();
    if let Some(first) = others.first()
        && !others.iter().any(|view| view.info.run == *other)
    {
        *other = first.info.run;
    }
    row(ui, "to", |ui| {
        for view in others {
            if widgets::segment_ui(ui, *other == view.info.run, view.name()).clicked() {
                *other = view.info.run;
            }
        }
    });
}

fn slice_ui(ui: &mut Ui, plane: &mut PlaneChoice, range: &mut Option<f64>, resolution: &mut usize) {
    row(ui, "plane", |ui| {
        let label = match plane {
            PlaneChoice::Random(_) => "random",
            PlaneChoice::Eigenvectors => "top eigenvectors",
            PlaneChoice::Path => "principal plane of the path",
            PlaneChoice::Minima => "through three runs",
        };
        let combo = egui::ComboBox::from_id_salt("plane").selected_text(label).width(COMBO_WIDTH);
        let response = combo.show_ui(ui, |ui| {
            ui.selectable_value(plane, PlaneChoice::Random(Normalization::Filter), "random");
            ui.selectable_value(plane, PlaneChoice::Eigenvectors, "top eigenvectors");
            ui.selectable_value(plane, PlaneChoice::Path, "principal plane of the path");
            ui.selectable_value(plane, PlaneChoice::Minima, "through three runs");
        });
        widgets::name(&response.response, Role::ComboBox, "Plane");
        let term = match plane {
            PlaneChoice::Random(_) => Term::Directions,
            PlaneChoice::Eigenvectors => Term::EigenvectorPlane,
            PlaneChoice::Path => Term::PcaPlane,
            PlaneChoice::Minima => Term::MinimaPlane,
        };
        help::term(response.response, term);
    });
    if let PlaneChoice::Random(normalization) = plane {
        normalization_ui(ui, normalization);
    }
    if *plane != PlaneChoice::Minima {
        row(ui, "range ±", |ui| {
            let mut is_found = range.is_none();
            let response = ui.checkbox(&mut is_found, "find it");
            response.on_hover_text("The largest range on which the loss stays within 20 times that of the centre.");
            if is_found != range.is_none() {
                *range = (!is_found).then_some(1.0);
            }
            if let Some(range) = range {
                let response = ui.add(NumberBox::new(range).range(1e-6..=1e3).speed(0.01));
                widgets::name(&response, Role::SpinButton, "range");
            }
        });
    }
    count(ui, "points a side", resolution, 1..=201);
}

fn normalization_ui(ui: &mut Ui, normalization: &mut Normalization) {
    row(ui, "directions", |ui| {
        let combo =
            egui::ComboBox::from_id_salt("normalization").selected_text(normalization.label()).width(COMBO_WIDTH);
        let response = combo.show_ui(ui, |ui| {
            for choice in Normalization::ALL {
                ui.selectable_value(normalization, choice, choice.label());
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Normalisation");
        help::term(response.response, Term::Normalization);
    });
}
