//! However long a session is, what it keeps stays within bounds, evenly spread, with both ends.

use std::sync::Arc;

use super::sample::{alert, checkpoint, eval, path_weights, provenance, slice, started, steps};
use crate::protocol::{Event, RunId};
use crate::session::store::limits::Limits;
use crate::session::store::writer::Writer;
use crate::session::store::{Recorder, Session};

const A: RunId = RunId(0);

fn recorder(path: &std::path::Path, limits: Limits) -> Recorder {
    Recorder::start(Writer::create(path, &provenance(), limits).unwrap()).unwrap()
}

/// All but the last are `gap` apart.
fn assert_even(steps: &[u64]) -> u64 {
    let gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[..gaps.len() - 1].iter().all(|gap| *gap == gaps[0]), "{steps:?}");
    gaps[0]
}

#[test]
fn rows_are_thinned_by_a_stride_and_the_newest_stays_whatever_comes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for piece in [1, 7, 64, 1000] {
        let path = folder.path().join(format!("{piece}.flatscape"));
        let recorder = recorder(&path, Limits { rows: 50, layer_rows: 10, ..Limits::default() });
        recorder.tell(&started(1));
        let mut at = 0;
        while at < 1000 {
            let end = (at + piece).min(1000);
            recorder.tell(&steps(0, at + 1..=end));
            at = end;
            // One try to write each time, so that pieces do not merge.
            recorder.flush().unwrap();
        }
        let rows = Session::open(&path).unwrap().rows(A).unwrap();
        let kept: Vec<u64> = rows.steps.iter().map(|row| row.step).collect();
        assert!(kept.len() <= 50 && kept.len() > 24, "{} rows", kept.len());
        assert_eq!((kept[0], kept.last()), (1, Some(&1000)));
        assert_eq!(assert_even(&kept), 32, "pieces of {piece}");
    }
}

#[test]
fn an_alert_that_speaks_again_and_again_leaves_its_newest_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = recorder(&path, Limits { alerts: 10, ..Limits::default() });
    recorder.tell(&started(2));
    for step in 1..=100 {
        recorder.tell(&Event::AlertNoted { run: A, alert: alert(step) });
    }
    recorder.tell(&Event::AlertNoted { run: RunId(1), alert: alert(1) });
    recorder.flush().unwrap();
    let session = Session::open(&path).unwrap();
    let kept: Vec<u64> = session.alerts(A).unwrap().iter().map(|alert| alert.step).collect();
    assert_eq!(kept, (91..=100).collect::<Vec<_>>());
    assert_eq!(session.alerts(RunId(1)).unwrap(), [alert(1)]);
}

#[test]
fn a_session_that_is_opened_again_goes_on_with_its_stride() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { rows: 20, ..Limits::default() };
    let path = folder.path().join("a.flatscape");
    let recorder_ = recorder(&path, limits);
    recorder_.tell(&started(1));
    recorder_.tell(&steps(0, 1..=70));
    drop(recorder_);
    let again = Recorder::start(Writer::open(&path, limits).unwrap()).unwrap();
    again.tell(&steps(0, 71..=75));
    again.flush().unwrap();
    let kept =
        || -> Vec<u64> { Session::open(&path).unwrap().rows(A).unwrap().steps.iter().map(|row| row.step).collect() };
    let all = kept();
    assert_eq!((assert_even(&all), all.last()), (4, Some(&75)));
    let back = Event::Rewound {
        run: A,
        step: 33,
        knobs: Box::new(super::sample::info(0, crate::protocol::Origin::Initial).knobs),
    };
    again.tell(&back);
    again.tell(&steps(0, 34..=50));
    again.flush().unwrap();
    let all = kept();
    assert!(all.contains(&33) && all.contains(&34) && all.last() == Some(&50) && all.len() < 20, "{all:?}");
}

#[test]
fn measurements_are_thinned_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = recorder(&path, Limits { rows: 16, layer_rows: 8, ..Limits::default() });
    recorder.tell(&started(1));
    for step in 0..100 {
        recorder.tell(&Event::Evaluated { run: A, row: eval(step) });
        super::sample::curvature(0, step).iter().for_each(|event| recorder.tell(event));
    }
    recorder.flush().unwrap();
    let rows = Session::open(&path).unwrap().rows(A).unwrap();
    let lengths = [rows.evals.len(), rows.traces.len(), rows.eigens.len(), rows.streamed_traces.len()];
    assert!(lengths.iter().all(|length| (8..=16).contains(length)), "{lengths:?}");
    assert!((4..=8).contains(&rows.layer_traces.len()) && rows.layer_traces.iter().all(|row| row.layers.len() == 2));
    assert_eq!(rows.layer_traces.last().unwrap().step, 99);
    assert_even(&rows.evals.iter().map(|row| row.step).collect::<Vec<_>>());
}

