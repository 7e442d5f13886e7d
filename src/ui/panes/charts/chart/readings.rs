//! The line under the pointer in all charts of an axis, and what all runs read there.

use egui::Ui;
use egui_plot::PlotTransform;

use super::{Chart, Series, YAxis};
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::panes::charts::markers;
use crate::ui::panes::charts::memory::ChartMemory;
use crate::ui::panes::charts::quantity::{Reading, XAxis};
use crate::ui::plots::chart::axes::on_axis;
use crate::ui::plots::chart::legend::swatch_ui;
use crate::ui::plots::chart::plot::vertical;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Lines that are read out at most: those nearest to the pointer.
const MAX_READINGS: usize = 12;

/// What a line reads at a place.
struct Read<'a> {
    series: &'a Series,
    run: &'a RunView,
    reading: Reading,
    smooth: Option<f64>,
}

impl Chart {
    /// Draws the line, and the readings where the pointer is on this chart.
    pub fn hover_ui(
        &self,
        ui: &Ui,
        model: &Model,
        memory: &mut ChartMemory,
        transform: &PlotTransform,
        response: egui::Response,
    ) {
        let pointer = response.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let here = pointer.map(|pos| transform.value_from_position(pos));
        if self.x_axis.ascends() {
            memory.hover_line(ui, transform, here.map(|here| here.x));
        } else if let Some(here) = here {
            vertical(ui, transform, here.x);
        }
        let (Some(here), Some(pos)) = (here, pointer) else { return };
        let edits = if self.x_axis.ascends() {
            markers::near(transform, model, memory, self.marked(), pos.x)
        } else {
            Vec::new()
        };
        if !response.dragged() {
            response.on_hover_ui_at_pointer(|ui| {
                markers::edits_ui(ui, &edits);
                self.readings_ui(ui, model, memory, [here.x, here.y]);
            });
        }
    }

    fn readings_ui(&self, ui: &mut Ui, model: &Model, memory: &ChartMemory, [x, y]: [f64; 2]) {
        let weak = Tokens::of(ui).weak.0;
        ui.colored_label(weak, place(self.x_axis, x));
        let (read, num_more) = self.nearest(model, memory, [x, y]);
        egui::Grid::new("readings").num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
            for Read { series, run, reading, smooth } in read {
                let name = format!("{} {}", run.name(), series.name);
                swatch_ui(ui, run.color(Tokens::of(ui)), name.trim());
                ui.label(self.words(reading));
                let mut about = match reading.effort {
                    Some(effort) => effort.words_at(reading.step),
                    None => format!("step {}", format::grouped(reading.step)),
                };
                if let Some(smooth) = smooth.filter(|smooth| smooth.is_finite()) {
                    let shown = self.words(Reading { value: smooth, stderr: 0.0, ..reading });
                    about = format!("smoothed {shown} · {about}");
                }
                let is_smoothed = self.smoothing_of(series, memory) > 0.0;
                let pen = if is_smoothed { series.pen.smoothed() } else { series.pen };
                if !pen.name().is_empty() {
                    about = format!("{about} · {}", pen.name());
                }
                ui.colored_label(weak, about);
                ui.end_row();
            }
        });
        if num_more > 0 {
            ui.colored_label(weak, format!("and {num_more} more, further from the pointer"));
        }
    }

    /// The lines that are nearest to the pointer, in their order, and how many others there are.
    fn nearest<'a>(&'a self, model: &'a Model, memory: &ChartMemory, [x, y]: [f64; 2]) -> (Vec<Read<'a>>, usize) {
        let is_log = self.is_log(memory);
        let read = self.series.iter().filter_map(|series| {
            let run = model.run(series.run)?;
            let smoothing = self.smoothing_of(series, memory);
            let (reading, smooth) = memory.cache.reading(run, self.key(series, is_log), smoothing, x)?;
            (!reading.value.is_nan()).then_some(Read { series, run, reading, smooth })
        });
        let mut read: Vec<(f64, usize, Read)> = read
            .enumerate()
            .map(|(index, read)| {
                let distance = (on_axis(read.reading.value, is_log) - y).abs();
                (if distance.is_nan() { f64::INFINITY } else { distance }, index, read)
            })
            .collect();
        let num_more = read.len().saturating_sub(MAX_READINGS);
        if num_more > 0 {
            read.sort_by(|a, b| a.0.total_cmp(&b.0));
            read.truncate(MAX_READINGS);
            read.sort_by_key(|(_, index, _)| *index);
        }
        (read.into_iter().map(|(.., read)| read).collect(), num_more)
    }

    fn words(&self, reading: Reading) -> String {
        let Reading { value, stderr, .. } = reading;
        match self.y_axis {
            YAxis::Percent => format!("{}\u{a0}%", format::exact(100.0 * value)),
            _ if stderr > 0.0 => format!("{} ± {}", format::exact(value), format::error(stderr)),
            _ => format::exact(value),
        }
    }
}

/// A place on an axis in words.
pub fn place(axis: XAxis, x: f64) -> String {
    let whole = || format::grouped(x.max(0.0).round() as u64);
    match axis {
        XAxis::Step => format!("step {}", whole()),
        XAxis::GradientEvaluations => format!("{} gradient evaluations", whole()),
        XAxis::Seconds => format!("{} s of training", format::number(x.max(0.0))),
        XAxis::TrainLoss => format!("near training loss {}", format::number(10_f64.powf(x))),
    }
}
