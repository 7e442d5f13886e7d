//! Boxes for the values of knobs, and all knobs of a run that is yet to start.

use egui::{Grid, Role, Ui, WidgetInfo};

use super::groups::{OpenGroups, shown};
use crate::config::{Experiment, KnobGroup, KnobId, KnobScale, KnobSpec, Knobs, OptimizerKind};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::{format, widgets};

/// All knobs of an optimiser by group, in a few lines each, for a run that is yet to start.
pub fn form_ui(
    ui: &mut Ui,
    optimizer: OptimizerKind,
    knobs: &mut Knobs,
    experiment: &Experiment,
    groups: &mut OpenGroups,
) {
    for group in KnobGroup::ALL {
        let shown = shown(group, optimizer, knobs, &experiment.model);
        if shown.is_empty() {
            continue;
        }
        ui.push_id(group, |ui| {
            if groups.header_ui(ui, group, " of the new run", &shown, knobs) {
                let before = knobs.clone();
                Grid::new("knobs").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
                    for knob in shown {
                        row_ui(ui, optimizer, knob, knobs, experiment.data.train_size);
                    }
                });
                if *knobs != before {
                    groups.keep_open(group);
                }
            }
        });
    }
}

/// A knob and its value.
fn row_ui(ui: &mut Ui, optimizer: OptimizerKind, knob: KnobId, knobs: &mut Knobs, train_size: usize) {
    let spec = knob.spec();
    let mut value = knobs.value(knob);
    help::term_label(ui, spec.label, Term::of_knob(knob, optimizer));
    let all = if knob == KnobId::Batch { train_size as f64 } else { f64::INFINITY };
    match spec.scale {
        KnobScale::Switch => {
            let mut is_on = value != 0.0;
            let response = ui.checkbox(&mut is_on, "");
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, spec.label));
            value = f64::from(u8::from(is_on));
        }
        KnobScale::Choice(names) => {
            let mut chosen = value as usize;
            let list = egui::ComboBox::from_id_salt(("new", spec.key));
            let response = list.show_index(ui, &mut chosen, names.len(), |i| names[i]);
            widgets::name(&response, Role::ComboBox, &format!("{} of the new run", spec.label));
            value = chosen as f64;
        }
        _ => {
            let response = ui.add(value_box(&mut value, spec, all));
            widgets::name(&response, Role::SpinButton, &format!("{} of the new run", spec.label));
        }
    }
    ui.end_row();
    if spec.scale == KnobScale::Integer {
        value = value.round();
    }
    if value != knobs.value(knob) {
        // The controls keep to the range; a value out of it would only not be taken.
        let _ = knobs.set(knob, value);
    }
}

/// A box in which the value of a knob is dragged or typed; from `all` on it says that it is all that there is, and "off" where
/// it does nothing.
pub fn value_box<'a>(value: &'a mut f64, spec: KnobSpec, all: f64) -> NumberBox<'a> {
    // Nothing is dragged from a bound that is not there: the numbers next to it are as good as none.
    let is_unbound = spec.off == Some(spec.max) && *value == spec.max;
    let speed = if is_unbound { 0.0 } else { (0.01 * value.abs()).max(0.1 * spec.smallest_positive) };
    let number = NumberBox::new(value).range(spec.min..=spec.max).speed(speed).unit(spec.unit).unit("all");
    let number = number.told(move |value| {
        let number = format::setting(value);
        match spec.unit {
            _ if spec.off == Some(value) => "off".to_owned(),
            _ if value >= all => format!("{} all", format::setting(all)),
            "" => number,
            unit => format!("{number} {unit}"),
        }
    });
    let number = if all.is_finite() { number.named("all", all) } else { number };
    let number = spec.off.into_iter().fold(number, |number, off| number.named("off", off));
    if spec.scale == KnobScale::Integer { number.whole() } else { number }
}
