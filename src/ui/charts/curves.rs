//! Curves that a measurement found, over one axis of their own.

use egui::{Align2, Stroke};
use egui_plot::{AxisHints, FilledArea, Line, PlotPoints};

use super::axes;
use super::chart::{axis_style, base_plot};
use super::export::{self, Exports, quoted};
use super::title::{Title, title_ui, titled_ui};
use crate::protocol::{Curve, FoundChart};
use crate::session::export::{ChartFigure, ChartSeries};
use crate::ui::format;
use crate::ui::help::Term;
use crate::ui::theme::Tokens;
use crate::ui::view::View;

/// Draws a chart in all of `ui`, with the curve nearest to the pointer read out.
pub fn curves_ui(ui: &mut egui::Ui, id: impl std::hash::Hash + std::fmt::Debug, chart: &FoundChart, term: Term) {
    title_ui(ui, title(chart, term));
    plot_ui(ui, id, chart);
}

/// As [`curves_ui`], with a menu that saves the chart.
pub fn exported_curves_ui(
    ui: &mut egui::Ui,
    id: impl std::hash::Hash + std::fmt::Debug,
    (chart, term): (&FoundChart, Term),
    view: &mut View,
    provenance: &[String],
) {
    titled_ui(ui, title(chart, term), |ui| {
        let figure = |is_dark| figure(chart, provenance, is_dark);
        export::menu_ui(ui, &chart.title, view, Exports { figure, csv: || csv(chart) });
    });
    plot_ui(ui, id, chart);
}

fn title(chart: &FoundChart, term: Term) -> Title<'_> {
    Title { text: &chart.title, note: &chart.x_label, term: Some(term) }
}

/// The colours of curves, in their order.
fn colors(tokens: &Tokens) -> [egui::Color32; 6] {
    [tokens.accent.0, tokens.nso.0, tokens.sgd.0, tokens.sam.0, tokens.marker.0, tokens.weak.0]
}

fn figure(chart: &FoundChart, provenance: &[String], is_dark: bool) -> ChartFigure {
    let colors = colors(export::tokens(is_dark));
    let series = chart.curves.iter().enumerate().map(|(index, curve)| {
        let band = curve.points.iter().zip(&curve.errors).filter(|(_, error)| error.is_finite());
        ChartSeries {
            name: curve.name.clone(),
            color: export::rgb(colors[index % colors.len()]),
            width: 2.4,
            opacity: 1.0,
            points: curve.points.clone(),
            // A band that reaches zero ends at a tenth of the value on a logarithmic axis.
            band: band
                .map(|([x, y], error)| {
                    let low = if chart.log_y { (y - error).max(0.1 * y) } else { y - error };
                    [*x, low, y + error]
                })
                .collect(),
            ..ChartSeries::default()
        }
    });
    ChartFigure {
        title: chart.title.clone(),
        x_label: chart.x_label.clone(),
        log_x: chart.log_x,
        log_y: chart.log_y,
        series: series.collect(),
        provenance: provenance.to_vec(),
        is_dark,
        ..ChartFigure::default()
    }
}

fn csv(chart: &FoundChart) -> String {
    let mut text = format!("curve,{},{},error\n", quoted(&chart.x_label), quoted(&chart.title));
    for curve in &chart.curves {
        for (index, [x, y]) in curve.points.iter().enumerate() {
            let error = curve.errors.get(index).map(ToString::to_string).unwrap_or_default();
            text += &format!("{},{x},{y},{error}\n", quoted(&curve.name));
        }
    }
    text
}

fn plot_ui(ui: &mut egui::Ui, id: impl std::hash::Hash + std::fmt::Debug, chart: &FoundChart) {
    let tokens = Tokens::of(ui);
    let colors = colors(tokens);
    let shown: Vec<Vec<[f64; 3]>> = chart.curves.iter().map(|curve| scaled(chart, curve)).collect();
    if shown.iter().all(Vec::is_empty) {
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
        let font = egui::TextStyle::Small.resolve(ui.style());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "nothing to draw", font, tokens.weak.0);
        return;
    }
    let x = axis_style(ui, AxisHints::new_x());
    let y = axis_style(ui, AxisHints::new_y());
    let x = if chart.log_x {
        x.formatter(|mark, _| axes::log_label(mark))
    } else {
        x.formatter(|mark, _| axes::label(mark.value))
    };
    let y = if chart.log_y {
        y.formatter(|mark, _| axes::log_label(mark))
    } else {
        y.formatter(|mark, _| axes::label(mark.value))
    };
    let plot = base_plot(ui, id)
        .set_margin_fraction(egui::vec2(0.02, 0.08))
        .custom_x_axes(vec![x])
        .custom_y_axes(vec![y])
        .y_axis_min_width(38.0);
    let plot =
        if chart.log_x { plot.x_grid_spacer(axes::logarithmic_x) } else { plot.x_grid_spacer(axes::continuous_x) };
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
