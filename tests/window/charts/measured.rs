//! Charts of what is measured on request: traces by tensor, a sweep of σ, the bound.

use egui::PointerButton;
use egui::accesskit::Role;
use flatscape::config::OptimizerKind;
use flatscape::protocol::{
    Command, Curve, Estimate, Event, Fact, Findings, FoundChart, JobEnd, LayerTraceRow, Measurement,
};

use super::trained;
use crate::canned::{NSO, RUNS, experiment};

#[test]
fn traces_by_tensor_are_asked_for_and_stacked() {
    let mut window = trained();
    window.click("Trace per layer");
    window.click("Measure traces by tensor");
    assert_eq!(window.commands(), [Command::SetLayerTraces(true)]);
    let layers = |means: [f64; 2]| means.map(|mean| Estimate { mean, stderr: 0.1, samples: 8 }).to_vec();
    let row = |step, means| LayerTraceRow { step, gradient_evaluations: 2 * step, layers: layers(means) };
    window.tell([
        Event::LayerTrace { run: NSO, row: row(10, [4.0, 1.0]) },
        Event::LayerTrace { run: NSO, row: row(90, [3.0, -0.5]) },
    ]);
    assert!(window.shows("Chart of Trace by tensor"));
    for text in ["0.weight", "0.bias", "3.00 ± 0.10", "−0.500 ± 0.10", "3.00 ± 0.30"] {
        assert!(window.shows(text), "{text}");
    }
    let run = window.harness.state().model().run(NSO).unwrap();
    assert_eq!(run.layers.rows().len(), 2);
}

#[test]
fn measurements_are_asked_for_and_drawn() {
    let mut window = trained();
    window.click("σ sweep");
    window.click("Measure now");
    let commands = window.commands();
    let [Command::Measure { job, run: NSO, request }] = &commands[..] else { panic!("{commands:?}") };
    assert!(matches!(request.what, Measurement::SigmaSweep { count: 13, .. }));
    assert!(window.shows("Measuring: 0 of 0"));
    let curve = Curve { name: "noise pairs".to_owned(), points: vec![[0.01, 3.0], [0.1, 2.0]], errors: vec![0.1, 0.1] };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: false,
        curves: vec![curve],
    };
    let facts = vec![Fact::exact("largest σ that agrees", 0.05, "within two standard errors")];
    let findings = Box::new(Findings { facts, charts: vec![chart], ..Findings::default() });
    let (objective, end) = ("cross-entropy".to_owned(), JobEnd::Complete);
    window.tell([Event::Measured { job: *job, step: 100, objective, end, findings }]);
    assert!(window.shows("largest σ that agrees") && window.shows("cross-entropy"));
    assert!(window.has(Role::Button, "Export Trace"));
}

#[test]
fn bounds_are_kept_for_all_runs_and_drawn_over_the_axis() {
    let mut window = trained();
    window.click("Bound");
    window.click("Measure all runs");
    let jobs: Vec<_> = window
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Measure { job, run, .. } => Some((job, run)),
            _ => None,
        })
        .collect();
    assert_eq!(jobs.iter().map(|(_, run)| *run).collect::<Vec<_>>(), RUNS.map(|(run, _)| run));
    let measured = |job, step, value| {
        let facts = vec![
            Fact::exact("bound, α over examples", value, "1·√(α r²/n)"),
            Fact::with_error("α over examples", 30.0, 2.0, "32 probes"),
            Fact::exact("r = ‖w − w₀‖", 4.0, ""),
            Fact::exact("n", 300.0, "examples"),
        ];
        let findings = Box::new(Findings { facts, ..Findings::default() });
        Event::Measured { job, step, objective: "cross-entropy".to_owned(), end: JobEnd::Complete, findings }
    };
    window.tell(jobs.iter().map(|(job, _)| measured(*job, 60, 1.25)));
    for chart in ["Bound", "α", "r"] {
        window.hover(chart, 60.0 / 103.0);
        assert!(window.shows("SGD") && window.shows("step 60"), "{chart}");
    }
    window.hover("Bound", 60.0 / 103.0);
    // Half the share of the error of α: 1.25 · 2/60.
    assert!(window.shows("1.25 ± 0.042"));
    assert!(window.shows("n 300, C 1"));
    // A run that goes back loses what was measured later.
    let knobs = experiment().knobs(OptimizerKind::Nso).unwrap();
    window.tell([Event::Rewound { run: NSO, step: 50, knobs: Box::new(knobs) }]);
    assert!(window.harness.state().model().run(NSO).unwrap().bounds.rows().is_empty());
}

#[test]
fn curves_of_a_measurement_can_be_hidden_and_zoomed() {
    let mut window = trained();
    window.click("σ sweep");
    window.click("Measure now");
    let commands = window.commands();
    let [Command::Measure { job, .. }] = &commands[..] else { panic!("{commands:?}") };
    let curve = |name: &str, y| Curve {
        name: name.to_owned(),
        points: (1..=9).map(|i| [0.01 * f64::from(i), y]).collect(),
        errors: Vec::new(),
    };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: true,
        curves: vec![curve("noise pairs", 3.0), curve("Hutchinson", -2.0)],
    };
    let findings = Box::new(Findings { charts: vec![chart], ..Findings::default() });
    let (objective, end) = ("cross-entropy".to_owned(), JobEnd::Complete);
    window.tell([Event::Measured { job: *job, step: 100, objective, end, findings }]);
    assert!(window.shows("9 values of 0 or below left out"), "the traces below 0 are said");
    assert!(window.shows("σ, log"), "the axis has a name");
    window.hover("Trace", 0.05);
    assert!(window.shows("at 0.01"));
    let (from, to) = (window.place("Trace", 0.6, 0.3), window.place("Trace", 0.9, 0.8));
    window.drag_chart(from, to, PointerButton::Secondary);
    window.hover("Trace", 0.05);
    assert!(!window.shows("at 0.01"), "the box is seen");
    window.click("Fit");
    window.hover("Trace", 0.05);
    assert!(window.shows("at 0.01"));
    window.check("Show noise pairs in Trace");
    assert!(window.shows("Trace: all values are 0 or below"), "one is hidden, the other cannot be drawn");
}
