//! The landscapes, one pane a run side by side: header, contour, figures.

use std::time::{Duration, Instant};

use egui::{Align, Align2, Layout, Rect, RichText, Sense, Ui, UiBuilder, pos2, vec2};

use super::model::{EngineHealth, Model};
use super::overlay;
use super::run_view::{RunState, RunView, Slice};
use super::theme::{self, Tokens};
use super::view::{Action, View};
use super::widgets;
use super::{contour_view, format};
use crate::protocol::Command;
use crate::render::ContourStyle;

const HEADER_HEIGHT: f32 = 26.0;
const FIGURES_HEIGHT: f32 = 40.0;
const GAP: f32 = 12.0;
/// Ratio of two half-widths one notch of the wheel apart.
const ZOOM_STEP: f64 = 1.25;
/// What a touch pad scrolls for the same.
const POINTS_A_NOTCH: f32 = 50.0;

/// Draws all panes, or what the engine is doing before there is one.
pub fn landscapes_ui(ui: &mut Ui, model: &Model, view: &mut View, style: Option<&ContourStyle>) {
    trouble_ui(ui, model, view);
    let rect = ui.available_rect_before_wrap();
    if model.runs.is_empty() {
        if model.health == EngineHealth::Fine {
            placeholder(ui, rect, &model.waiting_for, &model.experiment.about);
        }
        return;
    }
    let count = model.runs.len() as f32;
    let width = ((rect.width() - GAP * (count - 1.0)) / count).max(1.0);
    view.cursor = [None, view.cursor[0]];
    for (index, run) in model.runs.iter().enumerate() {
        let left = rect.left() + index as f32 * (width + GAP);
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let mut ui = ui.new_child(UiBuilder::new().max_rect(cell).id_salt(("pane", run.info.run)));
        ui.set_clip_rect(cell.intersect(ui.clip_rect()));
        pane_ui(&mut ui, Pane { index: index as u32, run, model, style }, view);
    }
    ui.advance_cursor_after_rect(rect);
}

/// The controls at the right of the landscapes' tab bar, added from right to left.
pub fn bar_ui(_ui: &mut Ui, _model: &Model, _view: &mut View) {}

/// What a pane needs to draw itself.
#[derive(Clone, Copy)]
struct Pane<'a> {
    index: u32,
    run: &'a RunView,
    model: &'a Model,
    style: Option<&'a ContourStyle>,
}

fn pane_ui(ui: &mut Ui, pane: Pane<'_>, view: &mut View) {
    header_ui(ui, pane.run);
    let rest = ui.available_rect_before_wrap();
    let picture =
        Rect::from_min_max(rest.min, pos2(rest.right(), (rest.bottom() - FIGURES_HEIGHT).max(rest.top() + 40.0)));
    let figures = Rect::from_min_max(pos2(rest.left(), picture.bottom() + 2.0), rest.max);
    match (&pane.run.slice, pane.style) {
        (Some(slice), Some(style)) => picture_ui(ui, picture, pane, slice, style, view),
        (Some(_), None) => {
            placeholder(ui, picture, "No finite loss on this slice", "All its cells are NaN or infinite.");
        }
        _ => placeholder(ui, picture, &pane.model.waiting_for, ""),
    }
    if let RunState::Diverged { step, last_good_step } = pane.run.state {
        let text = format!(
            "Diverged at step {}: the loss or a weight is not finite. It stands at step {}. \
             Lower the learning rate and press Reset.",
            format::grouped(step),
            format::grouped(last_good_step)
        );
        overlay::alert(ui, picture, &text);
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(figures).id_salt("figures"));
    figures_ui(&mut ui, pane.run);
}

