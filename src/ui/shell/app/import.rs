//! Files that are chosen, typed or dropped: each goes where it belongs, or is told in a sentence.

use std::path::{Path, PathBuf};

use egui::{Align2, Context, Id, LayerId, Order, RichText};

use super::App;
use super::ending::Ending;
use crate::config::{Experiment, OptimizerKind, WindowPart};
use crate::engine::{self, FileKind};
use crate::protocol::{Command, NewRun, RunId, RunStart};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format::file_stem;
use crate::ui::kit::path;
use crate::ui::kit::theme::Tokens;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::start_knobs;
use crate::ui::state::restart::Restart;
use crate::ui::state::swept_run::SweptRun;

/// Files taken at once at most.
const MOST_FILES: usize = 20;

impl App {
    /// Opens what was dropped in this frame.
    pub(super) fn import_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        if dropped.is_empty() {
            return;
        }
        if self.shared.has(WindowPart::Files) {
            let paths: Vec<PathBuf> = dropped.iter().map(|file| file.path().to_owned()).collect();
            self.import(&paths);
        } else {
            let text = "Files are none of the lesson's controls: nothing was opened.";
            self.model.notices.push(Level::Warning, text);
        }
        ctx.request_repaint();
    }

    /// Opens files that were named when the program was started, as if they were dropped.
    #[must_use]
    pub fn with_files(mut self, paths: &[PathBuf]) -> Self {
        self.import(paths);
        // Whoever watches a sweep does not train beside it unasked.
        if self.panes.sweep.is_open() {
            self.asks.send(Command::Pause);
        }
        self
    }

    /// Opens one file of each kind; of every other one a sentence says why not.
    pub(super) fn import(&mut self, paths: &[PathBuf]) {
        let mut opened = Vec::new();
        for path in paths.iter().take(MOST_FILES) {
            match engine::recognise_or_wait(path) {
                Err(problem) => self.model.notices.push(Level::Warning, problem),
                Ok(kind) => {
                    let what = std::mem::discriminant(&kind);
                    if opened.contains(&what) {
                        let text = format!("{} was left: of each kind one file is opened at a time.", path::name(path));
                        self.model.notices.push(Level::Warning, text);
                    } else {
                        opened.push(what);
                        self.take_file(path, kind);
                    }
                }
            }
        }
        if let Some(left) = paths.len().checked_sub(MOST_FILES).filter(|&left| left > 0) {
            let text = format!("{left} more files were left: at most {MOST_FILES} are looked at.");
            self.model.notices.push(Level::Warning, text);
        }
    }

    fn take_file(&mut self, path: &Path, kind: FileKind) {
        match kind {
            FileKind::Experiment(experiment) => return self.asks.push(Ask::Open(experiment)),
            FileKind::Session => return self.asks.push(Ask::OpenSession(path.to_owned())),
            FileKind::Checkpoints(settings) => return self.follow_folder(path, settings.map(|kind| *kind)),
            _ => {}
        }
        let seen = Seen { model: &self.model, shared: &self.shared };
        self.panes.take_file(path, &kind, seen, &mut self.asks);
    }
}

impl App {
    /// Follows the checkpoints of a folder: beside the runs that there are where the model is theirs, else in their place.
    fn follow_folder(&mut self, path: &Path, settings: Option<FileKind>) {
        let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let present = &self.model.experiment;
        let experiment = match settings {
            Some(FileKind::Experiment(experiment)) if *experiment != **present => *experiment,
            Some(FileKind::Model(model)) if *model != present.model => {
                let title = format!("{}, model of {}", present.title, path::name(path));
                // The checkpoints are what is looked at: nothing starts at weights of the model before.
                Experiment { title, model: *model, start: None, ..(**present).clone() }
            }
            _ => return self.follow_beside(folder),
        };
        self.asks.push(Ask::Restart(Box::new(Restart::following(experiment, folder))));
    }

