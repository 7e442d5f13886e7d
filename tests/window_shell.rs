//! Docking, commands, settings and sizes of the window, with a fake engine.

#[path = "window/canned.rs"]
mod canned;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, LivePlane};
use flatscape::ui::{App, Pace};

use canned::{RUNS, experiment, grid, noise, rows, started};

struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
}

impl Window {
    /// A window with three trained runs; settings in `settings`, if any.
    fn open(size: [f32; 2], theme: Theme, settings: Option<PathBuf>) -> Self {
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

    fn plain() -> Self {
        Self::open([1280.0, 800.0], Theme::Dark, None)
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run_steps(3);
    }

    /// Does a command by the palette.
    fn find(&mut self, words: &str) {
        self.press(Modifiers::COMMAND, Key::K);
        self.type_text(words);
        self.press(Modifiers::NONE, Key::Enter);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn shows_pane(&self, title: &str) -> bool {
        self.harness.state().shows_pane(title)
    }
}

#[test]
fn the_palette_finds_and_does() {
    let mut window = Window::plain();
    window.find("reset");
    assert_eq!(window.commands(), [Command::Reset]);
    assert!(!window.shows_pane("Compare"));
    window.find("compare pane");
    assert!(window.shows_pane("Compare"));
    window.press(Modifiers::COMMAND, Key::K);
    window.type_text("qqqq");
    assert!(window.shows("No command has these letters"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("No command has these letters"));
}

#[test]
fn arrows_choose_in_the_palette_and_typing_there_turns_nothing() {
    let mut window = Window::plain();
    window.press(Modifiers::COMMAND, Key::K);
    window.type_text("layout");
    window.press(Modifiers::NONE, Key::R);
    assert!(window.commands().is_empty(), "a letter in the palette is no shortcut");
    window.press(Modifiers::NONE, Key::Backspace);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.shows("No command"));
}

#[test]
fn panes_open_close_and_come_back() {
    let mut window = Window::plain();
    for (key, title) in [(Key::M, "Measure"), (Key::N, "Notices"), (Key::C, "Compare"), (Key::F1, "Guide")] {
        window.press(Modifiers::NONE, key);
        assert!(window.shows_pane(title), "{title}");
    }
    window.press(Modifiers::NONE, Key::F1);
    assert!(!window.shows_pane("Guide"));
    window.find("layout teach");
    assert!(window.shows_pane("Guide"));
    window.find("layout compare");
    assert!(window.shows_pane("Compare"));
    window.find("layout explore");
    window.find("reset the layout");
    assert!(!window.shows_pane("Measure") && window.shows_pane("Landscapes"));
}

#[test]
fn a_chart_becomes_a_pane_of_its_own() {
    let mut window = Window::plain();
    window.find("chart spectrum as a pane");
    assert!(window.shows_pane("Spectrum"));
    window.find("chart spectrum as a pane");
    assert!(!window.shows_pane("Spectrum"));
}

#[test]
fn planes_are_chosen_by_name() {
    let mut window = Window::plain();
    window.find("plane: three minima");
    let asked = window.commands();
    assert!(matches!(&asked[..], [Command::SetSlice(view)] if matches!(view.plane, LivePlane::Minima(_))), "{asked:?}");
}

#[test]
fn the_shortcuts_are_listed() {
    let mut window = Window::plain();
    window.press(Modifiers::NONE, Key::Questionmark);
    for words in ["Play or pause", "Ctrl+K", "Find a command", "Select the run before"] {
        assert!(window.shows(words), "{words}");
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("Select the run before"));
}

#[test]
fn a_knob_is_undone_and_redone() {
    let mut window = Window::plain();
    window.harness.get_by_role_and_label(Role::Slider, "Momentum").set_value_accesskit(0.5);
    window.harness.run_steps(3);
    let value = |commands: Vec<Command>| match commands[..] {
        [Command::SetKnob { value, .. }] => value,
        _ => panic!("{commands:?}"),
    };
    let turned = value(window.commands());
    window.press(Modifiers::COMMAND, Key::Z);
    assert!((value(window.commands()) - 0.9).abs() < 1e-9);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!((value(window.commands()) - turned).abs() < 1e-9);
}

#[test]
fn theme_and_text_size_are_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    window.press(Modifiers::NONE, Key::Escape);
    window.find("light theme");
    window.find("projector text");
    window.find("layout compare");
    assert_eq!(window.harness.ctx.zoom_factor(), 1.6);
    assert_eq!(window.harness.ctx.theme(), Theme::Light);
    eframe::App::on_exit(window.harness.state_mut());
    let text = fs::read_to_string(&path).expect("settings are written");
    assert!(text.contains("\"projector\"") && text.contains("\"light\""), "{text}");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path));
    window.harness.run_steps(3);
    assert_eq!(window.harness.ctx.zoom_factor(), 1.6);
    assert!(window.shows_pane("Compare"));
}

