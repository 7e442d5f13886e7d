//! The headless comparison: every optimiser and seed to the same number of gradient evaluations.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{ConfigError, DeviceChoice, Experiment, OptimizerKind};
use crate::protocol::{EigenRow, EvalRow, LossGrid, PathPoint, RunId, SliceCaption, TraceRow};
pub use crate::session::results::{CompareResult, CurveRow, RunResult};

/// What is to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareOptions {
    /// Data, model, knobs and budget.
    pub experiment: Experiment,
    /// The optimisers, in the order of the table; at least one, each once.
    pub optimizers: Vec<OptimizerKind>,
    /// Number of seeds, at least 1; they count up from the experiment's.
    pub seeds: u64,
    /// The device asked for.
    pub device: DeviceChoice,
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareProgress<'a> {
    /// The run's optimiser.
    pub optimizer: OptimizerKind,
    /// The run's seed.
    pub seed: u64,
    /// Gradient evaluations that the run has spent.
    pub spent: u64,
    /// Gradient evaluations that the run may spend.
    pub budget: u64,
    /// "warming up", "training" or "measuring".
    pub phase: &'a str,
    /// The run's training loss as last known; NaN before the first evaluation.
    pub train_loss: f64,
}

/// Why the engine cannot do what it was asked to.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The experiment is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data cannot be made as the experiment asks.
    #[error("{0}")]
    Data(String),
    /// The device cannot be used.
    #[error("{0}")]
    Device(String),
    /// The user stopped it.
    #[error("stopped before the end")]
    Cancelled,
}

impl EngineError {
    /// Whether the user's input is at fault, so that the exit code is 2.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Data(_))
    }
}

/// Trains every optimiser with every seed and measures each run at its end.
///
/// # Errors
/// [`EngineError`] when the input is bad, the device fails, or `cancel` was set.
// FAKE until the engine is merged: closed-form curves and bowls, no training.
pub fn compare(
    options: &CompareOptions,
    progress: &mut dyn FnMut(CompareProgress),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    let mut runs = Vec::new();
    for &optimizer in &options.optimizers {
        for seed in (0..options.seeds).map(|i| options.experiment.seed + i) {
            if cancel.load(Ordering::Relaxed) {
                return Err(EngineError::Cancelled);
            }
            runs.push(fake_run(options, optimizer, seed, progress)?);
        }
    }
    Ok(CompareResult { device: "no device (synthetic numbers)".to_owned(), notice: None, runs })
}

#[expect(clippy::too_many_lines, reason = "it goes away with the fake")]
fn fake_run(
    options: &CompareOptions,
    optimizer: OptimizerKind,
    seed: u64,
    progress: &mut dyn FnMut(CompareProgress),
) -> Result<RunResult, EngineError> {
    let experiment = &options.experiment;
    let knobs = experiment.knobs(optimizer)?;
    let (cost, budget) = (knobs.gradient_evaluations(optimizer), experiment.budget);
    let steps = budget / cost;
    let loss_at = |step: u64| 0.03 + 0.66 * (-(step as f64) / 60.0).exp() * (1.0 + 0.01 * seed as f64);
    let row = |step: u64| EvalRow {
        step,
        gradient_evaluations: step * cost,
        train_loss: loss_at(step),
        train_accuracy: 1.0 - 0.5 * loss_at(step),
        test_loss: loss_at(step) * 1.3,
        test_accuracy: 0.97 - 0.5 * loss_at(step),
        weight_norm: 1.0,
    };
    let sharpness = [8.0, 2.5, 1.7][optimizer as usize];
    let trace = |step: u64| TraceRow {
        step,
        gradient_evaluations: step * cost,
        train_loss: loss_at(step),
        mean: sharpness * (1.0 + 0.1 * seed as f64),
        stderr: sharpness * 0.1,
        probes: experiment.look.trace_probes,
    };
    let stride = experiment.look.eval_every.max(1) as usize;
    let mut curves = Vec::new();
    for step in (0..=steps).step_by(stride) {
        let (spent, train_loss) = (step * cost, loss_at(step));
        progress(CompareProgress { optimizer, seed, spent, budget, phase: "training", train_loss });
        curves.push(CurveRow {
            step,
            gradient_evaluations: spent,
            eval: row(step),
            batch_loss: train_loss,
            perturbed_loss: train_loss * 1.1,
            learning_rate: knobs.learning_rate,
            trace: (step % 50 == 0).then(|| trace(step)),
            noise_trace: None,
            lambda_max: None,
            lambda_min: None,
        });
    }
    let (end, train_loss) = (row(steps), loss_at(steps));
    Ok(RunResult {
        optimizer,
        seed,
        steps,
        gradient_evaluations: steps * cost,
        train_loss,
        test_loss: end.test_loss,
        train_accuracy: end.train_accuracy,
        test_accuracy: end.test_accuracy,
        trace: trace(steps),
        eigen: EigenRow {
            step: steps,
            gradient_evaluations: steps * cost,
            train_loss,
            lambda_max: sharpness * 0.8,
            lambda_min: -0.05,
            residual_max: 1e-4,
            residual_min: 1e-4,
            products: experiment.look.lanczos_steps,
        },
        wall_seconds: 0.5,
        diverged_at: None,
        curves,
        grid: (seed == experiment.seed).then(|| fake_grid(experiment, steps, train_loss, sharpness)),
    })
}

fn fake_grid(experiment: &Experiment, step: u64, center_loss: f64, sharpness: f64) -> LossGrid {
    let (n, range) = (experiment.look.resolution, experiment.look.range);
    let axis: Vec<f64> = (0..n).map(|i| (2.0 * i as f64 / (n - 1) as f64 - 1.0) * range).collect();
    let bowl = |x: f64, y: f64| center_loss + 0.1 * sharpness * (0.6 * x + 0.8 * y).powi(2) + 0.05 * x * x;
    LossGrid {
        run: RunId(0),
        step,
        loss: axis.iter().flat_map(|&y| axis.iter().map(move |&x| bowl(x, y) as f32)).collect(),
        x: axis.clone(),
        y: axis.clone(),
        masked: 0,
        center_loss,
        path: (0..=20)
            .map(|i| 1.0 - f64::from(i) / 20.0)
            .map(|t| PathPoint { step: 0, x: 0.8 * range * t, y: 0.5 * range * t * t, loss: 0.1, distance: t })
            .collect(),
        caption: SliceCaption {
            objective: format!("{}, synthetic", experiment.model.loss.label()),
            directions: "random plane, filter-normalised to the initial weights".to_owned(),
            seed: experiment.look.seed,
            angle_degrees: 90.0,
            norms: [1.0, 1.0],
        },
        ascent: None,
        noise_radius: None,
    }
}
