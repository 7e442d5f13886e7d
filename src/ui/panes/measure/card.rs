//! One measurement: what it is about, how far it is, what it found.

use egui::{Align, Frame, Grid, Label, Layout, ProgressBar, RichText, Role, Ui};

use super::picture::Pictures;
use super::table::Tables;
use crate::protocol::{Command, Fact, JobEnd};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::plots::chart::curves::curves_ui;
use crate::ui::state::job::{JobState, JobView};
use crate::ui::state::run_view::RunView;

/// Height of a chart in a card, in points.
const CHART_HEIGHT: f32 = 150.0;
/// Between the parts of a card's header, in points.
const HEADER_GAP: f32 = 4.0;
/// Between the name of a figure and its value, in points.
const FACT_GAP: f32 = 10.0;
/// Figures shown before the rest is folded away.
const FEW_FACTS: usize = 10;

/// Draws a card.
pub fn card_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    job: &JobView,
    (pictures, tables): (&mut Pictures, &mut Tables),
    asks: &mut Asks,
) {
    let runs = &seen.model.runs;
    let tokens = Tokens::of(ui);
    Frame::new().fill(tokens.background.0).corner_radius(6).inner_margin(8).show(ui, |ui| {
        ui.set_width(ui.available_width());
        header_ui(ui, runs, job, asks);
        match &job.state {
            JobState::Waiting(progress) => {
                let share = progress.done as f32 / progress.total.max(1) as f32;
                let text = format!("{} of {}", format::grouped(progress.done), format::grouped(progress.total));
                let bar = ui.add(ProgressBar::new(share).text(RichText::new(text).small()).desired_height(14.0));
                widgets::name(&bar, Role::ProgressIndicator, &format!("Progress of {}", job.request.what.label()));
            }
            JobState::Ended(JobEnd::Failed(reason)) => {
                ui.colored_label(tokens.error.0, format!("It cannot be measured: {reason}."));
            }
            JobState::Ended(JobEnd::Cancelled) => {
                widgets::small_weak_ui(ui, "Cancelled. What it had found by then:");
            }
            JobState::Ended(JobEnd::Complete) => {}
        }
        findings_ui(ui, runs, job, pictures);
        // Names belong to the data of the runs that are there.
        let classes = seen.model.data.as_ref().map_or(&[][..], |data| &data.classes);
        for table in &job.findings.tables {
            tables.ui(ui, job, table, classes);
        }
    });
    ui.add_space(6.0);
}

fn header_ui(ui: &mut Ui, runs: &[RunView], job: &JobView, asks: &mut Asks) {
    let tokens = Tokens::of(ui);
    let width = |text: &str, style: &egui::TextStyle| {
        ui.painter().layout_no_wrap(text.to_owned(), style.resolve(ui.style()), tokens.text.0).size().x
    };
    let title = job.request.what.label();
    let buttons: &[&str] = if matches!(job.state, JobState::Waiting(_)) { &["Cancel"] } else { &["Copy", "Remove"] };
    let padding = 2.0 * ui.spacing().button_padding.x + HEADER_GAP;
    let buttons: f32 = buttons.iter().map(|text| width(text, &egui::TextStyle::Body) + padding).sum();
    // A long title has a line of its own.
    let is_one_line = width(title, &theme::title_style()) + 14.0 + HEADER_GAP + buttons <= ui.available_width();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = HEADER_GAP;
        widgets::dot_ui(ui, job.color(runs, tokens));
        help::term_label(ui, RichText::new(title).text_style(theme::title_style()), Term::from(&job.request.what));
        if is_one_line {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| buttons_ui(ui, job, asks));
        }
    });
    if !is_one_line {
        ui.horizontal(|ui| buttons_ui(ui, job, asks));
    }
    let mut about = format!("{}, step {}", job.name(runs), format::grouped(job.step));
    if !job.objective.is_empty() {
        about += &format!(" · {} · seed {}", job.objective, job.request.seed);
    }
    widgets::small_weak_ui(ui, about);
}

/// What can be done with a measurement.
fn buttons_ui(ui: &mut Ui, job: &JobView, asks: &mut Asks) {
    ui.spacing_mut().item_spacing.x = HEADER_GAP;
    let id = job.id;
    if matches!(job.state, JobState::Waiting(_)) {
        if ui.small_button("Cancel").on_hover_text("Ends it; what it found so far is kept.").clicked() {
            asks.send(Command::CancelMeasure(id));
        }
        return;
    }
    if ui.small_button("Remove").on_hover_text("Takes this card away.").clicked() {
        asks.push(Ask::Forget(id));
    }
    if ui.small_button("Copy").on_hover_text("Copies figures and curves as CSV.").clicked() {
        ui.ctx().copy_text(job.to_csv());
    }
}

fn findings_ui(ui: &mut Ui, runs: &[RunView], job: &JobView, pictures: &mut Pictures) {
    let facts = &job.findings.facts;
    let few = facts.len().min(FEW_FACTS);
    facts_ui(ui, job, "facts", &facts[..few]);
    for (index, chart) in job.findings.charts.iter().enumerate() {
        ui.allocate_ui(egui::vec2(ui.available_width(), CHART_HEIGHT), |ui| {
            curves_ui(ui, ("found", job.id, index), chart, Term::from(&job.request.what));
        });
        ui.add_space(4.0);
    }
    for index in 0..job.findings.slices.len() {
        pictures.slice_ui(ui, runs, job, index);
    }
    if few < facts.len() {
        let title = RichText::new(format!("{} more figures", facts.len() - few)).small();
        egui::CollapsingHeader::new(title).id_salt(("more", job.id)).show(ui, |ui| {
            facts_ui(ui, job, "more facts", &facts[few..]);
        });
    }
}

/// The name of a figure, explained where it is a term.
fn name_ui(ui: &mut Ui, fact: &Fact) {
    let Some(term) = Term::of_figure(&fact.name) else {
        widgets::small_weak_ui(ui, &fact.name).on_hover_text(&fact.about);
        return;
    };
    let text = RichText::new(&fact.name).small().color(Tokens::of(ui).weak.0);
    help::term_label(ui, text, term).on_hover_text(&fact.about);
}

fn facts_ui(ui: &mut Ui, job: &JobView, salt: &str, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    let text = |fact: &Fact| {
        let value = if fact.value.is_nan() { "–".to_owned() } else { format::number(fact.value) };
        // What is over all examples has no error.
        let error = fact.error.filter(|error| *error != 0.0);
        let error = error.map(|error| format!(" ± {}", format::error(error))).unwrap_or_default();
        format!("{value}{error}")
    };
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = Tokens::of(ui).text.0;
    let width = |fact: &Fact| ui.painter().layout_no_wrap(text(fact), font.clone(), color).size().x;
    // Figures are whole; a long name takes two lines where the card is narrow.
    let widest = facts.iter().map(width).fold(0.0, f32::max);
    let name_room = (ui.available_width() - widest - FACT_GAP - 2.0).max(40.0);
    Grid::new((salt, job.id)).num_columns(2).spacing([FACT_GAP, 1.0]).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        for fact in facts {
            ui.vertical(|ui| {
                ui.set_max_width(name_room);
                name_ui(ui, fact);
            });
            ui.add(Label::new(text(fact)).extend()).on_hover_text(&fact.about);
            ui.end_row();
        }
    });
}
