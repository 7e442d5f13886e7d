//! What the dialogs of runs ask for, and how they ask.

use egui::{Grid, RichText, Role, TextEdit, Ui};

use super::groups::{self, OpenGroups};
use super::knob_form::form_ui;
use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::RunId;
use crate::ui::kit::number_box::{self, NumberBox};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::origin::origin_words;
use crate::ui::state::preset::start_knobs;
use crate::ui::state::run_view::{RunState, RunView};

/// The longest name of a run or preset, in letters.
const MAX_NAME: usize = 40;

/// A new run that goes on from a step of another one.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchForm {
    pub run: RunId,
    pub step: u64,
    pub optimizer: OptimizerKind,
    pub knobs: Knobs,
    pub groups: OpenGroups,
}

impl BranchForm {
    /// A branch of `run` at `step` with its knobs as they are.
    pub fn new(run: &RunView, step: u64) -> Self {
        let (optimizer, knobs) = (run.info.optimizer, run.knobs.clone());
        Self { run: run.info.run, step, optimizer, knobs, groups: OpenGroups::default() }
    }

    pub fn ui(&mut self, ui: &mut Ui, model: &Model) {
        let Some(run) = model.run(self.run) else { return };
        step_ui(ui, &mut self.step, run.step());
        let before = self.optimizer;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
            ui.label("Optimizer");
            for optimizer in OptimizerKind::ALL {
                if widgets::segment_ui(ui, self.optimizer == optimizer, optimizer.label()).clicked() {
                    self.optimizer = optimizer;
                }
            }
        });
        if self.optimizer != before {
            self.change_optimizer(model, before);
        }
        ui.add_space(2.0);
        form_ui(ui, self.optimizer, &mut self.knobs, &model.experiment, &mut self.groups);
        let (name, step) = (run.name(), format::grouped(self.step));
        let text = if run.is_followed() {
            let noun = run.step_noun();
            format!(
                "The new run starts at step 0, at the weights of the last checkpoint of {name} up to {noun} {step}."
            )
        } else {
            format!(
                "The new run has the rows of {name} up to step {step}, then goes its own way. {name} goes on as it is."
            )
        };
        widgets::small_weak_ui(ui, text);
    }

    /// Knobs that mean the same to both optimisers stay; the others are those of the experiment.
    fn change_optimizer(&mut self, model: &Model, before: OptimizerKind) {
        let shared =
            std::mem::replace(&mut self.knobs, start_knobs(&model.experiment, self.optimizer).unwrap_or_default());
        for knob in KnobId::ALL.into_iter().filter(|knob| groups::is_shared(*knob, before, self.optimizer)) {
            // It stood in knobs before, so it is allowed.
            let _ = self.knobs.set(knob, shared.value(knob));
        }
    }
}

/// A run that goes back to an earlier step.
#[derive(Debug, Clone, PartialEq)]
pub struct RewindForm {
    pub run: RunId,
    pub step: u64,
}

impl RewindForm {
    /// To the last good step of a run that diverged, else to where a knob was last turned, else half-way.
    pub fn new(run: &RunView) -> Self {
        let now = run.step();
        let turned = run.edits.last().map(|edit| edit.step).filter(|step| *step < now);
        let step = match run.state {
            RunState::Diverged { last_good_step, .. } if last_good_step < now => last_good_step,
            _ => turned.unwrap_or(now / 2),
        };
        Self { run: run.info.run, step }
    }

    pub fn ui(&mut self, ui: &mut Ui, model: &Model) {
        let Some(run) = model.run(self.run) else { return };
        step_ui(ui, &mut self.step, run.step());
        let num_steps = run.step().saturating_sub(self.step);
        let num_turns = run.edits.iter().filter(|edit| edit.step > self.step).count();
        let turns = match num_turns {
            0 => String::new(),
            1 => ", with 1 turn of a knob".to_owned(),
            count => format!(", with {count} turns of knobs"),
        };
        let (step, steps) = (format::grouped(self.step), format::grouped(num_steps));
        let text = format!("Rows after step {step} are dropped: {steps} steps{turns}. A branch keeps them.");
        ui.colored_label(Tokens::of(ui).warning.0, text);
        widgets::small_weak_ui(ui, "Weights, momentum and knobs become those of that step.");
    }
}

