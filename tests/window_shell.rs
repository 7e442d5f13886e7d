//! Docking, commands, settings and sizes of the window, with a fake engine.

#[path = "window/shell.rs"]
mod shell;

use std::fs;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Theme, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::protocol::{Command, Event, LivePlane, RunId};

use shell::Window;

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

/// Everything that can be used in the upper bar, with its place.
fn bar_controls(window: &Window) -> Vec<(String, Rect)> {
    let roles = [Role::Button, Role::ComboBox, Role::Slider];
    let nodes = roles.into_iter().flat_map(|role| window.harness.query_all_by_role(role));
    let named = nodes.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()));
    named.filter(|(_, rect)| rect.center().y < 38.0).collect()
}

#[test]
fn nothing_in_the_bar_is_clipped_or_covered_at_any_width() {
    let mut window = Window::plain();
    for zoom in [1.0, 1.25, 1.6, 2.0] {
        window.harness.ctx.set_zoom_factor(zoom);
        // The frame in which the zoom changes keeps its size in pixels.
        window.harness.run_steps(2);
        for width in [300.0, 420.0, 500.0, 640.0, 800.0, 900.0, 1024.0, 1130.0, 1280.0, 1440.0, 1920.0, 3840.0] {
            let size = Vec2::new(width, 800.0);
            window.harness.set_size(size / zoom);
            window.harness.run_steps(3);
            let screen = Rect::from_min_size(egui::Pos2::ZERO, size / zoom);
            let controls = bar_controls(&window);
            let least = match width / zoom {
                ..400.0 => 2,
                400.0..560.0 => 7,
                _ => 10,
            };
            assert!(controls.len() >= least, "{width} at {zoom}: {controls:?}");
            for name in ["Menu", "Play"] {
                assert!(controls.iter().any(|(label, _)| label == name), "{name}, {width} at {zoom}: {controls:?}");
            }
            for (index, (label, rect)) in controls.iter().enumerate() {
                assert!(screen.expand(0.5).contains_rect(*rect), "{width} at {zoom}: {label} {rect:?}");
                for (other, place) in &controls[index + 1..] {
                    let shared = rect.shrink(1.0).intersect(place.shrink(1.0));
                    assert!(!shared.is_positive(), "{width} at {zoom}: {label} and {other}");
                }
            }
        }
    }
}

#[test]
fn a_narrow_bar_has_layouts_and_the_share_of_time_behind_buttons() {
    let mut window = Window::open([700.0, 600.0], Theme::Dark, None);
    window.harness.get_by_role_and_label(Role::Button, "Train or look").click();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::Slider, "Share of time to look").set_value_accesskit(0.25);
    window.harness.run_steps(3);
    assert!(matches!(window.commands()[..], [Command::SetLookShare(share)] if (share - 0.25).abs() < 0.01));
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.get_by_role_and_label(Role::Button, "Layout").click();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::Button, "Teach").click();
    window.harness.run_steps(3);
    assert!(window.shows_pane("Guide"));
}

#[test]
fn where_no_pane_can_be_used_a_sentence_helps() {
    for (size, zoom, is_small) in
        [([300.0, 200.0], 1.0, true), ([640.0, 420.0], 1.0, false), ([1024.0, 640.0], 1.6, false)]
    {
        let mut window = Window::open(size, Theme::Light, None);
        window.harness.ctx.set_zoom_factor(zoom);
        window.harness.run_steps(2);
        window.harness.set_size(Vec2::from(size) / zoom);
        window.harness.run_steps(3);
        assert_eq!(window.shows("Make the window larger"), is_small, "{size:?} at {zoom}");
        assert_eq!(window.shows("Landscape of SGD"), !is_small, "{size:?} at {zoom}");
    }
}

