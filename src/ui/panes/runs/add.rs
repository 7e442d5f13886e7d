//! The button that adds a run: a method, a preset, or weights from a file.

use egui::text::{LayoutJob, TextFormat};
use egui::{Button, Response, RichText, Role, ScrollArea, TextStyle, Ui};

use crate::config::{Knobs, OptimizerKind, presets};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::start_knobs;

/// Width of the menu, in points: what a method does has two lines.
const WIDTH: f32 = 340.0;
/// The share of the window's height that the methods in it may take.
const MAX_SHARE: f32 = 0.7;

/// Draws the button with its menu.
pub fn add_run_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    let can_add = seen.model.health == EngineHealth::Fine && !seen.model.runs.is_empty();
    ui.add_enabled_ui(can_add, |ui| {
        let response = ui.menu_button(format!("{} Add run", icons::PLUS), |ui| menu_ui(ui, seen, asks)).response;
        widgets::name(&response, Role::Button, "Add run");
        response.on_hover_text("One more run of this experiment, beside the others.");
    });
}

fn menu_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    ui.set_width(WIDTH);
    // A window may be lower than eight methods with what they do.
    let height = (MAX_SHARE * ui.ctx().content_rect().height()).max(120.0);
    ScrollArea::vertical().max_height(height).show(ui, |ui| {
        for optimizer in OptimizerKind::ALL {
            if method_ui(ui, optimizer).clicked() {
                asks.run(UiCommand::AddRun(optimizer));
                ui.close();
            }
        }
    });
    ui.separator();
    ui.menu_button("With a preset", |ui| {
        for optimizer in OptimizerKind::ALL {
            let words = RichText::new(optimizer.label()).color(Tokens::of(ui).run(optimizer));
            let menu = ui.menu_button(words, |ui| presets_ui(ui, seen, optimizer, asks));
            widgets::name(&menu.response, Role::Button, &format!("Presets of {}", optimizer.label()));
        }
    });
    ui.menu_button("From weights in a file", |ui| {
        for optimizer in OptimizerKind::ALL {
            let words = format!("{}…", optimizer.label());
            let button = ui.button(RichText::new(words).color(Tokens::of(ui).run(optimizer)));
            if button
                .on_hover_text("A file with the tensors of this model (safetensors, NPZ, torch.save), or a folder of checkpoints to follow.")
                .clicked()
            {
                asks.push(Ask::Runs(RunsAction::AddFromFile(optimizer)));
                ui.close();
            }
        }
    });
}

/// A method in its colour, and below it what it does; its cost under the pointer.
fn method_ui(ui: &mut Ui, optimizer: OptimizerKind) -> Response {
    let (spec, tokens) = (optimizer.spec(), Tokens::of(ui));
    let format =
        |style: TextStyle, color| TextFormat { font_id: style.resolve(ui.style()), color, ..TextFormat::default() };
    let mut words = LayoutJob::default();
    words.append(spec.label, 0.0, format(TextStyle::Body, tokens.run(optimizer)));
    words.append(&format!("\n{}", spec.about), 0.0, format(TextStyle::Small, tokens.weak.0));
    let response = ui.add(Button::new(words).wrap());
    widgets::name(&response, Role::Button, spec.label);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(spec.about));
    response.on_hover_text(format!("{}\nA new run at step 0, with the experiment's knobs for it.", spec.notes))
}

fn presets_ui(ui: &mut Ui, seen: Seen<'_>, optimizer: OptimizerKind, asks: &mut Asks) {
    let mut chosen: Option<Result<Knobs, String>> = None;
    for preset in presets(optimizer) {
        if ui.button(preset.name).on_hover_text(preset.about).clicked() {
            chosen = Some(start_knobs(&seen.model.experiment, optimizer).and_then(|mut knobs| {
                for &(knob, value) in preset.knobs {
                    knobs.set(knob, value).map_err(|err| err.to_string())?;
                }
                Ok(knobs)
            }));
        }
    }
    for preset in seen.shared.presets.iter().filter(|preset| preset.optimizer == optimizer) {
        if ui.button(&preset.name).on_hover_text("Your own.").clicked() {
            chosen = Some(Ok(preset.knobs.clone()));
        }
    }
    match chosen {
        Some(Ok(knobs)) => {
            asks.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start: RunStart::Initial });
        }
        Some(Err(problem)) => asks.say(Level::Warning, problem),
        None => return,
    }
    ui.close();
}
