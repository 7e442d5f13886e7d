//! What a finished run did on the way, as a run tells it while it trains.
//!
//! A result has a row for each evaluation. Of the step before it that row knows losses and rate; the norm of the gradient, the
//! noise samples and the seconds of single steps are not kept, and neither are the residuals of eigenvalues on the way.

use super::results::{CurveRow, RunResult};
use crate::protocol::{EigenRow, RunPast, RunRows, StepRow};

impl RunResult {
    /// The step of the weights that its figures belong to, and the gradient evaluations spent by then.
    #[must_use]
    pub fn stands_at(&self) -> (u64, u64) {
        let step = self.kept_step.unwrap_or(self.steps);
        let row = self.curves.iter().find(|row| row.step == step);
        (step, row.map_or(self.gradient_evaluations, |row| row.gradient_evaluations))
    }

    /// What it did up to that step.
    #[must_use]
    pub fn past(&self) -> RunPast {
        let (end, _) = self.stands_at();
        let rows: Vec<&CurveRow> = self.curves.iter().filter(|row| row.step <= end).collect();
        let mut traces: Vec<_> = rows.iter().filter_map(|row| row.trace).filter(|trace| trace.step != end).collect();
        traces.extend(Some(self.trace).filter(|trace| trace.probes > 0));
        let on_the_way = rows.iter().filter(|row| row.step != end).filter_map(|row| self.eigen_at(row));
        let mut eigens: Vec<_> = on_the_way.collect();
        eigens.extend(Some(self.eigen).filter(|eigen| eigen.products > 0));
        let rows = RunRows {
            steps: rows.iter().filter(|row| row.step > 0).map(|row| step(row)).collect(),
            evals: rows.iter().map(|row| row.eval).collect(),
            traces,
            eigens,
            ..RunRows::default()
        };
        RunPast { rows, slices: Vec::new() }
    }

    /// The ends of the spectrum at a row where they were measured, by as many products as at the end.
    fn eigen_at(&self, row: &CurveRow) -> Option<EigenRow> {
        let (lambda_max, lambda_min) = row.lambda_max.zip(row.lambda_min)?;
        Some(EigenRow {
            step: row.step,
            gradient_evaluations: row.gradient_evaluations,
            train_loss: row.eval.train_loss,
            lambda_max,
            lambda_min,
            residual_max: f64::NAN,
            residual_min: f64::NAN,
            products: self.eigen.products,
        })
    }
}

const fn step(row: &CurveRow) -> StepRow {
    StepRow {
        step: row.step,
        gradient_evaluations: row.gradient_evaluations,
        train_seconds: 0.0,
        batch_loss: row.batch_loss,
        perturbed_loss: row.perturbed_loss,
        gradient_norm: f64::NAN,
        learning_rate: row.learning_rate,
        noise: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::export::sample;

    #[test]
    fn a_result_tells_what_its_run_told_up_to_where_its_weights_are() {
        let (_, result) = sample::comparison();
        let mut run = result.runs[0].clone();
        let past = run.past().rows;
        assert_eq!((past.steps.len(), past.evals.len()), (4, 5), "there is no step before the first row");
        assert_eq!((past.traces.as_slice(), past.eigens.as_slice()), (&[run.trace][..], &[run.eigen][..]));
        assert_eq!(run.stands_at(), (7200, 7200));

        // The best weights on validation are kept, and curvature was measured on the way.
        let (best, before) = (run.curves[2].step, run.curves[1].step);
        run.kept_step = Some(best);
        (run.trace.step, run.eigen.step) = (best, best);
        run.curves[1].trace = Some(crate::protocol::TraceRow { step: before, ..run.trace });
        run.curves[2].trace = Some(run.trace);
        (run.curves[1].lambda_max, run.curves[1].lambda_min) = (Some(3.0), Some(-1.0));
        let past = run.past().rows;
        assert_eq!(past.evals.iter().map(|row| row.step).collect::<Vec<_>>(), [0, before, best]);
        assert_eq!(past.traces.iter().map(|row| row.step).collect::<Vec<_>>(), [before, best]);
        assert_eq!(past.eigens.iter().map(|row| row.lambda_max).collect::<Vec<_>>(), [3.0, run.eigen.lambda_max]);
        assert_eq!(run.stands_at(), (best, best), "SGD spends one gradient a step");
    }
}