#[test]
fn tabs_are_not_covered_by_what_stands_beside_them() {
    let mut window = Window::open([1024.0, 640.0], Theme::Dark, None);
    window.press(Modifiers::NONE, Key::N);
    window.harness.ctx.set_zoom_factor(1.6);
    window.harness.run_steps(4);
    let rect = |name: &str| window.harness.get_by_role_and_label(Role::Button, name).rect();
    let settings = rect("Landscape settings");
    for tab in ["Landscapes", "Compare"] {
        assert!(rect(tab).right() <= settings.left() + 0.5, "{tab}: {} {settings}", rect(tab));
    }
}

#[test]
fn the_status_line_leaves_out_what_has_no_room() {
    let mut window = Window::plain();
    window.tell(Event::Device { name: "CPU (Flex), 2 threads".to_owned(), notice: None });
    window.tell(Event::Warning("Something that takes much room to be said, so that the rest must give way".to_owned()));
    for width in [1440.0, 1000.0, 700.0, 450.0] {
        window.harness.set_size(Vec2::new(width, 800.0));
        window.harness.run_steps(3);
        let words = ["paused", "gradient evaluations", "slice of step", "parameters"];
        let shown = words.iter().filter(|words| window.shows(words)).count();
        let rects: Vec<Rect> = window
            .harness
            .query_all_by_role(Role::Label)
            .map(|node| node.rect())
            .filter(|rect| rect.center().y > 774.0 && rect.bottom() <= 800.0)
            .collect();
        let (least, least_shown) = if width > 1200.0 { (6, 4) } else { (2, 1) };
        assert!(rects.len() >= least && shown >= least_shown, "{width}: {shown} {rects:?}");
        for (index, rect) in rects.iter().enumerate() {
            assert!(rect.right() <= width + 0.5, "{width}: {rect:?}");
            let others = &rects[index + 1..];
            assert!(others.iter().all(|other| !rect.shrink(1.0).intersects(other.shrink(1.0))), "{width}: {rects:?}");
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

#[test]
fn sizes_of_text_are_three_also_by_the_keys_that_browsers_have() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    window.press(Modifiers::NONE, Key::Escape);
    let mut zooms = Vec::new();
    for key in [Key::Equals, Key::Plus, Key::Plus, Key::Minus, Key::Num0] {
        window.press(Modifiers::COMMAND, key);
        zooms.push(window.harness.ctx.zoom_factor());
    }
    assert_eq!(zooms, [1.25, 1.6, 1.6, 1.25, 1.0]);
    window.press(Modifiers::COMMAND, Key::Equals);
    eframe::App::on_exit(window.harness.state_mut());
    assert!(fs::read_to_string(&path).expect("settings are written").contains("\"large\""));
}

#[test]
fn a_pane_that_was_closed_by_its_cross_stays_closed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::F1);
    eframe::App::on_exit(window.harness.state_mut());
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    assert!(window.shows_pane("Guide"));
    // By keyboard: the cross has the same name and does the same.
    window.harness.get_by_role_and_label(Role::Button, "Close Guide").focus();
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.shows_pane("Guide"));
    eframe::App::on_exit(window.harness.state_mut());
    let window = Window::open([1280.0, 800.0], Theme::Dark, Some(path));
    assert!(!window.shows_pane("Guide"));
}

#[test]
fn layouts_that_do_not_hang_together_begin_anew_with_a_notice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    window.press(Modifiers::NONE, Key::Escape);
    window.find("layout teach");
    eframe::App::on_exit(window.harness.state_mut());
    let text = fs::read_to_string(&path).expect("settings are written");
    let broken = text.replace("\"landscapes\"", "\"notices\"");
    assert_ne!(text, broken);
    fs::write(&path, &broken).expect("writable");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    assert!(window.shows_pane("Landscapes") && window.shows_pane("Guide"));
    window.press(Modifiers::NONE, Key::N);
    assert!(window.shows("Teach cannot be used"));
    assert_eq!(fs::read_to_string(path.with_file_name("settings.old.json")).expect("kept"), broken);
}

