//! Which units of a plan are done, are being done, or failed: what the folder says, looked at again and again.
//!
//! No thread and no clock: [`Watch::look`] is told the time. It lists three folders and opens only what may have changed there:
//! results and reasons that are new, and claims, of which each worker has one. So a look at ten thousand units costs a listing.
//! Whether a new result is whole is found out by [`Watch::take`], as many at a time as its caller likes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::claim::{PATIENCE, Watched};
use super::folder::SweepFolder;
use super::plan::Plan;

/// How a unit stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// Nobody is at it.
    #[default]
    Waiting,
    /// A worker says that it is at it.
    Running {
        /// Its name; empty while it has not written it yet.
        worker: String,
    },
    /// The worker that was at it has said nothing for long: it is gone, and the unit is to be done by another.
    Stopped {
        /// Its name.
        worker: String,
    },
    /// It failed, and nobody is at it again.
    Failed {
        /// Why, in one line.
        reason: String,
    },
    /// It has a result.
    Done,
}

/// A unit that stands otherwise than before; where it was done and is done again, it is told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The unit's number.
    pub unit: usize,
    /// How it stands now.
    pub standing: Standing,
}

/// What changes where a file is written anew under its name: it is another file then.
type Stamp = u64;

/// A result that lies in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    stamp: Stamp,
    /// Its two ends are those of a whole one.
    is_whole: bool,
}

/// A plan whose folder is watched.
#[derive(Debug)]
pub struct Watch {
    folder: SweepFolder,
    plan: Arc<Plan>,
    /// Units by their names.
    places: HashMap<String, usize>,
    standings: Vec<Standing>,
    results: Vec<Option<Seen>>,
    /// Units whose result is to be looked at.
    queue: VecDeque<usize>,
    /// Workers of claimed units, and whether each is gone.
    claims: HashMap<usize, (String, bool)>,
    failures: HashMap<usize, (Stamp, String)>,
    watched: Watched,
}

impl Watch {
    /// Watches a folder for the units of its plan.
    #[must_use]
    pub fn new(folder: SweepFolder, plan: Arc<Plan>) -> Self {
        let places = plan.units.iter().map(|unit| (unit.id.clone(), unit.i)).collect();
        let count = plan.units.len();
        Self {
            folder,
            plan,
            places,
            standings: vec![Standing::default(); count],
            results: vec![None; count],
            queue: VecDeque::new(),
            claims: HashMap::new(),
            failures: HashMap::new(),
            watched: Watched::default(),
        }
    }

    /// The folder.
    #[must_use]
    pub const fn folder(&self) -> &SweepFolder {
        &self.folder
    }

    /// How each unit stands, as far as it has been looked at.
    #[must_use]
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// Results that are there and that [`Self::take`] has not looked at.
    #[must_use]
    pub fn num_left(&self) -> usize {
        self.queue.len()
    }

    /// Looks what lies there now: claims and reasons at once, results are queued.
    ///
    /// # Errors
    /// Where the results cannot be listed; all stands as it did then.
    pub fn look(&mut self, now: Instant) -> io::Result<Vec<Change>> {
        let mut changed = self.list_results()?;
        // Units whose claims or reasons were there before or are now.
        changed.extend(self.claims.keys().chain(self.failures.keys()));
        self.read_claims(now);
        self.read_failures();
        changed.extend(self.claims.keys().chain(self.failures.keys()));
        // Those whose result is to be looked at are told then.
        for unit in &self.queue {
            changed.remove(unit);
        }
        let mut changed: Vec<usize> = changed.into_iter().collect();
        changed.sort_unstable();
        Ok(changed.into_iter().filter_map(|unit| self.change(unit)).collect())
    }

    /// Looks at so many of the results that are new.
    pub fn take(&mut self, most: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        for _ in 0..most {
            let Some(unit) = self.queue.pop_front() else { break };
            let is_whole = self.folder.is_done(&self.plan.units[unit].id);
            // One that was taken away meanwhile is missed at the next look.
            if let Some(seen) = &mut self.results[unit] {
                seen.is_whole = is_whole;
            }
            if is_whole {
                self.standings[unit] = Standing::Done;
                changes.push(Change { unit, standing: Standing::Done });
            } else {
                changes.extend(self.change(unit));
            }
        }
        changes
    }

