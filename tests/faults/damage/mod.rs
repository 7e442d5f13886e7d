//! Files that went wrong on their way: each reader meets whole files that were damaged by a seeded generator, and answers with a
//! value or a sentence that names the file. No panic, no long wait, no large memory, and the file stays as it is.
//!
//! `FLATSCAPE_DAMAGED` says how many files there are of all kinds together. One that fails is kept, with the number of its damage in
//! its name; what was once found stands in `found/` and is read first.

mod counting;
mod desk;
pub mod dice;
mod kinds;
mod made;
mod readers;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, ScopedJoinHandle, scope};
use std::time::Instant;

use flatscape::data::limit::set_max_memory;

use crate::program::number;
use desk::{Desk, keep, remember, watch};
use dice::damaged;
use kinds::{Subject, subjects};

/// Damaged files of all kinds together.
const FILES: usize = 10_000;
/// The limit of memory that readers are given, as `--max-memory` sets it.
const LIMIT: u64 = 128 << 20;
/// Files that a thread takes at a time.
const PART: u64 = 20;

/// Some of the damaged files of a subject.
struct Part<'a> {
    subject: &'a Subject,
    numbers: Range<u64>,
}

/// How the files of a kind were answered.
#[derive(Default)]
struct Told {
    files: usize,
    refused: usize,
    seconds: f64,
    failures: Vec<String>,
}

#[test]
fn damaged_files_are_answered() {
    set_max_memory(LIMIT);
    remember();
    let subjects = subjects();
    let parts = parts(&subjects, number("FLATSCAPE_DAMAGED", FILES));
    let told = read_all(&parts);
    let files: usize = told.values().map(|told| told.files).sum();
    let refused: usize = told.values().map(|told| told.refused).sum();
    for (kind, told) in &told {
        println!("{kind}: {} files, {} refused, {:.1} s", told.files, told.refused, told.seconds);
    }
    let failures: Vec<&str> = told.values().flat_map(|told| &told.failures).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {files} files:\n{}", failures.len(), failures.join("\n"));
    assert!(refused > files / 4, "{refused} of {files} files were refused, expected more where so much is damaged");
}

/// All damaged files, each kind's own number of them, in parts.
fn parts(subjects: &[Subject], files: usize) -> Vec<Part<'_>> {
    let shares: usize = subjects.iter().map(|subject| subject.share).sum();
    let mut parts = Vec::new();
    for subject in subjects {
        let count = (files * subject.share).div_ceil(shares) as u64;
        let numbers = (0..count).step_by(PART as usize).map(|from| from..count.min(from + PART));
        parts.extend(numbers.map(|numbers| Part { subject, numbers }));
    }
    parts
}

/// Reads all parts on all cores.
fn read_all<'a>(parts: &[Part<'a>]) -> BTreeMap<&'a str, Told> {
    let count = std::thread::available_parallelism().map_or(2, usize::from);
    let desks: Vec<Desk> = (0..count).map(|_| Desk::new()).collect();
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let told = Mutex::<BTreeMap<&str, Told>>::default();
    let work = |desk: &Desk| {
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = part.read(desk);
            told.lock().expect("no panic while it was held").entry(part.subject.kind).or_default().add(found);
        }
    };
    scope(|threads| {
        let spawn = |desk| {
            let work = &work;
            Builder::new().name("reader".to_owned()).spawn_scoped(threads, move || work(desk)).expect("a thread")
        };
        let workers: Vec<ScopedJoinHandle<'_, ()>> = desks.iter().map(spawn).collect();
        let watch = || watch(&desks, &is_over);
        Builder::new().name("watch".to_owned()).spawn_scoped(threads, watch).expect("a thread");
        let have_ended = workers.into_iter().map(ScopedJoinHandle::join).filter(Result::is_ok).count();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(have_ended, count, "threads that read to the end");
    });
    told.into_inner().expect("no panic while it was held")
}

impl Part<'_> {
    fn read(&self, desk: &Desk) -> Told {
        let (subject, start) = (self.subject, Instant::now());
        let mut told = Told::default();
        let mut folder = desk.lay(subject);
        for number in self.numbers.clone() {
            let path = folder.join(subject.name());
            let bytes = damaged(&subject.files[subject.damaged].1, number);
            fs::write(&path, &bytes).expect("it can be written");
            let answer = desk.read(subject.read, &folder.join(&subject.opened), &path).and_then(|told| {
                told.iter().try_for_each(|sentence| check(sentence, subject, &folder))?;
                stays(&path, &bytes)?;
                // What is beside it, where it could have been written to.
                let mut others =
                    subject.files.iter().filter(|(place, _)| subject.leaves_files && place != subject.name());
                others.try_for_each(|(place, bytes)| stays(&folder.join(place), bytes))?;
                Ok(!told.is_empty())
            });
            told.files += 1;
            match answer {
                Ok(is_refused) => told.refused += usize::from(is_refused),
                Err(problem) => {
                    let kept = keep(&path, &number.to_string(), &bytes);
                    told.failures.push(format!("{} ({}): {problem}", kept.display(), subject.kind));
                }
            }
            // Whatever was moved aside or written beside it.
            folder = if subject.leaves_files { desk.lay(subject) } else { folder };
        }
        told.seconds = start.elapsed().as_secs_f64();
        told
    }
}

impl Told {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.refused += other.refused;
        self.seconds += other.seconds;
        self.failures.extend(other.failures);
    }
}

/// Whether a refusal is one line that names the file, or one that belongs to it.
fn check(sentence: &str, subject: &Subject, folder: &Path) -> Result<(), String> {
    if sentence.trim().is_empty() || sentence.chars().any(char::is_control) {
        return Err(format!("it is refused with no single line: {sentence:?}"));
    }
    let names = subject.files.iter().filter_map(|(place, _)| place.file_name()?.to_str());
    let is_named = names.chain(folder.to_str()).any(|name| sentence.contains(name));
    if is_named { Ok(()) } else { Err(format!("it is refused without its name: {sentence}")) }
}

/// Whether the damaged file is as it was, there or moved aside.
fn stays(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let is_it = |path: &Path| fs::read(path).is_ok_and(|found| found == bytes);
    let aside = || fs::read_dir(path.parent()?).ok()?.filter_map(Result::ok).find(|entry| is_it(&entry.path()));
    if is_it(path) || aside().is_some() { Ok(()) } else { Err("the file is not as it was".to_owned()) }
}

/// What was found once is not found again.
#[test]
fn files_that_were_found_are_answered() {
    set_max_memory(LIMIT);
    remember();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/found");
    let (desk, mut failures, mut count) = (Desk::new(), Vec::new(), 0);
    for path in fs::read_dir(root).expect("it is there").map(|entry| entry.expect("it can be listed").path()) {
        count += 1;
        for read in [readers::data as readers::Read, readers::weights, readers::toml] {
            failures
                .extend(desk.read(read, &path, &path).err().map(|problem| format!("{}: {problem}", path.display())));
        }
    }
    assert!(failures.is_empty() && count >= 3, "{count} files:\n{}", failures.join("\n"));
}
