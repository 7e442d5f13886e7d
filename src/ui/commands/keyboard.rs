//! From keys to commands.

use egui::{Context, Key, Modifiers};

use super::UiCommand;

/// The commands whose keys were pressed in this frame; their events are used up. Nothing while text is typed, and a
/// focused control keeps the space bar and the arrows for itself.
#[must_use]
pub fn pressed(ctx: &Context) -> Vec<UiCommand> {
    let is_text = ctx.text_edit_focused();
    let has_focus = ctx.memory(|memory| memory.focused().is_some());
    let mut known: Vec<_> =
        UiCommand::all().into_iter().flat_map(|command| command.all_keys().map(move |keys| (command, keys))).collect();
    // `Ctrl+Z` would also take `Ctrl+Shift+Z`.
    known.sort_by_key(|(_, keys)| std::cmp::Reverse(count(keys.modifiers)));
    ctx.input_mut(|input| {
        let mut found = Vec::new();
        for (command, keys) in known {
            let is_plain = keys.modifiers == Modifiers::NONE;
            // A text has its own way back.
            if is_text && matches!(command, UiCommand::Undo | UiCommand::Redo) {
                continue;
            }
            if is_plain && (is_text || (has_focus && is_for_controls(keys.logical_key))) {
                continue;
            }
            if input.consume_shortcut(&keys) {
                found.push(command);
            }
        }
        found
    })
}

/// Keys that a focused button, slider, chart or list takes for itself.
const fn is_for_controls(key: Key) -> bool {
    matches!(key, Key::Space | Key::Enter | Key::Home | Key::End)
}

fn count(modifiers: Modifiers) -> u32 {
    u32::from(modifiers.command) + u32::from(modifiers.shift) + u32::from(modifiers.alt)
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
