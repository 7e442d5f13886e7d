//! What the charts have of each run, what is read under the pointer, and what is copied.

use egui::accesskit::{Role, Toggled};
use egui::{Key, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Event, KnobEdit, RunId};

use super::trained;
use crate::canned::{NSO, SAM, experiment, info, noise};
use crate::fixture::Window;

#[test]
fn a_hidden_run_is_hidden_in_all_charts() {
    let mut window = trained();
    let toggle = |window: &Window| window.role(Role::CheckBox, "Show SGD in charts").accesskit_node().toggled();
    assert_eq!(toggle(&window), Some(Toggled::True));
    window.check("Show SGD in charts");
    assert_eq!(toggle(&window), Some(Toggled::False));
    window.click("Loss and accuracy");
    for (chart, line) in [("Batch loss", "clean"), ("Loss", "train"), ("Accuracy", "test")] {
        window.hover(chart, 0.5);
        assert!(!window.shows(&format!("SGD {line}")) && window.shows(&format!("SAM {line}")), "{chart}");
    }
    // By the keyboard it comes back.
    window.focus(Role::CheckBox, "Show SGD in charts");
    window.press(Key::Enter);
    assert_eq!(toggle(&window), Some(Toggled::True));
    window.hover("Accuracy", 0.5);
    assert!(window.shows("SGD train"));
}

#[test]
fn readings_have_the_raw_and_the_smoothed_value() {
    let mut window = trained();
    window.click("Loss and accuracy");
    window.hover("Batch loss", 0.5);
    assert!(!window.shows("smoothed"));
    window.set("Smoothing", 0.9);
    window.hover("Batch loss", 0.5);
    assert!(window.shows("smoothed 0.0"), "the loss falls as 1/step");
}

#[test]
fn a_rewound_run_loses_its_later_rows() {
    let mut window = trained();
    let edit = |step| KnobEdit { step, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit: edit(70) }, Event::Finished { run: NSO }]);
    let knobs = experiment().knobs(OptimizerKind::Nso).unwrap();
    window.tell([Event::Rewound { run: NSO, step: 60, knobs: Box::new(knobs.clone()) }]);
    let run = window.harness.state().model().run(NSO).unwrap();
    assert_eq!((run.step(), run.steps.rows().len(), run.evals.rows().len(), run.edits.len()), (60, 60, 1, 0));
    assert_eq!(run.knobs, knobs);
    assert_eq!(run.evals.last().unwrap().step, 50);
    let others = window.harness.state().model().run(RunId(1)).unwrap();
    assert_eq!(others.step(), 100, "other runs keep theirs");
}

#[test]
fn an_added_run_has_the_rows_of_its_parent_and_a_name_of_its_own() {
    let mut window = trained();
    let added = |run, parent| Event::RunAdded(info(run, OptimizerKind::Nso, parent));
    window.tell([added(9, Some((NSO, 60))), added(10, None)]);
    let model = window.harness.state().model();
    let (branch, fresh) = (model.run(RunId(9)).unwrap(), model.run(RunId(10)).unwrap());
    assert_eq!((branch.step(), branch.evals.rows().len(), fresh.step()), (60, 1, 0));
    assert_eq!([branch.name(), fresh.name()], ["NSO 2", "NSO 3"]);
    assert!(window.shows("Show NSO 2 in charts") && window.shows("Show NSO 3 in charts"));
    // The branch point is marked and read out.
    window.click("Loss and accuracy");
    window.hover("Batch loss", 0.5);
    window.tell([Event::RunRemoved(RunId(10))]);
    assert!(!window.shows("NSO 3"));
    // A run that comes later has a name that no other has, the removed one included: that may come back.
    window.tell([added(11, None)]);
    assert!(window.shows("Show NSO 4 in charts"));
}

#[test]
fn all_rows_are_copied_as_csv() {
    let mut window = trained();
    window.click("Loss and accuracy");
    window.click("Export Batch loss");
    let text = window.copied_by("Copy CSV");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "run,line,step,gradient_evaluations,train_seconds,value,stderr,smoothed");
    assert_eq!(lines.len(), 1 + 5 * 100, "clean loss of three runs and perturbed loss of two at 100 steps");
    assert!(lines.contains(&"SGD,\"Batch loss, clean\",4,8,0.1,0.25,,"), "{}", lines[1]);
}

#[test]
fn markers_are_read_out_near_the_pointer() {
    let mut window = trained();
    let edit = KnobEdit { step: 50, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    let rect = window.harness.get_by_label("Chart of Train loss").rect();
    // The axis ends at 103 steps.
    window.hover("Train loss", 50.0 / 103.0);
    assert!(window.shows("NSO: σ 0.06 → 0.1 at step 50"), "{rect}");
}

#[test]
fn readings_are_exact_and_sgd_has_no_perturbed_loss() {
    let mut window = trained();
    window.click("Loss and accuracy");
    window.hover("Accuracy", 0.5);
    assert!(window.shows("96.37\u{a0}%"));
    window.hover("Batch loss", 33.0 / 103.0);
    assert!(window.shows("0.030303"), "1/33");
    assert!(window.shows("SAM perturbed") && !window.shows("SGD perturbed"));
}

#[test]
fn of_many_runs_those_near_the_pointer_are_read() {
    let mut window = trained();
    window.tell((10..40).map(|run| Event::RunAdded(info(run, OptimizerKind::Sam, Some((SAM, 100))))));
    window.hover("Train loss", 0.5);
    assert!(window.shows("and 21 more, further from the pointer"), "33 runs, 12 of them are read");
}

#[test]
fn a_diverged_run_is_marked_where_it_diverged() {
    let mut window = trained();
    window.tell([Event::Diverged { run: RunId(2), step: 101, last_good_step: 100 }]);
    window.hover("Train loss", 101.0 / 103.0);
    assert!(window.shows("SAM diverged at step 101"));
}

#[test]
fn the_running_trace_from_pairs_stands_beside_hutchinsons() {
    let mut window = trained();
    window.click("Noise");
    window.hover("Running trace", 0.97);
    assert!(window.shows("NSO noise pairs") && window.shows("NSO Hutchinson"));
    // 2 · 0.004/0.06², all steps alike: no spread, so no error is told.
    assert!(window.shows("2.22222"));
    assert!(window.shows("25.0\u{a0}%"), "σ 0.06 beside weights of 0.24");
}

#[test]
fn titles_of_charts_are_explained() {
    let mut window = trained();
    for (tab, title, formula) in [
        ("Overview", "Noise samples", "∇L(w+U), U ~ N(0, σ²I)"),
        ("Overview", "Hessian trace", "Tr ∇²L(w) = λ₁ + λ₂"),
        ("Noise", "Even part", "e = (L(w+U) + L(w−U))/2 − L(w), mean"),
        ("Loss and accuracy", "Batch loss", "clean L(w), perturbed L(w + ε)"),
    ] {
        window.click(tab);
        assert!(!window.shows(formula), "{title}");
        let place = window.rect(Role::Label, title).center();
        window.harness.hover_at(place);
        window.harness.run_steps(8);
        assert!(window.shows(formula), "{title}");
        window.harness.hover_at(pos2(5.0, 5.0));
        window.harness.run_steps(8);
    }
}

#[test]
fn samples_of_a_histogram_are_copied_as_csv() {
    let mut window = trained();
    window.click("Noise");
    window.click("Export Odd part");
    let text = window.copied_by("Copy CSV");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("\"NSO, Odd part\"", 201));
    assert_eq!(lines[2].parse::<f32>().expect("a number"), noise().odd[1]);
}
