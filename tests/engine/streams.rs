//! Curves that keep up: the stream while runs train, exact points over the budget, and training that waits for its measurements.

use flatscape::config::{Experiment, OptimizerKind, Pace, ScheduleConfig};
use flatscape::protocol::{Command, Event, RunId, Waiting};

use crate::session::{Session, changed, from_step, last_step, tiny};

/// An experiment whose runs end with their budget.
fn ending(changes: &[&str]) -> Experiment {
    Experiment { schedule: ScheduleConfig::Cosine, ..tiny(changes) }
}

/// Plays until all runs have ended.
fn play_to_the_end(session: &mut Session) {
    session.send(Command::Play);
    for info in session.runs.clone() {
        let end = Event::Finished { run: info.run };
        if !session.log.contains(&end) {
            session.wait_for("Finished", |event| (*event == end).then_some(()));
        }
    }
}

fn exact_steps(session: &Session, of: RunId) -> (Vec<u64>, Vec<u64>) {
    let traces = session.log.iter().filter_map(|event| match event {
        Event::Trace { run, row } if *run == of => Some(row.step),
        _ => None,
    });
    let ends = session.log.iter().filter_map(|event| match event {
        Event::Eigen { run, row } if *run == of => Some(row.step),
        _ => None,
    });
    (traces.collect(), ends.collect())
}

#[test]
fn every_run_has_streamed_curvature_of_its_own_steps_while_it_trains() {
    let mut session = Session::start(tiny(&[]));
    session.send(Command::Play);
    for info in session.runs.clone() {
        let trace = session.wait_for("StreamedTrace", |event| match event {
            Event::StreamedTrace { run, row } if *run == info.run && row.step > 20 && row.probes > 8 => Some(*row),
            _ => None,
        });
        assert!(trace.first_step < trace.step && trace.mean.is_finite() && trace.stderr > 0.0, "{trace:?}");
        let ends = session.wait_for("StreamedEigen", |event| match event {
            Event::StreamedEigen { run, row } if *run == info.run && row.step > 20 => Some(*row),
            _ => None,
        });
        assert!(ends.lambda_min <= ends.lambda_max && ends.residual_max >= 0.0, "{ends:?}");
        assert!(ends.examples > 0 && (3..=8).contains(&ends.products), "{ends:?}");
    }
    session.pause();
    let steps = |of: RunId| -> Vec<u64> {
        let row = |event: &Event| match event {
            Event::StreamedTrace { run, row } if *run == of => Some(row.step),
            _ => None,
        };
        session.log.iter().filter_map(row).collect()
    };
    for info in &session.runs {
        let steps = steps(info.run);
        assert!(steps.is_sorted() && steps.len() > 1, "{steps:?}");
    }
    session.end();
}

#[test]
fn a_run_that_keeps_up_has_an_exact_point_at_every_part_of_its_budget() {
    let mut session = Session::start(ending(&["budget=100", "look.pace=keep-up", "look.eval_every=50"]));
    play_to_the_end(&mut session);
    let sgd = session.run_of(OptimizerKind::Sgd);
    session.wait_for_rest(sgd, 100);
    let expected: Vec<u64> = (0..=25).map(|part| 4 * part).collect();
    let (traces, ends) = exact_steps(&session, sgd);
    assert_eq!((&traces, &ends), (&expected, &expected));
    // One step of NSO is 8 evaluations, so that every second point falls upon one.
    let nso = session.run_of(OptimizerKind::Nso);
    session.wait_for_rest(nso, 12);
    let (traces, _) = exact_steps(&session, nso);
    assert_eq!(traces, (0..=12).collect::<Vec<u64>>());
    session.end();
}

#[test]
fn whatever_is_waited_for_the_steps_are_the_same() {
    let rows = |pace: &str| {
        let mut session = Session::start(ending(&["budget=120", pace]));
        play_to_the_end(&mut session);
        let rows = session.runs.iter().map(|info| from_step(session.rows(info.run), 0, usize::MAX));
        let rows: Vec<Vec<String>> = rows.collect();
        session.end();
        rows
    };
    assert_eq!(rows("look.pace=free"), rows("look.pace=keep-up"));
}

#[test]
fn that_training_waits_for_curvature_is_told_until_the_pace_is_free() {
    let mut session = Session::start(changed("digits-mlp", &[&["look.trace_probes=4000", "look.resolution=9"]]));
    session.send(Command::SetPace(Pace::KeepUp));
    session.send(Command::Play);
    session.wait_for("Speed that says what is waited for", |event| match event {
        Event::Speed(speed) if speed.waiting == Waiting::TrainingForCurvature => Some(()),
        _ => None,
    });
    session.send(Command::SetPace(Pace::Free));
    session.wait_for("Speed of runs that wait for nothing", |event| match event {
        Event::Speed(speed) if speed.waiting == Waiting::None && speed.steps_per_second > 0.0 => Some(()),
        _ => None,
    });
    session.end();
}

#[test]
fn nobody_waits_for_measurements_that_get_no_time_nor_for_a_run_that_is_lost() {
    let mut session = Session::start(tiny(&["look.pace=keep-up", "look.trace_probes=20000"]));
    let sam = session.run_of(OptimizerKind::Sam);
    session.send(Command::SetLookShare(0.0));
    session.send(Command::Play);
    session.wait_for("a later step", |event| last_step(event, sam).filter(|step| *step > 20));
    session.end();

    let lost = ["sgd.learning_rate=100", "sgd.weight_decay=10", "sgd.momentum=0.99", "look.pace=keep-up"];
    let mut session = Session::start(tiny(&lost));
    let (sgd, sam) = (session.run_of(OptimizerKind::Sgd), session.run_of(OptimizerKind::Sam));
    session.send(Command::Play);
    session.wait_for("Diverged", |event| matches!(event, Event::Diverged { run, .. } if *run == sgd).then_some(()));
    session.wait_for("a later step of SAM", |event| last_step(event, sam).filter(|step| *step > 20));
    session.end();
}
