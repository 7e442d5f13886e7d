//! The trace of each parameter tensor over the course of a run, as areas that stand on each other. Of a network with many
//! tensors those of a block stand together.

mod blocks;
mod stack;

use egui::{Color32, RichText, UiBuilder};

use super::Charts;
use super::export::{self, Exports};
use super::markers::{self, Marked};
use super::quantity::XAxis;
use super::save::{Out, Table};
use blocks::Block;
use stack::MAX_POINTS;

pub use stack::LayerStack;

use crate::export::{ChartFigure, ChartSeries};
use crate::protocol::{Command, Estimate, RunId};
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

const LIST_WIDTH: f32 = 250.0;

impl LayerStack {
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
            name: self.name(area),
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
            markers: markers::of_runs(model, std::iter::once(run), Marked::course(axis), tokens),
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
        self.layers.update(run, &model.tensors, self.x_axis);
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
        markers::paint(ui, &transform, model, (std::iter::once(run), None), Marked::course(self.x_axis));
        zooms.navigate(ui, views, &transform, &response);
        let pointer = response.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let here = pointer.map(|pos| transform.value_from_position(pos).x);
        self.memory.hover_line(ui, &transform, here);
        if let (Some(x), Some(pos)) = (here, pointer)
            && !response.dragged()
        {
            let edits = markers::near(&transform, model, &self.memory, Marked::course(self.x_axis), pos.x);
            response.on_hover_ui_at_pointer(|ui| {
                markers::edits_ui(ui, &edits);
                stack_readings_ui(ui, &self.layers, run, x);
            });
        }
    }

    /// Names, newest estimates, and those from noise pairs beside them.
    fn tensors_ui(&mut self, ui: &mut egui::Ui, model: &Model, run: &RunView) {
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
        let dated = |name: &str, step| Dated::new(name, step).beside(beside, |name| (*name).to_owned());
        let heading = |name: &str, step: Option<u64>| step.map_or_else(|| name.to_owned(), |step| dated(name, step));
        let mut toggled = None;
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            egui::Grid::new("tensors").num_columns(3).spacing([10.0, 1.0]).show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 15.0;
                widgets::small_weak_ui(ui, "tensor");
                help::term(widgets::small_weak_ui(ui, heading("Hutchinson", steps[0])), Term::Hutchinson);
                help::term(widgets::small_weak_ui(ui, heading("noise pairs", steps[1])), Term::TraceFromNoise);
                ui.end_row();
                let newest = run.layers.rows().last();
                let of_tensor = |tensor: usize| newest.and_then(|row| row.layers.get(tensor)).copied();
                for block in &stack.blocks {
                    let area = stack.areas.iter().position(|area| area.tensors.contains(&block.tensors[0]));
                    let color = area.map_or(tokens.weak.0, |area| stack.color(tokens, area));
                    let names = || block.tensors.iter().filter_map(|tensor| model.tensors.get(*tensor));
                    let is_one = block.tensors.len() == 1;
                    let is_open = !is_one && self.open_blocks.contains(&block.tensors[0]);
                    if is_one {
                        swatch_ui(ui, color, &block.name);
                    } else if block_ui(ui, color, block, is_open) {
                        toggled = Some(block.tensors[0]);
                    }
                    let sums = [
                        sum(block.tensors.iter().map(|tensor| of_tensor(*tensor))),
                        sum(names().map(|name| from_noise(name))),
                    ];
                    for trace in sums {
                        ui.label(RichText::new(trace.map_or_else(|| "–".to_owned(), words)).small());
                    }
                    ui.end_row();
                    for (tensor, name) in block.tensors.iter().zip(names()).filter(|_| is_open) {
                        widgets::small_weak_ui(ui, format!("      {name}"));
                        for trace in [of_tensor(*tensor), from_noise(name)] {
                            ui.label(RichText::new(trace.map_or_else(|| "–".to_owned(), words)).small());
                        }
                        ui.end_row();
                    }
                }
            });
        });
        if let Some(block) = toggled
            && !self.open_blocks.remove(&block)
        {
            self.open_blocks.insert(block);
        }
    }
}

/// The name of a block, which shows its tensors or hides them; true where it was clicked.
fn block_ui(ui: &mut egui::Ui, color: Color32, block: &Block, is_open: bool) -> bool {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        widgets::dot_ui(ui, color);
        let sign = if is_open { "▾" } else { "▸" };
        let button = egui::Button::new(format!("{sign} {}", block.name)).frame(false);
        let response = ui.add(button).on_hover_text(if is_open { "Hide its tensors" } else { "Show its tensors" });
        widgets::name(&response, egui::Role::Button, &format!("Tensors of {}", block.name));
        response.clicked()
    })
    .inner
}

/// The trace of several tensors: the estimates' sum, and the root of the sum of their squared errors, as if they were
/// independent; `None` where none is known.
fn sum(parts: impl Iterator<Item = Option<Estimate>>) -> Option<Estimate> {
    parts.flatten().reduce(|a, b| Estimate {
        mean: a.mean + b.mean,
        stderr: a.stderr.hypot(b.stderr),
        samples: a.samples.min(b.samples),
    })
}

fn stack_readings_ui(ui: &mut egui::Ui, stack: &LayerStack, run: &RunView, x: f64) {
    let distance = |index: &usize| (stack.xs[*index] - x).abs();
    let Some(index) = (0..stack.xs.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))) else { return };
    let rows = run.layers.rows();
    let stride = rows.len().div_ceil(MAX_POINTS).max(1);
    let row = &rows[(index * stride).min(rows.len() - 1)];
    let tokens = Tokens::of(ui);
    ui.colored_label(tokens.weak.0, format!("step {}", format::grouped(row.step)));
    egui::Grid::new("layer readings").num_columns(2).spacing([10.0, 1.0]).show(ui, |ui| {
        for (area, group) in stack.areas.iter().enumerate().rev() {
            swatch_ui(ui, stack.color(tokens, area), &stack.name(area));
            let layers = group.tensors.iter().filter_map(|tensor| row.layers.get(*tensor));
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
