//! The runs of one experiment, side by side from the same initial weights and in the same order of data.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{ConfigError, Experiment, KnobId, Knobs, OptimizerKind, ScheduleConfig, SigmaScheduleConfig};
use crate::landscape::{Checkpoint, Path, Plane, filter_normalised_plane, objective_words};
use crate::model::{Compute, to_host};
use crate::protocol::{Event, Examples, JobId, MeasureRequest, RunId, RunInfo};
use crate::train::{Run, Task, TaskError};

use super::jobs::{self, Job, Neighbour, Request};
use super::look::{Look, Seen, SliceRequest};
use super::{Outbox, Slots};

/// Time between two snapshots of the noise samples of a run.
const NOISE_INTERVAL: Duration = Duration::from_millis(100);

/// A run with its measurements.
struct LiveRun {
    id: RunId,
    run: Run,
    path: Path,
    look: Look,
    is_finished: bool,
    noise_shown: Option<Instant>,
}

/// All runs of one experiment.
pub(super) struct Fleet {
    task: Arc<Task>,
    plane: Plane,
    runs: Vec<LiveRun>,
    next_look: usize,
    request: SliceRequest,
}

/// Where results go.
pub(super) struct Sink<'a> {
    pub outbox: &'a mut Outbox,
    pub slots: &'a Slots,
}

impl Fleet {
    /// Starts the runs of an experiment at step 0. Ids count up from `next_id`.
    pub fn new(experiment: Experiment, compute: Compute, next_id: &mut u32) -> Result<Self, TaskError> {
        let knobs = experiment.optimizers.keys().map(|&optimizer| Ok((optimizer, experiment.knobs(optimizer)?)));
        let knobs = knobs.collect::<Result<Vec<_>, ConfigError>>()?;
        let request = SliceRequest { range: experiment.look.range, resolution: experiment.look.resolution };
        let seed = experiment.seed;
        let task = Arc::new(Task::new(Arc::new(experiment), seed, compute)?);
        let plane = filter_normalised_plane(task.network.architecture(), &task.initial, task.experiment.look.seed);
        let mut fleet = Self { task, plane, runs: Vec::new(), next_look: 0, request };
        fleet.launch(knobs, next_id);
        Ok(fleet)
    }

    fn launch(&mut self, knobs: Vec<(OptimizerKind, Knobs)>, next_id: &mut u32) {
        let runs = knobs.into_iter().map(|(optimizer, knobs)| {
            *next_id += 1;
            LiveRun {
                id: RunId(*next_id - 1),
                run: Run::new(Arc::clone(&self.task), optimizer, knobs),
                path: Path::default(),
                look: Look::new(self.request),
                is_finished: false,
                noise_shown: None,
            }
        });
        self.runs = runs.collect();
    }

    /// Restarts all runs from the same initial weights, with the knobs as they are now.
    pub fn reset(&mut self, next_id: &mut u32) {
        let knobs = self.runs.iter().map(|live| (live.run.optimizer(), live.run.knobs().clone())).collect();
        self.launch(knobs, next_id);
    }

    /// Tells of the runs and evaluates them at step 0.
    pub fn announce(&mut self, sink: &mut Sink) {
        sink.slots.clear();
        let runs = self.runs.iter().map(|live| RunInfo {
            run: live.id,
            optimizer: live.run.optimizer(),
            seed: self.task.seed,
            knobs: live.run.knobs().clone(),
            parent: None,
        });
        let parameters = &self.task.network.architecture().parameters;
        sink.outbox.push(Event::Started {
            experiment: Arc::clone(&self.task.experiment),
            num_parameters: self.task.network.num_parameters(),
            tensors: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            data: Arc::clone(&self.task.preview),
            runs: runs.collect(),
        });
        for live in &mut self.runs {
            live.evaluate(sink);
        }
    }

    /// Turns a knob.
    pub fn set_knob(&mut self, id: RunId, knob: KnobId, value: f64, sink: &mut Sink) {
        let Some(live) = self.runs.iter_mut().find(|live| live.id == id) else {
            return; // A run of an earlier experiment: the window has not seen the new one yet.
        };
        match live.run.set_knob(knob, value) {
            Ok(edit) => sink.outbox.push(Event::KnobTurned { run: id, edit }),
            Err(err) => sink.outbox.push(Event::Warning(err.to_string())),
        }
    }

