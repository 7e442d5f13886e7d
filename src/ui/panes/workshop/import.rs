//! Files that are chosen, typed or dropped: each goes where it belongs, or is told in a sentence.

use std::path::{Path, PathBuf};

use egui::{Align2, Context, Id, LayerId, Order, RichText};

use super::drafts::ModelDraft;
use super::model_file;
use crate::engine::{self, FileKind};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::view::View;
use crate::ui::kit::questions::{Answer, give_focus_back, question_ui};
use crate::ui::kit::theme;
use crate::ui::kit::theme::Tokens;
use crate::ui::shell::app::App;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// Files taken at once at most.
const MOST_FILES: usize = 20;

/// A file of weights that was opened, until it is decided what to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedWeights {
    path: PathBuf,
    tensors: Vec<String>,
    /// What had the keyboard before.
    focus: Option<Id>,
    is_new: bool,
}

impl App {
    /// Opens a file that was chosen or typed, by its kind.
    pub(in crate::ui) fn import(&mut self, path: &Path) {
        self.import_all(&[path.to_owned()]);
    }

    /// Opens what was dropped in this frame.
    pub(in crate::ui) fn import_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        if !dropped.is_empty() {
            let paths: Vec<PathBuf> = dropped.iter().map(|file| file.path().to_owned()).collect();
            self.import_all(&paths);
            ctx.request_repaint();
        }
    }

    /// Opens one file of each kind; of every other one a sentence says why not.
    fn import_all(&mut self, paths: &[PathBuf]) {
        let mut opened = Vec::new();
        for path in paths.iter().take(MOST_FILES) {
            match engine::recognise(path) {
                Err(problem) => self.model.notices.push(Level::Warning, problem),
                Ok(kind) => {
                    let what = std::mem::discriminant(&kind);
                    if opened.contains(&what) {
                        let text = format!("{} was left: of each kind one file is opened at a time.", name(path));
                        self.model.notices.push(Level::Warning, text);
                    } else {
                        opened.push(what);
                        self.take_file(path, kind);
                    }
                }
            }
        }
        if let Some(left) = paths.len().checked_sub(MOST_FILES).filter(|&left| left > 0) {
            self.model
                .notices
                .push(Level::Warning, format!("{left} more files were left: at most {MOST_FILES} are looked at."));
        }
    }

    fn take_file(&mut self, path: &Path, kind: FileKind) {
        let name = name(path);
        match kind {
            FileKind::Experiment(experiment) => {
                self.view.asks.push(Ask::Open(experiment));
            }
            FileKind::Model(model) => {
                // It was read a moment ago; where it is gone meanwhile, its comments are too.
                let file = std::fs::read_to_string(path).unwrap_or_default();
                let text = model_file::layers_text(&file, &model.layers);
                self.view.workshop.model.open(ModelDraft::with_text(&model, text), &self.model.experiment);
                self.dock.open(Pane::Model);
                self.model
                    .notices
                    .push(Level::Info, format!("{name} is in the Model pane. “Train this” restarts the runs with it."));
            }
            FileKind::Data => {
                self.view.workshop.data.open(path.to_owned(), &self.model.experiment);
                self.dock.open(Pane::Data);
            }
            FileKind::Weights(tensors) => {
                self.view.workshop.weights =
                    Some(OpenedWeights { path: path.to_owned(), tensors, focus: None, is_new: true });
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Draws what lies over the panels: the question what to do with weights, and where to drop files.
pub fn overlays_ui(ctx: &Context, model: &Model, view: &mut View) {
    weights_ui(ctx, model, view);
    if ctx.input(|input| !input.raw.hovered_files.is_empty()) {
        drop_ui(ctx);
    }
}

fn drop_ui(ctx: &Context) {
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
                ui.label("An experiment, a model, weights or data");
            });
        });
}

fn weights_ui(ctx: &Context, model: &Model, view: &mut View) {
    let Some(mut weights) = view.workshop.weights.take() else { return };
    if std::mem::take(&mut weights.is_new) {
        weights.focus = ctx.memory(egui::Memory::focused);
    }
    let run = view.selected_run(model).and_then(|id| model.run(id));
    let missing = model.tensors.iter().filter(|tensor| !weights.tensors.contains(tensor)).count();
    let problem = match run {
        None => Some("No run is there yet, so it is not known which network these weights are for.".to_owned()),
        Some(_) if missing > 0 => Some(format!(
            "{missing} of the {} tensors of the present model are not in it: open the model that it belongs to first.",
            model.tensors.len()
        )),
        Some(_) => None,
    };
    let label = ("Start a run from these weights", problem.is_none());
    let answer = question_ui(ctx, Id::unique("weights"), "Weights", label, |ui| {
        ui.label(RichText::new(name(&weights.path)).text_style(theme::title_style()));
        ui.label(format!("A state dict of {} tensors.", weights.tensors.len()));
        match (&problem, run) {
            (Some(problem), _) => {
                ui.colored_label(ui.visuals().error_fg_color, problem);
            }
            (None, Some(run)) => {
                let words = "A new run begins at these weights, with the optimiser and the knobs of";
                ui.label(format!("{words} {}.", run.name()));
            }
            (None, None) => {}
        }
    });
    match (answer, run) {
        (None, _) => {
            view.workshop.weights = Some(weights);
            return;
        }
        (Some(Answer::Confirmed), Some(run)) => {
            let start = RunStart::File(weights.path);
            let knobs = Box::new(run.knobs.clone());
            view.asks.push(Ask::Send(Command::AddRun { optimizer: run.info.optimizer, knobs, start }));
        }
        _ => {}
    }
    give_focus_back(ctx, weights.focus);
}
