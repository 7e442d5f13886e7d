//! A comparison that is killed again and again, and goes on each time with `--resume`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use flatscape::session::store::Session;

use super::left::{Copied, assert_results_are_whole, assert_same_results, going_on};
use super::{KILLS, MOST_LOST, share};
use crate::damage::dice::Dice;
use crate::program::{Running, flatscape, number};

/// Kills until a comparison is left to come to its end.
const A_ROUND: usize = 10;
/// Seconds that the whole comparison takes about.
const SECONDS: f64 = 11.0;
/// No comparison of these takes as long.
const PATIENCE: Duration = Duration::from_secs(300);

fn command(dir: &Path, out: &str, budget: u64) -> Command {
    let mut command = flatscape(dir);
    // One run at a time, so that the line that tells of it tells of all that is done.
    command.args("compare moons-mlp --device cpu --optimizers sgd,nso --curvature 2 --weights --jobs 1".split(' '));
    command.args(["--budget", &budget.to_string(), "--out", out]);
    command
}

/// Lets it run to its end; says how long that took.
fn finish(command: Command) -> Duration {
    let mut running = Running::start(command);
    let status = running.ends_within(PATIENCE);
    let took = running.age();
    assert!(status.is_some_and(|status| status.success()), "{status:?} after {took:?}: {:?}", running.said());
    took
}

#[test]
fn a_comparison_that_is_killed_loses_no_more_than_five_seconds_and_ends_the_same() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let first = 4_000;
    let took = finish(command(dir.path(), "pace", first)).as_secs_f64();
    let mut budget = (first as f64 * SECONDS / took) as u64;
    let whole = |budget: u64| {
        let out = format!("whole-{budget}");
        finish(command(dir.path(), &out, budget));
        dir.path().join(out)
    };
    let mut never_killed = whole(budget);
    let (mut dice, mut left) = (Dice(17), number("FLATSCAPE_KILLS", KILLS));
    for round in 0.. {
        let out = format!("killed-{round}");
        let killed = killed_again_and_again(dir.path(), &out, budget, left.min(A_ROUND), &mut dice);
        assert_same_results(&never_killed, &dir.path().join(&out));
        if killed == 0 {
            // The machine was busier while its pace was taken.
            assert!(took * budget as f64 / (first as f64) < PATIENCE.as_secs_f64(), "it ends before it can be killed");
            budget *= 2;
            never_killed = whole(budget);
            continue;
        }
        left -= killed;
        println!("a comparison that was killed {killed} times ended as one that was not, {left} kills are left");
        if left == 0 {
            return;
        }
    }
}

/// Starts a comparison, kills it so often or until it has ended, and has it end. Says how often it was killed.
fn killed_again_and_again(dir: &Path, out: &str, budget: u64, kills: usize, dice: &mut Dice) -> usize {
    let folder = dir.join(out);
    let session = folder.join("session.flatscape");
    let start = || {
        let mut command = command(dir, out, budget);
        command.args(going_on(&session));
        command
    };
    for kill in 0..kills {
        // While it begins, while it works, and after more than may be lost.
        let wait = match kill % 3 {
            0 => 7.5 + 1.5 * share(dice),
            1 => 1.5 * share(dice),
            _ => 1.5 + 3.0 * share(dice),
        };
        let mut running = Running::start(start());
        if let Some(status) = running.ends_within(Duration::from_secs_f64(wait)) {
            assert!(status.success(), "{status} after {kill} kills: {:?}", running.said());
            return kill;
        }
        let (at, said) = running.kill();
        println!("killed after {wait:.2} s");
        assert_results_are_whole(&folder);
        if session.exists() {
            let copied = Copied::of(&session);
            copied.assert_whole();
            assert_little_is_lost(&copied, at, &said);
        } else {
            assert!(wait < 1.5, "no session after {wait} s: {said:?}");
        }
    }
    finish(start());
    kills
}

/// Fails where the program had told of work more than five seconds before it was killed that its session does not have.
fn assert_little_is_lost(copied: &Copied, at: Instant, said: &[(Instant, String)]) {
    let early = said.iter().rev().filter(|(when, _)| (at - *when).as_secs_f64() > MOST_LOST);
    let Some((method, spent)) = early.filter_map(|(_, line)| told(line)).next() else { return };
    let session = Session::open(&copied.path()).expect("it opens");
    let mut kept = BTreeMap::new();
    for run in session.runs().expect("runs") {
        let rows = session.rows(run.info.run).expect("rows");
        let last = rows.steps.last().map_or(0, |row| row.gradient_evaluations);
        kept.insert(run.info.optimizer.label(), last);
    }
    let found = kept.get(method.as_str()).copied().unwrap_or(0);
    println!("{method} had told of {spent} gradient evaluations, the session has {found}");
    assert!(
        found >= spent,
        "{method} had spent {spent} gradient evaluations {MOST_LOST} s before, the session has {kept:?}"
    );
}

/// The method and the gradient evaluations of a line of progress, such as "12 %, SGD seed 0: training, 1 234 of 5 000 gradient
/// evaluations, …".
fn told(line: &str) -> Option<(String, u64)> {
    let (_, rest) = line.split_once(" %, ")?;
    let (method, rest) = rest.split_once(" seed ")?;
    let (_, rest) = rest.split_once(", ")?;
    let (spent, _) = rest.split_once(" of ")?;
    let digits: String = spent.chars().filter(char::is_ascii_digit).collect();
    Some((method.to_owned(), digits.parse().ok()?))
}

/// As a computer that is put to sleep: the clocks have jumped when it goes on.
#[test]
fn a_comparison_that_is_stopped_for_a_while_goes_on_and_ends_the_same() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let took = finish(command(dir.path(), "whole", 2_000));
    let mut running = Running::start(command(dir.path(), "stopped", 2_000));
    for part in [0.3, 0.3] {
        assert_eq!(running.ends_within(took.mul_f64(part)), None, "{:?}", running.said());
        running.signal("STOP");
        std::thread::sleep(Duration::from_millis(1500));
        running.signal("CONT");
    }
    assert!(running.ends_within(PATIENCE).is_some_and(|status| status.success()), "{:?}", running.said());
    assert_same_results(&dir.path().join("whole"), &dir.path().join("stopped"));
}

#[test]
fn lines_of_progress_are_read() {
    let line = "12 %, SGD seed 0: training, 1\u{2009}234 of 5\u{2009}000 gradient evaluations, 7 a second, 3 s left";
    assert_eq!(told(line), Some(("SGD".to_owned(), 1234)));
    assert_eq!(told("about 3 s"), None);
}
