//! Steps a second since the runs started.

use egui_plot::{AxisHints, Line, PlotPoint, PlotPoints};

use super::chart::{axis_style, base_plot};
use super::export::{self, Exports};
use super::title::{Title, titled_ui};
use super::{Charts, axes};
use crate::session::export::{ChartFigure, ChartSeries};
use crate::ui::format;
use crate::ui::history::blocks;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;
use crate::ui::theme::Tokens;
use crate::ui::view::View;
use crate::ui::widgets;

const TITLE: &str = "Steps per second";
const NOTE: &str = "all runs together, over seconds since the start";
/// Blocks that the line is reduced to.
const MAX_BLOCKS: usize = 480;

impl Charts {
    /// Draws the tab.
    pub(super) fn speed_ui(&mut self, ui: &mut egui::Ui, model: &Model, view: &mut View) {
        titled_ui(ui, Title { text: TITLE, note: NOTE, term: None }, |ui| {
            export::menu_ui(ui, TITLE, view, Exports { figure: |is_dark| figure(model, is_dark), csv: || csv(model) });
        });
        let Some(last) = model.speeds.last() else {
            widgets::small_weak_ui(ui, "No speed yet: it is told while runs train.");
            return;
        };
        let points = &mut self.speed_points;
        points.clear();
        let rows = model.speeds.rows();
        let closed = model.speeds.num_closed();
        let mut top: f64 = 0.0;
        blocks(0..closed, closed, MAX_BLOCKS, |level, block| {
            let envelope = model.speeds.envelope(level, block, 0);
            if envelope.count > 0 {
                let x = rows[block << level].seconds;
                points.push(PlotPoint::new(x, f64::from(envelope.low)));
                points.push(PlotPoint::new(x, f64::from(envelope.high)));
                top = top.max(f64::from(envelope.high));
            }
        });
        if last.steps_per_second.is_finite() {
            points.push(PlotPoint::new(last.seconds, last.steps_per_second));
            top = top.max(last.steps_per_second);
        }
        let x = axis_style(ui, AxisHints::new_x()).formatter(|mark, _| axes::label(mark.value));
        let y = axis_style(ui, AxisHints::new_y()).formatter(|mark, _| axes::label(mark.value));
        let plot = base_plot(ui, "speed")
            .y_axis_min_width(38.0)
            .x_grid_spacer(axes::continuous_x)
            .y_grid_spacer(axes::linear_y)
            .custom_x_axes(vec![x])
            .custom_y_axes(vec![y]);
        let color = Tokens::of(ui).text.0;
        let end = (1.03 * last.seconds).max(1.0);
        let shown = plot.show(ui, |plot_ui| {
            plot_ui.set_plot_bounds_x(0.0..=end);
            plot_ui.set_plot_bounds_y(0.0..=(1.1 * top).max(1.0));
            plot_ui.line(Line::new("", PlotPoints::Borrowed(points)).color(color).width(1.5).allow_hover(false));
        });
        widgets::name(&shown.response, egui::Role::Image, "Chart of Steps per second");
        if let Some(pos) = shown.response.hover_pos() {
            let at = shown.transform.value_from_position(pos).x;
            let index = rows.partition_point(|row| row.seconds < at).min(rows.len() - 1);
            let (speed, seconds) = (format::number(rows[index].steps_per_second), format::number(rows[index].seconds));
            shown.response.on_hover_text_at_pointer(format!("{speed} steps/s at {seconds} s"));
        }
    }
}

fn figure(model: &Model, is_dark: bool) -> ChartFigure {
    let points = model.speeds.rows().iter().map(|row| [row.seconds, row.steps_per_second]);
    let color = export::rgb(export::tokens(is_dark).text.0);
    let line = ChartSeries { color, width: 2.0, opacity: 1.0, points: points.collect(), ..ChartSeries::default() };
    ChartFigure {
        title: TITLE.to_owned(),
        note: NOTE.to_owned(),
        x_label: "Seconds since the start".to_owned(),
        series: vec![line],
        provenance: export::provenance(model, &model.runs.iter().collect::<Vec<&RunView>>()),
        is_dark,
        ..ChartFigure::default()
    }
}

fn csv(model: &Model) -> String {
    let rows = model.speeds.rows().iter().map(|row| format!("{},{}\n", row.seconds, row.steps_per_second));
    std::iter::once("seconds,steps_per_second\n".to_owned()).chain(rows).collect()
}
