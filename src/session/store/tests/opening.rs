//! Files of other versions and other kinds, and places where nothing may be written.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::sample::{alert, provenance, written};
use crate::protocol::Event;
use crate::session::store::lock::beside;
use crate::session::store::open::{self, to_read, to_write};
use crate::session::store::schema::{MIGRATIONS, newest};
use crate::session::store::{Recorder, Session, StoreError, is_session, salvage};

/// What a next version might do: all steps get a new column, which has a value for those that are there.
const NEXT: &str = "ALTER TABLE steps ADD COLUMN planted DEFAULT 0.5; CREATE TABLE planted (key TEXT PRIMARY KEY);";

/// A file as the release wrote it whose version this was.
fn of_version(version: usize) -> Vec<u8> {
    let place = format!("{}/tests/reference/session/v{version}.flatscape", env!("CARGO_MANIFEST_DIR"));
    fs::read(&place).unwrap_or_else(|err| panic!("{place}: {err}"))
}

fn version(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

fn num_planted(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM steps WHERE planted = 0.5", [], |row| row.get(0)).unwrap()
}

#[test]
fn every_older_version_becomes_the_newest_with_all_that_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    // The versions that there are, and one that is to come.
    let all: Vec<&str> = MIGRATIONS.iter().copied().chain([NEXT]).collect();
    for old in 1..all.len() {
        let path = folder.path().join(format!("{old}.flatscape"));
        if old == MIGRATIONS.len() {
            written(&path);
        } else {
            fs::write(&path, of_version(old)).unwrap();
        }
        assert_eq!(version(&path), newest(&all[..old]));
        let num_steps = Connection::open(&path).unwrap().query_row("SELECT count(*) FROM steps", [], |row| row.get(0));
        let num_steps: i64 = num_steps.unwrap();
        assert!(num_steps > 0);
        let before = fs::read(&path).unwrap();
        let readable = to_read(&path, &all).unwrap();
        assert_eq!(num_planted(&readable.conn), num_steps, "it is read by way of a copy");
        drop(readable);
        assert_eq!(fs::read(&path).unwrap(), before, "which leaves it as it is");
        let conn = to_write(&path, &all).unwrap();
        assert_eq!(num_planted(&conn), num_steps);
        drop(conn);
        assert_eq!(version(&path), newest(&all));
    }
}

/// All that there is of a session's runs and of what a comparison found, in words.
fn content(session: &Session) -> String {
    let runs = session.runs().unwrap();
    let rows: Vec<_> = runs.iter().map(|run| session.rows(run.info.run).unwrap()).collect();
    let entries = runs.iter().flat_map(|run| session.checkpoints(run.info.run).unwrap());
    let states: Vec<_> = entries.map(|entry| session.checkpoint(entry.id).unwrap()).collect();
    assert!(!rows.is_empty() && rows.iter().all(|rows| !rows.evals.is_empty()) && !states.is_empty());
    let (results, texts) = (session.results().unwrap(), session.keys().unwrap());
    format!("{:?}", (session.provenance().unwrap(), session.experiment().unwrap(), runs, rows, states, results, texts))
}

#[test]
fn a_file_of_version_1_is_read_written_and_saved_as_one_of_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    fs::write(&path, of_version(1)).unwrap();
    let session = Session::open(&path).unwrap();
    let (before, run) = (content(&session), session.runs().unwrap()[0].info.run);
    assert_eq!((session.check().unwrap(), session.alerts(run).unwrap()), (vec![], vec![]));
    assert!(session.sizes().unwrap().kinds.len() > 5);
    drop(session);
    let saved = salvage(&path).unwrap();
    assert_eq!(saved.missing, Vec::<String>::new(), "what it never had is not missing");
    assert_eq!((version(&path), version(&saved.path)), (1, newest(MIGRATIONS)));
    assert_eq!(content(&Session::open(&saved.path).unwrap()), before);
    let recorder = Recorder::open(&path).unwrap();
    recorder.tell(&Event::AlertNoted { run, alert: alert(1) });
    recorder.flush().unwrap();
    drop(recorder);
    assert_eq!(version(&path), newest(MIGRATIONS));
    let session = Session::open(&path).unwrap();
    assert_eq!(session.alerts(run).unwrap(), [alert(1)]);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let all: Vec<&str> = MIGRATIONS.iter().copied().chain(["DROP TABLE steps; SELECT nothing FROM nowhere;"]).collect();
    assert!(to_write(&path, &all).is_err());
    assert_eq!(version(&path), newest(MIGRATIONS));
    assert_eq!(Session::open(&path).unwrap().last_step(crate::protocol::RunId(0)).unwrap(), 20);
}

