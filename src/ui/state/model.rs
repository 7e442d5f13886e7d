//! The engine's state as the window has heard of it. Nothing here draws.

mod jobs;
mod removed;
mod session;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::history::row_limit;
use super::job::JobView;
use super::kept_run::KeptRun;
use super::notices::{Level, NoticeLog};
use super::previews::Previews;
use super::run_events;
use super::run_view::{self, RunView};
use super::session::SessionNews;
use super::speed_log::SpeedLog;
use crate::config::{Experiment, Pace};
use crate::engine::{LineState, Link, LinkState};
use crate::protocol::{DataPreview, DeviceReport, Event, Origin, Prediction, Repeating, RunId, RunInfo};

/// Time a frame spends on reading events at most; the rest is read at the next frame.
const DRAIN_BUDGET: Duration = Duration::from_millis(4);
/// Rows of sessions that a frame takes at most, but for the last part, however fast the machine is.
const PAST_ROWS: usize = 16_384;
/// What a run without a picture waits for.
const FIRST_SLICE: &str = "Computing the first slice…";

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
    /// It failed and has stopped training; the runs stand at their last good step.
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
    /// Runs that were removed and can come back, the newest last.
    pub removed: VecDeque<RunView>,
    /// The steps that are repeated before anything else is done.
    pub repeating: Option<Repeating>,
    /// Trainable parameters.
    pub num_parameters: usize,
    /// Names of the parameter tensors, in the order of the model.
    pub tensors: Vec<String>,
    /// A look into the data of the runs.
    pub data: Option<Arc<DataPreview>>,
    /// The newest answer of a network at a place of a slice.
    pub prediction: Option<Arc<Prediction>>,
    /// Looks into other data.
    pub previews: Previews,
    /// Training goes on.
    pub is_playing: bool,
    /// Name of the device.
    pub device: Option<String>,
    /// All devices, and why that one computes.
    pub devices: Option<Box<DeviceReport>>,
    /// Why nothing is to be seen yet.
    pub waiting_for: String,
    /// The title of an experiment that was asked for and is not there yet; those that are shown stay until then.
    pub loading: Option<String>,
    /// An experiment that was asked for was refused, which the application has not looked at yet.
    pub is_refused: bool,
    /// Whether runs wait for their measurements: as the experiment says, until the user says otherwise.
    pub pace: Pace,
    /// How fast it goes.
    pub speed: SpeedLog,
    /// Everything that was said.
    pub notices: NoticeLog,
    /// Whether the engine lives.
    pub health: EngineHealth,
    /// The connection to it, where it is in another process.
    pub line: Option<LineState>,
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
    /// The session's file.
    pub session: SessionNews,
}

impl Model {
    /// The state before the engine said anything.
    #[must_use]
    pub fn new(experiment: Experiment) -> Self {
        Self {
            waiting_for: format!("Loading {}…", experiment.title),
            loading: None,
            is_refused: false,
            pace: experiment.look.pace,
            experiment: Arc::new(experiment),
            runs: Vec::new(),
            removed: VecDeque::new(),
            repeating: None,
            num_parameters: 0,
            tensors: Vec::new(),
            data: None,
            prediction: None,
            previews: Previews::default(),
            is_playing: false,
            device: None,
            devices: None,
            speed: SpeedLog::default(),
            notices: NoticeLog::default(),
            health: EngineHealth::Fine,
            line: None,
            jobs: Vec::new(),
            generation: 0,
            kept: Vec::new(),
            arrived: Vec::new(),
            weights: None,
            session: SessionNews::default(),
        }
    }

    /// Waits for the runs of another experiment. Those that are there are shown until it is known that it can be loaded.
    pub fn await_experiment(&mut self, experiment: &Experiment) {
        self.waiting_for = format!("Loading {}…", experiment.title);
        self.loading = Some(experiment.title.clone());
        self.kept.clear();
        if self.runs.is_empty() {
            self.experiment = Arc::new(experiment.clone());
        }
    }

