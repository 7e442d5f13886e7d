//! A run that was written into a file and read again goes on as if nothing had happened.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::{CheckpointError, HostCopy};
use crate::config::{Experiment, KnobId, OptimizerKind, builtin_experiment};
use crate::model::Compute;
use crate::protocol::{KnobEdit, RunId};
use crate::session::store::{Checkpoint, Provenance, Recorder, Session, Writer};
use crate::train::{History, Replay, Run, Task};

const HALF: u64 = 30;

/// What the runs of all methods have beside what is their own: each base step, average and schedule is in one of them.
const MIXES: [&[&str]; 4] = [
    &["momentum=0.9", "nesterov=true", "schedule=cosine", "warmup=0.1", "average=swa", "average_start=0.0"],
    &["base=adam", "average=ema", "average_start=0.0", "average_beta=0.9", "distance=0.1", "clip=1.0"],
    &["base=amsgrad", "schedule=step", "schedule_every=0.05", "radius=0.5"],
    &["base=adamw", "weight_decay=0.1", "decay_on=matrices", "schedule=linear", "label_smoothing=0.1"],
];

fn experiment(changes: &[&str]) -> Experiment {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    let data = ["batch=16", "data.train_size=60", "data.test_size=40", "data.validation_size=20"];
    for change in data.iter().chain(changes) {
        experiment.assign(change).unwrap();
    }
    experiment.model.layers = ["linear 6", "batchnorm", "tanh", "linear 2"].map(Into::into).to_vec();
    experiment
}

fn start(optimizer: OptimizerKind, changes: &[&str]) -> Run {
    let experiment = experiment(changes);
    let knobs = experiment.knobs(optimizer).unwrap();
    let task = Task::new(Arc::new(experiment), 5, Compute::cpu()).unwrap();
    Run::new(Arc::new(task), optimizer, knobs)
}

/// Steps up to a number, with knobs turned and evaluations on the way: the bits of what they say.
fn train(run: &mut Run, until: u64) -> Vec<[u64; 4]> {
    let mut rows = Vec::new();
    while run.steps() < until {
        if [7, HALF, HALF + 4].contains(&run.steps()) {
            run.set_knob(KnobId::LearningRate, run.knobs().learning_rate * 0.7).unwrap();
        }
        if run.steps().is_multiple_of(10) {
            run.note_validation(&run.evaluate());
        }
        let row = run.step().unwrap();
        rows.push([row.batch_loss, row.perturbed_loss, row.gradient_norm, row.learning_rate].map(f64::to_bits));
    }
    rows
}

/// Arrays by name, in bits.
type Arrays = Vec<(String, Vec<u32>)>;

/// All numbers that a run goes on from, in bits, with its knobs and counters.
fn all(run: &Run) -> (String, Arrays, Vec<KnobEdit>) {
    let Checkpoint { facts, arrays, .. } = run.host_copy().to_checkpoint(RunId(0), false);
    // Seconds are those of the clock.
    let facts: Vec<&str> = facts.lines().filter(|line| !line.starts_with("train_seconds")).collect();
    let bits = |(name, values): (String, Vec<f32>)| (name, values.into_iter().map(f32::to_bits).collect());
    (facts.join("\n"), arrays.into_iter().map(bits).collect(), run.journal().to_vec())
}

/// The checkpoints by way of a file.
fn by_file(path: &Path, checkpoints: Vec<Checkpoint>) -> Vec<Checkpoint> {
    let provenance = Provenance {
        version: String::new(),
        device: String::new(),
        processor: String::new(),
        created: SystemTime::now(),
        writer: Writer::Window,
    };
    let recorder = Recorder::create(path, &provenance).unwrap();
    checkpoints.into_iter().for_each(|checkpoint| recorder.checkpoint(checkpoint));
    recorder.flush().unwrap();
    let session = Session::open(path).unwrap();
    let entries = session.checkpoints(RunId(0)).unwrap();
    entries.into_iter().map(|entry| session.checkpoint(entry.id).unwrap()).collect()
}

