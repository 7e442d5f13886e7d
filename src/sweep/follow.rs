//! A sweep's folder that is followed on a thread of its own: no frame waits for the disk.
//!
//! The thread looks every two seconds, reads new results some at a time and waits until they are taken. What it holds of them is
//! in [`Landed`]; a whole result is read where it is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::folder::{PLAN_FILE, Stored, SweepFolder};
use super::landed::Landed;
use super::plan::Plan;
use super::watch::{Change, Standing, Watch};
use crate::protocol::FOLDER_INTERVAL;
use crate::report::results::RunResult;

/// News that wait to be taken at most.
const MOST_NEWS: usize = 2;
/// Results of one piece of news at most, and time that reading them takes at most.
const MOST_RESULTS: usize = 128;
const READ_FOR: Duration = Duration::from_millis(50);
/// Results that are asked for at once at most.
const MOST_ASKED: usize = 4;

/// What is told of a folder that is followed, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum SweepNews {
    /// The plan; it may be another one than before, and all is told anew then.
    Planned(Arc<Plan>),
    /// Units that stand otherwise than before.
    Changed {
        /// The units.
        units: Vec<UnitNews>,
        /// Results that lie there and are still to be read.
        left: usize,
    },
    /// The result of a run that was asked for, or why it cannot be had, in one sentence without its full stop.
    Whole {
        /// The unit's number.
        unit: usize,
        /// What it found.
        result: Result<Box<RunResult>, String>,
    },
    /// Why nothing can be read now, in one sentence; `None` where that is over.
    Problem(Option<String>),
}

/// A unit that stands otherwise than before.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitNews {
    /// Its number and how it stands.
    pub change: Change,
    /// What it found, where it is done.
    pub landed: Option<Landed>,
}

/// A folder that is followed. Dropping it ends its thread.
#[derive(Debug)]
pub struct FollowedSweep {
    asks: Sender<usize>,
    news: Receiver<SweepNews>,
    is_ended: bool,
}

impl FollowedSweep {
    /// Follows a folder; `wake` is called when there are news. Where the system has no thread for it, that is its only news.
    pub fn start(folder: &Path, wake: impl Fn() + Send + 'static) -> Self {
        let (asks, asked) = bounded(MOST_ASKED);
        let (teller, news) = bounded(MOST_NEWS);
        let mut follower =
            Follower { path: folder.to_owned(), teller, wake, watch: None, planned: None, problem: None };
        // Without a thread both ends are dropped at once, which `poll` tells.
        let _ = Builder::new().name("flatscape-sweep".to_owned()).spawn(move || follower.run(&asked));
        Self { asks, news, is_ended: false }
    }

    /// Asks for the whole result of a unit. False where it is not to be had now.
    #[must_use]
    pub fn ask(&self, unit: usize) -> bool {
        self.asks.try_send(unit).is_ok()
    }

    /// The next news, without waiting.
    pub fn poll(&mut self) -> Option<SweepNews> {
        match self.news.try_recv() {
            Ok(news) => Some(news),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) if self.is_ended => None,
            Err(TryRecvError::Disconnected) => {
                self.is_ended = true;
                let text = "The sweep is not followed any more: reading its folder failed unexpectedly.";
                Some(SweepNews::Problem(Some(text.to_owned())))
            }
        }
    }
}

/// Nobody listens any more.
struct Gone;

/// What the thread holds.
struct Follower<W> {
    path: PathBuf,
    teller: Sender<SweepNews>,
    wake: W,
    watch: Option<(Watch, Arc<Plan>)>,
    /// When the file of the plan was written, and its bytes.
    planned: Option<(SystemTime, u64)>,
    /// What was told to be wrong.
    problem: Option<String>,
}