fn header_ui(ui: &mut Ui, run: &RunView) {
    let tokens = Tokens::of(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEADER_HEIGHT), Sense::hover());
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    ui.spacing_mut().item_spacing.x = 6.0;
    widgets::dot_ui(&mut ui, tokens.run(run.info.optimizer));
    ui.label(RichText::new(run.label()).text_style(theme::title_style()));
    widgets::small_weak_ui(&mut ui, run.knob_summary());
    let step = format::grouped(run.step());
    let age = run.slice.as_ref().map(|slice| {
        let age = Instant::now().saturating_duration_since(slice.at);
        // The age is the only thing that changes by itself.
        let next = if age.as_secs() < 60 { 1000 - u64::from(age.subsec_millis()) } else { 30_000 };
        ui.ctx().request_repaint_after(Duration::from_millis(next));
        (format::grouped(slice.grid.step), format::ago(age))
    });
    let finished = if run.state == RunState::Finished { "budget spent · " } else { "" };
    let texts = match age {
        Some((slice, age)) => [
            format!("{finished}step {step} · slice of step {slice}, {age}"),
            format!("{finished}step {step} · slice {slice}"),
            format!("step {step}"),
        ],
        None => [format!("{finished}step {step}"), format!("step {step}"), String::new()],
    };
    let font = egui::TextStyle::Small.resolve(ui.style());
    let rest = ui.available_width();
    let fits = |text: &&String| {
        let galley = ui.painter().layout_no_wrap((*text).clone(), font.clone(), tokens.weak.0);
        galley.size().x <= rest
    };
    if let Some(text) = texts.iter().find(fits).cloned() {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::small_weak_ui(ui, text).on_hover_text(&texts[0]);
        });
    }
}

fn picture_ui(ui: &mut Ui, rect: Rect, pane: Pane<'_>, slice: &Slice, style: &ContourStyle, view: &mut View) {
    let Pane { index, run, .. } = pane;
    let Some(scaled) = &slice.scaled else {
        placeholder(ui, rect, "This slice cannot be drawn", "Its number of cells does not match its axes.");
        return;
    };
    let response = ui.allocate_rect(rect, Sense::click());
    let label = format!("Landscape of {}", run.label());
    widgets::name(&response, egui::Role::Image, &label);
    ui.painter().add(contour_view::shape(ui.ctx(), rect, index, scaled, *style));
    let frame = overlay::SliceFrame::new(rect, &slice.grid);
    zoom_ui(ui, pane.model, &response, view);
    if let Some(pos) = response.hover_pos() {
        view.cursor[0] = Some(super::view::Cursor { run: run.info.run, place: frame.place(pos) });
    }
    let shown = view.cursor[0].filter(|cursor| cursor.run == run.info.run).or(view.cursor[1]);
    overlay::paint(ui, &frame, run, slice, shown);
    response.on_hover_cursor(egui::CursorIcon::Crosshair);
}

/// The wheel changes the part of the plane that all slices show, a double click goes back to the experiment's.
fn zoom_ui(ui: &Ui, model: &Model, response: &egui::Response, view: &mut View) {
    let look = &model.experiment.look;
    let old = view.slice_range.unwrap_or(look.range);
    let mut range = old;
    if response.double_clicked() {
        range = look.range;
    } else if response.hovered() {
        let notches: f32 = ui.input(|input| {
            let wheel = |event: &egui::Event| match event {
                egui::Event::MouseWheel { unit: egui::MouseWheelUnit::Point, delta, .. } => {
                    Some(delta.y / POINTS_A_NOTCH)
                }
                egui::Event::MouseWheel { delta, .. } => Some(delta.y.clamp(-1.0, 1.0)),
                _ => None,
            };
            input.events.iter().filter_map(wheel).sum()
        });
        range = (old * ZOOM_STEP.powf(-f64::from(notches))).clamp(1e-3, 1e3);
    }
    if range != old {
        view.slice_range = Some(range);
        view.act(Action::Send(Command::SetSlice(crate::protocol::SliceView {
            range,
            resolution: look.resolution,
            ..Default::default()
        })));
    }
}

/// One figure below a landscape.
struct Figure {
    name: &'static str,
    value: String,
    error: String,
    help: String,
}

