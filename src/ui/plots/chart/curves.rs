//! Curves that a measurement found, over one axis of their own: in the window, as a picture and as a table.

use std::collections::BTreeSet;

use egui::{Color32, Ui};
use egui_plot::{PlotPoint, PlotTransform};

use super::axes::{Spacing, on_axis, widened};
use super::legend::{self, swatch_ui};
use super::navigation::{Views, Zooms};
use super::paint::{self, Pen};
use super::picture::{self, quoted};
use super::plot::{Axes, plot_ui, vertical};
use super::remarks::{empty_ui, left_out_words, remark_ui};
use super::title::{Title, title_ui, titled_ui};
use crate::config::OptimizerKind;
use crate::export::{ChartFigure, ChartSeries};
use crate::protocol::{Curve, FoundChart};
use crate::ui::kit::format;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::Tokens;

/// A curve of so few points has a dot and a bar at each, others a band.
const FEW: usize = 9;
/// Curves that are read out at most.
const MAX_READINGS: usize = 8;

/// What charts of curves share from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct CurvesMemory {
    /// The parts of axes that are seen.
    pub zooms: Zooms,
    /// Curves that are not shown: title of the chart and name.
    hidden: BTreeSet<(String, String)>,
}

impl CurvesMemory {
    fn is_hidden(&self, chart: &FoundChart, curve: &Curve) -> bool {
        // Asked for each curve and frame: nothing is allocated where nothing is hidden.
        !self.hidden.is_empty() && self.hidden.contains(&(chart.title.clone(), curve.name.clone()))
    }

    fn toggle(&mut self, chart: &FoundChart, curve: &Curve) {
        let key = (chart.title.clone(), curve.name.clone());
        if !self.hidden.remove(&key) {
            self.hidden.insert(key);
        }
    }
}

/// Draws a chart in all of `ui`, with its curves read out under the pointer.
pub fn curves_ui(ui: &mut Ui, id: impl std::hash::Hash + std::fmt::Debug, chart: &FoundChart, term: Term) {
    title_ui(ui, Title { text: &chart.title, note: note(chart), term: Some(term) });
    let views = Views::own(id);
    let mut memory: CurvesMemory = ui.data(|data| data.get_temp(views.y)).unwrap_or_default();
    chart_ui(ui, views, chart, &mut memory);
    ui.data_mut(|data| data.insert_temp(views.y, memory));
}

/// As [`curves_ui`], with a menu at the right end of the title and a memory that other charts share.
pub fn curves_with_menu_ui(
    ui: &mut Ui,
    id: impl std::hash::Hash + std::fmt::Debug,
    (chart, term): (&FoundChart, Term),
    memory: &mut CurvesMemory,
    menu: impl FnOnce(&mut Ui, &CurvesMemory),
) {
    let title = Title { text: &chart.title, note: note(chart), term: Some(term) };
    titled_ui(ui, title, |ui| menu(ui, memory));
    chart_ui(ui, Views::own(id), chart, memory);
}

const fn note(chart: &FoundChart) -> &'static str {
    if chart.log_y { "log" } else { "" }
}

/// The colour of a curve, by its place.
fn color(tokens: &Tokens, index: usize) -> Color32 {
    let [first, second, third] =
        [OptimizerKind::Nso, OptimizerKind::Sgd, OptimizerKind::Sam].map(|kind| tokens.run(kind));
    let colors = [tokens.accent.0, first, second, third, tokens.marker.0, tokens.weak.0];
    colors[index % colors.len()]
}

