//! Paths: typed, or chosen in the system's dialog, which runs beside the window.

use std::path::{Path, PathBuf};
use std::thread::Builder;

use crossbeam_channel::{Receiver, bounded};
use egui::{Align2, Context, Key, Modifiers, TextEdit, Ui};

use super::notices::Level;
use super::view::{Action, View};
use super::widgets;
use crate::config::{Knobs, OptimizerKind};
use crate::protocol::{Command, RunStart};

/// What a path is asked for.
#[derive(Debug)]
enum Purpose {
    Save(Vec<u8>),
    Open,
    /// Weights that a new run starts from.
    Weights(OptimizerKind, Box<Knobs>),
}

/// The question for a path that is open.
#[derive(Debug)]
struct Question {
    purpose: Purpose,
    text: String,
    problem: Option<String>,
    /// The system's dialog, while it is open.
    system: Option<Receiver<Option<PathBuf>>>,
    is_new: bool,
}

/// The question for a path, if one is open.
#[derive(Debug, Default)]
pub struct Files {
    question: Option<Question>,
    /// The folder of the last file.
    folder: Option<PathBuf>,
}

impl Files {
    /// Whether a question is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.question.is_some()
    }

    /// Asks where `bytes` shall be written.
    pub fn ask_where_to_save(&mut self, suggested: &str, bytes: Vec<u8>) {
        let folder = self.folder.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        self.ask(Purpose::Save(bytes), folder.join(suggested).display().to_string());
    }

    /// Asks for a file to open.
    pub fn ask_what_to_open(&mut self) {
        let text = self.folder.as_ref().map_or_else(String::new, |folder| format!("{}/", folder.display()));
        self.ask(Purpose::Open, text);
    }

    /// Asks for a file of weights that a new run starts from.
    pub fn ask_for_weights(&mut self, optimizer: OptimizerKind, knobs: Knobs) {
        let text = self.folder.as_ref().map_or_else(String::new, |folder| format!("{}/", folder.display()));
        self.ask(Purpose::Weights(optimizer, Box::new(knobs)), text);
    }

    fn ask(&mut self, purpose: Purpose, text: String) {
        self.question = Some(Question { purpose, text, problem: None, system: None, is_new: true });
    }

    /// Draws the question.
    pub fn ui(&mut self, ctx: &Context, view: &mut View) {
        let Some(mut question) = self.question.take() else { return };
        let (enter, escape) = ctx.input_mut(|input| {
            (input.consume_key(Modifiers::NONE, Key::Enter), input.consume_key(Modifiers::NONE, Key::Escape))
        });
        let mut is_done = escape;
        let mut is_confirmed = question.poll() || enter;
        let title = match question.purpose {
            Purpose::Open => "Open a file",
            Purpose::Weights(..) => "Start a run from weights",
            Purpose::Save(_) => "Save as",
        };
        let width = (0.9 * ctx.content_rect().width()).min(560.0);
        egui::Window::new(title)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
            .fixed_size([width, 0.0])
            .show(ctx, |ui| {
                let (ok, cancel) = question.ui(ui);
                is_confirmed |= ok;
                is_done |= cancel;
            });
        if is_confirmed && !is_done {
            is_done = self.answer(&mut question, view);
        }
        if !is_done {
            self.question = Some(question);
        }
    }

    /// Does what was asked for. False when the path is no good; the question says why.
    fn answer(&mut self, question: &mut Question, view: &mut View) -> bool {
        let path = PathBuf::from(question.text.trim());
        if path.as_os_str().is_empty() {
            question.problem = Some("Type a path, or choose one with Browse.".to_owned());
            return false;
        }
        match &question.purpose {
            Purpose::Open | Purpose::Weights(..) if !path.exists() => {
                question.problem = Some(format!("{} does not exist.", path.display()));
                return false;
            }
            Purpose::Open => view.act(Action::Import(path.clone())),
            Purpose::Weights(optimizer, knobs) => view.act(Action::Send(Command::AddRun {
                optimizer: *optimizer,
                knobs: knobs.clone(),
                start: RunStart::File(path.clone()),
            })),
            Purpose::Save(bytes) => {
                if let Err(err) = crate::session::export::write_file(&path, bytes) {
                    question.problem = Some(format!("{} cannot be written: {err}.", path.display()));
                    return false;
                }
                view.act(Action::Notice(Level::Info, format!("Saved {}", path.display())));
            }
        }
        self.folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf);
        true
    }
}

impl Question {
    /// Whether the system's dialog has just given a path.
    fn poll(&mut self) -> bool {
        let Some(answer) = self.system.as_ref().map(Receiver::try_recv) else { return false };
        match answer {
            Ok(Some(path)) => {
                self.text = path.display().to_string();
                self.system = None;
                true
            }
            Err(crossbeam_channel::TryRecvError::Empty) => false,
            // Closed without a choice, or the desktop offers none: the line stays.
            Ok(None) | Err(crossbeam_channel::TryRecvError::Disconnected) => {
                self.system = None;
                false
            }
        }
    }

    /// The line and its buttons: confirmed, cancelled.
    fn ui(&mut self, ui: &mut Ui) -> (bool, bool) {
        let line = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY).hint_text("Path of the file");
        let response = ui.add(line);
        widgets::name(&response, egui::Role::TextInput, "Path");
        if std::mem::take(&mut self.is_new) {
            response.request_focus();
        }
        if response.changed() {
            self.problem = None;
        }
        let path = Path::new(self.text.trim());
        if let Some(problem) = &self.problem {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        } else if matches!(self.purpose, Purpose::Save(_)) && path.is_file() {
            ui.colored_label(ui.visuals().warn_fg_color, "This file exists and will be replaced.");
        }
        ui.horizontal(|ui| {
            let ok = if matches!(self.purpose, Purpose::Save(_)) { "Save" } else { "Open" };
            let is_confirmed = ui.button(ok).clicked();
            let is_cancelled = ui.button("Cancel").clicked();
            let browse = ui.add_enabled(self.system.is_none(), egui::Button::new("Browse…"));
            if browse.on_hover_text("The file dialog of the system.").clicked() {
                self.browse(ui.ctx());
            }
            if self.system.is_some() {
                ui.spinner();
            }
            (is_confirmed, is_cancelled)
        })
        .inner
    }

    fn browse(&mut self, ctx: &Context) {
        let path = Path::new(self.text.trim()).to_path_buf();
        let mut dialog = rfd::AsyncFileDialog::new();
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        let is_open = !matches!(self.purpose, Purpose::Save(_));
        if let Some(name) = path.file_name().filter(|_| !is_open) {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        let (sender, receiver) = bounded(1);
        let ctx = ctx.clone();
        let wait = move |path: Option<rfd::FileHandle>| {
            // The question may have been closed meanwhile.
            let _ = sender.send(path.map(|handle| handle.path().to_path_buf()));
            ctx.request_repaint();
        };
        // Some systems want the dialog made on this thread and waited for on another.
        let builder = Builder::new().name("flatscape-dialog".to_owned());
        let started = if is_open {
            let answer = dialog.pick_file();
            builder.spawn(move || wait(pollster::block_on(answer)))
        } else {
            let answer = dialog.save_file();
            builder.spawn(move || wait(pollster::block_on(answer)))
        };
        match started {
            Ok(_) => self.system = Some(receiver),
            Err(err) => self.problem = Some(format!("The system's dialog cannot be opened: {err}. Type the path.")),
        }
    }
}
