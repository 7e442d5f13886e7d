//! What is told is durable, whatever happens to the program or the disk, and nobody waits for it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::kept::result;
use super::sample::{checkpoint, eval, provenance, slice, started, steps, write_all, written};
use crate::protocol::{Event, RunId};
use crate::session::store::limits::Limits;
use crate::session::store::lock::beside;
use crate::session::store::queue::{Entry, Queue};
use crate::session::store::writer::Writer;
use crate::session::store::{Recorder, Session, StoreError};

const A: RunId = RunId(0);

fn last_step(path: &Path) -> u64 {
    Session::open(path).unwrap().last_step(A).unwrap()
}

/// A session that is being written, which has been told of three steps of a run.
fn begun(path: &Path) -> Recorder {
    let recorder = Recorder::create(path, &provenance()).unwrap();
    recorder.tell(&started(1));
    recorder.tell(&steps(0, 1..=3));
    recorder
}

#[test]
fn what_is_told_is_durable_within_the_time_that_may_be_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/a.flatscape");
    let recorder = begun(&path);
    let begun = Instant::now();
    while last_step(&path) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", recorder.status());
        std::thread::sleep(Duration::from_millis(20));
    }
    recorder.flush().unwrap();
    let status = recorder.status();
    assert_eq!((status.num_waiting, status.behind, status.problem), (0, Duration::ZERO, None));
    assert!(status.file_bytes > 0 && status.bytes_written > 0 && status.path == path);
}

#[test]
fn the_last_handle_writes_what_is_left_and_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    recorder.tell(&started(1));
    let other = recorder.clone();
    drop(recorder);
    other.tell(&steps(0, 1..=3));
    drop(other);
    assert_eq!(last_step(&path), 3);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.flatscape"]);
}

#[test]
fn what_is_read_is_of_one_moment_whatever_is_written_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = begun(&path);
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_eq!(session.last_step(A).unwrap(), 3);
    recorder.tell(&steps(0, 4..=9));
    recorder.flush().unwrap();
    assert_eq!(session.last_step(A).unwrap(), 3);
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    assert_eq!(last_step(&path), 9);
}

#[test]
fn one_writes_at_a_time_and_the_lock_goes_with_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    let err = Recorder::open(&path).unwrap_err();
    assert_eq!(err, StoreError::InUse(path.clone()));
    assert!(err.to_string().contains("another window or program") && err.to_string().ends_with("a.flatscape"), "{err}");
    assert_eq!(Recorder::create(&path, &provenance()).unwrap_err(), StoreError::InUse(path.clone()));
    drop(recorder);
    // What a killed program leaves of its lock is no lock.
    fs::write(beside(&path, "-lock"), "").unwrap();
    drop(Recorder::open(&path).unwrap());
    assert!(!beside(&path, "-lock").exists());
    assert_eq!(Recorder::create(&path, &provenance()).unwrap_err(), StoreError::Exists(path));
}

/// A writer with what it has to write on a disk that has no room for it.
fn on_a_full_disk(path: &Path) -> Writer {
    let mut writer = Writer::create(path, &provenance(), Limits::default()).unwrap();
    let mut queue = Queue::default();
    queue.push(Entry::Event(started(1)));
    queue.push(Entry::Event(steps(0, 1..=2000)));
    writer.take(&mut queue);
    writer.limit_pages(40);
    writer
}

