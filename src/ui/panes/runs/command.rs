//! What the commands about runs do.

use egui::Context;

use super::dialogs::RunDialog;
use super::forms::{BranchForm, RenameForm, RewindForm};
use super::sweep::SweepForm;
use super::table::{self, TableState};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane_ui::Done;
use crate::ui::contract::seen::Seen;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::start_knobs;
use crate::ui::state::run_view::RunView;

/// Does what a command says, where it is about runs or their table.
pub fn perform(
    command: UiCommand,
    ctx: &Context,
    seen: Seen<'_>,
    dialog: &mut Option<RunDialog>,
    table: &TableState,
    asks: &mut Asks,
) -> Done {
    match command {
        UiCommand::AddRun(optimizer) => match start_knobs(&seen.model.experiment, optimizer) {
            Ok(knobs) => {
                asks.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start: RunStart::Initial });
            }
            Err(problem) => asks.say(Level::Warning, problem),
        },
        UiCommand::SaveTable => {
            let bytes = table::csv(seen.model, table).into_bytes();
            asks.push(Ask::SaveFile { suggested: "runs.csv".to_owned(), bytes });
        }
        UiCommand::CopyTable => {
            ctx.copy_text(table::markdown(seen.model, table));
            asks.say(Level::Info, "Copied the table of the runs as Markdown.");
        }
        _ if command.is_about_a_run() => {
            if let Some(run) = seen.selected_run() {
                perform_on(run, command, seen, dialog, asks);
            }
        }
        _ => return Done::NotMine,
    }
    Done::Yes
}

fn perform_on(run: &RunView, command: UiCommand, seen: Seen<'_>, dialog: &mut Option<RunDialog>, asks: &mut Asks) {
    let (id, step) = (run.info.run, run.step_here());
    let with_its_knobs =
        |start: RunStart| Command::AddRun { optimizer: run.info.optimizer, knobs: Box::new(run.knobs.clone()), start };
    match command {
        UiCommand::DuplicateRun => asks.send(with_its_knobs(RunStart::Again(id))),
        UiCommand::BranchHere => asks.send(with_its_knobs(RunStart::Step { run: id, step })),
        UiCommand::StartAtAverage => asks.send(with_its_knobs(RunStart::Average(id))),
        UiCommand::StartAtBest => asks.send(with_its_knobs(RunStart::BestValidation(id))),
        UiCommand::SweepKnob(knob) => *dialog = SweepForm::new(seen.model, run, knob).map(RunDialog::Sweep),
        UiCommand::BranchFromStep => *dialog = Some(RunDialog::Branch(BranchForm::new(run, step))),
        UiCommand::Rewind if step == 0 => {
            asks.say(Level::Info, format!("{} is at step 0: there is nothing to go back to.", run.name()));
        }
        UiCommand::Rewind => *dialog = Some(RunDialog::Rewind(RewindForm::new(run))),
        UiCommand::RenameRun => *dialog = Some(RunDialog::Rename(RenameForm::new(run))),
        UiCommand::HideRun => asks.push(Ask::Hide { run: id, is_hidden: !seen.is_hidden(id) }),
        UiCommand::RemoveRun if run.is_long() => *dialog = Some(RunDialog::Remove(id)),
        UiCommand::RemoveRun => asks.push(Ask::Runs(RunsAction::Remove(id))),
        _ => {}
    }
}
