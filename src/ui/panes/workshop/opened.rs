//! Models, data and weights that were opened: each goes where it belongs.

use std::path::{Path, PathBuf};

use egui::{Context, Id, RichText};

use super::{Workshop, model_file};
use crate::engine::{FileKind, fit_weights};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::Done;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::questions::{Answer, give_focus_back, question_ui};
use crate::ui::kit::theme;

use crate::ui::state::notices::Level;

/// A file of weights that was opened, until it is decided what to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedWeights {
    path: PathBuf,
    tensors: Vec<String>,
    /// What had the keyboard before.
    focus: Option<Id>,
    is_new: bool,
}

impl Workshop {
    /// Takes a model, data or weights that were opened.
    pub(super) fn open(&mut self, path: &Path, kind: &FileKind, seen: Seen<'_>, asks: &mut Asks) -> Done {
        let experiment = &seen.model.experiment;
        match kind {
            FileKind::Experiment(_) | FileKind::Checkpoints(_) => return Done::NotMine,
            FileKind::Model(model) => {
                // It was read a moment ago; where it is gone meanwhile, its comments are too.
                let file = std::fs::read_to_string(path).unwrap_or_default();
                self.model.open(model_file::draft(&file, model), experiment);
                asks.push(Ask::Show(Pane::Model));
                let name = name(path);
                asks.say(Level::Info, format!("{name} is in the Model pane. “Train this” restarts the runs with it."));
            }
            FileKind::Data => {
                self.data.open(path.to_owned(), experiment);
                asks.push(Ask::Show(Pane::Data));
            }
            FileKind::Weights(tensors) => {
                self.weights =
                    Some(OpenedWeights { path: path.to_owned(), tensors: tensors.clone(), focus: None, is_new: true });
            }
        }
        Done::Yes
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Asks what to do with weights that were opened.
pub fn weights_ui(ctx: &Context, workshop: &mut Workshop, seen: Seen<'_>, asks: &mut Asks) {
    let model = seen.model;
    let Some(mut weights) = workshop.weights.take() else { return };
    if std::mem::take(&mut weights.is_new) {
        weights.focus = ctx.memory(egui::Memory::focused);
    }
    let run = seen.selected_run();
    let fit = fit_weights(&weights.tensors, &model.tensors, &model.experiment.model);
    let (problem, notes) = match (run, fit) {
        (None, _) => {
            let why = "No run is there yet, so it is not known which network these weights are for.";
            (Some(why.to_owned()), Vec::new())
        }
        (Some(_), Err(problem)) => (Some(problem), Vec::new()),
        (Some(_), Ok(notes)) => (None, notes),
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
                notes.iter().for_each(|note| _ = ui.label(format!("{note}.")));
            }
            (None, None) => {}
        }
    });
    match (answer, run) {
        (None, _) => {
            workshop.weights = Some(weights);
            return;
        }
        (Some(Answer::Confirmed), Some(run)) => {
            let start = RunStart::File(weights.path);
            let knobs = Box::new(run.knobs.clone());
            asks.send(Command::AddRun { optimizer: run.info.optimizer, knobs, start });
        }
        _ => {}
    }
    give_focus_back(ctx, weights.focus);
}
