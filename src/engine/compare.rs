//! The headless comparison: every optimiser and seed to the same number of gradient evaluations.

mod choice;
mod collected;
mod costs;
mod crew;
mod done;
mod error;
mod from_rows;
mod gathered;
mod half;
mod keep;
mod keeping;
mod kept;
mod log;
mod news;
mod pace;
mod recorder;
mod room;
mod scores;
mod settings;
#[cfg(test)]
mod tests;
mod tune;
mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::config::{DeviceChoice, Experiment, Knobs, OptimizerKind, StudyKind};
use crate::model::Compute;
use crate::protocol::{DeviceReport, RunId};
use crate::report::tuning::with_picked;
use crate::train::{Prepared, Run, Task};

use self::choice::Choice;
use self::costs::{Curvature, Planned, Work};
use self::keep::{Keep, device_of};
use self::kept::run_id;
use self::pace::Pace;
use self::recorder::{Extras, Recorder};
use self::room::Ground;
use self::watch::Board;
use super::OpenDevice;
use super::devices::headless::{Headless, open_for};
use super::devices::trial;
use super::forecast::Forecast;
pub use crate::report::results::{CompareResult, CurveRow, RunResult};
pub use collected::Collected;
pub use done::{Done, Ended};
pub use error::{EngineError, is_bad_session};
pub use gathered::Gathered;
pub(super) use keep::other_device;
pub use keeping::{Asked, Keeping, There};
pub(super) use kept::is_cpu;
pub use kept::{KeptComparison, SESSION_FILE};
pub use news::{CompareNews, CompareProgress};
pub use settings::Difference;
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
    /// What is measured of each run beside.
    pub kind: StudyKind,
    /// Runs at once on the CPU, at least 1, as far as there are so many and memory holds them. `None` takes what is fastest.
    pub jobs: Option<usize>,
    /// What need not be done again.
    pub done: Done,
}

impl CompareOptions {
    /// [`Self::curvature`] where nobody has chosen.
    pub const DEFAULT_CURVATURE: u64 = 16;
}

/// Least number of probes of the final trace.
const FINAL_PROBES: usize = 128;

/// Trains every optimiser with every seed and measures each run along its way and at its end, as many runs at once as are done
/// first. `progress` is called by whichever thread has something to tell, by one at a time.
///
/// # Errors
/// [`EngineError`] when the input is bad, the device fails, or `cancel` was set.
pub fn compare(
    options: &CompareOptions,
    progress: &mut (dyn FnMut(CompareNews) + Send),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    compare_keeping(options, None, progress, cancel)
}

/// Trains and measures one run of a comparison, with the figures that it has there: the first seed has a slice.
///
/// # Errors
/// As [`compare`].
pub fn compare_run(
    options: &CompareOptions,
    (optimizer, seed): (OptimizerKind, u64),
    progress: &mut (dyn FnMut(CompareNews) + Send),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    compare_some(options, &|kind, other| (kind, other) == (optimizer, seed), None, progress, cancel)
}

/// All of a comparison, with all that it does kept in a session, or going on with one: it ends as if it had never been stopped.
///
/// # Errors
/// [`EngineError`], [`EngineError::Session`] among them where the session cannot be written.
pub fn compare_keeping(
    options: &CompareOptions,
    keeping: Option<&Keeping>,
    progress: &mut (dyn FnMut(CompareNews) + Send),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    compare_some(options, &|_, _| true, keeping, progress, cancel)
}

/// Those runs of a comparison that are wanted.
fn compare_some(
    options: &CompareOptions,
    is_wanted: &dyn Fn(OptimizerKind, u64) -> bool,
    keeping: Option<&Keeping>,
    progress: &mut (dyn FnMut(CompareNews) + Send),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    let wanted = |knobs: &[Knobs], keep: &Keep| {
        let mut planned = options.planned(knobs, keep);
        planned.retain(|one| is_wanted(options.optimizers[one.optimizer], options.experiment.seed + one.seed));
        planned
    };
    // Everything that can be wrong with the input is found before the first device is opened.
    let knobs = options.knobs(&options.experiment)?;
    let prepared = Prepared::new(Arc::new(options.experiment.clone()))?;
    progress(CompareNews::Notes(&prepared.notes()));

    let methods: Vec<_> = options.optimizers.iter().copied().zip(knobs.iter().cloned()).collect();
    check_room(options, &prepared, &methods)?;
    let (device, report) = open(device_of(keeping, options.device)?, options, &prepared, &methods)?;
    if let Some(report) = &report {
        progress(CompareNews::Device(report));
    }
    // The data are read once: all seeds have the same examples.
    let first = Arc::new(prepared.task(options.experiment.seed, device.compute.clone()));
    drop(prepared);
    let attempts = tune::attempts(&first, &options.tuning)?;
    // The experiment does not know of methods that it does not list.
    options.optimizers.iter().zip(&knobs).try_for_each(|(kind, knobs)| first.check_knobs(*kind, knobs))?;

    let keep = match keeping {
        Some(keeping) => Keep::begin(keeping, options, options.num_runs(), (&first, &device))?,
        None => Keep::nothing(&options.done),
    };
    keep.tell(&device, progress);

    let curvature = options.curvature_of();
    let works = |planned: &[Planned]| planned.iter().map(|one| one.work(&first, curvature)).collect::<Vec<Work>>();
    let planned_tries = tune::planned(&attempts, &options.optimizers, &keep);
    let all = works(&[planned_tries, wanted(&knobs, &keep)].concat());
    let firsts = costs::firsts(&first, &options.optimizers, &knobs);
    let choice =
        Choice { task: &first, jobs: options.jobs, firsts: &firsts, works: &all, curvature, kind: &options.kind };
    let (crew, costs) = choice.make()?;
    drop(firsts);
    let pace = Pace::new(costs, crew.workers, all);
    let with_knobs: Vec<(OptimizerKind, &Knobs)> = options.optimizers.iter().copied().zip(&knobs).collect();
    let bytes = Some(Ground::of(&first, curvature).at_once(&with_knobs, crew));
    progress(CompareNews::Forecast(Forecast { bytes, ..pace.forecast() }));
    let at_once = keep.at_once(crew);
    progress(CompareNews::AtOnce(at_once));
    keep.frame(at_once, device.notice.as_ref(), false);
    let board = Board::new(pace, (crew.workers, keep.pause()), progress, cancel);

    let tuning = tune::tune(&first, &attempts, (crew, &keep), &board)?;
    let knobs = options.knobs(&with_picked(&options.experiment, &tuning))?;
    let planned = wanted(&knobs, &keep);
    board.plan(tuning.len(), works(&planned));
    let round = Round { options, task: &first, knobs: &knobs, planned: &planned, keep: &keep, num_tries: tuning.len() };
    let runs = crew.each(planned.len(), || board.stop(), |worker, place| round.run(&board, worker, place))?;
    keep.frame(at_once, device.notice.as_ref(), true);
    keep.close(&board);
    Ok(CompareResult { device: device.name, notice: device.notice, at_once, runs, tuning })
}

