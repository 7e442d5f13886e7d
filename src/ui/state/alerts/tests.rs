//! Alerts of made-up rows.

use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::config::{Knobs, OptimizerKind, builtin_experiment};
use crate::protocol::{EigenRow, Event, NoiseRow, Origin, RunInfo, RunPast, RunRows, StepRow};
use crate::ui::fake;

fn model() -> Model {
    let optimizer = OptimizerKind::Nso;
    let knobs = Knobs { momentum: 0.0, learning_rate: 0.1, ..Knobs::of(optimizer) };
    let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs, origin: Origin::Initial };
    let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
    model.runs.push(RunView::new(info));
    model.is_playing = true;
    model
}

fn alerts(watched: Watched, pauses: bool) -> Alerts {
    let mut alerts = Alerts::default();
    alerts.set_rules(vec![Rule { watched, is_on: true, pauses }]);
    alerts
}

fn steps(model: &mut Model, steps: std::ops::RangeInclusive<u64>, even_mean: f64) {
    let noise = NoiseRow { sigma: 1.0, base_sigma: 1.0, k: 4, even_mean, odd_square: 0.0, gap_mean: 0.0 };
    let row = |step: u64| StepRow {
        step,
        gradient_evaluations: step,
        train_seconds: 0.0,
        batch_loss: 1.0,
        perturbed_loss: 1.0,
        gradient_norm: 1.0,
        learning_rate: 0.1,
        // They scatter, so that the mean has an error.
        noise: Some(NoiseRow { even_mean: even_mean + 0.1 * (step % 2) as f64, ..noise }),
    };
    let rows: Vec<StepRow> = steps.map(row).collect();
    model.runs[0].push_steps(&rows);
}

fn eval(step: u64, train_loss: f64, test_loss: f64) -> EvalRow {
    EvalRow {
        step,
        gradient_evaluations: step,
        train_loss,
        train_accuracy: 0.9,
        test_loss,
        test_accuracy: 0.9,
        weight_norm: 1.0,
        validation: None,
        average: None,
    }
}

fn eigen(step: u64, lambda_max: f64) -> EigenRow {
    EigenRow {
        step,
        gradient_evaluations: step,
        train_loss: 1.0,
        lambda_max,
        lambda_min: 0.0,
        residual_max: 0.0,
        residual_min: 0.0,
        products: 20,
    }
}

fn said(model: &Model) -> Vec<String> {
    model.notices.newest_first().map(|notice| notice.text.clone()).collect()
}

#[test]
fn the_edge_is_told_once_and_pauses_where_it_shall() {
    let (mut model, mut alerts) = (model(), alerts(Watched::Edge, true));
    steps(&mut model, 1..=10, 1.0);
    model.runs[0].push_eigen(eigen(5, 10.0));
    assert!(!alerts.look(&mut model).pauses && said(&model).is_empty());
    model.runs[0].push_eigen(eigen(8, 21.0));
    assert!(alerts.look(&mut model).pauses, "it pauses");
    let text = said(&model).remove(0);
    assert_eq!(
        text,
        "NSO: λmax 21.0 (of the measured subset) is beyond the edge of stability 20.0 at step 8. Training pauses."
    );
    assert_eq!((model.runs[0].alerts[0].step, &model.runs[0].alerts[0].rule[..]), (8, "edge"));
    model.runs[0].push_eigen(eigen(9, 22.0));
    assert!(!alerts.look(&mut model).pauses && said(&model).len() == 1, "it holds still");
}

#[test]
fn a_rule_that_is_off_says_nothing_and_a_pause_needs_training() {
    let (mut model, mut alerts) = (model(), alerts(Watched::Edge, true));
    model.is_playing = false;
    steps(&mut model, 1..=10, 1.0);
    model.runs[0].push_eigen(eigen(8, 21.0));
    assert!(!alerts.look(&mut model).pauses, "nothing to pause");
    assert!(!said(&model)[0].contains("pauses"));
    let mut off = Alerts::default();
    off.set_rules(vec![Rule { watched: Watched::Edge, is_on: false, pauses: true }]);
    assert!(!off.look(&mut model).pauses && said(&model).len() == 1);
}

