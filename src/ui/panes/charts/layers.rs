//! The trace of each parameter tensor over the course of a run, as areas that stand on each other.

use std::collections::HashMap;

use egui::{Color32, RichText, UiBuilder};

use super::export::{self, Exports};
use super::quantity::{XAxis, evaluations_at, seconds_at};
use super::save::{Out, Table};
use super::{Charts, markers};
use crate::export::{ChartFigure, ChartSeries};
use crate::protocol::{Command, Estimate, LayerTraceRow, RunId};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::dated::Dated;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::plots::chart::axes::Spacing;
use crate::ui::plots::chart::legend::swatch_ui;
use crate::ui::plots::chart::navigation::Views;
use crate::ui::plots::chart::paint;
use crate::ui::plots::chart::picture::{self, quoted};
use crate::ui::plots::chart::plot::{Axes, plot_ui};
use crate::ui::plots::chart::title::{Title, titled_ui};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Tensors with an area of their own; the rest stand together.
const MAX_AREAS: usize = 7;
/// Points of an area at most.
const MAX_POINTS: usize = 300;
const LIST_WIDTH: f32 = 250.0;

/// The areas of one run, computed again when its rows or the axis changed.
#[derive(Debug, Default)]
pub struct LayerStack {
    stamp: Option<(RunId, u64, u64, XAxis)>,
    xs: Vec<f64>,
    /// The tensors of each area: one, or the rest.
    groups: Vec<Vec<usize>>,
    /// Upper edge of each area; the lower edge is that of the one before.
    edges: Vec<Vec<f64>>,
    /// Estimates below 0, which an area cannot show.
    negative: usize,
    /// The colour of each tensor that had an area of its own: it keeps it, whichever areas there are.
    colors: HashMap<usize, usize>,
}

impl LayerStack {
    fn update(&mut self, run: &RunView, axis: XAxis) {
        let clock = if axis == XAxis::Step { 0 } else { run.steps.version() };
        let stamp = Some((run.info.run, run.layers.version(), clock, axis));
        if self.stamp == stamp {
            return;
        }
        let rows = run.layers.rows();
        let stride = rows.len().div_ceil(MAX_POINTS).max(1);
        let mut shown: Vec<&LayerTraceRow> = rows.iter().step_by(stride).collect();
        if let Some(last) = rows.last()
            && shown.last().is_none_or(|row| row.step != last.step)
        {
            shown.push(last);
        }
        let steps = run.steps.rows();
        let place = |row: &&LayerTraceRow| match axis {
            XAxis::GradientEvaluations => evaluations_at(steps, row.step),
            XAxis::Seconds => seconds_at(steps, row.step),
            XAxis::Step | XAxis::TrainLoss => row.step as f64,
        };
        let is_same_run = self.stamp.is_some_and(|stamp| stamp.0 == run.info.run);
        let colors = if is_same_run { std::mem::take(&mut self.colors) } else { HashMap::new() };
        *self = Self { stamp, xs: shown.iter().map(place).collect(), colors, ..Self::default() };
        self.stack(&shown);
    }

    /// Gives each tensor with an area a colour that no other area has; one that had a colour keeps it where it can.
    fn choose_colors(&mut self) {
        let tensors: Vec<usize> = self.groups.iter().filter(|group| group.len() == 1).map(|group| group[0]).collect();
        let mut is_taken = [false; Tokens::NUM_RUN_COLORS];
        for slot in tensors.iter().filter_map(|tensor| self.colors.get(tensor)) {
            is_taken[*slot] = true;
        }
        for tensor in tensors.iter().filter(|tensor| !self.colors.contains_key(tensor)).collect::<Vec<_>>() {
            let own = tensor % Tokens::NUM_RUN_COLORS;
            let free = (own..own + Tokens::NUM_RUN_COLORS).map(|slot| slot % Tokens::NUM_RUN_COLORS);
            let slot = free.into_iter().find(|slot| !is_taken[*slot]).unwrap_or(own);
            is_taken[slot] = true;
            self.colors.insert(*tensor, slot);
        }
        // The colours of areas that went are free for others.
        self.colors.retain(|tensor, _| tensors.contains(tensor));
    }

