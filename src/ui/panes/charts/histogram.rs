//! A histogram with marked values.

use std::borrow::Cow;

use egui::{FontId, Stroke, pos2};
use egui_plot::{Bar, BarChart, PlotTransform};

use super::export::{self, Exports};
use super::save::{Out, Table};
use crate::export::{ChartFigure, ChartSeries, ChartStroke};
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::chart::axes::Spacing;
use crate::ui::plots::chart::picture;
use crate::ui::plots::chart::plot::{Axes, TICK_SIZE, plot_ui};
use crate::ui::plots::chart::remarks::empty_ui;
use crate::ui::plots::chart::title::{Title, title_ui, titled_ui};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Bins of a saved picture.
const PICTURE_BINS: usize = 40;

/// A value to mark with a line and a label.
pub struct Mark {
    /// Where.
    pub value: f64,
    /// What it is; the number is added.
    pub name: Cow<'static, str>,
    /// Dashed, for values that were not measured on these samples.
    pub is_dashed: bool,
}

/// Counts of values in equal bins.
#[derive(Debug, PartialEq)]
struct Bins {
    low: f64,
    width: f64,
    counts: Vec<usize>,
    /// Values that are not finite.
    left_out: usize,
}

impl Bins {
    fn highest(&self) -> usize {
        self.counts.iter().copied().max().unwrap_or(1)
    }
}

/// Sorts values into `count` bins from the least to the greatest; `None` without finite values.
fn bins(values: &[f32], count: usize) -> Option<Bins> {
    let finite = || values.iter().map(|value| f64::from(*value)).filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return None;
    }
    let width = if high > low { (high - low) / count as f64 } else { low.abs().max(1e-12) * 0.1 };
    let mut counts = vec![0; count];
    let mut in_bins = 0;
    for value in finite() {
        counts[(((value - low) / width) as usize).min(count - 1)] += 1;
        in_bins += 1;
    }
    Some(Bins { low, width, counts, left_out: values.len() - in_bins })
}

/// A histogram with its title and what it is saved with.
pub struct Histogram<'a> {
    /// Distinguishes histograms.
    pub id: &'static str,
    /// Its title line.
    pub title: Title<'a>,
    /// The run whose samples they are.
    pub run: &'a RunView,
    /// The samples.
    pub values: &'a [f32],
    /// Values to mark.
    pub marks: &'a [Mark],
}

impl Histogram<'_> {
    /// Draws it in all of `ui`.
    pub fn ui(&self, ui: &mut egui::Ui, model: &Model, out: &mut Out<'_>) {
        if self.values.is_empty() {
            title_ui(ui, self.title);
        } else {
            titled_ui(ui, self.title, |ui| {
                let (figure, csv) = (|is_dark| self.figure(model, is_dark), || Table::of(self.csv()));
                export::menu_ui(ui, self.title.text, out, Exports { figure, csv, stride: 1 });
            });
        }
        let count = ((ui.available_width() / 9.0) as usize).clamp(8, 40);
        let Some(bins) = bins(self.values, count) else {
            empty_ui(ui, self.title.text, "no samples yet");
            return;
        };
        let (transform, response) = self.plot_ui(ui, &bins);
        marks_ui(ui, &transform, self.marks);
        let hover = response.hover_pos().map(|pos| transform.value_from_position(pos).x);
        if let Some(index) = hover.map(|x| ((x - bins.low) / bins.width).floor()).filter(|index| *index >= 0.0)
            && let Some(count) = bins.counts.get(index as usize)
        {
            let start = bins.low + index * bins.width;
            response.on_hover_text_at_pointer(format!(
                "{count} of {} samples from {} to {}",
                self.values.len() - bins.left_out,
                format::number(start),
                format::number(start + bins.width)
            ));
        }
    }

    fn plot_ui(&self, ui: &mut egui::Ui, bins: &Bins) -> (PlotTransform, egui::Response) {
        let color = self.run.color(Tokens::of(ui)).gamma_multiply(0.75);
        let bars = bins.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(i, count)| {
            let center = bins.low + (i as f64 + 0.5) * bins.width;
            Bar::new(center, *count as f64).width(0.86 * bins.width).fill(color).stroke(Stroke::NONE)
        });
        let chart = BarChart::new("", bars.collect()).allow_hover(false);
        let marked = self.marks.iter().map(|mark| mark.value).filter(|value| value.is_finite());
        let ends = [bins.low, bins.low + bins.width * bins.counts.len() as f64];
        let [low, high] = marked.fold(ends, |[low, high], value| [low.min(value), high.max(value)]);
        let margin = 0.02 * (high - low);
        // Labels of marks stand above the bars.
        let headroom = 1.04 + 0.13 * self.marks.len() as f64;
        let axes = Axes {
            name: "loss difference",
            x: Spacing::Even,
            y: Spacing::Whole,
            ranges: [[low - margin, high + margin], [0.0, headroom * bins.highest() as f64]],
        };
        let label = format!("Histogram of {}", self.title.text);
        plot_ui(ui, self.id, &label, axes, |plot_ui| plot_ui.bar_chart(chart))
    }

    /// Its picture: bars as one area with steps, marks as lines.
    fn figure(&self, model: &Model, is_dark: bool) -> ChartFigure {
        let tokens = picture::tokens(is_dark);
        let mut series = Vec::new();
        let mut top = 1.0;
        if let Some(bins) = bins(self.values, PICTURE_BINS) {
            top = 1.06 * bins.highest() as f64;
            let steps = bins.counts.iter().enumerate().flat_map(|(i, count)| {
                let left = bins.low + i as f64 * bins.width;
                [[left, 0.0, *count as f64], [left + bins.width, 0.0, *count as f64]]
            });
            let color = picture::rgb(self.run.color(tokens));
            let name = format!("samples of {}", self.run.name());
            series.push(ChartSeries { name, color, opacity: 0.75, band: steps.collect(), ..ChartSeries::default() });
        }
        for mark in self.marks.iter().filter(|mark| mark.value.is_finite()) {
            let color = if mark.is_dashed { tokens.marker.0 } else { tokens.text.0 };
            series.push(ChartSeries {
                name: format!("{} {}", mark.name, format::number(mark.value)),
                color: picture::rgb(color),
                width: 2.0,
                stroke: if mark.is_dashed { ChartStroke::Dashed } else { ChartStroke::Solid },
                opacity: 1.0,
                points: vec![[mark.value, 0.0], [mark.value, top]],
                ..ChartSeries::default()
            });
        }
        ChartFigure {
            title: format!("{}, number of samples", self.title.text),
            note: self.title.note.to_owned(),
            x_label: "Loss difference".to_owned(),
            y_range: Some([0.0, top]),
            series,
            provenance: export::provenance(model, &[self.run]),
            is_dark,
            ..ChartFigure::default()
        }
    }

    /// All samples.
    fn csv(&self) -> String {
        let header = format!("{}\n", picture::quoted(&format!("{}, {}", self.run.name(), self.title.text)));
        std::iter::once(header).chain(self.values.iter().map(|value| format!("{value}\n"))).collect()
    }
}

