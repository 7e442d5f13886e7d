//! From keys to commands, and back to words. A shortcut is a character: it is where the keyboard's layout has it.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::UiCommand;
use super::layouts::{self, KeyboardLayout, Level, PLACES};

/// The commands whose keys were pressed in this frame; their events are used up. Nothing while text is typed, and a
/// focused control keeps the space bar and the arrows for itself.
#[must_use]
pub fn pressed(ctx: &Context) -> Vec<UiCommand> {
    let is_text = ctx.text_edit_focused();
    let fresh = layouts::fresh(ctx);
    let has_focus = ctx.memory(|memory| memory.focused().is_some());
    let is_open = |command: UiCommand, keys: KeyboardShortcut| {
        // A text has its own way back, and without Ctrl a key is a letter of it.
        let is_of_text = !keys.modifiers.command || matches!(command, UiCommand::Undo | UiCommand::Redo);
        let is_plain = keys.modifiers == Modifiers::NONE;
        !(is_text && is_of_text || is_plain && has_focus && is_for_controls(keys.logical_key))
    };
    let all = UiCommand::all().into_iter().flat_map(|command| command.all_keys().map(move |keys| (command, keys)));
    let open: Vec<_> = all.filter(|(command, keys)| is_open(*command, *keys)).collect();
    ctx.input_mut(|input| {
        let mut found = Vec::new();
        input.events.retain(|event| {
            let Event::Key { key, physical_key, pressed: true, repeat, modifiers } = event else { return true };
            let Some((command, _)) = open.iter().find(|(_, keys)| is_meant(*keys, *key, *modifiers)) else {
                return true;
            };
            // egui tells repeats by the character, which may be another one when the key is let go.
            let is_held = physical_key.map_or(*repeat, |place| !fresh.contains(&place));
            if !is_held || command.repeats() {
                found.push(*command);
            }
            false
        });
        found
    })
}

/// Whether these are the keys, with no other key held. Digits need Shift on some layouts, signs need Shift or Alt.
fn is_meant(keys: KeyboardShortcut, key: Key, modifiers: Modifiers) -> bool {
    key == keys.logical_key
        && if is_sign(key) {
            modifiers.matches_logically(keys.modifiers)
        } else if is_digit(key) {
            modifiers.matches_exact(keys.modifiers) || modifiers.matches_exact(keys.modifiers | Modifiers::SHIFT)
        } else {
            modifiers.matches_exact(keys.modifiers)
        }
}

const fn is_sign(key: Key) -> bool {
    matches!(key, Key::Questionmark | Key::Plus | Key::Minus | Key::OpenBracket | Key::CloseBracket)
}

fn is_digit(key: Key) -> bool {
    PLACES[..10].contains(&key)
}

/// Keys that a focused button, slider, chart or list takes for itself.
const fn is_for_controls(key: Key) -> bool {
    matches!(key, Key::Space | Key::Enter | Key::Home | Key::End | Key::PageUp | Key::PageDown)
}

/// What is pressed for a command on some layout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chord {
    modifiers: Modifiers,
    /// The key by its place.
    place: Key,
    level: Level,
    /// What stands on it.
    symbol: String,
    /// The easiest first.
    rank: u8,
}

/// The easiest keys for a shortcut: where its character stands, else those that stand at the same place on all layouts, else
/// the place where a US keyboard has the character.
fn chord(layout: KeyboardLayout, command: UiCommand) -> Option<Chord> {
    let all = command.all_keys().flat_map(|keys| chords(layout, keys));
    all.min_by_key(|chord| chord.rank)
}

fn chords(layout: KeyboardLayout, keys: KeyboardShortcut) -> Vec<Chord> {
    let key = keys.logical_key;
    let is_of_layout = PLACES.contains(&key) || is_sign(key);
    if !is_of_layout {
        let symbol = key_symbol(key).to_owned();
        return vec![Chord { modifiers: keys.modifiers, place: key, level: Level::Plain, symbol, rank: 1 }];
    }
    let mut found = Vec::new();
    for level in Level::ALL {
        for place in PLACES {
            let held = if level == Level::Shift { keys.modifiers | Modifiers::SHIFT } else { keys.modifiers };
            if !is_meant(keys, layout.reported(place, level), held) {
                continue;
            }
            let letter = layout.character(place, level);
            let is_own = letter.and_then(layouts::key_of) == Some(key);
            let (symbol, rank) = match (is_own, level) {
                (true, Level::Plain | Level::Shift) => (key_symbol(key).to_owned(), 0),
                (true, Level::AltGr) => (format!("AltGr+{}", capital(layout, place)), 3),
                (false, Level::Plain | Level::Shift) => (capital(layout, place), 2),
                (false, Level::AltGr) => continue,
            };
            // Whoever knows where a sign stands knows what it needs.
            let modifiers = if is_sign(key) { keys.modifiers } else { held };
            found.push(Chord { modifiers, place, level, symbol, rank });
        }
    }
    found
}

