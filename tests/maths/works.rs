//! The work that is timed is the same as that of the scripts it is compared with.

use flatscape::engine::bench::{Work, WorkCheck};
use serde::Deserialize;

use crate::common::Failures;

#[derive(Deserialize)]
struct Check {
    work: String,
    loss: f64,
    gradient: f64,
    curvature: f64,
}

/// `works.json` is what `benches/peers/peer_torch.py --check` prints: PyTorch's numbers of its own copies of the works, whose
/// data and weights it makes by itself.
#[test]
fn the_named_works_are_those_of_the_peers() {
    let text = include_str!("../reference/works.json");
    let checks: Vec<Check> = serde_json::from_str(text).expect("works.json has the keys of its README");
    let mut failures = Failures::new();
    let names: Vec<&str> = checks.iter().map(|check| check.work.as_str()).collect();
    failures.holds("all works", names == Work::ALL.map(Work::key), &format!("{names:?}"));
    for (work, expected) in Work::ALL.into_iter().zip(&checks) {
        let found = WorkCheck::of(work);
        for (what, found, expected) in [
            ("loss", found.loss, expected.loss),
            ("gradient", found.gradient_norm, expected.gradient),
            ("curvature", found.curvature, expected.curvature),
        ] {
            let is_same = (found - expected).abs() <= 1e-9 * expected.abs();
            failures.holds(work.key(), is_same, &format!("{what} is {found}, PyTorch says {expected}"));
        }
    }
    failures.finish();
}
