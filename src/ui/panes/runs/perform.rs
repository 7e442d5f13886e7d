//! What the commands and panels of runs do.

use egui::Context;

use super::dialogs::RunDialog;
use super::ending::is_long;
use super::forms::{BranchForm, RenameForm, RewindForm};
use super::{Farewell, add, table};
use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::{Command, RunId, RunStart};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::ask::RunsAction;
use crate::ui::contract::command;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::kit::format;
use crate::ui::shell::app::App;
use crate::ui::state::notices::Level;
use crate::ui::state::undo::{Change, Turn};

impl App {
    /// Does what a command about runs says.
    pub(in crate::ui) fn runs_command(&mut self, ctx: &Context, command: UiCommand) {
        if let UiCommand::AddRun(optimizer) = command {
            match add::start_knobs(&self.model, optimizer) {
                Ok(knobs) => self.add_run(optimizer, knobs, RunStart::Initial),
                Err(problem) => self.model.notices.push(Level::Warning, problem),
            }
            return;
        }
        let Some(run) = self.view.selected_run(&self.model).and_then(|id| self.model.run(id)) else { return };
        let (id, optimizer, knobs, step) = (run.info.run, run.info.optimizer, run.knobs.clone(), run.step());
        let is_long = is_long(run);
        match command {
            UiCommand::DuplicateRun => {
                self.add_run(optimizer, knobs, RunStart::Again(id));
            }
            UiCommand::BranchHere => self.add_run(optimizer, knobs, RunStart::Step { run: id, step }),
            UiCommand::BranchFromStep => self.view.runs.dialog = Some(RunDialog::Branch(BranchForm::new(run, step))),
            UiCommand::Rewind if step == 0 => {
                let text = format!("{} is at step 0: there is nothing to go back to.", run.name());
                self.model.notices.push(Level::Info, text);
            }
            UiCommand::Rewind => self.view.runs.dialog = Some(RunDialog::Rewind(RewindForm::new(run))),
            UiCommand::RenameRun => self.view.runs.dialog = Some(RunDialog::Rename(RenameForm::new(run))),
            UiCommand::HideRun => self.view.toggle_hidden(id),
            UiCommand::RemoveRun if is_long => self.view.runs.dialog = Some(RunDialog::Remove(id)),
            UiCommand::RemoveRun => self.remove_run(ctx, id),
            UiCommand::SaveTable => {
                let bytes = table::csv(&self.model, &self.view).into_bytes();
                self.view.asks.push(Ask::SaveFile { suggested: "runs.csv".to_owned(), bytes });
            }
            UiCommand::CopyTable => {
                ctx.copy_text(table::markdown(&self.model, &self.view));
                self.model.notices.push(Level::Info, "Copied the table of the runs as Markdown.");
            }
            _ => {}
        }
    }

    /// Does what the panels of runs and knobs ask for.
    pub(in crate::ui) fn runs_action(&mut self, ctx: &Context, action: RunsAction) {
        match action {
            RunsAction::TurnMany(turns) => self.turn_many(&turns),
            RunsAction::Rename { run, name, color } => {
                if let Some(run) = self.model.run_mut(run) {
                    run.name = name;
                    run.color_override = color;
                }
            }
            RunsAction::Remove(run) => self.remove_run(ctx, run),
            RunsAction::End(ending) => self.end_runs_now(ctx, ending),
            RunsAction::AddFromFile(optimizer) => match add::start_knobs(&self.model, optimizer) {
                Ok(knobs) => self.files.ask_for_weights(optimizer, knobs),
                Err(problem) => self.model.notices.push(Level::Warning, problem),
            },
            RunsAction::SavePreset(preset) => {
                let text = format!("Saved the preset {} of {}.", preset.name, preset.optimizer.label());
                let presets = &mut self.settings.presets;
                presets.retain(|other| (&other.name, other.optimizer) != (&preset.name, preset.optimizer));
                presets.push(preset);
                self.model.notices.push(Level::Info, text);
                self.presets_changed();
            }
            RunsAction::ForgetPreset(place) => {
                if place < self.settings.presets.len() {
                    let gone = self.settings.presets.remove(place);
                    let keys = shortcut_words(ctx, UiCommand::Undo);
                    let text = format!("Deleted the preset {}, {keys} brings it back.", gone.name);
                    self.model.notices.push(Level::Info, text);
                    self.view.shared.undo.push_change(Change::PresetGone(place, Box::new(gone)));
                }
                self.presets_changed();
            }
        }
    }

