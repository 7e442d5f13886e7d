//! The charts below the landscapes, in tabs.

mod axes;
mod chart;
mod curves;
mod histogram;
mod lines;
mod markers;
mod noise;

use egui::{Rect, UiBuilder, pos2};

pub use self::curves::curves_ui;

use self::chart::{Chart, ChartMemory, Pen, Series, YAxis};
use self::lines::{Quantity, XAxis};
use super::model::Model;
use super::theme::Tokens;
use super::widgets;
use crate::config::OptimizerKind;
use crate::protocol::RunId;

/// The tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tab {
    #[default]
    Overview,
    LossAndAccuracy,
    Trace,
    AgainstLoss,
    Eigenvalues,
    Noise,
}

impl Tab {
    const ALL: [Self; 6] =
        [Self::Overview, Self::LossAndAccuracy, Self::Trace, Self::AgainstLoss, Self::Eigenvalues, Self::Noise];

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::LossAndAccuracy => "Loss and accuracy",
            Self::Trace => "Trace",
            Self::AgainstLoss => "Against training loss",
            Self::Eigenvalues => "λmax",
            Self::Noise => "Noise",
        }
    }
}

/// The lower part of the window.
#[derive(Debug)]
pub struct Charts {
    tab: Tab,
    x_axis: XAxis,
    memory: ChartMemory,
    generation: u64,
}

impl Default for Charts {
    fn default() -> Self {
        let mut memory = ChartMemory::default();
        memory.is_log = true;
        Self { tab: Tab::default(), x_axis: XAxis::default(), memory, generation: 0 }
    }
}

const GAP: f32 = 14.0;

impl Charts {
    /// Shows all steps again.
    pub fn fit(&mut self) {
        self.memory.reset_view();
    }

    /// Draws the tabs and the charts of the one that is open.
    pub fn ui(&mut self, ui: &mut egui::Ui, model: &Model, selected: Option<RunId>) {
        if self.generation != model.generation {
            self.generation = model.generation;
            self.memory.cache.clear();
            self.memory.reset_view();
        }
        // The panel keeps the height that the user gave it, whatever the charts allocate.
        ui.expand_to_include_rect(ui.max_rect());
        self.tabs_ui(ui);
        ui.add_space(2.0);
        let mut charts = match self.tab {
            Tab::Overview => self.overview(model),
            Tab::LossAndAccuracy => self.loss_and_accuracy(model),
            Tab::Trace => self.trace(model),
            Tab::AgainstLoss => against_loss(model),
            Tab::Eigenvalues => self.eigenvalues(model),
            Tab::Noise => Vec::new(),
        };
        let noise_run = noise::run_to_show(model, selected);
        if self.tab == Tab::Noise {
            noise::tab_ui(ui, model, noise_run);
            return;
        }
        let has_histogram = self.tab == Tab::Overview && noise_run.is_some();
        if self.tab == Tab::AgainstLoss {
            against_loss_caption(ui);
        }
        let count = charts.len() + usize::from(has_histogram);
        let cells = columns(ui.available_rect_before_wrap(), count);
        for (chart, cell) in charts.drain(..).zip(&cells) {
            let mut ui = ui.new_child(UiBuilder::new().max_rect(*cell).id_salt(chart.id));
            ui.set_clip_rect(cell.expand(4.0).intersect(ui.clip_rect()));
            chart.ui(&mut ui, model, &mut self.memory);
        }
        if let (true, Some(run), Some(cell)) = (has_histogram, noise_run, cells.last()) {
            let mut ui = ui.new_child(UiBuilder::new().max_rect(*cell).id_salt("gaps"));
            noise::gaps_ui(&mut ui, run);
        }
        self.memory.end_frame();
    }