/// Another name and colour.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameForm {
    pub run: RunId,
    pub text: String,
    pub color: Option<usize>,
}

impl RenameForm {
    pub fn new(run: &RunView) -> Self {
        Self { run: run.info.run, text: run.name.clone().unwrap_or_default(), color: run.color_override }
    }

    /// The name; `None` for the run's own.
    pub fn name(&self) -> Option<String> {
        let name = self.text.trim();
        (!name.is_empty()).then(|| name.chars().take(MAX_NAME).collect())
    }

    /// Returns whether a swatch has the keyboard, which takes Enter for itself.
    pub fn ui(&mut self, ui: &mut Ui, model: &Model, is_new: bool) -> bool {
        let Some(run) = model.run(self.run) else { return false };
        widgets::small_weak_ui(ui, format!("{}, {}", run.label(), origin_words(model, run)));
        name_ui(ui, &mut self.text, "Name of the run", run.own_name(), is_new);
        let tokens = Tokens::of(ui);
        let own = run.own_color(tokens);
        let choices = std::iter::once(None).chain((0..Tokens::NUM_RUN_COLORS).map(Some));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let mut has_focus = false;
            for choice in choices {
                let color = choice.map_or(own, |index| tokens.run_color(index));
                let label = choice.map_or("Own colour".to_owned(), |index| format!("Colour {}", index + 1));
                let response = swatch_ui(ui, color, self.color == choice, &label);
                has_focus |= response.has_focus();
                if response.clicked() {
                    self.color = choice;
                }
            }
            has_focus
        })
        .inner
    }
}

/// A name for knobs that shall be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetForm {
    pub optimizer: OptimizerKind,
    pub knobs: Knobs,
    pub text: String,
}

impl PresetForm {
    pub const fn new(optimizer: OptimizerKind, knobs: Knobs) -> Self {
        Self { optimizer, knobs, text: String::new() }
    }

    /// The name, if there is one.
    pub fn name(&self) -> Option<String> {
        let name = self.text.trim();
        (!name.is_empty()).then(|| name.chars().take(MAX_NAME).collect())
    }

    pub fn ui(&mut self, ui: &mut Ui, is_replacing: bool, is_new: bool) {
        let text = format!("All knobs of {} as they are now, kept for the next start too.", self.optimizer.label());
        widgets::small_weak_ui(ui, text);
        name_ui(ui, &mut self.text, "Name of the preset", "Name", is_new);
        if is_replacing {
            ui.colored_label(Tokens::of(ui).warning.0, "The preset of this name is replaced.");
        }
    }
}

fn name_ui(ui: &mut Ui, text: &mut String, label: &str, hint: &str, is_new: bool) {
    let line = TextEdit::singleline(text).hint_text(hint).char_limit(MAX_NAME).desired_width(f32::INFINITY);
    let response = ui.add(line);
    widgets::name(&response, Role::TextInput, label);
    if is_new {
        response.request_focus();
    }
}

fn swatch_ui(ui: &mut Ui, color: egui::Color32, is_chosen: bool, label: &str) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(24.0, 24.0), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(Role::RadioButton, true, is_chosen, label));
    ui.painter().circle_filled(rect.center(), 7.5, color);
    if is_chosen || response.has_focus() || response.hovered() {
        let stroke = if is_chosen { Tokens::of(ui).text.0 } else { Tokens::of(ui).weak.0 };
        ui.painter().circle_stroke(rect.center(), 10.5, egui::Stroke::new(1.5, stroke));
    }
    response.on_hover_text(label)
}

/// A step from 0 to `now`, to drag or to type.
fn step_ui(ui: &mut Ui, step: &mut u64, now: u64) {
    *step = (*step).min(now);
    Grid::new("step").num_columns(3).show(ui, |ui| {
        ui.label("Step");
        ui.spacing_mut().slider_width = 190.0;
        let slider = ui.add(number_box::slider(step, 0..=now));
        widgets::name(&slider, Role::Slider, "Step");
        let value = ui.add(NumberBox::new(step).range(0..=now).told(|step| format::grouped(step.max(0.0) as u64)));
        widgets::name(&value, Role::SpinButton, "Step value");
        ui.label(RichText::new(format!("of {}", format::grouped(now))).small().color(Tokens::of(ui).weak.0));
        ui.end_row();
    });
}
