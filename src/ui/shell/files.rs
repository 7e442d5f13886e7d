//! Paths: typed, or chosen in the system's dialog, which runs beside the window.

mod browse;
mod kinds;

use std::path::{Path, PathBuf};

use egui::{Context, Id, Response, Role, TextEdit, Ui};

use crate::config::{Knobs, OptimizerKind, there};
use crate::engine::{self, FileKind};
use crate::protocol::{Command, RunStart};
use crate::session::unnamed::EXTENSION;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::kit::format::file_stem;
use crate::ui::kit::questions::{Answer, follow_focus, frame_ui, give_focus_back, is_entered, main_button_ui};
use crate::ui::kit::{path, widgets};
use crate::ui::state::notices::Level;
use browse::{Browsing, Chosen, Wanted};
use kinds::{KINDS, SESSION_KINDS, TOKENIZERS, WEIGHTS, what};

const NO_DIALOG: &str = "The file dialog of the system did not open, or closed by itself: type the path.";
const NOTHING_CHOSEN: &str = "Nothing was chosen in the file dialog: choose again, or type the path.";

/// What a path is asked for.
#[derive(Debug)]
enum Purpose {
    Save {
        bytes: Vec<u8>,
        /// A file that is there, and that was said to be.
        replaces: Option<PathBuf>,
    },
    Open,
    /// A session to go on with.
    Session,
    /// The file that the session goes on in, with one that is there and that was said to be.
    KeepSession {
        replaces: Option<PathBuf>,
    },
    /// Weights that a new run starts from.
    Weights(OptimizerKind, Box<Knobs>),
    /// Weights that all runs of an experiment start from.
    Start,
    /// What turns text into tokens.
    Tokenizer,
}

