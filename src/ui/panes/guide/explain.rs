//! The term under the pointer, and the list of all terms.

use egui::{Context, RichText, Role, ScrollArea, TextEdit, Ui};

use crate::ui::kit::help::{self, Term};
use crate::ui::kit::{theme, widgets};

/// What is asked about terms.
#[derive(Debug, Default)]
pub struct Terms {
    /// The term that was last under the pointer, or chosen.
    hovered: Option<Term>,
    /// What is searched for.
    search: String,
}

impl Terms {
    /// Takes the term that was last under the pointer.
    pub fn follow(&mut self, ctx: &Context) {
        self.hovered = help::last_explained(ctx).or(self.hovered);
    }

    /// Whether there is a term to explain, or one is searched for.
    pub fn is_asked(&self) -> bool {
        self.hovered.is_some() || !self.search.is_empty()
    }

    /// Explains a term.
    pub fn show(&mut self, ctx: &Context, term: Term) {
        help::remember(ctx, term);
        self.hovered = Some(term);
    }
}

/// Draws the search line, and below it what it finds, or the term under the pointer with the list of all.
pub fn explain_ui(ui: &mut Ui, terms: &mut Terms) {
    let line = TextEdit::singleline(&mut terms.search).hint_text("Search the terms").desired_width(f32::INFINITY);
    let response = ui.add(line);
    widgets::name(&response, Role::TextInput, "Search the terms");
    ui.add_space(2.0);
    ScrollArea::vertical().id_salt("terms").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        if !terms.search.trim().is_empty() {
            return found_ui(ui, terms);
        }
        match terms.hovered {
            Some(term) => term_ui(ui, terms, term),
            None => {
                widgets::small_weak_ui(
                    ui,
                    "Point at a term with a dotted line, at a knob or at a title to read here what it is.",
                );
            }
        }
        ui.add_space(6.0);
        egui::CollapsingHeader::new("All terms").show(ui, |ui| all_ui(ui, terms));
    });
}

fn term_ui(ui: &mut Ui, terms: &mut Terms, term: Term) {
    help::explanation_ui(ui, term);
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak_ui(ui, "See also");
        for &other in &term.entry().see {
            choice_ui(ui, terms, other);
        }
    });
}

fn found_ui(ui: &mut Ui, terms: &mut Terms) {
    let found = Term::find(&terms.search);
    if found.is_empty() {
        widgets::small_weak_ui(ui, "No term has these words.");
    }
    for term in found {
        if choice_ui(ui, terms, term) {
            terms.search.clear();
        }
    }
}

fn all_ui(ui: &mut Ui, terms: &mut Terms) {
    let mut group = "";
    for &term in Term::ALL {
        let entry = term.entry();
        if entry.group != group {
            group = &entry.group;
            ui.add_space(4.0);
            ui.label(RichText::new(group).text_style(theme::title_style()));
        }
        choice_ui(ui, terms, term);
    }
}

/// A term to choose. True when it was chosen.
fn choice_ui(ui: &mut Ui, terms: &mut Terms, term: Term) -> bool {
    let is_chosen = ui.link(&term.entry().name).clicked();
    if is_chosen {
        terms.show(ui.ctx(), term);
    }
    is_chosen
}
