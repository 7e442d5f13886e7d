//! A comparison that was put together from results: its session has what they have, and nobody goes on from there.

use std::path::Path;
use std::time::Duration;

use super::everything;
use crate::engine::reopen::ReadSession;
use crate::engine::{Asked, Collected, Gathered, Keeping, KeptComparison, There, compare};
use crate::session::store::{Session, Writer};

#[test]
fn what_was_gathered_is_kept_whole_and_is_nothing_to_go_on_from() {
    let mut options = everything("moons-mlp", 1);
    options.tuning.clear();
    options.experiment.budget = 48;
    let result = compare(&options, &mut |_| (), &Default::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("session.flatscape");
    let keep = |there| {
        let asked = Asked::default();
        let keeping = Keeping { path: path.clone(), writer: Writer::Gather, there, pause: Duration::ZERO, asked };
        let written = vec!["summary.json".to_owned()];
        let (options, result, folder) = (&options, &result, Path::new("/"));
        Gathered { options, folder, result, version: "0.1.0", processor: Some("A"), written }.keep(&keeping)
    };
    keep(There::None).unwrap();
    let taken = keep(There::None).unwrap_err();
    assert!(taken.is_bad_input(), "{taken}");
    keep(There::ThrowAway).unwrap();

    let session = Session::open(&path).unwrap();
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    let collected = Collected::of(&session).unwrap();
    // NaN is no number that is equal to itself.
    assert_eq!(format!("{:?}", collected.result.runs), format!("{:?}", result.runs));
    assert!(collected.notes.is_empty(), "{:?}", collected.notes);
    let kept = KeptComparison::read(&session).unwrap().unwrap();
    assert!(kept.difference(&options).is_none() && kept.is_finished && !kept.has_ended(dir.path()));
    let provenance = session.provenance().unwrap();
    assert_eq!((provenance.version.as_str(), provenance.processor.as_str()), ("0.1.0", "A"));
    for (run, result) in session.runs().unwrap().iter().zip(&result.runs) {
        let rows = session.rows(run.info.run).unwrap();
        assert_eq!((rows.evals.len(), rows.steps.len()), (result.curves.len(), 0));
        assert_eq!(session.checkpoints(run.info.run).unwrap().len(), 0);
    }
    let Err(why) = ReadSession::read(&path) else { panic!("it has no states") };
    assert!(why.contains("expected the folder of the sweep") && why.lines().count() == 1, "{why}");
}
