//! Runs and knobs in the window, with a fake engine: the list, its dialogs, the table, presets and what restarts the runs.

#[path = "window/canned.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod canned;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, OptimizerKind, ScheduleConfig};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{
    Command, EigenRow, EvalRow, Event, Fact, Findings, JobEnd, KnobEdit, Measurement, Pairing, RunId, RunInfo,
    RunStart, StepRow, TraceRow,
};
use flatscape::ui::{App, Pace};

use canned::{NSO, RUNS, experiment, rows, started};

const SGD: RunId = RunId(1);
const SAM: RunId = RunId(2);

/// A window and the engine's end of its link.
struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
}

impl Window {
    fn sized(theme: Theme, size: [f32; 2]) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_size(size)
            .with_theme(theme)
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        let mut window = Self { harness, engine };
        window.tell([started()]);
        window.commands();
        window
    }

    /// Three runs that have done a hundred steps.
    fn trained() -> Self {
        let mut window = Self::sized(Theme::Dark, [1440.0, 1400.0]);
        window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
        window
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.engine.outbox.push(event);
        }
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    fn click(&mut self, label: &str) {
        self.role(Role::Button, label).click();
        self.harness.run_steps(4);
    }

    fn role<'a>(&'a self, role: Role, label: &'a str) -> egui_kittest::Node<'a> {
        self.harness.get_by_role_and_label(role, label)
    }

    fn has(&self, role: Role, label: &str) -> bool {
        self.harness.query_by_role_and_label(role, label).is_some()
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(4);
    }

    fn focus(&mut self, role: Role, label: &str) {
        self.role(role, label).focus();
        self.harness.run_steps(3);
    }

    fn typed(&mut self, role: Role, label: &str, text: &str) {
        self.focus(role, label);
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        self.harness.run_steps(2);
        self.role(role, label).type_text(text);
        self.harness.run_steps(2);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Opens the table of the runs.
    fn compare(&mut self) {
        self.press(Key::C);
    }

    /// Names of the runs in the table, from top to bottom.
    fn table_order(&self) -> Vec<String> {
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

fn info(run: u32, optimizer: OptimizerKind, parent: Option<(RunId, u64)>) -> RunInfo {
    RunInfo { run: RunId(run), optimizer, seed: 0, knobs: experiment().knobs(optimizer).expect("valid"), parent }
}

/// Loss, trace and λmax of a run at some steps.
fn curve(run: RunId, points: &[(u64, f64, f64)]) -> Vec<Event> {
    let mut events = Vec::new();
    for &(step, train_loss, trace) in points {
        let gradient_evaluations = 2 * step;
        events.push(Event::Evaluated {
            run,
            row: EvalRow {
                step,
                gradient_evaluations,
                train_loss,
                train_accuracy: 0.9,
                test_loss: train_loss,
                test_accuracy: 0.9,
                weight_norm: 1.0,
            },
        });
        let row = TraceRow { step, gradient_evaluations, train_loss, mean: trace, stderr: 0.1, probes: 64 };
        events.push(Event::Trace { run, row });
        let row = EigenRow {
            step,
            gradient_evaluations,
            train_loss,
            lambda_max: trace / 2.0,
            lambda_min: 0.0,
            residual_max: 0.0,
            residual_min: 0.0,
            products: 20,
        };
        events.push(Event::Eigen { run, row });
    }
    events
}

fn steps(run: RunId, count: u64, cost: u64) -> Event {
    let row = |step| StepRow {
        step,
        gradient_evaluations: cost * step,
        train_seconds: 0.01 * step as f64,
        batch_loss: 0.5,
        perturbed_loss: 0.5,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise: None,
    };
    Event::Steps { run, rows: (1..=count).map(row).collect() }
}

#[test]
fn runs_are_added_by_optimizer_and_by_preset() {
    let mut window = Window::trained();
    window.click("Add run");
    window.click("SAM");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Sam, knobs, start: RunStart::Initial }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(**knobs, experiment().knobs(OptimizerKind::Sam).expect("valid"));
    window.click("Add run");
    window.click("With a preset");
    window.click("NSO · Strong noise, k 4");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Nso, knobs, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((knobs.sigma, knobs.k), (0.1, 4));
    window.tell([Event::RunAdded(info(4, OptimizerKind::Sam, None))]);
    assert!(window.shows("Knobs of SAM 2"), "a new run is selected");
}

#[test]
fn the_menu_of_a_run_opens_three_ways_and_acts_on_that_run() {
    let mut window = Window::trained();
    window.click("More for SGD");
    window.click("Duplicate");
    assert!(matches!(
        &window.commands()[..],
        [Command::AddRun { optimizer: OptimizerKind::Sgd, start: RunStart::Initial, .. }]
    ));
    window.role(Role::Button, "Run SAM").click_secondary();
    window.harness.run_steps(4);
    window.harness.get_all_by_role_and_label(Role::Button, "Branch here").last().expect("in the menu").click();
    window.harness.run_steps(4);
    assert!(matches!(
        &window.commands()[..],
        [Command::AddRun { optimizer: OptimizerKind::Sam, start: RunStart::Step { run: SAM, step: 100 }, .. }]
    ));
    window.focus(Role::Button, "Run NSO");
    window.press(Key::Menu);
    window.harness.run_steps(3);
    assert!(window.role(Role::Button, "Duplicate").is_focused(), "keys go to the menu");
    window.press(Key::Enter);
    assert!(matches!(&window.commands()[..], [Command::AddRun { optimizer: OptimizerKind::Nso, .. }]));
}

#[test]
fn arrows_select_in_the_list_that_has_the_keyboard() {
    let mut window = Window::trained();
    window.click("Run SGD");
    window.focus(Role::Button, "Run SGD");
    window.press(Key::ArrowDown);
    assert!(window.shows("Knobs of SAM") && window.role(Role::Button, "Run SAM").is_focused());
    window.press(Key::End);
    assert!(window.shows("Knobs of NSO"));
    window.press(Key::ArrowDown);
    assert!(window.role(Role::Button, "Run NSO").is_focused());
    window.press(Key::F2);
    assert!(window.shows("Rename and colour NSO"));
    window.press(Key::Escape);
    assert!(!window.shows("Rename and colour NSO"));
}

#[test]
fn a_branch_from_a_step_takes_other_knobs_and_another_optimizer() {
    let mut window = Window::trained();
    window.click("More for SAM");
    window.click("Branch from a step…");
    assert!(window.shows("Branch from a step of SAM"));
    window.typed(Role::SpinButton, "Step value", "40");
    window.press(Key::Tab);
    window.harness.get_all_by_role_and_label(Role::Button, "NSO").last().expect("a choice").click();
    window.harness.run_steps(3);
    window.typed(Role::SpinButton, "Noise σ of the new run", "0.2");
    assert!(window.commands().is_empty(), "nothing is sent before");
    window.press(Key::Enter);
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Nso, knobs, start: RunStart::Step { run: SAM, step: 40 } }] =
        &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert!((knobs.sigma - 0.2).abs() < 1e-9, "{knobs:?}");
    assert!(!window.shows("Branch from a step of SAM"));
    window.tell([Event::RunAdded(info(9, OptimizerKind::Nso, Some((SAM, 40))))]);
    assert!(window.shows("Knobs of NSO 2"));
    window.compare();
    assert!(window.shows("SAM, step 40") && window.shows("NSO 2 started where another run was"));
}

