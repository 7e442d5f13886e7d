//! What each tab of lines shows.

use super::Charts;
use super::chart::{Chart, Series, YAxis};
use super::quantity::{Quantity, XAxis};
use crate::config::OptimizerKind;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::kit::help::Term;
use crate::ui::plots::chart::paint::Pen;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

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
        is_wanted: impl Fn(OptimizerKind) -> bool,
    ) -> Vec<Series> {
        let runs = self.memory.shown(model).filter(|run| is_wanted(run.info.optimizer));
        let has_band = quantity == Quantity::Trace;
        runs.map(|run| Series { run: run.info.run, quantity, pen, has_band, name }).collect()
    }

    fn of_all(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        self.of(model, (quantity, pen, name), |_| true)
    }

    fn of_nso(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        self.of(model, (quantity, pen, name), |optimizer| optimizer == OptimizerKind::Nso)
    }

    fn overview(&self, model: &Model) -> Vec<Chart> {
        let mut trace = self.of_nso(model, Quantity::NoiseTrace, Pen::Thin, "noise pairs");
        trace.extend(self.of_all(model, Quantity::Trace, Pen::Solid, ""));
        let loss = self.of_all(model, Quantity::TrainLoss, Pen::Solid, "");
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
        let mut batch = self.of(model, perturbed, |optimizer| optimizer != OptimizerKind::Sgd);
        batch.extend(self.of_all(model, Quantity::BatchLoss, Pen::Solid, "clean"));
        let mut loss = self.of_all(model, Quantity::TestLoss, Pen::Dashed, "test");
        loss.extend(self.of_all(model, Quantity::TrainLoss, Pen::Solid, "train"));
        let mut accuracy = self.of_all(model, Quantity::TestAccuracy, Pen::Dashed, "test");
        accuracy.extend(self.of_all(model, Quantity::TrainAccuracy, Pen::Solid, "train"));
        let mut accuracy = self.chart("accuracy", ["Accuracy", "solid train, dashed test"], Term::Accuracy, accuracy);
        accuracy.y_axis = YAxis::Percent;
        vec![
            self.chart("batch loss", ["Batch loss", "solid clean, thin perturbed"], Term::CleanAndPerturbed, batch),
            self.chart("loss", ["Loss", "solid train, dashed test"], Term::Loss, loss),
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

/// How curvature against the training loss is to be read.
pub const EQUAL_LOSS: &str = "Under cross-entropy, curvature falls with the training loss itself, so compare runs at equal \
                              training loss: one above the other. Runs move to the left as they train.";
