//! The weights that come with the program are what their README says.

use std::path::PathBuf;
use std::sync::Arc;

use flatscape::config::{BUNDLED_WEIGHTS, StartConfig, builtin_experiment};
use flatscape::model::Compute;
use flatscape::train::{Run, Task};

const README: &str = include_str!("../../assets/checkpoints/README.md");

/// The accuracy in the row of these weights.
fn told(name: &str) -> f64 {
    let row = README.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).expect("each has a row");
    let last = row.trim_end_matches(" |").rsplit(' ').next();
    last.and_then(|accuracy| accuracy.parse().ok()).expect("a row ends with an accuracy")
}

#[test]
fn bundled_weights_are_as_good_as_they_are_said_to_be() {
    for name in BUNDLED_WEIGHTS {
        let mut experiment = builtin_experiment(name).unwrap();
        experiment.start = Some(StartConfig { weights: PathBuf::from(name), ..StartConfig::default() });
        let optimizer = *experiment.optimizers.keys().next().unwrap();
        let knobs = experiment.knobs(optimizer).unwrap();
        let task = Arc::new(Task::new(Arc::new(experiment), 0, Compute::cpu()).unwrap());
        let run = Run::new(Arc::clone(&task), optimizer, knobs);
        // As a finished run is measured: with the running statistics, which stand in the file too.
        let accuracy = run.outcome(&run.tested()).accuracy;
        assert!((accuracy - told(name)).abs() < 2e-3, "{name}: {accuracy}, expected {}", told(name));
    }
}
