//! What the engine does, written down: beside the consumer every event goes to a session's file, and with it slices, states of
//! the runs, points of their paths and what jobs find.
//!
//! Nothing waits for the disk here. A file is made by a thread of its own, a moment after the first step, since somebody who only
//! looks leaves nothing behind; until it is there, or while it cannot be, what would go into it waits in memory, bounded as
//! what waits for a consumer is.

mod begin;
mod early;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::protocol::{Event, JobId, LossGrid, MeasureRequest, RunId, SessionState};
use crate::session::files::NamedFiles;
use crate::session::store::{Checkpoint, Measured, PathWeights, Provenance, Recorder, StoreError};

use begin::{Beginning, finish};
use early::Early;

/// Under this key stands what the window wants to find again.
pub(super) const VIEW_KEY: &str = "window";
/// Time between two looks at what is to be written and how that goes.
const TEND_INTERVAL: Duration = Duration::from_millis(250);
/// States of the runs are written this often while they move: with the steps that are repeated from there nothing is lost.
const STATE_INTERVAL: Duration = Duration::from_secs(3);
/// Making them takes at most one part in so many of the time.
const STATE_SHARE: u32 = 150;
/// A slice of each run goes into the file this often at most.
const SLICE_INTERVAL: Duration = Duration::from_secs(1);
/// A file that cannot be made is tried again after so long.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Where what is done goes.
#[derive(Debug, Default)]
enum Stage {
    /// Nothing is to be written.
    #[default]
    Off,
    /// No run has trained yet, or the file cannot be made.
    Waiting(Box<Early>),
    /// The file is being made.
    Beginning(Box<Early>, Beginning),
    /// It is written.
    On(Recorder),
}

/// What the engine does, written down.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// Where sessions without a name go; `None` where nothing is written by itself.
    folder: Option<PathBuf>,
    stage: Stage,
    /// A file that the session shall move to, once there is one.
    destination: Option<PathBuf>,
    /// How a move to another file went.
    moved: Option<Receiver<Result<(), StoreError>>>,
    /// Where it is told how many older sessions went for this one, and how many did.
    pruned: Option<Receiver<usize>>,
    num_removed: usize,
    /// Why no file can be made.
    problem: Option<String>,
    retry: Option<Instant>,
    /// Jobs that were asked for, with their runs.
    requests: BTreeMap<JobId, (RunId, MeasureRequest)>,
    /// The newest slice of each run that the file does not have.
    slices: BTreeMap<RunId, Arc<LossGrid>>,
    slices_due: Option<Instant>,
    states_due: Option<Instant>,
    tended: Option<Instant>,
    /// What was told last to have no form in the file.
    left_out: Option<String>,
    /// What was told last.
    told: Option<SessionState>,
}

/// What is to be told and done after a look.
#[derive(Debug, Default)]
pub(super) struct Tended {
    /// How the recording stands, where that has changed.
    pub state: Option<SessionState>,
    /// What went wrong, in a sentence without its full stop.
    pub warning: Option<String>,
    /// States of the runs are due.
    pub wants_states: bool,
}

impl Recording {
    /// Has sessions written into this folder, from the next start on.
    pub fn keep_in(&mut self, folder: PathBuf) {
        self.folder = Some(folder);
    }

    /// Whether anything is written, or will be.
    pub const fn is_on(&self) -> bool {
        !matches!(self.stage, Stage::Off)
    }

    /// New runs start: what comes from now on is another session. The file of the one before is closed.
    pub fn start(&mut self, provenance: Provenance, files: Arc<NamedFiles>) {
        self.end_file();
        if self.folder.is_some() {
            self.stage = Stage::Waiting(Box::new(Early::new(provenance, files)));
        }
    }

    /// Goes on in the file of a session whose runs have just been made from it.
    pub fn go_on(&mut self, recorder: Recorder) {
        self.end_file();
        self.stage = Stage::On(recorder);
    }

    /// Where sessions without a name go.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Writes nothing from now on.
    pub fn stop(&mut self) {
        self.end_file();
    }

    /// Closes the file, on a thread of its own.
    fn end_file(&mut self) {
        let folder = self.folder.take();
        let told = self.told.take();
        let before = std::mem::take(self);
        (self.folder, self.told) = (folder, told);
        // Whether a thread can be had or not: the last handle that goes writes what is left.
        match before.stage {
            Stage::On(recorder) => drop(finish(recorder)),
            Stage::Beginning(early, beginning) => drop(beginning.finish(early)),
            Stage::Off | Stage::Waiting(_) => {}
        }
    }

