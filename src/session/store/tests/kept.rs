//! What is told comes back to the last bit, and follows what happens to its runs.

use std::collections::BTreeMap;

use super::sample::{
    alert, checkpoint, curvature, edit, eval, info, measured, path_weights, provenance, slice, started, step, steps,
    tried, write_all, written,
};
use crate::config::OptimizerKind;
use crate::protocol::{EigenRow, Event, Origin, RunId, RunRows, TraceRow};
use crate::report::results::{CurveRow, RunResult, RunWeights};
use crate::session::store::{Recorder, RunState, Session, StoreError};

const A: RunId = RunId(0);

/// NaN is equal to NaN in words, and 0 is not −0.
fn assert_same<T: std::fmt::Debug>(found: &T, told: &T) {
    assert_eq!(format!("{found:?}"), format!("{told:?}"));
}

fn steps_of(session: &Session, run: u32) -> Vec<u64> {
    session.rows(RunId(run)).unwrap().steps.iter().map(|row| row.step).collect()
}

#[test]
fn rows_come_back_to_the_last_bit_with_what_is_not_finite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let session = Session::open(&path).unwrap();
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    assert_eq!(session.provenance().unwrap(), provenance());
    let RunRows { journal, steps, evals, traces, eigens, streamed_traces, streamed_eigens, layer_traces, alerts } =
        session.rows(A).unwrap();
    assert_same(&steps, &(1..=20).map(step).collect());
    assert_same(&evals, &[0, 10, 15, 20].map(eval).to_vec());
    assert_eq!(journal, [edit(7)]);
    assert_eq!(alerts, [alert(10), alert(15)]);
    for (place, at) in [0, 10, 15, 20].into_iter().enumerate() {
        for told in curvature(0, at) {
            match told {
                Event::Trace { row, .. } => assert_same(&traces[place], &row),
                Event::Eigen { row, .. } => assert_same(&eigens[place], &row),
                Event::StreamedTrace { row, .. } => assert_same(&streamed_traces[place], &row),
                Event::StreamedEigen { row, .. } => assert_same(&streamed_eigens[place], &row),
                Event::LayerTrace { row, .. } => assert_same(&layer_traces[place], &row),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn all_that_is_large_comes_back_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let session = Session::open(&path).unwrap();
    let slices: Vec<_> = session.slices(A).unwrap().into_iter().map(|entry| session.slice(entry.id).unwrap()).collect();
    assert_same(&slices, &[0, 10, 15, 20].map(|at| slice(0, at)).to_vec());
    let entries = session.checkpoints(A).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.is_start).collect::<Vec<_>>(), [true, false, false, false]);
    let found: Vec<_> = entries.into_iter().map(|entry| session.checkpoint(entry.id).unwrap()).collect();
    let told = [0, 10, 15, 20].map(|at| checkpoint(0, at, at == 0)).to_vec();
    assert_same(&found, &told);
    let bits = |of: &Vec<crate::session::store::Checkpoint>| -> Vec<u32> {
        of.iter()
            .flat_map(|one| &one.arrays)
            .flat_map(|(_, values)| values.iter().map(|value| value.to_bits()))
            .collect()
    };
    assert_eq!(bits(&found), bits(&told));
    assert_same(&session.path_weights(A).unwrap(), &[0, 10, 15, 20].map(|at| path_weights(at, 1)).to_vec());
    assert_same(&session.measured().unwrap(), &vec![measured(1)]);
    assert_same(&session.tries().unwrap(), &vec![tried(0.5)]);
    assert_eq!(session.text("layout").unwrap().as_deref(), Some("{\"wide\": true}"));
    assert_eq!(session.keys().unwrap(), ["layout"]);
    assert_eq!(session.last_step(A).unwrap(), 20);
}

