//! Sessions that agree with what comes out when their runs are repeated, and sessions with a planted difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use super::*;
use crate::config::{KnobId, Knobs, OptimizerKind, StudyKind, builtin_experiment};
use crate::engine::{Asked, CompareOptions, Done, Keeping, There, compare_keeping};
use crate::protocol::{AlertRow, Event, RunInfo, RunRows};
use crate::session::store::{Provenance, Recorder};
use crate::train::{History, Replay, Run};

const EXACT: ReplayOptions = ReplayOptions { run: None, to: None, device: DeviceChoice::Auto, tolerance: 0.0 };

fn repeated(path: &Path, options: ReplayOptions) -> Result<Replayed, EngineError> {
    replay_session(&Session::open(path).unwrap(), &options, &mut |_| (), &AtomicBool::new(false))
}

fn agreed(path: &Path, options: ReplayOptions) -> Agreed {
    match repeated(path, options).unwrap() {
        Replayed::Agrees(agreed) => agreed,
        Replayed::Parts(parting) => panic!("{parting:?}"),
    }
}

fn parting(path: &Path, options: ReplayOptions) -> Parting {
    match repeated(path, options).unwrap() {
        Replayed::Parts(parting) => parting,
        Replayed::Agrees(agreed) => panic!("{agreed:?}"),
    }
}

