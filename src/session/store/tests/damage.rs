//! Damaged files: never a panic, never a wait, the original untouched, and nothing believed that is not as it was written.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt as _;

use super::kept::result;
use super::sample::{checkpoint, provenance, slice, write_all};
use crate::protocol::{LossGrid, RunId};
use crate::session::store::{Checkpoint, Recorder, Session, StoreError, Writer, salvage};

/// Damaged files that are tried of each sort.
const TRIES: usize = 1000;
/// No file may take longer.
const MOST: Duration = Duration::from_secs(10);

fn sample(folder: &Path) -> Vec<u8> {
    let path = folder.join("whole.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.result(result(1));
    drop(recorder);
    fs::read(path).unwrap()
}

/// Reads all that a session has; of each slice and checkpoint that it gives.
fn read_all(session: &Session) -> (Vec<LossGrid>, Vec<Checkpoint>) {
    let _ = (session.provenance(), session.experiment(), session.measured(), session.results(), session.tries());
    let _ = (session.keys(), session.text("layout"), session.sizes(), session.check());
    let (mut slices, mut checkpoints) = (Vec::new(), Vec::new());
    for run in 0..3 {
        let run = RunId(run);
        let _ = (session.rows(run), session.path_weights(run), session.last_step(run));
        let entries = session.slices(run).unwrap_or_default();
        slices.extend(entries.into_iter().filter_map(|entry| session.slice(entry.id).ok()));
        let entries = session.checkpoints(run).unwrap_or_default();
        checkpoints.extend(entries.into_iter().filter_map(|entry| session.checkpoint(entry.id).ok()));
    }
    let _ = session.runs();
    (slices, checkpoints)
}

/// Whatever of its numbers is read is what was written.
fn assert_believable((slices, checkpoints): (Vec<LossGrid>, Vec<Checkpoint>), what: &str) {
    for found in slices {
        let told = slice(0, found.step);
        let numbers = |grid: &LossGrid| format!("{:?}", (&grid.x, &grid.y, &grid.loss, &grid.accuracy));
        // The step of a row has no checksum, so that only the losses can tell which slice it is.
        let of_any = [0, 10, 15, 20].map(|step| numbers(&slice(0, step)));
        assert!(of_any.contains(&numbers(&found)) || numbers(&told) == numbers(&found), "{what}: {found:?}");
    }
    for found in checkpoints {
        let told: Vec<_> = [0, 10, 15, 20].iter().flat_map(|step| checkpoint(0, *step, false).arrays).collect();
        let words = |values: &Vec<f32>| format!("{values:?}");
        let is_told = |values: &Vec<f32>| told.iter().any(|(_, told)| words(told) == words(values));
        assert!(found.arrays.iter().all(|(_, values)| is_told(values)), "{what}: {found:?}");
    }
}

fn try_one(bytes: &[u8], what: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    fs::write(&path, bytes).unwrap();
    let begun = Instant::now();
    if let Ok(session) = Session::open(&path) {
        assert_believable(read_all(&session), what);
    }
    let saved = salvage(&path);
    let is_saved = match saved {
        Ok(saved) => {
            let session = Session::open(&saved.path).unwrap();
            assert_eq!(session.check().unwrap(), Vec::<String>::new(), "{what}");
            assert_believable(read_all(&session), what);
            true
        }
        Err(err) => {
            assert!(err.to_string().ends_with("a.flatscape"), "{what}: {err}");
            false
        }
    };
    assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: the original is as it was");
    assert!(begun.elapsed() < MOST, "{what} took {:?}", begun.elapsed());
    is_saved
}

#[test]
fn flipped_bytes_are_found_and_what_is_left_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let whole = sample(folder.path());
    let mut rng = crate::session::store::tests::rng(1);
    let mut num_saved = 0;
    for place in 0..TRIES {
        let mut bytes = whole.clone();
        for _ in 0..=place % 4 {
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
        num_saved += usize::from(try_one(&bytes, &format!("flip {place}")));
    }
    assert!(num_saved > TRIES * 9 / 10, "{num_saved} of {TRIES} were saved");
}

#[test]
fn a_part_of_no_number_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    fs::write(&path, sample(folder.path())).unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("INSERT INTO parts (blob, part, bytes) VALUES ('none', 0, x'00')", []).unwrap();
    drop(conn);
    let saved = salvage(&path).unwrap();
    let session = Session::open(&saved.path).unwrap();
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    session.sizes().unwrap();
}