#[test]
fn rewinding_says_what_is_lost_and_offers_a_branch() {
    let mut window = Window::trained();
    let edit = KnobEdit { step: 80, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    window.press(Key::W);
    assert!(window.shows("Rows after step 80 are dropped: 20 steps"));
    window.typed(Role::SpinButton, "Step value", "60");
    window.press(Key::Tab);
    assert!(window.shows("Rows after step 60 are dropped: 40 steps, with 1 turn of a knob."));
    window.click("Branch instead…");
    assert!(window.shows("Branch from a step of NSO"));
    window.press(Key::Escape);
    assert_eq!(window.commands(), []);
    window.press(Key::W);
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::Rewind { run: NSO, step: 80 }]);
}

#[test]
fn names_and_colours_are_given_and_taken_back() {
    let mut window = Window::trained();
    window.press(Key::F2);
    window.role(Role::TextInput, "Name of the run").type_text("Wide ball");
    window.harness.run_steps(2);
    window.role(Role::RadioButton, "Colour 3").click();
    window.harness.run_steps(2);
    window.click("Apply");
    assert!(window.has(Role::Button, "Run Wide ball") && window.shows("Knobs of Wide ball"));
    let run = window.harness.state().model().run(NSO).map(|run| (run.name.clone(), run.color_override));
    assert_eq!(run, Some((Some("Wide ball".to_owned()), Some(2))));
    window.press(Key::F2);
    window.typed(Role::TextInput, "Name of the run", " ");
    window.press(Key::Enter);
    assert!(window.has(Role::Button, "Run NSO"));
}

