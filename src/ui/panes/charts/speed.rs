//! Steps a second since the runs started.

use egui_plot::PlotPoint;

use super::Charts;
use super::export::{self, Exports};
use super::save::{Out, Table};
use crate::export::{ChartFigure, ChartSeries};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::plots::chart::axes::Spacing;
use crate::ui::plots::chart::navigation::Views;
use crate::ui::plots::chart::paint::{self, Pen};
use crate::ui::plots::chart::picture;
use crate::ui::plots::chart::plot::{Axes, plot_ui, vertical};
use crate::ui::plots::chart::title::{Title, titled_ui};
use crate::ui::state::history::blocks;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

const TITLE: &str = "Steps per second";
const NOTE: &str = "all runs together";
/// Blocks that the line is reduced to.
const MAX_BLOCKS: usize = 480;

impl Charts {
    /// Draws the tab.
    pub(super) fn speed_ui(&mut self, ui: &mut egui::Ui, model: &Model, asks: &mut Asks) {
        titled_ui(ui, Title { text: TITLE, note: NOTE, term: None }, |ui| {
            let (figure, csv) = (|is_dark| figure(model, is_dark), || Table::of(csv(model)));
            let out = &mut Out { maker: &mut self.maker, asks };
            export::menu_ui(ui, TITLE, out, Exports { figure, csv, stride: model.speed.rows.stride() });
        });
        let Some(last) = model.speed.rows.last() else {
            widgets::small_weak_ui(ui, "No speed yet: it is told while runs train.");
            return;
        };
        let views = Views::own("speed");
        let zooms = &self.memory.zooms;
        let seconds = zooms.of(views.x).unwrap_or([0.0, (1.03 * last.seconds).max(1.0)]);
        let top = self.take_speeds(model, seconds);
        let zooms = &mut self.memory.zooms;
        let axes = Axes {
            name: "seconds since the start",
            x: Spacing::Even,
            y: Spacing::Even,
            ranges: [seconds, zooms.of(views.y).unwrap_or([0.0, (1.1 * top).max(1.0)])],
        };
        let (transform, response) = plot_ui(ui, "speed", "Chart of Steps per second", axes, |_| {});
        let painter = ui.painter().with_clip_rect(transform.frame().intersect(ui.clip_rect()));
        paint::line(&painter, &transform, &self.speed_points, Pen::Solid, Tokens::of(ui).text.0);
        zooms.navigate(ui, views, &transform, &response);
        if let Some(pos) = response.hover_pos().filter(|pos| transform.frame().contains(*pos)) {
            let at = transform.value_from_position(pos).x;
            vertical(ui, &transform, at);
            let rows = model.speed.rows.rows();
            let index = rows.partition_point(|row| row.seconds < at).min(rows.len() - 1);
            let (speed, seconds) = (format::exact(rows[index].steps_per_second), format::number(rows[index].seconds));
            response.on_hover_text_at_pointer(format!("{speed} steps/s at {seconds} s"));
        }
    }

    /// Reduces the speeds to the points of the line; returns the greatest of those between two times.
    fn take_speeds(&mut self, model: &Model, [from, to]: [f64; 2]) -> f64 {
        let points = &mut self.speed_points;
        points.clear();
        let rows = model.speed.rows.rows();
        let start = rows.partition_point(|row| row.seconds < from).saturating_sub(1);
        let end = (rows.partition_point(|row| row.seconds <= to) + 1).min(rows.len());
        let closed = model.speed.rows.num_closed();
        let mut top: f64 = 0.0;
        blocks(start.min(end)..end, closed, MAX_BLOCKS, |level, block| {
            let envelope = model.speed.rows.envelope(level, block, 0);
            if envelope.count > 0 {
                let x = rows[block << level].seconds;
                points.push(PlotPoint::new(x, f64::from(envelope.low)));
                points.push(PlotPoint::new(x, f64::from(envelope.high)));
                top = top.max(f64::from(envelope.high));
            }
        });
        if let Some(last) = rows.last().filter(|last| end == rows.len() && last.steps_per_second.is_finite()) {
            points.push(PlotPoint::new(last.seconds, last.steps_per_second));
            top = top.max(last.steps_per_second);
        }
        top
    }
}

fn figure(model: &Model, is_dark: bool) -> ChartFigure {
    let points = model.speed.rows.rows().iter().map(|row| [row.seconds, row.steps_per_second]);
    let color = picture::rgb(picture::tokens(is_dark).text.0);
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
    let rows = model.speed.rows.rows().iter().map(|row| format!("{},{}\n", row.seconds, row.steps_per_second));
    std::iter::once("seconds,steps_per_second\n".to_owned()).chain(rows).collect()
}
