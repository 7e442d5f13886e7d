//! A window with a fake engine: how it is opened, what a user does to it, what it shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, OutputCommand, Rect, Theme, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::engine::{EngineEnd, Line, link};
use flatscape::protocol::{Command, Event};
use flatscape::ui::{App, Pace};

use crate::canned::{RUNS, experiment, grid, noise, rows, started};

pub const SIZE: [f32; 2] = [1280.0, 800.0];
/// With room for panes beside each other.
pub const WIDE: [f32; 2] = [1440.0, 900.0];
/// With room for all knobs.
pub const TALL: [f32; 2] = [1440.0, 1500.0];
/// Points a side of the slices that a window begins with.
const SIDE: usize = 9;

/// How a window is opened.
pub struct Opening {
    size: [f32; 2],
    theme: Theme,
    settings: Option<PathBuf>,
    frame_secs: Option<f32>,
    is_drawn: bool,
    side: usize,
    files: Vec<PathBuf>,
    sessions: Option<PathBuf>,
    line: Option<Arc<Line>>,
}

/// A dark window of that size, without settings.
pub fn sized(size: [f32; 2]) -> Opening {
    let (theme, side) = (Theme::Dark, SIDE);
    let files = Vec::new();
    let (settings, frame_secs, sessions, line) = (None, None, None, None);
    Opening { size, theme, settings, frame_secs, is_drawn: false, side, files, sessions, line }
}

impl Opening {
    pub fn themed(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// With the settings of a file.
    pub fn kept_in(self, settings: &Path) -> Self {
        Self { settings: Some(settings.to_owned()), ..self }
    }

    /// With so many seconds from one frame to the next.
    pub fn paced(self, seconds: f32) -> Self {
        Self { frame_secs: Some(seconds), ..self }
    }

    /// With pixels, which takes an adapter.
    pub fn drawn(self) -> Self {
        Self { is_drawn: true, ..self }
    }

    /// With slices of so many points a side.
    pub fn sliced(self, side: usize) -> Self {
        Self { side, ..self }
    }

    /// With files that were named when the program was started.
    pub fn with_files(self, files: &[PathBuf]) -> Self {
        Self { files: files.to_vec(), ..self }
    }

    /// With the sessions of before in a folder.
    pub fn after_sessions(self, folder: &Path) -> Self {
        Self { sessions: Some(folder.to_owned()), ..self }
    }

    /// With an engine on another machine, as the line says.
    pub fn elsewhere(self, line: &Arc<Line>) -> Self {
        Self { line: Some(Arc::clone(line)), ..self }
    }

    /// Opens it. Its engine has said nothing yet.
    pub fn open(self) -> Window {
        let (mut link, engine) = link(Arc::new(|| {}));
        link.line = self.line;
        let mut builder = Harness::builder().with_size(self.size).with_theme(self.theme);
        if let Some(seconds) = self.frame_secs {
            builder = builder.with_step_dt(seconds);
        }
        if self.is_drawn {
            builder = builder.wgpu();
        }
        let (settings, files, sessions) = (self.settings, self.files, self.sessions);
        let harness = builder.build_eframe(move |creation| {
            let app = App::new(creation, link, experiment(), Pace::default());
            let app = match settings {
                Some(path) => app.with_settings(&creation.egui_ctx, Some(path)),
                None => app,
            };
            app.with_sessions(&creation.egui_ctx, sessions).with_files(&files)
        });
        Window { harness, engine }
    }

    /// Opens it with three runs that have not trained.
    pub fn started(self) -> Window {
        let mut window = self.open();
        window.tell([started()]);
        window.commands();
        window
    }

    /// Opens it with three runs that have done a hundred steps. There are no slices.
    pub fn stepped(self) -> Window {
        let mut window = self.started();
        window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
        window.commands();
        window
    }

    /// Opens it with three runs that have done a hundred steps, their slices, and the noise samples of NSO.
    pub fn trained(self) -> Window {
        let side = self.side;
        let mut window = self.started();
        window.train(side);
        window.commands();
        window
    }
}

/// A window and the engine's end of its link.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub engine: EngineEnd,
}

