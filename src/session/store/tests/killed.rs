//! A program that is killed while it writes: the file opens whole, and little is missing.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use super::sample::{checkpoint, provenance, started, steps};
use crate::protocol::RunId;
use crate::session::store::{Recorder, Session};

const A: RunId = RunId(0);
/// Names the file to the program that is to be killed.
const FILE: &str = "FLATSCAPE_KILLED_SESSION";
/// Steps in the five seconds that may be lost at most.
const MOST_LOST: u64 = 5000;
const KILLS: u64 = 6;

fn told(path: &Path) -> PathBuf {
    path.with_extension("told")
}

/// The program that is killed: a step a millisecond, with a checkpoint now and then.
#[test]
#[ignore = "started by the test below, which kills it"]
fn writes_until_it_is_killed() {
    let Some(path) = env::var_os(FILE).map(PathBuf::from) else { return };
    let recorder = match Recorder::create(&path, &provenance()) {
        Ok(recorder) => {
            recorder.tell(&started(1));
            recorder
        }
        Err(_) => Recorder::open(&path).unwrap(),
    };
    recorder.flush().unwrap();
    let first = Session::open(&path).unwrap().last_step(A).unwrap() + 1;
    let begun = Instant::now();
    for step in first.. {
        recorder.tell(&steps(0, step..=step));
        if step.is_multiple_of(50) {
            recorder.checkpoint(checkpoint(0, step, false));
            fs::write(told(&path), step.to_string()).unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
        assert!(begun.elapsed() < Duration::from_secs(120), "it is killed before");
    }
}

fn writing(path: &Path) -> Child {
    let name = module_path!().split_once("::").map_or("", |(_, rest)| rest).to_owned() + "::writes_until_it_is_killed";
    let mut program = Command::new(env::current_exe().unwrap());
    program.args(["--exact", &name, "--ignored"]).env(FILE, path).stdout(Stdio::null());
    program.spawn().unwrap()
}

fn last_told(path: &Path) -> u64 {
    fs::read_to_string(told(path)).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[test]
fn a_program_that_is_killed_leaves_a_whole_session_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let mut last = 0;
    for kill in 0..KILLS {
        let mut child = writing(&path);
        let before = last_told(&path);
        let begun = Instant::now();
        while last_told(&path) < before + 300 {
            assert!(begun.elapsed() < Duration::from_secs(60), "kill {kill}: it writes nothing");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(197 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
        let session = Session::open(&path).unwrap();
        assert_eq!(session.check().unwrap(), Vec::<String>::new(), "kill {kill}");
        let rows = session.rows(A).unwrap().steps;
        assert!(rows.iter().zip(1..).all(|(row, step)| row.step == step), "kill {kill}: no row is missing");
        assert!(rows.len() as u64 >= last, "kill {kill}: nothing of before is gone");
        last = rows.len() as u64;
        assert!(last_told(&path) <= last + MOST_LOST, "kill {kill}: {last} of {} steps", last_told(&path));
        // The first commit may still be to come.
        if let Some(newest) = session.checkpoints(A).unwrap().last() {
            let [found, told] = [session.checkpoint(newest.id).unwrap(), checkpoint(0, newest.step, false)];
            assert_eq!(found.arrays[1..], told.arrays[1..], "kill {kill}");
        }
    }
    assert!(last > 300, "{last}");
    drop(Recorder::open(&path).expect("the lock went with the program"));
    assert_eq!(Session::open(&path).unwrap().last_step(A).unwrap(), last);
}