    /// Reads what waits on the link, within the budget of a frame.
    pub fn drain(&mut self, link: &Link) -> Drained {
        let start = Instant::now();
        self.line = link.line.as_ref().map(|line| line.state());
        let mut past = 0;
        loop {
            let mut is_any = false;
            let state = link.drain(1, |event| {
                is_any = true;
                if let Event::RunPast { past: part, .. } = &event {
                    past += part.rows.count();
                }
                self.apply(event, start);
            });
            if state == LinkState::Closed {
                self.health = EngineHealth::Gone;
                self.loading = None;
                self.is_playing = false;
            }
            if !is_any {
                break;
            }
            if past >= PAST_ROWS || start.elapsed() > DRAIN_BUDGET {
                return Drained::MoreWait;
            }
        }
        let prediction = link.slots.prediction();
        if prediction.is_some() && self.prediction.is_none() {
            // What the first one waited for is done.
            self.waiting_for = FIRST_SLICE.to_owned();
        }
        self.prediction = prediction;
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
            Event::Devices(report) => self.devices = Some(report),
            Event::WarmingUp(what) => {
                // Where there are pictures already, the status line says it.
                self.notices.push(Level::Quiet, format!("{what}."));
                self.waiting_for = format!("{what}…");
            }
            Event::Started { experiment, num_parameters, tensors, data, runs } => {
                let count = runs.len();
                self.notices.push(Level::Quiet, format!("{}: {count} runs start", experiment.title));
                self.experiment = experiment;
                self.num_parameters = num_parameters;
                self.tensors = tensors;
                self.data = Some(data);
                self.start(runs, now);
            }
            Event::RunAdded(info) => {
                self.join(info);
                self.share_memory();
            }
            Event::Weights { run, step, file } => self.weights = Some((run, step, file)),
            Event::RunRemoved(id) => self.remove(id),
            Event::RunRestored { run, place } => self.restore(run, place),
            Event::Repeating(repeating) => self.repeating = repeating,
            Event::Previewed(answer) => self.previews.push(answer),
            Event::Playing(is_playing) => self.set_playing(is_playing),
            Event::NotLoaded { title, reason } => self.refuse(&title, &reason),
            Event::Warning(text) => self.notices.push(Level::Warning, text),
            Event::Note(text) => self.notices.push(Level::Info, text),
            Event::Failed(text) => self.fail(text),
            Event::Measuring { job, .. } | Event::Measured { job, .. } => self.apply_to_job(job, event),
            Event::Speed(speed) => self.speed.push(speed, now),
            Event::Session(state) => self.take_session(*state),
            Event::RunPast { run, past } => self.take_past(run, *past, now),
            Event::MeasuredBefore { job, run, request } => self.keep_job(job, run, &request),
            Event::ToldAgain => (self.session.is_awaited, self.session.is_told_again) = (true, true),
            Event::SessionOpened { view } => self.end_session(view),
            Event::Rewound { run, .. }
            | Event::Followed { run, .. }
            | Event::CheckpointsVoid { run, .. }
            | Event::LayerTrace { run, .. }
            | Event::Steps { run, .. }
            | Event::Evaluated { run, .. }
            | Event::Trace { run, .. }
            | Event::Eigen { run, .. }
            | Event::StreamedTrace { run, .. }
            | Event::StreamedEigen { run, .. }
            | Event::KnobTurned { run, .. }
            | Event::AlertNoted { run, .. }
            | Event::KnobKept { run, .. }
            | Event::Finished { run }
            | Event::Diverged { run, .. } => self.apply_to_run(run, event, now),
        }
    }
}

impl Model {
    /// Whether another experiment is on its way.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Whether the examples have classes, and slices an accuracy; yes until the data are known.
    #[must_use]
    pub fn has_classes(&self) -> bool {
        self.data.as_ref().is_none_or(|data| !data.classes.is_empty())
    }

    fn apply_to_run(&mut self, run: RunId, event: Event, now: Instant) {
        self.forget_after(&event);
        let Some(run) = self.runs.iter_mut().find(|view| view.info.run == run) else { return };
        if let Some(text) = run_events::divergence(run, &event) {
            self.notices.push(Level::Warning, text);
        }
        run_events::take(run, event, now);
    }

    fn start(&mut self, infos: Vec<RunInfo>, now: Instant) {
        self.waiting_for = FIRST_SLICE.to_owned();
        self.removed.clear();
        self.repeating = None;
        let is_told_again = self.begin_session();
        // A reset keeps the names and colours that the user gave the runs, another experiment does not.
        let mut before = std::mem::take(&mut self.runs);
        if self.loading.take().is_some() {
            before.clear();
            self.pace = self.experiment.look.pace;
        }
        for (index, info) in infos.into_iter().enumerate() {
            let seen = run_view::find(&before, info.run).filter(|_| is_told_again);
            let seen_until = seen.map(|old| old.step().max(old.silent_until));
            self.join(info);
            let Some(run) = self.runs.last_mut() else { continue };
            run.seen_until = seen_until;
            if let Some(old) = before.get(index).filter(|old| old.info.optimizer == run.info.optimizer) {
                run.take_identity(old.identity());
                run.source = run.source.take().or_else(|| old.source.clone());
            }
        }
        self.share_memory();
        self.speed.start(now);
        self.health = EngineHealth::Fine;
        self.generation += 1;
    }

    fn set_playing(&mut self, is_playing: bool) {
        self.is_playing = is_playing;
        if !is_playing {
            self.speed.rest();
        }
        // After a failure the runs go on.
        if is_playing && matches!(self.health, EngineHealth::Failed(_)) {
            self.health = EngineHealth::Fine;
        }
        if is_playing && !self.is_loading() {
            // All that were taken over were asked for before; those that have not come cannot come.
            self.kept.clear();
        }
    }

    fn fail(&mut self, text: String) {
        self.notices.push(Level::Error, format!("The engine failed: {text}."));
        self.health = EngineHealth::Failed(text);
        self.loading = None;
        self.is_playing = false;
        self.repeating = None;
    }

    /// Many runs keep fewer rows each.
    fn share_memory(&mut self) {
        let limit = row_limit(self.runs.len());
        self.runs.iter_mut().for_each(|run| run.set_row_limit(limit));
    }

    /// An experiment cannot be loaded: everything stays as it is.
    fn refuse(&mut self, title: &str, reason: &str) {
        self.loading = None;
        self.session.is_awaited = false;
        self.kept.clear();
        self.is_refused = true;
        let text = format!(
            "{title} cannot be opened: {}. The runs of {} go on; put that right and open it again.",
            reason.trim_end_matches('.'),
            self.experiment.title
        );
        self.notices.push(Level::Error, text);
    }

    /// A run is there; it may be one that was taken over from another experiment.
    fn join(&mut self, info: RunInfo) {
        let mut run = RunView::joining(info, self.runs.iter().chain(&self.removed));
        let is_kept = |kept: &KeptRun| {
            matches!(run.info.origin, Origin::Initial | Origin::File(_) | Origin::Folder(_))
                && kept.optimizer == run.info.optimizer
        };
        if let Some(place) = self.kept.iter().position(is_kept) {
            let kept = self.kept.remove(place);
            run.take_identity(kept.identity.clone());
            self.arrived.push((run.info.run, kept));
        }
        self.runs.push(run);
    }
}

#[cfg(test)]
mod tests;
