//! What is done with runs for panes and keys: knobs turned, runs removed, presets kept, and all that taken back.

use std::time::{Duration, Instant};

use egui::Context;

use super::App;
use crate::config::KnobId;
use crate::protocol::{Command, RunId};
use crate::ui::contract::ask::RunsAction;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::kit::format;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::start_knobs;
use crate::ui::state::undo::{Change, Turn};

/// While a knob is dragged, its values are sent at most this often.
const TURN_INTERVAL: Duration = Duration::from_millis(120);

impl App {
    /// Does what the panels of runs and knobs ask for.
    pub(super) fn runs_action(&mut self, ctx: &Context, action: RunsAction) {
        match action {
            RunsAction::TurnMany(turns) => self.turn_many(&turns),
            RunsAction::Rename { run, name, color } => {
                if let Some(run) = self.model.run_mut(run) {
                    run.name = name;
                    run.color_override = color;
                }
            }
            RunsAction::Remove(run) => self.remove_run(ctx, run),
            RunsAction::AddFromFile(optimizer) => match start_knobs(&self.model.experiment, optimizer) {
                Ok(knobs) => self.files.ask_for_weights(optimizer, knobs),
                Err(problem) => self.model.notices.push(Level::Warning, problem),
            },
            RunsAction::SavePreset(preset) => {
                let text = format!("Saved the preset {} of {}.", preset.name, preset.optimizer.label());
                let presets = &mut self.shared.presets;
                presets.retain(|other| (&other.name, other.optimizer) != (&preset.name, preset.optimizer));
                presets.push(*preset);
                self.model.notices.push(Level::Info, text);
                self.settings_file.touch();
            }
            RunsAction::ForgetPreset(place) => {
                if place < self.shared.presets.len() {
                    let gone = self.shared.presets.remove(place);
                    let keys = shortcut_words(ctx, UiCommand::Undo);
                    let text = format!("Deleted the preset {}, {keys} brings it back.", gone.name);
                    self.model.notices.push(Level::Info, text);
                    self.shared.undo.push_change(Change::PresetGone(place, Box::new(gone)));
                }
                self.settings_file.touch();
            }
        }
    }

    fn remove_run(&mut self, ctx: &Context, id: RunId) {
        let Some(run) = self.model.run(id) else { return };
        let keys = shortcut_words(ctx, UiCommand::Undo);
        let (name, noun, step) = (run.name(), run.step_noun(), format::grouped(run.step()));
        let text = format!("Removed {name} at {noun} {step}, {keys} brings it back.");
        if self.send(Command::RemoveRun(id)) {
            self.follower.expect_removal(id, text);
        }
    }

    /// Turns a knob; while it is dragged, not at every frame.
    pub(super) fn turn(&mut self, ctx: &Context, run: RunId, knob: KnobId, value: f64) {
        let is_dragged = ctx.input(|input| input.pointer.any_down());
        if is_dragged && self.last_turn.is_some_and(|last| last.elapsed() < TURN_INTERVAL) {
            self.shared.held_turn = Some((run, knob, value));
            ctx.request_repaint_after(TURN_INTERVAL);
            return;
        }
        self.shared.held_turn = None;
        let now = Instant::now();
        self.last_turn = Some(now);
        let Some(old) = self.model.run(run).map(|view| view.knobs.value(knob)) else { return };
        if self.set_knob(run, knob, value) {
            self.shared.undo.push(Turn { run, knob, old, new: value }, now);
        }
    }

    /// Sends a knob and shows it at once. False when the value is not allowed or the run is gone; a notice says why.
    fn set_knob(&mut self, run: RunId, knob: KnobId, value: f64) -> bool {
        let Some(view) = self.model.run(run) else { return false };
        if let Err(err) = view.knobs.clone().set(knob, value) {
            self.model.notices.push(Level::Warning, err.to_string());
            return false;
        }
        let is_sent = self.send(Command::SetKnob { run, knob, value });
        if let Some(view) = self.model.run_mut(run).filter(|_| is_sent) {
            view.expect_knob(knob, value);
        }
        is_sent
    }

    /// Turns knobs together, to be taken back together.
    fn turn_many(&mut self, turns: &[(RunId, KnobId, f64)]) {
        let mut done = Vec::new();
        for &(run, knob, new) in turns {
            let Some(old) = self.model.run(run).map(|view| view.knobs.value(knob)).filter(|old| *old != new) else {
                continue;
            };
            if self.set_knob(run, knob, new) {
                done.push(Turn { run, knob, old, new });
            }
        }
        self.shared.undo.push_change(Change::Turns(done));
    }

    /// Takes the last change back, once the engine has taken what that needs.
    pub(super) fn undo(&mut self) {
        let Some(change) = self.shared.undo.to_undo().cloned() else { return };
        let words = change.words(&self.model);
        let is_done = match change {
            Change::Turns(turns) => self.turn_all(turns.iter().rev().map(|turn| (turn.run, turn.knob, turn.old))),
            Change::Removal(run) => self.send(Command::RestoreRun(run)),
            Change::PresetGone(place, preset) => {
                let presets = &mut self.shared.presets;
                presets.insert(place.min(presets.len()), *preset);
                self.settings_file.touch();
                true
            }
        };
        if is_done {
            self.shared.undo.step_back();
            self.model.notices.push(Level::Quiet, format!("Took back: {words}."));
        }
    }

    /// Makes the change again that was taken back last.
    pub(super) fn redo(&mut self) {
        let Some(change) = self.shared.undo.to_redo().cloned() else { return };
        let words = change.words(&self.model);
        let is_done = match change {
            Change::Turns(turns) => self.turn_all(turns.iter().map(|turn| (turn.run, turn.knob, turn.new))),
            Change::Removal(run) => {
                let is_sent = self.send(Command::RemoveRun(run));
                if is_sent {
                    self.follower.expect_removal_again(run, format!("Did again: {words}."));
                }
                is_sent
            }
            Change::PresetGone(_, preset) => {
                self.shared.presets.retain(|other| *other != *preset);
                self.settings_file.touch();
                true
            }
        };
        if is_done {
            self.shared.undo.step_forward();
            self.model.notices.push(Level::Quiet, format!("Did again: {words}."));
        }
    }

    /// Turns knobs of the runs that are there. False where the engine did not take one of them.
    fn turn_all(&mut self, turns: impl Iterator<Item = (RunId, KnobId, f64)>) -> bool {
        let turns: Vec<_> = turns.filter(|(run, ..)| self.model.run(*run).is_some()).collect();
        turns.into_iter().all(|(run, knob, value)| self.set_knob(run, knob, value))
    }
}
