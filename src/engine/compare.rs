//! The headless comparison: every optimiser and seed to the same number of gradient evaluations.

mod error;
mod news;
mod pace;
mod recorder;
mod tune;
mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::config::{DeviceChoice, Experiment, Knobs, OptimizerKind};
use crate::report::tuning::with_picked;
use crate::train::{Prepared, Run};

use self::pace::{Curvature, Pace, Planned};
use self::recorder::{Extras, Recorder};
use self::watch::Watch;
use super::open_device;
pub use crate::report::results::{CompareResult, CurveRow, RunResult};
pub use error::EngineError;
pub use news::{CompareNews, CompareProgress};
pub use tune::TryGrid;

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
    /// How often trace and eigenvalues are measured along each run, from its start on; at its end they are too. `None`
    /// measures them nowhere.
    pub curvature: Option<u64>,
    /// The values to be tried on validation data before the runs, at most one grid a method; those that do best are compared.
    pub tuning: Vec<TryGrid>,
    /// Whether the files of the runs' weights are made.
    pub weights: bool,
}

impl CompareOptions {
    /// [`Self::curvature`] where nobody has chosen.
    pub const DEFAULT_CURVATURE: u64 = 16;
}

/// Least number of probes of the final trace.
const FINAL_PROBES: usize = 128;

/// Trains every optimiser with every seed and measures each run along its way and at its end.
///
/// # Errors
/// [`EngineError`] when the input is bad, the device fails, or `cancel` was set.
pub fn compare(
    options: &CompareOptions,
    progress: &mut dyn FnMut(CompareNews),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    // Everything that can be wrong with the input is found before the first device is opened.
    let knobs = options.knobs(&options.experiment)?;
    let prepared = Prepared::new(Arc::new(options.experiment.clone()))?;
    progress(CompareNews::Notes(&prepared.notes()));

    let device = open_device(options.device).map_err(EngineError::Device)?;
    // The data are read once: all seeds have the same examples.
    let first = Arc::new(prepared.task(options.experiment.seed, device.compute.clone()));
    drop(prepared);
    let attempts = tune::attempts(&first, &options.tuning)?;
    // The experiment does not know of methods that it does not list.
    options.optimizers.iter().zip(&knobs).try_for_each(|(kind, knobs)| first.check_knobs(*kind, knobs))?;

    let (curvature, planned_tries) = (options.curvature_of(), tune::planned(&attempts, &options.optimizers));
    let planned = [planned_tries.clone(), options.planned(&knobs)].concat();
    let firsts = pace::firsts(&first, &options.optimizers, &knobs);
    let pace = Pace::of_trying(&first, &firsts, &planned, curvature);
    drop(firsts);
    progress(CompareNews::Forecast(pace.forecast()));
    let mut watch = Watch { pace, progress, cancel };

    let tuning = tune::tune(&first, attempts, &planned_tries, &mut watch)?;
    let knobs = options.knobs(&with_picked(&options.experiment, &tuning))?;
    let planned = options.planned(&knobs);
    watch.pace.plan(&first, &planned, curvature);
    let mut runs = Vec::new();
    for (plan, index) in planned.iter().zip((0..options.seeds).cycle()) {
        let task = Arc::new(first.with_seed(options.experiment.seed + index));
        watch.pace.begin(plan, &task, curvature);
        let run = Run::new(task, options.optimizers[plan.optimizer], knobs[plan.optimizer].clone());
        let extras = Extras { slice: plan.with_slice, weights: options.weights };
        runs.push(Recorder::new(run, curvature).record(extras, &mut watch)?);
        watch.pace.end();
    }
    Ok(CompareResult { device: device.name, notice: device.notice, runs, tuning })
}

impl CompareOptions {
    /// The knobs of each optimiser in an experiment.
    fn knobs(&self, experiment: &Experiment) -> Result<Vec<Knobs>, EngineError> {
        self.optimizers.iter().map(|&optimizer| Ok(experiment.knobs(optimizer)?)).collect()
    }

    fn curvature_of(&self) -> Curvature {
        let probes = self.experiment.look.trace_probes.max(FINAL_PROBES);
        Curvature { along: self.curvature, final_probes: probes }
    }

    /// All runs in their order: seeds ascend within each optimizer, and the first has a slice.
    fn planned(&self, knobs: &[Knobs]) -> Vec<Planned> {
        let of = |(optimizer, (&kind, knobs)): (usize, (&OptimizerKind, &Knobs))| {
            let step_cost = knobs.gradient_evaluations(kind);
            (0..self.seeds).map(move |index| Planned { optimizer, step_cost, with_slice: index == 0, is_try: false })
        };
        self.optimizers.iter().zip(knobs).enumerate().flat_map(of).collect()
    }
}
