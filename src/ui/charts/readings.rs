//! The line under the pointer in all charts of an axis, and what all runs read there.

use egui::Stroke;
use egui_plot::PlotTransform;

use super::chart::{Chart, Pen, YAxis};
use super::markers;
use super::navigation::ChartMemory;
use super::quantity::{Reading, XAxis};
use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::theme::Tokens;

impl Chart {
    /// Draws the line, and the readings where the pointer is on this chart.
    pub fn hover_ui(
        &self,
        ui: &egui::Ui,
        model: &Model,
        memory: &mut ChartMemory,
        transform: &PlotTransform,
        response: egui::Response,
    ) {
        let pointer = response.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let here = pointer.map(|pos| transform.value_from_position(pos).x);
        let shared = if self.x_axis.ascends() { memory.shared_hover() } else { None };
        if let Some(x) = here.filter(|_| self.x_axis.ascends()) {
            memory.share_hover(x);
        }
        if let Some(x) = here.or(shared) {
            let x_px = transform.position_from_point_x(x);
            if transform.frame().x_range().contains(x_px) {
                let stroke = Stroke::new(1.0, Tokens::of(ui).weak.0.gamma_multiply(0.6));
                ui.painter().vline(x_px, transform.frame().y_range(), stroke);
            }
        }
        if let (Some(x), Some(pos)) = (here, pointer) {
            let is_dragged = response.dragged();
            let edits = if self.x_axis.ascends() {
                markers::near(transform, model, memory, self.x_axis, pos.x)
            } else {
                Vec::new()
            };
            if !is_dragged {
                response.on_hover_ui_at_pointer(|ui| {
                    for edit in &edits {
                        ui.colored_label(Tokens::of(ui).marker.0, edit);
                    }
                    self.readings_ui(ui, model, memory, x);
                });
            }
        }
    }

    fn readings_ui(&self, ui: &mut egui::Ui, model: &Model, memory: &ChartMemory, x: f64) {
        let tokens = Tokens::of(ui);
        let weak = tokens.weak.0;
        let whole = || format::grouped(x.max(0.0).round() as u64);
        let place = match self.x_axis {
            XAxis::Step => format!("step {}", whole()),
            XAxis::GradientEvaluations => format!("{} gradient evaluations", whole()),
            XAxis::Seconds => format!("{} s of training", format::number(x.max(0.0))),
            XAxis::TrainLoss => format!("near training loss {}", format::number(10_f64.powf(x))),
        };
        ui.colored_label(weak, place);
        egui::Grid::new("readings").num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
            for series in &self.series {
                let Some(run) = model.run(series.run) else { continue };
                let key = self.key(series, self.is_log(memory));
                let Some((reading, smooth)) = memory.cache.reading(run, key, memory.smoothing, x) else { continue };
                if reading.value.is_nan() {
                    continue;
                }
                ui.colored_label(run.color(tokens), format!("{} {}", run.name(), series.name).trim());
                ui.label(self.words(reading));
                let mut about = format!("step {}", format::grouped(reading.step));
                if let Some(smooth) = smooth.filter(|smooth| smooth.is_finite()) {
                    let shown = self.words(Reading { value: smooth, stderr: 0.0, ..reading });
                    about = format!("smoothed {shown} · {about}");
                }
                if series.pen == Pen::Dashed {
                    about += " · dashed";
                }
                ui.colored_label(weak, about);
                ui.end_row();
            }
        });
    }

    fn words(&self, reading: Reading) -> String {
        let Reading { value, stderr, .. } = reading;
        match self.y_axis {
            YAxis::Percent => format::percent(value),
            _ if stderr > 0.0 => format!("{} ± {}", format::number(value), format::error(stderr)),
            _ => format::number(value),
        }
    }
}
