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

    fn overview(&self, model: &Model) -> Vec<Chart> {
        let mut trace = self.of_nso(model, Quantity::NoiseTrace, Pen::Thin, "noise pairs");
        trace.extend(self.of_all(model, Quantity::Trace, Pen::Solid, ""));
        let loss = self.of_all(model, Quantity::Loss(Evaluated::Train), Pen::Solid, "");
        let lambda_max = self.of_all(model, Quantity::LambdaMax, Pen::Solid, "");
        vec![
            self.chart("overview loss", ["Train loss", "clean, measured subset"], Term::Loss, loss),
            self.chart("overview trace", ["Hessian trace", "± standard error, thin: noise pairs"], Term::Trace, trace),
            self.chart("overview eigenvalue", ["λmax", "Lanczos"], Term::LambdaMax, lambda_max),
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
        let all = self.of_all(model, Quantity::Trace, Pen::Solid, "");
        let mut charts =
            vec![self.chart("trace", ["Hutchinson trace", "mean ± standard error over the probes"], Term::Trace, all)];
        let mut series = self.of_nso(model, Quantity::NoiseTrace, Pen::Thin, "noise pairs");
        if !series.is_empty() {
            series.iter_mut().for_each(|series| series.has_band = true);
            series.extend(self.of_nso(model, Quantity::Trace, Pen::Solid, "Hutchinson"));
            let note = "solid Hutchinson, thin noise pairs, mean over 50 steps, both ± standard error";
            charts.push(self.chart("noise trace", ["NSO, two ways to the trace", note], Term::TraceFromNoise, series));
        }
        charts
    }

    fn spectrum(&self, model: &Model) -> Vec<Chart> {
        let of_all = |quantity| self.of_all(model, quantity, Pen::Solid, "");
        let (largest, smallest) = (of_all(Quantity::LambdaMax), of_all(Quantity::LambdaMin));
        let mut smallest =
            self.chart("lambda min", ["λmin", "linear axis, it may be negative"], Term::LambdaMax, smallest);
        smallest.y_axis = YAxis::Linear;
        let mut residual =
            self.chart("residual", ["Residual of λmax", "‖Hv − λv‖"], Term::LambdaMax, of_all(Quantity::Residual));
        residual.y_axis = YAxis::Logarithmic;
        vec![
            self.chart("lambda max", ["λmax", "largest eigenvalue of the Hessian"], Term::LambdaMax, largest),
            smallest,
            residual,
        ]
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
        let run = run.info.run;
        let of = |quantity, pen, name| Series { run, quantity, pen, has_band: true, name };
        let series =
            vec![of(Quantity::NoiseTrace, Pen::Thin, "noise pairs"), of(Quantity::Trace, Pen::Solid, "Hutchinson")];
        let note = "thin pairs, mean ± standard error over about 50 steps; solid Hutchinson";
        self.chart("running trace", ["Running trace", note], Term::TraceFromNoise, series)
    }
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