    /// Makes a job on the weights of a run as they are.
    ///
    /// # Errors
    /// Why it cannot be done, in one sentence.
    pub fn job(&self, id: JobId, run: RunId, request: &MeasureRequest) -> Result<Job, String> {
        let live = self.runs.iter().find(|live| live.id == run).ok_or("the run is gone")?;
        let mut objective = match request.examples {
            Examples::Train => live.run.measured(),
            Examples::Test => live.run.tested(),
        };
        let decay = live.run.knobs().weight_decay;
        if request.weight_decay {
            objective = objective.with_weight_decay(decay);
        }
        let words = objective_words(&objective, request.examples.label());
        let others = self.runs.iter().filter(|other| other.id != run);
        let work = jobs::start(Request {
            what: request.what,
            seed: request.seed,
            objective: &objective,
            weights: live.run.weights().clone(),
            initial: self.task.initial_tensor(),
            runs: std::iter::once(live).chain(others).map(LiveRun::neighbour).collect(),
            words: &words,
            distribution: live.run.knobs().distribution,
            batch: live.run.knobs().batch.min(self.task.train.len()),
            second_subset: live.run.second_subset(),
        })?;
        Ok(Job { id, step: live.run.steps(), objective, words, work })
    }

    pub fn set_slice(&mut self, request: SliceRequest) {
        self.request = request;
        self.runs.iter_mut().for_each(|live| live.look.set_request(request));
    }

    /// Drops half-done measurements.
    pub fn restart_looks(&mut self) {
        self.runs.iter_mut().for_each(|live| live.look = Look::new(self.request));
    }

    /// Whether any run can still train.
    pub fn can_train(&self) -> bool {
        self.runs.iter().any(LiveRun::is_active)
    }

    /// One step of the run that has spent the fewest gradient evaluations, so that all runs spend the same.
    pub fn train_one(&mut self, sink: &mut Sink) -> bool {
        let active = self.runs.iter_mut().filter(|live| live.is_active());
        match active.min_by_key(|live| live.run.gradient_evaluations()) {
            Some(live) => {
                live.step(sink);
                true
            }
            None => false,
        }
    }

    /// One step of every run.
    pub fn train_all(&mut self, sink: &mut Sink) {
        self.runs.iter_mut().filter(|live| live.is_active()).for_each(|live| live.step(sink));
    }

    /// Whether anything is not measured yet.
    pub fn can_look(&self) -> bool {
        self.runs.iter().any(|live| live.look.has_work(&live.run))
    }

    /// One unit of measurement, the runs taking turns.
    pub fn look_one(&mut self, sink: &mut Sink) {
        let count = self.runs.len();
        let turn = (0..count).map(|i| (self.next_look + i) % count);
        let Some(index) = turn.into_iter().find(|&i| self.runs[i].look.has_work(&self.runs[i].run)) else {
            return;
        };
        self.next_look = index + 1;
        let live = &mut self.runs[index];
        match live.look.advance(live.id, &live.run, &self.plane, &live.path) {
            Some(Seen::Grid(grid)) => {
                sink.slots.put_grid(*grid);
                sink.outbox.wake();
            }
            Some(Seen::Trace(row)) => sink.outbox.push(Event::Trace { run: live.id, row }),
            Some(Seen::Eigen(row)) => sink.outbox.push(Event::Eigen { run: live.id, row }),
            None => {}
        }
    }
}

impl LiveRun {
    /// With a constant rate (and σ) a run goes on beyond its budget for as long as it is watched; with a schedule it ends there.
    fn is_active(&self) -> bool {
        !self.is_finished && self.run.diverged_at().is_none()
    }

    fn neighbour(&self) -> Neighbour {
        Neighbour {
            run: self.id,
            optimizer: self.run.optimizer(),
            weights: to_host(self.run.weights().clone()),
            path: self.path.clone(),
        }
    }

    fn step(&mut self, sink: &mut Sink) {
        match self.run.step() {
            Ok(row) => sink.outbox.push(Event::Steps { run: self.id, rows: vec![row] }),
            Err(divergence) => {
                let last_good_step = self.run.steps();
                sink.outbox.push(Event::Diverged { run: self.id, step: divergence.step, last_good_step });
            }
        }
        if self.run.steps().is_multiple_of(self.run.task().experiment.look.eval_every) {
            self.evaluate(sink);
        }
        self.show_noise(sink);
        let experiment = &self.run.task().experiment;
        let has_end = experiment.schedule != ScheduleConfig::Constant
            || (self.run.optimizer() == OptimizerKind::Nso
                && experiment.sigma_schedule != SigmaScheduleConfig::Constant);
        if has_end && self.run.budget_is_spent() {
            self.is_finished = true;
            self.evaluate(sink);
            sink.outbox.push(Event::Finished { run: self.id });
        }
    }

    fn evaluate(&mut self, sink: &mut Sink) {
        let row = self.run.evaluate();
        let run = &self.run;
        self.path.offer(|| Checkpoint { step: row.step, loss: row.train_loss, weights: run.weights_on_host() });
        sink.outbox.push(Event::Evaluated { run: self.id, row });
    }

    fn show_noise(&mut self, sink: &mut Sink) {
        if self.noise_shown.is_some_and(|shown| shown.elapsed() < NOISE_INTERVAL) {
            return;
        }
        if let Some(snapshot) = self.run.noise().snapshot(self.id) {
            sink.slots.put_noise(snapshot);
            self.noise_shown = Some(Instant::now());
        }
    }
}
