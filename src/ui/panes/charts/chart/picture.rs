//! A chart as a picture, as it is seen now.

use super::{Chart, YAxis};
use crate::export::{ChartFigure, ChartMarker, ChartSeries, ChartStroke};
use crate::ui::panes::charts::export::provenance;
use crate::ui::panes::charts::markers;
use crate::ui::panes::charts::memory::ChartMemory;
use crate::ui::plots::chart::paint::Pen;
use crate::ui::plots::chart::picture::{rgb, tokens};
use crate::ui::plots::chart::remarks::left_out_words;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

impl Chart {
    /// Its picture as it is seen now.
    pub fn figure(&self, model: &Model, memory: &ChartMemory, is_dark: bool) -> ChartFigure {
        let (is_log, log_x) = (self.is_log(memory), !self.x_axis.ascends());
        let mut runs: Vec<&RunView> = Vec::new();
        let mut series = Vec::new();
        for line in &self.series {
            let (Some(run), Some(data)) = (model.run(line.run), memory.cache.line(self.key(line, is_log))) else {
                continue;
            };
            if !runs.iter().any(|other| other.info.run == run.info.run) {
                runs.push(run);
            }
            let value = |at: f64, is_log: bool| if is_log { 10_f64.powf(at) } else { at };
            let point = |point: &egui_plot::PlotPoint| [value(point.x, log_x), value(point.y, is_log)];
            let [xs, lows, highs] = &data.band;
            let edges = xs.iter().zip(lows).zip(highs);
            let raw = ChartSeries {
                name: format!("{} {}", run.name(), line.name).trim().to_owned(),
                color: rgb(run.color(tokens(is_dark))),
                width: width(line.pen),
                stroke: stroke(line.pen),
                has_dots: matches!(line.pen, Pen::Dots | Pen::Marks),
                opacity: opacity(line.pen),
                points: data.points.iter().map(point).collect(),
                band: edges
                    .filter(|_| line.has_band)
                    .map(|((x, low), high)| [*x, value(*low, is_log), value(*high, is_log)])
                    .collect(),
            };
            if data.smooth_points.is_empty() {
                series.push(raw);
            } else {
                let points = data.smooth_points.iter().map(point).collect();
                let stroke = stroke(line.pen.smoothed());
                let smooth = ChartSeries { points, band: Vec::new(), stroke, ..raw.clone() };
                let smooth = match line.pen.is_wide() {
                    true => smooth,
                    false => ChartSeries { width: 2.4, opacity: 1.0, ..smooth },
                };
                let (name, stroke) = (String::new(), ChartStroke::Solid);
                series.push(ChartSeries { name, width: 1.2, stroke, opacity: 0.28, ..raw });
                series.push(smooth);
            }
        }
        let real = |range: [f64; 2], is_log: bool| range.map(|end| if is_log { 10_f64.powf(end) } else { end });
        ChartFigure {
            title: self.title.to_owned(),
            // The picture says by itself whether its axis is logarithmic.
            note: self.note(memory, false),
            x_label: self.x_axis.label().to_owned(),
            x_range: Some(real(self.x_range(model, memory, is_log), log_x)),
            y_range: Some(real(self.y_range(model, memory, is_log), is_log)),
            log_x,
            log_y: is_log,
            is_percent: self.y_axis == YAxis::Percent,
            series,
            markers: self.picture_markers(model, memory, is_dark),
            remarks: self.remarks(model, memory, is_log),
            provenance: provenance(model, &runs),
            is_dark,
        }
    }

    /// The markers of its runs.
    fn picture_markers(&self, model: &Model, memory: &ChartMemory, is_dark: bool) -> Vec<ChartMarker> {
        if !self.x_axis.ascends() {
            return Vec::new();
        }
        let is_drawn = |run: &&RunView| self.series.iter().any(|series| series.run == run.info.run);
        markers::of_runs(model, memory.shown(model).filter(is_drawn), self.marked(), tokens(is_dark))
    }

    /// How its picture is to be read, and what it does not show.
    fn remarks(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> Vec<String> {
        let mut remarks: Vec<String> = self.caption.map(str::to_owned).into_iter().collect();
        let smoothing = self.smoothing(memory);
        if smoothing > 0.0 {
            remarks.push(format!("Smoothed with weight {smoothing:.3}, the raw lines faint."));
        }
        let left_out = self.left_out(memory, is_log);
        if left_out > 0 {
            remarks.push(format!("{}: a logarithmic axis cannot show them.", left_out_words(left_out)));
        }
        if let Some(hidden) = self.hidden_edges(model, memory, is_log) {
            remarks.push(format!("Beyond the axis: {hidden}."));
        }
        remarks
    }
}

const fn stroke(pen: Pen) -> ChartStroke {
    match pen {
        Pen::Dashed | Pen::WideDashed => ChartStroke::Dashed,
        Pen::Dotted | Pen::WideDotted => ChartStroke::Dotted,
        Pen::Marks => ChartStroke::None,
        Pen::Solid | Pen::Thin | Pen::Faint | Pen::Dots | Pen::Wide => ChartStroke::Solid,
    }
}

const fn width(pen: Pen) -> f64 {
    match pen {
        Pen::Thin => 1.2,
        pen if pen.is_wide() => 5.0,
        _ => 2.4,
    }
}

const fn opacity(pen: Pen) -> f64 {
    match pen {
        Pen::Thin => 0.7,
        pen if pen.is_wide() => 0.6,
        _ => 1.0,
    }
}
