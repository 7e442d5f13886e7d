//! The clock of a comparison, whom it tells, and whether it shall stop, as its workers share them.
//!
//! What a worker counts it keeps to itself for a moment: steps of a small network are shorter than it takes many workers to
//! wait for one another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::StepRow;
use crate::train::{Divergence, Run};

use super::costs::{Unit, Work};
use super::error::EngineError;
use super::news::{CompareNews, CompareProgress};
use super::pace::Pace;

/// A worker tells at most so often how far it is, unless it begins something else or keeps its state more often.
const TELL_EVERY: Duration = Duration::from_millis(10);

/// What all workers share.
pub(super) struct Board<'a> {
    shared: Mutex<Shared<'a>>,
    /// Set by the user.
    cancel: &'a AtomicBool,
    /// Set by a worker that cannot go on.
    stopped: AtomicBool,
    /// A worker tells at most so often how far it is.
    pause: Duration,
}

struct Shared<'a> {
    pace: Pace,
    progress: &'a mut (dyn FnMut(CompareNews) + Send),
    /// What each worker is at: its place in the order of the comparison, and how far it was when it told.
    under_way: Vec<Option<(usize, Option<CompareProgress>)>>,
}

/// One worker's view of the board, while it is at one run or try.
pub(super) struct Watch<'b, 'a> {
    board: &'b Board<'a>,
    worker: usize,
    /// What it did since it told last: time and number of each unit.
    untold: [(Duration, f64); Unit::COUNT],
    /// When it told last, and what it was at.
    told: Option<(Instant, &'static str)>,
}

/// What is going on with a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Going {
    /// See [`CompareProgress::phase`].
    pub phase: &'static str,
    /// See [`CompareProgress::attempt`].
    pub attempt: Option<[usize; 2]>,
    /// Its training loss as last known.
    pub train_loss: f64,
}

impl<'a> Board<'a> {
    /// That of so many workers, which keep their states at most so often.
    pub fn new(
        pace: Pace,
        (workers, kept_every): (usize, Duration),
        progress: &'a mut (dyn FnMut(CompareNews) + Send),
        cancel: &'a AtomicBool,
    ) -> Self {
        let shared = Mutex::new(Shared { pace, progress, under_way: vec![None; workers] });
        Self { shared, cancel, stopped: AtomicBool::new(false), pause: TELL_EVERY.min(kept_every) }
    }

    /// A worker begins the work at a place.
    pub fn begin(&self, worker: usize, place: usize) -> Watch<'_, 'a> {
        let mut shared = self.shared();
        shared.pace.begin(worker, place);
        shared.under_way[worker] = Some((place, None));
        Watch { board: self, worker, untold: Default::default(), told: None }
    }

    /// Plans anew what has not begun, see [`Pace::plan`].
    pub fn plan(&self, first: usize, works: Vec<Work>) {
        self.shared().pace.plan(first, works);
    }

    /// Tells something.
    pub fn say(&self, news: CompareNews) {
        (self.shared().progress)(news);
    }

    /// Stops all workers at their next unit.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// [`EngineError::Cancelled`] where it shall stop.
    pub fn check(&self) -> Result<(), EngineError> {
        let is_over = self.cancel.load(Ordering::Relaxed) || self.stopped.load(Ordering::Relaxed);
        if is_over { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// A worker that panicked has stopped the others; that it held the board then is no harm.
    fn shared(&self) -> MutexGuard<'_, Shared<'a>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared<'_> {
    /// Tells how far the comparison is by that run under way which comes first in its order, so that several at once do not
    /// take turns in one line.
    fn tell(&mut self) {
        let at_once = self.under_way.iter().flatten().count();
        let told = self.under_way.iter().flatten().filter_map(|(place, now)| Some((*place, (*now)?)));
        let Some((_, first)) = told.min_by_key(|(place, _)| *place) else { return };
        let (share, seconds_left) = (self.pace.share(), self.pace.seconds_left());
        let beside = at_once.saturating_sub(1);
        (self.progress)(CompareNews::Progress(CompareProgress { share, seconds_left, beside, ..first }));
    }
}

impl Watch<'_, '_> {
    /// # Errors
    /// [`EngineError::Cancelled`] where it shall stop.
    pub fn check(&self) -> Result<(), EngineError> {
        self.board.check()
    }

    /// Does some work and counts it.
    pub fn time<T>(&mut self, unit: Unit, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.count(unit, begun.elapsed(), 1.0);
        done
    }

    /// One step of a run, counted by its gradient evaluations.
    ///
    /// # Errors
    /// [`Divergence`] as [`Run::step`].
    pub fn step(&mut self, run: &mut Run) -> Result<StepRow, Divergence> {
        let begun = Instant::now();
        let row = run.step();
        let gradients = run.step_cost();
        self.count(Unit::Gradient, begun.elapsed(), gradients as f64);
        row
    }

    /// Counts units that are done.
    pub const fn count(&mut self, unit: Unit, time: Duration, units: f64) {
        let (spent, count) = &mut self.untold[unit as usize];
        *spent = spent.saturating_add(time);
        *count += units;
    }

    /// Tells how far a run is, where that is due.
    pub fn tell(&mut self, run: &Run, going: Going) {
        let now = Instant::now();
        if self.told.is_some_and(|(at, phase)| phase == going.phase && now - at < self.board.pause) {
            return;
        }
        self.told = Some((now, going.phase));
        let (spent, seconds) = (run.gradient_evaluations(), run.train_seconds());
        let progress = CompareProgress {
            optimizer: run.optimizer(),
            seed: run.task().seed,
            spent,
            budget: run.task().experiment.budget,
            phase: going.phase,
            attempt: going.attempt,
            per_second: if seconds > 0.0 { spent as f64 / seconds } else { f64::NAN },
            share: 0.0,
            seconds_left: 0.0,
            beside: 0,
            train_loss: going.train_loss,
        };
        let mut shared = self.board.shared();
        self.hand_in(&mut shared);
        if let Some((_, told)) = &mut shared.under_way[self.worker] {
            *told = Some(progress);
        }
        shared.tell();
    }

    /// The run or try has ended, with or without all that was planned.
    pub fn end(mut self) {
        let mut shared = self.board.shared();
        self.hand_in(&mut shared);
        shared.pace.end(self.worker);
        shared.tell();
        shared.under_way[self.worker] = None;
    }

    fn hand_in(&mut self, shared: &mut Shared) {
        for (unit, (time, units)) in std::mem::take(&mut self.untold).into_iter().enumerate() {
            if units > 0.0 {
                shared.pace.count(self.worker, unit, time, units);
            }
        }
    }
}
