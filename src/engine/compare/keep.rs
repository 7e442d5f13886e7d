//! The session of a comparison as it is written: begun or gone on with, and what its workers are given of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::config::DeviceChoice;
use crate::protocol::{Event, Origin, RunId, RunInfo};
use crate::report::results::{AtOnce, RunResult};
use crate::report::tuning::Try;
use crate::session::store::{KeptRun, Provenance, Recorder, Session, StoreError};
use crate::train::{Run, Task};

use super::super::OpenDevice;
use super::super::devices::processor;
use super::CompareOptions;
use super::crew::Crew;
use super::done::Done;
use super::error::EngineError;
use super::half::Half;
use super::keeping::{Keeping, There};
use super::kept::{FrameText, KeptComparison, SettingsText, TuningText, is_cpu, keys, run_id, toml_of};
use super::log::RunLog;
use super::news::CompareNews;
use super::watch::Board;

/// The session of a comparison.
pub(super) struct Keep {
    /// `None` where nothing is kept.
    recorder: Option<Recorder>,
    /// What has ended before.
    pub done: Done,
    /// What was half done, until somebody goes on with it.
    halves: Mutex<BTreeMap<RunId, Half>>,
    /// Runs and tries that the session knows.
    known: BTreeSet<RunId>,
    /// Number of runs, behind which come the tries.
    num_runs: usize,
    /// Where the session was made that is gone on with.
    before: Option<Provenance>,
    /// How many runs were trained at once, where all of them have ended and their files alone are to be written.
    at_once: Option<AtOnce>,
    /// Whether it was told that nothing can be kept.
    has_told: AtomicBool,
    /// See [`Keeping::pause`].
    pause: Duration,
}

/// A run or a try at its beginning, or where it was stopped.
pub(super) struct Begun {
    pub run: Run,
    /// What was half done of it.
    pub half: Option<Half>,
    pub log: RunLog,
}

impl Keep {
    /// One that keeps nothing, for which this has been done.
    pub fn nothing(done: &Done) -> Self {
        Self {
            recorder: None,
            done: done.clone(),
            halves: Mutex::default(),
            known: BTreeSet::new(),
            num_runs: 0,
            before: None,
            at_once: None,
            has_told: AtomicBool::new(false),
            pause: Keeping::PAUSE,
        }
    }

    /// Begins a session or goes on with one.
    ///
    /// # Errors
    /// [`EngineError::Session`] where it cannot be written.
    pub fn begin(
        keeping: &Keeping,
        options: &CompareOptions,
        num_runs: usize,
        (task, device): (&Task, &OpenDevice),
    ) -> Result<Self, EngineError> {
        let keep = Self { num_runs, pause: keeping.pause, ..Self::nothing(&options.done) };
        match keeping.there {
            There::GoOn => keep.go_on(&keeping.path),
            There::ThrowAway => throw_away(&keeping.path).and_then(|()| keep.anew(keeping, options, task, device)),
            There::None => keep.anew(keeping, options, task, device),
        }
        .map_err(|err| EngineError::session(&err))
    }

