//! The files of a folder that is followed: which are new, which still grow, which belong to another model, which are gone.
//!
//! No thread and no clock: [`Folder::look`] is told the time, and [`Folder::next_news`] gives one thing at a time, so that no more
//! than one checkpoint is held.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::news::{News, ReadCheckpoint};
use crate::data::{arrays, holds_examples};
use crate::model::Architecture;
use crate::protocol::FOLDER_INTERVAL;
use crate::session::checkpoints::{CheckpointFile, Checkpoints, checkpoint_files};
use crate::session::weights::{ModelState, Read, WeightsError, read_state};

/// A file that was written to less long ago may still grow, unless it is as it was at the last look.
const QUIET: Duration = Duration::from_secs(1);
/// A file that cannot be read is tried so often before it is named.
const TRIES: u32 = 4;

/// When a file was written and its bytes: what changes when it does.
type Stamp = (SystemTime, u64);

fn stamp(file: &CheckpointFile) -> Stamp {
    (file.modified, file.bytes)
}

/// A checkpoint that was read.
#[derive(Debug)]
struct Taken {
    file: CheckpointFile,
    is_gone: bool,
}

/// A file that could not be read.
#[derive(Debug)]
struct Trouble {
    stamp: Stamp,
    tries: u32,
}

/// A folder that is followed.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    architecture: Architecture,
    taken: Vec<Taken>,
    has_steps: bool,
    /// Files that are no checkpoints of this model, as they were.
    refused: BTreeMap<PathBuf, Stamp>,
    troubles: BTreeMap<PathBuf, Trouble>,
    /// All files as of the last look.
    seen: BTreeMap<PathBuf, Stamp>,
    left_out: BTreeSet<String>,
    is_unreadable: bool,
    has_noted: bool,
    waiting: usize,
    /// Files to be read, in order, and how many of those that were read stay then.
    queue: VecDeque<CheckpointFile>,
    kept: usize,
    next_has_steps: bool,
    news: VecDeque<News>,
}

impl Folder {
    pub fn new(path: PathBuf, architecture: Architecture) -> Self {
        Self {
            path,
            architecture,
            taken: Vec::new(),
            has_steps: false,
            refused: BTreeMap::new(),
            troubles: BTreeMap::new(),
            seen: BTreeMap::new(),
            left_out: BTreeSet::new(),
            is_unreadable: false,
            has_noted: false,
            waiting: 0,
            queue: VecDeque::new(),
            kept: 0,
            next_has_steps: false,
            news: VecDeque::new(),
        }
    }

    /// Looks what lies there now. Returns whether a file may be complete in a moment.
    pub fn look(&mut self, now: SystemTime) -> bool {
        let files = match checkpoint_files(&self.path) {
            Ok(files) => files,
            Err(err) => {
                if !std::mem::replace(&mut self.is_unreadable, true) {
                    let (path, secs) = (self.path.display(), FOLDER_INTERVAL.as_secs());
                    self.news.push_back(News::Warning(format!(
                        "{path} cannot be read: {err}. What was read of it stays; it is tried again every {secs} s."
                    )));
                }
                return false;
            }
        };
        self.is_unreadable = false;
        self.tell_gone(&files);
        let seen = files.iter().map(|file| (file.path.clone(), stamp(file))).collect();
        let before = std::mem::replace(&mut self.seen, seen);
        let (ready, has_growing) = self.ready(files, now, &before);
        let Checkpoints { files, has_steps, left_out } = Checkpoints::ordered(ready);
        self.tell_left_out(left_out);
        self.plan(files, has_steps);
        if self.queue.len() != self.waiting {
            self.waiting = self.queue.len();
            self.news.push_back(News::Waiting(self.waiting));
        }
        has_growing
    }

    /// The next thing to tell; it may be read from the disk first.
    pub fn next_news(&mut self) -> Option<News> {
        loop {
            if let Some(news) = self.news.pop_front() {
                return Some(news);
            }
            let file = self.queue.pop_front()?;
            self.take(file);
        }
    }

