//! A device that is taken away while a session is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::protocol::StepRow;
use crate::session::store::Session;

const STEPS: u64 = 6;

/// The experiment with its session in a folder.
fn recorded(folder: &std::path::Path) -> (Link, Engine) {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(DeviceChoice::Cpu, KeptRates::default()));
    engine.compute = Some(Compute::cpu());
    engine.may_be_lost = |_| true;
    engine.take(Command::KeepSessions(folder.to_owned()));
    engine.take(Command::load(builtin_experiment("moons-mlp").unwrap()));
    (link, engine)
}

/// All steps that the session of a folder has of each run, but for the time that they took.
fn kept(folder: &std::path::Path) -> BTreeMap<RunId, Vec<String>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sessions: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "flatscape")).collect();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let session = Session::open(&sessions[0]).unwrap();
    assert_eq!(session.check().unwrap(), Vec::<String>::new());
    let timeless = |row: StepRow| format!("{:?}", StepRow { train_seconds: 0.0, ..row });
    let steps = |id| session.rows(id).unwrap().steps.into_iter().map(timeless).collect();
    session.runs().unwrap().into_iter().map(|run| (run.info.run, steps(run.info.run))).collect()
}

/// Takes so many steps with all runs, with a lost device after some of them or not; gives what the session has.
fn kept_of(lost_after: Option<u64>) -> BTreeMap<RunId, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = recorded(folder.path());
    let ids: Vec<RunId> = runs(&events(&link, &mut engine)).iter().map(|info| info.run).collect();
    if let Some(step) = lost_after {
        step_to(&link, &mut engine, step, &ids);
        engine.tend_recording();
        engine.computes = |_| false;
        engine.guarded(|_| panic!("device lost"));
        engine.computes = computes;
        let told = events(&link, &mut engine);
        assert!(told.iter().any(|event| matches!(event, Event::Rewound { .. })), "{told:?}");
    }
    step_to(&link, &mut engine, STEPS, &ids);
    super::sessions::file(&link, &mut engine);
    engine.end_recording();
    kept(folder.path())
}

#[test]
fn a_session_has_every_step_once_where_a_device_was_lost() {
    let (whole, lost) = (kept_of(None), kept_of(Some(3)));
    assert!(whole.len() == 3 && whole.values().all(|steps| steps.len() as u64 >= STEPS), "{whole:?}");
    for (run, steps) in &whole {
        // Both stop a step or so after the last that is waited for.
        let common = steps.len().min(lost[run].len());
        assert!(common as u64 >= STEPS, "{run:?}: {} steps", lost[run].len());
        assert_eq!(steps[..common], lost[run][..common], "{run:?}");
    }
}