#[test]
fn short_runs_go_at_once_and_long_ones_after_a_question() {
    let mut window = Window::trained();
    window.press(Key::Delete);
    assert_eq!(window.commands(), [Command::RemoveRun(NSO)]);
    assert!(!window.shows("Removed NSO"), "the engine has not said so yet");
    window.tell([Event::RunRemoved(NSO)]);
    assert!(window.shows("Removed NSO (step 100)."));
    assert!(!window.has(Role::Button, "Run NSO"));
    window.tell([steps(SAM, 1200, 2)]);
    window.click("Run SAM");
    window.press(Key::Delete);
    assert!(window.shows("Remove SAM?") && window.commands().is_empty());
    window.click("Cancel");
    window.press(Key::Delete);
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::RemoveRun(SAM)]);
    window.tell([Event::RunRemoved(SAM)]);
    assert!(window.shows("Knobs of SGD"));
    window.press(Key::Delete);
    assert_eq!(window.commands(), [], "the last run stays");
}

#[test]
fn the_selection_and_hidden_runs_follow_their_runs() {
    let mut window = Window::trained();
    window.click("Hide SAM");
    window.click("Run SAM");
    window.tell([Event::RunRemoved(SGD)]);
    assert!(window.shows("Knobs of SAM") && window.has(Role::Button, "Show SAM"));
    let runs = vec![info(11, OptimizerKind::Sam, None), info(12, OptimizerKind::Nso, None)];
    let Event::Started { experiment, num_parameters, tensors, data, .. } = started() else { panic!("it starts") };
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    assert!(window.has(Role::Button, "Show SAM"), "a reset keeps hidden runs hidden");
    window.click("Show SAM");
    assert!(window.has(Role::Button, "Hide SAM"));
    window.press(Key::H);
    assert!(window.has(Role::Button, "Show SAM"));
}

#[test]
fn switches_pair_runs_and_say_when() {
    let mut window = Window::trained();
    window.role(Role::CheckBox, "Equal gradient evaluations").click();
    window.harness.run_steps(3);
    let expected = Pairing { same_initial: true, equal_evaluations: false };
    assert_eq!(window.commands(), [Command::SetPairing(expected)]);
    assert!(!window.has(Role::Button, "Reset to apply"));
    window.role(Role::CheckBox, "Same initial weights").click();
    window.harness.run_steps(3);
    let expected = Pairing { same_initial: false, equal_evaluations: false };
    assert_eq!(window.commands(), [Command::SetPairing(expected)]);
    window.click("Reset to apply");
    assert_eq!(window.commands(), [Command::Reset]);
    window.tell([started()]);
    assert!(!window.has(Role::Button, "Reset to apply"));
}

#[test]
fn fifty_runs_scroll_and_leave_room_for_knobs() {
    let mut window = Window::sized(Theme::Light, [1280.0, 800.0]);
    window.tell((10..57).map(|run| Event::RunAdded(info(run, OptimizerKind::Nso, None))));
    let sigma = window.role(Role::Slider, "Noise σ").rect();
    assert!(sigma.bottom() < 700.0, "{sigma}");
    window.focus(Role::Button, "Run SGD");
    window.press(Key::End);
    let last = window.role(Role::Button, "Run NSO 48");
    assert!(last.is_focused() && last.rect().bottom() < sigma.top(), "{}", last.rect());
    window.press(Key::Escape);
    window.compare();
    assert!(window.table_order().len() >= 5);
}

