//! Curves that a measurement found, over one axis of their own.

use egui::{Align2, Stroke};
use egui_plot::{AxisHints, FilledArea, Line, PlotPoints};

use super::axes;
use super::chart::{axis_style, base_plot, title_ui};
use crate::protocol::{Curve, FoundChart};
use crate::ui::format;
use crate::ui::theme::Tokens;

/// Draws a chart in all of `ui`, with the curve nearest to the pointer read out.
pub fn curves_ui(ui: &mut egui::Ui, id: impl std::hash::Hash + std::fmt::Debug, chart: &FoundChart) {
    title_ui(ui, &chart.title, &chart.x_label);
    let tokens = Tokens::of(ui);
    let colors = [tokens.accent.0, tokens.nso.0, tokens.sgd.0, tokens.sam.0, tokens.marker.0, tokens.weak.0];
    let shown: Vec<Vec<[f64; 3]>> = chart.curves.iter().map(|curve| scaled(chart, curve)).collect();
    if shown.iter().all(Vec::is_empty) {
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
        let font = egui::TextStyle::Small.resolve(ui.style());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "nothing to draw", font, tokens.weak.0);
        return;
    }
    let x = axis_style(ui, AxisHints::new_x());
    let y = axis_style(ui, AxisHints::new_y());
    let x = if chart.log_x { x.formatter(|mark, _| axes::log_label(mark)) } else { x.formatter(|mark, _| axes::label(mark.value)) };
    let y = if chart.log_y { y.formatter(|mark, _| axes::log_label(mark)) } else { y.formatter(|mark, _| axes::label(mark.value)) };
    let plot = base_plot(ui, id)
        .allow_zoom(false)
        .allow_drag(false)
        .set_margin_fraction(egui::vec2(0.02, 0.08))
        .custom_x_axes(vec![x])
        .custom_y_axes(vec![y])
        .y_axis_min_width(38.0);
    let plot = if chart.log_x { plot.x_grid_spacer(axes::logarithmic_x) } else { plot.x_grid_spacer(axes::continuous_x) };
    let plot = if chart.log_y { plot.y_grid_spacer(axes::logarithmic_y) } else { plot.y_grid_spacer(axes::linear_y) };
    let drawn = plot.show(ui, |plot_ui| {
        for (index, points) in shown.iter().enumerate() {
            let color = colors[index % colors.len()];
            let band: Vec<&[f64; 3]> = points.iter().filter(|point| point[2] > 0.0).collect();
            if band.len() > 1 {
                let xs: Vec<f64> = band.iter().map(|point| point[0]).collect();
                let low: Vec<f64> = band.iter().map(|point| edge(chart, point, -1.0)).collect();
                let high: Vec<f64> = band.iter().map(|point| edge(chart, point, 1.0)).collect();
                plot_ui.add(FilledArea::new("", &xs, &low, &high).fill_color(color.gamma_multiply(0.2)));
            }
            let line: PlotPoints<'_> = points.iter().map(|point| [point[0], point[1]]).collect();
            plot_ui.line(Line::new("", line).stroke(Stroke::new(1.6, color)).allow_hover(false));
        }
    });
    if let Some(pos) = drawn.response.hover_pos() {
        let at = drawn.transform.value_from_position(pos).x;
        let at = if chart.log_x { 10_f64.powf(at) } else { at };
        drawn.response.on_hover_text_at_pointer(reading(chart, at));
    }
}

/// Points as they are drawn, with the half-width of their band in the unit of the value; those that the logarithm cannot
/// take are left out.
fn scaled(chart: &FoundChart, curve: &Curve) -> Vec<[f64; 3]> {
    let points = curve.points.iter().enumerate();
    points
        .filter(|(_, [x, y])| (!chart.log_x || *x > 0.0) && (!chart.log_y || *y > 0.0) && y.is_finite())
        .map(|(index, &[x, y])| {
            let error = curve.errors.get(index).copied().filter(|error| error.is_finite()).unwrap_or(0.0);
            [if chart.log_x { x.log10() } else { x }, if chart.log_y { y.log10() } else { y }, error]
        })
        .collect()
}

/// The upper or lower edge of the band at a point.
fn edge(chart: &FoundChart, point: &[f64; 3], side: f64) -> f64 {
    if !chart.log_y {
        return point[1] + side * point[2];
    }
    let value = 10_f64.powf(point[1]);
    // A band that reaches zero ends a decade below.
    (value + side * point[2]).max(0.1 * value).log10()
}

/// What all curves say nearest to a place on the horizontal axis.
fn reading(chart: &FoundChart, at: f64) -> String {
    let mut text = format!("{} {}", chart.x_label, format::number(at));
    for curve in chart.curves.iter().take(8) {
        let distance = |index: &usize| (curve.points[*index][0] - at).abs();
        let nearest = (0..curve.points.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some(index) = nearest {
            let error = curve.errors.get(index).map(|error| format!(" ± {}", format::error(*error)));
            let value = format::number(curve.points[index][1]);
            text += &format!("\n{} {value}{}", curve.name, error.unwrap_or_default());
        }
    }
    text
}