    /// Reads a checkpoint again.
    pub fn again(&mut self, step: u64) -> News {
        let state = match self.taken.iter().find(|taken| taken.file.step == step) {
            None => Err("there is no such checkpoint any more".to_owned()),
            Some(taken) if stamp_of(&taken.file.path) != Some(stamp(&taken.file)) => {
                Err(format!("{} is gone, or was written anew", taken.file.name))
            }
            Some(taken) => read_state(&taken.file.path, &self.architecture)
                .map(|read| Box::new(read.value))
                .map_err(|err| problem(&err, &taken.file.path)),
        };
        News::Again { step, state }
    }

    /// Files that are complete as far as can be told, and are not known to be something else; and whether others still grow.
    fn ready(
        &mut self,
        files: Vec<CheckpointFile>,
        now: SystemTime,
        before: &BTreeMap<PathBuf, Stamp>,
    ) -> (Vec<CheckpointFile>, bool) {
        let (mut ready, mut has_growing) = (Vec::new(), false);
        for mut file in files {
            let own = stamp(&file);
            if self.refused.get(&file.path) == Some(&own) {
                continue;
            }
            let taken = self.taken.iter().find(|taken| taken.file.path == file.path && !taken.is_gone);
            let is_as_taken = taken.is_some_and(|taken| stamp(&taken.file) == own);
            let is_quiet = now.duration_since(file.modified).is_ok_and(|age| age >= QUIET);
            if !is_as_taken && !is_quiet && before.get(&file.path) != Some(&own) {
                has_growing = true;
                // One that is written over stays what it was until the new one is there.
                let Some(taken) = taken else { continue };
                (file.modified, file.bytes) = stamp(&taken.file);
            } else if self.troubles.get(&file.path).is_some_and(|t| t.stamp == own && t.tries >= TRIES) {
                let Some(taken) = taken else { continue };
                (file.modified, file.bytes) = stamp(&taken.file);
            } else if !is_as_taken && is_data(&file.path) {
                self.refused.insert(file.path, own);
                continue;
            }
            ready.push(file);
        }
        (ready, has_growing)
    }

    /// Finds out what is to be read, and what of that which was read is void then.
    fn plan(&mut self, files: Vec<CheckpointFile>, has_steps: bool) {
        let present: Vec<usize> = (0..self.taken.len()).filter(|&place| !self.taken[place].is_gone).collect();
        let is_same = |&(place, file): &(&usize, &CheckpointFile)| {
            let taken = &self.taken[*place].file;
            taken.path == file.path && stamp(taken) == stamp(file)
        };
        let mut same = present.iter().zip(&files).take_while(is_same).count();
        if !self.taken.is_empty() && has_steps != self.has_steps && !files.is_empty() {
            (same, self.kept) = (0, 0);
        } else if same < present.len() {
            self.kept = present[same];
        } else {
            // New ones of a training that began anew follow on what was read before their step.
            let first = files.get(same).filter(|_| has_steps).map(|file| file.step);
            self.kept =
                first.map_or(self.taken.len(), |first| self.taken.partition_point(|taken| taken.file.step < first));
        }
        self.next_has_steps = has_steps;
        self.queue = files.into_iter().skip(same).collect();
    }

