//! What the commands and panels of runs do.

use egui::Context;

use super::dialogs::RunDialog;
use super::forms::{BranchForm, RenameForm, RewindForm};
use super::{RunsAction, add, table};
use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::{Command, RunId, RunStart};
use crate::ui::app::App;
use crate::ui::commands::UiCommand;
use crate::ui::format;
use crate::ui::notices::Level;
use crate::ui::undo::Turn;
use crate::ui::view::Action;

/// A run with more steps than this is not removed without a question.
const STEPS_TO_ASK: u64 = 1000;

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
        match command {
            UiCommand::DuplicateRun => {
                let start = match run.info.parent {
                    Some((_, step)) => RunStart::Step { run: id, step },
                    None if self.view.runs.original.contains(&id) => RunStart::Initial,
                    // It may have begun at weights of a file: its own step 0 is those for certain.
                    None => RunStart::Step { run: id, step: 0 },
                };
                self.add_run(optimizer, knobs, start);
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
            UiCommand::RemoveRun if step > STEPS_TO_ASK => self.view.runs.dialog = Some(RunDialog::Remove(id)),
            UiCommand::RemoveRun => self.remove_run(id),
            UiCommand::SaveTable => {
                let bytes = table::csv(&self.model, &self.view).into_bytes();
                self.view.act(Action::SaveFile { suggested: "runs.csv".to_owned(), bytes });
            }
            UiCommand::CopyTable => {
                ctx.copy_text(table::markdown(&self.model, &self.view));
                self.model.notices.push(Level::Info, "Copied the table of the runs as Markdown.");
            }
            _ => {}
        }
    }

    /// Does what the panels of runs and knobs ask for.
    pub(in crate::ui) fn runs_action(&mut self, action: RunsAction) {
        match action {
            RunsAction::TurnMany(turns) => self.turn_many(&turns),
            RunsAction::Rename { run, name, color } => {
                if let Some(run) = self.model.run_mut(run) {
                    run.name = name;
                    run.color_override = color;
                }
            }
            RunsAction::Remove(run) => self.remove_run(run),
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
                    self.model.notices.push(Level::Info, format!("Removed the preset {}.", gone.name));
                }
                self.presets_changed();
            }
        }
    }

    fn presets_changed(&mut self) {
        self.view.runs.presets.clone_from(&self.settings.presets);
        self.settings_file.touch();
    }

    fn add_run(&mut self, optimizer: OptimizerKind, knobs: Knobs, start: RunStart) {
        self.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start });
    }

    fn remove_run(&mut self, id: RunId) {
        let Some(run) = self.model.run(id) else { return };
        let text = format!("Removed {} (step {}).", run.name(), format::grouped(run.step()));
        if self.send(Command::RemoveRun(id)) {
            self.view.runs.farewells.insert(id, text);
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
        self.view.undo.push_group(done);
    }
}
