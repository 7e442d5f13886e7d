//! The controls of knobs, generated from the table in `config`.

use egui::{Button, Key, Modifiers, Popup, Response, RichText, Role, SetOpenCommand, Slider, SliderClamping, Ui};

use super::all_runs::turns_for_all;
use super::sigma;
use crate::config::{
    Access, AverageKind, KnobGroup, KnobId, KnobScale, KnobSpec, ScheduleKind, SigmaScheduleKind, WindowPart,
};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, number_box, widgets};
use crate::ui::panes::runs::groups::{OpenGroups, shown};
use crate::ui::panes::runs::knob_form::value_box;
use crate::ui::panes::runs::sweep::MovesState;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;
use crate::ui::state::words;

/// A slider spans this many decades around the value that the run started with; other values can be typed.
const DECADES_AROUND: f64 = 2.0;
/// A value box that has less room than this, in points, leaves its unit out.
const UNIT_FROM_WIDTH: f32 = 76.0;

/// What the controls keep from frame to frame.
#[derive(Debug, Default)]
pub struct KnobsState {
    /// Which groups of knobs are open, of whichever run.
    pub groups: OpenGroups,
    moves: MovesState,
}

/// Draws all knobs that the run's optimiser reads and its examples allow, by group.
pub fn knobs_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, state: &mut KnobsState, asks: &mut Asks) {
    ui.spacing_mut().item_spacing.y = 2.0;
    for group in KnobGroup::ALL {
        let access = |knob: KnobId| seen.shared.access(run.info.optimizer, knob);
        let mut shown = shown(group, run.info.optimizer, &run.knobs, &seen.model.experiment.model);
        shown.retain(|knob| access(*knob) != Access::Gone);
        if shown.is_empty() {
            continue;
        }
        // What stands in one group is not to change the names of what stands in the next.
        ui.push_id(group, |ui| {
            if state.groups.header_ui(ui, group, "", &shown, &run.knobs) {
                ui.add_space(3.0);
                let mut is_turned = false;
                for knob in shown {
                    if access(knob) == Access::Free {
                        is_turned |= knob_ui(ui, seen, run, knob, asks);
                    } else {
                        ui.add_enabled_ui(false, |ui| knob_ui(ui, seen, run, knob, asks));
                    }
                    if knob == KnobId::Sigma {
                        sigma::says_ui(ui, seen, run, &mut state.moves, asks);
                    }
                }
                if is_turned {
                    state.groups.keep_open(group);
                }
            }
        });
    }
}

/// Draws one knob with its note. Returns whether it is turned.
fn knob_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, knob: KnobId, asks: &mut Asks) -> bool {
    let before = run.knobs.value(knob);
    let after = match (knob, knob.spec().scale) {
        (KnobId::TwoPoint, _) => two_point_ui(ui, seen, run, before, asks),
        (_, KnobScale::Switch) => switch_ui(ui, seen, run, knob, asks),
        (_, KnobScale::Choice(names)) => choice_ui(ui, seen, run, knob, names, asks),
        _ => number_ui(ui, seen, run, knob, asks),
    };
    let turned = after.filter(|after| *after != before);
    if let Some(value) = turned {
        asks.push(Ask::Turn { run: run.info.run, knob, value });
    }
    note_ui(ui, seen.model, run, knob);
    ui.add_space(5.0);
    turned.is_some()
}

/// What can be done with one knob: by secondary click, or with the context-menu key.
fn menu_ui(response: &Response, seen: Seen<'_>, run: &RunView, knob: KnobId, asks: &mut Asks) {
    let key = response.has_focus()
        && response.ctx.input_mut(|input| {
            input.consume_key(Modifiers::NONE, Key::Menu) || input.consume_key(Modifiers::SHIFT, Key::F10)
        });
    let opens = (key || response.secondary_clicked()).then_some(SetOpenCommand::Bool(true));
    let value = run.knobs.value(knob);
    Popup::menu(response).open_memory(opens).show(|ui| {
        ui.set_min_width(170.0);
        let turns = turns_for_all(seen.model, run, &[knob]);
        let all =
            ui.add_enabled(!turns.is_empty() && seen.shared.has(WindowPart::Presets), Button::new("Apply to all runs"));
        let help = "Every run to whose optimizer this knob means the same gets its value, from its next step on.";
        if all.on_hover_text(help).clicked() {
            asks.push(Ask::Runs(RunsAction::TurnMany(turns)));
            ui.close();
        }
        let command = UiCommand::SweepKnob(Some(knob));
        if !matches!(knob.spec().scale, KnobScale::Switch | KnobScale::Choice(_)) && command.is_there(seen) {
            let why_not = command.why_not_of(seen, run);
            let button = ui.add_enabled(why_not.is_none(), Button::new("Sweep this knob…"));
            let help = "A run for each of some values of this knob, side by side in one picture.";
            if button.on_hover_text(help).on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                asks.run(command);
                ui.close();
            }
        }
        let start = run.info.knobs.value(knob);
        let hint = "The value that the run started with.";
        let mut back_ui = |ui: &mut Ui, label: &str, hint: &str, to: f64| {
            let button = Button::new(format!("{label} {}", words::knob_value(knob, to)));
            if ui.add_enabled(to != value, button).on_hover_text(hint).clicked() {
                asks.push(Ask::Turn { run: run.info.run, knob, value: to });
                ui.close();
            }
        };
        back_ui(ui, "Back to", hint, start);
        // A reset keeps the knobs as they are, so that a run may start with others than the experiment says.
        if let Ok(own) = seen.model.experiment.knobs(run.info.optimizer) {
            let hint = "What the experiment gives a new run of this optimizer.";
            back_ui(ui, "Value of the experiment,", hint, own.value(knob));
        }
    });
}

