//! Where the next steps of a run land on the parabola of the loss along them, on request.
//!
//! A copy of the run takes the steps that it would take next, by its own method, knobs and batches. The loss and its slope along
//! each step are those of the measured examples and not of the step's batch, so that their only error is that of the examples.

use burn::tensor::Tensor;

use crate::curvature::{StepEnd, StepFit};
use crate::engine::units::Units;
use crate::model::{Objective, to_host};
use crate::protocol::{Curve, Estimate, Fact, Findings, FoundChart, Progress};
use crate::train::Run;

use super::request::{Request, at_least};
use super::{Begun, Work};

pub(super) fn parabolas(request: &Request<'_>, steps: usize) -> Begun {
    let steps = at_least("the number of steps", steps, 1)?;
    let run = request.steps.ok_or("the next steps of this run are not known, since it is trained elsewhere")?;
    if run.diverged_at().is_some() {
        return Err("the run has diverged, so it takes no further steps".to_owned());
    }
    Ok(Box::new(Parabolas { run: run.snapshot(), steps, found: Vec::new(), has_diverged: false }))
}

struct Parabolas {
    run: Run,
    steps: usize,
    /// The parabola of each step, and the curvature along it by its squared length.
    found: Vec<(u64, StepFit, f64)>,
    has_diverged: bool,
}

impl Units for Parabolas {
    fn advance(&mut self, objective: &Objective) -> bool {
        let start = self.run.weights().clone();
        if self.run.step().is_err() {
            self.has_diverged = true;
            return true;
        }
        let end = self.run.weights().clone();
        let step = end.clone() - start.clone();
        let squared = to_host((step.clone() * step.clone()).sum())[0];
        let decay = objective.weight_decay();
        let at = |weights: &Tensor<2>| {
            let series = objective.example_series(weights, &step);
            let [square, slope] = [weights, &step].map(|other| to_host((weights.clone() * other.clone()).sum())[0]);
            StepEnd {
                losses: to_host(series.losses).into_iter().map(|loss| loss + 0.5 * decay * square).collect(),
                slopes: to_host(series.slopes).into_iter().map(|along| along + decay * slope).collect(),
            }
        };
        let fit = StepFit::new([&at(&start), &at(&end)], &objective.example_shares());
        self.found.push((self.run.steps(), fit, fit.curvature / squared));
        self.found.len() >= self.steps
    }

    fn progress(&self) -> Progress {
        Progress { done: self.found.len() as u64, total: self.steps as u64 }
    }
}

impl Work for Parabolas {
    fn findings(&self) -> Findings {
        let mut found = Findings::default();
        if self.found.is_empty() {
            return found;
        }
        let fits = || self.found.iter().map(|(_, fit, _)| fit);
        let placed: Vec<f64> = fits().map(|fit| fit.alpha).filter(|alpha| alpha.is_finite()).collect();
        let (count, beyond) = (placed.len(), placed.iter().filter(|alpha| **alpha > 1.0).count());
        let concave = fits().filter(|fit| fit.is_concave()).count();
        found.facts = vec![
            Fact::estimated("α, mean", Estimate::of(placed), "steps; −1 start, 0 minimum, 1 as high beyond it"),
            Fact::exact(
                "steps with α above 1",
                beyond as f64,
                format!("of {count}: the parabola's end is above its start"),
            ),
            Fact::exact("steps without α", concave as f64, "their parabola bends downwards"),
            Fact::estimated("curvature along the step", Estimate::of(self.found.iter().map(|step| step.2)), "steps"),
            Fact::estimated("change of the loss", Estimate::of(fits().map(|fit| fit.change)), "steps"),
        ];
        if self.has_diverged {
            found.facts.push(Fact::exact("diverged after", self.found.len() as f64, "steps of the copy"));
        }
        let certain = self.found.iter().filter(|(_, fit, _)| fit.alpha.is_finite());
        let (points, errors) = certain.map(|(step, fit, _)| ([*step as f64, fit.alpha], fit.stderr)).unzip();
        let errors: Vec<f64> = errors;
        let errors = errors.into_iter().map(|error: f64| if error.is_finite() { error } else { 0.0 }).collect();
        found.charts.push(FoundChart {
            title: "α of the next steps".to_owned(),
            x_label: "step".to_owned(),
            log_x: false,
            log_y: false,
            curves: vec![Curve { name: "α ± error over examples".to_owned(), points, errors }],
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, OptimizerKind};
    use crate::engine::jobs::test_runs::run;

    /// On a quadratic loss α follows from gradient and Hessian where the step begins: f(t) = L + t·gᵀs + t²/2·sᵀHs.
    #[test]
    fn the_place_of_a_step_is_that_of_gradient_and_hessian() {
        let cases = [
            (OptimizerKind::Sgd, &["learning_rate=0.3"][..]),
            (OptimizerKind::Sgd, &["learning_rate=0.9", "momentum=0.5"]),
            (OptimizerKind::Nso, &["learning_rate=0.2", "nso.sigma=0.3", "nso.k=2"]),
            (OptimizerKind::Sgd, &["learning_rate=0.3", "batch=8"]),
        ];
        for (optimizer, settings) in cases {
            let mut copy = run(&["linear 2"], LossKind::Mse, optimizer, settings);
            let objective = copy.measured();
            let mut work = Parabolas { run: copy.snapshot(), steps: 6, found: Vec::new(), has_diverged: false };
            while !work.advance(&objective) {}
            assert_eq!(work.findings().charts[0].curves[0].points.len(), 6, "{settings:?}");
            for (step, fit, along) in &work.found {
                let start = copy.weights().clone();
                copy.step().expect("a good step");
                assert_eq!(copy.steps(), *step, "the very steps of the run");
                let moved = copy.weights().clone() - start.clone();
                let inner = |a: &Tensor<2>, b: &Tensor<2>| to_host((a.clone() * b.clone()).sum())[0];
                let slope = inner(&objective.gradients(start.clone()).1, &moved);
                let curvature = inner(&objective.hessian_product(start, moved.clone()).product, &moved);
                let expected = -curvature / slope - 1.0;
                assert!(
                    (fit.alpha - expected).abs() < 1e-8 * (1.0 + expected.abs()),
                    "{settings:?}: {fit:?} {expected}"
                );
                assert!((along * inner(&moved, &moved) - curvature).abs() < 1e-9 * curvature, "{settings:?}");
            }
        }
    }

    #[test]
    fn weight_decay_is_a_part_of_the_parabola_where_it_is_asked_for() {
        let mut copy = run(&["linear 2"], LossKind::Mse, OptimizerKind::Sgd, &["learning_rate=0.3"]);
        let objective = copy.measured().with_weight_decay(0.5);
        let mut work = Parabolas { run: copy.snapshot(), steps: 1, found: Vec::new(), has_diverged: false };
        assert!(work.advance(&objective));
        let before = to_host(objective.losses(copy.weights().clone()))[0];
        copy.step().expect("a good step");
        let after = to_host(objective.losses(copy.weights().clone()))[0];
        assert!((work.found[0].1.change - (after - before)).abs() < 1e-12, "{:?} {before} {after}", work.found[0].1);
    }
}