#[test]
fn a_full_disk_keeps_what_waits_until_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let mut writer = on_a_full_disk(&path);
    for _ in 0..3 {
        let err = writer.write().unwrap_err();
        assert_eq!(err, StoreError::Full(path.clone()));
    }
    assert_eq!(last_step(&path), 0);
    writer.limit_pages(100_000);
    writer.write().unwrap();
    assert_eq!(last_step(&path), 2000);
    assert_eq!(Session::open(&path).unwrap().check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_full_disk_is_told_and_the_session_can_go_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::start(on_a_full_disk(&path)).unwrap();
    recorder.tell(&steps(0, 2001..=2010));
    assert_eq!(recorder.flush(), Err(StoreError::Full(path.clone())));
    let status = recorder.status();
    assert!(status.problem.as_deref().is_some_and(|problem| problem.contains("the disk is full")), "{status:?}");
    assert!(status.num_waiting > 0);
    let begun = Instant::now();
    recorder.tell(&steps(0, 2011..=2020));
    assert!(begun.elapsed() < Duration::from_millis(500), "nobody waits for the disk");
    let there = folder.path().join("there/b.flatscape");
    let (told, answer) = crossbeam_channel::bounded(1);
    recorder.save_as(&there, false, move |result| told.send(result).unwrap());
    assert_eq!(answer.recv().unwrap(), Ok(()));
    recorder.flush().unwrap();
    assert_eq!((last_step(&there), recorder.status().problem, recorder.path()), (2020, None, there));
    assert!(!path.exists() && !beside(&path, "-wal").exists() && !beside(&path, "-lock").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_was_removed_is_told_and_the_session_can_go_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (path, there) = (folder.path().join("a.flatscape"), folder.path().join("b.flatscape"));
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.flush().unwrap();
    fs::remove_file(&path).unwrap();
    recorder.tell(&steps(0, 21..=22));
    assert_eq!(recorder.flush(), Err(StoreError::Missing(path)));
    let (told, answer) = crossbeam_channel::bounded(1);
    recorder.save_as(&there, false, move |result| told.send(result).unwrap());
    assert_eq!(answer.recv().unwrap(), Ok(()));
    recorder.flush().unwrap();
    assert_eq!(last_step(&there), 22);
}

#[test]
fn a_session_is_saved_under_another_name_and_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let (path, there) = (folder.path().join("a.flatscape"), folder.path().join("b.flatscape"));
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    written(&there);
    let (told, answer) = crossbeam_channel::bounded(1);
    let save_as = |to: &Path, keep_old| {
        let told = told.clone();
        recorder.save_as(to, keep_old, move |result| told.send(result).unwrap());
        answer.recv().unwrap()
    };
    save_as(&there, true).unwrap();
    recorder.tell(&steps(0, 21..=22));
    recorder.flush().unwrap();
    assert_eq!((last_step(&path), last_step(&there)), (20, 22));
    drop(Recorder::open(&path).expect("nobody writes into the old one"));
    assert_eq!(Recorder::open(&there).unwrap_err(), StoreError::InUse(there.clone()));
    save_as(&there, false).unwrap();
    assert!(there.exists(), "it is there already");
    let held = Recorder::open(&path).unwrap();
    assert_eq!(save_as(&path, false), Err(StoreError::InUse(path.clone())));
    recorder.tell(&steps(0, 23..=23));
    recorder.flush().unwrap();
    assert_eq!(last_step(&there), 23, "it goes on where it was");
    drop(held);
}

#[test]
fn what_the_file_does_not_take_is_left_out_and_told_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let planted = "CREATE TRIGGER planted BEFORE INSERT ON results BEGIN SELECT RAISE(ABORT, 'planted'); END";
    rusqlite::Connection::open(&path).unwrap().execute_batch(planted).unwrap();
    let recorder = Recorder::open(&path).unwrap();
    recorder.tell(&steps(0, 21..=22));
    recorder.result(result(1));
    recorder.tell(&Event::Evaluated { run: A, row: eval(22) });
    recorder.tell(&steps(0, 23..=23));
    recorder.flush().unwrap();
    assert_eq!(last_step(&path), 23);
    let status = recorder.status();
    let left_out = status.left_out.unwrap();
    assert!(
        left_out.starts_with("a result cannot be kept (planted)") && left_out.ends_with("a.flatscape"),
        "{left_out}"
    );
    assert_eq!(status.problem, None, "it is not tried again");
    let session = Session::open(&path).unwrap();
    let blobs = session.conn().query_row("SELECT count(*) FROM blobs WHERE size < 10", [], |row| row.get::<_, i64>(0));
    assert_eq!((session.results().unwrap().len(), blobs), (0, Ok(0)), "nothing of it is there");
}

#[test]
fn what_waits_is_merged_and_thinned_and_what_went_is_counted() {
    let mut queue = Queue::default();
    queue.push(Entry::Event(started(2)));
    for step in 1..=300_000 {
        queue.push(Entry::Event(steps(step as u32 % 2, step..=step)));
        if step % 10 == 0 {
            queue.push(Entry::Event(Event::Evaluated { run: A, row: eval(step) }));
            queue.push(Entry::Slice(Arc::new(slice(0, step))));
            queue.push(Entry::Checkpoint(Box::new(checkpoint(0, step, false))));
        }
        queue.push(Entry::Text("layout".to_owned(), Some(step.to_string())));
    }
    assert!(queue.len() < 8300, "{}", queue.len());
    assert!(queue.num_thinned > 0);
    let rows = queue.entries().filter_map(|entry| match entry {
        Entry::Event(Event::Steps { rows, .. }) => Some(rows),
        _ => None,
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() == 2 && rows.iter().all(|rows| rows.len() <= 1 << 17 && rows.is_sorted_by_key(|row| row.step)));
    assert_eq!(rows.iter().map(|rows| rows.last().unwrap().step).max(), Some(300_000));
    queue.push(Entry::Event(started(1)));
    assert_eq!(queue.len(), 2, "the text and the new start");
}

#[test]
fn rows_do_not_pass_a_rewind() {
    let mut queue = Queue::default();
    let back = Event::Rewound {
        run: A,
        step: 1,
        knobs: Box::new(crate::config::Knobs::of(crate::config::OptimizerKind::Sgd)),
    };
    [steps(0, 1..=3), back, steps(0, 2..=2), steps(1, 1..=1), steps(0, 3..=3)]
        .into_iter()
        .for_each(|event| queue.push(Entry::Event(event)));
    let lengths: Vec<_> = queue
        .entries()
        .map(|entry| match entry {
            Entry::Event(Event::Steps { rows, .. }) => rows.len(),
            _ => 0,
        })
        .collect();
    assert_eq!(lengths, [3, 0, 2, 1]);
}
