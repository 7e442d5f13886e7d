//! What keeps runs from training: steps that are repeated first, and runs that others wait for.

use egui::{ProgressBar, Role, Ui};

use crate::protocol::{Command, RunId};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::{RunState, RunView};

/// Draws how far steps are that are repeated for a branch or a rewind, with a way out.
pub fn repeating_ui(ui: &mut Ui, model: &Model, asks: &mut Asks) {
    let Some(repeating) = model.repeating else { return };
    let name = model.run(repeating.run).map_or("a run", RunView::name);
    let goal = if repeating.is_rewind { "to go back" } else { "for a branch" };
    let (left, step) = (format::grouped(repeating.left), format::grouped(repeating.step));
    ui.label(format!("Repeating {left} steps of {name}, {goal} to step {step}. Training waits."));
    ui.horizontal(|ui| {
        let cancel = ui.button("Cancel").on_hover_text("Gives it up. All runs stay as they are.");
        widgets::name(&cancel, Role::Button, "Cancel the repeating of steps");
        if cancel.clicked() {
            asks.send(Command::CancelRepeat);
        }
        let share = 1.0 - repeating.left as f32 / repeating.total.max(1) as f32;
        ui.add(ProgressBar::new(share).desired_height(8.0).desired_width(ui.available_width()));
    });
    ui.add_space(3.0);
}

/// The run that all others wait for, and what it has spent: one that joined late trains alone until it has caught up.
pub fn laggard(model: &Model, by_evaluations: bool) -> Option<(RunId, u64)> {
    if !model.is_playing || model.repeating.is_some() {
        return None;
    }
    let training = || model.runs.iter().filter(|run| trains(run));
    let last = training().min_by_key(|run| spent(run, by_evaluations))?;
    Some((last.info.run, spent(last, by_evaluations)))
}

/// Whether a run waits for one that has spent `least`.
pub fn waits(model: &Model, run: &RunView, least: u64, by_evaluations: bool) -> bool {
    // Runs that keep step are never further apart than the dearest step is.
    let dearest = if by_evaluations { model.runs.iter().map(step_cost).max().unwrap_or(1) } else { 1 };
    trains(run) && spent(run, by_evaluations) > least + 2 * dearest
}

/// Whether it is trained here and goes on.
fn trains(run: &RunView) -> bool {
    run.state == RunState::Training && !run.is_followed()
}

fn spent(run: &RunView, by_evaluations: bool) -> u64 {
    if by_evaluations { run.gradient_evaluations() } else { run.step() }
}

fn step_cost(run: &RunView) -> u64 {
    run.knobs.gradient_evaluations(run.info.optimizer)
}