    /// Takes what the engine tells.
    pub fn tell(&mut self, event: &Event) {
        if let Event::Measured { .. } = event {
            return self.tell_measured(event);
        }
        if matches!(event, Event::Finished { .. } | Event::Diverged { .. } | Event::Rewound { .. }) {
            self.states_due = None;
        }
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.tell(event),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.tell(event),
        }
    }

    fn tell_measured(&mut self, event: &Event) {
        let Event::Measured { job, step, objective, end, findings } = event else { return };
        let Some((run, request)) = self.requests.remove(job) else { return };
        let (step, objective, end, findings) = (*step, objective.clone(), end.clone(), (**findings).clone());
        self.measured(Measured { job: *job, run, step, request, objective, end, findings });
    }

    /// Takes what a job found.
    pub fn measured(&mut self, measured: Measured) {
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.measured(measured),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.measured.push(measured),
        }
    }

    /// A job was asked for; what it finds is kept with the request.
    pub fn expect(&mut self, job: JobId, run: RunId, request: &MeasureRequest) {
        if self.is_on() {
            self.requests.insert(job, (run, request.clone()));
        }
    }

    /// Takes the newest slice of a run.
    pub fn slice(&mut self, grid: &Arc<LossGrid>) {
        if self.is_on() {
            self.slices.insert(grid.run, Arc::clone(grid));
        }
    }

    /// Takes a slice of the past, where a session is copied.
    pub fn past_slice(&mut self, grid: &Arc<LossGrid>) {
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.slice(grid),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.slices.push(Arc::clone(grid)),
        }
    }

    /// Takes a state of a run.
    pub fn checkpoint(&mut self, checkpoint: Checkpoint) {
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.checkpoint(checkpoint),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.checkpoint(checkpoint),
        }
    }

    /// Takes a point of a run's path.
    pub fn point(&mut self, run: RunId, point: impl FnOnce() -> PathWeights) {
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.path_weights(run, point()),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.point(run, point()),
        }
    }

    /// Keeps what the consumer wants to find again.
    pub fn keep_view(&mut self, view: String) {
        match &mut self.stage {
            Stage::Off => {}
            Stage::On(recorder) => recorder.keep(VIEW_KEY, Some(view)),
            Stage::Waiting(early) | Stage::Beginning(early, _) => early.view = Some(view),
        }
    }

    /// States of the runs are due at the next look.
    pub const fn hurry(&mut self) {
        self.states_due = None;
    }

    /// States of the runs were made, which took so long.
    pub fn states_made(&mut self, took: Duration) {
        self.states_due = Some(Instant::now() + STATE_INTERVAL.max(took * STATE_SHARE));
    }

    /// Whether something is under way that is still to be told.
    pub fn is_busy(&self) -> bool {
        let is_writing = match &self.stage {
            Stage::Beginning(..) => true,
            Stage::On(recorder) => recorder.status().num_waiting > 0 || !self.slices.is_empty(),
            Stage::Waiting(early) => early.has_trained(),
            Stage::Off => false,
        };
        is_writing || self.moved.is_some() || self.pruned.is_some()
    }

    /// Has the session moved to another file, which takes the place of what lies there.
    pub fn save_as(&mut self, path: PathBuf, early: impl FnOnce() -> (Provenance, Arc<NamedFiles>)) {
        if matches!(self.stage, Stage::Off) {
            let (provenance, files) = early();
            self.stage = Stage::Waiting(Box::new(Early::new(provenance, files)));
        }
        if let Stage::Waiting(early) = &mut self.stage {
            (early.is_asked_for, self.retry) = (true, None);
        }
        self.destination = Some(path);
        self.tended = None;
    }

    /// Whether it is time for [`Self::tend`]. Cheap: it is asked after every unit of work.
    pub fn is_due(&self) -> bool {
        self.is_on() && self.tended.is_none_or(|tended| tended.elapsed() >= TEND_INTERVAL)
    }

    /// Goes on with what is under way, and says how that goes.
    pub fn tend(&mut self) -> Tended {
        let now = Instant::now();
        self.tended = Some(now);
        self.begin(now);
        let warning = self.move_on().or_else(|| self.newly_left_out());
        let mut tended = Tended { warning, ..Tended::default() };
        if self.slices_due.is_none_or(|due| due <= now) {
            self.slices_due = Some(now + SLICE_INTERVAL);
            self.hand_slices();
        }
        tended.wants_states = matches!(self.stage, Stage::On(_)) && self.states_due.is_none_or(|due| due <= now);
        match self.pruned.as_ref().map(Receiver::try_recv) {
            Some(Ok(num_removed)) => (self.pruned, self.num_removed) = (None, num_removed),
            Some(Err(TryRecvError::Disconnected)) => self.pruned = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        let state = self.state();
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            tended.state = Some(state);
        }
        tended
    }

    /// Hands over the newest slices.
    fn hand_slices(&mut self) {
        if let Stage::On(recorder) = &self.stage {
            std::mem::take(&mut self.slices).values().for_each(|grid| recorder.slice(grid));
        }
    }

    /// Has a file made where one is wanted, and takes it when it is there.
    fn begin(&mut self, now: Instant) {
        self.stage = match std::mem::take(&mut self.stage) {
            Stage::Waiting(early) if early.is_wanted() && self.retry.is_none_or(|retry| retry <= now) => {
                let (provenance, files) = (early.provenance.clone(), Arc::clone(&early.files));
                let beginning = match (&self.destination, &self.folder) {
                    (Some(path), _) => Beginning::named(path.clone(), provenance, files),
                    (None, Some(folder)) => Beginning::unnamed(folder.clone(), provenance, files),
                    (None, None) => {
                        self.stage = Stage::Waiting(early);
                        return;
                    }
                };
                match beginning {
                    Ok(beginning) => Stage::Beginning(early, beginning),
                    Err(err) => self.failed(early, &err.to_string(), now),
                }
            }
            Stage::Beginning(early, beginning) => match beginning.poll() {
                None => Stage::Beginning(early, beginning),
                Some(Ok(recorder)) => {
                    self.problem = None;
                    self.destination = self.destination.take().filter(|path| *path != recorder.path());
                    early.hand_over(&recorder);
                    self.pruned = beginning.pruned();
                    Stage::On(recorder)
                }
                Some(Err(err)) => self.failed(early, &err.to_string(), now),
            },
            stage => stage,
        };
    }

    fn failed(&mut self, early: Box<Early>, reason: &str, now: Instant) -> Stage {
        // A place of the user's is asked for again, one of ours is tried again.
        self.destination = None;
        self.problem =
            Some(format!("The session cannot be written, and what is done now is kept in memory alone: {reason}."));
        self.retry = Some(now + RETRY_INTERVAL);
        Stage::Waiting(early)
    }

    /// Goes on with a move to another file. What went wrong with it, in a sentence.
    fn move_on(&mut self) -> Option<String> {
        if let Stage::On(recorder) = &self.stage
            && self.moved.is_none()
            && let Some(path) = self.destination.take()
        {
            let (sender, moved) = bounded(1);
            let is_named = self.is_named(&recorder.path());
            // Nobody may be there any more to hear of it.
            recorder.save_as(&path, is_named, move |result| drop(sender.try_send(result)));
            self.moved = Some(moved);
        }
        match self.moved.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => None,
            Ok(Ok(())) | Err(TryRecvError::Disconnected) => {
                self.moved = None;
                None
            }
            Ok(Err(err)) => {
                self.moved = None;
                Some(format!("the session was not saved: {err}"))
            }
        }
    }

    /// Jobs that were asked for and have not ended, with their runs.
    pub fn expected(&self) -> impl Iterator<Item = (JobId, RunId, &MeasureRequest)> {
        self.requests.iter().map(|(job, (run, request))| (*job, *run, request))
    }

    /// Waits until a file that is being made is there, until this time at most.
    fn await_file(&mut self, until: Instant) {
        while matches!(self.stage, Stage::Beginning(..)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
            self.begin(Instant::now());
        }
    }

    /// Has all that was told by now stand in the file, which is made where there is none yet. The file; `None` where that cannot be.
    pub fn write_out(&mut self, patience: Duration) -> Option<PathBuf> {
        if let Stage::Waiting(early) = &mut self.stage {
            (early.is_asked_for, self.retry) = (true, None);
            self.begin(Instant::now());
        }
        self.await_file(Instant::now() + patience);
        self.hand_slices();
        let Stage::On(recorder) = &self.stage else { return None };
        recorder.flush().ok().map(|()| recorder.path())
    }

    /// Writes what is left and closes the file, for so long at most.
    pub fn end(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        self.await_file(until);
        self.hand_slices();
        if let Stage::On(recorder) = std::mem::take(&mut self.stage)
            && let Ok(done) = finish(recorder)
        {
            // Beyond that time the process ends without; what was told some seconds ago is in the file.
            let _ = done.recv_timeout(until.saturating_duration_since(Instant::now()));
        }
    }
}