#[test]
fn the_share_of_time_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    let mut window = Window::open([1280.0, 800.0], Theme::Dark, Some(path.clone()));
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.get_by_role_and_label(Role::Slider, "Share of time to look").set_value_accesskit(0.75);
    window.harness.run_steps(3);
    eframe::App::on_exit(window.harness.state_mut());
    let window = Window::open([1280.0, 800.0], Theme::Dark, Some(path));
    let slider = window.harness.get_by_role_and_label(Role::Slider, "Share of time to look");
    let share = slider.accesskit_node().numeric_value().expect("a share");
    assert!((share - 0.75).abs() < 0.01, "{share}");
}

#[test]
fn a_run_that_diverges_says_when_where_it_stands_and_what_to_do() {
    let mut window = Window::plain();
    window.tell(Event::Diverged { run: RunId(3), step: 1207, last_good_step: 1206 });
    assert!(window.shows("NSO diverged at step 1\u{a0}207") && window.shows("It stands at step 1\u{a0}206"));
    assert!(window.shows("Lower its learning rate or σ"));
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut window = Window::plain();
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(window.shows("Nothing was changed that can be taken back."), "by its key");
    window.press(Modifiers::COMMAND, Key::K);
    window.type_text("redo");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.shows("Nothing was taken back."), "by the palette");
    window.press(Modifiers::NONE, Key::Escape);
    window.tell(Event::Playing(true));
    let step = window.harness.get_by_role_and_label(Role::Button, "Step").rect().center();
    window.harness.hover_at(step);
    window.harness.run_steps(40);
    assert!(window.shows("pause them first"), "by the pointer on its button");
}

#[test]
fn toasts_ask_for_no_frame_and_go_by_a_click() {
    let mut window = Window::plain();
    window.tell(Event::Warning("The first".to_owned()));
    window.tell(Event::Warning("The second".to_owned()));
    let is_toast =
        |window: &Window| window.harness.query_all_by_role_and_label(Role::Button, "Close the notice").count();
    assert_eq!(is_toast(&window), 2);
    window.harness.run_steps(30);
    let delay = window.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay > std::time::Duration::from_millis(500), "{delay:?}");
    let first = window.harness.get_all_by_role_and_label(Role::Button, "Close the notice").next().expect("a toast");
    first.click();
    window.harness.run_steps(3);
    assert_eq!(is_toast(&window), 1);
    for width in [300.0, 640.0] {
        window.harness.set_size(Vec2::new(width, 420.0));
        window.harness.run_steps(3);
        let cross = window.harness.get_by_role_and_label(Role::Button, "Close the notice").rect();
        assert!(cross.left() > 0.0 && cross.right() < width, "{width}: {cross:?}");
    }
    // Anywhere on it.
    let cross = window.harness.get_by_role_and_label(Role::Button, "Close the notice").rect();
    let place = cross.center() - Vec2::new(120.0, 0.0);
    window.harness.hover_at(place);
    window.harness.run_steps(2);
    for pressed in [true, false] {
        window.harness.event(egui::Event::PointerButton {
            pos: place,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(1);
    }
    window.harness.run_steps(2);
    assert_eq!(is_toast(&window), 0);
    // The log has all of them.
    window.harness.set_size(Vec2::new(1280.0, 800.0));
    window.press(Modifiers::NONE, Key::N);
    assert!(window.shows("The first") && window.shows("UTC, "));
}

#[test]
fn a_long_log_lays_out_what_is_seen_and_is_copied_whole() {
    let mut window = Window::plain();
    window.press(Modifiers::NONE, Key::N);
    for n in 0..300 {
        window.engine.outbox.push(Event::Warning(format!("Notice number {n} of many")));
    }
    assert!(window.engine.outbox.flush());
    window.harness.run_steps(20);
    let shown = window.harness.query_all_by_label_contains("of many").count();
    assert!((5..60).contains(&shown), "{shown}");
    window.harness.get_by_role_and_label(Role::Button, "Copy all").click();
    let mut copied = None;
    for _ in 0..3 {
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
    assert!(copied.contains("Notice number 0 of many") && copied.contains("Notice number 299 of many"));
}
