//! Runs that start from a file of weights some of which are frozen: what is told, saved and refused; and runs that were done
//! elsewhere.

use std::sync::atomic::AtomicBool;

use flatscape::config::{DeviceChoice, OptimizerKind, StartConfig, StudyKind};
use flatscape::engine::{CompareOptions, Done, compare_run};
use flatscape::model::Architecture;
use flatscape::protocol::{Command, DoneRun, Event, NewRun, Origin, RunStart};
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
    experiment.start = Some(StartConfig {
        weights: file.path().to_owned(),
        fresh: patterns("4.*"),
        frozen: patterns("0.*"),
        key: None,
    });
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
        start: RunStart::File(other.path().into()),
    });
    let warning = session.warning();
    for part in ["no run was added", "frozen here, with other numbers there: `0.weight`"] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    session.end();
}

#[test]
fn a_run_that_was_done_elsewhere_stands_at_its_end_with_its_curves() {
    let experiment = tiny(&["budget=24", "look.eval_every=4", "data.train_size=40", "data.test_size=40", "batch=16"]);
    let options = CompareOptions {
        experiment: experiment.clone(),
        optimizers: vec![OptimizerKind::Sgd],
        seeds: 2,
        device: DeviceChoice::Cpu,
        curvature: Some(2),
        tuning: Vec::new(),
        weights: true,
        kind: StudyKind::Comparison,
        jobs: Some(1),
        done: Done::default(),
    };
    let never = AtomicBool::new(false);
    let mut result = compare_run(&options, (OptimizerKind::Sgd, 1), &mut |_| {}, &never).expect("it runs");
    let run = result.runs.pop().expect("one run");
    let weights = written(&run.weights.as_ref().expect("they were asked for").own);
    let (step, gradient_evaluations) = run.stands_at();
    assert_eq!((step, gradient_evaluations), (24, 24));
    let done = DoneRun { seed: 1, step, gradient_evaluations, weights: weights.path().into(), past: run.past() };

    let mut session = Session::start(experiment.clone());
    let knobs = Box::new(session.knobs(session.run_of(OptimizerKind::Sgd)));
    let start = RunStart::Done(Box::new(done));
    session.send(Command::AddRun { optimizer: OptimizerKind::Sgd, knobs: knobs.clone(), start: start.clone() });
    let info = session.added();
    assert_eq!((info.seed, &info.origin), (1, &Origin::File(weights.path().into())));
    let evals = session.wait_for("RunPast", |event| match event {
        Event::RunPast { run, past } if *run == info.run => Some(past.rows.evals.clone()),
        _ => None,
    });
    assert_eq!(evals.len(), run.curves.len());
    session.wait_for("Finished", |event| (*event == Event::Finished { run: info.run }).then_some(()));
    // What it says of itself where it stands is what its result says.
    let here = session.evaluated(info.run, step);
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
    assert!(is_near(here.train_loss, run.train_loss) && is_near(here.test_loss, run.test_loss), "{here:?}");
    assert_eq!(here.gradient_evaluations, gradient_evaluations);
    session.send(Command::Step);
    let other = session.run_of(OptimizerKind::Sam);
    session.step_to(2, other, 3);
    assert!(session.rows(info.run).is_empty(), "it rests");

    // The same alone, without the experiment's own runs.
    let run = NewRun { optimizer: OptimizerKind::Sgd, knobs, start };
    session.send(Command::LoadOnly { experiment: Box::new(experiment), runs: vec![run] });
    assert_eq!(session.started(), []);
    assert_eq!(session.added().seed, 1);
    session.end();
}
