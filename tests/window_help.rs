//! Help in the window: terms under the pointer, the guide with its lessons, the tour, About.

#[allow(dead_code, reason = "other tests of the window use the rest")]
#[path = "window/canned.rs"]
mod canned;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::KnobId;
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, Event, StepRow};
use flatscape::ui::{App, Pace};

use canned::{NSO, RUNS, experiment, grid, rows, started};

struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
}

impl Window {
    fn trained(theme: Theme, size: [f32; 2]) -> Self {
        Self::with_settings(theme, size, None)
    }

    /// A window with three trained runs, and with the settings of a file if one is given.
    fn with_settings(theme: Theme, size: [f32; 2], settings: Option<std::path::PathBuf>) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder().with_size(size).with_theme(theme).build_eframe(move |creation| {
            let app = App::new(creation, link, experiment(), Pace::default());
            match settings {
                Some(path) => app.with_settings(&creation.egui_ctx, Some(path)),
                None => app,
            }
        });
        let mut window = Self { harness, engine };
        window.engine.outbox.push(started());
        window.engine.outbox.push(Event::Device { name: "CPU (Flex), 2 threads".to_owned(), notice: None });
        for (run, optimizer) in RUNS {
            window.engine.slots.put_grid(grid(run, optimizer, 9));
            for event in rows(run, optimizer) {
                window.engine.outbox.push(event);
            }
        }
        assert!(window.engine.outbox.flush());
        window.harness.run_steps(3);
        window.commands();
        window
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(4);
    }

    fn click(&mut self, role: Role, label: &str) {
        self.harness.get_by_role_and_label(role, label).click();
        self.harness.run_steps(4);
    }

    /// Does a command by its name in the palette.
    fn command(&mut self, name: &str) {
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        self.harness.run_steps(3);
        self.harness.get_by_label("Command").type_text(name);
        self.harness.run_steps(3);
        self.press(Key::Enter);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }
}

const FORMULA: &str = "SGD 1, SAM 2, NSO 2k (one-point k), +1 if λ > 0";

#[test]
fn a_term_under_the_pointer_shows_its_formula_there_and_in_the_guide() {
    let mut window = Window::trained(Theme::Dark, [1280.0, 800.0]);
    assert!(!window.shows(FORMULA));
    let place = window.harness.get_by_label_contains("200 gradient evaluations").rect().center();
    window.harness.hover_at(place);
    window.harness.run_steps(6);
    assert!(window.shows(FORMULA));
    window.harness.hover_at(egui::pos2(700.0, 2.0));
    window.harness.run_steps(6);
    assert!(!window.shows(FORMULA));
    window.press(Key::F1);
    assert!(window.shows(FORMULA), "the guide explains what was last under the pointer");
    window.click(Role::Link, "Equal gradient evaluations");
    assert!(!window.shows(FORMULA) && window.shows("same w₀, same batches, same evaluations"));
}

#[test]
fn a_term_whose_figure_changes_every_frame_is_explained_too() {
    let mut window = Window::trained(Theme::Dark, [1280.0, 800.0]);
    let place = window.harness.get_by_label_contains("200 gradient evaluations").rect().center();
    window.harness.hover_at(place);
    let Event::Steps { run, rows } = rows(NSO, flatscape::config::OptimizerKind::Nso).remove(0) else {
        panic!("the first event has the steps");
    };
    let last = *rows.last().expect("steps");
    for more in 1..=12 {
        let row =
            StepRow { step: last.step + more, gradient_evaluations: last.gradient_evaluations + 2 * more, ..last };
        window.engine.outbox.push(Event::Steps { run, rows: vec![row] });
        assert!(window.engine.outbox.flush());
        window.harness.step();
    }
    assert!(window.shows(FORMULA));
}

#[test]
fn the_guide_lists_lessons_and_finds_terms() {
    for theme in [Theme::Dark, Theme::Light] {
        let mut window = Window::trained(theme, [1280.0, 800.0]);
        window.press(Key::F1);
        assert!(window.harness.state().shows_pane("Guide"));
        let lessons = [
            "What a slice shows (and what not)",
            "Why noise at +U and −U",
            "SAM, NSO and SGD side by side",
            "Flatness at equal loss",
            "When σ is too large",
        ];
        for lesson in lessons {
            window.click(Role::Link, lesson);
            assert!(window.shows("Look at"), "{lesson}");
            window.click(Role::Button, "All lessons");
        }
        window.harness.get_by_label("Search the terms").focus();
        window.harness.run_steps(2);
        window.harness.get_by_label("Search the terms").type_text("filter-normalised");
        window.harness.run_steps(3);
        window.click(Role::Link, "Normalisation of directions");
        assert!(window.shows("d_row ← d_row · ‖w_row‖/‖d_row‖"));
    }
}

