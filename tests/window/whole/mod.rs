//! Everything that a window says is said whole: no text is cut where it cannot be scrolled to, no figure loses its error.

mod cut;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2, vec2};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::OptimizerKind;
use flatscape::protocol::{Command, Event, Fact, Findings, JobEnd, Origin, RunId, RunInfo, StepRow};
use flatscape::ui::fake::{self, Measured};

use self::cut::cut_texts;
use crate::canned::{CHARTS, experiment};
use crate::fixture::{Opening, Window, sized};

/// Sizes of windows in the system's points, and the factors of the three text sizes.
const SIZES: [[f32; 2]; 4] = [[1440.0, 900.0], [1280.0, 800.0], [1024.0, 640.0], [800.0, 560.0]];
const TEXT_SIZES: [(f32, &str); 3] = [(1.0, "normal"), (1.25, "large"), (1.6, "projector")];
/// Where the runs stand, and where the older figures were measured.
const STEP: u64 = 12_345;
const EARLIER: u64 = 9_800;

fn optimizer(run: u32) -> OptimizerKind {
    [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso][run as usize % 3]
}

/// So many runs, and their slices. The trace of every second one is older than its losses.
pub fn with_runs(opening: Opening, count: u32) -> Window {
    let mut window = opening.open();
    let experiment = experiment();
    let info = |run: u32| RunInfo {
        run: RunId(run),
        optimizer: optimizer(run),
        seed: 0,
        knobs: experiment.knobs(optimizer(run)).expect("valid"),
        origin: Origin::Initial,
    };
    window.tell([Event::Started {
        experiment: Arc::new(experiment.clone()),
        num_parameters: 1218,
        tensors: ["0.weight", "0.bias"].map(str::to_owned).to_vec(),
        data: Arc::new(fake::preview()),
        runs: (0..count.min(3)).map(info).collect(),
    }]);
    window.tell((3..count).map(|run| Event::RunAdded(info(run))));
    for run in 0..count {
        window.engine.slots.put_grid(fake::slice(RunId(run), optimizer(run), STEP - 45, [9, 90]));
    }
    window.tell((0..count).flat_map(measured));
    window.tell([Event::Device { name: "CPU (Flex), 2 threads".to_owned(), notice: None }]);
    window.commands();
    window
}

/// Steps of a run, its losses at the end, and its curvature there or earlier.
fn measured(run: u32) -> Vec<Event> {
    let id = RunId(run);
    let noise = (optimizer(run) == OptimizerKind::Nso).then(fake::noise_row);
    let row = |step: u64| StepRow { noise, ..fake::step_row(step, 1.0 / step as f64) };
    let rows = (1..=100).map(|step| row(step * STEP / 100)).collect();
    let at = |step: u64| Measured { stderr: 131.0, ..Measured::at(step, 0.0123, 8510.0) }.events(id);
    let [eval, trace, eigen] = at(STEP);
    let [_, old_trace, old_eigen] = at(EARLIER);
    let mut events = vec![Event::Steps { run: id, rows }, eval, old_trace, old_eigen];
    if run.is_multiple_of(2) {
        events.extend([trace, eigen]);
    }
    events
}

/// Opens the pane of measurements with something that was found.
pub fn measure(window: &mut Window) {
    window.press(Key::M);
    let button = "Measure SGD";
    window.click("Run SGD");
    window.click(button);
    let job = window.commands().into_iter().find_map(|command| match command {
        Command::Measure { job, .. } => Some(job),
        _ => None,
    });
    let facts = vec![
        Fact::with_error("trace of the Hessian", 8510.0, 131.0, "64 probes"),
        Fact::exact("largest eigenvalue", 7.1, "residual 1e-4"),
    ];
    let findings = Box::new(Findings { facts, ..Findings::default() });
    let objective = "cross-entropy, mean over 300 training examples".to_owned();
    let job = job.expect("it is asked for");
    window.tell([Event::Measured { job, step: STEP, objective, end: JobEnd::Complete, findings }]);
    window.press(Key::M);
}

