//! The term under the pointer, and the list of all terms.

use egui::{RichText, Role, ScrollArea, TextEdit, Ui};

use crate::ui::kit::help::{Help, Term, explanation_ui};
use crate::ui::kit::{theme, widgets};

/// Draws the search line, and below it what it finds, or the term under the pointer with the list of all.
pub fn explain_ui(ui: &mut Ui, help: &mut Help) {
    let line = TextEdit::singleline(&mut help.search).hint_text("Search the terms").desired_width(f32::INFINITY);
    let response = ui.add(line);
    widgets::name(&response, Role::TextInput, "Search the terms");
    ui.add_space(2.0);
    ScrollArea::vertical().id_salt("terms").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        if !help.search.trim().is_empty() {
            return found_ui(ui, help);
        }
        match help.hovered {
            Some(term) => term_ui(ui, help, term),
            None => {
                widgets::small_weak_ui(
                    ui,
                    "Point at a term with a dotted line, at a knob or at a title to read here what it is.",
                );
            }
        }
        ui.add_space(6.0);
        egui::CollapsingHeader::new("All terms").show(ui, |ui| all_ui(ui, help));
    });
}

fn term_ui(ui: &mut Ui, help: &mut Help, term: Term) {
    explanation_ui(ui, term);
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak_ui(ui, "See also");
        for &other in &term.entry().see {
            choice_ui(ui, help, other);
        }
    });
}

fn found_ui(ui: &mut Ui, help: &mut Help) {
    let found = Term::find(&help.search);
    if found.is_empty() {
        widgets::small_weak_ui(ui, "No term has these words.");
    }
    for term in found {
        if choice_ui(ui, help, term) {
            help.search.clear();
        }
    }
}

fn all_ui(ui: &mut Ui, help: &mut Help) {
    let mut group = "";
    for &term in Term::ALL {
        let entry = term.entry();
        if entry.group != group {
            group = &entry.group;
            ui.add_space(4.0);
            ui.label(RichText::new(group).text_style(theme::title_style()));
        }
        choice_ui(ui, help, term);
    }
}

/// A term to choose. True when it was chosen.
fn choice_ui(ui: &mut Ui, help: &mut Help, term: Term) -> bool {
    let is_chosen = ui.link(&term.entry().name).clicked();
    if is_chosen {
        help.show(ui.ctx(), term);
    }
    is_chosen
}
