//! Disks without room and folders that may only be read: one sentence, nothing half written, earlier files as they were, and what was
//! begun goes on once there is room.
//!
//! A small disk is a `tmpfs`, which only root can mount. Everybody else has a limit on the size of a file, and the tests that cannot
//! be done so say that they were skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use flatscape::config::DeviceChoice;
use flatscape::engine::spawn;
use flatscape::protocol::{Command as Order, Event, RunId, SessionState};
use flatscape::session::store::Session as Kept;

use crate::flood::drain_until;
use crate::kills::left::{Copied, assert_results_are_whole, files, going_on};
use crate::program::{at_home, flatscape, sentence};
use crate::session::{Session, last_step, tiny};

/// Of a moment; its files take some hundred kilobytes.
const COMPARE: &str = "compare moons-mlp --device cpu --optimizers sgd --budget 24 --quick --weights --out";

/// A disk of a size of its own, as long as it lives.
pub struct Disk {
    dir: tempfile::TempDir,
}

impl Disk {
    /// Mounts a disk of so many kilobytes. `None`, with a sentence, where that is not allowed.
    pub fn of(kilobytes: usize) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let options = format!("size={kilobytes}k,mode=755");
        if !mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], dir.path()) {
            println!("skipped: no small disk can be mounted here, which takes root");
            return None;
        }
        Some(Self { dir })
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Mounts it again with other options.
    pub fn change(&self, options: &str) {
        assert!(mount(&["-o", &format!("remount,{options}")], self.path()), "it is mounted again with {options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.dir.path()).status();
    }
}

fn mount(args: &[&str], at: &Path) -> bool {
    let output = Command::new("mount").args(args).arg(at).output();
    output.is_ok_and(|output| output.status.success())
}

pub fn run(dir: &Path, args: &str) -> Output {
    flatscape(dir).args(args.split(' ')).output().expect("it starts")
}

/// Results that have their names.
fn results(folder: &Path) -> Vec<PathBuf> {
    let is_session =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("session.flatscape"));
    files(folder).into_iter().filter(|path| !is_session(path)).collect()
}