impl<W: Fn()> Follower<W> {
    /// Looks and reads until nobody listens.
    fn run(&mut self, asked: &Receiver<usize>) {
        while self.look(asked).is_ok() {
            let until = Instant::now() + FOLDER_INTERVAL;
            loop {
                match asked.recv_deadline(until) {
                    Ok(unit) if self.tell_whole(unit).is_ok() => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Ok(_) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    fn tell(&self, news: SweepNews) -> Result<(), Gone> {
        let sent = self.teller.send(news).map_err(|_| Gone);
        (self.wake)();
        sent
    }

    /// Tells what is wrong, once.
    fn tell_problem(&mut self, problem: Option<String>) -> Result<(), Gone> {
        if self.problem == problem {
            return Ok(());
        }
        self.problem.clone_from(&problem);
        self.tell(SweepNews::Problem(problem))
    }

    fn look(&mut self, asked: &Receiver<usize>) -> Result<(), Gone> {
        if let Err(problem) = self.read_plan()? {
            return self.tell_problem(Some(problem));
        }
        let Some((watch, _)) = &mut self.watch else { return Ok(()) };
        let looked = watch.look(Instant::now());
        match looked {
            Ok(changes) => {
                self.tell_problem(None)?;
                self.tell_changes(changes)?;
            }
            Err(err) => {
                let (path, secs) = (self.path.display(), FOLDER_INTERVAL.as_secs());
                let text = format!(
                    "{path} cannot be read: {err}. What was read of it stays; it is tried again every {secs} s."
                );
                return self.tell_problem(Some(text));
            }
        }
        self.read_results(asked)
    }

    /// Reads the plan where it is new; what is wrong with it, in a sentence.
    fn read_plan(&mut self) -> Result<Result<(), String>, Gone> {
        let meta = std::fs::metadata(self.path.join(PLAN_FILE)).ok();
        let planned = meta.map(|meta| (meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len()));
        if planned.is_some() && planned == self.planned {
            return Ok(Ok(()));
        }
        match SweepFolder::open(&self.path) {
            Ok((folder, plan)) => {
                let plan = Arc::new(plan);
                self.planned = planned;
                self.watch = Some((Watch::new(folder, Arc::clone(&plan)), Arc::clone(&plan)));
                self.tell(SweepNews::Planned(plan))?;
                Ok(Ok(()))
            }
            Err(err) => Ok(Err(format!("{err}."))),
        }
    }

    /// Tells units that stand otherwise and have no result, where there are some.
    fn tell_changes(&self, changes: Vec<Change>) -> Result<(), Gone> {
        let left = self.watch.as_ref().map_or(0, |(watch, _)| watch.num_left());
        if changes.is_empty() && left == 0 {
            return Ok(());
        }
        let units = changes.into_iter().map(|change| UnitNews { change, landed: None }).collect();
        self.tell(SweepNews::Changed { units, left })
    }

    /// Reads the results that are new, some at a time; what was asked for goes before them.
    fn read_results(&mut self, asked: &Receiver<usize>) -> Result<(), Gone> {
        loop {
            asked.try_iter().try_for_each(|unit| self.tell_whole(unit))?;
            let Some((watch, plan)) = &mut self.watch else { return Ok(()) };
            if watch.num_left() == 0 {
                return Ok(());
            }
            let (begun, mut units) = (Instant::now(), Vec::new());
            while units.len() < MOST_RESULTS && begun.elapsed() < READ_FOR && watch.num_left() > 0 {
                units.extend(watch.take(1).into_iter().map(|change| landed(watch.folder(), plan, change)));
            }
            let left = watch.num_left();
            self.tell(SweepNews::Changed { units, left })?;
        }
    }

    fn tell_whole(&self, unit: usize) -> Result<(), Gone> {
        let found = self.watch.as_ref().and_then(|(watch, plan)| {
            let stored: Stored<RunResult> = watch.folder().read(&plan.units.get(unit)?.id)?;
            Some(Box::new(stored.found))
        });
        let result = found.ok_or_else(|| format!("unit {unit} has no result any more, or another program wrote it"));
        self.tell(SweepNews::Whole { unit, result })
    }
}

/// A change with what was found.
fn landed(folder: &SweepFolder, plan: &Plan, change: Change) -> UnitNews {
    if change.standing != Standing::Done {
        return UnitNews { change, landed: None };
    }
    match Landed::read(folder, &plan.units[change.unit]) {
        Some(found) => UnitNews { change, landed: Some(found) },
        None => {
            let reason = "its result cannot be read: another version of the program wrote it".to_owned();
            UnitNews { change: Change { standing: Standing::Failed { reason }, ..change }, landed: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::folder::Origin;
    use crate::sweep::sample;

    /// The next news, waited for.
    fn next(sweep: &FollowedSweep) -> SweepNews {
        sweep.news.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn a_folder_is_told_from_its_plan_to_what_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let plan = sample::plan(&[], 2);
        let folder = SweepFolder::create(dir.path(), &plan, false).unwrap();
        let origin = Origin { version: "1".to_owned(), device: "CPU".to_owned(), processor: None };
        folder.write(&Stored { unit: plan.units[1].id.clone(), origin, found: 1.5 }).unwrap();
        let sweep = FollowedSweep::start(dir.path(), || {});
        assert_eq!(next(&sweep), SweepNews::Planned(Arc::new(plan)));
        assert_eq!(next(&sweep), SweepNews::Changed { units: Vec::new(), left: 1 });
        let SweepNews::Changed { units, left: 0 } = next(&sweep) else { panic!("it is read") };
        let [UnitNews { change: Change { unit: 1, standing: Standing::Failed { reason } }, landed: None }] = &units[..]
        else {
            panic!("{units:?}")
        };
        assert!(reason.contains("another version"), "{reason}");
        assert!(sweep.ask(1));
        assert!(matches!(next(&sweep), SweepNews::Whole { unit: 1, result: Err(_) }));
    }

    #[test]
    fn a_folder_without_a_plan_says_so_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut sweep = FollowedSweep::start(dir.path(), || {});
        let SweepNews::Problem(Some(text)) = next(&sweep) else { panic!("it is told") };
        assert!(text.contains("flatscape plan"), "{text}");
        assert_eq!(sweep.poll(), None);
    }
}