#[test]
fn noise_and_hutchinson_part_beyond_their_errors() {
    let (mut model, mut alerts) = (model(), alerts(Watched::Apart { errors: 3.0 }, false));
    // With σ = 1 the trace from pairs is about 2·1.05.
    steps(&mut model, 1..=60, 1.0);
    let trace =
        |step, mean| TraceRow { step, gradient_evaluations: step, train_loss: 1.0, mean, stderr: 0.05, probes: 64 };
    model.runs[0].traces.push(trace(40, 2.1));
    assert!(!alerts.look(&mut model).pauses && said(&model).is_empty(), "they agree");
    model.runs[0].traces.push(trace(50, 4.0));
    alerts.look(&mut model);
    assert!(said(&model)[0].contains("standard errors apart at step 50"), "{:?}", said(&model));
    model.runs[0].traces.push(trace(55, 4.1));
    alerts.look(&mut model);
    assert_eq!(said(&model).len(), 1, "told once");
    model.runs[0].traces.push(trace(56, 2.1));
    model.runs[0].traces.push(trace(58, 4.0));
    alerts.look(&mut model);
    assert_eq!(said(&model).len(), 2, "it did not hold in between");
}

#[test]
fn the_gap_opens_where_the_test_loss_rises_and_the_training_loss_falls() {
    let (mut model, mut alerts) = (model(), alerts(Watched::Gap { share: 0.1 }, false));
    for (step, train, test) in [(10, 0.6, 0.7), (20, 0.4, 0.5), (30, 0.5, 0.6)] {
        model.runs[0].push_eval(eval(step, train, test));
        steps(&mut model, step - 9..=step, 1.0);
        alerts.look(&mut model);
    }
    assert!(said(&model).is_empty(), "both rose");
    model.runs[0].push_eval(eval(40, 0.3, 0.56));
    alerts.look(&mut model);
    let text = said(&model).remove(0);
    assert_eq!(
        text,
        "NSO: the gap opens at step 40: test loss 0.560 after 0.500 at step 20, while the training loss fell to 0.300."
    );
}

#[test]
fn a_limit_of_ones_own_speaks_at_its_side_and_again_after_a_rewind() {
    let watched = Watched::Limit { figure: Figure::TrainLoss, is_above: false, limit: 0.5 };
    let (mut model, mut alerts) = (model(), alerts(watched, false));
    for (step, loss) in [(10, 0.8), (20, 0.4), (30, 0.3)] {
        steps(&mut model, step - 9..=step, 1.0);
        model.runs[0].push_eval(eval(step, loss, 1.0));
        alerts.look(&mut model);
    }
    assert_eq!(said(&model), ["NSO: train loss 0.400 is below 0.5 at step 20."]);
    let knobs = model.runs[0].knobs.clone();
    model.runs[0].rewind(10, knobs);
    assert!(model.runs[0].alerts.is_empty(), "marks of steps that are void go");
    alerts.look(&mut model);
    steps(&mut model, 11..=15, 1.0);
    model.runs[0].push_eval(eval(15, 0.45, 1.0));
    alerts.look(&mut model);
    assert_eq!(said(&model).len(), 2);
}

#[test]
fn what_is_said_is_to_be_kept_with_whether_training_paused_for_it() {
    let (mut model, mut alerts) = (model(), alerts(Watched::Edge, true));
    steps(&mut model, 1..=10, 1.0);
    model.runs[0].push_eigen(eigen(8, 21.0));
    let spoken = alerts.look(&mut model);
    let words = "NSO: λmax 21.0 (of the measured subset) is beyond the edge of stability 20.0 at step 8".to_owned();
    let row = AlertRow { step: 8, rule: "edge".to_owned(), words, paused: true };
    assert_eq!(spoken.rows, [(RunId(0), row.clone())]);
    // The engine says that it is kept.
    model.apply(Event::AlertNoted { run: RunId(0), alert: row.clone() }, Instant::now());
    assert_eq!(model.runs[0].alerts, [row], "one mark of it");
}