#[test]
fn files_that_end_early_and_files_with_holes_are_saved_as_far_as_they_go() {
    let folder = tempfile::tempdir().unwrap();
    let whole = sample(folder.path());
    let mut rng = crate::session::store::tests::rng(2);
    for place in 0..TRIES {
        let mut bytes = whole.clone();
        if place.is_multiple_of(2) {
            bytes.truncate(rng.random_range(0..whole.len()));
        } else {
            // A page that was lost.
            let page = rng.random_range(0..whole.len() / 4096);
            bytes[4096 * page..4096 * (page + 1)].fill(0);
        }
        try_one(&bytes, &format!("cut {place}"));
    }
}

#[test]
fn a_whole_file_is_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let path = folder.path().join("whole.flatscape");
    let saved = salvage(&path).unwrap();
    assert_eq!(saved.missing, Vec::<String>::new());
    assert_eq!(saved.path, folder.path().join("whole.salvaged.flatscape"));
    let all = |path: &Path| {
        let session = Session::open(path).unwrap();
        let rows = session.rows(RunId(0)).unwrap();
        format!("{:?}", (rows, session.runs(), session.results(), session.measured(), read_all(&session)))
    };
    assert_eq!(all(&path), all(&saved.path));
    assert_eq!(salvage(&path).unwrap().path, folder.path().join("whole.salvaged-2.flatscape"));
}

#[test]
fn a_flipped_bit_of_weights_is_named_and_the_rest_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let whole = sample(folder.path());
    let path = folder.path().join("a.flatscape");
    let weights: Vec<u8> = checkpoint(0, 15, false).arrays[2].1.iter().flat_map(|value| value.to_le_bytes()).collect();
    let at = whole.windows(weights.len()).position(|window| window == weights).unwrap();
    let mut bytes = whole;
    bytes[at] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let session = Session::open(&path).unwrap();
    let entry = session.checkpoints(RunId(0)).unwrap()[2];
    let err = session.checkpoint(entry.id).unwrap_err();
    assert!(matches!(&err, StoreError::Damaged { what, .. } if what.contains("checksum")), "{err}");
    assert_eq!(session.check().unwrap().len(), 1);
    let saved = salvage(&path).unwrap();
    let sentences = [
        "1 blob is left out, which is not as it was written",
        "1 checkpoint is left out, which is not as it was written",
    ];
    assert_eq!(saved.missing[..2], sentences);
    let steps = Session::open(&saved.path).unwrap().checkpoints(RunId(0)).unwrap();
    assert_eq!(steps.iter().map(|entry| entry.step).collect::<Vec<_>>(), [0, 10, 20]);
}

#[test]
fn nothing_to_save_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    fs::write(&path, vec![7; 9000]).unwrap();
    let err = salvage(&path).unwrap_err();
    assert!(err.to_string().ends_with("a.flatscape"), "{err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(matches!(salvage(&folder.path().join("none")), Err(StoreError::Missing(_))));
}

#[test]
fn what_is_saved_is_a_session_also_where_nobody_knows_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let path = folder.path().join("whole.flatscape");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("DELETE FROM provenance WHERE key IN ('created', 'device')", []).unwrap();
    conn.execute("UPDATE provenance SET value = 'nobody' WHERE key = 'writer'", []).unwrap();
    conn.close().unwrap();
    assert!(Session::open(&path).and_then(|session| session.provenance()).is_err());
    let saved = salvage(&path).unwrap();
    assert!(saved.missing.iter().any(|sentence| sentence.contains("`device`, `created`, `writer`")), "{saved:?}");
    let found = Session::open(&saved.path).unwrap().provenance().unwrap();
    assert_eq!(
        (found.device.as_str(), found.version, found.processor),
        ("unknown", provenance().version, provenance().processor)
    );
    assert_eq!(found.writer, Writer::Compare, "there are results");
}