/// The question for a path that is open.
#[derive(Debug)]
struct Question {
    purpose: Purpose,
    text: String,
    problem: Option<String>,
    /// What came of the system's dialog, where it was closed.
    remark: Option<&'static str>,
    /// The system's dialog, while it is open.
    browsing: Option<Browsing>,
    /// What had the keyboard before.
    focus: Option<Id>,
    is_new: bool,
    /// The line shall have the keyboard.
    takes_focus: bool,
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
        let path = path::free(&self.save_folder().join(suggested));
        self.ask(Purpose::Save { bytes, replaces: None }, path.display().to_string());
    }

    fn save_folder(&self) -> PathBuf {
        self.folder.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default()
    }

    /// Asks for a file to open.
    pub fn ask_what_to_open(&mut self) {
        self.ask(Purpose::Open, self.last_folder());
    }

    /// Asks for a session to open.
    pub fn ask_for_session(&mut self) {
        self.ask(Purpose::Session, self.last_folder());
    }

    /// Asks in which file the session shall go on.
    pub fn ask_where_to_keep(&mut self, title: &str) {
        let name = format!("{}.{EXTENSION}", file_stem(title));
        let path = path::free(&self.save_folder().join(name));
        self.ask(Purpose::KeepSession { replaces: None }, path.display().to_string());
    }

    /// Asks for a file of weights that a new run starts from.
    pub fn ask_for_weights(&mut self, optimizer: OptimizerKind, knobs: Knobs) {
        self.ask(Purpose::Weights(optimizer, Box::new(knobs)), self.last_folder());
    }

    /// Asks for a file of weights that all runs start from.
    pub fn ask_for_start(&mut self) {
        self.ask(Purpose::Start, self.last_folder());
    }

    /// Asks for a tokenizer.
    pub fn ask_for_tokenizer(&mut self) {
        self.ask(Purpose::Tokenizer, self.last_folder());
    }

    fn last_folder(&self) -> String {
        self.folder.as_ref().map_or_else(String::new, |folder| format!("{}/", folder.display()))
    }

    fn ask(&mut self, purpose: Purpose, text: String) {
        let (problem, remark, browsing, focus) = (None, None, None, None);
        let (is_new, takes_focus) = (true, true);
        self.question = Some(Question { purpose, text, problem, remark, browsing, focus, is_new, takes_focus });
    }

    /// Draws the question. `elsewhere` is where the engine is, where that is another machine.
    pub fn ui(&mut self, ctx: &Context, elsewhere: Option<&str>, asks: &mut Asks) {
        follow_focus(ctx);
        let Some(mut question) = self.question.take() else { return };
        if std::mem::take(&mut question.is_new) {
            question.focus = ctx.memory(egui::Memory::focused);
        }
        let is_chosen = question.poll(ctx);
        let title = match question.purpose {
            Purpose::Open => "Open a file",
            Purpose::Session => "Open a session",
            Purpose::KeepSession { .. } => "Save the session as",
            Purpose::Weights(..) => "Start a run from weights",
            Purpose::Start => "Weights to start from",
            Purpose::Tokenizer => "Tokenizer of the text",
            Purpose::Save { .. } => "Save as",
        };
        let (is_escaped, answer) =
            frame_ui(ctx, Id::unique("path question"), title, 560.0, |ui| question.ui(ui, elsewhere));
        let is_done = match answer {
            _ if is_escaped => true,
            Some(Answer::Cancelled) => true,
            Some(Answer::Confirmed) => self.answer(&mut question, elsewhere, asks),
            None => is_chosen && self.answer(&mut question, elsewhere, asks),
        };
        if is_done {
            give_focus_back(ctx, question.focus);
        } else {
            self.question = Some(question);
        }
    }

    /// Does what was asked for. False when the path is no good; the question says why.
    fn answer(&mut self, question: &mut Question, elsewhere: Option<&str>, asks: &mut Asks) -> bool {
        let path = path::read(&question.text);
        (question.problem, question.remark) = (None, None);
        question.takes_focus = true;
        let done = if path.as_os_str().is_empty() {
            Err("Type a path, or choose one with Browse.".to_owned())
        } else if there(&path).is_some() {
            question.answer_there(&path, elsewhere).map(Some)
        } else {
            question.answer(&path)
        };
        match done {
            Ok(Some(ask)) => asks.push(ask),
            Ok(None) => return false,
            Err(problem) => {
                question.problem = Some(problem);
                return false;
            }
        }
        let here = Some(path.as_path()).filter(|path| there(path).is_none());
        self.folder =
            here.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf);
        true
    }
}

impl Question {
    /// Whether the system's dialog has just given a path.
    fn poll(&mut self, ctx: &Context) -> bool {
        let chosen = self.browsing.as_mut().map_or(Chosen::Waiting, |browsing| browsing.poll(ctx));
        if chosen != Chosen::Waiting {
            self.browsing = None;
        }
        match chosen {
            Chosen::Path(path) => {
                self.text = path.display().to_string();
                // The system's dialog has asked whether a file shall be replaced.
                if let Purpose::Save { replaces, .. } | Purpose::KeepSession { replaces } = &mut self.purpose {
                    *replaces = Some(path);
                }
                true
            }
            Chosen::Absent => {
                self.problem = Some(NO_DIALOG.to_owned());
                self.takes_focus = true;
                false
            }
            Chosen::Closed => {
                self.remark = Some(NOTHING_CHOSEN);
                self.takes_focus = true;
                false
            }
            Chosen::Waiting => false,
        }
    }

