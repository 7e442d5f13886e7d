//! The pane of the data set: where the examples come from, a look at them, and what to train with them.

use std::path::Path;
use std::sync::Arc;

use egui::{Button, Panel, RichText, Role, ScrollArea, Ui};

use super::Workshop;
use super::augmented::Augmenting;
use super::data_form::DataForm;
use super::data_settings::settings_ui;
use super::fit::{self, Proposal};
use super::images::images_needed;
use super::keys::WorkshopPane;
use super::look::{Sight, look_ui};
use super::own::{Own, own_experiment, source_label};
use super::start_form::StartFor;
use super::takers::takers_ui;
use crate::config::{DataConfig, DataSource, Experiment, ModelConfig};
use crate::protocol::{Command, DataPreview};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{drops, path, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::restart::Restart;

/// Widest that the pane's content grows.
const WIDEST: f32 = 640.0;

/// Draws the pane.
pub fn data_ui(ui: &mut Ui, workshop: &mut Workshop, seen: Seen<'_>, asks: &mut Asks) {
    let model = seen.model;
    let is_confirmed = workshop.enter.take(ui, WorkshopPane::Data);
    workshop.data.follow(&model.experiment);
    workshop.start.follow(&model.experiment);
    workshop.start.is_elsewhere = model.line.is_some();
    if let Some(config) = workshop.data.next_question(model) {
        asks.send(Command::Preview(Box::new(config)));
    }
    let look = workshop.data.look(model);
    let proposal = match &look {
        Some((Ok(data), true)) => Some(proposal(model, workshop, data)),
        _ => None,
    };
    let frame = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
    Panel::bottom("data actions").frame(frame).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(WIDEST));
        actions_ui(ui, workshop, (seen, asks), proposal, is_confirmed);
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width((ui.available_width() - 6.0).min(WIDEST));
        source_ui(ui, &mut workshop.data, asks);
        ui.add_space(4.0);
        let is_of_this_source = workshop.data.is_of_this_source(model);
        let known = look.as_ref().and_then(|(look, _)| look.as_deref().ok()).filter(|_| is_of_this_source);
        settings_ui(ui, &mut workshop.data, known, asks);
        if let Some((Ok(data), true)) = &look {
            takers_ui(ui, workshop, data, model);
        }
        ui.add_space(6.0);
        match look {
            Some((Ok(data), is_current)) => {
                if !is_current {
                    widgets::small_weak_ui(ui, "Reading…");
                }
                let run = seen.selected_run().map(|run| Augmenting { name: run.name(), knobs: &run.knobs });
                let sight = Sight { config: &workshop.data.config, is_current, run };
                look_ui(ui, &data, sight, &mut workshop.looks);
            }
            // It stands at the field.
            Some((Err(_), _)) if workshop.data.tokenizer_problem().is_some() => {}
            Some((Err(problem), _)) => {
                let path = workshop.data.config.path.as_deref();
                ui.colored_label(ui.visuals().error_fg_color, sentence(&problem, path));
            }
            None if model.health == EngineHealth::Fine => {
                ui.horizontal(|ui| {
                    widgets::spinner_ui(ui, "Data on their way");
                    widgets::small_weak_ui(ui, "Reading the data…");
                });
            }
            None => {
                widgets::small_weak_ui(ui, "The engine has stopped, so data cannot be read.");
            }
        }
    });
}

/// A model for the data, worked out anew when data or models have changed.
fn proposal(model: &Model, workshop: &mut Workshop, data: &Arc<DataPreview>) -> Proposed {
    workshop.model.follow(&model.experiment);
    workshop.model.describe();
    let typed = workshop.model.whole_model();
    let config = &workshop.data.config;
    let known = workshop.proposed.as_ref().filter(|known| {
        Arc::ptr_eq(&known.data, data)
            && Arc::ptr_eq(&known.experiment, &model.experiment)
            && (&known.typed, &known.config) == (&typed, config)
    });
    if let Some(known) = known {
        return known.answer.clone();
    }
    let mut candidates = vec![("The present model", &model.experiment.model)];
    if let Some(typed) = typed.as_ref().filter(|typed| **typed != model.experiment.model) {
        candidates.insert(0, ("The model of the Model pane", typed));
    }
    let answer = fit::propose(&candidates, data, config);
    workshop.proposed = Some(KnownProposal {
        data: data.clone(),
        experiment: model.experiment.clone(),
        config: config.clone(),
        typed,
        answer: answer.clone(),
    });
    answer
}

/// A model for the data, or why there is none.
type Proposed = Result<Proposal, String>;

/// The newest proposal, and for what it was made.
#[derive(Debug)]
pub struct KnownProposal {
    data: Arc<DataPreview>,
    experiment: Arc<Experiment>,
    config: DataConfig,
    typed: Option<ModelConfig>,
    answer: Proposed,
}