    fn follow_beside(&mut self, folder: PathBuf) {
        let optimizer = OptimizerKind::Sgd;
        match start_knobs(&self.model.experiment, optimizer) {
            Ok(knobs) => {
                let start = RunStart::Folder(folder);
                self.asks.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start });
            }
            Err(problem) => self.model.notices.push(Level::Warning, problem),
        }
    }
}

impl App {
    /// Has the Model pane start all runs of the next experiment from a file of weights.
    pub(super) fn start_from(&mut self, weights: &Path) {
        self.panes.workshop.start_from(weights, &self.model.experiment, &mut self.asks);
    }

    /// Keeps the weights of a run in a file of their own, and starts the next experiment from them.
    pub(super) fn start_from_run(&mut self, run: RunId, step: u64, file: &[u8]) {
        let run = self.model.run(run).map_or("run", |run| run.name());
        let title = file_stem(&self.model.experiment.title);
        let place =
            self.settings_file.weights_folder().join(format!("{title}-{}-step-{step}.safetensors", file_stem(run)));
        let text = match kept(&place, file) {
            Ok(path) => {
                let text = format!("The weights of {run} at step {step} are kept in {}.", path.display());
                self.start_from(&path);
                format!("{text} Choose other data, or change the model, and train.")
            }
            Err(err) => {
                let text = format!("The weights of {run} cannot be written to {}: {err}.", place.display());
                return self.model.notices.push(Level::Warning, text);
            }
        };
        self.model.notices.push(Level::Info, text);
    }
}

impl App {
    /// Opens a finished run of a sweep: beside the runs that there are where it fits, else in their place.
    pub(super) fn open_swept(&mut self, ctx: &Context, swept: &SweptRun) {
        let Some(weights) = &swept.result.weights else {
            self.model.notices.push(Level::Info, swept.again_words());
            return self.end_runs(ctx, Ending::Open(Box::new(swept.again())));
        };
        let place = self.settings_file.weights_folder().join(format!("{}.safetensors", file_stem(&swept.name)));
        let written = kept(&place, &weights.own)
            .map_err(|err| format!("The weights of {} cannot be written to {}: {err}.", swept.name, place.display()));
        match written.and_then(|path| swept.at_its_end(path)) {
            Err(problem) => self.model.notices.push(Level::Warning, problem),
            Ok(NewRun { optimizer, knobs, start })
                if swept.fits(&self.model.experiment) && !self.model.is_loading() =>
            {
                self.send(Command::AddRun { optimizer, knobs, start });
            }
            Ok(run) => {
                let restart = Restart::only(swept.experiment.clone(), vec![run]);
                self.end_runs(ctx, Ending::Open(Box::new(restart)));
            }
        }
    }
}

/// Writes a file under its name, or under the first one that is free; where it lies already, it stays.
fn kept(place: &Path, bytes: &[u8]) -> std::io::Result<PathBuf> {
    if std::fs::read(place).is_ok_and(|there| there == bytes) {
        return Ok(place.to_owned());
    }
    std::fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
    let place = path::free(place);
    crate::export::write_file(&place, bytes)?;
    Ok(place)
}

/// Says over the window that files can be dropped, while some are held over it.
pub fn drop_ui(ctx: &Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tokens = Tokens::for_theme(ctx.theme());
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop files")));
    let screen = ctx.content_rect();
    painter.rect_filled(screen, 0.0, tokens.background.0.gamma_multiply(0.85));
    let frame = screen.shrink(16.0);
    painter.rect_stroke(frame, 10.0, egui::Stroke::new(2.0, tokens.accent.0), egui::StrokeKind::Inside);
    egui::Area::new(Id::unique("drop files text"))
        .order(Order::Tooltip)
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .interactable(false)
        .show(ctx, |ui| {
            ui.vertical_centered(|ui| {
                ui.label(RichText::new("Drop to open").heading());
                let text = "A session, an experiment, a lesson, a model, weights, a folder of checkpoints or of a sweep, or data";
                ui.label(text);
            });
        });
}