    /// What is to be done with the path; `None` where the question goes on, which says why.
    fn answer(&mut self, path: &Path) -> Result<Option<Ask>, String> {
        match &mut self.purpose {
            Purpose::Open | Purpose::Session | Purpose::Weights(..) | Purpose::Start | Purpose::Tokenizer
                if engine::link_in(path).is_none() && !path.exists() =>
            {
                Err(format!("{} does not exist.", path.display()))
            }
            // What cannot be opened is told here, where the path can be corrected.
            Purpose::Open => engine::recognise_or_wait(path).map(|_| Some(Ask::Import(path.to_owned()))),
            Purpose::Session => match engine::recognise(path)? {
                FileKind::Session => Ok(Some(Ask::OpenSession(path.to_owned()))),
                other => Err(format!("This is {}, expected a session (.{EXTENSION}).", what(&other))),
            },
            Purpose::Weights(optimizer, knobs) => match engine::recognise_or_wait(path)? {
                kind @ (FileKind::Weights(_) | FileKind::Checkpoints(_)) => {
                    let start = match kind {
                        FileKind::Checkpoints(_) => RunStart::Folder(path.to_owned()),
                        _ => RunStart::File(path.into()),
                    };
                    let add = Command::AddRun { optimizer: *optimizer, knobs: knobs.clone(), start };
                    Ok(Some(Ask::Send(add)))
                }
                other => Err(format!(
                    "This is {}, expected weights: a state dict in safetensors, NPZ or a file of torch.save, or a folder of them.",
                    what(&other)
                )),
            },
            Purpose::Start => match engine::recognise(path)? {
                FileKind::Weights(_) => Ok(Some(Ask::StartFrom(path.to_owned()))),
                other => Err(format!(
                    "This is {}, expected weights: a state dict in safetensors, NPZ or a file of torch.save.",
                    what(&other)
                )),
            },
            // Reading one may take long: what is wrong with it is told beside the data.
            Purpose::Tokenizer => Ok(Some(Ask::TokenizerFrom(path.to_owned()))),
            Purpose::Save { .. } | Purpose::KeepSession { .. } if path.is_dir() => {
                Err(format!("{} is a folder: add the name of the file.", path.display()))
            }
            Purpose::Save { replaces, .. } | Purpose::KeepSession { replaces }
                if path.exists() && replaces.as_deref() != Some(path) =>
            {
                *replaces = Some(path.to_owned());
                Ok(None)
            }
            Purpose::KeepSession { .. } => Ok(Some(Ask::Send(Command::SaveSession(absolute(path))))),
            Purpose::Save { bytes, .. } => {
                let cannot = |err| format!("{} cannot be written: {err}.", path.display());
                crate::export::write_file(path, bytes).map_err(cannot)?;
                Ok(Some(Ask::Notice(Level::Info, format!("Saved {}", path.display()))))
            }
        }
    }

    /// What is to be done with a path where the engine is: only the engine can look at what lies there.
    fn answer_there(&self, path: &Path, elsewhere: Option<&str>) -> Result<Ask, String> {
        if elsewhere.is_none() {
            return Err("The engine is on this machine: leave out `there:`.".to_owned());
        }
        let path = path.to_owned();
        let is_folder = path.to_string_lossy().ends_with('/');
        Ok(match &self.purpose {
            Purpose::Open => Ask::Import(path),
            Purpose::Session => Ask::OpenSession(path),
            Purpose::Weights(optimizer, knobs) => {
                let start = if is_folder { RunStart::Folder(path) } else { RunStart::File(path.into()) };
                Ask::Send(Command::AddRun { optimizer: *optimizer, knobs: knobs.clone(), start })
            }
            Purpose::Start => Ask::StartFrom(path),
            Purpose::Tokenizer => Ask::TokenizerFrom(path),
            Purpose::Save { .. } | Purpose::KeepSession { .. } => {
                return Err("What the window saves is saved on this machine.".to_owned());
            }
        })
    }

    /// What stands in the line while it is empty.
    fn hint(&self, elsewhere: Option<&str>) -> String {
        match (elsewhere, &self.purpose) {
            (None, _) | (_, Purpose::Save { .. } | Purpose::KeepSession { .. }) => "Path of the file".to_owned(),
            (Some(host), Purpose::Weights(..)) => {
                format!("Path of the file, or there:/a.pt for one on {host}, there:/a/ for a folder of checkpoints")
            }
            (Some(host), _) => format!("Path of the file, or there:/its/path for one on {host}"),
        }
    }

