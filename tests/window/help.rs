//! Help in the window: terms under the pointer, the guide with its lessons, the tour, About.

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, builtin_lessons};
use flatscape::protocol::{Command, Event, StepRow};

use crate::canned::{NSO, rows};
use crate::fixture::{Opening, SIZE, Window, sized};

/// A window with three trained runs, on a device with a name.
fn told(opening: Opening) -> Window {
    let mut window = opening.trained();
    window.tell([Event::Device { name: "CPU (Flex), 2 threads".to_owned(), notice: None }]);
    window
}

const FORMULA: &str = "SGD 1, SAM 2, NSO 2k (one-point k), +1 if λ > 0";

#[test]
fn a_term_under_the_pointer_shows_its_formula_there_and_in_the_guide() {
    let mut window = told(sized(SIZE));
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
    window.click_on(Role::Link, "Equal gradient evaluations");
    assert!(!window.shows(FORMULA) && window.shows("same w₀, same batches, same evaluations"));
}

#[test]
fn a_term_whose_figure_changes_every_frame_is_explained_too() {
    let mut window = told(sized(SIZE));
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
        let mut window = told(sized(SIZE).themed(theme));
        window.press(Key::F1);
        assert!(window.shows_pane("Guide"));
        for lesson in builtin_lessons() {
            window.role(Role::Link, &lesson.title).scroll_to_me();
            window.harness.run_steps(30);
            window.click_on(Role::Link, &lesson.title);
            assert!(window.has(Role::Button, "Begin"), "{}", lesson.name);
            window.click("All lessons");
        }
        window.harness.get_by_label("Search the terms").focus();
        window.harness.run_steps(2);
        window.harness.get_by_label("Search the terms").type_text("filter-normalised");
        window.harness.run_steps(3);
        window.click_on(Role::Link, "Normalisation of directions");
        assert!(window.shows("d_row ← d_row · ‖w_row‖/‖d_row‖"));
    }
}

#[test]
fn links_of_a_lesson_act_on_the_window() {
    let mut window = told(sized(SIZE));
    window.press(Key::F1);
    window.find("Lesson: When");
    window.click("Next step");
    window.commands();
    window.click("Next step");
    window.click_on(Role::Link, "Turn σ to 0.2");
    let sent = Command::SetKnob { run: NSO, knob: KnobId::Sigma, value: 0.2 };
    assert_eq!(window.commands(), [sent]);
    window.click("Next step");
    window.click_on(Role::Link, "Open the measurements");
    assert!(window.shows_pane("Measure"));
    window.find("Lesson: SAM, NSO");
    (0..3).for_each(|_| window.click("Next step"));
    window.commands();
    window.click_on(Role::Link, "Open the digits");
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::Load { experiment, more }, Command::Play, ..]
            if experiment.name == "digits-mlp" && more.is_empty()),
        "{commands:?}"
    );
}

#[test]
fn the_tour_has_six_steps_and_comes_by_command() {
    for size in [[1280.0, 800.0], [640.0, 420.0]] {
        let mut window = told(sized(size));
        assert!(!window.shows("1 of 6"), "no tour where nothing was kept of settings");
        window.find("Tour");
        let parts = [Some("Landscape of SGD"), None, Some("Step"), None, Some("Compare"), None];
        for (index, part) in parts.into_iter().enumerate() {
            let count = format!("{} of 6", index + 1);
            assert!(window.shows(&count), "{count}");
            let next = if index == 5 { "Done" } else { "Next" };
            let next = window.rect(Role::Button, next);
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
        window.find("Tour");
        window.press(Key::ArrowRight);
        window.click("Back");
        assert!(window.shows("1 of 6"));
        window.press(Key::Space);
        assert_eq!(window.commands(), [Command::Play], "the window is not blocked");
        window.click("Skip the tour");
        assert!(!window.shows("of 6"));
    }
}

#[test]
fn a_first_start_has_the_tour_and_a_second_one_has_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.json");
    let mut window = told(sized(SIZE).themed(Theme::Light).kept_in(&path));
    assert!(window.shows("1 of 6"));
    window.press(Key::Escape);
    assert!(!window.shows("of 6"));
    window.quit();
    assert!(path.exists());
    let window = told(sized(SIZE).themed(Theme::Light).kept_in(&path));
    assert!(!window.shows("1 of 6"));
}

#[test]
fn about_names_version_and_device_and_copies_them() {
    let mut window = told(sized(SIZE).themed(Theme::Light));
    window.find("About");
    assert!(window.shows(&format!("Flatscape {}", env!("CARGO_PKG_VERSION"))));
    assert!(
        window.harness.query_all_by_label_contains("CPU (Flex), 2 threads").count() >= 2,
        "here and in the status line"
    );
    for text in ["arXiv 2306.08553", "CC BY 4.0", "MIT or Apache 2.0", "Hack"] {
        assert!(window.shows(text), "{text}");
    }
    let copied = window.copied_by("Copy for a bug report");
    assert!(copied.contains("Training: CPU (Flex), 2 threads") && copied.contains("burn 0."), "{copied}");
    window.press(Key::Escape);
    assert!(!window.shows("arXiv"));
}