/// The runs of a comparison, once it is known which values they have.
struct Round<'a> {
    options: &'a CompareOptions,
    task: &'a Arc<Task>,
    /// Those of each optimizer.
    knobs: &'a [Knobs],
    planned: &'a [Planned],
    keep: &'a Keep,
    /// Tries that came before.
    num_tries: usize,
}

impl Round<'_> {
    /// Does the run at a place, or takes it where it was done before.
    fn run(&self, board: &Board, worker: usize, place: usize) -> Result<RunResult, EngineError> {
        let Self { options, keep, .. } = self;
        let plan = &self.planned[place];
        let (optimizer, seed) = (options.optimizers[plan.optimizer], options.experiment.seed + plan.seed);
        if let Some(known) = keep.done.run_of(optimizer, seed) {
            return Ok(known.clone());
        }
        let mut watch = board.begin(worker, self.num_tries + place);
        let run = Run::new(Arc::new(self.task.with_seed(seed)), optimizer, self.knobs[plan.optimizer].clone());
        let begun = keep.start(options.id_of(plan.optimizer, plan.seed), run);
        let extras = Extras { slice: plan.with_slice, weights: options.weights, kind: &options.kind };
        let (result, finished) = Recorder::new(begun, options.curvature_of()).record(extras, &mut watch)?;
        watch.end();
        keep.ended(&result);
        finished.keep();
        board.say(CompareNews::Ended(Ended::Run(&result)));
        keep.tell_problem(board);
        Ok(result)
    }
}

/// Refuses what the machine has no memory for, before the first device is opened. Runs on a GPU that is asked for live in the
/// GPU's.
fn check_room(
    options: &CompareOptions,
    prepared: &Prepared,
    methods: &[(OptimizerKind, Knobs)],
) -> Result<(), EngineError> {
    if !matches!(options.device, DeviceChoice::Auto | DeviceChoice::Cpu) {
        return Ok(());
    }
    let (network, train_size) = (prepared.network(), prepared.train_size());
    let (experiment, compute, curvature) = (&options.experiment, &Compute::cpu(), options.curvature_of());
    let methods: Vec<(OptimizerKind, &Knobs)> = methods.iter().map(|(kind, knobs)| (*kind, knobs)).collect();
    Ground { experiment, network, compute, train_size, curvature }.check(&methods)
}

/// The device that the comparison runs on: with `auto` the one that is faster with its network and its costliest method.
fn open(
    choice: DeviceChoice,
    options: &CompareOptions,
    prepared: &Prepared,
    methods: &[(OptimizerKind, Knobs)],
) -> Result<(OpenDevice, Option<DeviceReport>), EngineError> {
    let method = trial::costliest(methods);
    let on = |compute: &Compute| match method {
        Some(method) => trial::training(prepared, method, compute),
        None => Err("there is no method to time".to_owned()),
    };
    let work = Headless {
        model: trial::model_text(&options.experiment.model),
        words: trial::work_words(&options.experiment, methods),
        method: method.map(|(kind, _)| *kind),
        on: &on,
    };
    open_for(choice, &work).map_err(EngineError::Device)
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

    /// Names a run in the session: runs count up as they are ordered.
    fn id_of(&self, optimizer: usize, seed: u64) -> RunId {
        run_id(optimizer * self.seeds as usize + seed as usize)
    }

    /// Runs that are compared.
    const fn num_runs(&self) -> usize {
        self.optimizers.len() * self.seeds as usize
    }

    /// All runs in their order: seeds ascend within each optimizer, and the first has a slice.
    fn planned(&self, knobs: &[Knobs], keep: &Keep) -> Vec<Planned> {
        let of = |(optimizer, (&kind, knobs)): (usize, (&OptimizerKind, &Knobs))| {
            let step_cost = knobs.gradient_evaluations(kind);
            let planned = move |seed| Planned {
                optimizer,
                seed,
                step_cost,
                with_slice: seed == 0,
                with_kind: !self.kind.is_comparison(),
                is_try: false,
                is_done: keep.done.run_of(kind, self.experiment.seed + seed).is_some(),
                spent: keep.spent(self.id_of(optimizer, seed)),
            };
            (0..self.seeds).map(planned)
        };
        self.optimizers.iter().zip(knobs).enumerate().flat_map(of).collect()
    }
}
