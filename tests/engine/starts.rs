//! Runs that start from a file of weights some of which are frozen: what is told, saved and refused; and runs that were done
//! elsewhere.

use std::sync::atomic::AtomicBool;

use flatscape::config::{DeviceChoice, OptimizerKind, StartConfig, StudyKind};
use flatscape::engine::{CompareOptions, Done, compare_run};
use flatscape::model::Architecture;
use flatscape::protocol::{Command, DoneRun, Event, NewRun, Origin, RunId, RunStart};
use flatscape::session::weights::{read_weights, weights_file};

use crate::session::{Session, changed, tiny};

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
    let saved = fetched(&mut session, run);
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

/// What the engine writes of a run's weights where it stands.
fn fetched(session: &mut Session, run: RunId) -> Vec<u8> {
    session.send(Command::FetchWeights(run));
    session.wait_for("Weights", |event| match event {
        Event::Weights { run: of, file, .. } if *of == run => Some(file.clone()),
        _ => None,
    })
}

#[test]
fn what_a_session_has_learned_of_glyphs_is_fine_tuned_on_digits_in_another() {
    let quick = |name: &str| {
        let sizes = ["data.train_size=60", "data.test_size=20", "data.validation_size=20", "batch=20"];
        let looks = ["look.resolution=3", "look.subset=20", "look.trace_probes=2", "look.lanczos_steps=2"];
        let mut experiment = changed(name, &[&sizes, &looks]);
        experiment.optimizers.retain(|kind, _| *kind == OptimizerKind::Sgd);
        experiment
    };
    let mut session = Session::start(quick("resnet8-glyphs"));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(4, run, 4);
    let learned = fetched(&mut session, run);
    session.end();

    let file = written(&learned);
    let mut experiment = quick("resnet8-digits");
    experiment.start = Some(StartConfig {
        weights: file.path().to_owned(),
        fresh: vec!["11.*".to_owned()],
        frozen: Vec::new(),
        key: None,
    });
    let [glyphs, digits] = [&quick("resnet8-glyphs").model, &experiment.model]
        .map(|model| Architecture::new(model).expect("its layers fit"));
    let mut session = Session::start(experiment);
    session.wait_for("the note", |event| match event {
        Event::Note(text) => text.starts_with("`11.weight` and `11.bias` begin anew").then_some(()),
        _ => None,
    });
    let run = session.run_of(OptimizerKind::Sgd);
    let begins = fetched(&mut session, run);
    let learned = read_weights(file.path(), &glyphs).expect("it has all tensors").value;
    let begins = read_weights(written(&begins).path(), &digits).expect("it has all tensors").value;
    for tensor in digits.parameters.iter().filter(|tensor| !tensor.name.starts_with("11.")) {
        let there = glyphs.parameters.iter().find(|other| other.name == tensor.name).expect("the bodies are alike");
        assert_eq!(begins[tensor.range()], learned[there.range()], "{}", tensor.name);
    }
    session.step_to(1, run, 1);
    assert!(session.rows(run)[0].batch_loss.is_finite());
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