    fn anew(
        self,
        Keeping { path, writer, asked, .. }: &Keeping,
        options: &CompareOptions,
        task: &Task,
        device: &OpenDevice,
    ) -> Result<Self, StoreError> {
        let provenance = Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            device: device.name.clone(),
            processor: processor(),
            created: SystemTime::now(),
            writer: *writer,
        };
        let recorder = Recorder::create(path, &provenance)?;
        // First: whoever finds what the session is of finds this too.
        task.files.keep(&recorder);
        let parameters = &task.network.architecture().parameters;
        recorder.tell(&Event::Started {
            experiment: Arc::clone(&task.experiment),
            num_parameters: task.network.num_parameters(),
            tensors: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            data: Arc::clone(&task.preview),
            runs: Vec::new(),
        });
        recorder.keep(keys::SETTINGS, toml_of(&SettingsText { settings: options.settings() }));
        recorder.keep(keys::ASKED, toml_of(asked));
        // Whoever finds the file shall find what it is of.
        recorder.flush()?;
        Ok(Self { recorder: Some(recorder), ..self })
    }

    fn go_on(self, path: &Path) -> Result<Self, StoreError> {
        let recorder = Recorder::open(path)?;
        let session = Session::open(path)?;
        let kept = KeptComparison::read(&session)?;
        let at_once = kept.as_ref().filter(|kept| kept.is_finished).map(|kept| kept.at_once);
        let done = kept.map(|kept| kept.done).unwrap_or_default();
        let runs = session.runs()?;
        let mut halves = BTreeMap::new();
        for KeptRun { info, .. } in &runs {
            halves.extend(Half::read(&session, info.run)?.map(|half| (info.run, half)));
        }
        let known = runs.iter().map(|kept| kept.info.run).collect();
        let before = Some(session.provenance()?);
        Ok(Self { recorder: Some(recorder), done, halves: Mutex::new(halves), known, before, at_once, ..self })
    }

    /// How many runs are trained at once by a crew, or were.
    pub fn at_once(&self, crew: Crew) -> AtOnce {
        self.at_once.unwrap_or(crew.at_once())
    }

    /// See [`Keeping::pause`].
    pub const fn pause(&self) -> Duration {
        self.pause
    }

    /// Gradient evaluations that the run or try of an id had spent when it was stopped.
    pub fn spent(&self, id: RunId) -> u64 {
        self.halves().get(&id).map_or(0, Half::spent)
    }

    /// The id of the try at a place.
    pub fn id_of_try(&self, place: usize) -> RunId {
        run_id(self.num_runs + place)
    }

    /// Begins a run or a try, or goes on with it where it was.
    pub fn start(&self, id: RunId, run: Run) -> Begun {
        let half = self.halves().remove(&id);
        let Some(recorder) = &self.recorder else { return Begun { run, half: None, log: RunLog::none() } };
        let restored = half.and_then(|half| Some((half.run(&run)?, half)));
        if !self.known.contains(&id) {
            recorder.tell(&Event::RunAdded(RunInfo {
                run: id,
                optimizer: run.optimizer(),
                seed: run.task().seed,
                knobs: run.knobs().clone(),
                origin: Origin::Initial,
            }));
            recorder.checkpoint(run.host_copy().to_checkpoint(id, true));
        }
        let (run, half) = restored.map_or((run, None), |(run, half)| (run, Some(half)));
        if self.known.contains(&id) {
            // What came after the checkpoint comes again.
            let knobs = Box::new(run.knobs().clone());
            recorder.tell(&Event::Rewound { run: id, step: run.steps(), knobs });
        }
        let written = half.as_ref().map(|half| half.written).unwrap_or_default();
        Begun { run, half, log: RunLog::new(Some(recorder.clone()), id, (written, self.pause)) }
    }

    /// A run has ended.
    pub fn ended(&self, result: &RunResult) {
        if let Some(recorder) = &self.recorder {
            recorder.result(result.clone());
        }
    }

    /// A try has ended.
    pub fn tried(&self, one: &Try) {
        if let Some(recorder) = &self.recorder {
            recorder.tried(one.clone());
        }
    }

    /// All tries have ended.
    pub fn tuned(&self, tries: &[Try]) {
        if let Some(recorder) = &self.recorder {
            recorder.keep(keys::TUNING, toml_of(&TuningText { tries: tries.to_vec() }));
        }
    }

    /// Keeps what is true of all runs.
    pub fn frame(&self, at_once: AtOnce, notice: Option<&String>, is_finished: bool) {
        let frame = FrameText { is_finished, at_once: at_once.runs, cores: at_once.cores, notice: notice.cloned() };
        if let Some(recorder) = &self.recorder {
            recorder.keep(keys::FRAME, toml_of(&frame));
        }
    }

    /// Waits until all is on the disk. Where it cannot be that is told, and what was found is not lost with it.
    pub fn close(&self, board: &Board) {
        if let Some(Err(err)) = self.recorder.as_ref().map(Recorder::flush) {
            board.say(CompareNews::Unkept(&err.to_string()));
        }
    }

    /// Tells what is gone on with, and where the device is another.
    pub fn tell(&self, device: &OpenDevice, progress: &mut (dyn FnMut(CompareNews) + Send)) {
        if let Some(provenance) = &self.before {
            progress(CompareNews::Notes(other_device(provenance, device).as_slice()));
            progress(CompareNews::GoingOn([self.done.runs.len(), self.done.tries.len(), self.halves().len()]));
        }
    }

    /// Tells why nothing can be kept at the moment, where that is so and was not told before.
    pub fn tell_problem(&self, board: &Board) {
        let Some(problem) = self.recorder.as_ref().and_then(|recorder| recorder.status().problem) else { return };
        if !self.has_told.swap(true, Ordering::Relaxed) {
            board.say(CompareNews::Unkept(&problem));
        }
    }

    fn halves(&self) -> MutexGuard<'_, BTreeMap<RunId, Half>> {
        // A worker that panicked has stopped the others.
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The device that a comparison takes: who leaves it open gets the kind that the session was made on.
///
/// # Errors
/// [`EngineError::Session`] where the session cannot be read.
pub(super) fn device_of(keeping: Option<&Keeping>, asked: DeviceChoice) -> Result<DeviceChoice, EngineError> {
    let Some(keeping) = keeping.filter(|keeping| keeping.there == There::GoOn && asked == DeviceChoice::Auto) else {
        return Ok(asked);
    };
    let provenance = Session::open(&keeping.path).and_then(|session| session.provenance());
    let provenance = provenance.map_err(|err| EngineError::session(&err))?;
    Ok(if is_cpu(&provenance.device) { DeviceChoice::Cpu } else { DeviceChoice::Gpu })
}

/// What differs between the device and processor of a session and these, in one sentence; `None` where nothing does that last bits
/// depend on. The number of threads is nothing of that.
pub(in crate::engine) fn other_device(provenance: &Provenance, device: &OpenDevice) -> Option<String> {
    let kind = |name: &str| name.split_once(',').map_or(name, |(kind, _)| kind).to_owned();
    let words = |device: &str, of: &str| if is_cpu(device) { format!("{device} on {of}") } else { device.to_owned() };
    let is_same = kind(&provenance.device) == kind(&device.name)
        && (!is_cpu(&device.name) || kind(&provenance.processor) == kind(&processor()));
    (!is_same).then(|| {
        format!(
            "the session was made on {}, and this is {}: the last bits of its numbers may differ",
            words(&provenance.device, &provenance.processor),
            words(&device.name, &processor())
        )
    })
}

/// Removes a session that nobody writes into, with what lies beside it.
pub(super) fn throw_away(path: &Path) -> Result<(), StoreError> {
    if let Err(err @ StoreError::InUse(_)) = Recorder::open(path) {
        return Err(err);
    }
    for beside in ["", "-wal", "-shm", "-lock"] {
        let file = PathBuf::from(format!("{}{beside}", path.display()));
        match std::fs::remove_file(&file) {
            Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Refused { path: file, reason: err.to_string() });
            }
            _ => {}
        }
    }
    Ok(())
}