#[test]
fn the_table_sorts_by_its_headers_with_missing_values_last() {
    let mut window = Window::trained();
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
    let mut window = Window::sized(Theme::Dark, [1440.0, 900.0]);
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
    let mut window = Window::trained();
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

#[test]
fn the_bound_comes_from_the_newest_measurement() {
    let mut window = Window::trained();
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
    let fact = Fact { name: "bound, α over examples".to_owned(), value: 4.321, error: None, about: String::new() };
    window.tell([Event::Measured {
        job: jobs[1].0,
        step: 100,
        objective: String::new(),
        end: JobEnd::Complete,
        findings: Box::new(Findings { facts: vec![fact], ..Findings::default() }),
    }]);
    assert!(window.shows("4.32"));
}

#[test]
fn the_table_is_copied_as_csv_and_as_markdown() {
    let mut window = Window::trained();
    window.compare();
    let copied = |window: &Window| {
        window.harness.output().platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    for (item, head) in [("Copy as CSV", "run,optimizer,start,seed,step"), ("Copy as Markdown", "| Run | Optimizer |")]
    {
        window.click("Copy or save the table");
        window.role(Role::Button, item).click();
        let text = (0..4).find_map(|_| {
            window.harness.step();
            copied(&window)
        });
        let text = text.expect("it is copied");
        assert!(text.starts_with(head), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("NSO")).count(), 1, "{text}");
        window.harness.run_steps(2);
    }
}

#[test]
fn a_knob_goes_to_all_runs_and_comes_back_at_once() {
    let mut window = Window::trained();
    window.role(Role::Slider, "Learning rate").set_value_accesskit(0.2);
    window.harness.run_steps(3);
    window.commands();
    let rate = window.harness.state().model().run(NSO).map(|run| run.knobs.learning_rate).expect("there");
    window.click("Apply to all runs");
    let mut commands = window.commands();
    let turned = |run| Command::SetKnob { run, knob: KnobId::LearningRate, value: rate };
    assert_eq!(commands, [turned(SGD), turned(SAM)]);
    window.click("Undo the last knob");
    commands = window.commands();
    let old = experiment().knobs(OptimizerKind::Sgd).expect("valid").learning_rate;
    let back = |run| Command::SetKnob { run, knob: KnobId::LearningRate, value: old };
    assert_eq!(commands, [back(SAM), back(SGD)]);
    window.click("Redo the knob");
    assert_eq!(window.commands(), [turned(SGD), turned(SAM)]);
}

#[test]
fn one_knob_goes_to_all_runs_from_its_own_menu() {
    let mut window = Window::trained();
    window.role(Role::Slider, "Momentum").set_value_accesskit(0.5);
    window.role(Role::Slider, "Learning rate").set_value_accesskit(0.2);
    window.harness.run_steps(3);
    window.commands();
    window.harness.get_all_by_role_and_label(Role::Label, "Momentum").last().expect("a label").click_secondary();
    window.harness.run_steps(4);
    assert!(window.has(Role::Button, "Back to 0.9"));
    window.harness.get_all_by_role_and_label(Role::Button, "Apply to all runs").last().expect("in the menu").click();
    window.harness.run_steps(4);
    let turned = |run| Command::SetKnob { run, knob: KnobId::Momentum, value: 0.5 };
    assert_eq!(window.commands(), [turned(SGD), turned(SAM)]);
}

#[test]
fn presets_turn_what_differs_and_the_users_own_are_kept() {
    let mut window = Window::trained();
    window.click("Presets");
    window.click("Strong noise, k 4");
    let commands = window.commands();
    assert!(commands.contains(&Command::SetKnob { run: NSO, knob: KnobId::K, value: 4.0 }), "{commands:?}");
    assert!(commands.iter().all(|command| matches!(command, Command::SetKnob { run: NSO, .. })));
    window.click("Presets");
    window.click("Save these knobs as a preset…");
    window.role(Role::TextInput, "Name of the preset").type_text("Mine");
    window.harness.run_steps(2);
    window.press(Key::Enter);
    assert!(window.shows("Saved the preset Mine of NSO."));
    window.click("Undo the last knob");
    assert_eq!(window.commands().len(), commands.len(), "a preset is undone as a whole");
    window.click("Presets");
    window.click("Mine");
    assert_eq!(window.commands().len(), commands.len());
    window.click("Presets");
    window.click("Remove the preset Mine");
    assert!(window.shows("Removed the preset Mine."));
}

#[test]
fn settings_that_restart_say_so_and_wait_for_the_button() {
    let mut window = Window::trained();
    window.click("Restarts the runs");
    assert!(window.shows("Nothing happens before you press the button"));
    assert!(!window.has(Role::Button, "Restart with these"));
    window.typed(Role::SpinButton, "Label noise", "1.5");
    window.press(Key::Tab);
    assert!(window.shows("`data.label_noise` is 1.5, expected a number from 0 to 1."));
    window.typed(Role::SpinButton, "Label noise", "0.25");
    window.press(Key::Tab);
    assert!(!window.shows("expected a number") && window.commands().is_empty());
    window.role(Role::ComboBox, "Rate schedule").click();
    window.harness.run_steps(3);
    window.click("cosine");
    window.role(Role::Slider, "Noise σ").set_value_accesskit(0.2);
    window.harness.run_steps(3);
    window.commands();
    window.click("Restart with these");
    let commands = window.commands();
    let Some(Command::Load(loaded)) = commands.first() else { panic!("{commands:?}") };
    assert_eq!((loaded.schedule, loaded.data.label_noise), (ScheduleConfig::Cosine, 0.25));
    let sigma = loaded.knobs(OptimizerKind::Nso).expect("valid").sigma;
    assert!((sigma - 0.2).abs() < 0.02, "knobs stay as they are: {sigma}");
}