/// Where a double click takes a knob, after what its tooltip says.
fn with_way_back(help: &str, knob: KnobId, start: f64) -> String {
    format!("{help}\nDouble click: back to {}.", words::knob_value(knob, start))
}

fn two_point_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, value: f64, asks: &mut Asks) -> Option<f64> {
    let knob = KnobId::TwoPoint;
    let start = run.info.knobs.value(knob);
    let hint = with_way_back(knob.spec().help, knob, start);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let two = help::term(widgets::segment_ui(ui, value != 0.0, "Two-point").on_hover_text(&hint), Term::TwoPoint);
        let one = help::term(widgets::segment_ui(ui, value == 0.0, "One-point").on_hover_text(&hint), Term::OnePoint);
        menu_ui(&two, seen, run, knob, asks);
        menu_ui(&one, seen, run, knob, asks);
        if two.double_clicked() || one.double_clicked() {
            return Some(start);
        }
        two.clicked().then_some(1.0).or(one.clicked().then_some(0.0))
    })
    .inner
}

fn switch_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, knob: KnobId, asks: &mut Asks) -> Option<f64> {
    let spec = knob.spec();
    let start = run.info.knobs.value(knob);
    let mut is_on = run.knobs.value(knob) != 0.0;
    // Without momentum there is nothing to look ahead along; one that is on already can be switched off.
    let is_idle = knob == KnobId::Nesterov && run.knobs.momentum == 0.0;
    let check = egui::Checkbox::new(&mut is_on, spec.label);
    let response = ui.add_enabled(!is_idle || run.knobs.nesterov, check);
    let hint = with_way_back(spec.help, knob, start);
    let response = response.on_hover_text(hint).on_disabled_hover_text("It needs a momentum above 0.");
    let response = help::term(response, Term::of_knob(knob, run.info.optimizer));
    menu_ui(&response, seen, run, knob, asks);
    if response.double_clicked() {
        return Some(start);
    }
    response.changed().then_some(f64::from(u8::from(is_on)))
}

fn choice_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, knob: KnobId, names: &[&str], asks: &mut Asks) -> Option<f64> {
    const LIST_WIDTH: f32 = 72.0;
    let spec = knob.spec();
    let value = run.knobs.value(knob);
    let start = run.info.knobs.value(knob);
    let mut chosen = value as usize;
    let mut list_ui = |ui: &mut Ui| {
        let list = egui::ComboBox::from_id_salt(spec.key).width(LIST_WIDTH);
        let response = list.show_index(ui, &mut chosen, names.len(), |i| names[i]).on_hover_text(spec.help);
        widgets::name(&response, Role::ComboBox, spec.label);
    };
    let mut is_reset = false;
    let label_width = {
        let font = egui::TextStyle::Body.resolve(ui.style());
        ui.painter().layout_no_wrap(spec.label.to_owned(), font, egui::Color32::PLACEHOLDER).size().x
    };
    let least = label_width + ui.spacing().item_spacing.x + LIST_WIDTH + 2.0 * ui.spacing().button_padding.x;
    if ui.available_width() < least {
        // The list stands below its label where both have no room in a line.
        is_reset |= label_ui(ui, seen, run, knob, asks).double_clicked();
        list_ui(ui);
    } else {
        ui.horizontal(|ui| {
            is_reset |= label_ui(ui, seen, run, knob, asks).double_clicked();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), list_ui);
        });
    }
    if is_reset {
        return Some(start);
    }
    (chosen as f64 != value).then_some(chosen as f64)
}

/// The name of a knob, explained where the pointer is on it, with its menu.
fn label_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, knob: KnobId, asks: &mut Asks) -> Response {
    let label = egui::Label::new(knob.spec().label).selectable(false).sense(egui::Sense::click());
    let label = help::term(ui.add(label), Term::of_knob(knob, run.info.optimizer));
    help::underline(ui, label.rect);
    menu_ui(&label, seen, run, knob, asks);
    label
}

