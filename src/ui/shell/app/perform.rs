//! What each command does.

use egui::Context;

use super::App;
use super::ending::Ending;
use crate::config::builtin_experiments;
use crate::protocol::Command;
use crate::ui::contract::ask::Ask;
use crate::ui::contract::command::{self, UiCommand};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::shell::dialogs::Dialog;
use crate::ui::shell::figures::form::Target;
use crate::ui::state::notices::Level;

impl App {
    /// Does what a command says. What is not possible now says why in the status line.
    pub(super) fn perform(&mut self, ctx: &Context, command: UiCommand) {
        let seen = Seen { model: &self.model, shared: &self.shared };
        if let Some(why) = self.panes.why_not(command, seen) {
            self.model.notices.push(Level::Quiet, format!("{}. {why}", command.spec().label));
            return;
        }
        match command {
            UiCommand::PlayPause | UiCommand::Step => self.train_command(command),
            UiCommand::Reset => self.end_runs(ctx, Ending::Reset),
            UiCommand::Pace(pace) => {
                if self.send(Command::SetPace(pace)) {
                    self.model.pace = pace;
                }
            }
            UiCommand::NextRun => self.select_neighbour(1),
            UiCommand::PreviousRun => self.select_neighbour(-1),
            UiCommand::Undo => self.undo(),
            UiCommand::Redo => self.redo(),
            UiCommand::Experiment(index) => {
                if let Some(experiment) = builtin_experiments().into_iter().nth(index) {
                    self.asks.push(Ask::Open(Box::new(experiment)));
                }
            }
            UiCommand::OpenFile | UiCommand::OpenSession | UiCommand::GoOn | UiCommand::SaveSession => {
                self.file_command(command);
            }
            UiCommand::Reconnect => {
                if let Some(line) = &self.link.line {
                    line.hurry();
                }
            }
            UiCommand::SaveExperiment | UiCommand::LessonFromWindow | UiCommand::ShowLink => self.hand_out(command),
            UiCommand::SaveReport => self.save_report(ctx),
            UiCommand::SaveWeights => self.fetch_weights(),
            UiCommand::FineTune => self.fetch_start(),
            UiCommand::Pane(_)
            | UiCommand::NextTab
            | UiCommand::PreviousTab
            | UiCommand::NextGroup
            | UiCommand::PreviousGroup
            | UiCommand::ResizePane(_)
            | UiCommand::MovePane(_) => self.dock_command(ctx, command),
            UiCommand::Layout(_)
            | UiCommand::ResetLayout
            | UiCommand::Theme(_)
            | UiCommand::TextSize(_)
            | UiCommand::Motion(_)
            | UiCommand::LargerText
            | UiCommand::SmallerText => self.appearance_command(ctx, command),
            UiCommand::Palette => self.palette.open(),
            UiCommand::Shortcuts => self.dialogs.open = Some(Dialog::Shortcuts),
            UiCommand::About => self.dialogs.open = Some(Dialog::About),
            UiCommand::SaveWindow => self.ask_for_figure(Target::Window),
            UiCommand::SaveLandscapes => self.ask_for_figure(Target::Pane(Pane::Landscapes)),
            UiCommand::Record => self.toggle_recording(ctx),
            UiCommand::Tour => self.tour.start(),
            UiCommand::Quit => self.end_runs(ctx, Ending::Quit),
            _ => {
                self.panes.command(command, ctx, seen, &mut self.asks);
            }
        }
    }

    fn file_command(&mut self, command: UiCommand) {
        match command {
            UiCommand::OpenFile => self.files.ask_what_to_open(),
            UiCommand::OpenSession => self.files.ask_for_session(),
            UiCommand::SaveSession => self.files.ask_where_to_keep(&self.model.experiment.title),
            _ => {
                if let Some(session) = self.shared.earlier.first() {
                    self.asks.push(Ask::OpenSession(session.path.clone()));
                }
            }
        }
    }

    fn dock_command(&mut self, ctx: &Context, command: UiCommand) {
        let has_keyboard = ctx.memory(|memory| memory.focused().is_some());
        let dock = &mut self.dock;
        let done = match command {
            UiCommand::ResizePane(change) => dock.resize(change),
            UiCommand::MovePane(side) => dock.move_pane(side),
            _ => {
                match command {
                    UiCommand::Pane(pane) => dock.toggle(pane),
                    UiCommand::NextTab => dock.cycle_tabs(true, has_keyboard),
                    UiCommand::PreviousTab => dock.cycle_tabs(false, has_keyboard),
                    _ => dock.cycle_groups(command == UiCommand::NextGroup),
                }
                Ok(())
            }
        };
        if let Err(why) = done {
            self.model.notices.push(Level::Quiet, why);
        }
    }

    fn train_command(&mut self, command: UiCommand) {
        let command = match command {
            UiCommand::PlayPause if self.model.is_playing => Command::Pause,
            UiCommand::PlayPause => Command::Play,
            _ => Command::Step,
        };
        let plays = matches!(command, Command::Play);
        let is_switch = plays || matches!(command, Command::Pause);
        // The button answers at once; the engine confirms it.
        if self.send(command) && is_switch {
            self.model.is_playing = plays;
        }
    }

    fn appearance_command(&mut self, ctx: &Context, command: UiCommand) {
        match command {
            UiCommand::Layout(layout) => self.dock.choose(layout),
            UiCommand::ResetLayout => self.dock.reset(),
            UiCommand::Theme(theme) => self.settings.theme = theme,
            UiCommand::TextSize(size) => self.settings.text_size = size,
            UiCommand::Motion(motion) => self.settings.motion = motion,
            UiCommand::LargerText => self.settings.text_size = self.settings.text_size.stepped(1),
            UiCommand::SmallerText => self.settings.text_size = self.settings.text_size.stepped(-1),
            _ => {}
        }
        self.apply_appearance(ctx);
        self.settings_file.touch();
    }

    fn ask_for_figure(&mut self, target: Target) {
        self.dialogs.figure.target = target;
        self.dialogs.open = Some(Dialog::Figure);
    }

    fn select_neighbour(&mut self, by: isize) {
        let count = self.model.runs.len() as isize;
        let selected = self.shared.selected_run(&self.model);
        let place = self.model.runs.iter().position(|run| Some(run.info.run) == selected).unwrap_or(0) as isize;
        self.shared.selected = Some((place + by).rem_euclid(count.max(1)) as usize);
    }

    /// Does what keys ask for. Those about a run go to the run whose row has the keyboard.
    pub(super) fn press_keys(&mut self, ctx: &Context) {
        let row = self.panes.runs.focused_run(ctx);
        for command in command::pressed(ctx) {
            if !command.is_there(Seen { model: &self.model, shared: &self.shared }) {
                let text = format!("{} is none of the lesson's controls.", command.spec().label);
                self.model.notices.push(Level::Quiet, text);
                continue;
            }
            let place = row.and_then(|id| self.model.runs.iter().position(|run| run.info.run == id));
            if place.is_some() && command.is_about_a_run() {
                self.shared.selected = place;
            }
            self.perform(ctx, command);
        }
    }
}