#[test]
fn links_of_a_lesson_act_on_the_window() {
    let mut window = Window::trained(Theme::Dark, [1280.0, 800.0]);
    window.press(Key::F1);
    window.click(Role::Link, "When σ is too large");
    window.click(Role::Link, "Turn σ to 0.16");
    let sent = Command::SetKnob { run: NSO, knob: KnobId::Sigma, value: 0.16 };
    assert_eq!(window.commands(), [sent]);
    window.click(Role::Link, "Open the two moons");
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::Load { experiment, more }, Command::Play, ..]
            if experiment.name == "moons-mlp" && more.is_empty()),
        "{commands:?}"
    );
    window.click(Role::Link, "Open the measurements");
    assert!(window.harness.state().shows_pane("Measure"));
}

#[test]
fn the_tour_has_six_steps_and_comes_by_command() {
    for size in [[1280.0, 800.0], [640.0, 420.0]] {
        let mut window = Window::trained(Theme::Dark, size);
        assert!(!window.shows("1 of 6"), "no tour where nothing was kept of settings");
        window.command("Tour");
        let parts = [Some("Landscape of SGD"), None, Some("Step"), None, Some("Compare"), None];
        for (index, part) in parts.into_iter().enumerate() {
            let count = format!("{} of 6", index + 1);
            assert!(window.shows(&count), "{count}");
            let next = if index == 5 { "Done" } else { "Next" };
            let next = window.harness.get_by_role_and_label(Role::Button, next).rect();
            let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
            assert!(screen.contains_rect(next), "{count}: {next}");
            if let Some(part) = part {
                let rects = window.harness.get_all_by_label(part).map(|node| node.rect());
                let card = next.union(window.harness.get_by_label(&count).rect());
                for rect in rects {
                    assert!(!card.intersects(rect), "{count} covers {part}: {card}, {rect}");
                }
            }
            window.press(Key::Enter);
        }
        assert!(!window.shows("of 6"));
        window.command("Tour");
        window.press(Key::ArrowRight);
        window.click(Role::Button, "Back");
        assert!(window.shows("1 of 6"));
        window.press(Key::Space);
        assert_eq!(window.commands(), [Command::Play], "the window is not blocked");
        window.click(Role::Button, "Skip the tour");
        assert!(!window.shows("of 6"));
    }
}

#[test]
fn a_first_start_has_the_tour_and_a_second_one_has_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::with_settings(Theme::Light, [1280.0, 800.0], Some(path.clone()));
    assert!(window.shows("1 of 6"));
    window.press(Key::Escape);
    assert!(!window.shows("of 6"));
    eframe::App::on_exit(window.harness.state_mut());
    assert!(path.exists());
    let window = Window::with_settings(Theme::Light, [1280.0, 800.0], Some(path));
    assert!(!window.shows("1 of 6"));
}

#[test]
fn about_names_version_and_device_and_copies_them() {
    let mut window = Window::trained(Theme::Light, [1280.0, 800.0]);
    window.command("About");
    assert!(window.shows(&format!("Flatscape {}", env!("CARGO_PKG_VERSION"))));
    assert!(
        window.harness.query_all_by_label_contains("CPU (Flex), 2 threads").count() >= 2,
        "here and in the status line"
    );
    for text in ["arXiv 2306.08553", "CC BY 4.0", "MIT or Apache 2.0", "Hack"] {
        assert!(window.shows(text), "{text}");
    }
    window.harness.get_by_role_and_label(Role::Button, "Copy for a bug report").click();
    let mut copied = None;
    for _ in 0..4 {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        copied = copied.or_else(|| {
            commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
    }
    let copied = copied.expect("text is copied");
    assert!(copied.contains("Training: CPU (Flex), 2 threads") && copied.contains("burn 0."), "{copied}");
    window.press(Key::Escape);
    assert!(!window.shows("arXiv"));
}