    /// Reads a file, and tells what comes of it.
    fn take(&mut self, mut file: CheckpointFile) {
        match read_state(&file.path, &self.architecture) {
            // It was written to meanwhile: the next look finds that.
            _ if stamp_of(&file.path) != Some(stamp(&file)) => {}
            Ok(Read { value, notes }) => {
                self.troubles.remove(&file.path);
                if self.kept < self.taken.len() {
                    self.taken.truncate(self.kept);
                    self.news.push_back(News::Void { kept: self.kept });
                }
                self.has_steps = self.next_has_steps;
                if !self.has_steps {
                    file.step = self.taken.last().map_or(0, |last| last.file.step) + 1;
                }
                if !std::mem::replace(&mut self.has_noted, true) {
                    self.news.extend(notes.iter().map(|note| News::Note(format!("{}: {note}.", file.name))));
                }
                self.push(file, value);
            }
            Err(err) => {
                self.refuse(&file, &err);
                // What follows on it was read already, and is not void before it is known what took its place.
                if self.kept < self.taken.len() {
                    self.queue.clear();
                }
            }
        }
    }

    fn push(&mut self, file: CheckpointFile, state: ModelState) {
        self.waiting = self.queue.len();
        self.news.push_back(News::Read(Box::new(ReadCheckpoint {
            path: file.path.clone(),
            name: file.name.clone(),
            step: file.step,
            has_steps: self.has_steps,
            written: file.modified,
            state,
            left: self.waiting,
        })));
        self.taken.push(Taken { file, is_gone: false });
        self.kept = self.taken.len();
    }

    fn refuse(&mut self, file: &CheckpointFile, err: &WeightsError) {
        let (name, why, own) = (&file.name, problem(err, &file.path), stamp(file));
        let is_of_another_model = matches!(
            err,
            WeightsError::Mismatch { .. }
                | WeightsError::Ambiguous { .. }
                | WeightsError::Parametrised { .. }
                | WeightsError::NotFinite { .. }
        );
        if is_of_another_model {
            self.refused.insert(file.path.clone(), own);
            self.news.push_back(News::Warning(format!("{name} is left out: {why}.")));
            return;
        }
        let trouble = self.troubles.entry(file.path.clone()).or_insert(Trouble { stamp: own, tries: 0 });
        if trouble.stamp != own {
            *trouble = Trouble { stamp: own, tries: 0 };
        }
        trouble.tries += 1;
        if trouble.tries == TRIES {
            let text = format!("{name} cannot be read, and is left out until it changes: {why}.");
            self.news.push_back(News::Warning(text));
        }
    }

    /// Tells which files have gone since the last look, or have come back.
    fn tell_gone(&mut self, files: &[CheckpointFile]) {
        let mut gone = Vec::new();
        let mut is_changed = false;
        for taken in &mut self.taken {
            let is_gone = files.iter().all(|file| file.path != taken.file.path);
            if is_gone && !taken.is_gone {
                gone.push(taken.file.name.clone());
            }
            is_changed |= taken.is_gone != is_gone;
            taken.is_gone = is_gone;
        }
        if is_changed {
            let places = self.taken.iter().enumerate().filter(|(_, taken)| taken.is_gone);
            self.news.push_back(News::Gone(places.map(|(place, _)| place).collect()));
        }
        let text = match gone.as_slice() {
            [] => return,
            [one] => format!("{one} is gone from {}; its figures stay.", self.path.display()),
            [first, .., last] => {
                let path = self.path.display();
                format!("{} checkpoints are gone from {path}, {first} to {last}; their figures stay.", gone.len())
            }
        };
        self.news.push_back(News::Note(text));
    }

    fn tell_left_out(&mut self, names: Vec<String>) {
        for name in names {
            if self.left_out.insert(name.clone()) {
                let text = format!("{name} is left out: its name has no number, and those of other checkpoints have.");
                self.news.push_back(News::Note(text));
            }
        }
    }
}

fn stamp_of(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len()))
}

/// Whether it is a data set, which often lies beside checkpoints.
fn is_data(path: &Path) -> bool {
    arrays::array_names(path).is_ok_and(|names| holds_examples(&names))
}

/// What is wrong with a file, without its path and a full stop.
fn problem(err: &WeightsError, path: &Path) -> String {
    let text = err.to_string();
    let text = text.strip_suffix(&format!(": {}", path.display())).unwrap_or(&text);
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
