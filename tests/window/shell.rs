//! Docking, the palette and commands of the window.

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use flatscape::protocol::{Command, Event, LivePlane};

use crate::fixture::{SIZE, sized};

#[test]
fn the_palette_finds_and_does() {
    let mut window = sized(SIZE).drawn().trained();
    window.find("reset");
    assert_eq!(window.commands(), [Command::Reset]);
    assert!(!window.shows_pane("Compare"));
    window.find("compare pane");
    assert!(window.shows_pane("Compare"));
    window.chord(Modifiers::COMMAND, Key::K);
    window.type_text("qqqq");
    assert!(window.shows("No command has these letters"));
    window.press(Key::Escape);
    assert!(!window.shows("No command has these letters"));
}

#[test]
fn arrows_choose_in_the_palette_and_typing_there_turns_nothing() {
    let mut window = sized(SIZE).drawn().trained();
    window.chord(Modifiers::COMMAND, Key::K);
    window.type_text("layout");
    window.press(Key::R);
    assert!(window.commands().is_empty(), "a letter in the palette is no shortcut");
    window.press(Key::Backspace);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowUp);
    window.press(Key::Enter);
    assert!(!window.shows("No command"));
}

#[test]
fn panes_open_close_and_come_back() {
    let mut window = sized(SIZE).drawn().trained();
    for (key, title) in [(Key::M, "Measure"), (Key::N, "Notices"), (Key::C, "Compare"), (Key::F1, "Guide")] {
        window.press(key);
        assert!(window.shows_pane(title), "{title}");
    }
    window.press(Key::F1);
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
    let mut window = sized(SIZE).drawn().trained();
    window.find("chart spectrum as a pane");
    assert!(window.shows_pane("Spectrum"));
    window.find("chart spectrum as a pane");
    assert!(!window.shows_pane("Spectrum"));
}

#[test]
fn planes_are_chosen_by_name() {
    let mut window = sized(SIZE).drawn().trained();
    window.find("plane: three minima");
    let asked = window.commands();
    assert!(matches!(&asked[..], [Command::SetSlice(view)] if matches!(view.plane, LivePlane::Minima(_))), "{asked:?}");
}

#[test]
fn the_shortcuts_are_listed() {
    let mut window = sized(SIZE).drawn().trained();
    window.press(Key::Questionmark);
    for words in ["Play or pause", "Ctrl+K", "Find a command", "Select the run before"] {
        assert!(window.shows(words), "{words}");
    }
    window.press(Key::Escape);
    assert!(!window.shows("Select the run before"));
}

#[test]
fn a_knob_is_undone_and_redone() {
    let mut window = sized(SIZE).drawn().trained();
    window.set("Momentum", 0.5);
    let value = |commands: Vec<Command>| match commands[..] {
        [Command::SetKnob { value, .. }] => value,
        _ => panic!("{commands:?}"),
    };
    let turned = value(window.commands());
    window.chord(Modifiers::COMMAND, Key::Z);
    assert!((value(window.commands()) - 0.9).abs() < 1e-9);
    window.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!((value(window.commands()) - turned).abs() < 1e-9);
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut window = sized(SIZE).drawn().trained();
    window.chord(Modifiers::COMMAND, Key::Z);
    assert!(window.shows("Nothing was changed that can be taken back."), "by its key");
    window.chord(Modifiers::COMMAND, Key::K);
    window.type_text("redo");
    window.press(Key::Enter);
    assert!(window.shows("Nothing was taken back."), "by the palette");
    window.press(Key::Escape);
    window.tell([Event::Playing(true)]);
    let step = window.rect(Role::Button, "Step").center();
    window.harness.hover_at(step);
    window.harness.run_steps(40);
    assert!(window.shows("pause them first"), "by the pointer on its button");
}
