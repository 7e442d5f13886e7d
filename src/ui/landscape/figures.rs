//! The figures below a landscape: accuracy, loss, trace, largest eigenvalue.

use egui::{Align2, Rect, Sense, Ui, pos2};

use crate::ui::run_view::RunView;
use crate::ui::theme::{self, Tokens};
use crate::ui::{format, widgets};

/// Height of the figures in points.
pub const FIGURES_HEIGHT: f32 = 40.0;

/// One figure below a landscape.
struct Figure {
    name: &'static str,
    value: String,
    error: String,
    help: String,
}

/// Draws the figures of a run.
pub fn figures_ui(ui: &mut Ui, run: &RunView) {
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
