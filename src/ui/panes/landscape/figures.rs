//! The figures below a landscape: accuracy, loss, trace, both ends of the spectrum. Each is of a step, and one of another step
//! than its neighbours says so.

use egui::{Align2, Rect, Sense, Shape, Ui, pos2, vec2};

use crate::protocol::EvalRow;
use crate::ui::kit::dated::{Dated, at_step};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::state::run_view::{NewestEnds, NewestTrace, RunView};

/// Height of the figures in points.
pub const FIGURES_HEIGHT: f32 = 40.0;

/// Between a value and its error.
const ERROR_GAP: f32 = 5.0;
/// Figures of this rank and above give way before names are shortened.
const BEFORE_NAMES: u8 = 4;
/// Between two figures where room is scarce.
const GAP: f32 = 8.0;

/// What was measured of a run last, up to a step of the past where that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Newest<'a> {
    eval: Option<&'a EvalRow>,
    trace: Option<NewestTrace>,
    ends: Option<NewestEnds>,
}

impl<'a> Newest<'a> {
    /// Of a run now, or as it was at a step of the past.
    pub fn of(run: &'a RunView, past: Option<u64>) -> Self {
        let until = past.unwrap_or(u64::MAX);
        Self { eval: run.evals.until(until), trace: run.newest_trace(until), ends: run.newest_ends(until) }
    }

    /// The step of the newest of them; `None` where nothing was measured.
    pub fn step(&self) -> Option<u64> {
        let steps =
            [self.eval.map(|row| row.step), self.trace.map(|found| found.step), self.ends.map(|found| found.step)];
        steps.into_iter().flatten().max()
    }
}

/// One figure below a landscape.
struct Figure {
    name: &'static str,
    /// Where there is little room.
    short: &'static str,
    /// Its value and its error, which is empty where it has none; `None` before it is measured.
    value: Option<Dated<[String; 2]>>,
    /// How it was measured.
    how: String,
    term: Term,
    /// The one with the highest number gives way first.
    rank: u8,
}

/// Draws the figures of a run. `told` is the step that is said beside them, by the header.
pub fn figures_ui(ui: &mut Ui, newest: &Newest<'_>, told: Option<u64>) {
    let Newest { eval, trace, .. } = newest;
    let is_streamed = trace.is_some_and(|found| found.is_streamed);
    let of_eval = |text: fn(&EvalRow) -> String| eval.map(|row| Dated::new([text(row), String::new()], row.step));
    let mut figures = vec![
        Figure {
            name: "test accuracy",
            short: "accuracy",
            value: of_eval(|row| format::percent(row.test_accuracy)),
            how: String::new(),
            term: Term::Accuracy,
            rank: 1,
        },
        Figure {
            name: "train loss",
            short: "loss",
            value: of_eval(|row| format::number(row.train_loss)),
            how: String::new(),
            term: Term::Loss,
            rank: 3,
        },
        Figure {
            name: if is_streamed { "trace, streamed" } else { "trace" },
            short: if is_streamed { "trace, streamed" } else { "trace" },
            value: trace.map(|found| {
                Dated::new([format::number(found.mean), format!("± {}", format::error(found.stderr))], found.step)
            }),
            how: trace.map_or_else(String::new, |found| {
                format!(
                    "{}, {}, ",
                    if is_streamed { "single probes" } else { "Hutchinson" },
                    found.effort.words(found.step)
                )
            }),
            term: if is_streamed { Term::Streamed } else { Term::Trace },
            rank: 0,
        },
    ];
    figures.extend(spectrum(newest.ends));
    row_ui(ui, figures, told);
}

/// Both ends of the spectrum.
fn spectrum(ends: Option<NewestEnds>) -> [Figure; 2] {
    let is_streamed = ends.is_some_and(|found| found.is_streamed);
    let figure = |[plain, streamed]: [&'static str; 2], rank, value: fn(&NewestEnds) -> [f64; 2]| {
        let name = if is_streamed { streamed } else { plain };
        Figure {
            name,
            short: name,
            value: ends.map(|found| Dated::new([format::number(value(&found)[0]), String::new()], found.step)),
            how: ends.map_or_else(String::new, |found| {
                let (effort, residual) = (found.effort.words(found.step), format::number(value(&found)[1]));
                format!("Lanczos, {effort}, residual {residual}, ")
            }),
            term: if is_streamed { Term::Streamed } else { Term::LambdaMax },
            rank,
        }
    };
    [
        figure(["λmax", "λmax, streamed"], 2, |found| found.largest),
        figure(["λmin", "λmin, streamed"], 4, |found| found.smallest),
    ]
}

/// How much of the figures there is room for. An error never gives way alone: a trace without it would say something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    Short,
}

