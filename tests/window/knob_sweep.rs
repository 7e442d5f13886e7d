//! What the noise says of σ, and sweeps of a knob, with a fake engine.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{
    Command, Curve, Event, Fact, Findings, FoundChart, FoundRange, JobEnd, Measurement, RunId, RunInfo, RunStart,
};

use crate::canned::{NSO, curve, grid, info};
use crate::fixture::{SIZE, TALL, WIDE, Window, sized};

impl Window {
    /// Opens the menu of a knob of the selected run.
    fn knob_menu(&mut self, knob: KnobId) {
        let label = knob.spec().label;
        self.harness.get_all_by_role_and_label(Role::Label, label).last().expect("a label").click_secondary();
        self.harness.run_steps(4);
    }

    /// Two more runs of NSO, with other σ.
    fn add_sigmas(&mut self) {
        for (id, sigma, trace) in [(4, 0.05, 8.0), (5, 0.4, 2.0)] {
            let mut added = info(id, OptimizerKind::Nso, None);
            added.knobs.sigma = sigma;
            self.tell([Event::RunAdded(added)]);
            self.engine.slots.put_grid(grid(RunId(id), OptimizerKind::Nso, 9));
            self.tell(curve(RunId(id), &[(50, 0.02, trace), (100, 0.01, trace)]));
        }
        self.commands();
    }
}

#[test]
fn what_the_noise_says_stands_below_sigma_in_sight() {
    for size in [SIZE, WIDE] {
        let window = sized(size).trained();
        let slider = window.rect(Role::Slider, "Noise σ");
        let mut above = slider.bottom();
        for words in [
            "At σ 0.06 second order holds: pairs 8.40 ± 0.60 (to step 100), Hutchinson 8.51 ± 1.3 (step 100).",
            "Up to which σ it holds is not known yet:",
            "The pair removes 50.0",
            "No σ up to 0.1 moves the trace: 8.51 ± 1.3 (step 100) beside 8.51 ± 1.3 of SGD (step 100)",
        ] {
            let rect = window.harness.get_by_label_contains(words).rect();
            assert!(rect.top() >= above && rect.bottom() < size[1] - 30.0, "{words}: {rect:?} of {size:?}");
            above = rect.top();
        }
    }
}

#[test]
fn before_the_first_step_it_says_what_it_takes() {
    let mut window = sized(TALL).started();
    window.expect("Whether second order holds at this σ: there are no steps yet.");
    window.expect("The smallest σ that moves the trace is not known yet:");
    window.tell([Event::Playing(true)]);
    window.expect("What the pair removes of the variance: measured after the first steps.");
    window.click("Run SGD");
    assert!(!window.shows("What the noise says"), "SGD has no noise");
}

#[test]
fn up_to_which_sigma_second_order_holds_is_measured_from_there() {
    let mut window = sized(TALL).trained();
    window.click("Measure up to which σ second order holds");
    let commands = window.commands();
    let [Command::Measure { job, run: NSO, request }] = &commands[..] else { panic!("{commands:?}") };
    assert!(matches!(request.what, Measurement::SigmaSweep { .. }));
    window.expect("Up to which σ it holds: being measured");
    let line = |name: &str, points: Vec<[f64; 2]>, error: f64| Curve {
        name: name.to_owned(),
        errors: vec![error; points.len()],
        points,
    };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: false,
        curves: vec![
            line(FoundRange::HUTCHINSON, vec![[0.1, 8.5], [0.3, 8.5], [0.5, 8.5]], 0.2),
            line(FoundRange::PAIRS, vec![[0.1, 8.6], [0.3, 8.9], [0.5, 30.0]], 0.4),
        ],
    };
    let facts =
        vec![Fact::exact(FoundRange::BREAKS_AT, 0.5, "apart"), Fact::exact(FoundRange::HOLDS_TO, 0.3, "not apart")];
    let findings = Box::new(Findings { facts, charts: vec![chart], ..Findings::default() });
    let (objective, end) = ("cross-entropy".to_owned(), JobEnd::Complete);
    window.tell([Event::Measured { job: *job, step: 90, objective, end, findings }]);
    window.expect(
        "It holds up to σ 0.300: pairs 8.90 ± 0.40 and Hutchinson 8.50 ± 0.20 there; at 0.500 they part (step 90).",
    );
    assert!(!window.has(Role::Button, "Measure up to which σ second order holds"));
}