#[test]
fn runs_and_their_experiment_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let session = Session::open(&path).unwrap();
    let experiment = session.experiment().unwrap().unwrap();
    let found = crate::config::Experiment::from_toml(&experiment.toml).unwrap();
    assert_eq!(found, crate::config::builtin_experiment("moons-mlp").unwrap());
    assert_eq!((experiment.num_parameters, &experiment.tensors[1][..]), (6, "0.bias"));
    let runs = session.runs().unwrap();
    let states: Vec<_> = runs.iter().map(|run| (run.info.clone(), run.place, run.removed, run.state)).collect();
    let diverged = RunState::Diverged { step: 1, last_good_step: 0 };
    let told = [(0, RunState::Open), (1, RunState::Finished), (2, diverged)];
    assert_eq!(states, told.map(|(run, state)| (info(run, Origin::Initial), run as usize, None, state)));
}

#[test]
fn a_rewind_takes_back_what_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.tell(&Event::Rewound { run: A, step: 10, knobs: Box::new(info(0, Origin::Initial).knobs) });
    recorder.tell(&steps(0, 11..=12));
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_eq!(steps_of(&session, 0), (1..=12).collect::<Vec<_>>());
    let rows = session.rows(A).unwrap();
    assert_eq!((rows.evals.len(), rows.layer_traces.len(), rows.journal.len()), (2, 2, 1));
    assert_eq!(rows.alerts, [alert(10)]);
    let at = |steps: Vec<u64>| assert_eq!(steps, [0, 10]);
    at(session.checkpoints(A).unwrap().iter().map(|entry| entry.step).collect());
    at(session.slices(A).unwrap().iter().map(|entry| entry.tag.step).collect());
    at(session.path_weights(A).unwrap().iter().map(|point| point.step).collect());
    recorder.tell(&Event::Rewound { run: A, step: 3, knobs: Box::new(info(0, Origin::Initial).knobs) });
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_eq!((session.rows(A).unwrap().journal, session.alerts(A).unwrap()), (vec![], vec![]));
    assert_eq!(steps_of(&session, 1).len(), 5, "other runs stay as they are");
    recorder.tell(&Event::CheckpointsVoid { run: A, after: None });
    recorder.flush().unwrap();
    assert_eq!(Session::open(&path).unwrap().rows(A).unwrap(), RunRows::default());
}

#[test]
fn a_branch_has_what_it_shares_and_keeps_it_when_its_parent_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.tell(&Event::RunAdded(info(7, Origin::Branch { run: A, step: 15 })));
    recorder.tell(&steps(7, 16..=17));
    recorder.tell(&Event::Rewound { run: A, step: 0, knobs: Box::new(info(0, Origin::Initial).knobs) });
    recorder.tell(&Event::RunRemoved(A));
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_eq!(steps_of(&session, 7), (1..=17).collect::<Vec<_>>());
    assert_eq!(session.rows(RunId(7)).unwrap().journal, [edit(7)]);
    assert_eq!(session.alerts(RunId(7)).unwrap(), [], "what was said of its parent was not said of it");
    let checkpoints = session.checkpoints(RunId(7)).unwrap();
    let found: Vec<_> = checkpoints.iter().map(|entry| session.checkpoint(entry.id).unwrap()).collect();
    assert_same(&found, &[0, 10, 15].map(|at| checkpoint(7, at, at == 0)).to_vec());
    assert_eq!(session.path_weights(RunId(7)).unwrap().len(), 3);
    let places: Vec<_> = session.runs().unwrap().iter().map(|run| (run.info.run.0, run.place, run.removed)).collect();
    assert_eq!(places, [(1, 0, None), (2, 1, None), (7, 2, None), (0, 0, Some(1))]);
    recorder.tell(&Event::RunRestored { run: A, place: 0 });
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    let places: Vec<_> = session.runs().unwrap().iter().map(|run| (run.info.run.0, run.place)).collect();
    assert_eq!(places, [(0, 0), (1, 1), (2, 2), (7, 3)]);
}

