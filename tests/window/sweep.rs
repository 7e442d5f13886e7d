//! A sweep's folder in the window with a fake engine: what is said of its units, and what opening one sends.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{Experiment, OptimizerKind};
use flatscape::protocol::{Command, Event, RunId, RunStart};
use flatscape::report::results::{CurveRow, RunResult, RunWeights};
use flatscape::sweep::comparison::{ComparisonPlan, Point};
use flatscape::sweep::folder::{Origin, Stored, SweepFolder};
use flatscape::sweep::plan::{Plan, Work};
use flatscape::sweep::unit::FORMAT;
use flatscape::ui::fake::Measured;

use crate::canned::experiment;
use crate::fixture::{TALL, Window, sized};

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a plan of SGD with so many seeds.
fn planned(dir: &Path, experiment: &Experiment, seeds: u64) -> (SweepFolder, Plan) {
    let mut comparison = ComparisonPlan {
        experiment: experiment.to_toml(),
        optimizers: vec![OptimizerKind::Sgd],
        seeds,
        curvature: Some(0),
        weights: true,
        points: vec![Point { set: Vec::new(), units: Vec::new() }],
    };
    let units = comparison.make_units(dir).expect("valid");
    let plan = Plan {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        folder: dir.to_owned(),
        device: "cpu".to_owned(),
        work: Work::Comparison(comparison),
        units,
    };
    (SweepFolder::create(dir, &plan, false).expect("a folder"), plan)
}

/// A run that was evaluated three times.
fn result(seed: u64, weights: Option<&[u8]>) -> RunResult {
    let at = |step: u64| Measured::at(step, 1.0 / (step + 1) as f64, 5.0 + seed as f64).events(RunId(0));
    let row = |step: u64| {
        let [Event::Evaluated { row: eval, .. }, Event::Trace { row: trace, .. }, _] = at(step) else { panic!("rows") };
        CurveRow {
            step,
            gradient_evaluations: eval.gradient_evaluations,
            eval,
            batch_loss: eval.train_loss,
            perturbed_loss: eval.train_loss,
            learning_rate: 0.02,
            trace: Some(trace),
            noise_trace: None,
            lambda_max: None,
            lambda_min: None,
        }
    };
    let [Event::Evaluated { row: eval, .. }, Event::Trace { row: trace, .. }, Event::Eigen { row: eigen, .. }] = at(20)
    else {
        panic!("rows")
    };
    RunResult {
        optimizer: OptimizerKind::Sgd,
        seed,
        steps: 20,
        gradient_evaluations: eval.gradient_evaluations,
        kept_step: None,
        train_loss: eval.train_loss,
        test_loss: eval.test_loss,
        train_accuracy: eval.train_accuracy,
        test_accuracy: eval.test_accuracy,
        validation: None,
        average: None,
        trace,
        eigen,
        scores: std::collections::BTreeMap::new(),
        wall_seconds: 2.5,
        diverged_at: None,
        curves: [0, 10, 20].map(row).to_vec(),
        grid: None,
        weights: weights.map(|own| RunWeights { own: own.to_vec(), average: None }),
        found: None,
    }
}

fn land(folder: &SweepFolder, plan: &Plan, unit: usize, weights: Option<&[u8]>) {
    let origin = Origin { version: "1".to_owned(), device: "CPU".to_owned(), processor: None };
    let found = result(unit as u64, weights);
    folder.write(&Stored { unit: plan.units[unit].id.clone(), origin, found }).expect("written");
}

