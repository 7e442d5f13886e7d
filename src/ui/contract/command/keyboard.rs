//! From keys to commands.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::UiCommand;

/// The commands whose keys were pressed in this frame; their events are used up. Nothing while text is typed, and a
/// focused control keeps the space bar and the arrows for itself.
#[must_use]
pub fn pressed(ctx: &Context) -> Vec<UiCommand> {
    let is_text = ctx.text_edit_focused();
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
            let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else { return true };
            let Some((command, _)) = open.iter().find(|(_, keys)| is_meant(*keys, *key, *modifiers)) else {
                return true;
            };
            if !repeat || command.repeats() {
                found.push(*command);
            }
            false
        });
        found
    })
}

/// Whether these are the keys, with no other key held. Some layouts need Shift or Alt for signs.
fn is_meant(keys: KeyboardShortcut, key: Key, modifiers: Modifiers) -> bool {
    let is_sign =
        matches!(keys.logical_key, Key::Questionmark | Key::Plus | Key::Minus | Key::OpenBracket | Key::CloseBracket);
    key == keys.logical_key
        && if is_sign { modifiers.matches_logically(keys.modifiers) } else { modifiers.matches_exact(keys.modifiers) }
}

/// Keys that a focused button, slider, chart or list takes for itself.
const fn is_for_controls(key: Key) -> bool {
    matches!(key, Key::Space | Key::Enter | Key::Home | Key::End)
}

/// The keys of a command in words, such as "Ctrl+K".
#[must_use]
pub fn shortcut_words(ctx: &Context, command: UiCommand) -> String {
    let Some(keys) = command.spec().shortcut else { return String::new() };
    let is_mac = ctx.os() == egui::os::OperatingSystem::Mac;
    let names = if is_mac { egui::ModifierNames::SYMBOLS } else { egui::ModifierNames::NAMES };
    let modifiers = names.format(&keys.modifiers, is_mac);
    let between = if modifiers.is_empty() || is_mac { "" } else { "+" };
    format!("{modifiers}{between}{}", key_symbol(keys.logical_key))
}

/// What stands on the key.
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