#[test]
fn of_removed_runs_the_last_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    recorder.tell(&started(12));
    for run in 0..12 {
        recorder.tell(&steps(run, 1..=2));
        recorder.checkpoint(checkpoint(run, u64::from(run) + 1, true));
    }
    (0..11).for_each(|run| recorder.tell(&Event::RunRemoved(RunId(run))));
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    let runs: Vec<u32> = session.runs().unwrap().iter().map(|run| run.info.run.0).collect();
    assert_eq!(runs, [11, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!((steps_of(&session, 2).len(), steps_of(&session, 3).len()), (0, 2));
    assert_eq!(session.checkpoints(RunId(0)).unwrap(), []);
}

#[test]
fn a_new_start_forgets_the_runs_and_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.result(result(1));
    recorder.flush().unwrap();
    recorder.tell(&started(1));
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_eq!((session.runs().unwrap().len(), steps_of(&session, 0).len()), (1, 0));
    assert_eq!((session.slices(A).unwrap(), session.measured().unwrap()), (Vec::new(), Vec::new()));
    assert_eq!(
        (session.results().unwrap().len(), session.tries().unwrap().len(), session.keys().unwrap().len()),
        (1, 1, 1)
    );
    let blobs = |sql| session.conn().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(blobs("SELECT count(*) FROM blobs"), 2, "the weights of the result and their average");
}

pub fn result(seed: u64) -> RunResult {
    let row = eval(10);
    let trace =
        TraceRow { step: 10, gradient_evaluations: 20, train_loss: 0.3, mean: -1.5, stderr: f64::NAN, probes: 1 };
    let eigen = EigenRow {
        step: 10,
        gradient_evaluations: 20,
        train_loss: 0.3,
        lambda_max: 3.0,
        lambda_min: -0.0,
        residual_max: 1e-9,
        residual_min: 0.0,
        products: 7,
    };
    let curve = CurveRow {
        step: 10,
        gradient_evaluations: 20,
        eval: row,
        batch_loss: f64::NAN,
        perturbed_loss: 0.5,
        learning_rate: 0.1,
        trace: Some(trace),
        noise_trace: None,
        lambda_max: Some(3.0),
        lambda_min: None,
    };
    RunResult {
        optimizer: OptimizerKind::Nso,
        seed,
        steps: 10,
        gradient_evaluations: 20,
        kept_step: None,
        train_loss: 0.1 + 0.2,
        test_loss: f64::INFINITY,
        train_accuracy: f64::NAN,
        test_accuracy: 0.8,
        validation: None,
        average: None,
        trace,
        eigen,
        scores: BTreeMap::new(),
        wall_seconds: 1.25,
        diverged_at: Some(11),
        curves: vec![curve.clone(), curve],
        grid: Some(slice(0, 10)),
        weights: Some(RunWeights { own: vec![0, 255, 7], average: Some(vec![1, 2]) }),
        found: None,
    }
}

#[test]
fn results_and_tries_are_kept_by_what_they_are_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = Recorder::create(&path, &provenance()).unwrap();
    recorder.result(result(3));
    recorder.result(result(1));
    recorder.result(RunResult { steps: 4, weights: None, ..result(3) });
    [0.5, 0.25].into_iter().for_each(|rate| recorder.tried(tried(rate)));
    recorder.tried(crate::report::tuning::Try { is_picked: true, ..tried(0.5) });
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    assert_same(&session.results().unwrap(), &vec![result(1), RunResult { steps: 4, weights: None, ..result(3) }]);
    assert_eq!(session.tries().unwrap().iter().map(|one| one.is_picked).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let session = Session::open(&path).unwrap();
    let err = session.slice(crate::session::store::BlobId(99)).unwrap_err();
    assert!(matches!(err, StoreError::Absent { .. }), "{err}");
    assert!(err.to_string().ends_with("a.flatscape"), "{err}");
    assert_eq!(session.text("none").unwrap(), None);
}
