//! A sweep by two workers, one of which is killed again and again: what is gathered is what one process writes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::left::{assert_results_are_whole, assert_same_results};
use super::{KILLS, share};
use crate::damage::dice::Dice;
use crate::program::{Running, flatscape, number};

const UNITS: usize = 12;
/// Kills of one sweep at most.
const A_SWEEP: usize = 6;
/// A worker lives so many seconds at most.
const LONGEST: f64 = 2.0;
/// No sweep of these takes as long.
const PATIENCE: Duration = Duration::from_secs(300);

fn what(budget: u64) -> String {
    format!("moons-mlp --device cpu --optimizers sgd,nso --seeds 6 --quick --weights --budget {budget}")
}

fn command(dir: &Path, args: &str) -> Command {
    let mut command = flatscape(dir);
    command.args(args.split(' '));
    command
}

fn finish(dir: &Path, args: &str) {
    let mut running = Running::start(command(dir, args));
    let status = running.ends_within(PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "{args}: {status:?}: {:?}", running.said());
}

/// Forgets the claims of a worker that is dead, which others would wait half a minute for.
fn forget_claims(sweep: &Path, process: u32) {
    for claim in fs::read_dir(sweep.join("claims")).expect("it lists claims") {
        let path = claim.expect("it can be listed").path();
        // Its worker may have ended with it meanwhile.
        let is_its = fs::read_to_string(&path)
            .is_ok_and(|text| text.lines().next().is_some_and(|line| line.ends_with(&format!("process {process}"))));
        if is_its {
            let _ = fs::remove_file(&path);
        }
    }
}

fn num_results(sweep: &Path) -> usize {
    let files = fs::read_dir(sweep.join("units")).expect("it lists results").map(|file| file.expect("listed").path());
    files.filter(|path| path.extension().is_some_and(|end| end == "toml")).count()
}

/// Does a sweep by two workers, the second of which is killed so often as long as there is something to do. How often it was.
fn killed_again_and_again(dir: &Path, out: &str, budget: u64, kills: usize, dice: &mut Dice) -> usize {
    finish(dir, &format!("plan {} --out {out}", what(budget)));
    let (sweep, work) = (dir.join(out), format!("work {out} --all"));
    let mut steady = Running::start(command(dir, &work));
    let mut killed = 0;
    while killed < kills {
        let mut worker = Running::start(command(dir, &work));
        if let Some(status) = worker.ends_within(Duration::from_secs_f64(LONGEST * share(dice))) {
            assert!(status.success(), "{status}: {:?}", worker.said());
            break;
        }
        let process = worker.process();
        worker.kill();
        killed += 1;
        println!("killed with {} of {UNITS} units done", num_results(&sweep));
        assert_results_are_whole(&sweep);
        forget_claims(&sweep, process);
    }
    let status = steady.ends_within(PATIENCE);
    assert!(status.is_some_and(|status| status.success()), "{status:?}: {:?}", steady.said());
    assert_eq!(num_results(&sweep), UNITS);
    assert_eq!(fs::read_dir(sweep.join("claims")).expect("it lists claims").count(), 0);
    finish(dir, &format!("gather {out} --out gathered-{out}"));
    killed
}

#[test]
fn a_sweep_whose_worker_is_killed_again_and_again_is_that_of_one_process() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut budget = 4_000;
    let whole = |budget: u64| {
        let out = format!("whole-{budget}");
        finish(dir.path(), &format!("compare {} --jobs 1 --out {out}", what(budget)));
        dir.path().join(out)
    };
    let mut never_killed = whole(budget);
    let (mut dice, mut left) = (Dice(31), number("FLATSCAPE_KILLS", KILLS));
    for round in 0.. {
        let out = format!("killed-{round}");
        let killed = killed_again_and_again(dir.path(), &out, budget, left.min(A_SWEEP), &mut dice);
        assert_same_results(&never_killed, &dir.path().join(format!("gathered-{out}")));
        if killed == 0 {
            assert!(budget < 1_000_000, "it ends before it can be killed");
            budget *= 2;
            never_killed = whole(budget);
            continue;
        }
        left -= killed;
        println!("a sweep whose worker was killed {killed} times ended as one process does, {left} kills are left");
        if left == 0 {
            return;
        }
    }
}
