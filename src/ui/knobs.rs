//! The knobs of one run, generated from the table in `config`.

use egui::{DragValue, RichText, Role, Slider, SliderClamping, Ui};

use super::format;
use super::model::Model;
use super::run_view::RunView;
use super::theme::Tokens;
use super::view::{Action, View};
use super::widgets;
use crate::config::{KnobId, KnobScale, KnobSpec};

/// Knobs under a name.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// The optimiser that it is for.
    pub optimizer: crate::config::OptimizerKind,
    /// The knobs.
    pub knobs: crate::config::Knobs,
}

/// A slider spans this many decades around the value that the run started with; other values can be typed.
const DECADES_AROUND: f64 = 2.0;

/// Draws all knobs that the run's optimiser reads.
pub fn knobs_ui(ui: &mut Ui, model: &Model, run: &RunView, view: &mut View) {
    let optimizer = run.info.optimizer;
    ui.spacing_mut().item_spacing.y = 2.0;
    for knob in KnobId::ALL.into_iter().filter(|knob| knob.applies_to(optimizer)) {
        let before = run.knobs.value(knob);
        let after = match (knob, knob.spec().scale) {
            (KnobId::TwoPoint, _) => two_point_ui(ui, before),
            (_, KnobScale::Switch) => switch_ui(ui, knob.spec(), before),
            (_, KnobScale::Choice(names)) => choice_ui(ui, knob.spec(), names, before),
            _ => number_ui(ui, model, run, knob, view),
        };
        if let Some(value) = after.filter(|after| *after != before) {
            view.act(Action::Turn { run: run.info.run, knob, value });
        }
        note_ui(ui, model, run, knob);
        ui.add_space(5.0);
    }
}

fn two_point_ui(ui: &mut Ui, value: f64) -> Option<f64> {
    let help = KnobId::TwoPoint.spec().help;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let two = widgets::segment_ui(ui, value != 0.0, "Two-point").on_hover_text(help).clicked().then_some(1.0);
        let one = widgets::segment_ui(ui, value == 0.0, "One-point").on_hover_text(help).clicked().then_some(0.0);
        two.or(one)
    })
    .inner
}

fn switch_ui(ui: &mut Ui, spec: KnobSpec, value: f64) -> Option<f64> {
    let mut is_on = value != 0.0;
    let response = ui.checkbox(&mut is_on, spec.label).on_hover_text(spec.help);
    response.changed().then_some(f64::from(u8::from(is_on)))
}

fn choice_ui(ui: &mut Ui, spec: KnobSpec, names: &[&str], value: f64) -> Option<f64> {
    let mut chosen = value as usize;
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(spec.label).selectable(false)).on_hover_text(spec.help);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let list = egui::ComboBox::from_id_salt(spec.key);
            let response = list.show_index(ui, &mut chosen, names.len(), |i| names[i]).on_hover_text(spec.help);
            widgets::name(&response, Role::ComboBox, spec.label);
        });
    });
    (chosen as f64 != value).then_some(chosen as f64)
}

/// Label and value box in one line, the slider below. Returns the value while it is turned.
fn number_ui(ui: &mut Ui, model: &Model, run: &RunView, knob: KnobId, view: &View) -> Option<f64> {
    let spec = knob.spec();
    let start = run.info.knobs.value(knob);
    let held = view.held_turn.filter(|held| (held.0, held.1) == (run.info.run, knob)).map(|held| held.2);
    let mut value = held.unwrap_or_else(|| run.knobs.value(knob));
    let before = value;
    let all = if knob == KnobId::Batch { model.experiment.data.train_size as f64 } else { f64::INFINITY };
    let mut is_reset = false;
    ui.horizontal(|ui| {
        let label =
            ui.add(egui::Label::new(spec.label).selectable(false).sense(egui::Sense::click())).on_hover_text(spec.help);
        is_reset |= label.double_clicked();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let response = ui.add(value_box(&mut value, spec, all)).on_hover_text(spec.help);
            widgets::name(&response, Role::SpinButton, &format!("{} value", spec.label));
        });
    });
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = ui.available_width();
            ui.spacing_mut().interact_size.y = 14.0;
            ui.visuals_mut().selection.bg_fill = Tokens::of(ui).run(run.info.optimizer).gamma_multiply(0.8);
            ui.add(slider(&mut value, spec, start, all))
        })
        .inner;
    widgets::name(&response, Role::Slider, spec.label);
    // Sliders sense drags only.
    is_reset |= response.contains_pointer()
        && ui.input(|input| input.pointer.button_double_clicked(egui::PointerButton::Primary));
    response.on_hover_text(format!("{}\nDouble click: back to {}.", spec.help, format::setting(start)));
    if spec.scale == KnobScale::Integer {
        value = value.round();
    }
    if is_reset {
        return Some(start);
    }
    (value != before || held.is_some()).then_some(value.clamp(spec.min, spec.max))
}

fn value_box<'a>(value: &'a mut f64, spec: KnobSpec, all: f64) -> DragValue<'a> {
    let speed = (0.01 * value.abs()).max(0.1 * spec.smallest_positive);
    DragValue::new(value)
        .range(spec.min..=spec.max)
        .speed(speed)
        .update_while_editing(false)
        .custom_formatter(move |value, _| {
            let number = format::setting(value);
            match spec.unit {
                _ if value >= all => format!("{} all", format::setting(all)),
                "" => number,
                unit => format!("{number} {unit}"),
            }
        })
        .custom_parser(|text| {
            let number: String = text.chars().take_while(|c| !c.is_alphabetic() || matches!(c, 'e' | 'E')).collect();
            number.trim().trim_end_matches(['e', 'E']).replace(',', ".").trim().parse().ok()
        })
}

fn slider<'a>(value: &'a mut f64, spec: KnobSpec, start: f64, all: f64) -> Slider<'a> {
    let around = 10_f64.powf(DECADES_AROUND);
    let (low, high, smallest) = match spec.scale {
        KnobScale::Linear | KnobScale::Switch | KnobScale::Choice(_) => (spec.min, spec.max, spec.smallest_positive),
        KnobScale::Integer => (spec.min, spec.max.min(all), 1.0),
        KnobScale::Logarithmic if start > 0.0 => {
            (spec.min, spec.max.min(start * around), (start / around).max(spec.smallest_positive))
        }
        KnobScale::Logarithmic => (spec.min, spec.max.min(1.0), spec.smallest_positive),
    };
    let high = high.max(value.min(all));
    Slider::new(value, low..=high)
        .logarithmic(matches!(spec.scale, KnobScale::Logarithmic | KnobScale::Integer))
        .smallest_positive(smallest)
        .clamping(SliderClamping::Never)
        .show_value(false)
}

/// What follows a knob: σ√d, and what it was before the last turn.
fn note_ui(ui: &mut Ui, model: &Model, run: &RunView, knob: KnobId) {
    let weak = Tokens::of(ui).weak.0;
    let small = |text: String| RichText::new(text).small().color(weak);
    if knob == KnobId::Sigma && model.num_parameters > 0 {
        let length = run.knobs.sigma * (model.num_parameters as f64).sqrt();
        ui.label(small(format!("σ√d {}, length of the noise", format::number(length))))
            .on_hover_text("Expected length of the noise over all parameters, in the weights' own unit.");
    }
    if let Some(edit) = run.last_edit(knob) {
        let was = format::knob_value(knob, edit.old);
        ui.label(small(format!("changed at step {}, was {was}", format::grouped(edit.step))));
    }
}