impl Window {
    /// Draws until something is so: the folder is read by a thread of its own.
    fn wait_for<T>(&mut self, what: &str, mut is_there: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            if let Some(found) = is_there(self) {
                return found;
            }
            assert!(Instant::now() < deadline, "no {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn wait_for_text(&mut self, text: &str) {
        self.wait_for(text, |window| window.shows(text).then_some(()));
    }
}

#[test]
fn units_are_told_as_they_land_and_a_run_that_is_done_opens() {
    let (dir, own) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (folder, plan) = planned(dir.path(), &experiment(), 3);
    land(&folder, &plan, 0, Some(b"weights of unit 0"));
    folder.note_failure(&plan.units[2].id, "a disk is full");
    let mut window = sized(TALL).kept_in(&own.path().join("settings.json")).started();
    window.drop_files(&[dir.path().to_owned()]);
    assert!(window.shows_pane("Sweep"));
    window.wait_for_text("1 of 3 units are done");
    window.wait_for_text("a disk is full");
    window.expect("Choose a unit in the table");
    assert!(window.has(Role::Button, "1 failed") && window.has(Role::Button, "1 waiting"));

    land(&folder, &plan, 1, None);
    window.wait_for_text("2 of 3 units are done");
    window.click("1 failed");
    assert!(window.has(Role::Button, "Select unit 2") && !window.has(Role::Button, "Select unit 1"));
    window.click("All");

    // With weights it is a run at its end, beside the others.
    window.click("Select unit 0");
    window.commands();
    window.click("Open run");
    let add = window.wait_for("command", |window| window.commands().into_iter().next());
    let Command::AddRun { optimizer: OptimizerKind::Sgd, start: RunStart::Done(done), .. } = add else {
        panic!("{add:?}")
    };
    assert_eq!((done.seed, done.step, done.gradient_evaluations), (0, 20, 40));
    assert_eq!((done.past.rows.evals.len(), done.past.rows.traces.len(), done.past.rows.eigens.len()), (3, 3, 1));
    assert!(done.weights.path.starts_with(own.path()), "{:?}", done.weights);
    assert_eq!(std::fs::read(&done.weights.path).expect("written"), b"weights of unit 0");

    // Without them it is trained again, from its own seed.
    window.click("Select unit 1");
    window.click("Train again here");
    let load = window.wait_for("command", |window| window.commands().into_iter().next());
    let Command::Load { experiment, more } = load else { panic!("{load:?}") };
    assert_eq!((experiment.seed, experiment.optimizers.len(), more.len()), (1, 1, 0));
    window.expect("has no weights, so its run is trained again here");
}

#[test]
fn a_run_of_other_data_takes_the_place_of_those_that_there_are() {
    let (dir, own) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut other = experiment();
    other.data.train_size = 200;
    let (folder, plan) = planned(dir.path(), &other, 1);
    land(&folder, &plan, 0, Some(b"weights"));
    let mut window = sized(TALL).kept_in(&own.path().join("settings.json")).started();
    window.drop_files(&[dir.path().to_owned()]);
    window.wait_for_text("1 of 1 units are done");
    window.click("Select unit 0");
    window.commands();
    window.click("Open run");
    let load = window.wait_for("command", |window| window.commands().into_iter().next());
    let Command::LoadOnly { experiment, runs } = load else { panic!("{load:?}") };
    assert_eq!((experiment.data.train_size, runs.len()), (200, 1));
}

#[test]
fn ten_thousand_units_lay_out_a_screenful_and_rest() {
    let dir = tempfile::tempdir().expect("a folder");
    let (folder, plan) = planned(dir.path(), &experiment(), 10_000);
    land(&folder, &plan, 9_999, None);
    let mut window = sized(TALL).started();
    window.tell([Event::Playing(false)]);
    window.drop_files(&[dir.path().to_owned()]);
    window.wait_for_text("1 of 10\u{a0}000 units are done");
    let rows = window.harness.query_all_by_label_contains("Select unit ").count();
    assert!((5..200).contains(&rows), "{rows} rows");
    window.click("Test loss, not sorted");
    assert!(window.has(Role::Button, "Select unit 9999"), "the one with a figure comes first");
    let mut failures = Vec::new();
    window.assert_rests("a sweep that stands", &mut failures);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Lands the result of a unit as that of all units; what they found is the same.
fn land_all(folder: &SweepFolder, plan: &Plan) {
    land(folder, plan, 0, None);
    let first = &plan.units[0].id;
    let text = std::fs::read_to_string(folder.result_path(first)).expect("it has landed");
    for unit in &plan.units[1..] {
        std::fs::write(folder.result_path(&unit.id), text.replace(first.as_str(), &unit.id)).expect("written");
    }
}

/// The middle of frame times, in milliseconds.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures are told, not held: machines differ")]
fn ten_thousand_results_land_while_frames_lay_out_a_screenful() {
    let dir = tempfile::tempdir().expect("a folder");
    let (folder, plan) = planned(dir.path(), &experiment(), 10_000);
    let mut window = sized(TALL).stepped();
    window.tell([Event::Playing(false)]);
    let timed = |window: &mut Window| {
        let begun = Instant::now();
        window.harness.step();
        1e3 * begun.elapsed().as_secs_f64()
    };
    let without: Vec<f64> = (0..100).map(|_| timed(&mut window)).collect();
    window.drop_files(&[dir.path().to_owned()]);
    window.wait_for_text("0 of 10\u{a0}000 units are done");
    land_all(&folder, &plan);
    let (mut with, mut most) = (Vec::new(), 0);
    window.wait_for("end of results that land", |window| {
        with.push(timed(window));
        let rows = window.harness.query_all_by_label_contains("Select unit ").count();
        most = most.max(rows);
        window.shows("10\u{a0}000 of 10\u{a0}000 units are done").then_some(())
    });
    assert!((5..200).contains(&most), "{most} rows");
    let frames = with.len();
    let (without, with) = (median(without), median(with));
    println!(
        "a frame takes {without:.2} ms without the pane, {with:.2} ms while 10 000 results land in {frames} frames"
    );
}

#[test]
fn a_sweep_that_was_named_at_the_start_trains_nothing_beside_it() {
    let dir = tempfile::tempdir().expect("a folder");
    planned(dir.path(), &experiment(), 2);
    let mut window = sized(TALL).with_files(&[dir.path().to_owned()]).open();
    window.wait_for_text("0 of 2 units are done");
    let commands = window.commands();
    let place = |wanted: Command| commands.iter().rposition(|command| *command == wanted);
    assert!(place(Command::Pause) > place(Command::Play), "{commands:?}");
}
