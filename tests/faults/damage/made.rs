//! Whole files that the program itself writes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::{Running, flatscape};

/// Files by their places in a folder.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

/// The sessions of a short comparison: one that has ended, and one that was killed, with what waits beside it to be moved into it;
/// with which of the files is to be damaged.
pub fn sessions() -> Vec<(Files, usize)> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let compare = |out: &str, budget: &str| {
        let mut command = flatscape(dir.path());
        let common = "compare moons-mlp --device cpu --optimizers sgd,nso --set data.train_size=40 --curvature 2";
        command.args(common.split(' ')).args(["--budget", budget, "--out", out]);
        command
    };
    let output = compare("ended", "48").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut running = Running::start(compare("killed", "10000000"));
    assert_eq!(running.ends_within(Duration::from_secs(3)), None, "{:?}", running.said());
    running.kill();
    let files = |out: &str, names: &[&str]| -> Files {
        names.iter().map(|name| ((*name).into(), read(&dir.path().join(out).join(name)))).collect()
    };
    let killed = files("killed", &["session.flatscape", "session.flatscape-wal"]);
    vec![(files("ended", &["session.flatscape"]), 0), (killed.clone(), 0), (killed, 1)]
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}