#[test]
fn a_newer_version_is_refused_with_a_sentence_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let all: Vec<&str> = MIGRATIONS.iter().copied().chain([NEXT]).collect();
    drop(open::create(&path, &all).unwrap());
    let before = fs::read(&path).unwrap();
    for err in [Session::open(&path).map(drop).unwrap_err(), Recorder::open(&path).map(drop).unwrap_err()] {
        let (found, newest) = (newest(&all), newest(MIGRATIONS));
        assert_eq!(err, StoreError::Newer { path: path.clone(), found, newest });
        assert!(err.to_string().contains("version 3") && err.to_string().contains("newer release"), "{err}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(is_session(&path));
}

#[test]
fn other_files_are_no_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE a (b);").unwrap();
    fs::write(at("text"), "no database, but a text that is longer than the head of one. ".repeat(20)).unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("short"), "SQLite").unwrap();
    fs::create_dir(at("folder")).unwrap();
    for name in ["other", "text", "empty", "short", "folder"] {
        let path = at(name);
        let err = Session::open(&path).map(drop).unwrap_err();
        assert_eq!(err, StoreError::NotASession(path.clone()), "{name}");
        assert_eq!(Recorder::open(&path).map(drop).unwrap_err(), StoreError::NotASession(path.clone()), "{name}");
        assert!(!is_session(&path), "{name}");
    }
    let path = at("none");
    assert_eq!(Session::open(&path).map(drop).unwrap_err(), StoreError::Missing(path.clone()));
    assert_eq!(Recorder::open(&path).map(drop).unwrap_err(), StoreError::Missing(path));
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 5, "nothing stays behind beside them");
}

#[test]
fn a_session_is_read_where_nothing_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ü % #.flatscape");
    written(&path);
    let mut rights = fs::metadata(&path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&path, rights).unwrap();
    let last = |session: &Session| session.last_step(crate::protocol::RunId(0)).unwrap();
    assert_eq!(last(&Session::open(&path).unwrap()), 20);
    // Whoever may do everything is not kept out by rights: the way for such places itself.
    assert_eq!(last(&Session::of_unchanging(&path)), 20);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_session_that_was_left_open_is_read_with_its_log_and_left_so() {
    let folder = tempfile::tempdir().unwrap();
    let (path, left) = (folder.path().join("a.flatscape"), folder.path().join("left.flatscape"));
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    super::sample::write_all(&recorder);
    recorder.flush().unwrap();
    for ending in ["", "-wal"] {
        fs::copy(beside(&path, ending), beside(&left, ending)).unwrap();
    }
    let before = [fs::read(&left).unwrap(), fs::read(beside(&left, "-wal")).unwrap()];
    assert!(!before[1].is_empty());
    let last = |session: &Session| session.last_step(crate::protocol::RunId(0)).unwrap();
    assert_eq!(last(&Session::open(&left).unwrap()), 20);
    assert_eq!(last(&Session::of_copy(&left)), 20);
    assert_eq!([fs::read(&left).unwrap(), fs::read(beside(&left, "-wal")).unwrap()], before);
    drop(Recorder::open(&left).unwrap());
    assert!(!beside(&left, "-wal").exists(), "whoever goes on with it moves the log into the file");
    assert_eq!(last(&Session::open(&left).unwrap()), 20);
}
