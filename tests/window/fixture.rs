//! A window with a fake engine, for tests of runs and knobs.

#[path = "canned.rs"]
pub mod canned;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::OptimizerKind;
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, EigenRow, EvalRow, Event, Origin, RunId, RunInfo, StepRow, TraceRow};
use flatscape::ui::{App, Pace};

use canned::{RUNS, experiment, rows, started};

pub const SGD: RunId = RunId(1);
pub const SAM: RunId = RunId(2);

/// A window and the engine's end of its link.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub engine: EngineEnd,
}

impl Window {
    pub fn sized(theme: Theme, size: [f32; 2]) -> Self {
        Self::paced(theme, size, 0.25)
    }

    /// As [`Self::sized`] with so many seconds between two frames.
    pub fn paced(theme: Theme, size: [f32; 2], seconds: f32) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_step_dt(seconds)
            .with_size(size)
            .with_theme(theme)
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        let mut window = Self { harness, engine };
        window.tell([started()]);
        window.commands();
        window
    }

    /// Three runs that have done a hundred steps.
    pub fn trained() -> Self {
        let mut window = Self::sized(Theme::Dark, [1440.0, 1400.0]);
        window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
        window
    }

    pub fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.engine.outbox.push(event);
        }
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    pub fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    pub fn click(&mut self, label: &str) {
        self.role(Role::Button, label).click();
        self.harness.run_steps(4);
    }

    pub fn role<'a>(&'a self, role: Role, label: &'a str) -> egui_kittest::Node<'a> {
        self.harness.get_by_role_and_label(role, label)
    }

    pub fn has(&self, role: Role, label: &str) -> bool {
        self.harness.query_by_role_and_label(role, label).is_some()
    }

    pub fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(4);
    }

    pub fn focus(&mut self, role: Role, label: &str) {
        self.role(role, label).focus();
        self.harness.run_steps(3);
    }

    pub fn typed(&mut self, role: Role, label: &str, text: &str) {
        self.focus(role, label);
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        self.harness.run_steps(2);
        self.role(role, label).type_text(text);
        self.harness.run_steps(2);
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

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

    pub fn chord(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(4);
    }

    /// A key goes down, or is down for longer, and does not come up.
    pub fn hold(&mut self, key: Key) {
        let modifiers = Modifiers::NONE;
        self.harness.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
        self.harness.run_steps(2);
    }

    /// The window's own close button; what the application answers to it.
    pub fn close(&mut self) -> Vec<ViewportCommand> {
        let viewport = self.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
        viewport.events.push(ViewportEvent::Close);
        self.harness.step();
        let commands = self.harness.output().viewport_output[&ViewportId::ROOT].commands.clone();
        self.harness.run_steps(3);
        commands
    }

    /// One run has trained for long.
    pub fn long() -> Self {
        let mut window = Self::trained();
        window.tell([steps(SAM, 12_000, 2)]);
        window
    }

    pub fn double_click(&mut self, role: Role, label: &str) {
        let place = self.harness.get_all_by_role_and_label(role, label).last().expect("it is there").rect().center();
        // What was clicked before is no part of it.
        self.harness.run_steps(60);
        self.harness.hover_at(place);
        for _ in 0..2 {
            self.harness.drag_at(place);
            self.harness.drop_at(place);
        }
        self.harness.run_steps(3);
    }
}

pub fn info(run: u32, optimizer: OptimizerKind, parent: Option<(RunId, u64)>) -> RunInfo {
    let origin = parent.map_or(Origin::Initial, |(run, step)| Origin::Branch { run, step });
    RunInfo { run: RunId(run), optimizer, seed: 0, knobs: experiment().knobs(optimizer).expect("valid"), origin }
}

/// Loss, trace and λmax of a run at some steps.
pub fn curve(run: RunId, points: &[(u64, f64, f64)]) -> Vec<Event> {
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

pub fn steps(run: RunId, count: u64, cost: u64) -> Event {
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

/// A file that is dropped on the window.
#[derive(Debug)]
pub struct Dropped(pub std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it whole".to_owned())
    }
}