#[test]
fn a_knob_is_swept_from_its_own_menu() {
    let mut window = sized(TALL).stepped();
    window.knob_menu(KnobId::LearningRate);
    window.click("Sweep this knob…");
    window.expect("Sweep Learning rate of NSO");
    window.expect("lr 0.005, 0.01, 0.02, 0.04, 0.08. Adds 4 runs, one is there:");
    window.click("Add the runs");
    let commands = window.commands();
    let rates: Vec<f64> = commands
        .iter()
        .filter_map(|command| match command {
            Command::AddRun { optimizer: OptimizerKind::Nso, knobs, start: RunStart::Again(NSO) } => {
                Some(knobs.learning_rate)
            }
            _ => None,
        })
        .collect();
    assert_eq!(rates, [0.005, 0.01, 0.04, 0.08], "{commands:?}");
    assert!(window.shows_pane("Knob sweep"));
}

#[test]
fn a_list_that_cannot_be_is_told_before_anything_is_added() {
    let mut window = sized(TALL).stepped();
    window.open_pane("Knob sweep");
    window.expect("No other run differs from NSO in one knob alone.");
    window.click("Sweep a knob…");
    window.expect("Sweep Noise σ of NSO");
    window.click("A list");
    window.type_into(Role::TextInput, "Values of the sweep", "0.1 9");
    window.expect("Noise σ is 9, expected a number from 0 to 1.");
    assert!(window.is_disabled(Role::Button, "Add the runs"));
    window.type_into(Role::TextInput, "Values of the sweep", "0.1, 0.3");
    window.press(Key::Enter);
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::AddRun { knobs, start: RunStart::Again(NSO), .. }] if knobs.sigma == 0.3),
        "{commands:?}"
    );
}

#[test]
fn the_runs_of_a_sweep_stand_side_by_side() {
    let mut window = sized(WIDE).trained();
    window.add_sigmas();
    window.open_pane("Knob sweep");
    window.expect(
        "σ 0.05, 0.1, 0.4: one seed; errors are those of the probes. At equal training loss: 0.0100, the lowest",
    );
    for image in ["Landscape at σ 0.05", "Landscape at σ 0.1", "Landscape at σ 0.4"] {
        assert!(window.has(Role::Image, image), "{image}");
    }
    let places = ["Landscape at σ 0.05", "Landscape at σ 0.1"].map(|image| window.rect(Role::Image, image));
    assert!((places[0].size() - places[1].size()).length() < 0.1, "{places:?}");
    for chart in ["Chart of Hessian trace over σ", "Chart of Test accuracy over σ"] {
        assert!(window.has(Role::Image, chart), "{chart}");
    }
    window.click_on(Role::Image, "Landscape at σ 0.05");
    window.expect("Knobs of NSO 2");
    // Trace 8 at σ 0.05 is within the errors of SGD's, trace 2 at σ 0.4 is not; 8.51 at σ 0.1 is SGD's own.
    window.expect(
        "σ 0.4 is the smallest that moves the trace: 2.00 ± 0.10 (step 100) beside 8.51 ± 1.3 of SGD (step 100)",
    );
}

#[test]
fn runs_of_several_seeds_are_one_value() {
    let mut window = sized(WIDE).trained();
    window.add_sigmas();
    let other = RunInfo { seed: 7, ..info(6, OptimizerKind::Nso, None) };
    window.tell([Event::RunAdded(other)]);
    window.open_pane("Knob sweep");
    window.expect("σ 0.05, 0.1, 0.4: 2 seeds; errors are those of their mean");
    assert!(window.has(Role::Image, "Landscape at σ 0.1"), "one picture a value");
}
