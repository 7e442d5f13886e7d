//! The runs of one experiment, side by side from the same initial weights and in the same order of data.

mod checkpoints;
mod followed;
mod live;
mod looks;
mod planes;
mod predict;
mod recorded;
mod removed;
mod reopened;
mod replays;
pub(super) mod rescue;
mod starts;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::config::{ConfigError, Experiment, KnobId, LookConfig, Pace};
use crate::landscape::objective_words;
use crate::model::Compute;
use crate::protocol::{Event, JobId, MeasureRequest, Origin, Pairing, RunId, RunInfo, SliceTag, SliceView};
use crate::train::{Run, Task, TaskError};

use super::jobs::{self, Job, Request};
use super::sink::Sink;
use live::LiveRun;
use planes::LivePlanes;
use predict::Probe;
use replays::Pending;

/// Ids for runs, none of them twice.
#[derive(Debug, Clone, Default)]
pub(super) struct RunIds(Arc<AtomicU32>);

impl RunIds {
    /// None from now on is this one or a lower one.
    fn go_beyond(&self, id: RunId) {
        self.0.fetch_max(id.0.saturating_add(1), Ordering::Relaxed);
    }

    fn next(&self) -> RunId {
        RunId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// What the user has set for all experiments.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settings {
    pub pairing: Pairing,
    pub layer_traces: bool,
}

/// All runs of one experiment.
pub(super) struct Fleet {
    /// What the first run starts from, and all others where they start alike.
    task: Arc<Task>,
    settings: Settings,
    ids: RunIds,
    view: SliceView,
    planes: LivePlanes,
    runs: Vec<LiveRun>,
    /// The settings when the runs started.
    started_with: Settings,
    /// Runs that were removed and may come back, with their places, the newest last.
    removed: VecDeque<(usize, LiveRun)>,
    /// Runs on their way to an earlier step.
    pending: VecDeque<Pending>,
    /// The prediction that was asked for last.
    prediction: Option<(RunId, [f64; 2], SliceTag)>,
    /// What predictions are made of, once one is asked for.
    probe: Option<Probe>,
    next_look: usize,
    /// Whether runs with a budget wait for their measurements.
    pace: Pace,
    /// The search for a plane had the last unit.
    plane_had_turn: bool,
    /// Changes whenever a run moves, comes or goes.
    revision: u64,
    /// When runs were last copied to the host.
    copied: Option<Instant>,
}

impl Fleet {
    /// Starts the runs of an experiment at step 0.
    pub fn new(experiment: Experiment, compute: Compute, settings: Settings, ids: &RunIds) -> Result<Self, TaskError> {
        let knobs = experiment.optimizers.keys().map(|&optimizer| Ok((optimizer, experiment.knobs(optimizer)?)));
        let knobs = knobs.collect::<Result<Vec<_>, ConfigError>>()?;
        let mut fleet = Self::empty(experiment, compute, settings, ids)?;
        for (index, (optimizer, knobs)) in knobs.into_iter().enumerate() {
            let live = fleet.live(Run::new(fleet.task_for(index), optimizer, knobs), Origin::Initial);
            fleet.runs.push(live);
        }
        Ok(fleet)
    }

    /// The same without its runs: for one that is trained elsewhere.
    pub fn empty(
        experiment: Experiment,
        compute: Compute,
        settings: Settings,
        ids: &RunIds,
    ) -> Result<Self, TaskError> {
        let seed = experiment.seed;
        let task = Arc::new(Task::new(Arc::new(experiment), seed, compute)?);
        Ok(Self::without_runs(task, settings, ids))
    }

    fn without_runs(task: Arc<Task>, settings: Settings, ids: &RunIds) -> Self {
        let planes = LivePlanes::new(&task);
        let LookConfig { range, resolution, pace, .. } = task.experiment.look;
        Self {
            view: SliceView { range, resolution, plane: planes.wanted(), ..SliceView::default() },
            planes,
            task,
            settings,
            started_with: settings,
            ids: ids.clone(),
            runs: Vec::new(),
            removed: VecDeque::new(),
            pending: VecDeque::new(),
            prediction: None,
            probe: None,
            next_look: 0,
            pace,
            plane_had_turn: false,
            revision: 0,
            copied: None,
        }
    }

