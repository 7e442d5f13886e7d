//! The table that compares runs, with a fake engine.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Command, Event, Fact, Findings, JobEnd, KnobEdit, Measurement, RunInfo};

use crate::canned::{NSO, SAM, SGD, curve, experiment, info, steps};
use crate::fixture::{TALL, Window, sized};

impl Window {
    /// Opens the table of the runs.
    pub fn compare(&mut self) {
        self.press(Key::C);
    }

    /// Names of the runs in the table, from top to bottom.
    pub fn table_order(&self) -> Vec<String> {
        let mut names: Vec<(f32, String)> = self
            .harness
            .query_all_by_label_contains("Select ")
            .filter_map(|node| Some((node.rect().top(), node.accesskit_node().label()?)))
            .filter(|(_, label)| !label.contains("run"))
            .map(|(top, label)| (top, label.trim_start_matches("Select ").to_owned()))
            .collect();
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        names.into_iter().map(|(_, name)| name).collect()
    }
}

#[test]
fn the_table_sorts_by_its_headers_with_missing_values_last() {
    let mut window = sized(TALL).stepped();
    let nan = f64::NAN;
    window.tell(curve(SGD, &[(110, 0.01, 3.0)]));
    window.tell(curve(SAM, &[(110, 0.01, 5.0)]));
    window.tell(curve(NSO, &[(110, 0.01, nan)]));
    window.compare();
    assert_eq!(window.table_order(), ["SGD", "SAM", "NSO"]);
    window.click("Trace, not sorted");
    assert_eq!(window.table_order(), ["SGD", "SAM", "NSO"]);
    assert!(window.has(Role::Button, "Trace, sorted ascending"));
    window.focus(Role::Button, "Trace, sorted ascending");
    window.press(Key::Enter);
    assert!(window.has(Role::Button, "Trace, sorted descending"));
    assert_eq!(window.table_order(), ["SAM", "SGD", "NSO"]);
    window.click("Run, not sorted");
    assert_eq!(window.table_order(), ["NSO", "SAM", "SGD"]);
    window.click("Select SGD");
    assert!(window.shows("Knobs of SGD"));
}

#[test]
fn the_table_reads_at_equal_loss_what_a_closed_form_says() {
    let mut window = sized([1440.0, 900.0]).started();
    // Trace 10 + log₁₀ of the loss: linear in the logarithm, so that interpolation is exact.
    window.tell(curve(SGD, &[(10, 1.0, 10.0), (20, 0.1, 9.0), (30, 0.01, 8.0)]));
    window.tell(curve(SAM, &[(10, 1.0, 10.0), (20, 0.001, 7.0)]));
    window.tell(curve(NSO, &[(10, 1.0, 20.0), (20, 0.031_622_776_6, 18.5)]));
    window.compare();
    window.click("At equal training loss");
    assert!(window.shows("Read where each run last fell through training loss 0.0316"));
    for trace in ["8.50 ± 0.10", "18.5 ± 0.10"] {
        assert!(window.shows(trace), "{trace}");
    }
    window.tell([Event::Diverged { run: NSO, step: 21, last_good_step: 20 }]);
    assert!(window.shows("training loss 0.0100, the lowest"), "a run that diverged does not set the loss");
}

#[test]
fn the_table_says_when_runs_do_not_compare() {
    let mut window = sized(TALL).stepped();
    window.compare();
    assert!(!window.shows("Not a controlled comparison"));
    window.tell([steps(SGD, 300, 1)]);
    assert!(window.shows("their gradient evaluations go from 200 to 300"));
    let edit = KnobEdit { step: 50, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    assert!(window.shows("NSO had knobs turned on the way"));
    window.tell([Event::RunAdded(RunInfo { seed: 7, ..info(4, OptimizerKind::Sam, None) })]);
    assert!(window.shows("they have different seeds"));
}

/// What a measurement of the bound finds.
fn bound(value: f64) -> Box<Findings> {
    let fact = Fact { name: "bound, α over examples".to_owned(), value, error: None, about: String::new() };
    Box::new(Findings { facts: vec![fact], ..Findings::default() })
}

#[test]
fn the_bound_comes_from_the_newest_measurement() {
    let mut window = sized(TALL).stepped();
    window.compare();
    window.click("Measure the bound of all");
    let jobs: Vec<_> = window
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Measure { job, run, request } if matches!(request.what, Measurement::Bound { .. }) => {
                Some((job, run))
            }
            _ => None,
        })
        .collect();
    assert_eq!(jobs.iter().map(|(_, run)| *run).collect::<Vec<_>>(), [SGD, SAM, NSO]);
    window.tell([Event::Measured {
        job: jobs[1].0,
        step: 100,
        objective: String::new(),
        end: JobEnd::Complete,
        findings: bound(4.321),
    }]);
    assert!(window.shows("4.32"));
}

#[test]
fn the_table_is_copied_as_csv_and_as_markdown() {
    let mut window = sized(TALL).stepped();
    window.compare();
    for (item, head) in [("Copy as CSV", "run,optimizer,start,seed,step"), ("Copy as Markdown", "| Run | Optimizer |")]
    {
        window.click("Copy or save the table");
        let text = window.copied_by(item);
        assert!(text.starts_with(head), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("NSO")).count(), 1, "{text}");
        window.harness.run_steps(2);
    }
}

#[test]
fn a_rewound_or_cancelled_measurement_does_not_blank_or_spoil_the_bound() {
    let mut window = sized(TALL).stepped();
    window.compare();
    let measure = |window: &mut Window, end: JobEnd, value: f64| {
        window.click("Measure the bound of all");
        let commands = window.commands();
        let job = commands.iter().find_map(|command| match command {
            Command::Measure { job, run: SAM, .. } => Some(*job),
            _ => None,
        });
        window.tell([Event::Measured {
            job: job.expect("it is asked for"),
            step: 100,
            objective: String::new(),
            end,
            findings: bound(value),
        }]);
    };
    measure(&mut window, JobEnd::Complete, 4.321);
    measure(&mut window, JobEnd::Cancelled, 9.87);
    assert!(window.shows("4.32") && !window.shows("9.87"), "the last whole one stands");
    let knobs = Box::new(experiment().knobs(OptimizerKind::Sam).expect("valid"));
    window.tell([Event::Rewound { run: SAM, step: 50, knobs }, steps(SAM, 300, 2)]);
    assert!(!window.shows("4.32"), "it was of a step that is gone");
}