    /// Whether the next answer replaces a file.
    fn is_replacing(&self) -> bool {
        let (Purpose::Save { replaces, .. } | Purpose::KeepSession { replaces }) = &self.purpose else { return false };
        replaces.as_ref().is_some_and(|replaced| path::read(&self.text) == *replaced)
    }

    /// The line and its buttons.
    fn ui(&mut self, ui: &mut Ui, elsewhere: Option<&str>) -> Option<Answer> {
        let hint = self.hint(elsewhere);
        let line = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY).hint_text(hint);
        let response = ui.add(line);
        widgets::name(&response, Role::TextInput, "Path");
        if std::mem::take(&mut self.takes_focus) {
            response.request_focus();
        }
        if response.changed() {
            (self.problem, self.remark) = (None, None);
        }
        let is_replacing = self.is_replacing();
        if let Some(problem) = &self.problem {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        } else if is_replacing {
            let text = "This file exists. “Replace” writes over it; with another name it stays.";
            ui.colored_label(ui.visuals().warn_fg_color, text);
        } else if let Some(remark) = self.remark {
            ui.weak(remark);
        }
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            let label = match self.purpose {
                Purpose::Save { .. } | Purpose::KeepSession { .. } if is_replacing => "Replace",
                Purpose::Save { .. } | Purpose::KeepSession { .. } => "Save",
                _ => "Open",
            };
            let mut shown = vec![main_button_ui(ui, true, label), ui.button("Cancel")];
            let answers = [shown[0].clicked(), shown[1].clicked()];
            self.browse_ui(ui, &mut shown);
            match answers {
                [_, true] => Some(Answer::Cancelled),
                [true, _] => Some(Answer::Confirmed),
                // A second Enter out of habit replaces nothing.
                _ => (!is_replacing && is_entered(ui, &shown)).then_some(Answer::Confirmed),
            }
        })
        .inner
    }

    fn browse_ui(&mut self, ui: &mut Ui, shown: &mut Vec<Response>) {
        let wanted: &[(&str, Wanted<'_>)] = match self.purpose {
            Purpose::Open => &[("Browse…", Wanted::File(&KINDS)), ("Browse folder…", Wanted::Folder)],
            Purpose::Session => &[("Browse…", Wanted::File(&SESSION_KINDS))],
            Purpose::Weights(..) => &[("Browse…", Wanted::File(&WEIGHTS)), ("Browse folder…", Wanted::Folder)],
            Purpose::Start => &[("Browse…", Wanted::File(&WEIGHTS))],
            Purpose::Tokenizer => &[("Browse…", Wanted::File(&TOKENIZERS)), ("Browse folder…", Wanted::Folder)],
            Purpose::Save { .. } | Purpose::KeepSession { .. } => &[("Browse…", Wanted::Place)],
        };
        for (label, wanted) in wanted {
            let button = ui.add_enabled(self.browsing.is_none(), egui::Button::new(*label));
            let help = match wanted {
                Wanted::Folder if matches!(self.purpose, Purpose::Weights(..)) => {
                    "A folder of checkpoints, which is followed."
                }
                Wanted::Folder if matches!(self.purpose, Purpose::Tokenizer) => {
                    "A folder with tokenizer.json, or with vocab.json and merges.txt."
                }
                Wanted::Folder => {
                    "A folder of checkpoints, of a sweep, of images by class, of IDX, CIFAR or Parquet files, or of weights in shards."
                }
                Wanted::File(_) | Wanted::Place => "The file dialog of the system.",
            };
            let button = button.on_hover_text(help);
            if button.clicked() {
                match Browsing::open(ui.ctx(), &path::read(&self.text), *wanted) {
                    Ok(browsing) => (self.browsing, self.problem, self.remark) = (Some(browsing), None, None),
                    Err(err) => {
                        self.problem = Some(format!("The system's dialog cannot be opened: {err}. Type the path."));
                    }
                }
            }
            shown.push(button);
        }
        if self.browsing.is_some() {
            widgets::spinner_ui(ui, "The system's dialog is open");
        }
    }
}

/// The whole path, as far as it can be told: the engine may stand in another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
