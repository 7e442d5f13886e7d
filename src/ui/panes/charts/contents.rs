//! What each tab of lines shows.

use super::Charts;
use super::chart::{Chart, Series, YAxis};
use super::quantity::{HasValues, Quantity, XAxis};
use crate::config::OptimizerKind;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::kit::help::Term;
use crate::ui::plots::chart::paint::Pen;
use crate::ui::state::model::Model;
use crate::ui::state::rows::Evaluated;
use crate::ui::state::run_view::RunView;

/// What loss and accuracy are told of, in the order in which it is drawn: dashes tell the examples, wide lines are those of the
/// average of the weights.
const EVALUATED: [(Evaluated, Pen, &str); 6] = [
    (Evaluated::AverageValidation, Pen::WideDotted, "average validation"),
    (Evaluated::AverageTest, Pen::WideDashed, "average test"),
    (Evaluated::AverageTrain, Pen::Wide, "average train"),
    (Evaluated::Validation, Pen::Dotted, "validation"),
    (Evaluated::Test, Pen::Dashed, "test"),
    (Evaluated::Train, Pen::Solid, "train"),
];

impl Charts {
    /// The charts of lines of a tab.
    pub(super) fn charts(&self, model: &Model, tab: ChartTab) -> Vec<Chart> {
        match tab {
            ChartTab::Overview => self.overview(model),
            ChartTab::LossAndAccuracy => self.loss_and_accuracy(model),
            ChartTab::Trace => self.trace(model),
            ChartTab::AgainstLoss => self.against_loss(model),
            ChartTab::Spectrum => self.spectrum(model),
            ChartTab::Bound => self.bound(model),
            ChartTab::LayerTrace | ChartTab::Noise | ChartTab::SigmaSweep | ChartTab::Speed => Vec::new(),
        }
    }

