//! The pane of the data set: where the examples come from, a look at them, and what to train with them.

use std::sync::Arc;

use egui::{Button, DragValue, Panel, RichText, Role, ScrollArea, Ui};

use super::fit::{self, Proposal};
use super::look::look_ui;
use super::setting_ui;
use crate::config::{DataConfig, DataSource, Experiment, ModelConfig};
use crate::protocol::{Command, DataPreview};
use crate::ui::commands::UiCommand;
use crate::ui::help::Term;
use crate::ui::model::{EngineHealth, Model};
use crate::ui::theme::Tokens;
use crate::ui::view::{Action, View};
use crate::ui::widgets;

/// Widest that the pane's content grows.
const WIDEST: f32 = 640.0;
/// Examples of the digits.
const DIGITS: usize = 1797;

/// Draws the pane.
pub fn data_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    view.workshop.data.follow(&model.experiment);
    if let Some(config) = view.workshop.data.next_question(model) {
        view.act(Action::Send(Command::Preview(Box::new(config))));
    }
    let look = view.workshop.data.look(model);
    let proposal = match &look {
        Some((Ok(data), true)) => Some(proposal(model, view, data)),
        _ => None,
    };
    let frame = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
    Panel::bottom("data actions").frame(frame).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(WIDEST));
        actions_ui(ui, model, view, proposal);
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width((ui.available_width() - 6.0).min(WIDEST));
        source_ui(ui, view);
        ui.add_space(4.0);
        settings_ui(ui, view);
        ui.add_space(6.0);
        match look {
            Some((Ok(data), is_current)) => {
                if !is_current {
                    widgets::small_weak_ui(ui, "Reading…");
                }
                look_ui(ui, &data, view.workshop.data.config.source, &mut view.workshop.pictures);
            }
            Some((Err(problem), _)) => {
                ui.colored_label(ui.visuals().error_fg_color, sentence(&problem));
            }
            None if model.health == EngineHealth::Fine => {
                ui.horizontal(|ui| {
                    ui.spinner();
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
fn proposal(model: &Model, view: &mut View, data: &Arc<DataPreview>) -> Proposed {
    view.workshop.model.follow(&model.experiment);
    view.workshop.model.describe();
    let typed = view.workshop.model.model();
    let config = &view.workshop.data.config;
    let known = view.workshop.proposed.as_ref().filter(|known| {
        Arc::ptr_eq(&known.data, data)
            && Arc::ptr_eq(&known.experiment, &model.experiment)
            && (&known.typed, &known.config) == (&typed, config)
    });
    if let Some(known) = known {
        return known.answer.clone();
    }
    let mut candidates = vec![("The present model", &model.experiment.model)];
    if !typed.layers.is_empty() && typed != model.experiment.model {
        candidates.insert(0, ("The model of the Model pane", &typed));
    }
    let answer = fit::propose(&candidates, data, config);
    view.workshop.proposed = Some(KnownProposal {
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
    typed: ModelConfig,
    answer: Proposed,
}

fn sentence(problem: &str) -> String {
    // The path of the file is what this pane is about.
    let problem = problem.trim_start_matches("`data.path`: ").trim_end_matches('.');
    format!("These data cannot be used: {problem}.")
}

fn source_ui(ui: &mut Ui, view: &mut View) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(3.0, 3.0);
        let chosen = view.workshop.data.config.source;
        for source in DataSource::ALL {
            if widgets::segment_ui(ui, chosen == source, fit::source_label(source)).clicked() {
                view.workshop.data.choose(source);
            }
        }
        let file = widgets::segment_ui(ui, chosen == DataSource::File, "File…");
        let help = "CSV, NPZ, safetensors, IDX (MNIST), CIFAR binary, or a folder of images by class. Files can also be dropped \
                    on the window.";
        if file.on_hover_text(help).clicked() {
            view.act(Action::Do(UiCommand::OpenFile));
        }
    });
    if let Some(path) = &view.workshop.data.config.path {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        ui.add(egui::Label::new(&name).truncate()).on_hover_text(path.display().to_string());
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            widgets::small_weak_ui(ui, "The label is the column y, label or class, else the last one.");
        }
    }
}

fn settings_ui(ui: &mut Ui, view: &mut View) {
    let form = &mut view.workshop.data;
    let available = match form.config.source {
        DataSource::Digits => Some(DIGITS),
        _ => form.available,
    };
    let config = &mut form.config;
    let is_drawn = !matches!(config.source, DataSource::Digits | DataSource::File);
    ui.vertical(|ui| {
        if is_drawn {
            let help = "Standard deviation of the points around their curve, in the unit of the axes.";
            row_ui(
                ui,
                "Noise of the points",
                help,
                None,
                DragValue::new(&mut config.noise).range(0.0..=10.0).speed(0.004),
            );
        }
        if matches!(config.source, DataSource::Spirals | DataSource::Blobs) {
            row_ui(ui, "Classes", "2 to 10.", None, DragValue::new(&mut config.classes).range(2..=10).speed(0.05));
        }
        sizes_ui(ui, config, available);
        let help = "Share of the training labels that are replaced by another class.";
        let percent = DragValue::new(&mut config.label_noise)
            .range(0.0..=1.0)
            .speed(0.002)
            .custom_formatter(|share, _| format!("{:.0} %", 100.0 * share))
            .custom_parser(|text| text.trim_end_matches(['%', ' ']).trim().parse::<f64>().ok().map(|x| 0.01 * x));
        row_ui(ui, "Label noise", help, Some(Term::LabelNoise), percent);
        row_ui(
            ui,
            "Seed",
            "Of the points, the split and the label noise.",
            Some(Term::Seed),
            DragValue::new(&mut config.seed).speed(0.1),
        );
    });
}

fn sizes_ui(ui: &mut Ui, config: &mut DataConfig, available: Option<usize>) {
    // Until a file is read, nobody knows how many examples it has.
    if config.train_size == 0 {
        return;
    }
    let most = |other: usize| available.map_or(10_000_000, |all| all.saturating_sub(other).max(1));
    let (most_train, most_test) = (most(config.test_size), most(config.train_size));
    let help = "Examples that are trained on. Together with the test examples at most as many as there are.";
    row_ui(
        ui,
        "Training examples",
        help,
        Some(Term::Subset),
        DragValue::new(&mut config.train_size).range(1..=most_train),
    );
    let help = "Examples that only test loss and accuracy see.";
    row_ui(ui, "Test examples", help, Some(Term::Subset), DragValue::new(&mut config.test_size).range(1..=most_test));
}

fn row_ui(ui: &mut Ui, label: &str, about: &str, term: Option<Term>, value: DragValue<'_>) {
    setting_ui(ui, label, about, term, |ui| (ui.add(value.update_while_editing(false)), Role::SpinButton));
}

/// What can be done with the data, and what that means.
fn actions_ui(ui: &mut Ui, model: &Model, view: &mut View, proposal: Option<Proposed>) {
    let is_running = view.workshop.data.config == model.experiment.data;
    match &proposal {
        _ if is_running => {
            widgets::small_weak_ui(ui, "These data are trained on now.");
        }
        Some(Ok(proposal)) => {
            widgets::small_weak_ui(ui, format!("{} All runs restart from step 0; their knobs stay.", proposal.words));
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
        let keys = egui::KeyboardShortcut::new(egui::Modifiers::COMMAND, egui::Key::Enter);
        let is_confirmed = usable.is_some() && ui.input_mut(|input| input.consume_shortcut(&keys));
        let help = "Restarts all runs with these data. Keys Ctrl+Enter.";
        if (response.on_hover_text(help).clicked() || is_confirmed)
            && let Some(proposal) = usable
        {
            let data = view.workshop.data.config.clone();
            view.act(Action::Open(Box::new(fit::own_experiment(&model.experiment, &model.runs, proposal.model, data))));
        }
        let back = ui.add_enabled(!is_running, Button::new("Back to what runs"));
        widgets::name(&back, Role::Button, "Back to the data that run");
        if back.on_hover_text("Shows the data of the present runs again.").clicked() {
            view.workshop.data.load(&model.experiment.data);
        }
    });
}
