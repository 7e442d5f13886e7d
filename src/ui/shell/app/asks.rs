//! What panes ask for is done here, at the end of the frame.

use egui::Context;

use super::App;
use super::ending::Ending;
use crate::protocol::{Command, JobId, MeasureRequest, RunId};
use crate::ui::contract::ask::Ask;
use crate::ui::state::job::JobView;
use crate::ui::state::restart::Restart;

/// What is asked for may ask for more: a command is given to the pane whose it is. More often than this it does not go on.
const MOST_ROUNDS: usize = 4;

impl App {
    /// Does what was asked for in this frame.
    pub(super) fn answer_asks(&mut self, ctx: &Context) {
        let mut asks = self.asks.take();
        if !asks.iter().any(|ask| matches!(ask, Ask::Turn { .. })) {
            self.shared.held_turn = None;
        }
        for _ in 0..MOST_ROUNDS {
            if asks.iter().any(Ask::changes_the_window) {
                // Drawn again before it is shown: a frame sooner than in the next one.
                ctx.request_discard("what was asked for changes the window");
            }
            for ask in asks {
                self.answer(ctx, ask);
            }
            asks = self.asks.take();
            if asks.is_empty() {
                return;
            }
        }
        for ask in asks {
            self.asks.push(ask);
        }
        ctx.request_repaint();
    }

    fn answer(&mut self, ctx: &Context, ask: Ask) {
        match ask {
            Ask::Send(command) => {
                let is_look = matches!(command, Command::Preview(_));
                if !self.send(command) && is_look {
                    let problem = "the engine was busy; change a setting to try again";
                    self.model.previews.push(Err(problem.to_owned()));
                }
            }
            Ask::Do(command) => self.perform(ctx, command),
            Ask::Show(pane) => self.dock.open(pane),
            Ask::Notice(level, text) => self.model.notices.push(level, text),
            Ask::Import(path) => self.import(&[path]),
            Ask::OpenSwept(swept) => self.open_swept(ctx, &swept),
            Ask::OpenSession(path) => self.end_runs(ctx, Ending::Session(path)),
            Ask::ChooseStart => self.files.ask_for_start(),
            Ask::StartFrom(path) => self.start_from(&path),
            Ask::ChooseTokenizer => self.files.ask_for_tokenizer(),
            Ask::TokenizerFrom(path) => self.panes.workshop.tokenizer_from(&path, &mut self.asks),
            Ask::SaveFigure => self.save_figure(ctx),
            Ask::SaveFile { suggested, bytes } => {
                self.files.ask_where_to_save(&suggested, bytes);
                ctx.request_repaint();
            }
            Ask::Open(experiment) => self.end_runs(ctx, Ending::Open(Box::new(Restart::plain(*experiment)))),
            Ask::Restart(restart) => self.end_runs(ctx, Ending::Open(restart)),
            Ask::Measure { run, request } => self.measure(run, *request),
            Ask::Forget(job) => self.model.jobs.retain(|view| view.id != job),
            Ask::Runs(action) => self.runs_action(ctx, action),
            Ask::Select(place) => self.shared.selected = place,
            Ask::Hide { run, is_hidden: true } => {
                self.shared.hidden.insert(run);
            }
            Ask::Hide { run, is_hidden: false } => {
                self.shared.hidden.remove(&run);
            }
            Ask::ShowAll => self.shared.hidden.clear(),
            Ask::SetAlerts(rules) => {
                self.shared.alerts.set_rules(rules);
                self.settings_file.touch();
            }
            Ask::Only(controls) => self.shared.only = controls,
            Ask::Turn { run, knob, value } => self.turn(ctx, run, knob, value),
        }
    }

    /// Asks the engine for a measurement and keeps a place for what it finds.
    fn measure(&mut self, run: RunId, request: MeasureRequest) {
        let Some(view) = self.model.run(run) else { return };
        let job = JobId(self.next_job);
        let card = JobView::new(job, view, &request);
        if self.send(Command::Measure { job, run, request: Box::new(request) }) {
            self.next_job += 1;
            self.model.jobs.insert(0, card);
        }
    }
}