pub fn assert_failed(output: &Output, code: i32, words: &str) {
    let said = sentence(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn a_comparison_on_a_full_disk_fails_in_a_sentence_and_goes_on_when_there_is_room() {
    let mut has_begun = Vec::new();
    // No room for a session, room for its beginning, room for all but the results.
    for kilobytes in [60, 160, 320, 480, 640] {
        let Some(disk) = Disk::of(kilobytes) else { return };
        let (home, out) = (tempfile::tempdir().expect("a temporary folder"), disk.path().join("o"));
        fs::write(disk.path().join("mine.txt"), "mine").expect("there is room for it");
        let compare = format!("{COMPARE} {}", out.display());
        let output = run(home.path(), &compare);
        let said = sentence(&output);
        assert_eq!(output.status.code(), Some(1), "{kilobytes} KiB: {said}");
        assert!(
            said.contains("the disk is full") || said.contains("No space left on device"),
            "{kilobytes} KiB: {said}"
        );
        assert!(said.contains(&out.display().to_string()), "{kilobytes} KiB: {said}");
        assert_eq!(results(&out), Vec::<PathBuf>::new(), "all or nothing with {kilobytes} KiB");
        assert_eq!(fs::read(disk.path().join("mine.txt")).expect("it is there"), b"mine");
        disk.change("size=65536k");
        let way = going_on(&out.join("session.flatscape"));
        let output = flatscape(home.path()).args(compare.split(' ')).args(way).output().expect("it starts");
        assert!(output.status.success(), "{kilobytes} KiB, {way:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_results_are_whole(&out);
        assert!(results(&out).len() >= 5, "{:?}", results(&out));
        has_begun.push(way == Some("--resume"));
    }
    assert!(has_begun.contains(&true) && has_begun.contains(&false), "{has_begun:?}");
}

#[test]
fn an_export_onto_a_full_disk_leaves_earlier_files_as_they_were() {
    let Some(disk) = Disk::of(400) else { return };
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = run(home.path(), &format!("{COMPARE} whole"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = disk.path().join("o");
    fs::create_dir(&out).expect("there is room for it");
    let earlier = out.join("summary.json");
    fs::write(&earlier, "{\"an earlier\": 1}").expect("there is room for it");
    // Filled up to some kilobytes.
    fs::write(disk.path().join("large"), vec![1; 380 << 10]).expect("there is room for it");
    let export = format!("export whole --force --out {}", out.display());
    assert_failed(&run(home.path(), &export), 1, "No space left on device");
    assert_eq!(results(&out), std::slice::from_ref(&earlier), "no other file has its name");
    assert_eq!(fs::read(&earlier).expect("it is there"), b"{\"an earlier\": 1}");
    disk.change("size=65536k");
    assert!(run(home.path(), &export).status.success());
    assert_results_are_whole(&out);
}

/// As where a quota is used up; this needs no root.
#[test]
fn files_that_may_not_grow_are_told_in_a_sentence() {
    let home = tempfile::tempdir().expect("a temporary folder");
    // The signal is left out, so that the system's refusal is told.
    let script = format!("trap '' XFSZ; ulimit -f 20; exec {} {COMPARE} o", env!("CARGO_BIN_EXE_flatscape"));
    let mut command = Command::new("bash");
    at_home(&mut command, home.path());
    let output = command.args(["-c", &script]).output().expect("it starts");
    assert_failed(&output, 1, "o/");
    assert_eq!(results(&home.path().join("o")), Vec::<PathBuf>::new());
}

#[test]
fn a_folder_that_may_only_be_read_is_named_before_anything_is_trained() {
    let Some(disk) = Disk::of(4096) else { return };
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = run(home.path(), &format!("{COMPARE} {}", disk.path().join("whole").display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    disk.change("ro");
    let before = files(disk.path());
    for out in ["o", "whole"] {
        let place = disk.path().join(out).display().to_string();
        let output = run(home.path(), &format!("{COMPARE} {place} --force"));
        assert_failed(&output, 2, "Read-only file system");
        assert!(sentence(&output).contains(&place), "{}", sentence(&output));
    }
    assert_eq!(files(disk.path()), before);
    // What is there can still be read, and its folder is no place for anything.
    let session = disk.path().join("whole");
    assert!(run(home.path(), &format!("show {}", session.display())).status.success());
    assert!(run(home.path(), &format!("export {} --out o", session.display())).status.success());
    // Neither are settings and rates that are kept between two starts a reason not to work.
    let mut command = flatscape(home.path());
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, disk.path().join("home"));
    }
    let output = command.args(format!("{COMPARE} with-no-home").split(' ')).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files(disk.path()), before);
}

/// The window's engine, whose sessions go into a folder.
fn recorded(folder: &Path, begin: Order) -> Session {
    let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| ())).expect("a thread starts");
    let mut session = Session { link, handle, runs: Vec::new(), log: Vec::new() };
    session.send(Order::KeepSessions(folder.to_owned()));
    session.send(begin);
    session.runs = session.started();
    session
}

/// How a session stands, where an event tells it.
fn state(event: &Event) -> Option<&SessionState> {
    if let Event::Session(state) = event { Some(state) } else { None }
}

/// The file of a session, once it is written.
fn file(session: &mut Session) -> PathBuf {
    let path = |event: &Event| state(event)?.path.clone();
    let told = session.log.iter().rev().find_map(path);
    told.unwrap_or_else(|| session.wait_for("the session's file", path))
}

/// The steps of a run in a session's file.
fn steps_of(path: &Path, run: RunId) -> Vec<u64> {
    let rows = Kept::open(path).expect("it opens").rows(run).expect("rows");
    rows.steps.into_iter().map(|row| row.step).collect()
}

#[test]
fn a_session_on_a_full_disk_is_told_while_training_goes_on_and_is_whole_once_there_is_room() {
    let Some(disk) = Disk::of(400) else { return };
    let mut session = recorded(disk.path(), Order::load(tiny(&[])));
    let run = session.runs[0].run;
    session.send(Order::Play);
    let has_problem = |event: &Event| state(event).is_some_and(|state| state.problem.is_some());
    drain_until(&mut session, "a disk that is full", has_problem);
    let before = session.rows(run).last().map_or(0, |row| row.step);
    let goes_on = |event: &Event| last_step(event, run).is_some_and(|step| step > before + 100);
    drain_until(&mut session, "steps on a full disk", goes_on);
    disk.change("size=65536k");
    let is_written = |event: &Event| state(event).is_some_and(|state| state.problem.is_none() && state.path.is_some());
    drain_until(&mut session, "a session that is written again", is_written);
    session.send(Order::Pause);
    drain_until(&mut session, "a pause", |event| *event == Event::Playing(false));
    let path = file(&mut session);
    let last = session.runs.iter().map(|info| (info.run, session.rows(info.run).last().map_or(0, |row| row.step)));
    let last: Vec<(RunId, u64)> = last.collect();
    session.end();
    Copied::of(&path).assert_whole();
    for (run, last) in last {
        assert_eq!(steps_of(&path, run), (1..=last).collect::<Vec<_>>(), "{run:?}");
    }
}

#[test]
fn a_session_that_may_only_be_read_is_opened_and_goes_on_elsewhere() {
    let Some(disk) = Disk::of(8192) else { return };
    let mut session = recorded(disk.path(), Order::load(tiny(&[])));
    let run = session.runs[0].run;
    session.step_to(5, run, 5);
    let path = file(&mut session);
    session.end();
    disk.change("ro");
    let before = fs::read(&path).expect("it is there");
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut copy = recorded(home.path(), Order::OpenSession(path.clone()));
    copy.wait_for("that it may only be read", |event| match event {
        Event::Note(text) if text.contains("may only be read") => Some(()),
        _ => None,
    });
    copy.step_to(2, run, 7);
    let elsewhere = file(&mut copy);
    copy.end();
    assert!(elsewhere.starts_with(home.path()), "{}", elsewhere.display());
    assert_eq!((steps_of(&elsewhere, run), steps_of(&path, run)), ((1..=7).collect(), (1..=5).collect()));
    assert!(fs::read(&path).expect("it is there") == before && files(disk.path()).len() == 1);
}
