//! Models, data and weights that were opened: each goes where it belongs.

use std::path::{Path, PathBuf};

use egui::{Context, Id, RichText, Ui};

use super::start_ui::key_ui;
use super::{Workshop, model_file};
use crate::engine::{FileKind, fit_weights, weights_keys};
use crate::protocol::{Command, RunStart, WeightsFile};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::Done;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::questions::{frame_ui, give_focus_back, is_entered, main_button_ui};
use crate::ui::kit::{path, theme};

use crate::ui::state::notices::Level;

/// A file of weights that was opened, until it is decided what to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedWeights {
    path: PathBuf,
    tensors: Vec<String>,
    /// The key under which the weights are; empty where it is found.
    key: String,
    /// What had the keyboard before.
    focus: Option<Id>,
    is_new: bool,
}

impl OpenedWeights {
    /// The names of the tensors under the key.
    fn chosen(&self) -> Vec<String> {
        let rest = |name: &String| match &self.key[..] {
            "" => Some(name.clone()),
            key => name.strip_prefix(key)?.strip_prefix('.').map(str::to_owned),
        };
        self.tensors.iter().filter_map(rest).collect()
    }
}

impl Workshop {
    /// Takes a model, data or weights that were opened.
    pub(super) fn open(&mut self, path: &Path, kind: &FileKind, seen: Seen<'_>, asks: &mut Asks) -> Done {
        let experiment = &seen.model.experiment;
        match kind {
            FileKind::Session
            | FileKind::Experiment(_)
            | FileKind::Lesson(_)
            | FileKind::Checkpoints(_)
            | FileKind::Sweep => {
                return Done::NotMine;
            }
            FileKind::Model(model) => {
                // It was read a moment ago; where it is gone meanwhile, its comments are too.
                let file = std::fs::read_to_string(path).unwrap_or_default();
                self.model.open(model_file::draft(&file, model), experiment);
                asks.push(Ask::Show(Pane::Model));
                let name = path::name(path);
                asks.say(Level::Info, format!("{name} is in the Model pane. “Train this” restarts the runs with it."));
            }
            FileKind::Data => {
                self.data.open(path.to_owned(), experiment);
                asks.push(Ask::Show(Pane::Data));
            }
            FileKind::Weights(tensors) => {
                let (path, tensors, key) = (path.to_owned(), tensors.clone(), String::new());
                self.weights = Some(OpenedWeights { path, tensors, key, focus: None, is_new: true });
            }
        }
        Done::Yes
    }
}

/// Asks what to do with weights that were opened.
pub fn weights_ui(ctx: &Context, workshop: &mut Workshop, seen: Seen<'_>, asks: &mut Asks) {
    let model = seen.model;
    let Some(mut weights) = workshop.weights.take() else { return };
    if std::mem::take(&mut weights.is_new) {
        weights.focus = ctx.memory(egui::Memory::focused);
    }
    let run = seen.selected_run();
    let keys = weights_keys(&weights.tensors, &model.tensors, &model.experiment.model);
    let fit = fit_weights(&weights.chosen(), &model.tensors, &model.experiment.model);
    let (problem, notes) = match (run, fit) {
        (None, _) => {
            let why = "No run is there yet, so it is not known which network these weights are for.";
            (Some(why.to_owned()), Vec::new())
        }
        (Some(_), Err(problem)) => (Some(problem), Vec::new()),
        (Some(_), Ok(notes)) => (None, notes),
    };
    let mut answer = None;
    let (is_escaped, ()) = frame_ui(ctx, Id::unique("weights"), "Weights", 420.0, |ui| {
        ui.label(RichText::new(path::name(&weights.path)).text_style(theme::title_style()));
        ui.label(format!("A state dict of {} tensors.", weights.chosen().len()));
        key_ui(ui, &mut weights.key, &keys);
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
        ui.add_space(6.0);
        answer = answers_ui(ui, problem.is_none());
    });
    let answer = if is_escaped { Some(OfWeights::Nothing) } else { answer };
    match (answer, run) {
        (None, _) => {
            workshop.weights = Some(weights);
            return;
        }
        (Some(OfWeights::Run), Some(run)) => {
            let start = RunStart::File(WeightsFile {
                path: weights.path,
                key: Some(weights.key).filter(|key| !key.is_empty()),
            });
            let knobs = Box::new(run.knobs.clone());
            asks.send(Command::AddRun { optimizer: run.info.optimizer, knobs, start });
        }
        (Some(OfWeights::Start), _) => {
            let key = Some(&*weights.key).filter(|key| !key.is_empty());
            workshop.start_from_key(&weights.path, key, &model.experiment, asks);
        }
        (Some(OfWeights::Run | OfWeights::Nothing), _) => {}
    }
    give_focus_back(ctx, weights.focus);
}

/// What becomes of weights that were opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfWeights {
    /// A run begins at them beside the others.
    Run,
    /// The next experiment starts from them.
    Start,
    Nothing,
}

fn answers_ui(ui: &mut Ui, can_run: bool) -> Option<OfWeights> {
    let buttons = ui.horizontal_wrapped(|ui| {
        let run = main_button_ui(ui, can_run, "Start a run from these weights");
        let help = "The Model pane says which tensors begin anew and which stay, for another model or other data.";
        let start = ui.button("Fine-tune from them…").on_hover_text(help);
        [run, start, ui.button("Cancel")]
    });
    let buttons = buttons.inner;
    let clicked = buttons.iter().position(egui::Response::clicked);
    match clicked {
        Some(0) => Some(OfWeights::Run),
        Some(1) => Some(OfWeights::Start),
        Some(_) => Some(OfWeights::Nothing),
        None => (can_run && is_entered(ui, &buttons)).then_some(OfWeights::Run),
    }
}