    fn stack(&mut self, rows: &[&LayerTraceRow]) {
        let tensors = rows.iter().map(|row| row.layers.len()).max().unwrap_or(0);
        let mean = |row: &LayerTraceRow, tensor: usize| row.layers.get(tensor).map_or(0.0, |layer| layer.mean);
        let weight = |tensor: &usize| {
            rows.iter()
                .map(|row| mean(row, *tensor))
                .filter(|mean| mean.is_finite())
                .map(|mean| mean.max(0.0))
                .sum::<f64>()
        };
        let mut order: Vec<(usize, f64)> = (0..tensors).map(|tensor| (tensor, weight(&tensor))).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let own = if tensors > MAX_AREAS + 1 { MAX_AREAS } else { tensors };
        self.groups = order[..own].iter().map(|(tensor, _)| vec![*tensor]).collect();
        // In the order of the model, so that neighbours in the network are neighbours here.
        self.groups.sort();
        if own < tensors {
            self.groups.push(order[own..].iter().map(|(tensor, _)| *tensor).collect());
        }
        self.choose_colors();
        let mut below = vec![0.0; rows.len()];
        for group in &self.groups {
            for (top, row) in below.iter_mut().zip(rows) {
                for mean in group.iter().map(|tensor| mean(row, *tensor)) {
                    if mean > 0.0 && mean.is_finite() {
                        *top += mean;
                    } else if mean < 0.0 {
                        self.negative += 1;
                    }
                }
            }
            self.edges.push(below.clone());
        }
    }

    fn bottom(&self, area: usize) -> Vec<f64> {
        area.checked_sub(1).map_or_else(|| vec![0.0; self.xs.len()], |before| self.edges[before].clone())
    }

    fn name(&self, model: &Model, area: usize) -> String {
        match &self.groups[area][..] {
            [tensor] => model.tensors.get(*tensor).cloned().unwrap_or_else(|| format!("tensor {tensor}")),
            rest => format!("{} other tensors", rest.len()),
        }
    }

    fn color(&self, tokens: &Tokens, area: usize) -> Color32 {
        match &self.groups[area][..] {
            [tensor] => self.colors.get(tensor).map_or(tokens.weak.0, |slot| tokens.run_color(*slot)),
            _ => tokens.weak.0,
        }
    }

    /// Its picture over an axis, of which a part may be zoomed.
    fn figure(
        &self,
        model: &Model,
        run: &RunView,
        (axis, x_range): (XAxis, Option<[f64; 2]>),
        note: &str,
        is_dark: bool,
    ) -> ChartFigure {
        let tokens = picture::tokens(is_dark);
        let series = self.edges.iter().enumerate().map(|(area, edge)| ChartSeries {
            name: self.name(model, area),
            color: picture::rgb(self.color(tokens, area)),
            opacity: 0.75,
            band: self.xs.iter().zip(self.bottom(area)).zip(edge).map(|((x, low), high)| [*x, low, *high]).collect(),
            ..ChartSeries::default()
        });
        ChartFigure {
            title: "Trace by tensor".to_owned(),
            note: note.to_owned(),
            x_label: axis.label().to_owned(),
            x_range,
            markers: markers::of_runs(model, std::iter::once(run), axis, tokens),
            series: series.collect(),
            provenance: export::provenance(model, &[run]),
            is_dark,
            ..ChartFigure::default()
        }
    }
}

impl Charts {
    /// Draws the tab for the selected run.
    pub(super) fn layers_ui(&mut self, ui: &mut egui::Ui, model: &Model, selected: Option<RunId>, asks: &mut Asks) {
        let run = selected.and_then(|id| model.run(id)).or_else(|| model.runs.last());
        let Some(run) = run else {
            widgets::small_weak_ui(ui, &model.waiting_for);
            return;
        };
        if run.layers.rows().is_empty() {
            let text = format!(
                "No traces by tensor of {} yet. They cost Hessian-vector products of their own, so they are off at first.",
                run.name()
            );
            widgets::small_weak_ui(ui, text);
            let button = ui.button("Measure traces by tensor");
            let hint = "The live view then measures the trace of each parameter tensor of every run.";
            if button.on_hover_text(hint).clicked() {
                asks.send(Command::SetLayerTraces(true));
            }
            if run.noise.as_ref().is_none_or(|noise| noise.layer_traces.is_empty()) {
                return;
            }
        }
        self.layers.update(run, self.x_axis);
        let whole = ui.available_rect_before_wrap();
        let list_width = LIST_WIDTH.min(0.4 * whole.width());
        let (left, right) = whole.split_left_right_at_x(whole.right() - list_width);
        let mut chart_ui =
            ui.new_child(UiBuilder::new().max_rect(left.with_max_x(left.right() - 10.0)).id_salt("stack"));
        if !run.layers.rows().is_empty() {
            self.stack_ui(&mut chart_ui, model, run, asks);
        }
        let mut list_ui = ui.new_child(UiBuilder::new().max_rect(right).id_salt("tensors"));
        self.tensors_ui(&mut list_ui, model, run);
    }