    fn chart(&self, id: &'static str, [title, note]: [&'static str; 2], term: Term, series: Vec<Series>) -> Chart {
        Chart { id, title, note, term, caption: None, series, x_axis: self.x_axis, y_axis: YAxis::Switched }
    }

    fn of(
        &self,
        model: &Model,
        (quantity, pen, name): (Quantity, Pen, &'static str),
        is_wanted: impl Fn(&RunView) -> bool,
    ) -> Vec<Series> {
        let runs = self.memory.shown(model).filter(|run| is_wanted(run));
        let has_band = quantity == Quantity::Trace;
        runs.map(|run| Series { run: run.info.run, quantity, pen, has_band, name }).collect()
    }

    fn of_all(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        self.of(model, (quantity, pen, name), |_| true)
    }

    /// Pairs of noise samples are NSO's alone: one-point noise says nothing of the trace.
    fn of_nso(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        self.of(model, (quantity, pen, name), |run| run.info.optimizer == OptimizerKind::Nso)
    }

    /// Loss or accuracy of all that there is of each run.
    fn evaluated(&self, model: &Model, quantity: fn(Evaluated) -> Quantity) -> Vec<Series> {
        let series = |(of, pen, name): (Evaluated, Pen, &'static str)| {
            let quantity = quantity(of);
            let is_there = |run: &RunView| !of.is_optional() || quantity.with_rows(run, HasValues);
            self.of(model, (quantity, pen, name), is_there)
        };
        EVALUATED.into_iter().flat_map(series).collect()
    }

    /// A quantity of curvature: its streams, and over them what was measured at single steps.
    fn curvature(&self, model: &Model, quantity: Quantity) -> Vec<Series> {
        let streams = quantity.streamed().map_or_else(Vec::new, |stream| {
            let mut series = self.of(model, (stream, Pen::Thin, "streamed"), |run| quantity.is_streamed(run));
            series.iter_mut().for_each(|series| series.has_band = quantity == Quantity::Trace);
            series
        });
        let measured = self.of_all(model, quantity, Pen::Solid, "").into_iter().map(|series| Series {
            pen: model.run(series.run).map_or(series.pen, |run| pen_of_measured(quantity, run)),
            ..series
        });
        let edges = match quantity {
            Quantity::LambdaMax => self.edges(model),
            _ => Vec::new(),
        };
        edges.into_iter().chain(streams).chain(measured).collect()
    }

    /// The edge of stability of each run that has one.
    fn edges(&self, model: &Model) -> Vec<Series> {
        let edge = (Quantity::Edge, Pen::Dashed, "edge");
        self.of(model, edge, |run| Quantity::Edge.with_rows(run, HasValues))
    }

    /// The note of a chart of λmax: that of its curvature, and what the edge is.
    fn note_of_largest(&self, model: &Model, notes: [[&'static str; 2]; 2]) -> &'static str {
        let [plain, with_edge] = notes;
        let notes = if self.edges(model).is_empty() { plain } else { with_edge };
        self.note_of(model, Quantity::LambdaMax, notes)
    }

    /// One of two notes: that of a quantity that some run streams, or that of one that none does.
    fn note_of(&self, model: &Model, quantity: Quantity, [streamed, plain]: [&'static str; 2]) -> &'static str {
        if self.memory.shown(model).any(|run| quantity.is_streamed(run)) { streamed } else { plain }
    }

    /// Whether a tab shows any stream.
    pub(super) fn has_streams(&self, model: &Model, tab: ChartTab) -> bool {
        let shown: &[Quantity] = match tab {
            ChartTab::Overview => &[Quantity::Trace, Quantity::LambdaMax],
            ChartTab::Trace => &[Quantity::Trace],
            ChartTab::Spectrum => &[Quantity::LambdaMax],
            _ => &[],
        };
        shown.iter().any(|quantity| self.memory.shown(model).any(|run| quantity.is_streamed(run)))
    }

    fn overview(&self, model: &Model) -> Vec<Chart> {
        let mut trace = self.of_nso(model, Quantity::NoiseTrace, Pen::Dashed, "noise pairs");
        trace.extend(self.curvature(model, Quantity::Trace));
        let loss = self.of_all(model, Quantity::Loss(Evaluated::Train), Pen::Solid, "");
        let lambda_max = self.curvature(model, Quantity::LambdaMax);
        let note_of_trace = self.note_of(
            model,
            Quantity::Trace,
            ["thin streamed, dashed: noise pairs", "± two standard errors, dashed: noise pairs"],
        );
        let note = self.note_of_largest(
            model,
            [
                ["thin streamed, dots solves", "Lanczos"],
                ["thin streamed, dots solves, dashed edge", "Lanczos, dashed: edge of stability"],
            ],
        );
        vec![
            self.chart("overview loss", ["Train loss", "clean, measured subset"], Term::Loss, loss),
            self.chart("overview trace", ["Hessian trace", note_of_trace], Term::Trace, trace),
            self.chart("overview eigenvalue", ["λmax", note], Term::LambdaMax, lambda_max),
        ]
    }

    fn loss_and_accuracy(&self, model: &Model) -> Vec<Chart> {
        // SGD perturbs nothing: its second line would be the first one again.
        let perturbed = (Quantity::PerturbedLoss, Pen::Thin, "perturbed");
        let mut batch = self.of(model, perturbed, |run| run.info.optimizer != OptimizerKind::Sgd);
        batch.extend(self.of_all(model, Quantity::BatchLoss, Pen::Solid, "clean"));
        let loss = self.evaluated(model, Quantity::Loss);
        let accuracy = self.evaluated(model, Quantity::Accuracy);
        let note = pens(&loss);
        let mut accuracy = self.chart("accuracy", ["Accuracy", note], Term::Accuracy, accuracy);
        accuracy.y_axis = YAxis::Percent;
        vec![
            self.chart("batch loss", ["Batch loss", "solid clean, thin perturbed"], Term::CleanAndPerturbed, batch),
            self.chart("loss", ["Loss", note], Term::Loss, loss),
            accuracy,
        ]
    }

    fn trace(&self, model: &Model) -> Vec<Chart> {
        let all = self.curvature(model, Quantity::Trace);
        let notes = [
            "thin streamed, dots many probes, both ± two standard errors",
            "mean ± two standard errors over the probes",
        ];
        let note = self.note_of(model, Quantity::Trace, notes);
        let mut charts = vec![self.chart("trace", ["Hutchinson trace", note], Term::Trace, all)];
        let of_nso = self.memory.shown(model).filter(|run| run.info.optimizer == OptimizerKind::Nso);
        let series: Vec<Series> = of_nso.flat_map(two_ways).collect();
        if !series.is_empty() {
            let note = if series.iter().any(|series| series.pen == Pen::Marks) {
                "dots Hutchinson, dashed noise pairs, mean over 50 steps, both ± two standard errors"
            } else {
                "solid Hutchinson, dashed noise pairs, mean over 50 steps, both ± two standard errors"
            };
            charts.push(self.chart("noise trace", ["NSO, two ways to the trace", note], Term::TraceFromNoise, series));
        }
        charts
    }

    fn spectrum(&self, model: &Model) -> Vec<Chart> {
        let noted =
            |id, title, quantity, note| self.chart(id, [title, note], Term::LambdaMax, self.curvature(model, quantity));
        let chart = |id, title, quantity, notes: [&'static str; 2]| {
            noted(id, title, quantity, self.note_of(model, quantity, notes))
        };
        let largest = self.note_of_largest(
            model,
            [
                ["largest eigenvalue of the Hessian, thin streamed, dots solves", "largest eigenvalue of the Hessian"],
                [
                    "largest eigenvalue of the Hessian, thin streamed, dots solves, dashed: edge of stability",
                    "largest eigenvalue of the Hessian, dashed: edge of stability",
                ],
            ],
        );
        let smallest =
            ["linear axis, it may be negative, thin streamed, dots solves", "linear axis, it may be negative"];
        let residual = ["‖Hv − λv‖, thin streamed, dots solves", "‖Hv − λv‖"];
        let mut charts = vec![
            noted("lambda max", "λmax", Quantity::LambdaMax, largest),
            chart("lambda min", "λmin", Quantity::LambdaMin, smallest),
            chart("residual", "Residual of λmax", Quantity::Residual, residual),
        ];
        charts[1].y_axis = YAxis::Linear;
        charts[2].y_axis = YAxis::Logarithmic;
        charts
    }

    fn against_loss(&self, model: &Model) -> Vec<Chart> {
        let chart = |id, title, term, quantity| Chart {
            id,
            title,
            term,
            note: "",
            caption: Some(EQUAL_LOSS),
            series: self.of_all(model, quantity, Pen::Solid, ""),
            x_axis: XAxis::TrainLoss,
            y_axis: YAxis::Switched,
        };
        vec![
            chart("trace against loss", "Hessian trace", Term::Trace, Quantity::Trace),
            chart("eigenvalue against loss", "λmax", Term::LambdaMax, Quantity::LambdaMax),
        ]
    }

    fn bound(&self, model: &Model) -> Vec<Chart> {
        let of_all = |quantity| {
            let mut series = self.of_all(model, quantity, Pen::Dots, "");
            series.iter_mut().for_each(|series| series.has_band = quantity != Quantity::BoundDistance);
            series
        };
        let chart = |id, title, note, quantity| self.chart(id, [title, note], Term::Bound, of_all(quantity));
        vec![
            chart("bound", "Bound", "C·√(α r²/n), α over examples", Quantity::Bound),
            chart("bound alpha", "α", "greatest trace of an example", Quantity::BoundAlpha),
            chart("bound distance", "r", "‖w − w₀‖", Quantity::BoundDistance),
        ]
    }

    /// The running trace from noise pairs of one run beside Hutchinson's.
    pub(super) fn running_trace(&self, run: &RunView) -> Chart {
        let note = if Quantity::Trace.is_streamed(run) {
            "dashed pairs, mean over about 50 steps; dots Hutchinson"
        } else {
            "dashed pairs, mean over about 50 steps; solid Hutchinson"
        };
        self.chart("running trace", ["Running trace", note], Term::TraceFromNoise, two_ways(run).into())
    }
}

/// The trace of a run from pairs of noise samples, and Hutchinson's of many probes.
fn two_ways(run: &RunView) -> [Series; 2] {
    let of = |quantity, pen, name| Series { run: run.info.run, quantity, pen, has_band: true, name };
    [
        of(Quantity::NoiseTrace, Pen::Dashed, "noise pairs"),
        of(Quantity::Trace, pen_of_measured(Quantity::Trace, run), "Hutchinson"),
    ]
}

/// What was measured at single steps are marks beside a stream, and a line where there is none.
fn pen_of_measured(quantity: Quantity, run: &RunView) -> Pen {
    if quantity.is_streamed(run) { Pen::Marks } else { Pen::Solid }
}

/// What the pens of loss and accuracy are.
fn pens(series: &[Series]) -> &'static str {
    let has = |wanted: Evaluated| series.iter().any(|series| series.quantity == Quantity::Loss(wanted));
    match (has(Evaluated::Validation), has(Evaluated::AverageTrain)) {
        (false, false) => "solid train, dashed test",
        (true, false) => "solid train, dashed test, dotted validation",
        (false, true) => "solid train, dashed test, wide the average’s",
        (true, true) => "solid train, dashed test, dotted validation, wide the average’s",
    }
}

/// How curvature against the training loss is to be read.
pub const EQUAL_LOSS: &str = "Under cross-entropy, curvature falls with the training loss itself, so compare runs at equal \
                              training loss: one above the other. Runs move to the left as they train.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, builtin_experiment};
    use crate::export::{ChartSeries, ChartStroke};
    use crate::protocol::{AverageRow, EvalRow, Origin, Outcome, RunId, RunInfo};
    use crate::ui::panes::charts::points::LineView;

    /// A run that was evaluated at steps 10, 20 and 30, where the validation loss is least at 20 and the average begins.
    fn evaluated(validation: bool, average: bool) -> RunView {
        let optimizer = OptimizerKind::Sgd;
        let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
        let mut run = RunView::new(info);
        let outcome = |loss: f64| Outcome { loss, accuracy: 1.0 - loss };
        for (step, loss) in [(10, 0.6), (20, 0.4), (30, 0.5)] {
            let at_average = AverageRow {
                train: outcome(0.1 * loss),
                validation: validation.then(|| outcome(0.2 * loss)),
                test: outcome(0.3 * loss),
                averaged: step / 10 - 1,
            };
            run.push_eval(EvalRow {
                step,
                gradient_evaluations: step,
                train_loss: 0.3,
                train_accuracy: 0.7,
                test_loss: 0.45,
                test_accuracy: 0.55,
                weight_norm: 1.0,
                validation: validation.then(|| outcome(loss)),
                average: (average && step > 10).then_some(at_average),
            });
        }
        run
    }

    fn model(run: RunView) -> Model {
        let mut model = Model::new(builtin_experiment("moons-mlp").unwrap());
        model.runs.push(run);
        model
    }

    #[test]
    fn validation_and_average_are_drawn_where_there_are_any() {
        for (validation, average, names) in [
            (false, false, "test, train"),
            (true, false, "validation, test, train"),
            (false, true, "average test, average train, test, train"),
            (true, true, "average validation, average test, average train, validation, test, train"),
        ] {
            let model = model(evaluated(validation, average));
            let charts = Charts::default().charts(&model, ChartTab::LossAndAccuracy);
            for chart in &charts[1..] {
                let found: Vec<&str> = chart.series.iter().map(|series| series.name).collect();
                assert_eq!(found.join(", "), names, "{}", chart.title);
                assert_eq!(chart.note.contains("dotted validation"), validation, "{}", chart.note);
                assert_eq!(chart.note.contains("wide"), average, "{}", chart.note);
                assert_eq!(chart.marked().has_best, validation);
            }
            assert!(!charts[0].marked().has_best, "losses of batches have no mark of the validation");
        }
    }

    #[test]
    fn a_saved_picture_has_the_lines_of_validation_and_average_and_the_best_step() {
        let (mut charts, model) = (Charts::default(), model(evaluated(true, true)));
        charts.memory.is_log = false;
        let chart = charts.charts(&model, ChartTab::LossAndAccuracy).remove(1);
        let view = LineView { range: None, buckets: 300, has_marks: false, smoothing: 0.0 };
        for series in &chart.series {
            charts.memory.cache.update(&model.runs[0], chart.key(series, false), view);
        }
        let figure = chart.figure(&model, &charts.memory, false);
        let find = |name: &str| -> &ChartSeries {
            figure.series.iter().find(|series| series.name == name).unwrap_or_else(|| panic!("{name}"))
        };
        let validation = find("SGD validation");
        assert_eq!((validation.stroke, validation.width), (ChartStroke::Dotted, 2.4));
        assert_eq!(validation.points, [[10.0, 0.6], [20.0, 0.4], [30.0, 0.5]]);
        let average = find("SGD average test");
        assert_eq!((average.stroke, average.width), (ChartStroke::Dashed, 5.0));
        let known: Vec<[f64; 2]> = average.points.iter().copied().filter(|point| point[1].is_finite()).collect();
        assert_eq!(known, [[20.0, 0.3 * 0.4], [30.0, 0.3 * 0.5]], "no value before it began");
        let marks: Vec<&str> = figure.markers.iter().map(|marker| marker.text.as_str()).collect();
        assert_eq!(marks, ["best on validation, step 20"]);
        assert_eq!(figure.markers[0].x, 20.0);
        let table = (chart.csv(&model, &charts.memory).write)();
        assert!(table.lines().any(|line| line == "SGD,\"Loss, validation\",20,20,0,0.4,,"), "{table}");
    }
}
