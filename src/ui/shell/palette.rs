//! The palette: type some letters of a command, choose it with arrows and Enter.

use egui::{Align2, Context, Id, Key, Modifiers, RichText, ScrollArea, TextEdit, Ui};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::panes::Panes;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::questions::return_focus;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

/// The palette, open or closed.
#[derive(Debug, Default)]
pub struct Palette {
    is_open: bool,
    text: String,
    chosen: usize,
    is_new: bool,
    /// What had the keyboard before.
    before: Option<Id>,
}

impl Palette {
    /// Opens it with an empty line.
    pub fn open(&mut self) {
        *self = Self { is_open: true, is_new: true, ..Self::default() };
    }

    /// Draws it while it is open.
    pub fn ui(&mut self, ctx: &Context, panes: &Panes, seen: Seen<'_>, asks: &mut Asks) {
        if !self.is_open {
            return;
        }
        if self.is_new {
            self.before = ctx.memory(egui::Memory::focused);
        }
        // Taken before the text line sees them.
        let (up, down, enter, escape) = ctx.input_mut(|input| {
            let mut take = |key| input.consume_key(Modifiers::NONE, key);
            (take(Key::ArrowUp), take(Key::ArrowDown), take(Key::Enter), take(Key::Escape))
        });
        let width = (0.9 * ctx.content_rect().width()).min(480.0);
        let response = egui::Window::new("Find a command")
            .title_bar(false)
            .resizable(false)
            .anchor(Align2::CENTER_TOP, [0.0, 60.0])
            .fixed_size([width, 340.0])
            .show(ctx, |ui| self.lines_ui(ui, (panes, seen, asks), [up, down, enter]));
        let is_outside = response.is_some_and(|shown| shown.response.clicked_elsewhere());
        if escape || (is_outside && !self.is_new) {
            self.is_open = false;
        }
        self.is_new = false;
        if !self.is_open {
            return_focus(ctx, self.before);
        }
    }

    fn lines_ui(
        &mut self,
        ui: &mut Ui,
        (panes, seen, asks): (&Panes, Seen<'_>, &mut Asks),
        [up, down, enter]: [bool; 3],
    ) {
        let line = TextEdit::singleline(&mut self.text).hint_text("Type a command…").desired_width(f32::INFINITY);
        let response = ui.add(line);
        widgets::name(&response, egui::Role::TextInput, "Command");
        response.request_focus();
        if response.changed() {
            self.chosen = 0;
        }
        let mut found = matches(&self.text);
        found.retain(|command| command.is_there(seen));
        if found.is_empty() {
            widgets::small_weak_ui(ui, "No command has these letters.");
            return;
        }
        self.chosen = match (up, down) {
            (true, _) => self.chosen.checked_sub(1).unwrap_or(found.len() - 1),
            (_, true) => (self.chosen + 1) % found.len(),
            _ => self.chosen.min(found.len() - 1),
        };
        let mut done = enter.then(|| found[self.chosen]);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (index, command) in found.iter().enumerate() {
                let why_not = panes.why_not(*command, seen);
                let response = row_ui(ui, *command, index == self.chosen, why_not.as_deref());
                if index == self.chosen && (up || down) {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    done = Some(*command);
                }
            }
        });
        if let Some(command) = done {
            // One that cannot be done says why, and the palette stays for another one.
            self.is_open = panes.why_not(command, seen).is_some();
            asks.run(command);
        }
    }
}

fn row_ui(ui: &mut Ui, command: UiCommand, is_chosen: bool, why_not: Option<&str>) -> egui::Response {
    let spec = command.spec();
    let tokens = Tokens::of(ui);
    let keys = shortcut_words(ui.ctx(), command);
    let button = egui::Button::selectable(is_chosen, RichText::new(&spec.label).color(tokens.text.0))
        .shortcut_text(RichText::new(keys).color(tokens.weak.0))
        .min_size(egui::vec2(ui.available_width(), 0.0));
    let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(spec.help);
    response.on_disabled_hover_text(why_not.unwrap_or_default())
}

/// Commands whose names have the letters of `text` in order, the best first; all of them for no text.
#[must_use]
pub fn matches(text: &str) -> Vec<UiCommand> {
    let all = UiCommand::all();
    if text.trim().is_empty() {
        return all;
    }
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut found: Vec<_> = all
        .into_iter()
        .filter_map(|command| {
            let label = command.spec().label;
            let score = pattern.score(Utf32Str::new(&label, &mut letters), &mut matcher)?;
            Some((score, command))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, command)| command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::contract::pane::Layout;

    #[test]
    fn a_few_letters_find_a_command() {
        assert_eq!(matches("brh").first(), Some(&UiCommand::BranchHere));
        assert_eq!(matches("3d").first(), Some(&UiCommand::Surface));
        assert_eq!(matches("teach").first(), Some(&UiCommand::Layout(Layout::Teach)));
        assert!(matches("qqqq").is_empty());
        assert_eq!(matches("  ").len(), UiCommand::all().len());
    }
}