    /// Lists the results and queues those that are new, were written anew, or were not whole. The units that lost theirs.
    fn list_results(&mut self) -> io::Result<HashSet<usize>> {
        let mut found: Vec<Option<Stamp>> = vec![None; self.results.len()];
        for entry in fs::read_dir(self.folder.units_folder())? {
            let entry = entry?;
            let name = entry.file_name();
            let unit = name.to_str().and_then(SweepFolder::unit_of).and_then(|id| self.places.get(id));
            if let Some(&unit) = unit {
                found[unit] = Some(stamp(&entry));
            }
        }
        self.queue.clear();
        let mut lost = HashSet::new();
        for (unit, stamp) in found.into_iter().enumerate() {
            match (stamp, self.results[unit]) {
                (Some(stamp), Some(before)) if before.stamp == stamp && before.is_whole => {}
                (Some(stamp), _) => {
                    self.results[unit] = Some(Seen { stamp, is_whole: false });
                    self.queue.push_back(unit);
                }
                (None, Some(_)) => {
                    self.results[unit] = None;
                    lost.insert(unit);
                }
                (None, None) => {}
            }
        }
        Ok(lost)
    }

    fn read_claims(&mut self, now: Instant) {
        let entries = self.entries(&self.folder.claims_folder());
        self.claims.clear();
        for (unit, entry) in entries {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            let id = &self.plan.units[unit].id;
            let is_gone = self.watched.is_abandoned(id, &text, now, PATIENCE);
            self.claims.insert(unit, (text.lines().next().unwrap_or_default().to_owned(), is_gone));
        }
    }

    fn read_failures(&mut self) {
        let mut before = std::mem::take(&mut self.failures);
        for (unit, entry) in self.entries(&self.folder.failed_folder()) {
            let stamp = stamp(&entry);
            let known = before.remove(&unit).filter(|(known, _)| *known == stamp).map(|(_, reason)| reason);
            let reason = known.or_else(|| fs::read_to_string(entry.path()).ok().map(|text| text.trim().to_owned()));
            if let Some(reason) = reason {
                self.failures.insert(unit, (stamp, reason));
            }
        }
    }

    /// What a folder has of units, by their numbers; nothing where there is no such folder.
    fn entries(&self, folder: &Path) -> Vec<(usize, DirEntry)> {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let of = |entry: DirEntry| Some((*self.places.get(entry.file_name().to_str()?)?, entry));
        entries.filter_map(of).collect()
    }

    /// How a unit stands now, where that is otherwise than before. One that was done stays so while something lies there.
    fn change(&mut self, unit: usize) -> Option<Change> {
        let has_result = self.results[unit].is_some();
        let standing = match (self.claims.get(&unit), self.failures.get(&unit)) {
            _ if has_result && self.standings[unit] == Standing::Done => Standing::Done,
            (Some((worker, false)), _) => Standing::Running { worker: worker.clone() },
            (Some((worker, true)), _) => Standing::Stopped { worker: worker.clone() },
            (None, Some((_, reason))) => Standing::Failed { reason: reason.clone() },
            (None, None) => Standing::Waiting,
        };
        if self.standings[unit] == standing {
            return None;
        }
        self.standings[unit] = standing.clone();
        Some(Change { unit, standing })
    }
}

/// A file that is written beside its place and moved there has another number than the one before.
#[cfg(unix)]
fn stamp(entry: &DirEntry) -> Stamp {
    std::os::unix::fs::DirEntryExt::ino(entry)
}

