//! Runs that branch, rewind, repeat and start anew: they go on bit for bit.

use std::sync::Arc;

use flatscape::config::{KnobId, Knobs, ModelConfig, OptimizerKind};
use flatscape::data::arrays::write_safetensors;
use flatscape::model::Architecture;
use flatscape::protocol::{Command, Event, LossGrid, Origin, Pairing, RunId, RunStart};
use flatscape::session::weights::weights_file;

use crate::session::{Session, from_step, last_step, stateful, tiny};

#[test]
fn a_branch_continues_bit_for_bit_like_its_parent_from_any_step() {
    let mut experiment = stateful();
    for optimizer in OptimizerKind::ALL {
        experiment.optimizers.entry(optimizer).or_default();
    }
    let mut session = Session::start(experiment);
    for optimizer in OptimizerKind::ALL {
        let parent = session.run_of(optimizer);
        let before = session.rows(parent).len() as u64;
        // Enough steps that earlier states are thinned, with a turn of a knob on the way.
        session.step_to(61, parent, before + 61);
        session.send(Command::SetKnob { run: parent, knob: KnobId::LearningRate, value: 0.02 });
        session.step_to(59, parent, before + 120);
        let turned = Knobs { learning_rate: 0.02, ..session.knobs(parent) };
        for step in [before + 45, before + 77] {
            let knobs = if step < before + 61 { session.knobs(parent) } else { turned.clone() };
            session.send(Command::AddRun {
                optimizer,
                knobs: Box::new(knobs.clone()),
                start: RunStart::Step { run: parent, step },
            });
            let info = session.added();
            assert_eq!((info.parent(), info.optimizer, &info.knobs), (Some((parent, step)), optimizer, &knobs));
            session.step_to(9, info.run, step + 9);
            let rows = from_step(session.rows(info.run), step, 9);
            assert_eq!(rows, from_step(session.rows(parent), step, 9), "{optimizer:?} from step {step}");
            let grid = session.grid(info.run, |grid| grid.step == step + 9);
            let steps: Vec<u64> = grid.path.iter().map(|point| point.step).collect();
            assert!(steps[0] == 0 && steps.contains(&step) && steps.is_sorted(), "{steps:?}");
            session.send(Command::RemoveRun(info.run));
        }
    }
    session.end();
}

#[test]
fn a_rewound_run_repeats_its_steps_and_loses_later_turns_of_knobs() {
    let mut session = Session::start(stateful());
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(10, run, 10);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.03 });
    session.step_to(30, run, 40);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.2 });
    session.step_to(5, run, 45);
    let before = from_step(session.rows(run), 25, 15);
    session.log.clear();
    session.send(Command::Rewind { run, step: 25 });
    let (step, knobs) = session.wait_for("Rewound", |event| match event {
        Event::Rewound { run: id, step, knobs } if *id == run => Some((*step, knobs.clone())),
        _ => None,
    });
    assert_eq!((step, knobs.sigma), (25, 0.03));
    session.step_to(15, run, 40);
    assert_eq!(from_step(session.rows(run), 25, 15), before);
    session.step_to(1, run, 41);
    let sigma = session.rows(run).last().and_then(|row| row.noise).expect("NSO has noise").sigma;
    assert_eq!(sigma, 0.03, "the turn at step 40 is undone");
    session.send(Command::Rewind { run, step: 42 });
    assert!(session.warning().contains("expected at most 41"));
    session.end();
}

