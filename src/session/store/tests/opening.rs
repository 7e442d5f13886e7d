//! Files of other versions and other kinds, and places where nothing may be written.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::sample::{provenance, written};
use crate::session::store::lock::beside;
use crate::session::store::open::{self, to_read, to_write};
use crate::session::store::schema::{MIGRATIONS, newest};
use crate::session::store::{Recorder, Session, StoreError, is_session};

/// What a next version might do: all steps get a new column, which has a value for those that are there.
const NEXT: &str = "ALTER TABLE steps ADD COLUMN planted DEFAULT 0.5; CREATE TABLE planted (key TEXT PRIMARY KEY);";

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
        written(&path);
        assert_eq!(version(&path), newest(&all[..old]));
        let before = fs::read(&path).unwrap();
        let readable = to_read(&path, &all).unwrap();
        assert_eq!(num_planted(&readable.conn), 25, "it is read by way of a copy");
        drop(readable);
        assert_eq!(fs::read(&path).unwrap(), before, "which leaves it as it is");
        let conn = to_write(&path, &all).unwrap();
        assert_eq!(num_planted(&conn), 25);
        drop(conn);
        assert_eq!(version(&path), newest(&all));
    }
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
        assert!(err.to_string().contains("version 2") && err.to_string().contains("newer release"), "{err}");
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
