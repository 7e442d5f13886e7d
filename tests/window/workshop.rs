//! A window with a fake engine, for tests of what is put together, opened and saved.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event as Input, Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::Experiment;
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, Event};
use flatscape::ui::{App, Pace};

use super::canned::{experiment, started};

/// The window and its engine.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub engine: EngineEnd,
}

impl Window {
    pub fn open(theme: Theme, size: [f32; 2]) -> Self {
        Self::with_settings(theme, size, None)
    }

    /// A window with the settings of a file if one is given.
    pub fn with_settings(theme: Theme, size: [f32; 2], settings: Option<PathBuf>) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder().with_size(size).with_theme(theme).build_eframe(move |creation| {
            let app = App::new(creation, link, experiment(), Pace::default());
            match settings {
                Some(path) => app.with_settings(&creation.egui_ctx, Some(path)),
                None => app,
            }
        });
        let mut window = Self { harness, engine };
        window.tell(started());
        window.commands();
        window
    }

    pub fn new() -> Self {
        Self::open(Theme::Dark, [1440.0, 900.0])
    }

    pub fn tell(&mut self, event: Event) {
        self.engine.outbox.push(event);
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    pub fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    pub fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    /// Does a command by the palette.
    pub fn command(&mut self, name: &str) {
        self.keys(Modifiers::COMMAND, Key::K);
        self.harness.event(Input::Text(name.to_owned()));
        self.harness.run_steps(2);
        self.keys(Modifiers::NONE, Key::Enter);
    }

    /// Opens a pane by the palette.
    pub fn pane(&mut self, title: &str) {
        self.command(&format!("{title} pane"));
        assert!(self.harness.state().shows_pane(title), "{title}");
    }

    /// Replaces what stands in a text field.
    pub fn type_into(&mut self, role: Role, label: &str, text: &str) {
        self.harness.get_by_role_and_label(role, label).focus();
        self.harness.run_steps(2);
        self.keys(Modifiers::COMMAND, Key::A);
        self.harness.event(Input::Paste(text.to_owned()));
        self.harness.run_steps(4);
    }

    pub fn layers(&mut self, text: &str) {
        self.type_into(Role::MultilineTextInput, "Layers", text);
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.harness.run_steps(4);
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub fn expect(&self, text: &str) {
        assert!(self.shows(text), "nothing shows `{text}`");
    }

    pub fn drop_files(&mut self, paths: &[PathBuf]) {
        let files = paths.iter().map(|path| Arc::new(Dropped(path.clone())) as _);
        self.harness.input_mut().dropped_files.extend(files);
        self.harness.run_steps(4);
    }

    /// The experiment that the window wants to train, if it asked for one.
    pub fn loaded(&mut self) -> Option<Experiment> {
        self.commands().into_iter().find_map(|command| match command {
            Command::Load { experiment, more } if more.is_empty() => Some(*experiment),
            _ => None,
        })
    }
}

/// A file that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it whole".to_owned())
    }
}

/// Writes a file into a folder.
pub fn write(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).expect("the folder is there");
    path
}