    fn stack_ui(&mut self, ui: &mut egui::Ui, model: &Model, run: &RunView, asks: &mut Asks) {
        let stack = &self.layers;
        let tokens = Tokens::of(ui);
        let mut note = format!("Hutchinson, {}, areas stand on each other", run.name());
        if stack.negative > 0 {
            note = format!("{note}; {} negative estimates drawn as 0", format::grouped(stack.negative as u64));
        }
        let title = Title { text: "Trace by tensor", note: &note, term: Some(Term::LayerTrace) };
        titled_ui(ui, title, |ui| {
            let seen = (self.x_axis, self.memory.zooms.of(Views::linked("layers").x));
            let figure = |is_dark| stack.figure(model, run, seen, &note, is_dark);
            let exports = Exports { figure, csv: || Table::of(stack_csv(model, run)), stride: 1 };
            export::menu_ui(ui, "Trace by tensor", &mut Out { maker: &mut self.maker, asks }, exports);
        });
        let views = Views::linked("layers");
        let zooms = &mut self.memory.zooms;
        let top = stack.edges.last().into_iter().flatten().copied().fold(0.0, f64::max);
        let axes = Axes {
            name: self.x_axis.axis_name(),
            x: self.x_axis.spacing(),
            y: Spacing::Even,
            ranges: [
                zooms.of(views.x).unwrap_or_else(|| [0.0, self.x_axis.end(std::iter::once(run))]),
                zooms.of(views.y).unwrap_or([0.0, (1.06 * top).max(1e-9)]),
            ],
        };
        let (transform, response) = plot_ui(ui, "layers", "Chart of Trace by tensor", axes, |_| {});
        let painter = ui.painter().with_clip_rect(transform.frame().intersect(ui.clip_rect()));
        for (area, edge) in stack.edges.iter().enumerate() {
            let color = stack.color(tokens, area).gamma_multiply(0.75);
            paint::band(&painter, &transform, [&stack.xs, &stack.bottom(area), edge], color);
        }
        markers::paint_of(ui, &transform, model, std::iter::once(run), self.x_axis);
        zooms.navigate(ui, views, &transform, &response);
        let pointer = response.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let here = pointer.map(|pos| transform.value_from_position(pos).x);
        self.memory.hover_line(ui, &transform, here);
        if let (Some(x), Some(pos)) = (here, pointer)
            && !response.dragged()
        {
            let edits = markers::near(&transform, model, &self.memory, self.x_axis, pos.x);
            response.on_hover_ui_at_pointer(|ui| {
                markers::edits_ui(ui, &edits);
                stack_readings_ui(ui, model, &self.layers, run, x);
            });
        }
    }

    /// Names, newest estimates, and those from noise pairs beside them.
    fn tensors_ui(&self, ui: &mut egui::Ui, model: &Model, run: &RunView) {
        let tokens = Tokens::of(ui);
        let stack = &self.layers;
        let title = RichText::new("Newest, by tensor").text_style(theme::title_style());
        help::term_label(ui, title, Term::LayerTrace);
        let from_noise = |name: &str| {
            let noise = run.noise.as_ref()?;
            noise.layer_traces.iter().find(|(tensor, _)| tensor == name).map(|(_, trace)| *trace)
        };
        let words = |trace: Estimate| format!("{} ± {}", format::number(trace.mean), format::error(trace.stderr));
        let steps = [run.layers.rows().last().map(|row| row.step), run.noise.as_ref().map(|noise| noise.step)];
        // The older of both says so.
        let beside = steps.into_iter().flatten().max();
        let heading = |name: &str, step: Option<u64>| {
            step.map_or_else(
                || name.to_owned(),
                |step| Dated::new(name, step).beside(beside, |name| (*name).to_owned()),
            )
        };
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            egui::Grid::new("tensors").num_columns(3).spacing([10.0, 1.0]).show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 15.0;
                widgets::small_weak_ui(ui, "tensor");
                help::term(widgets::small_weak_ui(ui, heading("Hutchinson", steps[0])), Term::Hutchinson);
                help::term(widgets::small_weak_ui(ui, heading("noise pairs", steps[1])), Term::TraceFromNoise);
                ui.end_row();
                for (tensor, name) in model.tensors.iter().enumerate() {
                    let area = stack.groups.iter().position(|group| group.contains(&tensor));
                    let color = area.map_or(tokens.weak.0, |area| stack.color(tokens, area));
                    swatch_ui(ui, color, name);
                    let newest = run.layers.rows().last().and_then(|row| row.layers.get(tensor)).copied();
                    for trace in [newest, from_noise(name)] {
                        ui.label(RichText::new(trace.map_or_else(|| "–".to_owned(), words)).small());
                    }
                    ui.end_row();
                }
            });
        });
    }
}

