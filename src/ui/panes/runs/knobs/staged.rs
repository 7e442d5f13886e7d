//! What of the experiment cannot be turned while runs train: a change is put together here, and restarts them.

use egui::{Button, CollapsingHeader, Grid, RichText, Role, Ui};

use crate::config::Experiment;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{icons, widgets};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::restart::Restart;

/// A change of the experiment that waits to be applied.
#[derive(Debug, Default)]
pub struct Staged {
    /// The settings as changed; `None` before the first change.
    settings: Option<Settings>,
    /// Those of the experiment that they were made for. A reset leaves these, and a change that waits, as they are.
    of: Option<(String, Settings)>,
}

/// The settings that restart the runs.
#[derive(Debug, Clone, PartialEq)]
struct Settings {
    seed: u64,
    budget: u64,
    label_noise: f64,
}

impl Settings {
    fn of(experiment: &Experiment) -> Self {
        Self { seed: experiment.seed, budget: experiment.budget, label_noise: experiment.data.label_noise }
    }

    /// The experiment with these settings and the runs as they are now.
    fn restart(&self, seen: Seen<'_>) -> Result<Restart, String> {
        let mut changed = (*seen.model.experiment).clone();
        changed.seed = self.seed;
        changed.budget = self.budget;
        changed.data.label_noise = self.label_noise;
        Restart::of(seen.model, seen.shared, changed)
    }
}

/// Draws the section. It says that a change restarts the runs before there is one.
pub fn restart_ui(ui: &mut Ui, seen: Seen<'_>, staged: &mut Staged, asks: &mut Asks) {
    let now = Settings::of(&seen.model.experiment);
    let of = (seen.model.experiment.name.clone(), now.clone());
    if staged.of.as_ref() != Some(&of) {
        *staged = Staged { settings: None, of: Some(of) };
    }
    let waits = if staged.settings.is_some() { ", a change waits" } else { "" };
    let title = format!("{} Restarts the runs{waits}", icons::ARROW_COUNTER_CLOCKWISE);
    let header = CollapsingHeader::new(RichText::new(title).text_style(theme::title_style())).id_salt("restarts");
    let shown = header.show_unindented(ui, |ui| {
        let about =
            "These hold from step 0 on. Nothing happens before you press the button; then all runs start again.";
        widgets::small_weak_ui(ui, about);
        let mut settings = staged.settings.take().unwrap_or_else(|| now.clone());
        settings_ui(ui, &mut settings);
        if settings != now {
            staged.settings = Some(settings.clone());
            apply_ui(ui, seen, &settings, staged, asks);
        }
    });
    widgets::name(&shown.header_response, Role::Button, "Restarts the runs");
}

fn apply_ui(ui: &mut Ui, seen: Seen<'_>, settings: &Settings, staged: &mut Staged, asks: &mut Asks) {
    let restart = settings.restart(seen);
    match &restart {
        Err(problem) => {
            ui.colored_label(Tokens::of(ui).error.0, problem);
        }
        Ok(restart) if !restart.ended.is_empty() => {
            ui.colored_label(Tokens::of(ui).warning.0, restart.words());
        }
        Ok(_) => {}
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let can_apply = restart.is_ok() && seen.model.health != EngineHealth::Gone;
        let apply = ui.add_enabled(can_apply, Button::new("Restart with these"));
        if apply.on_hover_text("All runs start again from step 0; their curves go.").clicked()
            && let Ok(restart) = restart
        {
            asks.push(Ask::Restart(Box::new(restart)));
        }
        if ui.button("Discard").on_hover_text("Keeps the settings as they are.").clicked() {
            staged.settings = None;
        }
    });
}

fn settings_ui(ui: &mut Ui, settings: &mut Settings) {
    Grid::new("restart settings").num_columns(2).spacing([8.0, 3.0]).show(ui, |ui| {
        let help = "Seed of the initial weights, the order of the data and the noise.";
        row_ui(ui, ("Seed", Term::Seed), help, NumberBox::new(&mut settings.seed).speed(0.1));
        let help = "Gradient evaluations of a run: where schedules end.";
        row_ui(ui, ("Budget", Term::GradientEvaluation), help, NumberBox::new(&mut settings.budget).speed(20.0));
        let help = "Share of the training labels that are replaced by another class, 0 to 1.";
        row_ui(ui, ("Label noise", Term::LabelNoise), help, share(&mut settings.label_noise));
    });
}

/// A number around 1, as short as it can be written.
fn share(value: &mut f64) -> NumberBox<'_> {
    NumberBox::new(value).speed(0.005)
}

fn row_ui(ui: &mut Ui, (label, term): (&str, Term), hint: &str, value: NumberBox<'_>) {
    help::term_label(ui, label, term);
    let response = ui.add(value).on_hover_text(hint);
    widgets::name(&response, Role::SpinButton, label);
    ui.end_row();
}
