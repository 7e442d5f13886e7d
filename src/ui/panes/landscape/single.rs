//! One landscape: header, picture, figures.

use egui::{Align, Align2, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, pos2, vec2};

use super::choices::Mode;
use super::figures::{FIGURES_HEIGHT, Newest, figures_ui};
use super::foot::legend_ui;
use super::picture::PictureId;
use super::shown::Landscape;
use super::state::LandscapeView;
use super::states::placeholder_ui;
use super::{contour, overlay, surface};
use crate::protocol::Command;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::state::run_view::{RunState, RunView};

const HEADER_HEIGHT: f32 = 26.0;
/// A name has at least this share of the header before the step gives way.
const NAME_SHARE: f32 = 0.4;
/// Between the words of a header.
const HEADER_GAP: f32 = 12.0;
/// Picture and figures need this height together.
const LOW: f32 = 130.0;

/// Draws a landscape.
pub fn landscape_ui(ui: &mut Ui, landscape: Landscape<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    // Figures are those of the past where that is shown.
    let shown = view.pictures.get(&landscape.id).map(|picture| picture.grid.step);
    let past = view.playback.shown_step().map(|step| shown.unwrap_or(step));
    let newest = Newest::of(landscape.run, past);
    let told = match landscape.minus {
        Some(minus) => {
            difference_header_ui(ui, landscape.run, minus, view);
            None
        }
        None => header_ui(ui, landscape.run, view, newest.step()),
    };
    let rest = ui.available_rect_before_wrap();
    // A low landscape is for the picture: its figures stand in the charts.
    let below = if rest.height() < LOW { 0.0 } else { FIGURES_HEIGHT };
    let picture = Rect::from_min_max(rest.min, pos2(rest.right(), (rest.bottom() - below).max(rest.top() + 40.0)));
    let figures = Rect::from_min_max(pos2(rest.left(), picture.bottom() + 2.0), rest.max);
    picture_ui(ui, picture, landscape, view, asks);
    if below == 0.0 {
        return;
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(figures).id_salt("figures"));
    if landscape.minus.is_none() {
        figures_ui(&mut ui, &newest, told);
    } else if let Some(style) = view.difference_style {
        legend_ui(&mut ui, figures, &style, &view.subject.words(view.field, style.scale));
    }
}

fn picture_ui(ui: &mut Ui, rect: Rect, landscape: Landscape<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let picture = view.pictures.get(&landscape.id);
    let scaled = picture.map(|picture| picture.scaled.as_ref().map_err(|reason| *reason));
    let is_finite = picture.is_some_and(|picture| picture.spread.is_some());
    match (scaled, view.mode) {
        (Some(Ok(_)), Mode::Contour) if is_finite => contour::contour_ui(ui, rect, landscape, view, asks),
        (Some(Ok(_)), Mode::Surface) if is_finite => surface::surface_ui(ui, rect, landscape, view, asks),
        (Some(Ok(_)), _) => {
            let about = "All its cells are NaN or infinite. A smaller range may show more.";
            let is_wide = landscape.minus.is_none() && view.playback.shown_step().is_none();
            let button = is_wide.then_some("Halve the range");
            if placeholder_ui(ui, rect, "No finite loss on this slice", about, button) {
                view.ask_range(0.5 * view.slice.range, asks);
            }
        }
        (Some(Err(reason)), _) => {
            placeholder_ui(ui, rect, "Nothing to draw yet", reason, None);
        }
        (None, _) if view.playback.shown_step().is_some() => {
            placeholder_ui(ui, rect, "No slice that early", "This run has no slice at that step or before.", None);
        }
        (None, _) => {
            let empty = landscape.run.followed.as_ref().filter(|folder| folder.state.at.is_none());
            let text =
                empty.map_or_else(|| landscape.model.waiting_for.clone(), |folder| folder.words(None)[0].clone());
            placeholder_ui(ui, rect, &text, "", None);
        }
    }
    if let RunState::Diverged { step, last_good_step } = landscape.run.state
        && landscape.minus.is_none()
    {
        diverged_ui(ui, rect, landscape.run, [step, last_good_step], asks);
    }
}

/// Steps before its last good one to which a run that diverged is taken back, at least: shortly before, it would diverge
/// again.
const BACK_STEPS: u64 = 10;

fn diverged_ui(ui: &mut Ui, rect: Rect, run: &RunView, [step, last_good_step]: [u64; 2], asks: &mut Asks) {
    let text = format!(
        "Diverged at step {}: the loss or a weight is not finite. It stands at step {}. \
         Go back some steps and lower the learning rate, or press Reset.",
        format::grouped(step),
        format::grouped(last_good_step)
    );
    let place = overlay::alert(ui, rect, &text);
    let back = last_good_step.saturating_sub(BACK_STEPS.max(last_good_step / 10));
    let choices = [
        (
            format!("Rewind to step {}", format::grouped(back)),
            Ask::Send(Command::Rewind { run: run.info.run, step: back }),
        ),
        ("Reset all".to_owned(), Ask::Do(UiCommand::Reset)),
    ];
    let mut left = place.left();
    for (label, ask) in choices {
        let width = egui::WidgetText::from(label.as_str())
            .into_galley(ui, None, f32::INFINITY, egui::TextStyle::Button)
            .size()
            .x;
        let button = Rect::from_min_size(pos2(left, place.bottom() + 4.0), vec2(width + 16.0, 22.0));
        if rect.contains_rect(button) && !is_figure(ui) && ui.put(button, egui::Button::new(label)).clicked() {
            asks.push(ask);
        }
        left = button.right() + 6.0;
    }
}