    fn presets_changed(&mut self) {
        self.view.shared.presets.clone_from(&self.settings.presets);
        self.settings_file.touch();
    }

    fn add_run(&mut self, optimizer: OptimizerKind, knobs: Knobs, start: RunStart) {
        self.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start });
    }

    fn remove_run(&mut self, ctx: &Context, id: RunId) {
        let Some(run) = self.model.run(id) else { return };
        let keys = shortcut_words(ctx, UiCommand::Undo);
        let text = format!("Removed {} at step {}, {keys} brings it back.", run.name(), format::grouped(run.step()));
        if self.send(Command::RemoveRun(id)) {
            self.view.runs.farewells.insert(id, Farewell { text, is_redone: false });
        }
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
        self.view.shared.undo.push_change(Change::Turns(done));
    }

    /// Takes the last change back, once the engine has taken what that needs.
    pub(in crate::ui) fn undo(&mut self) {
        let Some(change) = self.view.shared.undo.to_undo().cloned() else { return };
        let words = change.words(&self.model);
        let is_done = match change {
            Change::Turns(turns) => self.turn_all(turns.iter().rev().map(|turn| (turn.run, turn.knob, turn.old))),
            Change::Removal(run) => self.send(Command::RestoreRun(run)),
            Change::PresetGone(place, preset) => {
                let presets = &mut self.settings.presets;
                presets.insert(place.min(presets.len()), *preset);
                self.presets_changed();
                true
            }
        };
        if is_done {
            self.view.shared.undo.step_back();
            self.model.notices.push(Level::Quiet, format!("Took back: {words}."));
        }
    }

    /// Makes the change again that was taken back last.
    pub(in crate::ui) fn redo(&mut self) {
        let Some(change) = self.view.shared.undo.to_redo().cloned() else { return };
        let words = change.words(&self.model);
        let is_done = match change {
            Change::Turns(turns) => self.turn_all(turns.iter().map(|turn| (turn.run, turn.knob, turn.new))),
            Change::Removal(run) => {
                let is_sent = self.send(Command::RemoveRun(run));
                if is_sent {
                    let farewell = Farewell { text: format!("Did again: {words}."), is_redone: true };
                    self.view.runs.farewells.insert(run, farewell);
                }
                is_sent
            }
            Change::PresetGone(_, preset) => {
                self.settings.presets.retain(|other| *other != *preset);
                self.presets_changed();
                true
            }
        };
        if is_done {
            self.view.shared.undo.step_forward();
            self.model.notices.push(Level::Quiet, format!("Did again: {words}."));
        }
    }

    /// Turns knobs of the runs that are there. False where the engine did not take one of them.
    fn turn_all(&mut self, turns: impl Iterator<Item = (RunId, KnobId, f64)>) -> bool {
        let turns: Vec<_> = turns.filter(|(run, ..)| self.model.run(*run).is_some()).collect();
        turns.into_iter().all(|(run, knob, value)| self.set_knob(run, knob, value))
    }

    /// Does what keys ask for. Those about a run go to the run whose row has the keyboard.
    pub(in crate::ui) fn press_keys(&mut self, ctx: &Context) {
        let focused = ctx.memory(egui::Memory::focused);
        let row = self.view.runs.keyboard.filter(|(part, _)| focused == Some(*part)).map(|(_, run)| run);
        for command in command::pressed(ctx) {
            let place = row.and_then(|id| self.model.runs.iter().position(|run| run.info.run == id));
            if place.is_some() && command.is_about_a_run() {
                self.view.shared.selected = place;
            }
            self.perform_command(ctx, command);
        }
    }
}
