//! Kills while files are written: under its own name each is whole or not there, and what was there before is as it was.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::left::{Copied, assert_results_are_whole, assert_same_results, files, going_on};
use super::{KILLS, share};
use crate::damage::dice::Dice;
use crate::program::{Running, flatscape, number};

const PATIENCE: Duration = Duration::from_secs(60);

fn command(dir: &Path, args: &str) -> Command {
    let mut command = flatscape(dir);
    command.args(args.split(' '));
    command
}

/// Has it done; says how long that took.
fn finish(command: Command) -> Duration {
    let mut running = Running::start(command);
    let (begun, status) = (Instant::now(), running.ends_within(PATIENCE));
    assert!(status.is_some_and(|status| status.success()), "{status:?}: {:?}", running.said());
    begun.elapsed()
}

/// Kills a command so often near its end, where it writes; `check` looks at what it left.
fn kill_near_the_end(make: impl Fn() -> Command, took: Duration, kills: usize, dice: &mut Dice, check: impl Fn()) {
    for _ in 0..kills {
        let wait = took.mul_f64(0.4 + 0.65 * share(dice));
        let mut running = Running::start(make());
        if running.ends_within(wait).is_none() {
            running.kill();
        }
        check();
    }
}

#[test]
fn files_of_a_comparison_are_whole_or_not_there() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let compare = "compare moons-mlp --device cpu --optimizers sgd --budget 24 --quick --weights --out";
    let took = finish(command(dir.path(), &format!("{compare} whole")));
    let out = dir.path().join("o");
    let make = || {
        let _ = fs::remove_dir_all(&out);
        command(dir.path(), &format!("{compare} o"))
    };
    // Whatever a kill left is whole, and it goes on to the end.
    kill_near_the_end(make, took, number("FLATSCAPE_KILLS", KILLS), &mut Dice(23), || {
        let session = out.join("session.flatscape");
        assert_results_are_whole(&out);
        if session.exists() {
            Copied::of(&session).assert_whole();
        }
        let mut again = command(dir.path(), &format!("{compare} o"));
        again.args(going_on(&session));
        let mut running = Running::start(again);
        let status = running.ends_within(PATIENCE).expect("it ends");
        let said = running.said();
        let had_ended = said.iter().any(|(_, line)| line.contains("the comparison there has ended"));
        assert!(status.success() || had_ended, "{status}: {said:?}");
        assert_same_results(&dir.path().join("whole"), &out);
    });
}

#[test]
fn an_export_leaves_its_session_and_earlier_files_as_they_were() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    finish(command(dir.path(), "compare moons-mlp --device cpu --optimizers sgd --budget 24 --quick --out whole"));
    let took = finish(command(dir.path(), "export whole --out o"));
    assert_same_results(&dir.path().join("whole"), &dir.path().join("o"));
    let (session, out) = (dir.path().join("whole/session.flatscape"), dir.path().join("o"));
    let before = fs::read(&session).expect("it is there");
    let results = files(&out).len();
    kill_near_the_end(
        || command(dir.path(), "export whole --out o --force"),
        took,
        number("FLATSCAPE_KILLS", KILLS),
        &mut Dice(29),
        || {
            // Files that were there take their new form at once or keep their old one, so all of them are there.
            assert_same_results(&dir.path().join("whole"), &out);
            assert!(fs::read(&session).is_ok_and(|bytes| bytes == before), "the session is as it was");
        },
    );
    finish(command(dir.path(), "export whole --out o --force"));
    assert!(files(&out).len() >= results);
}