fn header_row(ui: &mut Ui) -> Ui {
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEADER_HEIGHT), Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = 6.0;
    row
}

fn difference_header_ui(ui: &mut Ui, a: &RunView, b: &RunView, view: &mut LandscapeView) {
    let tokens = Tokens::of(ui);
    let mut row = header_row(ui);
    let button = if is_figure(&row) { 0.0 } else { 30.0 };
    // Both names have the same room.
    let room = (0.5 * (row.available_width() - button) - 28.0).max(10.0);
    widgets::dot_ui(&mut row, a.color(tokens));
    name_ui(&mut row, &format!("{} −", a.name()), room);
    widgets::dot_ui(&mut row, b.color(tokens));
    name_ui(&mut row, b.name(), room);
    if is_figure(&row) {
        return;
    }
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let response = ui.small_button(crate::ui::kit::icons::X);
        widgets::name(&response, egui::Role::Button, "Close the difference");
        if response.on_hover_text("Back to all runs.").clicked() {
            view.difference = None;
        }
    });
}

/// The name of a run, no wider than its room.
fn name_ui(ui: &mut Ui, name: &str, room: f32) {
    ui.scope(|ui| {
        ui.set_max_width(room);
        ui.add(Label::new(RichText::new(name).text_style(theme::title_style())).truncate());
    });
}

/// Name, knobs and step of a run. Returns the step that it says the figures below are of, `newest` or the one that is shown of
/// the past; `None` where it says none.
fn header_ui(ui: &mut Ui, run: &RunView, view: &LandscapeView, newest: Option<u64>) -> Option<u64> {
    let tokens = Tokens::of(ui);
    let mut row = header_row(ui);
    let ui = &mut row;
    let texts = step_texts(ui, run, view, newest);
    let (small, title) = (egui::TextStyle::Small.resolve(ui.style()), theme::title_style().resolve(ui.style()));
    let width = |text: &str, font: &egui::FontId| {
        if text.is_empty() {
            0.0
        } else {
            ui.painter().layout_no_wrap(text.to_owned(), font.clone(), tokens.weak.0).size().x
        }
    };
    let all = ui.available_width() - 16.0;
    let name = width(run.name(), &title) + 1.0;
    // What stands beside the name: a long one is shortened down to its share first.
    let room = all - name.min(NAME_SHARE * all) - HEADER_GAP;
    let found = texts.iter().find(|text| width(&text.words, &small) <= room);
    let step_room = found.map_or(0.0, |text| width(&text.words, &small) + HEADER_GAP);
    // The step stands before the knobs: those are on the left as well.
    let summary = run.knob_summary();
    let is_summary_shown = name + HEADER_GAP + width(&summary, &small) + step_room <= all;
    widgets::dot_ui(ui, run.color(tokens));
    name_ui(ui, run.name(), (all - step_room).max(10.0));
    if is_summary_shown {
        widgets::small_weak_ui(ui, summary);
    }
    let found = found?;
    let place = ui.max_rect().right_center();
    let drawn = ui.painter().text(place, Align2::RIGHT_CENTER, &found.words, small, tokens.weak.0);
    let response = ui.interact(drawn, ui.scope_id().with("step"), Sense::hover());
    widgets::name(&response, egui::Role::Label, &found.words);
    response.on_hover_text(&texts[0].words);
    found.told
}

/// What a header says of steps.
struct StepText {
    words: String,
    /// The step that it says the figures below are of.
    told: Option<u64>,
}

/// What a header says of steps, the longest first: the run's, that of its slice, that of the figures.
fn step_texts(ui: &Ui, run: &RunView, view: &LandscapeView, newest: Option<u64>) -> Vec<StepText> {
    let step = format::grouped(run.step());
    let noun = run.step_noun();
    let finished = if run.state == RunState::Finished { "budget spent · " } else { "" };
    let is_past = view.playback.shown_step().is_some();
    let picture = view.pictures.get(&PictureId::Run(run.info.run));
    let text = |words: String, told: Option<u64>| StepText { words, told };
    let least = text(format!("{noun} {step}"), Some(run.step()));
    // Figures of the step where the run is need no words.
    let apart = newest.filter(|newest| *newest != run.step() && !is_past).map(format::grouped);
    let [figures, short] = match &apart {
        Some(apart) => [format!(" · figures of {noun} {apart}"), format!(" · figures {apart}")],
        None => [String::new(), String::new()],
    };
    let Some((picture, slice)) = picture.zip(run.slice.as_ref()) else {
        let words = [format!("{finished}{noun} {step}{figures}"), format!("{noun} {step}{short}")];
        return words.map(|words| text(words, newest)).into_iter().chain([least]).collect();
    };
    let shown = format::grouped(picture.grid.step);
    let (told, age) = if is_past {
        (Some(picture.grid.step), "past".to_owned())
    } else {
        // The age is the only thing that changes by itself.
        (newest, widgets::ago(ui, slice.at))
    };
    let words = [
        format!("{finished}{noun} {step}{figures} · slice of {noun} {shown}, {age}"),
        format!("{finished}{noun} {step}{short} · slice {shown}"),
        format!("{noun} {step}{short} · slice {shown}"),
    ];
    words.map(|words| text(words, told)).into_iter().chain([least]).collect()
}