fn figures_ui(ui: &mut Ui, run: &RunView) {
    let at = |step: u64| format!("at step {}", format::grouped(step));
    let missing = || ("–".to_owned(), "not measured yet".to_owned());
    let (accuracy, accuracy_help) =
        run.evals.last().map_or_else(missing, |row| (format::percent(row.test_accuracy), at(row.step)));
    let (loss, loss_help) = run.evals.last().map_or_else(missing, |row| (format::number(row.train_loss), at(row.step)));
    let (trace, trace_help) = run.traces.last().map_or_else(missing, |row| {
        (format::number(row.mean), format!("Hutchinson, {} probes, {}", row.probes, at(row.step)))
    });
    let error = run.traces.last().map_or_else(String::new, |row| format!("± {}", format::error(row.stderr)));
    let (lambda, lambda_help) = run.eigens.last().map_or_else(missing, |row| {
        let residual = format::number(row.residual_max);
        (format::number(row.lambda_max), format!("Lanczos, residual {residual}, {}", at(row.step)))
    });
    let figures = [
        Figure { name: "test accuracy", value: accuracy, error: String::new(), help: accuracy_help },
        Figure { name: "train loss", value: loss, error: String::new(), help: loss_help },
        Figure { name: "trace", value: trace, error, help: trace_help },
        Figure { name: "λmax", value: lambda, error: String::new(), help: lambda_help },
    ];
    let rect = ui.available_rect_before_wrap();
    // The trace has an error and needs more room.
    let shares = [0.0, 0.31, 0.54, 0.83, 1.0];
    for (i, figure) in figures.into_iter().enumerate() {
        let x = |share: f32| rect.left() + 2.0 + share * (rect.width() - 2.0);
        let cell = Rect::from_min_max(pos2(x(shares[i]), rect.top()), pos2(x(shares[i + 1]), rect.bottom()));
        figure_ui(ui, cell, figure);
    }
}

fn figure_ui(ui: &mut Ui, cell: Rect, figure: Figure) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(cell);
    let small = egui::TextStyle::Small.resolve(ui.style());
    painter.text(cell.left_top(), Align2::LEFT_TOP, figure.name, small.clone(), tokens.weak.0);
    let font = theme::title_style().resolve(ui.style());
    let value = pos2(cell.left(), cell.top() + 15.0);
    let drawn = painter.text(value, Align2::LEFT_TOP, &figure.value, font, tokens.text.0);
    painter.text(
        pos2(drawn.right() + 5.0, drawn.bottom() - 1.0),
        Align2::LEFT_BOTTOM,
        &figure.error,
        small,
        tokens.weak.0,
    );
    let response = ui.allocate_rect(cell, Sense::hover());
    let words = format!("{} {} {}", figure.name, figure.value, figure.error);
    widgets::name(&response, egui::Role::Label, words.trim_end());
    response.on_hover_text(figure.help);
}

/// A calm pane that says what it waits for.
fn placeholder(ui: &mut Ui, rect: Rect, title: &str, about: &str) {
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, 6.0, tokens.panel.0);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect.shrink(16.0)).layout(Layout::top_down(Align::Center)));
    ui.add_space((0.5 * rect.height() - 40.0).max(0.0));
    ui.label(RichText::new(title).color(tokens.text.0));
    if !about.is_empty() {
        ui.set_max_width(420.0);
        widgets::small_weak_ui(&mut ui, about);
    }
}

/// Says what happened to the engine and what to do.
fn trouble_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let (text, can_reset) = match &model.health {
        EngineHealth::Fine => return,
        EngineHealth::Failed(reason) => {
            (format!("The engine failed: {reason}. The last pictures stay. Reset starts the runs again."), true)
        }
        EngineHealth::Gone => (
            "The engine has stopped. The last pictures stay. Close the window and start Flatscape again.".to_owned(),
            false,
        ),
    };
    let tokens = Tokens::of(ui);
    let outline = egui::Stroke::new(1.0, tokens.error.0);
    egui::Frame::new().fill(tokens.panel.0).stroke(outline).corner_radius(6).inner_margin(8).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.colored_label(tokens.error.0, text);
            if can_reset && ui.button("Start the runs again").clicked() {
                view.act(Action::Send(Command::Reset));
            }
        });
    });
    ui.add_space(4.0);
}