    /// Tells of the runs and evaluates them at step 0.
    pub fn announce(&mut self, sink: &mut Sink) {
        sink.slots.clear();
        sink.outbox.push(self.started(self.runs.iter().map(LiveRun::info).collect()));
        self.task.notes().iter().for_each(|note| sink.outbox.push(Event::Note(format!("{note}."))));
        for live in self.runs.iter_mut().filter(|live| live.followed.is_none()) {
            live.evaluate(sink);
        }
        self.tell_followed(sink);
    }

    fn started(&self, runs: Vec<RunInfo>) -> Event {
        let parameters = &self.task.network.architecture().parameters;
        Event::Started {
            experiment: Arc::clone(&self.task.experiment),
            num_parameters: self.task.network.num_parameters(),
            tensors: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            data: Arc::clone(&self.task.preview),
            runs,
        }
    }

    /// Whether its tensors live on this device; there is one beside the CPU at most.
    pub fn is_on(&self, compute: &Compute) -> bool {
        self.task.compute.is_cpu() == compute.is_cpu()
    }

    /// Trainable parameters of a run.
    pub fn num_parameters(&self) -> usize {
        self.task.network.num_parameters()
    }

    /// Whether there is a picture of each run.
    pub fn is_seen(&self) -> bool {
        self.runs.iter().all(|live| live.look.shown_examples().is_some())
    }

    fn find(&self, id: RunId) -> Result<&LiveRun, String> {
        self.runs.iter().find(|live| live.id == id).ok_or_else(|| "the run is gone".to_owned())
    }

    /// Turns a knob.
    pub fn set_knob(&mut self, id: RunId, knob: KnobId, value: f64, sink: &mut Sink) {
        if self.turn_later(id, knob, value) || self.refuses_knob(id, knob, sink) {
            return;
        }
        let Some(live) = self.runs.iter_mut().find(|live| live.id == id) else {
            return; // A run of an earlier experiment: the window has not seen the new one yet.
        };
        match live.run.set_knob(knob, value) {
            Ok(edit) => {
                sink.outbox.push(Event::KnobTurned { run: id, edit });
                live.look.turn();
                live.follow_schedule(sink);
                // σ is seen on the slices, also while nothing trains.
                self.revision += 1;
            }
            Err(err) => {
                let kept = live.run.knobs().value(knob);
                sink.outbox.push(Event::Warning(format!("the knob was not turned: {err}")));
                sink.outbox.push(Event::KnobKept { run: id, knob, value: kept });
            }
        }
    }

    /// Makes a job on the weights of a run as they are.
    ///
    /// # Errors
    /// Why it cannot be done, in one sentence.
    pub fn job(&self, id: JobId, run: RunId, request: &MeasureRequest) -> Result<Job, String> {
        let live = self.measurable(run, request)?;
        let mut objective = live.run.objective(request.examples);
        let decay = live.run.knobs().weight_decay;
        if request.weight_decay {
            objective = objective.with_weight_decay(decay);
        }
        let words = objective_words(&objective, request.examples.label());
        let others = self.runs.iter().filter(|other| other.id != run && other.has_weights());
        let work = jobs::start(&Request {
            what: request.what,
            seed: request.seed,
            objective: &objective,
            steps: live.followed.is_none().then_some(&live.run),
            weights: live.run.weights().clone(),
            initial: live.run.task().initial_tensor(),
            runs: std::iter::once(live).chain(others).map(LiveRun::neighbour).collect(),
            words: &words,
            examples: request.examples,
            distribution: live.run.knobs().distribution,
            batch: live.run.knobs().batch.min(self.task.train.len()),
            train_size: self.task.train.len(),
            second_subset: live.run.second_subset(),
        })?;
        Ok(Job { id, step: live.run.steps(), objective, words, work })
    }