#[test]
fn garbled_settings_are_set_aside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [
        ("garbled", "{ not json"),
        ("old", "{\"version\": 0, \"settings\": {\"layout\": \"explore\"}}"),
        ("trees", "{\"version\": 1, \"settings\": {\"trees\": {\"explore\": {\"root\": 99}}}}"),
    ] {
        let path = folder.path().join(name).join("settings.json");
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(&path, text).expect("writable");
        let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::NONE, Key::N);
        assert!(window.shows("The saved settings cannot be used"), "{name}");
        let kept = path.with_file_name("settings.old.json");
        assert_eq!(fs::read_to_string(kept).expect("kept"), text);
    }
}

/// Everything that can be pressed in the upper bar, with its place.
fn bar_buttons(window: &Window, height: f32) -> Vec<(String, Rect)> {
    let buttons =
        window.harness.query_all_by_role(Role::Button).chain(window.harness.query_all_by_role(Role::ComboBox));
    let named = buttons.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()));
    named.filter(|(_, rect)| rect.center().y < height).collect()
}

#[test]
fn nothing_in_the_bar_is_clipped_or_covered() {
    for (size, zoom) in [
        ([1024.0, 640.0], 1.0),
        ([1024.0, 640.0], 1.25),
        ([1280.0, 800.0], 1.6),
        ([1440.0, 900.0], 1.0),
        ([3840.0, 2160.0], 1.0),
        ([3840.0, 2160.0], 2.0),
    ] {
        let mut window = Window::open(size, Theme::Dark, None);
        window.harness.ctx.set_zoom_factor(zoom);
        window.harness.run_steps(4);
        let screen = Rect::from_min_size(egui::Pos2::ZERO, Vec2::from(size) / zoom);
        let buttons = bar_buttons(&window, 36.0);
        assert!(buttons.len() >= 9, "{size:?} {zoom}: {buttons:?}");
        for (index, (label, rect)) in buttons.iter().enumerate() {
            assert!(screen.expand(0.5).contains_rect(*rect), "{size:?} {zoom}: {label} {rect:?}");
            for (other, place) in &buttons[index + 1..] {
                let shared = rect.shrink(1.0).intersect(place.shrink(1.0));
                assert!(!shared.is_positive(), "{size:?} {zoom}: {label} and {other}");
            }
        }
    }
}

#[test]
fn no_size_is_too_small_and_none_too_large() {
    for size in [[300.0, 200.0], [640.0, 420.0], [1024.0, 640.0], [3840.0, 2160.0]] {
        let mut window = Window::open(size, Theme::Light, None);
        for layout in ["layout compare", "layout teach", "layout explore"] {
            window.find(layout);
            for key in [Key::M, Key::N, Key::C, Key::F1, Key::Num3, Key::Num2] {
                window.press(Modifiers::NONE, key);
            }
        }
        window.find("reset the layout");
        assert!(window.shows_pane("Landscapes"), "{size:?}");
    }
}
