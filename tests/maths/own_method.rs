//! A method that nobody has heard of trains like the others, and pays for its gradients: a struct with one function and what
//! a step costs are all that it takes.

use std::sync::Arc;

use flatscape::config::{MethodCost, OptimizerKind, builtin_experiment};
use flatscape::model::Compute;
use flatscape::optim::{GradientOracle, Method, Point, StepGradient};
use flatscape::train::{Run, Task};

/// The mean of the gradients a step of ρ·g uphill and as far downhill, in one population pass.
#[derive(Debug)]
struct BothWays;

impl Method for BothWays {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let (loss, gradient) = oracle.gradients(point.weights.clone());
        let ascent = gradient * point.knobs.rho;
        let points = vec![point.weights.clone() + ascent.clone(), point.weights.clone() - ascent.clone()];
        let (losses, gradients) = oracle.gradients(burn::tensor::Tensor::cat(points, 0));
        StepGradient::after_ascent(loss, ascent, (losses.mean(), gradients.mean_dim(0)))
    }
}

#[test]
fn a_method_of_ones_own_trains_with_every_base_step_and_average() {
    for base in ["sgd", "adamw"] {
        let mut experiment = builtin_experiment("moons-mlp").expect("embedded");
        let rate = if base == "sgd" { "learning_rate=0.1" } else { "learning_rate=0.01" };
        for setting in
            [&format!("base={base}"), rate, "average=ema", "average_start=0", "clip=1", "radius=20", "sam.rho=0.1"]
        {
            experiment.assign(setting).expect("valid");
        }
        let knobs = experiment.knobs(OptimizerKind::Sam).expect("valid");
        let task = Task::new(Arc::new(experiment), 0, Compute::cpu()).expect("valid");
        let mut run = Run::new(Arc::new(task), OptimizerKind::Sam, knobs).by(&BothWays, MethodCost::Fixed(3));
        let before = run.evaluate();
        for _ in 0..60 {
            run.step().expect("finite");
        }
        assert_eq!((run.step_cost(), run.gradient_evaluations()), (3, 180), "each step is billed its three gradients");
        let after = run.evaluate();
        assert!(after.train_loss < 0.7 * before.train_loss, "{base}: {} to {}", before.train_loss, after.train_loss);
        let average = after.average.expect("it keeps one");
        assert_eq!(average.averaged, 60);
        assert!(average.train.loss < before.train_loss, "{base}: {average:?}");
        let ascent = run.ascent_on_host().expect("it goes uphill");
        assert!(ascent.iter().any(|&step| step != 0.0));
    }
}
