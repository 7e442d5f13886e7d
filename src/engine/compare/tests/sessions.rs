//! Comparisons that are kept, stopped and gone on with: they end as if they had never been stopped, to the last bit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{everything, found};
use crate::engine::{
    Asked, Collected, CompareNews, CompareOptions, CompareResult, EngineError, Keeping, KeptComparison, There, compare,
    compare_keeping,
};
use crate::protocol::RunId;
use crate::session::store::{Session, Writer};

/// A checkpoint of every step, which is told, so that a part of a comparison is so many steps however fast they are.
fn keeping(path: &Path, there: There) -> Keeping {
    Keeping { path: path.to_owned(), writer: Writer::Compare, there, pause: Duration::ZERO, asked: Asked::default() }
}

/// All that a comparison found but its seconds.
fn words(mut result: CompareResult) -> String {
    result.runs.iter_mut().for_each(|run| run.wall_seconds = 0.0);
    format!("{:?} {:?}", result.runs, result.tuning)
}

/// Does a part of a comparison: until so many things have been told of its progress.
fn part(options: &CompareOptions, keeping: &Keeping, most: usize) -> (Result<CompareResult, EngineError>, [usize; 3]) {
    let (cancel, mut told, mut before) = (AtomicBool::new(false), 0, [0; 3]);
    let mut show = |news: CompareNews| match news {
        CompareNews::GoingOn(there) => before = there,
        CompareNews::Unkept(problem) => panic!("{problem}"),
        CompareNews::Progress(_) => {
            told += 1;
            cancel.store(told >= most, Ordering::Relaxed);
        }
        _ => {}
    };
    let result = compare_keeping(options, Some(keeping), &mut show, &cancel);
    (result, before)
}

/// Stops a comparison again and again, each time a little later, and goes on with it until it has ended.
fn stopped(options: &CompareOptions, path: &Path, step: usize) -> (CompareResult, BTreeSet<[usize; 3]>) {
    let mut seen = BTreeSet::new();
    for most in (0..1000).map(|time| 1 + time * step) {
        let there = if path.exists() { There::GoOn } else { There::None };
        let (result, before) = part(options, &keeping(path, there), most);
        seen.insert(before);
        match result {
            Err(EngineError::Cancelled) => {
                let kept = KeptComparison::read(&Session::open(path).unwrap()).unwrap().unwrap();
                assert!(!kept.is_finished && kept.difference(options).is_none());
            }
            result => return (result.unwrap(), seen),
        }
    }
    panic!("it does not end")
}

#[test]
fn what_was_stopped_ends_as_if_it_had_never_been() {
    for (name, jobs, step) in [("moons-mlp", 1, 20), ("digits-cnn", 2, 24)] {
        let mut options = everything(name, jobs);
        options.experiment.assign("sgd.momentum=0.9").unwrap();
        options.experiment.assign("sam.base=adam").unwrap();
        options.experiment.budget = 96;
        let whole = found(&options);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("session.flatscape");
        let (result, seen) = stopped(&options, &path, step);
        assert!(words(result) == whole, "{name}");
        // Within runs and between them, while values were tuned and after it.
        let has = |is: fn(&[usize; 3]) -> bool| seen.iter().any(is);
        assert!(has(|[_, tries, half]| *tries < 3 && *half > 0), "{name}: within a try, {seen:?}");
        assert!(has(|[runs, tries, half]| *tries == 3 && *runs < 6 && *half > 0), "{name}: within a run, {seen:?}");

        // The file has what was found, and goes on with nothing more.
        let session = Session::open(&path).unwrap();
        assert_eq!(session.check().unwrap(), Vec::<String>::new());
        let collected = Collected::of(&session).unwrap();
        assert!(words(collected.result) == whole && collected.notes.is_empty(), "{name}: {:?}", collected.notes);
        assert!(session.keys().unwrap().iter().all(|key| !key.starts_with("comparison run")), "{:?}", session.keys());
        let (again, before) = part(&options, &keeping(&path, There::GoOn), usize::MAX);
        assert!(words(again.unwrap()) == whole && before == [6, 3, 0], "{before:?}");
    }
}

#[test]
fn a_session_is_thrown_away_only_where_that_is_asked_for() {
    let mut options = everything("moons-mlp", 1);
    options.tuning.clear();
    options.optimizers.truncate(1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("below/session.flatscape");
    part(&options, &keeping(&path, There::None), 3).0.unwrap_err();
    let taken = part(&options, &keeping(&path, There::None), usize::MAX).0.unwrap_err();
    assert!(taken.is_bad_input() && taken.to_string().contains("session.flatscape"), "{taken}");
    let (result, before) = part(&options, &keeping(&path, There::ThrowAway), usize::MAX);
    assert_eq!((result.unwrap().runs.len(), before), (2, [0; 3]));
    assert!(Collected::of(&Session::open(&path).unwrap()).unwrap().notes.is_empty());
}

#[test]
fn of_a_comparison_that_was_stopped_there_is_what_is_there() {
    let mut options = everything("moons-mlp", 1);
    options.tuning.clear();
    options.experiment.budget = 400;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("session.flatscape");
    let mut most = 500;
    let collected = loop {
        let there = if path.exists() { There::ThrowAway } else { There::None };
        part(&options, &keeping(&path, there), most).0.unwrap_err();
        let session = Session::open(&path).unwrap();
        let has_two = session.results().unwrap().len() == 1 && session.runs().unwrap().len() == 2;
        if has_two && session.rows(RunId(1)).unwrap().evals.len() > 1 {
            break Collected::of(&session).unwrap();
        }
        most += 100;
    };
    let whole = compare(&options, &mut |_| (), &AtomicBool::new(false)).unwrap();
    let (ended, half) = (&collected.result.runs[0], &collected.result.runs[1]);
    assert_eq!((ended.steps, ended.train_loss), (whole.runs[0].steps, whole.runs[0].train_loss));
    // What was half done has the figures of its own last evaluation.
    let same = whole.runs[1].curves.iter().find(|row| row.step == half.steps).unwrap();
    assert_eq!((half.train_loss, half.test_loss), (same.eval.train_loss, same.eval.test_loss));
    assert!(half.steps < whole.runs[1].steps && half.curves.len() > 1);
    assert!(collected.notes[0].contains("was stopped: 1 of its runs"), "{:?}", collected.notes);
}