/// A problem in a sentence. The path of the file stands above already.
fn sentence(problem: &str, path: Option<&Path>) -> String {
    let problem = problem.trim_start_matches("`data.path`: ");
    let end = path.map(|path| format!(": {}", path.display())).unwrap_or_default();
    let problem = problem.strip_suffix(&end).unwrap_or(problem).trim_end_matches('.');
    format!("These data cannot be used: {problem}.")
}

/// What can be opened as data, and how.
fn files_help(ui: &Ui) -> String {
    let kinds = "CSV, JSON lines, Parquet, plain text, NPZ, safetensors, IDX (MNIST), CIFAR, a folder of images by class, or an archive of such files.";
    format!("{kinds} {}", drops::hint(ui.ctx()))
}

fn source_ui(ui: &mut Ui, form: &mut DataForm, asks: &mut Asks) {
    let mut opens = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(3.0, 3.0);
        let chosen = form.config.source;
        for source in DataSource::ALL {
            if widgets::segment_ui(ui, chosen == source, source_label(source)).clicked() {
                form.choose(source);
            }
        }
        let name = form.file().map(path::name);
        let label = if name.is_some() { "File" } else { "File…" };
        let file = widgets::segment_ui(ui, chosen == DataSource::File, label);
        let help = name.map_or_else(|| files_help(ui), |name| format!("{name}, as it was left."));
        if file.on_hover_text(help).clicked() {
            if form.file().is_some() { form.choose(DataSource::File) } else { opens = true }
        }
    });
    if let Some(path) = &form.config.path {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                opens = ui.button("Open another…").on_hover_text(files_help(ui)).clicked();
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(path::name(path)).truncate()).on_hover_text(path.display().to_string());
                });
            });
        });
    }
    if opens {
        asks.run(UiCommand::OpenFile);
    }
}

/// What becomes of the runs with the data, and in words which model they get.
fn restart(workshop: &mut Workshop, seen: Seen<'_>, proposal: Proposal) -> Result<(Restart, String), String> {
    let Proposal { model: fitting, words } = proposal;
    let model = seen.model;
    if let Some(problem) = workshop.data.scale.problem() {
        return Err(problem.to_owned());
    }
    if let Some(problem) = images_needed(&model.runs, &fitting) {
        return Err(problem);
    }
    let StartFor { start, remark } = workshop.start.for_model(&fitting)?;
    let (data, keep) = (workshop.data.config.clone(), workshop.data.kept());
    let own = own_experiment(&model.experiment, Own { model: fitting, data, start, keep });
    Ok((Restart::of(model, seen.shared, own)?.with_remark(remark), words))
}

/// What can be done with the data, and what that means.
fn actions_ui(
    ui: &mut Ui,
    workshop: &mut Workshop,
    (seen, asks): (Seen<'_>, &mut Asks),
    proposal: Option<Proposed>,
    is_confirmed: bool,
) {
    let model = seen.model;
    let is_running = workshop.data.is_of(&model.experiment);
    let proposal = proposal.filter(|_| !is_running).map(|proposal| restart(workshop, seen, proposal?));
    match &proposal {
        _ if is_running => {
            widgets::small_weak_ui(ui, "These data are trained on now.");
        }
        Some(Ok((restart, words))) => {
            widgets::small_weak_ui(ui, format!("{words} {}", restart.words()));
        }
        Some(Err(problem)) => {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
        None => {}
    }
    let usable = proposal.and_then(Result::ok).filter(|_| !is_running && model.health != EngineHealth::Gone);
    ui.horizontal_wrapped(|ui| {
        let tokens = Tokens::of(ui);
        let text = RichText::new("Use these data");
        let button = match usable {
            Some(_) => Button::new(text.color(tokens.on_accent.0)).fill(tokens.accent.0),
            None => Button::new(text),
        };
        let response = ui.add_enabled(usable.is_some(), button);
        let help = "Restarts the runs with these data. Keys Ctrl+Enter.";
        let is_clicked = response.on_hover_text(help).clicked();
        if let Some((restart, _)) = usable.filter(|_| is_clicked || is_confirmed) {
            asks.push(Ask::Restart(Box::new(restart)));
        }
        let back = ui.add_enabled(!is_running, Button::new("Back to what runs"));
        widgets::name(&back, Role::Button, "Back to the data that run");
        if back.on_hover_text("Shows the data of the present runs again.").clicked() {
            workshop.data.go_back(&model.experiment);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_without_the_path_that_stands_above_it() {
        let problem = "`data.path`: line 2 has 2 fields, expected 3 as in the first line: /a/b.csv";
        let expected = "These data cannot be used: line 2 has 2 fields, expected 3 as in the first line.";
        assert_eq!(sentence(problem, Some(Path::new("/a/b.csv"))), expected);
        assert_eq!(sentence("`data.noise` is 11.", None), "These data cannot be used: `data.noise` is 11.");
    }
}