#[test]
fn slices_are_thinned_as_playback_thins_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = recorder(&path, Limits { slices: 12, ..Limits::default() });
    recorder.tell(&started(1));
    for step in 0..100 {
        // A coarse one first, which the fine one of the same step replaces.
        recorder.slice(&Arc::new(crate::protocol::LossGrid { center_loss: 9.0, ..slice(0, step) }));
        recorder.slice(&Arc::new(slice(0, step)));
        recorder.flush().unwrap();
    }
    let session = Session::open(&path).unwrap();
    let entries = session.slices(A).unwrap();
    let steps: Vec<u64> = entries.iter().map(|entry| entry.tag.step).collect();
    assert!(steps.len() <= 12 && steps.len() > 5 && steps[0] == 0 && steps.last() == Some(&99), "{steps:?}");
    assert_even(&steps);
    assert!(entries.iter().all(|entry| session.slice(entry.id).unwrap().center_loss == 0.1));
    let blobs: i64 = session.conn().query_row("SELECT count(*) FROM blobs", [], |row| row.get(0)).unwrap();
    assert_eq!(blobs, steps.len() as i64, "blobs go with their slices");
}

#[test]
fn checkpoints_keep_starts_and_the_newest_and_some_between_within_their_budget() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = recorder(&path, Limits { checkpoints: 6, ..Limits::default() });
    recorder.tell(&started(1));
    for step in 0..200 {
        recorder.checkpoint(checkpoint(0, step, step == 0 || step == 37));
        recorder.flush().unwrap();
    }
    let session = Session::open(&path).unwrap();
    let steps: Vec<u64> = session.checkpoints(A).unwrap().iter().map(|entry| entry.step).collect();
    assert_eq!(steps.len(), 10, "{steps:?}");
    assert!([0, 37, 198, 199].iter().all(|step| steps.contains(step)), "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[1] - pair[0] <= 70), "{steps:?}");
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    let arrays: i64 = session.conn().query_row("SELECT count(*) FROM blobs", [], |row| row.get(0)).unwrap();
    assert_eq!(arrays, 12, "weights of each, and two arrays that all have in common");
}

#[test]
fn a_budget_of_bytes_leaves_starts_and_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    // Two arrays that are common, and weights of two checkpoints, of 24 bytes each.
    let recorder = recorder(&path, Limits { checkpoint_bytes: 96, ..Limits::default() });
    recorder.tell(&started(1));
    for step in 0..50 {
        recorder.checkpoint(checkpoint(0, step, step == 0));
        recorder.flush().unwrap();
    }
    let session = Session::open(&path).unwrap();
    let steps: Vec<u64> = session.checkpoints(A).unwrap().iter().map(|entry| entry.step).collect();
    assert_eq!(steps, [0, 49]);
}

#[test]
fn a_path_is_thinned_as_the_path_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let recorder = recorder(&path, Limits { path: 8, ..Limits::default() });
    recorder.tell(&started(1));
    // What a path of 8 points at most offers: it is thinned after the ninth.
    let (mut kept, mut stride) = (Vec::new(), 1);
    for step in 0..100_u64 {
        if step.is_multiple_of(stride) {
            kept.push(step);
            recorder.path_weights(A, path_weights(step, stride));
        }
        if kept.len() > 8 {
            kept = kept.into_iter().step_by(2).collect();
            stride *= 2;
        }
        recorder.flush().unwrap();
    }
    let found: Vec<u64> =
        Session::open(&path).unwrap().path_weights(A).unwrap().iter().map(|point| point.step).collect();
    assert_eq!(found, kept);
}

#[test]
fn the_file_stops_growing_when_everything_is_thinned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    let limits = Limits { rows: 200, layer_rows: 50, slices: 8, checkpoints: 4, path: 8, ..Limits::default() };
    let recorder = recorder(&path, limits);
    recorder.tell(&started(1));
    let mut sizes = Vec::new();
    for round in 0..40 {
        recorder.tell(&steps(0, 100 * round + 1..=100 * (round + 1)));
        recorder.slice(&Arc::new(slice(0, round)));
        recorder.checkpoint(checkpoint(0, 100 * round, false));
        recorder.flush().unwrap();
        let session = Session::open(&path).unwrap();
        let pages: i64 = session.conn().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        sizes.push(pages);
    }
    assert!(sizes[39] <= sizes[12] + 2, "{sizes:?}");
}
