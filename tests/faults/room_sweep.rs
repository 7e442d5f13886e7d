//! A worker whose disk is full says so in one sentence, and with room again all is done and gathered.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::kills::left::{assert_results_are_whole, assert_same_results};
use crate::program::{at_home, flatscape, sentence};
use crate::room::{Disk, assert_failed, run};

const WHAT: &str = "moons-mlp --device cpu --optimizers sgd,nso --seeds 2 --budget 24 --quick --weights";

fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Results of units.
fn num_results(sweep: &Path) -> usize {
    let files = fs::read_dir(sweep.join("units")).expect("it is there").map(|file| file.expect("listed").path());
    files.filter(|path| path.extension().is_some_and(|end| end == "toml")).count()
}

/// Plans four units.
fn planned(home: &Path, sweep: &str) {
    done(&run(home, &format!("plan {WHAT} --out {sweep}")));
    done(&run(home, &format!("compare {WHAT} --jobs 1 --out whole")));
}

/// All is done and gathered, and is what one process writes.
fn assert_goes_on(home: &Path, sweep: &str) {
    done(&run(home, &format!("work {sweep} --all")));
    done(&run(home, &format!("gather {sweep} --out gathered")));
    assert_same_results(&home.join("whole"), &home.join("gathered"));
}

#[test]
fn a_worker_on_a_full_disk_says_so_and_with_room_again_the_sweep_is_whole() {
    let Some(disk) = Disk::of(400) else { return };
    let home = tempfile::tempdir().expect("a temporary folder");
    let sweep = disk.path().join("s").display().to_string();
    planned(home.path(), &sweep);
    // Filled up to what a claim needs.
    fs::write(disk.path().join("large"), vec![1; 1 << 20]).expect_err("there is no room for it");
    let output = run(home.path(), &format!("work {sweep} --all"));
    assert_failed(&output, 1, "No space left on device");
    let said = sentence(&output);
    assert!(said.contains("unit 0") && said.contains(&sweep), "{said}");
    assert_eq!(num_results(Path::new(&sweep)), 0, "all or nothing");
    assert_failed(&run(home.path(), &format!("gather {sweep}")), 1, "4 of 4 units have no result");
    disk.change("size=65536k");
    assert_goes_on(home.path(), &sweep);
    assert_results_are_whole(Path::new(&sweep));
}

/// As where a quota is used up; this needs no root.
#[test]
fn a_worker_whose_files_may_not_grow_says_so_and_its_unit_is_done_by_another() {
    let home = tempfile::tempdir().expect("a temporary folder");
    planned(home.path(), "s");
    let program = env!("CARGO_BIN_EXE_flatscape");
    // The signal is left out, so that the system's refusal is told.
    let script = format!("trap '' XFSZ; ulimit -f 2; exec {program} work s --all");
    let mut command = Command::new("bash");
    at_home(&mut command, home.path());
    let output = command.args(["-c", &script]).output().expect("it starts");
    assert_failed(&output, 1, "unit 0");
    assert_eq!(num_results(&home.path().join("s")), 0);
    let mut watched = flatscape(home.path());
    let output = watched.args(["gather", "s"]).output().expect("it starts");
    assert_failed(&output, 1, "4 of 4 units have no result");
    assert_goes_on(home.path(), "s");
}
