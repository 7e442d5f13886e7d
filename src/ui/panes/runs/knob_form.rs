//! Boxes for the values of knobs, and all knobs of a run that is yet to start.

use egui::{Grid, Role, Ui, WidgetInfo};

use crate::config::{KnobId, KnobScale, KnobSpec, Knobs, OptimizerKind};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::{format, widgets};

/// All knobs of an optimiser in a few lines, for a run that is yet to start.
pub fn form_ui(ui: &mut Ui, optimizer: OptimizerKind, knobs: &mut Knobs, train_size: usize) {
    Grid::new("knobs of a new run").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
        for knob in KnobId::ALL.into_iter().filter(|knob| knob.applies_to(optimizer)) {
            if !knob.is_in_use(optimizer, knobs) {
                continue;
            }
            let spec = knob.spec();
            let mut value = knobs.value(knob);
            help::term_label(ui, spec.label, Term::from(knob));
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
    });
}

/// A box in which the value of a knob is dragged or typed; from `all` on it says that it is all that there is.
pub fn value_box<'a>(value: &'a mut f64, spec: KnobSpec, all: f64) -> NumberBox<'a> {
    let speed = (0.01 * value.abs()).max(0.1 * spec.smallest_positive);
    let number =
        NumberBox::new(value).range(spec.min..=spec.max).speed(speed).unit(spec.unit).unit("all").told(move |value| {
            let number = format::setting(value);
            match spec.unit {
                _ if value >= all => format!("{} all", format::setting(all)),
                "" => number,
                unit => format!("{number} {unit}"),
            }
        });
    let number = if all.is_finite() { number.named("all", all) } else { number };
    if spec.scale == KnobScale::Integer { number.whole() } else { number }
}
