//! A window with trained runs, driven by keys.

#![allow(dead_code, reason = "each test of the window uses a part")]

#[path = "canned.rs"]
pub mod canned;

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, Event};
use flatscape::ui::{App, Pace};

use canned::{RUNS, experiment, grid, noise, rows, started};

/// A window with three trained runs, and the engine's end of its link.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub engine: EngineEnd,
}

impl Window {
    /// Opens it, with its settings in `settings` if any.
    pub fn open(size: [f32; 2], theme: Theme, settings: Option<PathBuf>) -> Self {
        let (link, mut engine) = link(Arc::new(|| {}));
        let mut harness = Harness::builder().with_size(size).with_theme(theme).wgpu().build_eframe(move |creation| {
            let app = App::new(creation, link, experiment(), Pace::default());
            match settings {
                Some(path) => app.with_settings(&creation.egui_ctx, Some(path)),
                None => app,
            }
        });
        engine.outbox.push(started());
        assert!(engine.outbox.flush());
        harness.run_steps(2);
        for (run, optimizer) in RUNS {
            engine.slots.put_grid(grid(run, optimizer, 9));
            rows(run, optimizer).into_iter().for_each(|event| engine.outbox.push(event));
        }
        engine.slots.put_noise(noise());
        assert!(engine.outbox.flush());
        harness.run_steps(3);
        let mut window = Self { harness, engine };
        window.commands();
        window
    }

    pub fn plain() -> Self {
        Self::open([1280.0, 800.0], Theme::Dark, None)
    }

    pub fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    pub fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run_steps(3);
    }

    /// Does a command by the palette.
    pub fn find(&mut self, words: &str) {
        self.press(Modifiers::COMMAND, Key::K);
        self.type_text(words);
        self.press(Modifiers::NONE, Key::Enter);
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub fn shows_pane(&self, title: &str) -> bool {
        self.harness.state().shows_pane(title)
    }

    /// Tells the window something.
    pub fn tell(&mut self, event: Event) {
        self.engine.outbox.push(event);
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    /// What has the keyboard, by its name.
    pub fn focused(&self) -> Option<String> {
        let mut nodes = self.harness.root().children_recursive();
        let focused = nodes.find(|node| node.accesskit_node().is_focused())?;
        // A label has its words as its value.
        focused.accesskit_node().label().or_else(|| focused.accesskit_node().value())
    }
}
