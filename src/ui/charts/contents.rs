//! What each tab of lines shows.

use super::chart::{Chart, Pen, Series, YAxis};
use super::quantity::{Quantity, XAxis};
use super::{ChartTab, Charts};
use crate::config::OptimizerKind;
use crate::ui::help::Term;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;

impl Charts {
    /// The charts of lines of a tab.
    pub(super) fn charts(&self, model: &Model, tab: ChartTab) -> Vec<Chart> {
        match tab {
            ChartTab::Overview => self.overview(model),
            ChartTab::LossAndAccuracy => self.loss_and_accuracy(model),
            ChartTab::Trace => self.trace(model),
            ChartTab::AgainstLoss => self.against_loss(model),
            ChartTab::Spectrum => self.spectrum(model),
            ChartTab::LayerTrace | ChartTab::Noise | ChartTab::SigmaSweep | ChartTab::Bound | ChartTab::Speed => {
                Vec::new()
            }
        }
    }

    fn chart(&self, id: &'static str, [title, note]: [&'static str; 2], term: Term, series: Vec<Series>) -> Chart {
        Chart { id, title, note, term, series, x_axis: self.x_axis, y_axis: YAxis::Switched }
    }

    fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a RunView> {
        model.runs.iter().filter(|run| !self.is_hidden(run.info.run))
    }

    fn of_all(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        self.shown(model).map(|run| Series { run: run.info.run, quantity, pen, name }).collect()
    }

    fn of_nso(&self, model: &Model, quantity: Quantity, pen: Pen, name: &'static str) -> Vec<Series> {
        let nso = self.shown(model).filter(|run| run.info.optimizer == OptimizerKind::Nso);
        nso.map(|run| Series { run: run.info.run, quantity, pen, name }).collect()
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
        let mut batch = self.of_all(model, Quantity::PerturbedLoss, Pen::Thin, "perturbed");
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
            series.extend(self.of_nso(model, Quantity::Trace, Pen::Solid, "Hutchinson"));
            let note = "solid Hutchinson, thin noise pairs, mean over 50 steps";
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
            note: "horizontal: training loss",
            series: self.of_all(model, quantity, Pen::Solid, ""),
            x_axis: XAxis::TrainLoss,
            y_axis: YAxis::Logarithmic,
        };
        vec![
            chart("trace against loss", "Hessian trace", Term::Trace, Quantity::Trace),
            chart("eigenvalue against loss", "λmax", Term::LambdaMax, Quantity::LambdaMax),
        ]
    }
}