#[test]
fn a_diverged_run_goes_on_from_an_earlier_step() {
    let mut session = Session::start(tiny(&["sgd.momentum=0.99"]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(6, run, 6);
    for (knob, value) in [(KnobId::LearningRate, 100.0), (KnobId::WeightDecay, 10.0)] {
        session.send(Command::SetKnob { run, knob, value });
    }
    session.send(Command::Play);
    session.wait_for("Diverged", |event| matches!(event, Event::Diverged { run: id, .. } if *id == run).then_some(()));
    session.send(Command::Pause);
    session.send(Command::Rewind { run, step: 5 });
    session.send(Command::Step);
    session.wait_for("step 6 again", |event| (last_step(event, run) == Some(6)).then_some(()));
    session.end();
}

/// Three runs of which SGD has done eight steps, that run and its slice.
fn sgd_at_step_8() -> (Session, RunId, Arc<LossGrid>) {
    let mut session = Session::start(stateful());
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(8, run, 8);
    let grid = session.grid(run, |grid| grid.step == 8 && grid.x.len() == 9);
    (session, run, grid)
}

/// Adds runs of SGD with the knobs of a run.
fn adding(session: &Session, run: RunId) -> impl Fn(RunStart) -> Command + use<> {
    let knobs = session.knobs(run);
    move |start| Command::AddRun { optimizer: OptimizerKind::Sgd, knobs: Box::new(knobs.clone()), start }
}

/// A file of weights that are all 0.
fn zeros(model: &ModelConfig) -> Vec<u8> {
    let architecture = Architecture::new(model).expect("it runs");
    weights_file(&architecture, &vec![0.0; architecture.num_parameters()], &architecture.initial_buffers())
}

/// The same file under the names of a data-parallel model.
fn wrapped(model: &ModelConfig) -> Vec<u8> {
    let architecture = Architecture::new(model).expect("it runs");
    let tensors = architecture.parameters.iter().chain(&architecture.buffers);
    let names: Vec<String> = tensors.clone().map(|tensor| format!("module.{}", tensor.name)).collect();
    let zeros = vec![0.0; architecture.num_parameters()];
    let named = names.iter().zip(tensors).map(|(name, t)| (name.as_str(), t.shape.clone(), &zeros[..t.len()]));
    write_safetensors(named)
}

#[test]
fn a_run_starts_at_a_place_of_a_slice_and_at_a_file() {
    let (mut session, run, grid) = sgd_at_step_8();
    let add = adding(&session, run);
    let loss_of = |session: &mut Session, id: RunId| {
        session.wait_for("Evaluated", |event| match event {
            Event::Evaluated { run, row } if *run == id => Some((row.step, row.train_loss)),
            _ => None,
        })
    };
    session.send(add(RunStart::Place { run, place: [grid.x[6], grid.y[2]], slice: grid.tag() }));
    let info = session.added();
    let (step, loss) = loss_of(&mut session, info.run);
    assert_eq!((step, info.origin), (0, Origin::Place { run, step: 8, place: [grid.x[6], grid.y[2]] }));
    let cell = grid.loss[2 * 9 + 6];
    assert!((loss - cell).abs() <= 1e-5 * cell, "{loss}, the cell says {cell}");
    session.send(add(RunStart::Place { run, place: [f64::NAN, 0.0], slice: grid.tag() }));
    assert!(session.warning().contains("finite"));

    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    std::fs::write(file.path(), zeros(&stateful().model)).expect("written");
    session.send(add(RunStart::File(file.path().into())));
    let info = session.added();
    let (_, loss) = loss_of(&mut session, info.run);
    assert!((loss - 2.0_f64.ln()).abs() < 1e-6, "zeros say nothing: {loss}");
    assert_eq!(info.origin, Origin::File(file.path().into()));
    std::fs::write(file.path(), wrapped(&stateful().model)).expect("written");
    session.send(add(RunStart::File(file.path().into())));
    let note = session.wait_for("Note", |event| match event {
        Event::Note(text) => Some(text.clone()),
        _ => None,
    });
    assert!(note.contains("`module.` is stripped from 8 names") && note.ends_with('.'), "{note}");
    let info = session.added();
    let (_, loss) = loss_of(&mut session, info.run);
    assert!((loss - 2.0_f64.ln()).abs() < 1e-6, "zeros say nothing: {loss}");
    let mut other = stateful().model;
    other.layers[0] = "linear 7".into();
    std::fs::write(file.path(), zeros(&other)).expect("written");
    session.send(add(RunStart::File(file.path().into())));
    let message = session.warning();
    assert!(message.contains("`0.weight` [7, 2], expected [6, 2]") && !message.contains('\n'), "{message}");
    session.end();
}

#[test]
fn a_reset_starts_each_run_where_it_began() {
    let (mut session, run, grid) = sgd_at_step_8();
    let add = adding(&session, run);
    let place = [grid.x[6], grid.y[2]];
    session.send(add(RunStart::Place { run, place, slice: grid.tag() }));
    let at_place = session.added().run;
    let loss_at_place = session.evaluated(at_place, 0).train_loss;
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    std::fs::write(file.path(), zeros(&stateful().model)).expect("written");
    session.send(add(RunStart::File(file.path().into())));
    let of_file = session.added().run;
    session.send(add(RunStart::Again(of_file)));
    assert_eq!(session.added().origin, Origin::File(file.path().into()));
    // A branch of the run from a file shares its step 0.
    session.step_to(3, of_file, 3);
    session.send(add(RunStart::Step { run: of_file, step: 2 }));
    assert_eq!(session.added().parent(), Some((of_file, 2)));
    std::fs::remove_file(file.path()).expect("it was there");
    let initial = session.evaluated(run, 0).train_loss;
    for _ in 0..2 {
        let runs = session.reset();
        let file = Origin::File(file.path().into());
        let place = Origin::Place { run: runs[0].run, step: 8, place };
        let origins: Vec<Origin> = runs.iter().map(|info| info.origin.clone()).collect();
        let own = Origin::Initial;
        assert_eq!(origins, [own.clone(), own.clone(), own, place, file.clone(), file.clone(), file]);
        assert_eq!(session.evaluated(runs[0].run, 0).train_loss, initial);
        assert_eq!(session.evaluated(runs[3].run, 0).train_loss, loss_at_place);
        for run in &runs[4..] {
            let loss = session.evaluated(run.run, 0).train_loss;
            assert!((loss - 2.0_f64.ln()).abs() < 1e-6, "{loss}");
        }
    }
    session.end();
}

#[test]
fn a_duplicate_starts_where_its_run_started_though_seeds_differ() {
    let mut session = Session::start(stateful());
    session.send(Command::SetPairing(Pairing { same_initial: false, equal_evaluations: true }));
    session.runs = session.reset();
    let nso = session.runs[2].clone();
    assert_eq!(nso.seed, 2);
    session.step_to(4, nso.run, 4);
    session.send(Command::AddRun {
        optimizer: OptimizerKind::Nso,
        knobs: Box::new(nso.knobs.clone()),
        start: RunStart::Again(nso.run),
    });
    let again = session.added();
    assert_eq!((again.seed, &again.origin), (2, &Origin::Initial));
    session.step_to(4, again.run, 4);
    assert_eq!(from_step(session.rows(again.run), 0, 4), from_step(session.rows(nso.run), 0, 4));
    // Seeds are kept at a reset, though runs before it are gone.
    session.send(Command::RemoveRun(session.runs[0].run));
    let seeds: Vec<u64> = session.reset().iter().map(|info| info.seed).collect();
    assert_eq!(seeds, [1, 2, 2]);
    session.end();
}

#[test]
fn a_rewind_that_is_given_up_leaves_the_run_where_it_is() {
    let mut session = Session::start(stateful());
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(300, run, 300);
    // States are kept every few steps by now, so that some have to be repeated.
    session.send(Command::Rewind { run, step: 295 });
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.03 });
    session.send(Command::CancelRepeat);
    let turned = session.wait_for("KnobTurned", |event| match event {
        Event::KnobTurned { edit, .. } => Some((edit.step, edit.new)),
        _ => None,
    });
    assert_eq!(turned, (300, 0.03));
    session.step_to(1, run, 301);
    assert!(!session.log.iter().any(|event| matches!(event, Event::Rewound { .. })));
    session.end();
}