impl Figure {
    /// What stands above the value: the name, and of which step the value is where that is not said beside it.
    fn title(&self, detail: Detail, told: Option<u64>) -> String {
        let name = if detail == Detail::Full { self.name } else { self.short };
        let step = self.value.as_ref().map_or_else(String::new, |value| value.step_words(told));
        if step.is_empty() { name.to_owned() } else { format!("{name} {step}") }
    }

    /// The value with its error.
    fn texts(&self) -> [&str; 2] {
        self.value.as_ref().map_or(["–", ""], |dated| dated.value.each_ref().map(String::as_str))
    }
}

fn row_ui(ui: &mut Ui, figures: Vec<Figure>, told: Option<u64>) {
    let rect = ui.available_rect_before_wrap().shrink2(vec2(2.0, 0.0));
    let full = fitting(ui, &figures, (Detail::Full, told), rect.width());
    let is_full = figures.iter().zip(&full).all(|(figure, width)| width.is_some() || figure.rank >= BEFORE_NAMES);
    let (detail, widths) = if is_full {
        (Detail::Full, full)
    } else {
        (Detail::Short, fitting(ui, &figures, (Detail::Short, told), rect.width()))
    };
    let count = widths.iter().flatten().count().max(1);
    let spare = (rect.width() + GAP - widths.iter().flatten().sum::<f32>()).max(0.0) / count as f32;
    let mut left = rect.left();
    for (figure, width) in figures.into_iter().zip(widths) {
        let Some(width) = width else { continue };
        let right = (left + width + spare).min(rect.right());
        figure_ui(ui, Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom())), &figure, (detail, told));
        left = right;
    }
}

/// The width of each figure for which there is room, with the gap after it; what gives way stands in the charts.
fn fitting(ui: &Ui, figures: &[Figure], shown: (Detail, Option<u64>), room: f32) -> Vec<Option<f32>> {
    let mut widths = vec![None; figures.len()];
    let mut ranked: Vec<usize> = (0..figures.len()).collect();
    ranked.sort_by_key(|index| figures[*index].rank);
    let mut left = room + GAP;
    for index in ranked {
        let width = width(ui, &figures[index], shown) + GAP;
        if width <= left {
            widths[index] = Some(width);
            left -= width;
        }
    }
    widths
}

fn width(ui: &Ui, figure: &Figure, (detail, told): (Detail, Option<u64>)) -> f32 {
    let small = egui::TextStyle::Small.resolve(ui.style());
    let large = theme::title_style().resolve(ui.style());
    let color = Tokens::of(ui).text.0;
    let width =
        |text: &str, font: &egui::FontId| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), color).size().x;
    let [value, error] = figure.texts();
    let error = if error.is_empty() { 0.0 } else { ERROR_GAP + width(error, &small) };
    width(&figure.title(detail, told), &small).max(width(value, &large) + error).ceil()
}

fn figure_ui(ui: &Ui, cell: Rect, figure: &Figure, (detail, told): (Detail, Option<u64>)) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(cell.expand(0.5).intersect(ui.clip_rect()));
    let small = egui::TextStyle::Small.resolve(ui.style());
    let title = figure.title(detail, told);
    let drawn = painter.text(cell.left_top(), Align2::LEFT_TOP, &title, small.clone(), tokens.weak.0);
    // Dotted below, as every label that is explained.
    let below = [pos2(drawn.left(), drawn.bottom()), pos2(drawn.right(), drawn.bottom())];
    painter.extend(Shape::dotted_line(&below, tokens.weak.0, 3.0, 0.5));
    let font = theme::title_style().resolve(ui.style());
    let [value, error] = figure.texts();
    let color = figure.value.as_ref().map_or(tokens.weak.0, |dated| dated.color(told, tokens));
    let drawn = painter.text(pos2(cell.left(), cell.top() + 16.0), Align2::LEFT_TOP, value, font, color);
    let place = pos2(drawn.right() + ERROR_GAP, drawn.bottom() - 1.0);
    painter.text(place, Align2::LEFT_BOTTOM, error, small, tokens.weak.0);
    let response = ui.interact(cell, ui.scope_id().with(figure.name), Sense::hover());
    let plain = format!("{} {value} {error}", figure.name);
    let plain = plain.trim_end();
    let step = figure.value.as_ref().map_or_else(String::new, |dated| dated.step_words(told));
    widgets::name(&response, egui::Role::Label, format!("{plain} {step}").trim_end());
    let about = match &figure.value {
        Some(dated) => format!("{}{}", figure.how, at_step(dated.step)),
        None => "not measured yet".to_owned(),
    };
    help::term(response.on_hover_text(format!("{plain}, {about}.")), figure.term);
}
