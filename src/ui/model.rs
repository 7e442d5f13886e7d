//! The engine's state as the window has heard of it. Nothing here draws.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::history::History;
use super::measure::{JobState, JobView};
use super::notices::{Level, NoticeLog};
use super::restart::KeptRun;
use super::rows::SpeedPoint;
use super::run_view::{self, Begin, RunState, RunView};
use crate::config::Experiment;
use crate::engine::{Link, LinkState};
use crate::protocol::{DataPreview, Event, JobId, Prediction, RunId, RunInfo, RunStart};

/// Time a frame spends on reading events at most; the rest is read at the next frame.
const DRAIN_BUDGET: Duration = Duration::from_millis(4);
const DRAIN_CHUNK: usize = 32;

/// Whether more events wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All were read.
    All,
    /// The time was up first.
    MoreWait,
}

/// What the engine is doing when it does not train as told.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineHealth {
    /// It works.
    Fine,
    /// It failed and may be restarted by a reset.
    Failed(String),
    /// Its thread is gone.
    Gone,
}

/// The engine's state as the window has heard of it.
#[derive(Debug)]
pub struct Model {
    /// The experiment of the runs, or the one that was asked for last.
    pub experiment: Arc<Experiment>,
    /// All runs, in the order in which they are shown.
    pub runs: Vec<RunView>,
    /// Trainable parameters.
    pub num_parameters: usize,
    /// Names of the parameter tensors, in the order of the model.
    pub tensors: Vec<String>,
    /// A look into the data of the runs.
    pub data: Option<Arc<DataPreview>>,
    /// The newest answer of a network at a place of a slice.
    pub prediction: Option<Arc<Prediction>>,
    /// The newest answer to a look into other data, or why they cannot be read.
    pub previewed: Option<Result<Arc<DataPreview>, String>>,
    /// Training goes on.
    pub is_playing: bool,
    /// Name of the device.
    pub device: Option<String>,
    /// Why nothing is to be seen yet.
    pub waiting_for: String,
    /// Steps a second, all runs together.
    pub steps_per_second: f64,
    /// The same over time, since the runs started.
    pub speeds: History<SpeedPoint>,
    started_at: Option<Instant>,
    /// Everything that was said.
    pub notices: NoticeLog,
    /// Whether the engine lives.
    pub health: EngineHealth,
    /// Measurements that were asked for, the newest first.
    pub jobs: Vec<JobView>,
    /// Counts changes of runs, so that what was computed from old ones can be dropped.
    pub generation: u64,
    /// Runs that another experiment takes over and that have not come yet.
    pub kept: Vec<KeptRun>,
    /// Those that have come since the last look.
    pub arrived: Vec<(RunId, KeptRun)>,
    /// Weights that were fetched: the run, its steps and the file.
    pub weights: Option<(RunId, u64, Vec<u8>)>,
}

impl Model {
    /// The state before the engine said anything.
    #[must_use]
    pub fn new(experiment: Experiment) -> Self {
        Self {
            waiting_for: format!("Loading {}…", experiment.title),
            experiment: Arc::new(experiment),
            runs: Vec::new(),
            num_parameters: 0,
            tensors: Vec::new(),
            data: None,
            prediction: None,
            previewed: None,
            is_playing: false,
            device: None,
            steps_per_second: 0.0,
            speeds: History::default(),
            started_at: None,
            notices: NoticeLog::default(),
            health: EngineHealth::Fine,
            jobs: Vec::new(),
            generation: 0,
            kept: Vec::new(),
            arrived: Vec::new(),
            weights: None,
        }
    }

    /// Drops the runs: those of another experiment were asked for.
    pub fn await_experiment(&mut self, experiment: &Experiment) {
        self.waiting_for = format!("Loading {}…", experiment.title);
        self.experiment = Arc::new(experiment.clone());
        self.runs.clear();
        self.kept.clear();
        self.num_parameters = 0;
        self.tensors.clear();
        self.data = None;
        self.generation += 1;
    }

    /// Reads what waits on the link, within the budget of a frame.
    pub fn drain(&mut self, link: &Link) -> Drained {
        let start = Instant::now();
        loop {
            let mut count = 0;
            let state = link.drain(DRAIN_CHUNK, |event| {
                count += 1;
                self.apply(event, start);
            });
            if state == LinkState::Closed {
                if self.health == EngineHealth::Fine {
                    self.health = EngineHealth::Gone;
                }
                self.is_playing = false;
            }
            if count < DRAIN_CHUNK {
                break;
            }
            if start.elapsed() > DRAIN_BUDGET {
                return Drained::MoreWait;
            }
        }
        self.prediction = link.slots.prediction();
        for run in &mut self.runs {
            if let Some(grid) = link.slots.grid(run.info.run) {
                run.set_slice(grid, start);
            }
            if let Some(noise) = link.slots.noise(run.info.run) {
                run.noise = Some(noise);
            }
        }
        Drained::All
    }

    /// The run with an id.
    #[must_use]
    pub fn run(&self, id: RunId) -> Option<&RunView> {
        run_view::find(&self.runs, id)
    }

    /// The run with an id, to change.
    pub fn run_mut(&mut self, id: RunId) -> Option<&mut RunView> {
        self.runs.iter_mut().find(|run| run.info.run == id)
    }

    /// The greatest step and number of gradient evaluations of all runs.
    #[must_use]
    pub fn horizon(&self) -> (u64, u64) {
        self.runs.iter().fold((0, 0), |(step, evaluations), run| {
            (step.max(run.step()), evaluations.max(run.gradient_evaluations()))
        })
    }