/// Its picture, with the curves that are shown.
#[must_use]
pub fn figure(chart: &FoundChart, memory: &CurvesMemory, provenance: Vec<String>, is_dark: bool) -> ChartFigure {
    let tokens = picture::tokens(is_dark);
    let shown = chart.curves.iter().enumerate().filter(|(_, curve)| !memory.is_hidden(chart, curve));
    let series = shown.clone().map(|(index, curve)| {
        let band = curve.points.iter().zip(&curve.errors).filter(|(_, error)| error.is_finite());
        ChartSeries {
            name: curve.name.clone(),
            color: picture::rgb(color(tokens, index)),
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
    let left_out: usize = shown.map(|(_, curve)| Placed::new(chart, curve).left_out).sum();
    let remark = (left_out > 0).then(|| format!("{}: a logarithmic axis cannot show them.", left_out_words(left_out)));
    ChartFigure {
        title: chart.title.clone(),
        x_label: chart.x_label.clone(),
        log_x: chart.log_x,
        log_y: chart.log_y,
        series: series.collect(),
        remarks: remark.into_iter().collect(),
        provenance,
        is_dark,
        ..ChartFigure::default()
    }
}

/// All its curves as a table.
#[must_use]
pub fn csv(chart: &FoundChart) -> String {
    let mut text = format!("curve,{},{},error\n", quoted(&chart.x_label), quoted(&chart.title));
    for curve in &chart.curves {
        for (index, [x, y]) in curve.points.iter().enumerate() {
            let error = curve.errors.get(index).map(ToString::to_string).unwrap_or_default();
            text += &format!("{},{x},{y},{error}\n", quoted(&curve.name));
        }
    }
    text
}

/// A curve on the axes of its chart.
struct Placed {
    /// Points; what an axis cannot show is a gap.
    points: Vec<PlotPoint>,
    /// x and the ends of the band; a gap where there is none.
    band: [Vec<f64>; 3],
    /// Values of 0 and below that a logarithmic axis cannot show.
    left_out: usize,
}

impl Placed {
    fn new(chart: &FoundChart, curve: &Curve) -> Self {
        let mut placed = Self { points: Vec::new(), band: [Vec::new(), Vec::new(), Vec::new()], left_out: 0 };
        for (index, &[x, y]) in curve.points.iter().enumerate() {
            let at = PlotPoint::new(on_axis(x, chart.log_x), on_axis(y, chart.log_y));
            let is_seen = at.x.is_finite() && at.y.is_finite();
            placed.left_out += usize::from(x.is_finite() && y.is_finite() && !is_seen);
            placed.points.push(if is_seen { at } else { PlotPoint::new(at.x, f64::NAN) });
            let error = curve.errors.get(index).copied().filter(|error| is_seen && *error > 0.0).unwrap_or(f64::NAN);
            // A band that reaches zero ends a decade below.
            let low = if chart.log_y { (y - error).max(0.1 * y) } else { y - error };
            let [xs, lows, highs] = &mut placed.band;
            xs.push(at.x);
            lows.push(if error.is_finite() { on_axis(low, chart.log_y) } else { f64::NAN });
            highs.push(on_axis(y + error, chart.log_y));
        }
        placed
    }
}

fn chart_ui(ui: &mut Ui, views: Views, chart: &FoundChart, memory: &mut CurvesMemory) {
    if chart.curves.len() > 1 {
        legend_ui(ui, chart, memory);
    }
    let shown: Vec<Option<Placed>> =
        chart.curves.iter().map(|curve| (!memory.is_hidden(chart, curve)).then(|| Placed::new(chart, curve))).collect();
    let left_out = shown.iter().flatten().map(|placed| placed.left_out).sum();
    let is_seen = |point: &&PlotPoint| point.y.is_finite();
    let points = || shown.iter().flatten().flat_map(|placed| &placed.points).filter(is_seen);
    if points().next().is_none() {
        let text = match (left_out, shown.iter().any(Option::is_some)) {
            (0, false) if !shown.is_empty() => "all curves are hidden",
            (0, _) => "nothing to draw",
            _ => "all values are 0 or below: a logarithmic axis cannot show them",
        };
        empty_ui(ui, &chart.title, text);
        return;
    }
    let spacing = |is_log: bool| if is_log { Spacing::Logarithmic } else { Spacing::Even };
    let fitted = |values: &mut dyn Iterator<Item = f64>| {
        widened(values, |center| 0.05 * center.abs().max(1e-6)).unwrap_or([-1.0, 1.0])
    };
    let x = memory.zooms.of(views.x).unwrap_or_else(|| fitted(&mut points().map(|point| point.x)));
    let y = memory.zooms.of(views.y).unwrap_or_else(|| fitted(&mut points().map(|point| point.y)));
    let name = if chart.log_x { format!("{}, log", chart.x_label) } else { chart.x_label.clone() };
    let axes = Axes { name: &name, x: spacing(chart.log_x), y: spacing(chart.log_y), ranges: [x, y] };
    let (transform, response) = plot_ui(ui, views.y, &format!("Chart of {}", chart.title), axes, |_| {});
    paint_curves(ui, &transform, &shown);
    if left_out > 0 {
        remark_ui(ui, *transform.frame(), &left_out_words(left_out));
    }
    memory.zooms.navigate(ui, views, &transform, &response);
    if let Some(pos) = response.hover_pos().filter(|pos| transform.frame().contains(*pos)) {
        let at = transform.value_from_position(pos).x;
        vertical(ui, &transform, at);
        if !response.dragged() {
            response.on_hover_ui_at_pointer(|ui| readings_ui(ui, chart, &shown, at));
        }
    }
}

/// The curves by name and colour; a click shows or hides one.
fn legend_ui(ui: &mut Ui, chart: &FoundChart, memory: &mut CurvesMemory) {
    let tokens = Tokens::of(ui);
    legend::row_ui(ui, &chart.title, |ui| {
        for (index, curve) in chart.curves.iter().enumerate() {
            let entry = legend::Entry {
                name: &curve.name,
                label: &format!("Show {} in {}", curve.name, chart.title),
                color: color(tokens, index),
                is_shown: !memory.is_hidden(chart, curve),
            };
            if legend::entry_ui(ui, entry, "A click shows or hides this curve.") {
                memory.toggle(chart, curve);
            }
        }
    });
}

fn paint_curves(ui: &Ui, transform: &PlotTransform, shown: &[Option<Placed>]) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(transform.frame().intersect(ui.clip_rect()));
    let placed =
        || shown.iter().enumerate().filter_map(|(index, placed)| Some((color(tokens, index), placed.as_ref()?)));
    for (color, Placed { band: [xs, lows, highs], points, .. }) in placed() {
        if points.len() > FEW {
            paint::band(&painter, transform, [xs, lows, highs], color.gamma_multiply(0.2));
        } else {
            paint::bars(&painter, transform, [xs, lows, highs], color);
        }
    }
    for (color, Placed { points, .. }) in placed() {
        let pen = if points.len() > FEW { Pen::Solid } else { Pen::Dots };
        paint::line(&painter, transform, points, pen, color);
    }
}

/// What the curves say nearest to a place on the horizontal axis, as it is drawn.
fn readings_ui(ui: &mut Ui, chart: &FoundChart, shown: &[Option<Placed>], at: f64) {
    let tokens = Tokens::of(ui);
    let place = if chart.log_x { 10_f64.powf(at) } else { at };
    ui.colored_label(tokens.weak.0, format!("{} {}", chart.x_label, format::number(place)));
    let read = || {
        shown.iter().zip(&chart.curves).enumerate().filter_map(|(index, (placed, curve))| {
            let nearest = nearest(&placed.as_ref()?.points, at)?;
            Some((index, curve, nearest))
        })
    };
    egui::Grid::new("readings").num_columns(3).spacing([10.0, 2.0]).show(ui, |ui| {
        for (index, curve, nearest) in read().take(MAX_READINGS) {
            swatch_ui(ui, color(tokens, index), &curve.name);
            let error = curve.errors.get(nearest).map(|error| format!(" ± {}", format::error(*error)));
            let [x, y] = curve.points[nearest];
            ui.label(format!("{}{}", format::exact(y), error.unwrap_or_default()));
            ui.colored_label(tokens.weak.0, format!("at {}", format::exact(x)));
            ui.end_row();
        }
    });
    let num_more = read().count().saturating_sub(MAX_READINGS);
    if num_more > 0 {
        ui.colored_label(tokens.weak.0, format!("and {num_more} more"));
    }
}

/// The point that stands nearest on the horizontal axis.
fn nearest(points: &[PlotPoint], at: f64) -> Option<usize> {
    let distance = |index: &usize| (points[*index].x - at).abs();
    let seen = (0..points.len()).filter(|index| points[*index].x.is_finite());
    seen.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<[f64; 2]>) -> FoundChart {
        let curve = Curve { name: "pairs".to_owned(), errors: vec![0.5; points.len()], points };
        FoundChart {
            title: "Trace".to_owned(), x_label: "σ".to_owned(), log_x: true, log_y: true, curves: vec![curve]
        }
    }

    #[test]
    fn the_nearest_point_is_that_on_the_axis_as_it_is_drawn() {
        let chart = chart(vec![[0.001, 1.0], [0.1, 2.0], [1.0, 3.0]]);
        let placed = Placed::new(&chart, &chart.curves[0]);
        // 0.015 is nearer to 0.001 by its value and to 0.1 by its logarithm.
        assert_eq!(nearest(&placed.points, 0.015_f64.log10()), Some(1));
    }

    #[test]
    fn what_a_logarithm_cannot_take_is_a_gap_and_counted() {
        let chart = chart(vec![[0.01, 1.0], [0.02, -2.0], [0.0, 1.0], [0.1, 3.0], [0.2, f64::NAN]]);
        let placed = Placed::new(&chart, &chart.curves[0]);
        let seen: Vec<bool> = placed.points.iter().map(|point| point.y.is_finite()).collect();
        assert_eq!((seen, placed.left_out), (vec![true, false, false, true, false], 2));
        assert!(placed.band[1][1].is_nan() && placed.band[1][0].is_finite());
        let figure = figure(&chart, &CurvesMemory::default(), Vec::new(), false);
        assert_eq!(figure.remarks.len(), 1, "the picture says it too");
    }
}