/// As a session tells it that is opened.
fn past(model: &mut Model, evals: &[(u64, f64)], alerts: Vec<AlertRow>) {
    let last = evals.iter().map(|(step, _)| *step).max().unwrap_or(0);
    let evals = evals.iter().map(|(step, loss)| eval(*step, *loss, 1.0)).collect();
    let rows = RunRows {
        steps: (1..=last).map(|step| fake::step_row(step, 1.0)).collect(),
        evals,
        alerts,
        ..RunRows::default()
    };
    let past = Box::new(RunPast { rows, slices: Vec::new() });
    model.apply(Event::RunPast { run: RunId(0), past }, Instant::now());
}

#[test]
fn of_a_session_that_is_opened_the_marks_come_back_and_what_is_past_is_not_told_again() {
    let watched = Watched::Limit { figure: Figure::TrainLoss, is_above: false, limit: 0.5 };
    let (mut model, mut alerts) = (model(), alerts(watched, true));
    let words = "NSO: train loss 0.400 is below 0.5 at step 20".to_owned();
    let row = AlertRow { step: 20, rule: "train loss".to_owned(), words, paused: false };
    past(&mut model, &[(10, 0.8), (20, 0.4), (30, 0.6), (40, 0.3)], vec![row.clone()]);
    let spoken = alerts.look(&mut model);
    assert!(!spoken.pauses && spoken.rows.is_empty() && said(&model).is_empty(), "{spoken:?}");
    assert_eq!(model.runs[0].alerts, [row]);
    // It holds still; what begins to hold from here on is told.
    for (step, loss) in [(50, 0.2), (60, 0.7), (70, 0.1)] {
        steps(&mut model, step - 9..=step, 1.0);
        model.runs[0].push_eval(eval(step, loss, 1.0));
        alerts.look(&mut model);
    }
    assert_eq!(said(&model), ["NSO: train loss 0.100 is below 0.5 at step 70. Training pauses."]);
    // So is what comes after a rewind into the past.
    let knobs = model.runs[0].knobs.clone();
    model.runs[0].rewind(30, knobs);
    alerts.look(&mut model);
    steps(&mut model, 31..=40, 1.0);
    model.runs[0].push_eval(eval(40, 0.3, 1.0));
    alerts.look(&mut model);
    assert_eq!(said(&model).len(), 2);
}

#[test]
fn what_was_done_while_a_connection_was_cut_is_told_once_it_is_heard_of() {
    let watched = Watched::Limit { figure: Figure::TrainLoss, is_above: false, limit: 0.5 };
    let (mut model, mut alerts) = (model(), alerts(watched, false));
    steps(&mut model, 1..=20, 1.0);
    for (step, loss) in [(10, 0.4), (20, 0.6)] {
        model.runs[0].push_eval(eval(step, loss, 1.0));
        alerts.look(&mut model);
    }
    assert_eq!(said(&model).len(), 1);
    let infos = vec![model.runs[0].info.clone()];
    model.apply(Event::ToldAgain, Instant::now());
    let (experiment, data) = (Arc::clone(&model.experiment), Arc::default());
    model.apply(
        Event::Started { experiment, num_parameters: 1, tensors: Vec::new(), data, runs: infos },
        Instant::now(),
    );
    let before = said(&model).len();
    past(&mut model, &[(10, 0.4), (20, 0.6), (30, 0.3)], Vec::new());
    alerts.look(&mut model);
    assert_eq!(said(&model)[0], "NSO: train loss 0.300 is below 0.5 at step 30.");
    assert_eq!(said(&model).len(), before + 1);
}

#[test]
fn rules_are_kept_in_files() {
    let mut rules = usual();
    rules.push(Rule {
        watched: Watched::Limit { figure: Figure::LambdaMax, is_above: true, limit: 50.0 },
        is_on: true,
        pauses: true,
    });
    let text = serde_json::to_string(&rules).expect("plain data");
    assert_eq!(serde_json::from_str::<Vec<Rule>>(&text).expect("as written"), rules);
}
