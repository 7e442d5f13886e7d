//! Shortcuts on keyboards of other countries: what such a keyboard sends, and how the sheet tells its keys.

use egui::{Event, Key, Modifiers};
use flatscape::protocol::Command;

use crate::fixture::{SIZE, Window, sized};

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const COMMAND: Modifiers = Modifiers::COMMAND;

impl Window {
    /// A key at a place of a US keyboard, as another one reports it: a key, and a text where there is one.
    fn strike(&mut self, place: Key, key: Key, modifiers: Modifiers, text: &str) {
        let event = |pressed| Event::Key { key, physical_key: Some(place), pressed, repeat: false, modifiers };
        // All in one frame, as they come.
        let text = (!text.is_empty()).then(|| Event::Text(text.to_owned()));
        self.harness.input_mut().events.extend([event(true)].into_iter().chain(text).chain([event(false)]));
        self.harness.step();
        self.harness.run_steps(4);
    }

    /// The list of all keys says these of a command.
    fn assert_sheet(&mut self, keys: &[&str]) {
        self.find("keyboard shortcuts");
        for key in keys {
            self.expect(key);
        }
        self.press(Key::Escape);
    }
}

#[test]
fn a_french_keyboard_has_digits_with_shift() {
    let mut window = sized(SIZE).trained();
    window.strike(Key::Num2, Key::Num2, COMMAND | SHIFT, "");
    assert!(window.shows_pane("Compare"), "the layout of that digit");
    window.strike(Key::Num1, Key::Num1, COMMAND, "");
    assert!(!window.shows_pane("Compare"), "without Shift too");
    // A letter at another place: Ctrl+Z is where a US keyboard has W.
    window.set("Momentum", 0.5);
    window.commands();
    window.strike(Key::W, Key::Z, COMMAND, "");
    assert_eq!(window.commands().len(), 1);
    window.strike(Key::Num3, Key::Num3, SHIFT, "3");
    window.assert_sheet(&["Shift+3", "Ctrl+Shift+1", "Ctrl+PageDown"]);
}

#[test]
fn a_russian_keyboard_has_the_letters_at_their_places() {
    let mut window = sized(SIZE).trained();
    window.assert_sheet(&["Ctrl+K"]);
    window.strike(Key::S, Key::S, NONE, "ы");
    assert_eq!(window.commands(), [Command::Step]);
    window.strike(Key::K, Key::K, COMMAND, "");
    window.expect("Play or pause");
    window.press(Key::Escape);
    window.assert_sheet(&["Ctrl+Л", "Shift+И"]);
    // Whoever goes back to the Latin layout sees its letters.
    window.strike(Key::S, Key::S, NONE, "s");
    assert_eq!(window.commands(), [Command::Step]);
    window.assert_sheet(&["Ctrl+K", "Shift+B"]);
}

#[test]
fn a_czech_plus_is_no_digit_and_a_german_letter_is_where_it_is_printed() {
    let mut window = sized(SIZE).trained();
    window.strike(Key::Num2, Key::Num2, COMMAND, "");
    assert!(window.shows_pane("Compare"), "ě gives nothing but its place");
    // The key of the digit 1 has a plus without Shift: larger text, not the layout.
    window.strike(Key::Num1, Key::Plus, COMMAND, "");
    assert!(window.shows_pane("Compare"));
    window.strike(Key::Num1, Key::Num1, COMMAND | SHIFT, "");
    assert!(!window.shows_pane("Compare"));
    window.strike(Key::Num2, Key::Num2, NONE, "ě");
    window.assert_sheet(&["Ctrl+Shift+1"]);
    window.strike(Key::Y, Key::Z, NONE, "z");
    window.strike(Key::Semicolon, Key::Semicolon, NONE, "ö");
    window.assert_sheet(&["Ctrl+1"]);
}

#[test]
fn a_key_that_is_let_go_after_shift_works_again() {
    let mut window = sized(SIZE).trained();
    let event =
        |key, pressed, modifiers| Event::Key { key, physical_key: Some(Key::Comma), pressed, repeat: false, modifiers };
    for _ in 0..3 {
        // Czech: a question mark with Shift, a comma without.
        window.harness.input_mut().events.push(event(Key::Questionmark, true, SHIFT));
        window.harness.step();
        window.harness.input_mut().events.push(event(Key::Comma, false, NONE));
        window.harness.run_steps(3);
        window.expect("Select the run before");
        window.press(Key::Escape);
        assert!(!window.shows("Select the run before"));
    }
}

#[test]
fn runs_are_walked_through_without_brackets() {
    let mut window = sized(SIZE).trained();
    window.expect("Knobs of NSO");
    window.chord(COMMAND, Key::PageUp);
    window.expect("Knobs of SAM");
    window.chord(COMMAND, Key::PageDown);
    window.expect("Knobs of NSO");
}