    fn tabs_ui(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for tab in Tab::ALL {
                if widgets::tab_ui(ui, self.tab == tab, tab.label()).clicked() {
                    self.tab = tab;
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.checkbox(&mut self.memory.is_log, "Log y").on_hover_text(
                    "Logarithmic vertical axes. Values of 0 or below are left out, and the chart says so.",
                );
                self.x_axis_ui(ui);
                if ui
                    .button("Fit")
                    .on_hover_text("See all steps again. A double click on a chart does the same.")
                    .clicked()
                {
                    self.memory.reset_view();
                }
            });
        });
    }

    fn x_axis_ui(&mut self, ui: &mut egui::Ui) {
        let name = |axis| match axis {
            XAxis::GradientEvaluations => "Gradient evaluations",
            _ => "Step",
        };
        let combo = egui::ComboBox::from_id_salt("x axis").selected_text(name(self.x_axis)).width(86.0);
        let before = self.x_axis;
        let response = combo.show_ui(ui, |ui| {
            for axis in [XAxis::Step, XAxis::GradientEvaluations] {
                ui.selectable_value(&mut self.x_axis, axis, name(axis));
            }
        });
        widgets::name(&response.response, egui::Role::ComboBox, "Horizontal axis");
        response.response.on_hover_text("Gradient evaluations are the cost of a step: SGD 1, SAM 2, NSO 2k.");
        if before != self.x_axis {
            self.memory.reset_view();
        }
    }

    fn chart<'a>(&self, id: &'static str, title: &'a str, note: &'a str, series: Vec<Series>) -> Chart<'a> {
        Chart { id, title, note, series, x_axis: self.x_axis, y_axis: YAxis::Switched }
    }

    fn overview(&self, model: &Model) -> Vec<Chart<'static>> {
        let mut trace = noise_lines(model);
        trace.extend(of_all(model, Quantity::Trace, Pen::Solid, ""));
        vec![
            self.chart(
                "overview loss",
                "Train loss",
                "clean, measured subset",
                of_all(model, Quantity::TrainLoss, Pen::Solid, ""),
            ),
            self.chart("overview trace", "Hessian trace", "± standard error, thin: noise pairs", trace),
            self.chart("overview eigenvalue", "λmax", "Lanczos", of_all(model, Quantity::LambdaMax, Pen::Solid, "")),
        ]
    }

    fn loss_and_accuracy(&self, model: &Model) -> Vec<Chart<'static>> {
        let mut batch = of_all(model, Quantity::PerturbedLoss, Pen::Thin, "perturbed");
        batch.extend(of_all(model, Quantity::BatchLoss, Pen::Solid, "clean"));
        let mut loss = of_all(model, Quantity::TestLoss, Pen::Dashed, "test");
        loss.extend(of_all(model, Quantity::TrainLoss, Pen::Solid, "train"));
        let mut accuracy = of_all(model, Quantity::TestAccuracy, Pen::Dashed, "test");
        accuracy.extend(of_all(model, Quantity::TrainAccuracy, Pen::Solid, "train"));
        let mut accuracy = self.chart("accuracy", "Accuracy", "solid train, dashed test", accuracy);
        accuracy.y_axis = YAxis::Percent;
        vec![
            self.chart("batch loss", "Batch loss", "solid clean, thin perturbed", batch),
            self.chart("loss", "Loss", "solid train, dashed test", loss),
            accuracy,
        ]
    }

    fn trace(&self, model: &Model) -> Vec<Chart<'static>> {
        let nso: Vec<RunId> = of_optimizer(model, OptimizerKind::Nso);
        let mut charts = vec![self.chart(
            "trace",
            "Hutchinson trace",
            "mean ± standard error over the probes",
            of_all(model, Quantity::Trace, Pen::Solid, ""),
        )];
        if !nso.is_empty() {
            let mut series = noise_lines(model);
            series.extend(nso.into_iter().map(|run| Series {
                run,
                quantity: Quantity::Trace,
                pen: Pen::Solid,
                name: "Hutchinson",
            }));
            charts.push(self.chart(
                "noise trace",
                "NSO, two ways to the trace",
                "solid Hutchinson, thin noise pairs, mean over 50 steps",
                series,
            ));
        }
        charts
    }

    fn eigenvalues(&self, model: &Model) -> Vec<Chart<'static>> {
        let mut smallest = self.chart(
            "lambda min",
            "λmin",
            "linear axis, it may be negative",
            of_all(model, Quantity::LambdaMin, Pen::Solid, ""),
        );
        smallest.y_axis = YAxis::Linear;
        let mut residual =
            self.chart("residual", "Residual of λmax", "‖Hv − λv‖", of_all(model, Quantity::Residual, Pen::Solid, ""));
        residual.y_axis = YAxis::Logarithmic;
        vec![
            self.chart(
                "lambda max",
                "λmax",
                "largest eigenvalue of the Hessian",
                of_all(model, Quantity::LambdaMax, Pen::Solid, ""),
            ),
            smallest,
            residual,
        ]
    }
}

fn against_loss(model: &Model) -> Vec<Chart<'static>> {
    let chart = |id, title, quantity| Chart {
        id,
        title,
        note: "horizontal: training loss",
        series: of_all(model, quantity, Pen::Solid, ""),
        x_axis: XAxis::TrainLoss,
        y_axis: YAxis::Logarithmic,
    };
    vec![
        chart("trace against loss", "Hessian trace", Quantity::Trace),
        chart("eigenvalue against loss", "λmax", Quantity::LambdaMax),
    ]
}

fn against_loss_caption(ui: &mut egui::Ui) {
    let text = "Under cross-entropy, curvature falls with the training loss itself, so compare runs at equal training \
                loss: one above the other. Runs move to the left as they train.";
    ui.label(egui::RichText::new(text).small().color(Tokens::of(ui).weak.0));
}

fn of_all(model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
    model.runs.iter().map(|run| Series { run: run.info.run, quantity, pen, name }).collect()
}

fn of_optimizer(model: &Model, optimizer: OptimizerKind) -> Vec<RunId> {
    model.runs.iter().filter(|run| run.info.optimizer == optimizer).map(|run| run.info.run).collect()
}

fn noise_lines(model: &Model) -> Vec<Series> {
    of_optimizer(model, OptimizerKind::Nso)
        .into_iter()
        .map(|run| Series { run, quantity: Quantity::NoiseTrace, pen: Pen::Thin, name: "noise pairs" })
        .collect()
}

/// Equal columns with a gap between them.
fn columns(rect: Rect, count: usize) -> Vec<Rect> {
    let count = count.max(1);
    let width = ((rect.width() - GAP * (count - 1) as f32) / count as f32).max(1.0);
    (0..count)
        .map(|i| {
            let left = rect.left() + i as f32 * (width + GAP);
            Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom()))
        })
        .collect()
}