fn stack_readings_ui(ui: &mut egui::Ui, model: &Model, stack: &LayerStack, run: &RunView, x: f64) {
    let distance = |index: &usize| (stack.xs[*index] - x).abs();
    let Some(index) = (0..stack.xs.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))) else { return };
    let rows = run.layers.rows();
    let stride = rows.len().div_ceil(MAX_POINTS).max(1);
    let row = &rows[(index * stride).min(rows.len() - 1)];
    let tokens = Tokens::of(ui);
    ui.colored_label(tokens.weak.0, format!("step {}", format::grouped(row.step)));
    egui::Grid::new("layer readings").num_columns(2).spacing([10.0, 1.0]).show(ui, |ui| {
        for (area, group) in stack.groups.iter().enumerate().rev() {
            swatch_ui(ui, stack.color(tokens, area), &stack.name(model, area));
            let layers = group.iter().filter_map(|tensor| row.layers.get(*tensor));
            let (mean, variance) = layers.fold((0.0, 0.0), |(m, v), layer| (m + layer.mean, v + layer.stderr.powi(2)));
            ui.label(format!("{} ± {}", format::exact(mean), format::error(variance.sqrt())));
            ui.end_row();
        }
    });
}

fn stack_csv(model: &Model, run: &RunView) -> String {
    use std::fmt::Write as _;
    let mut text = "run,tensor,step,gradient_evaluations,trace,stderr,probes\n".to_owned();
    for row in run.layers.rows() {
        for (tensor, layer) in row.layers.iter().enumerate() {
            let name = model.tensors.get(tensor).map_or("", String::as_str);
            let Estimate { mean, stderr, samples } = layer;
            let (run, name, step) = (quoted(run.name()), quoted(name), row.step);
            writeln!(text, "{run},{name},{step},{},{mean},{stderr},{samples}", row.gradient_evaluations)
                .expect("a string takes everything");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, means: &[f64]) -> LayerTraceRow {
        let layers = means.iter().map(|mean| Estimate { mean: *mean, stderr: 0.1, samples: 8 }).collect();
        LayerTraceRow { step, gradient_evaluations: step, layers }
    }

    #[test]
    fn areas_stand_on_each_other_and_negative_ones_are_flat() {
        let rows = [row(1, &[1.0, 2.0, 3.0]), row(2, &[2.0, -1.0, f64::NAN])];
        let mut stack = LayerStack::default();
        stack.stack(&rows.iter().collect::<Vec<_>>());
        assert_eq!(stack.edges, [[1.0, 2.0], [3.0, 2.0], [6.0, 2.0]]);
        assert_eq!(stack.negative, 1);
    }

    #[test]
    fn a_tensor_keeps_its_colour_when_others_come_and_go() {
        let mut stack = LayerStack::default();
        let colors = |stack: &LayerStack| {
            let own = stack.groups.iter().filter(|group| group.len() == 1).map(|group| group[0]);
            own.map(|tensor| (tensor, stack.colors[&tensor])).collect::<Vec<_>>()
        };
        let mut means: Vec<f64> = (0..20).map(f64::from).collect();
        stack.stack(&[&row(1, &means)]);
        let before = colors(&stack);
        assert_eq!(before.len(), MAX_AREAS);
        // The first tensor grows and takes the place of the least of them.
        means[0] = 100.0;
        stack.edges.clear();
        stack.stack(&[&row(2, &means)]);
        let after = colors(&stack);
        assert_eq!(after[0].0, 0);
        for (tensor, slot) in &after[1..] {
            assert!(before.contains(&(*tensor, *slot)), "tensor {tensor} has another colour");
        }
        let mut slots: Vec<usize> = after.iter().map(|(_, slot)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), MAX_AREAS, "no two have the same");
    }

    #[test]
    fn many_tensors_share_one_area() {
        let means: Vec<f64> = (0..40).map(f64::from).collect();
        let rows = [row(1, &means)];
        let mut stack = LayerStack::default();
        stack.stack(&rows.iter().collect::<Vec<_>>());
        assert_eq!(stack.groups.len(), MAX_AREAS + 1);
        assert_eq!(stack.groups[0], [33], "the largest in the order of the model");
        assert_eq!(stack.edges[MAX_AREAS][0], means.iter().sum::<f64>());
    }
}