/// Label and value box in one line, the slider below. Returns the value while it is turned.
fn number_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, knob: KnobId, asks: &mut Asks) -> Option<f64> {
    let spec = knob.spec();
    let start = run.info.knobs.value(knob);
    let held = seen.shared.held_turn.filter(|held| (held.0, held.1) == (run.info.run, knob)).map(|held| held.2);
    let mut value = held.unwrap_or_else(|| run.knobs.value(knob));
    let before = value;
    let all = if knob == KnobId::Batch { seen.model.experiment.data.train_size as f64 } else { f64::INFINITY };
    let mut is_reset = false;
    ui.horizontal(|ui| {
        is_reset |= label_ui(ui, seen, run, knob, asks).double_clicked();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let unit = if ui.available_width() < UNIT_FROM_WIDTH { "" } else { spec.unit };
            let response = ui.add(value_box(&mut value, KnobSpec { unit, ..spec }, all)).on_hover_text(spec.help);
            widgets::name(&response, Role::SpinButton, &format!("{} value", spec.label));
        });
    });
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = ui.available_width();
            ui.spacing_mut().interact_size.y = 14.0;
            ui.visuals_mut().selection.bg_fill = run.color(Tokens::of(ui)).gamma_multiply(0.8);
            slider_ui(ui, &mut value, spec, start, all)
        })
        .inner;
    widgets::name(&response, Role::Slider, spec.label);
    // Sliders sense drags only.
    is_reset |= response.contains_pointer()
        && ui.input(|input| input.pointer.button_double_clicked(egui::PointerButton::Primary));
    response.on_hover_text(with_way_back(spec.help, knob, start));
    if spec.scale == KnobScale::Integer {
        value = value.round();
    }
    if is_reset {
        return Some(start);
    }
    (value != before || held.is_some()).then_some(value.clamp(spec.min, spec.max))
}

/// The slider of a knob. Where the greatest value says that a bound is not there, its right end does.
fn slider_ui(ui: &mut Ui, value: &mut f64, spec: KnobSpec, start: f64, all: f64) -> Response {
    if spec.off != Some(spec.max) {
        return ui.add(slider(value, spec, start, all));
    }
    let around = 10_f64.powf(DECADES_AROUND);
    let is_off = |value: f64| value >= spec.max;
    let middle = if is_off(start) { 1.0 } else { start };
    let high = if is_off(*value) { middle * around } else { (middle * around).max(*value) };
    let mut at = value.min(high);
    let before = at;
    let low = (middle / around).min(at).max(spec.min);
    let response = ui.add(number_box::slider(&mut at, low..=high).logarithmic(true).smallest_positive(low));
    if at != before {
        *value = if at >= high { spec.max } else { at };
    }
    response
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
    number_box::slider(value, low..=high)
        .logarithmic(matches!(spec.scale, KnobScale::Logarithmic | KnobScale::Integer))
        .smallest_positive(smallest)
        .clamping(SliderClamping::Never)
}

/// The share of its budget that a run has spent, which its schedules follow.
fn progress(model: &Model, run: &RunView) -> f64 {
    run.gradient_evaluations() as f64 / model.experiment.budget as f64
}

/// What the learning rate of the next step is, where that is not the knob's.
fn rate_now(model: &Model, run: &RunView) -> Option<String> {
    let (knobs, spent) = (&run.knobs, progress(model, run));
    let has_own = knobs.average == AverageKind::Swa && knobs.average_rate > 0.0 && spent >= knobs.average_start;
    let (rate, by) = if has_own {
        (knobs.average_rate, "while the average is made")
    } else if spent < knobs.warmup {
        // The first step of a warm-up is to move.
        let cost = knobs.gradient_evaluations(run.info.optimizer) as f64 / model.experiment.budget as f64;
        (knobs.learning_rate * knobs.rate_factor((spent + cost).min(knobs.warmup)), "by the warm-up")
    } else if knobs.schedule != ScheduleKind::Constant {
        (knobs.learning_rate * knobs.rate_factor(spent), "by the schedule")
    } else {
        return None;
    };
    Some(format!("{} {by}", format::number(rate)))
}

/// What follows a knob: what its schedule makes of it, σ√d, and what it was before the last turn.
fn note_ui(ui: &mut Ui, model: &Model, run: &RunView, knob: KnobId) {
    let weak = Tokens::of(ui).weak.0;
    let small = |text: String| RichText::new(text).small().color(weak);
    if knob == KnobId::Sigma && model.num_parameters > 0 {
        let sigma = run.knobs.sigma * run.knobs.sigma_factor(progress(model, run));
        let length = format::number(sigma * (model.num_parameters as f64).sqrt());
        let text = if run.knobs.sigma_schedule == SigmaScheduleKind::Constant {
            format!("σ√d {length}, length of the noise")
        } else {
            format!("σ {} by the schedule, σ√d {length}, length of the noise", format::number(sigma))
        };
        let label = ui.label(small(text));
        help::term_of_changing(ui, &label, "length of the noise", Term::NoiseRadius);
    }
    if knob == KnobId::LearningRate
        && let Some(text) = rate_now(model, run)
    {
        ui.label(small(text));
    }
    if knob == KnobId::Nesterov && run.knobs.nesterov && run.knobs.momentum == 0.0 {
        ui.label(small("off while the momentum is 0".to_owned()));
    }
    if let Some(edit) = run.last_edit(knob) {
        let was = words::knob_value(knob, edit.old);
        ui.label(small(format!("changed at step {}, was {was}", format::grouped(edit.step))));
    }
}