    /// Changes what slices show; where the plane cannot be had, the rest changes.
    pub fn set_slice(&mut self, view: SliceView, sink: &mut Sink) {
        if let Err(err) = LookConfig::validate_slice(view.range, view.resolution) {
            sink.outbox.push(Event::Warning(format!("the slices stay as they are: {err}")));
            return;
        }
        let problem = self.planes.ask(view.plane, &self.task, &self.runs);
        sink.warn(problem);
        self.view = view;
        self.runs.iter_mut().for_each(|live| live.look.set_view(view, &live.run));
    }

    /// Whether runs with a budget wait for their measurements from now on.
    pub const fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Changes what holds for all experiments.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.runs.iter_mut().for_each(|live| live.look.set_layer_traces(settings.layer_traces));
    }

    /// Drops half-done measurements and starts, after a failure.
    pub fn restart_work(&mut self) {
        self.drop_pending();
        self.prediction = None;
        self.planes.stop();
        self.runs.iter_mut().for_each(|live| live.look.restart());
    }

    /// Whether any run can still train.
    pub fn can_train(&self) -> bool {
        self.runs.iter().any(LiveRun::is_active)
    }

    /// One step of the run that has spent the fewest gradient evaluations, so that all runs spend the same; or of the run
    /// with the fewest steps, where runs are paired by these.
    pub fn train_one(&mut self, sink: &mut Sink) -> bool {
        let by_evaluations = self.settings.pairing.equal_evaluations;
        let spent = |run: &Run| if by_evaluations { run.gradient_evaluations() } else { run.steps() };
        self.revision += 1;
        let active = self.runs.iter_mut().filter(|live| live.is_active());
        match active.min_by_key(|live| spent(&live.run)) {
            Some(live) => {
                live.step(sink);
                true
            }
            None => false,
        }
    }

    /// One step of every run.
    pub fn train_all(&mut self, sink: &mut Sink) {
        self.revision += 1;
        self.runs.iter_mut().filter(|live| live.is_active()).for_each(|live| live.step(sink));
    }

    /// Asks what the network at a place of a slice says; the newest question is answered.
    pub fn ask_prediction(&mut self, run: RunId, place: [f64; 2], slice: SliceTag) {
        if place.iter().all(|coordinate| coordinate.is_finite()) {
            self.prediction = Some((run, place, slice));
        }
    }

    /// Whether someone waits for a run on its way to an earlier step, or for a prediction.
    pub fn has_errand(&self) -> bool {
        !self.pending.is_empty() || self.prediction.is_some()
    }

    /// One unit of what someone waits for.
    pub fn run_errand(&mut self, sink: &mut Sink) {
        match self.prediction.take() {
            Some((run, place, slice)) => self.predict(run, place, slice, sink),
            None => self.advance_pending(sink),
        }
    }

    fn predict(&mut self, run: RunId, place: [f64; 2], slice: SliceTag, sink: &mut Sink) {
        let Some(live) = self.runs.iter().find(|live| live.id == run) else { return };
        let cut = match live.look.cut(slice) {
            Ok(cut) => cut,
            Err(reason) => {
                sink.outbox.push(Event::Warning(format!("the network was not asked: {reason}")));
                return;
            }
        };
        if self.probe.is_none() && !self.task.compute.is_cpu() {
            let message = "Compiling GPU kernels for predictions".to_owned();
            sink.outbox.push(Event::WarmingUp(message));
            // A consumer that is gone is noticed elsewhere.
            sink.outbox.flush();
        }
        let probe = self.probe.get_or_insert_with(|| Probe::new(&self.task));
        sink.slots.put_prediction(probe.predict(run, cut, place));
        sink.outbox.wake();
    }

    /// Evaluates one of the runs that rest, where its losses are of an earlier step; false if there is none. While others train
    /// those rest that ended.
    pub fn evaluate_one(&mut self, is_playing: bool, sink: &mut Sink) -> bool {
        let resting = self.runs.iter_mut().find(|live| live.needs_evaluation() && !(is_playing && live.is_active()));
        resting.map(|live| live.evaluate_here(sink)).is_some()
    }

    /// Whether [`Self::evaluate_one`] has something to do.
    pub fn can_evaluate(&self, is_playing: bool) -> bool {
        self.runs.iter().any(|live| live.needs_evaluation() && !(is_playing && live.is_active()))
    }
}