    /// Takes one event. Events of runs that are gone are dropped.
    pub fn apply(&mut self, event: Event, now: Instant) {
        match event {
            Event::Device { name, notice } => {
                self.device = Some(name);
                if let Some(notice) = notice {
                    self.notices.push(Level::Warning, notice);
                }
            }
            Event::WarmingUp(what) => self.waiting_for = what,
            Event::Started { experiment, num_parameters, tensors, data, runs } => {
                let count = runs.len();
                self.notices.push(Level::Quiet, format!("{}: {count} runs start", experiment.title));
                self.experiment = experiment;
                self.num_parameters = num_parameters;
                self.tensors = tensors;
                self.data = Some(data);
                self.start(runs, now);
            }
            Event::RunAdded(info) => self.join(info),
            Event::Weights { run, step, file } => self.weights = Some((run, step, file)),
            Event::RunRemoved(id) => self.runs.retain(|run| run.info.run != id),
            Event::Previewed(answer) => self.previewed = Some(answer),
            Event::Playing(is_playing) => {
                self.is_playing = is_playing;
                if is_playing && !self.runs.is_empty() {
                    // All that were taken over were asked for before; those that have not come cannot come.
                    self.kept.clear();
                }
            }
            Event::Warning(text) => self.notices.push(Level::Warning, text),
            Event::Failed(text) => {
                self.notices.push(Level::Error, format!("The engine failed: {text}."));
                self.health = EngineHealth::Failed(text);
                self.is_playing = false;
            }
            Event::Measuring { .. } | Event::Measured { .. } => self.apply_to_job(event),
            Event::Speed { steps_per_second } => self.push_speed(steps_per_second, now),
            Event::RunBegan { run, .. }
            | Event::Rewound { run, .. }
            | Event::LayerTrace { run, .. }
            | Event::Steps { run, .. }
            | Event::Evaluated { run, .. }
            | Event::Trace { run, .. }
            | Event::Eigen { run, .. }
            | Event::KnobTurned { run, .. }
            | Event::Finished { run }
            | Event::Diverged { run, .. } => {
                if let Some(run) = self.run_mut(run) {
                    apply_to_run(run, event, now);
                }
            }
        }
    }
}

impl Model {
    fn start(&mut self, infos: Vec<RunInfo>, now: Instant) {
        self.waiting_for = "Computing the first slice…".to_owned();
        // A reset keeps the names and colours of the runs.
        let given: Vec<_> = self.runs.drain(..).map(|run| (run.info.optimizer, run.identity())).collect();
        for (index, info) in infos.into_iter().enumerate() {
            self.join(info);
            if let Some((optimizer, identity)) = given.get(index)
                && let Some(run) = self.runs.last_mut().filter(|run| run.info.optimizer == *optimizer)
            {
                run.take_identity(identity.clone());
            }
        }
        self.speeds = History::default();
        self.started_at = Some(now);
        self.health = EngineHealth::Fine;
        self.generation += 1;
    }

    /// A run is there; it may be one that was taken over from another experiment.
    fn join(&mut self, info: RunInfo) {
        let mut run = RunView::joining(info, &self.runs);
        let is_kept = |kept: &KeptRun| run.info.parent.is_none() && kept.optimizer == run.info.optimizer;
        if let Some(place) = self.kept.iter().position(is_kept) {
            let kept = self.kept.remove(place);
            run.take_identity(kept.identity.clone());
            self.arrived.push((run.info.run, kept));
        }
        self.runs.push(run);
    }

    fn push_speed(&mut self, steps_per_second: f64, now: Instant) {
        self.steps_per_second = steps_per_second;
        let Some(start) = self.started_at else { return };
        let seconds = now.saturating_duration_since(start).as_secs_f64();
        self.speeds.push(SpeedPoint { seconds, steps_per_second });
    }

    fn apply_to_job(&mut self, event: Event) {
        match event {
            Event::Measuring { job, step, progress } => self.change_job(job, |view| {
                view.step = step;
                view.state = JobState::Waiting(progress);
            }),
            Event::Measured { job, step, objective, end, findings } => self.change_job(job, |view| {
                view.step = step;
                view.objective = objective;
                view.state = JobState::Ended(end);
                view.show(*findings);
            }),
            _ => {}
        }
    }

    fn change_job(&mut self, id: JobId, change: impl FnOnce(&mut JobView)) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) {
            change(job);
        }
    }
}

fn apply_to_run(run: &mut RunView, event: Event, now: Instant) {
    match event {
        Event::RunBegan { start, .. } => {
            run.begins = if let RunStart::File(path) = start { Begin::File(path) } else { Begin::Elsewhere };
        }
        Event::Steps { rows, .. } => run.push_steps(&rows),
        Event::Evaluated { row, .. } => run.evals.push(row),
        Event::Trace { row, .. } => run.traces.push(row),
        Event::Eigen { row, .. } => run.eigens.push(row),
        Event::LayerTrace { row, .. } => run.layers.push(row),
        Event::Rewound { step, knobs, .. } => run.rewind(step, *knobs),
        Event::KnobTurned { edit, .. } => run.push_edit(edit, now),
        Event::Finished { .. } => run.state = RunState::Finished,
        Event::Diverged { step, last_good_step, .. } => run.state = RunState::Diverged { step, last_good_step },
        _ => {}
    }
}