/// Elsewhere it has another time.
#[cfg(not(unix))]
fn stamp(entry: &DirEntry) -> Stamp {
    let modified = entry.metadata().and_then(|meta| meta.modified()).ok();
    let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sweep::folder::{Origin, Stored};
    use crate::sweep::sample;

    /// A folder with three units, and who watches it.
    fn watched(dir: &Path) -> (SweepFolder, Watch, Vec<String>) {
        let plan = sample::plan(&[], 3);
        let folder = SweepFolder::create(dir, &plan, false).unwrap();
        let ids = plan.units.iter().map(|unit| unit.id.clone()).collect();
        (folder.clone(), Watch::new(folder, Arc::new(plan)), ids)
    }

    fn write(folder: &SweepFolder, id: &str) {
        let origin = Origin { version: "1".to_owned(), device: "CPU".to_owned(), processor: None };
        folder.write(&Stored { unit: id.to_owned(), origin, found: vec![1.5] }).unwrap();
    }

    fn running(worker: &str) -> Standing {
        Standing::Running { worker: worker.to_owned() }
    }

    fn all(watch: &mut Watch, now: Instant) -> Vec<(usize, Standing)> {
        let mut changes = watch.look(now).unwrap();
        changes.extend(watch.take(usize::MAX));
        changes.into_iter().map(|change| (change.unit, change.standing)).collect()
    }

    #[test]
    fn what_lands_fails_and_is_claimed_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, mut watch, ids) = watched(dir.path());
        let now = Instant::now();
        assert_eq!(all(&mut watch, now), []);
        fs::write(folder.claim_path(&ids[0]), "one\n0\n").unwrap();
        folder.note_failure(&ids[1], "no such file: a.csv");
        write(&folder, &ids[2]);
        let reason = "no such file: a.csv".to_owned();
        let expected = [(0, running("one")), (1, Standing::Failed { reason }), (2, Standing::Done)];
        assert_eq!(all(&mut watch, now), expected);
        assert_eq!(all(&mut watch, now), [], "nothing has changed");

        // The first one ends, and the second is begun again.
        write(&folder, &ids[0]);
        fs::remove_file(folder.claim_path(&ids[0])).unwrap();
        folder.forget_failure(&ids[1]);
        fs::write(folder.claim_path(&ids[1]), "two\n0\n").unwrap();
        let told = all(&mut watch, now);
        assert_eq!(told.last(), Some(&(0, Standing::Done)), "{told:?}");
        assert!(told.contains(&(1, running("two"))), "{told:?}");
        assert_eq!(watch.standings(), [Standing::Done, running("two"), Standing::Done]);
        // One that is done again is told again; one that is taken away waits.
        write(&folder, &ids[2]);
        assert_eq!(all(&mut watch, now), [(2, Standing::Done)]);
        fs::remove_file(folder.result_path(&ids[2])).unwrap();
        assert_eq!(all(&mut watch, now), [(2, Standing::Waiting)]);
    }

    #[test]
    fn a_worker_that_is_gone_is_told_by_a_claim_that_stands_still() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, mut watch, ids) = watched(dir.path());
        let now = Instant::now();
        fs::write(folder.claim_path(&ids[1]), "one\n4\n").unwrap();
        assert_eq!(all(&mut watch, now), [(1, running("one"))]);
        let later = now + PATIENCE + Duration::from_secs(1);
        assert_eq!(all(&mut watch, later), [(1, Standing::Stopped { worker: "one".to_owned() })]);
        fs::write(folder.claim_path(&ids[1]), "two\n0\n").unwrap();
        assert_eq!(all(&mut watch, later), [(1, running("two"))], "another has taken it over");
    }

    #[test]
    fn what_is_not_whole_is_looked_at_again_and_what_is_no_unit_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, mut watch, ids) = watched(dir.path());
        let now = Instant::now();
        write(&folder, &ids[0]);
        let text = fs::read_to_string(folder.result_path(&ids[0])).unwrap();
        fs::write(folder.result_path(&ids[0]), &text[..text.len() / 2]).unwrap();
        fs::write(folder.units_folder().join(".flatscape-x"), "half").unwrap();
        fs::write(folder.units_folder().join("another.toml"), "x = 1\n# end\n").unwrap();
        assert_eq!(all(&mut watch, now), []);
        // Copied in place, so that it is the same file.
        fs::write(folder.result_path(&ids[0]), &text).unwrap();
        assert_eq!(all(&mut watch, now), [(0, Standing::Done)]);
        fs::remove_dir_all(folder.units_folder()).unwrap();
        assert!(watch.look(now).is_err());
        assert_eq!(watch.standings()[0], Standing::Done, "what was seen stays");
    }

    #[test]
    fn results_are_looked_at_some_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, mut watch, ids) = watched(dir.path());
        ids.iter().for_each(|id| write(&folder, id));
        assert_eq!(watch.look(Instant::now()).unwrap(), []);
        assert_eq!((watch.num_left(), watch.take(2).len(), watch.num_left()), (3, 2, 1));
        assert_eq!((watch.take(2).len(), watch.num_left()), (1, 0));
    }
}