/// The window with everything opened in turn: what was cut, each with where.
fn look_everywhere(window: &mut Window, place: &str, found: &mut Vec<String>) {
    let mut look = |window: &mut Window, view: &str| {
        found.extend(cut_texts(window).into_iter().map(|cut| format!("{place}, {view}: {cut}")));
    };
    for (key, layout) in [(Key::Num2, "compare"), (Key::Num3, "teach"), (Key::Num1, "explore")] {
        window.chord(Modifiers::COMMAND, key);
        look(window, layout);
    }
    window.press(Key::Num3);
    look(window, "surfaces");
    window.press(Key::Num2);
    for (key, pane) in [(Key::C, "table"), (Key::M, "measure"), (Key::N, "notices"), (Key::F1, "guide")] {
        window.press(key);
        look(window, pane);
        if pane == "measure" {
            read(window);
            look(window, "reading beside measure");
            window.harness.event(egui::Event::PointerGone);
        }
        window.press(key);
    }
    for pane in ["Model", "Data", "Runs"] {
        window.click_on(Role::Button, pane);
        look(window, pane);
    }
}

/// Puts the pointer on the first landscape that is to be seen.
pub fn read(window: &mut Window) {
    let rect = window.harness.query_all_by_label_contains("Landscape of ").next().expect("there is one").rect();
    window.harness.hover_at(rect.min + 0.3 * rect.size().min(Vec2::splat(200.0)));
    window.harness.run_steps(2);
}

/// Gives a window a size in the system's points, and a text size by its keys.
pub fn resize(window: &mut Window, size: [f32; 2], text_size: usize) {
    window.chord(Modifiers::COMMAND, Key::Num0);
    for _ in 0..text_size {
        window.chord(Modifiers::COMMAND, Key::Plus);
    }
    window.harness.set_size(vec2(size[0], size[1]) / TEXT_SIZES[text_size].0);
    window.harness.run_steps(3);
    // As it was at first, whatever the wheel did.
    window.press(Key::Home);
    assert_eq!(window.harness.ctx.zoom_factor(), TEXT_SIZES[text_size].0);
}

/// Shows it at every size in every text size.
fn check(count: u32) {
    let mut window = with_runs(sized(SIZES[0]), count);
    measure(&mut window);
    let mut found = Vec::new();
    for size in SIZES {
        for (index, (_, text)) in TEXT_SIZES.into_iter().enumerate() {
            resize(&mut window, size, index);
            let place = format!("{count} runs, {}×{}, {text} text", size[0], size[1]);
            look_everywhere(&mut window, &place, &mut found);
        }
    }
    assert!(found.is_empty(), "{} texts are cut:\n{}", found.len(), found.join("\n"));
}

#[test]
fn nothing_is_cut_with_one_run() {
    check(1);
}

#[test]
fn nothing_is_cut_with_three_runs() {
    check(3);
}

#[test]
fn nothing_is_cut_with_five_runs() {
    check(5);
}

#[test]
fn nothing_is_cut_with_nine_runs() {
    check(9);
}

#[test]
fn nothing_is_cut_in_any_tab_of_the_charts() {
    let mut window = with_runs(sized(SIZES[0]), 3);
    let mut found = Vec::new();
    for size in SIZES {
        for (index, (_, text)) in TEXT_SIZES.into_iter().enumerate() {
            resize(&mut window, size, index);
            for tab in CHARTS {
                if !window.has(Role::Button, tab) {
                    window.click("More charts");
                }
                window.click(tab);
                let place = format!("{}×{}, {text} text, {tab}", size[0], size[1]);
                found.extend(cut_texts(&mut window).into_iter().map(|cut| format!("{place}: {cut}")));
            }
        }
    }
    assert!(found.is_empty(), "{} texts are cut:\n{}", found.len(), found.join("\n"));
}