/// Changes rows of a session behind its back.
fn plant(path: &Path, sql: &str) {
    let changed = rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

fn small() -> Experiment {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for setting in ["data.train_size=60", "data.test_size=40", "look.eval_every=5", "look.trace_probes=4"] {
        experiment.assign(setting).unwrap();
    }
    experiment
}

/// A session as the window writes it: its engine's events, and a checkpoint now and then.
struct Written {
    recorder: Recorder,
    task: Arc<Task>,
    runs: BTreeMap<RunId, (Run, History)>,
}

impl Written {
    fn new(path: &Path, experiment: Experiment) -> Self {
        let provenance = Provenance {
            version: "1.2.3".to_owned(),
            device: "CPU (Flex), 2 threads".to_owned(),
            processor: crate::engine::devices::processor(),
            created: SystemTime::now(),
            writer: Writer::Window,
        };
        let recorder = Recorder::create(path, &provenance).unwrap();
        let seed = experiment.seed;
        let task = Arc::new(Task::new(Arc::new(experiment), seed, Compute::cpu()).unwrap());
        recorder.tell(&Event::Started {
            experiment: Arc::clone(&task.experiment),
            num_parameters: task.network.num_parameters(),
            tensors: Vec::new(),
            data: Arc::clone(&task.preview),
            runs: Vec::new(),
        });
        Self { recorder, task, runs: BTreeMap::new() }
    }

    fn begin(&mut self, id: u32, run: Run, origin: Origin, mut history: History) {
        let (run_id, knobs) = (RunId(id), run.knobs().clone());
        let info = RunInfo { run: run_id, optimizer: run.optimizer(), seed: run.task().seed, knobs, origin };
        self.recorder.tell(&Event::RunAdded(info));
        self.recorder.checkpoint(run.host_copy().to_checkpoint(run_id, true));
        history.keep_start(&run);
        self.runs.insert(run_id, (run, history));
        self.evaluate(id);
    }

    fn evaluate(&mut self, id: u32) {
        let (run, _) = self.runs.get_mut(&RunId(id)).unwrap();
        let row = run.evaluate();
        run.note_validation(&row);
        self.recorder.tell(&Event::Evaluated { run: RunId(id), row });
    }

    fn steps(&mut self, id: u32, steps: u64) {
        for _ in 0..steps {
            let (run, history) = self.runs.get_mut(&RunId(id)).unwrap();
            let row = run.step().unwrap();
            history.offer(run);
            self.recorder.tell(&Event::Steps { run: RunId(id), rows: vec![row] });
            if row.step.is_multiple_of(5) {
                self.evaluate(id);
            }
        }
    }

    fn turn(&mut self, id: u32, knob: KnobId, value: f64) {
        let edit = self.runs.get_mut(&RunId(id)).unwrap().0.set_knob(knob, value).unwrap();
        self.recorder.tell(&Event::KnobTurned { run: RunId(id), edit });
    }

    fn checkpoint(&self, id: u32) {
        self.recorder.checkpoint(self.runs[&RunId(id)].0.host_copy().to_checkpoint(RunId(id), false));
    }

    fn at(&self, id: u32, step: u64) -> Run {
        let (run, history) = &self.runs[&RunId(id)];
        let mut replay = Replay::new(run, history, step).unwrap();
        while !replay.advance().unwrap() {}
        replay.into_run()
    }

    fn rewind(&mut self, id: u32, step: u64) {
        let back = self.at(id, step);
        let knobs = Box::new(back.knobs().clone());
        let (run, history) = self.runs.get_mut(&RunId(id)).unwrap();
        *history = history.until(step, true);
        *run = back;
        self.recorder.tell(&Event::Rewound { run: RunId(id), step, knobs });
        self.evaluate(id);
    }

    fn branch(&mut self, id: u32, parent: u32, step: u64, optimizer: OptimizerKind, turn: (KnobId, f64)) {
        let mut run = self.at(parent, step).with_optimizer(optimizer);
        let mut knobs = run.knobs().clone();
        knobs.set(turn.0, turn.1).unwrap();
        let edits = run.take_knobs(&knobs);
        let history = self.runs[&RunId(parent)].1.until(step, false);
        self.begin(id, run, Origin::Branch { run: RunId(parent), step }, history);
        for edit in edits {
            self.recorder.tell(&Event::KnobTurned { run: RunId(id), edit });
        }
    }
}

/// Ten turned knobs, a branch under another method, a rewind, a schedule, and a run that begins at weights from elsewhere.
fn eventful(path: &Path) {
    let mut experiment = small();
    for setting in [
        "schedule=cosine",
        "nso.k=2",
        "nso.batch=20",
        "nso.average=ema",
        "nso.average_start=0",
        "data.validation_size=20",
    ] {
        experiment.assign(setting).unwrap();
    }
    experiment.budget = 2000;
    let knobs = |kind| experiment.knobs(kind).unwrap();
    let (nso, sgd) = (knobs(OptimizerKind::Nso), knobs(OptimizerKind::Sgd));
    let mut written = Written::new(path, experiment.clone());
    let task = Arc::clone(&written.task);
    let initial = |kind, knobs: Knobs| Run::new(Arc::clone(&task), kind, knobs);
    written.begin(0, initial(OptimizerKind::Nso, nso), Origin::Initial, History::default());
    written.begin(1, initial(OptimizerKind::Sgd, sgd.clone()), Origin::Initial, History::default());
    written.turn(0, KnobId::Sigma, 0.03);
    written.steps(0, 23);
    written.turn(0, KnobId::LearningRate, 0.08);
    written.turn(0, KnobId::Momentum, 0.8);
    written.steps(0, 10);
    written.turn(0, KnobId::K, 3.0);
    written.turn(0, KnobId::WeightDecay, 0.001);
    written.checkpoint(0);
    // What an alert said is of no run's making: it is passed over.
    let words = "NSO: λmax 60 is above 50 at step 33".to_owned();
    let alert = AlertRow { step: 33, rule: "λmax".to_owned(), words, paused: true };
    written.recorder.tell(&Event::AlertNoted { run: RunId(0), alert });
    written.steps(0, 31);
    written.turn(0, KnobId::Batch, 15.0);
    written.turn(0, KnobId::Clip, 0.5);
    written.steps(0, 6);
    written.turn(0, KnobId::LabelSmoothing, 0.1);
    written.turn(0, KnobId::Distance, 0.01);
    written.turn(0, KnobId::TwoPoint, 0.0);
    written.steps(0, 20);
    written.checkpoint(0);
    // Where knobs were turned: those of the parent are not the branch's.
    written.branch(2, 0, 33, OptimizerKind::Sam, (KnobId::WeightDecay, 0.0));
    written.turn(2, KnobId::Momentum, 0.5);
    written.steps(2, 27);
    written.checkpoint(2);
    // Behind all turns, so that each of them is repeated.
    written.rewind(0, 75);
    written.turn(0, KnobId::Sigma, 0.01);
    written.steps(0, 17);
    written.checkpoint(0);
    // Its parent is no longer what it was there.
    written.branch(3, 2, 50, OptimizerKind::Nso, (KnobId::LearningRate, 0.02));
    written.steps(3, 11);
    written.steps(1, 12);
    written.checkpoint(1);
    let place =
        task.compute.tensor(task.initial.iter().map(|weight| 0.5 * weight + 0.01).collect(), [1, task.initial.len()]);
    let elsewhere = Run::starting_at(Arc::clone(&task), OptimizerKind::Sgd, sgd, place, task.initial_statistics());
    let origin = Origin::Place { run: RunId(1), step: 12, place: [0.1, 0.2] };
    written.begin(4, elsewhere, origin, History::default());
    written.steps(4, 9);
    written.checkpoint(4);
}

fn session(write: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("session.flatscape");
    write(&path);
    (dir, path)
}

#[test]
fn turned_knobs_branches_rewinds_and_a_schedule_agree_in_every_row() {
    let (_dir, path) = session(eventful);
    let session = Session::open(&path).unwrap();
    let runs = session.runs().unwrap();
    let rows: u64 = runs
        .iter()
        .map(|kept| session.rows(kept.info.run).unwrap())
        .map(|rows| (rows.steps.len() + rows.evals.len()) as u64)
        .sum();
    let checkpoints: usize = runs.iter().map(|kept| session.checkpoints(kept.info.run).unwrap().len()).sum();
    let RunRows { journal: turned, alerts, .. } = session.rows(RunId(0)).unwrap();
    assert_eq!(alerts.len(), 1);
    let found = agreed(&path, EXACT);
    assert_eq!((found.runs, found.rows, found.checkpoints), (5, rows, checkpoints as u64), "{found:?}");
    assert_eq!(found.steps, 92 + 12 + 60 + 61 + 9, "{found:?}");
    let before: BTreeSet<KnobId> = turned.iter().filter(|edit| edit.step < 75).map(|edit| edit.knob).collect();
    assert_eq!((turned.len(), before.len(), turned[10].step), (11, 10, 75), "ten knobs before the rewind: {turned:?}");
    // One of them alone, and not to its end.
    let alone = agreed(&path, ReplayOptions { run: Some(RunId(3)), to: Some(40), ..EXACT });
    assert_eq!((alone.runs, alone.steps), (1, 40), "{alone:?}");
    let missing = repeated(&path, ReplayOptions { run: Some(RunId(9)), ..EXACT }).unwrap_err();
    assert!(missing.is_bad_input() && missing.to_string().contains("0, 1, 2, 3, 4"), "{missing}");
}

#[test]
fn a_planted_difference_is_found_and_named() {
    for (sql, run, step, column) in [
        (
            "UPDATE steps SET batch_loss = batch_loss * 1.0000001 WHERE run = 2 AND step = 44",
            2,
            44,
            "batch_loss of the step",
        ),
        ("UPDATE steps SET noise_even_mean = 1.5 WHERE run = 0 AND step = 20", 0, 20, "noise_even_mean of the step"),
        (
            "UPDATE evals SET test_loss = test_loss + 1e-9 WHERE run = 3 AND step = 60",
            3,
            60,
            "test_loss of the evaluation",
        ),
        (
            "UPDATE evals SET average_train_loss = 2.5 WHERE run = 0 AND step = 45",
            0,
            45,
            "average_train_loss of the evaluation",
        ),
        ("UPDATE journal SET new = 0.031 WHERE run = 0 AND step = 0", 0, 1, "perturbed_loss of the step"),
        // The last but one of the ten knobs, turned shortly before the rewind.
        ("UPDATE journal SET new = 0.02 WHERE run = 0 AND knob = 'distance'", 0, 72, "batch_loss of the step"),
    ] {
        let (_dir, path) = session(eventful);
        plant(&path, sql);
        let found = parting(&path, EXACT);
        assert_eq!((found.run, found.step, found.column.as_str()), (RunId(run), step, column), "{found:?}");
        assert!(found.stored != found.found, "{found:?}");
        // Before that step there is none, and neither is there in other runs.
        agreed(&path, ReplayOptions { to: Some(step - 1), ..EXACT });
        agreed(&path, ReplayOptions { run: Some(RunId(1)), ..EXACT });
    }
}

#[test]
fn a_planted_weight_is_found_and_a_small_one_is_within_a_tolerance() {
    let (_dir, path) = session(eventful);
    let recorder = Recorder::open(&path).unwrap();
    let stored = Session::open(&path).unwrap();
    let entry = stored.checkpoints(RunId(1)).unwrap().into_iter().find(|entry| entry.step == 12).unwrap();
    let mut checkpoint = stored.checkpoint(entry.id).unwrap();
    let (_, weights) = checkpoint.arrays.iter_mut().find(|(name, _)| name == "weights").unwrap();
    weights[70] *= 1.0 + 1e-5;
    recorder.checkpoint(checkpoint);
    drop((recorder, stored));
    let found = parting(&path, EXACT);
    assert_eq!((found.run, found.step), (RunId(1), 12), "{found:?}");
    assert!(found.column.starts_with("weight ") && found.column.contains(" of "), "{found:?}");
    agreed(&path, ReplayOptions { tolerance: 1e-4, ..EXACT });
    plant(&path, "UPDATE evals SET train_loss = train_loss * 1.01 WHERE run = 1 AND step = 5");
    let found = parting(&path, ReplayOptions { tolerance: 1e-4, ..EXACT });
    assert_eq!((found.run, found.step, found.column.as_str()), (RunId(1), 5, "train_loss of the evaluation"));
}

/// A comparison with curvature along its way, in which a method diverges.
fn compared(path: &Path) {
    let mut experiment = small();
    for setting in ["sgd.learning_rate=100", "sgd.weight_decay=10", "budget=48", "look.resolution=3"] {
        experiment.assign(setting).unwrap();
    }
    let options = CompareOptions {
        experiment,
        optimizers: vec![OptimizerKind::Sgd, OptimizerKind::Nso],
        seeds: 2,
        device: DeviceChoice::Cpu,
        curvature: Some(2),
        tuning: Vec::new(),
        weights: false,
        kind: StudyKind::Comparison,
        jobs: Some(2),
        done: Done::default(),
    };
    let keeping = Keeping {
        path: path.to_owned(),
        writer: Writer::Compare,
        there: There::None,
        pause: Duration::from_millis(1),
        asked: Asked::default(),
    };
    let result = compare_keeping(&options, Some(&keeping), &mut |_| (), &AtomicBool::new(false)).unwrap();
    assert!(result.runs[0].diverged_at.is_some() && result.runs[3].diverged_at.is_none());
}

#[test]
fn a_comparison_is_repeated_with_its_curvature_and_its_noise_and_diverges_again() {
    let (_dir, path) = session(compared);
    let found = agreed(&path, EXACT);
    assert!(found.runs == 4 && found.rows > 20 && found.checkpoints >= 8, "{found:?}");
    for (sql, column) in [
        ("UPDATE traces SET mean = mean + 1e-6 WHERE run = 3 AND step = 0", "trace of the trace"),
        (
            "UPDATE eigens SET lambda_max = lambda_max + 1e-6 WHERE run = 3 AND step = 0",
            "lambda_max of the eigenvalues",
        ),
    ] {
        let (_dir, path) = session(compared);
        plant(&path, sql);
        let found = parting(&path, EXACT);
        assert_eq!((found.run, found.step, found.column.as_str()), (RunId(3), 0, column), "{found:?}");
    }
}

#[test]
fn a_session_without_an_experiment_or_of_a_file_that_is_gone_is_one_sentence() {
    let (_dir, path) = session(|path| {
        let provenance = Provenance {
            version: String::new(),
            device: "CPU".to_owned(),
            processor: String::new(),
            created: SystemTime::now(),
            writer: Writer::Window,
        };
        drop(Recorder::create(path, &provenance).unwrap());
    });
    let err = repeated(&path, EXACT).unwrap_err();
    assert!(err.is_bad_input() && err.to_string().contains("no experiment"), "{err}");
}