/// What is printed on a key.
fn capital(layout: KeyboardLayout, place: Key) -> String {
    let letter = layout.character(place, Level::Plain);
    letter.map_or_else(|| key_symbol(place).to_owned(), |letter| letter.to_uppercase().collect())
}

/// The keys of a command in words, as the keyboard has them, such as "Ctrl+K".
#[must_use]
pub fn shortcut_words(ctx: &Context, command: UiCommand) -> String {
    let Some(chord) = chord(layouts::current(ctx), command) else { return String::new() };
    let is_mac = ctx.os() == egui::os::OperatingSystem::Mac;
    let names = if is_mac { egui::ModifierNames::SYMBOLS } else { egui::ModifierNames::NAMES };
    let modifiers = names.format(&chord.modifiers, is_mac);
    let between = if modifiers.is_empty() || is_mac { "" } else { "+" };
    format!("{modifiers}{between}{}", chord.symbol)
}

/// What stands on the key of a US keyboard.
fn key_symbol(key: Key) -> &'static str {
    match key {
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Questionmark => "?",
        Key::Plus => "+",
        Key::Minus => "−",
        _ => key.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The commands that a key does.
    fn meant(key: Key, modifiers: Modifiers) -> Vec<UiCommand> {
        let does = |command: &UiCommand| command.all_keys().any(|keys| is_meant(keys, key, modifiers));
        UiCommand::all().into_iter().filter(does).collect()
    }

    #[test]
    fn every_shortcut_has_a_chord_on_every_layout_that_does_what_it_says() {
        for layout in KeyboardLayout::ALL {
            for command in UiCommand::all().into_iter().filter(|command| command.spec().shortcut.is_some()) {
                let chord = chord(layout, command).unwrap_or_else(|| panic!("{command:?} on {layout:?}"));
                assert_ne!(chord.level, Level::AltGr, "{command:?} on {layout:?}: there is something easier");
                let held = if chord.level == Level::Shift { Modifiers::SHIFT } else { Modifiers::NONE };
                let key = layout.reported(chord.place, chord.level);
                assert_eq!(meant(key, chord.modifiers | held), [command], "{chord:?} on {layout:?}");
            }
        }
    }

    #[test]
    fn no_chord_does_two_things_on_any_layout() {
        let held = [Modifiers::NONE, Modifiers::COMMAND, Modifiers::ALT, Modifiers::COMMAND | Modifiers::ALT];
        let mut num_meant = 0;
        for layout in KeyboardLayout::ALL {
            for (place, level) in PLACES.into_iter().flat_map(|place| Level::ALL.map(|level| (place, level))) {
                for held in held {
                    let shift = if level == Level::Shift { Modifiers::SHIFT } else { Modifiers::NONE };
                    let commands = meant(layout.reported(place, level), held | shift);
                    assert!(commands.len() <= 1, "{place:?} {level:?} {held:?} on {layout:?}: {commands:?}");
                    num_meant += commands.len();
                }
            }
        }
        assert!(num_meant > 100);
    }

    #[test]
    fn shortcuts_are_told_as_the_layout_has_them() {
        use KeyboardLayout::{Czech, French, German, Russian, Us};
        let words = |layout, command| {
            let chord = chord(layout, command).expect("a chord");
            let modifiers = egui::ModifierNames::NAMES.format(&chord.modifiers, false);
            if modifiers.is_empty() { chord.symbol } else { format!("{modifiers}+{}", chord.symbol) }
        };
        let explore = UiCommand::Layout(crate::ui::contract::pane::Layout::Explore);
        for (layout, command, expected) in [
            (Us, UiCommand::Surface, "3"),
            (French, UiCommand::Surface, "Shift+3"),
            (German, UiCommand::Surface, "3"),
            (Czech, UiCommand::Surface, "Shift+3"),
            (Russian, UiCommand::Surface, "3"),
            (French, explore, "Ctrl+Shift+1"),
            (Czech, explore, "Ctrl+Shift+1"),
            (Us, UiCommand::NextRun, "]"),
            (German, UiCommand::NextRun, "Ctrl+PageDown"),
            (French, UiCommand::PreviousRun, "Ctrl+PageUp"),
            (Russian, UiCommand::Palette, "Ctrl+Л"),
            (Russian, UiCommand::Step, "Ы"),
            (Russian, UiCommand::BranchFromStep, "Shift+И"),
            (French, UiCommand::Rewind, "W"),
            (Czech, UiCommand::Redo, "Ctrl+Shift+Z"),
            (Us, UiCommand::LargerText, "Ctrl++"),
            (Czech, UiCommand::LargerText, "Ctrl++"),
            (Russian, UiCommand::Shortcuts, "?"),
            (Russian, UiCommand::RenameRun, "F2"),
        ] {
            assert_eq!(words(layout, command), expected, "{command:?} on {layout:?}");
        }
    }
}