fn marks_ui(ui: &egui::Ui, transform: &PlotTransform, marks: &[Mark]) {
    let tokens = Tokens::of(ui);
    let frame = *transform.frame();
    let painter = ui.painter().with_clip_rect(frame);
    let mut top = frame.top();
    for mark in marks.iter().filter(|mark| mark.value.is_finite()) {
        let x = transform.position_from_point_x(mark.value);
        let color = if mark.is_dashed { tokens.marker.0 } else { tokens.text.0 };
        let ends = [pos2(x, frame.top()), pos2(x, frame.bottom())];
        if mark.is_dashed {
            painter.extend(egui::Shape::dashed_line(&ends, Stroke::new(1.2, color), 3.0, 3.0));
        } else {
            painter.line_segment(ends, Stroke::new(1.2, color));
        }
        let text = format!("{} {}", mark.name, format::number(mark.value));
        // In a narrow chart in two lines: what it says belongs together.
        let galley = painter.layout(text, FontId::proportional(TICK_SIZE), color, frame.width());
        let is_at_right = x + 5.0 + galley.size().x <= frame.right();
        let left = if is_at_right { x + 5.0 } else { (x - 5.0 - galley.size().x).max(frame.left()) };
        let place = egui::Rect::from_min_size(pos2(left, top), galley.size());
        painter.rect_filled(place.expand2(egui::vec2(2.0, 0.0)), 2.0, tokens.background.0.gamma_multiply(0.85));
        top += place.height().max(13.0);
        painter.galley(place.min, galley, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let values = [0.0, 1.0, 0.5, f32::NAN, 0.25, f32::INFINITY, 1.0];
        let bins = bins(&values, 4).unwrap();
        assert_eq!(bins.counts, [1, 1, 1, 2]);
        assert_eq!(bins.left_out, 2);
    }

    #[test]
    fn poor_samples_are_no_problem() {
        assert_eq!(bins(&[], 5), None);
        assert_eq!(bins(&[f32::NAN], 5), None);
        assert_eq!(bins(&[0.0; 3], 5).unwrap().counts.iter().sum::<usize>(), 3);
    }

    #[test]
    fn a_saved_picture_has_all_samples_and_marks() {
        use crate::config::{Knobs, OptimizerKind, builtin_experiments};
        use crate::protocol::{Origin, RunId, RunInfo};
        let experiment = builtin_experiments().into_iter().next().expect("there are experiments");
        let model = Model::new(experiment);
        let knobs = Knobs::default();
        let run = RunView::new(RunInfo {
            run: RunId(0),
            optimizer: OptimizerKind::Nso,
            seed: 0,
            knobs,
            origin: Origin::Initial,
        });
        let values: Vec<f32> = (0..100).map(|i| (i * i) as f32 * 1e-4).collect();
        let marks = [Mark { value: 0.33, name: "mean".into(), is_dashed: false }];
        let title = Title { text: "Odd part", note: "(L(w+U) − L(w−U))/2", term: None };
        let histogram = Histogram { id: "odd", title, run: &run, values: &values, marks: &marks };
        let figure = histogram.figure(&model, true);
        let samples: f64 = figure.series[0].band.iter().step_by(2).map(|[_, _, count]| count).sum();
        assert_eq!(samples, 100.0);
        assert!(figure.series[0].band.windows(2).all(|pair| pair[0][0] <= pair[1][0] + 1e-12));
        assert_eq!(figure.series[1].points[0], [0.33, 0.0]);
        assert!(crate::export::chart_png(&figure).is_ok());
    }
}
