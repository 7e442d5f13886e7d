//! Settings of the window that are kept from one start to the next.

use std::fs;
use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::NodeT as _;

use crate::dice::damaged;
use crate::fixture::{SIZE, Window, sized};

/// Damaged files of settings.
const DAMAGED: u64 = 30;

/// A file of settings that is not there yet, and its folder, which goes at the end of a test.
fn no_settings() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("settings.json");
    (folder, path)
}

fn open(settings: &Path) -> Window {
    sized(SIZE).kept_in(settings).drawn().trained()
}

#[test]
fn theme_text_size_and_motion_are_kept() {
    let (_folder, path) = no_settings();
    let mut window = open(&path);
    window.press(Key::Escape);
    window.find("light theme");
    window.find("projector text");
    window.find("reduced motion");
    window.find("layout compare");
    assert_eq!(window.harness.ctx.zoom_factor(), 1.6);
    assert_eq!(window.harness.ctx.theme(), Theme::Light);
    window.quit();
    let text = fs::read_to_string(&path).expect("settings are written");
    assert!(text.contains("\"projector\"") && text.contains("\"light\""), "{text}");
    let mut window = open(&path);
    window.harness.run_steps(3);
    assert_eq!(window.harness.ctx.global_style().animation_time, 0.0, "nothing moves by itself");
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
        let mut window = open(&path);
        window.press(Key::Escape);
        window.press(Key::N);
        assert!(window.shows("The saved settings cannot be used"), "{name}");
        let kept = path.with_file_name("settings.old.json");
        assert_eq!(fs::read_to_string(kept).expect("kept"), text);
    }
}

/// What a full file of settings becomes on a disk that fails: the window opens and is drawn, and the file is there still.
#[test]
fn a_window_opens_with_damaged_settings_and_keeps_what_it_cannot_use() {
    let (_folder, path) = no_settings();
    let mut window = sized(SIZE).kept_in(&path).stepped();
    window.press(Key::Escape);
    for words in ["light theme", "layout compare", "chart trace as a pane", "layout explore"] {
        window.find(words);
    }
    window.quit();
    let whole = fs::read(&path).expect("settings are written");
    for number in 0..DAMAGED {
        let (_folder, path) = no_settings();
        let bytes = damaged(&whole, number);
        fs::write(&path, &bytes).expect("writable");
        let mut window = sized(SIZE).kept_in(&path).stepped();
        window.press(Key::Escape);
        window.press(Key::N);
        // Settings that can be used are written over as they change, others lie beside.
        let is_set_aside = window.shows("cannot be used");
        let is_kept = fs::read(path.with_file_name("settings.old.json")).is_ok_and(|found| found == bytes);
        assert_eq!(is_set_aside, is_kept, "damage {number}");
        for words in ["layout compare", "layout explore"] {
            window.find(words);
        }
    }
}

#[test]
fn sizes_of_text_are_three_also_by_the_keys_that_browsers_have() {
    let (_folder, path) = no_settings();
    let mut window = open(&path);
    window.press(Key::Escape);
    let mut zooms = Vec::new();
    for key in [Key::Equals, Key::Plus, Key::Plus, Key::Minus, Key::Num0] {
        window.chord(Modifiers::COMMAND, key);
        zooms.push(window.harness.ctx.zoom_factor());
    }
    assert_eq!(zooms, [1.25, 1.6, 1.6, 1.25, 1.0]);
    window.chord(Modifiers::COMMAND, Key::Equals);
    window.quit();
    assert!(fs::read_to_string(&path).expect("settings are written").contains("\"large\""));
}

#[test]
fn a_pane_that_was_closed_by_its_cross_stays_closed() {
    let (_folder, path) = no_settings();
    let mut window = open(&path);
    window.press(Key::Escape);
    window.press(Key::F1);
    window.quit();
    let mut window = open(&path);
    assert!(window.shows_pane("Guide"));
    // By keyboard: the cross has the same name and does the same.
    window.focus(Role::Button, "Close Guide");
    window.press(Key::Enter);
    assert!(!window.shows_pane("Guide"));
    window.quit();
    let window = open(&path);
    assert!(!window.shows_pane("Guide"));
}

#[test]
fn layouts_that_do_not_hang_together_begin_anew_with_a_notice() {
    let (_folder, path) = no_settings();
    let mut window = open(&path);
    window.press(Key::Escape);
    window.find("layout teach");
    window.quit();
    let text = fs::read_to_string(&path).expect("settings are written");
    let broken = text.replace("\"landscapes\"", "\"notices\"");
    assert_ne!(text, broken);
    fs::write(&path, &broken).expect("writable");
    let mut window = open(&path);
    assert!(window.shows_pane("Landscapes") && window.shows_pane("Guide"));
    window.press(Key::N);
    assert!(window.shows("Teach cannot be used"));
    assert_eq!(fs::read_to_string(path.with_file_name("settings.old.json")).expect("kept"), broken);
}

#[test]
fn the_share_of_time_is_kept() {
    let (_folder, path) = no_settings();
    let mut window = open(&path);
    window.press(Key::Escape);
    window.set("Share of time to look", 0.75);
    window.quit();
    let window = open(&path);
    let slider = window.role(Role::Slider, "Share of time to look");
    let share = slider.accesskit_node().numeric_value().expect("a share");
    assert!((share - 0.75).abs() < 0.01, "{share}");
}