/// A new program: another task of the same experiment and seed.
fn restored(run: &Run, checkpoint: &Checkpoint, journal: &[KnobEdit]) -> Run {
    let experiment = Experiment::from_toml(&run.task().experiment.to_toml()).unwrap();
    let task = Task::new(Arc::new(experiment), run.task().seed, Compute::cpu()).unwrap();
    Run::restored(Arc::new(task), journal, &HostCopy::from_checkpoint(checkpoint).unwrap()).unwrap()
}

#[test]
fn a_run_that_was_written_and_read_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    for kind in OptimizerKind::ALL {
        for (place, mix) in MIXES.iter().enumerate() {
            let what = format!("{kind:?}, mix {place}");
            let mut run = start(kind, mix);
            train(&mut run, HALF);
            let told = run.host_copy().to_checkpoint(RunId(0), false);
            let path = folder.path().join(format!("{}-{place}.flatscape", kind.key()));
            let kept = by_file(&path, vec![told]);
            let journal = run.journal().to_vec();
            let mut again = restored(&run, &kept[0], &journal);
            assert_eq!(all(&again), all(&run), "{what}");
            assert_eq!(train(&mut again, 2 * HALF), train(&mut run, 2 * HALF), "{what}");
            assert_eq!(all(&again), all(&run), "{what}");
        }
    }
}

#[test]
fn a_history_that_was_written_and_read_leads_to_earlier_steps() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = start(OptimizerKind::Nso, MIXES[0]);
    let mut checkpoints = vec![run.host_copy().to_checkpoint(RunId(0), true)];
    let mut at_17 = None;
    for step in [9, 17, 24] {
        train(&mut run, step);
        if step == 17 {
            at_17 = Some(all(&run));
        } else {
            checkpoints.push(run.host_copy().to_checkpoint(RunId(0), false));
        }
    }
    let kept = by_file(&folder.path().join("a.flatscape"), checkpoints);
    assert_eq!(
        kept.iter().map(|one| (one.step, one.is_start)).collect::<Vec<_>>(),
        [(0, true), (9, false), (24, false)]
    );
    let journal = run.journal().to_vec();
    let states = kept.iter().map(|one| (restored(&run, one, &journal), one.is_start));
    let history = History::restored(states);
    let now = restored(&run, &kept[2], &journal);
    let mut replay = Replay::new(&now, &history, 17).unwrap();
    assert_eq!(replay.steps_left(), 8);
    while !replay.advance().unwrap() {}
    let (facts, arrays, edits) = all(&replay.into_run());
    let (told_facts, told_arrays, told_edits) = at_17.unwrap();
    // What was validated between is not part of the repeated steps.
    let but_best =
        |arrays: Arrays| -> Arrays { arrays.into_iter().filter(|(name, _)| !name.starts_with("best")).collect() };
    assert_eq!((but_best(arrays), edits), (but_best(told_arrays), told_edits));
    assert_eq!(facts.split("[best]").next(), told_facts.split("[best]").next());
}

#[test]
fn checkpoints_of_other_models_and_garbled_ones_are_refused() {
    let mut run = start(OptimizerKind::Sgd, MIXES[1]);
    train(&mut run, 3);
    let whole = run.host_copy().to_checkpoint(RunId(0), false);
    let read = |checkpoint: &Checkpoint| HostCopy::from_checkpoint(checkpoint).map(drop);
    let garbled = Checkpoint { facts: "step = 3".to_owned(), ..whole.clone() };
    assert!(matches!(read(&garbled), Err(CheckpointError::Unreadable { step: 3, .. })));
    let mut less = whole.clone();
    less.arrays.retain(|(name, _)| name != "first");
    assert_eq!(read(&less), Err(CheckpointError::Missing { step: 3, name: "first".to_owned() }));
    let mut other = whole;
    for (name, values) in &mut other.arrays {
        if name == "second" {
            values.pop();
        }
    }
    let copy = HostCopy::from_checkpoint(&other).unwrap();
    let err = Run::restored(Arc::clone(run.task()), &[], &copy).map(drop).unwrap_err();
    assert!(matches!(err, CheckpointError::OtherModel { name: "second", .. }), "{err}");
}
