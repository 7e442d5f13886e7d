//! The weights that come with the program are what their README says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flatscape::config::{BUNDLED_WEIGHTS, OptimizerKind, StartConfig, builtin_experiment};
use flatscape::model::{Architecture, Compute, to_host_f32};
use flatscape::session::weights::{located, read_weights, weights_file};
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

/// The first part of a tensor's name: the layer or block it stands in.
fn place(name: &str) -> &str {
    name.split('.').next().expect("names have parts")
}

#[test]
fn a_frozen_body_stays_bit_for_bit_and_the_new_head_moves() {
    const HEAD: &str = "11";
    let architecture = |name: &str| {
        let experiment = builtin_experiment(name).expect("embedded");
        Architecture::new(&experiment.model).expect("its layers fit")
    };
    let [glyphs, digits] = ["resnet8-glyphs", "resnet8-digits"].map(architecture);
    let file = located(Path::new("resnet8-glyphs")).expect("it can be written");
    let before = read_weights(&file, &glyphs).expect("it fits").value;

    let body: BTreeSet<&str> =
        digits.parameters.iter().map(|tensor| place(&tensor.name)).filter(|place| *place != HEAD).collect();
    let mut experiment = builtin_experiment("resnet8-digits").expect("embedded");
    experiment.start = Some(StartConfig {
        weights: PathBuf::from("resnet8-glyphs"),
        fresh: vec![format!("{HEAD}.*")],
        frozen: body.iter().map(|place| format!("{place}.*")).collect(),
        key: None,
    });
    let knobs = experiment.knobs(OptimizerKind::Nso).expect("valid");
    let task = Arc::new(Task::new(Arc::new(experiment), 0, Compute::cpu()).expect("it starts from them"));
    let mut run = Run::new(Arc::clone(&task), OptimizerKind::Nso, knobs);
    for _ in 0..2 {
        run.step().expect("finite");
    }

    let statistics = to_host_f32(run.statistics().expect("it has batch norms").clone());
    let saved = weights_file(task.network.architecture(), &to_host_f32(run.weights().clone()), &statistics);
    let kept = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    std::fs::write(kept.path(), saved).expect("it is written");
    let after = read_weights(kept.path(), &digits).expect("it has all tensors").value;
    for tensor in digits.parameters.iter().filter(|tensor| place(&tensor.name) != HEAD) {
        let there = glyphs.parameters.iter().find(|other| other.name == tensor.name).expect("the bodies are alike");
        assert_eq!(after[tensor.range()], before[there.range()], "{}", tensor.name);
    }
    let head: Vec<&str> = task.network.architecture().parameters.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(head, ["11.weight", "11.bias"]);
    let moved = to_host_f32(run.weights().clone()).iter().zip(&task.initial).filter(|(now, then)| now != then).count();
    assert!(moved > task.initial.len() / 2, "{moved} of {} numbers moved", task.initial.len());
}
