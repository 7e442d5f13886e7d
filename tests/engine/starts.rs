//! Runs that start from a file of weights some of which are frozen: what is told, saved and refused.

use flatscape::config::{OptimizerKind, StartConfig};
use flatscape::model::Architecture;
use flatscape::protocol::{Command, Event, RunStart};
use flatscape::session::weights::{read_weights, weights_file};

use crate::session::{Session, tiny};

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    std::fs::write(file.path(), bytes).expect("it is written");
    file
}

#[test]
fn frozen_tensors_are_told_and_saved_and_no_other_ones_are_taken() {
    let mut experiment = tiny(&[]);
    let whole = Architecture::new(&experiment.model).expect("its layers fit");
    let mut weights: Vec<f32> = (0..whole.num_parameters()).map(|i| 0.3 * (i as f32).sin()).collect();
    let file = written(&weights_file(&whole, &weights, &[]));
    let patterns = |of: &str| vec![of.to_owned()];
    experiment.start =
        Some(StartConfig { weights: file.path().to_owned(), fresh: patterns("4.*"), frozen: patterns("0.*") });
    let mut session = Session::start(experiment);
    session.wait_for("the note", |event| match event {
        Event::Note(text) => text.starts_with("2 of 6 tensors are frozen: D is ").then_some(()),
        _ => None,
    });

    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(3, run, 3);
    session.send(Command::FetchWeights(run));
    let saved = session.wait_for("Weights", |event| match event {
        Event::Weights { file, .. } => Some(file.clone()),
        _ => None,
    });
    let saved = read_weights(written(&saved).path(), &whole).expect("it has all tensors").value;
    for (index, tensor) in whole.parameters.iter().enumerate() {
        let [now, before] = [
            saved[tensor.range()].to_vec(),
            weights[tensor.range()].iter().map(|&weight| f64::from(weight)).collect::<Vec<f64>>(),
        ];
        assert_eq!(now == before, index < 2, "{}", tensor.name);
    }

    weights[0] += 0.125;
    let other = written(&weights_file(&whole, &weights, &[]));
    session.send(Command::AddRun {
        optimizer: OptimizerKind::Sgd,
        knobs: Box::new(session.knobs(session.run_of(OptimizerKind::Sgd))),
        start: RunStart::File(other.path().to_owned()),
    });
    let warning = session.warning();
    for part in ["no run was added", "frozen here, with other numbers there: `0.weight`"] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    session.end();
}