/// What the engine says and hears.
impl Window {
    pub fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.engine.outbox.push(event));
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    /// Everything that an engine can tell of three runs that have done a hundred steps.
    pub fn train(&mut self, side: usize) {
        for (run, optimizer) in RUNS {
            self.engine.slots.put_grid(grid(run, optimizer, side));
        }
        self.engine.slots.put_noise(noise());
        self.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
    }

    /// The engine's end of the link is gone.
    pub fn lose_engine(&mut self) {
        self.engine = link(Arc::new(|| {})).1;
    }

    /// What the window has sent since it was asked last.
    pub fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }
}

/// What a user does.
impl Window {
    pub fn click(&mut self, label: &str) {
        self.click_on(Role::Button, label);
    }

    pub fn click_on(&mut self, role: Role, label: &str) {
        self.role(role, label).click();
        self.harness.run_steps(4);
    }

    /// Clicks a button of a list that has to be scrolled to first.
    pub fn scroll_and_click(&mut self, label: &str) {
        self.role(Role::Button, label).scroll_to_me();
        self.harness.run_steps(30);
        self.click(label);
    }

    pub fn check(&mut self, label: &str) {
        self.click_on(Role::CheckBox, label);
    }

    pub fn set(&mut self, slider: &str, value: f64) {
        self.role(Role::Slider, slider).set_value_accesskit(value);
        self.harness.run_steps(3);
    }

    pub fn press(&mut self, key: Key) {
        self.chord(Modifiers::NONE, key);
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

    pub fn focus(&mut self, role: Role, label: &str) {
        self.role(role, label).focus();
        self.harness.run_steps(3);
    }

    /// Types where the keyboard is.
    pub fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run_steps(3);
    }

    /// Replaces what stands in a text field.
    pub fn type_into(&mut self, role: Role, label: &str, text: &str) {
        self.focus(role, label);
        self.chord(Modifiers::COMMAND, Key::A);
        self.harness.event(egui::Event::Paste(text.to_owned()));
        self.harness.run_steps(4);
    }

    /// Does a command by the palette.
    pub fn find(&mut self, words: &str) {
        self.chord(Modifiers::COMMAND, Key::K);
        self.type_text(words);
        self.press(Key::Enter);
    }

    /// Opens a pane by the palette.
    pub fn open_pane(&mut self, title: &str) {
        self.find(&format!("{title} pane"));
        assert!(self.shows_pane(title), "{title}");
    }

    /// Answers the question for a path.
    pub fn answer(&mut self, path: &Path) {
        self.type_into(Role::TextInput, "Path", &path.display().to_string());
        self.press(Key::Enter);
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

    pub fn drop_files(&mut self, paths: &[PathBuf]) {
        let files = paths.iter().map(|path| Arc::new(Dropped(path.clone())) as _);
        self.harness.input_mut().dropped_files.extend(files);
        self.harness.run_steps(4);
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

    /// Ends the program, which keeps its settings.
    pub fn quit(&mut self) {
        eframe::App::on_exit(self.harness.state_mut());
    }
}

/// What it shows.
impl Window {
    pub fn role<'a>(&'a self, role: Role, label: &'a str) -> egui_kittest::Node<'a> {
        self.harness.get_by_role_and_label(role, label)
    }

    pub fn has(&self, role: Role, label: &str) -> bool {
        self.harness.query_by_role_and_label(role, label).is_some()
    }

    pub fn rect(&self, role: Role, label: &str) -> Rect {
        self.role(role, label).rect()
    }

    pub fn is_disabled(&self, role: Role, label: &str) -> bool {
        self.role(role, label).accesskit_node().is_disabled()
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub fn expect(&self, text: &str) {
        assert!(self.shows(text), "nothing shows `{text}`");
    }

    pub fn shows_pane(&self, title: &str) -> bool {
        self.harness.state().shows_pane(title)
    }

    /// What has the keyboard, by its name.
    pub fn focused(&self) -> Option<String> {
        let mut nodes = self.harness.root().children_recursive();
        let focused = nodes.find(|node| node.accesskit_node().is_focused())?;
        // A label has its words as its value.
        focused.accesskit_node().label().or_else(|| focused.accesskit_node().value())
    }

    /// Clicks a button that copies; the text that is on the clipboard then.
    pub fn copied_by(&mut self, button: &str) -> String {
        self.role(Role::Button, button).click();
        let copied = (0..4).find_map(|_| {
            self.harness.step();
            self.harness.output().platform_output.commands.iter().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
        copied.expect("text is copied")
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
