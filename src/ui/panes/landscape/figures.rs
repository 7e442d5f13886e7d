//! The figures below a landscape: accuracy, loss, trace, both ends of the spectrum.

use egui::{Align2, Rect, Sense, Shape, Ui, pos2, vec2};

use crate::protocol::EigenRow;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::state::run_view::RunView;

/// Height of the figures in points.
pub const FIGURES_HEIGHT: f32 = 40.0;

/// Between a value and its error.
const ERROR_GAP: f32 = 5.0;
/// Figures of this rank and above give way before errors do.
const BEFORE_ERRORS: u8 = 4;
/// Between two figures where room is scarce.
const GAP: f32 = 8.0;

/// One figure below a landscape.
struct Figure {
    name: &'static str,
    /// Where there is little room.
    short: &'static str,
    value: String,
    error: String,
    about: String,
    term: Term,
    /// The one with the highest number gives way first.
    rank: u8,
}

fn at(step: u64) -> String {
    format!("at step {}", format::grouped(step))
}

/// Value and remark of what has no value yet.
fn missing() -> (String, String) {
    ("–".to_owned(), "not measured yet".to_owned())
}

/// Draws the figures of a run.
pub fn figures_ui(ui: &mut Ui, run: &RunView) {
    let (accuracy, accuracy_help) =
        run.evals.last().map_or_else(missing, |row| (format::percent(row.test_accuracy), at(row.step)));
    let (loss, loss_help) = run.evals.last().map_or_else(missing, |row| (format::number(row.train_loss), at(row.step)));
    let (trace, trace_help) = run.traces.last().map_or_else(missing, |row| {
        (format::number(row.mean), format!("Hutchinson, {} probes, {}", row.probes, at(row.step)))
    });
    let error = run.traces.last().map_or_else(String::new, |row| format!("± {}", format::error(row.stderr)));
    let none = String::new;
    let mut figures = vec![
        Figure {
            name: "test accuracy",
            short: "accuracy",
            value: accuracy,
            error: none(),
            about: accuracy_help,
            term: Term::Accuracy,
            rank: 1,
        },
        Figure {
            name: "train loss",
            short: "loss",
            value: loss,
            error: none(),
            about: loss_help,
            term: Term::Loss,
            rank: 3,
        },
        Figure { name: "trace", short: "trace", value: trace, error, about: trace_help, term: Term::Trace, rank: 0 },
    ];
    figures.extend(spectrum(run));
    row_ui(ui, figures);
}

/// Both ends of the spectrum.
fn spectrum(run: &RunView) -> [Figure; 2] {
    let figure = |name, rank, value: fn(&EigenRow) -> [f64; 2]| {
        let (text, about) = run.eigens.last().map_or_else(missing, |row| {
            let [value, residual] = value(row).map(format::number);
            (value, format!("Lanczos, residual {residual}, {}", at(row.step)))
        });
        Figure { name, short: name, value: text, error: String::new(), about, term: Term::LambdaMax, rank }
    };
    [
        figure("λmax", 2, |row| [row.lambda_max, row.residual_max]),
        figure("λmin", 4, |row| [row.lambda_min, row.residual_min]),
    ]
}

/// How much of the figures there is room for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    NoErrors,
    Short,
}

fn row_ui(ui: &mut Ui, mut figures: Vec<Figure>) {
    let rect = ui.available_rect_before_wrap().shrink2(vec2(2.0, 0.0));
    let widths = |figures: &[Figure], detail: Detail| -> Vec<f32> {
        figures.iter().map(|figure| width(ui, figure, detail) + GAP).collect()
    };
    let fits = |widths: &[f32]| widths.iter().sum::<f32>() - GAP <= rect.width();
    if !fits(&widths(&figures, Detail::Full)) {
        // A trace says less without its error than the spectrum without its low end.
        figures.retain(|figure| figure.rank < BEFORE_ERRORS);
    }
    let details = [Detail::Full, Detail::NoErrors, Detail::Short];
    let detail = details.into_iter().find(|detail| fits(&widths(&figures, *detail))).unwrap_or(Detail::Short);
    while figures.len() > 1 && !fits(&widths(&figures, detail)) {
        // What gives way stands in the charts.
        let last = figures.iter().enumerate().max_by_key(|(_, figure)| figure.rank).map_or(0, |(index, _)| index);
        figures.remove(last);
    }
    let widths = widths(&figures, detail);
    let spare = (rect.width() - widths.iter().sum::<f32>()).max(0.0) / figures.len() as f32;
    let mut left = rect.left();
    for (figure, width) in figures.into_iter().zip(widths) {
        let right = (left + width + spare).min(rect.right());
        figure_ui(ui, Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom())), figure, detail);
        left = right;
    }
}

fn texts(figure: &Figure, detail: Detail) -> [&str; 3] {
    match detail {
        Detail::Full => [figure.name, &figure.value, &figure.error],
        Detail::NoErrors => [figure.name, &figure.value, ""],
        Detail::Short => [figure.short, &figure.value, ""],
    }
}

fn width(ui: &Ui, figure: &Figure, detail: Detail) -> f32 {
    let small = egui::TextStyle::Small.resolve(ui.style());
    let large = theme::title_style().resolve(ui.style());
    let color = Tokens::of(ui).text.0;
    let width =
        |text: &str, font: &egui::FontId| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), color).size().x;
    let [name, value, error] = texts(figure, detail);
    let error = if error.is_empty() { 0.0 } else { ERROR_GAP + width(error, &small) };
    width(name, &small).max(width(value, &large) + error)
}

fn figure_ui(ui: &Ui, cell: Rect, figure: Figure, detail: Detail) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(cell);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let [name, value, error] = texts(&figure, detail);
    let drawn = painter.text(cell.left_top(), Align2::LEFT_TOP, name, small.clone(), tokens.weak.0);
    // Dotted below, as every label that is explained.
    let below = [pos2(drawn.left(), drawn.bottom()), pos2(drawn.right(), drawn.bottom())];
    painter.extend(Shape::dotted_line(&below, tokens.weak.0, 3.0, 0.5));
    let font = theme::title_style().resolve(ui.style());
    let drawn = painter.text(pos2(cell.left(), cell.top() + 16.0), Align2::LEFT_TOP, value, font, tokens.text.0);
    let place = pos2(drawn.right() + ERROR_GAP, drawn.bottom() - 1.0);
    painter.text(place, Align2::LEFT_BOTTOM, error, small, tokens.weak.0);
    let response = ui.interact(cell, ui.scope_id().with(figure.name), Sense::hover());
    let words = format!("{} {} {}", figure.name, figure.value, figure.error);
    let words = words.trim_end();
    widgets::name(&response, egui::Role::Label, words);
    help::term(response.on_hover_text(format!("{words}, {}.", figure.about)), figure.term);
}
