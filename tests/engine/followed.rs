//! Runs that follow a folder into which somebody else's training writes checkpoints.

use std::path::PathBuf;
use std::sync::Arc;

use flatscape::config::{Experiment, KnobId, ModelConfig, OptimizerKind};
use flatscape::model::{Architecture, Compute};
use flatscape::protocol::{
    Command, EvalRow, Event, Examples, FollowedState, JobEnd, JobId, MeasureRequest, Measurement, Origin, RunInfo,
    RunStart,
};
use flatscape::session::weights::weights_file;
use flatscape::train::{Run, Task};

use crate::session::{Session, last_step, stateful, tiny};

/// Somebody who trains elsewhere: the network's initial weights, longer at each step.
struct Trainer {
    dir: tempfile::TempDir,
    task: Arc<Task>,
}

impl Trainer {
    fn of(experiment: Experiment) -> Self {
        let seed = experiment.seed;
        let task = Task::new(Arc::new(experiment), seed, Compute::cpu()).expect("it runs");
        Self { dir: tempfile::tempdir().expect("a folder"), task: Arc::new(task) }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    fn weights(&self, step: u64) -> Vec<f32> {
        let factor = 1.0 + step as f32 / 50.0;
        self.task.initial.iter().map(|weight| factor * weight).collect()
    }

    fn buffers(&self, step: u64) -> Vec<f32> {
        let initial = self.task.network.architecture().initial_buffers();
        initial.iter().map(|value| value + 0.01 * step as f32).collect()
    }

    fn file(&self, step: u64) -> Vec<u8> {
        weights_file(self.task.network.architecture(), &self.weights(step), &self.buffers(step))
    }

    fn path(&self, step: u64) -> PathBuf {
        self.dir.path().join(format!("step_{step}.safetensors"))
    }

    fn write(&self, step: u64) {
        std::fs::write(self.path(step), self.file(step)).expect("written");
    }

    /// What those weights have on the data, without any folder.
    fn expected(&self, step: u64) -> EvalRow {
        let tensor = |values: Vec<f32>| {
            let size = values.len();
            (size > 0).then(|| self.task.compute.tensor(values, [1, size]))
        };
        let knobs = self.task.experiment.knobs(OptimizerKind::Sgd).expect("valid");
        let weights = tensor(self.weights(step)).expect("it has weights");
        let statistics = tensor(self.buffers(step));
        let run = Run::starting_at(Arc::clone(&self.task), OptimizerKind::Sgd, knobs, weights, statistics);
        EvalRow { step, gradient_evaluations: step, ..run.evaluate() }
    }
}

/// Adds a run that starts so, as one of SGD.
fn add(session: &Session, start: RunStart) {
    let knobs = Box::new(session.knobs(session.run_of(OptimizerKind::Sgd)));
    session.send(Command::AddRun { optimizer: OptimizerKind::Sgd, knobs, start });
}

/// A session with the runs of an experiment, beside which a folder is followed.
fn following(trainer: &Trainer, experiment: Experiment) -> (Session, RunInfo) {
    let mut session = Session::start(experiment);
    add(&session, RunStart::Folder(trainer.folder()));
    let info = session.added();
    (session, info)
}

fn state(session: &mut Session, is_wanted: impl Fn(&FollowedState) -> bool) -> FollowedState {
    session.wait_for("Followed", |event| match event {
        Event::Followed { state, .. } if is_wanted(state) => Some(state.clone()),
        _ => None,
    })
}

fn told(session: &mut Session, part: &str) -> String {
    session.wait_for(part, |event| match event {
        Event::Warning(text) | Event::Note(text) if text.contains(part) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn checkpoints_that_come_one_by_one_have_their_true_losses_and_are_measured() {
    let trainer = Trainer::of(tiny(&[]));
    let (mut session, info) = following(&trainer, tiny(&[]));
    let run = info.run;
    assert_eq!(info.origin, Origin::Folder(trainer.folder()));
    assert_eq!(state(&mut session, |_| true), FollowedState::default(), "it waits");
    for step in [10, 20, 100] {
        trainer.write(step);
        assert_eq!(session.evaluated(run, step), trainer.expected(step));
    }
    let grid = session.grid(run, |grid| grid.step == 100 && grid.x.len() == 9);
    let loss = trainer.expected(100).train_loss;
    assert!((grid.center_loss - loss).abs() <= 1e-6 * loss, "{} and {loss}", grid.center_loss);
    assert_eq!(grid.path.iter().map(|point| point.step).collect::<Vec<_>>(), [10, 20, 100]);
    let trace = session.wait_for("Eigen of step 100", |event| match event {
        Event::Eigen { run: id, row } if *id == run && row.step == 100 => Some(*row),
        _ => None,
    });
    assert!(trace.lambda_max.is_finite() && (trace.train_loss - loss).abs() <= 1e-6 * loss);
    let measured = |step| {
        let is_of = |event: &Event| matches!(event, Event::Trace { run: id, row } if *id == run && row.step == step);
        session.log.iter().any(is_of)
    };
    assert!(measured(10) && measured(20) && measured(100), "a small network is measured at each");
    session.end();
}

#[test]
fn an_earlier_checkpoint_is_looked_at_and_others_go_on_to_be_read() {
    let trainer = Trainer::of(tiny(&[]));
    [5, 6, 7].into_iter().for_each(|step| trainer.write(step));
    let (mut session, info) = following(&trainer, tiny(&[]));
    let run = info.run;
    session.evaluated(run, 7);
    session.send(Command::LookAt { run, step: Some(5) });
    state(&mut session, |state| state.at == Some(5) && state.stays);
    session.grid(run, |grid| grid.step == 5);
    trainer.write(8);
    assert_eq!(session.evaluated(run, 8), trainer.expected(8));
    let found = state(&mut session, |state| state.num_read == 4);
    assert_eq!((found.at, found.stays, found.has_steps), (Some(5), true, true));
    assert_eq!(found.newest.map(|newest| newest.name).as_deref(), Some("step_8.safetensors"));
    session.send(Command::LookAt { run, step: None });
    state(&mut session, |state| state.at == Some(8) && !state.stays);
    session.grid(run, |grid| grid.step == 8);
    session.send(Command::LookAt { run, step: Some(3) });
    assert!(told(&mut session, "cannot be looked at").contains("there is no such checkpoint"));
    session.end();
}

#[test]
fn half_a_file_is_waited_for_and_one_of_another_model_is_left_out() {
    let trainer = Trainer::of(tiny(&[]));
    let (mut session, info) = following(&trainer, tiny(&[]));
    let whole = trainer.file(1);
    std::fs::write(trainer.path(1), &whole[..whole.len() / 3]).expect("written");
    let other = ModelConfig { layers: ["linear 3", "tanh", "linear 2"].map(Into::into).to_vec(), ..tiny(&[]).model };
    let other = Architecture::new(&other).expect("it runs");
    let file = weights_file(&other, &vec![0.5; other.num_parameters()], &[]);
    std::fs::write(trainer.path(2), file).expect("written");
    let text = told(&mut session, "is left out");
    assert!(text.starts_with("step_2.safetensors is left out: the tensors do not fit the model"), "{text}");
    trainer.write(1);
    assert_eq!(session.evaluated(info.run, 1), trainer.expected(1));
    let is_of_it = |event: &Event| matches!(event, Event::Warning(text) if text.contains("step_1"));
    assert!(!session.log.iter().any(is_of_it), "nothing is said of a file that was being written");
    session.end();
}

#[test]
fn what_is_trained_elsewhere_is_not_trained_here_but_by_a_branch() {
    let trainer = Trainer::of(tiny(&[]));
    [10, 20].into_iter().for_each(|step| trainer.write(step));
    let (mut session, info) = following(&trainer, tiny(&[]));
    let run = info.run;
    session.evaluated(run, 20);
    session.send(Command::SetKnob { run, knob: KnobId::LearningRate, value: 0.5 });
    assert!(session.warning().contains("trained elsewhere"));
    session.send(Command::Rewind { run, step: 10 });
    assert!(session.warning().contains("trained elsewhere"));
    add(&session, RunStart::Again(run));
    assert!(session.warning().contains("trained elsewhere"));
    std::fs::remove_file(trainer.path(10)).expect("it was there");
    assert!(told(&mut session, "is gone from").starts_with("step_10.safetensors"));
    // The last checkpoint up to a step; one whose file is gone is still held.
    for (step, from) in [(25, 20), (15, 10)] {
        add(&session, RunStart::Step { run, step });
        let branch = session.added();
        assert_eq!(branch.origin, Origin::File(trainer.path(from).into()));
        let row = session.evaluated(branch.run, 0);
        assert!((row.train_loss - trainer.expected(from).train_loss).abs() < 1e-9, "{row:?}");
        session.send(Command::Step);
        session.wait_for("a step of the branch", |event| last_step(event, branch.run).filter(|step| *step == 1));
    }
    assert!(session.rows(run).is_empty(), "it took no step");
    session.end();
}

#[test]
fn a_folder_is_followed_without_runs_of_ours_and_read_again_after_a_reset() {
    let trainer = Trainer::of(stateful());
    [1, 2].into_iter().for_each(|step| trainer.write(step));
    let mut session = Session::start(tiny(&[]));
    session.send(Command::Follow { experiment: Box::new(stateful()), folder: trainer.folder() });
    assert_eq!(session.started(), []);
    let run = session.added().run;
    // Batch norm's running statistics are those of the file.
    assert_eq!(session.evaluated(run, 2), trainer.expected(2));
    session.send(Command::Play);
    let what = Measurement::Bound { probes: 8, constant: 1.0 };
    let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 };
    session.send(Command::Measure { job: JobId(1), run, request: Box::new(request) });
    let why = session.wait_for("Measured", |event| match event {
        Event::Measured { end: JobEnd::Failed(why), .. } => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("trained elsewhere"), "{why}");
    assert!(session.rows(run).is_empty());
    let again = session.reset();
    assert_eq!(again.iter().map(|info| info.origin.clone()).collect::<Vec<_>>(), [Origin::Folder(trainer.folder())]);
    assert_ne!(again[0].run, run);
    assert_eq!(session.evaluated(again[0].run, 1), trainer.expected(1));
    session.end();
}
