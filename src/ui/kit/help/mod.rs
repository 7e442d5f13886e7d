//! Help where it is needed: what a term under the pointer means, in a tooltip and in the guide.

mod of;
mod term;

use egui::{Context, Id, Label, Rect, Response, RichText, Sense, Shape, Ui, WidgetText, pos2};
use egui_commonmark::CommonMarkCache;

use super::theme;
use super::theme::Tokens;

pub use term::Term;

/// What the guide shows.
#[derive(Debug, Default)]
pub struct Help {
    /// The term that was last under the pointer, or chosen.
    pub hovered: Option<Term>,
    /// The lesson that is open, by its place.
    pub lesson: Option<usize>,
    /// What is searched for among the terms.
    pub search: String,
    /// The Markdown of the lessons, laid out.
    pub cache: CommonMarkCache,
    /// The graphics adapter that draws the window, in words.
    pub adapter: Option<String>,
}

impl Help {
    /// Takes the term that was last under the pointer.
    pub fn follow(&mut self, ctx: &Context) {
        self.hovered = ctx.data(|data| data.get_temp::<Option<Term>>(hovered_id())).flatten().or(self.hovered);
    }

    /// Whether there is a term to explain, or one is searched for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.hovered.is_some() || !self.search.is_empty()
    }

    /// Explains a term.
    pub fn show(&mut self, ctx: &Context, term: Term) {
        remember(ctx, term);
        self.hovered = Some(term);
    }
}

/// Explains `term` while the pointer is on a widget: its name, two sentences and the formula, below what the widget's
/// tooltip says already. The guide shows the same.
pub fn term(response: Response, term: Term) -> Response {
    if response.hovered() || response.has_focus() {
        remember(&response.ctx, term);
    }
    response.on_hover_ui(|ui| explanation_ui(ui, term))
}

/// As [`term`] for a text that changes from frame to frame: what is hovered is an area with an id of its own, told from
/// its neighbours by `salt`.
pub fn term_of_changing(ui: &Ui, response: &Response, salt: &str, explained: Term) -> Response {
    term(ui.interact(response.rect, ui.scope_id().with(salt), Sense::hover()), explained)
}

/// A label that is explained when the pointer is on it; a dotted line says so.
pub fn term_label(ui: &mut Ui, text: impl Into<WidgetText>, explained: Term) -> Response {
    let response = ui.add(Label::new(text).sense(Sense::hover()));
    underline(ui, response.rect);
    term(response, explained)
}

/// The dotted line under words that are explained.
pub fn underline(ui: &Ui, rect: Rect) {
    let bottom = rect.bottom() - 0.5;
    let line = [pos2(rect.left() + 0.5, bottom), pos2(rect.right(), bottom)];
    ui.painter().extend(Shape::dotted_line(&line, Tokens::of(ui).weak.0, 3.0, 0.5));
}

/// Name, sentences and formula of a term.
pub fn explanation_ui(ui: &mut Ui, term: Term) {
    let entry = term.entry();
    ui.label(RichText::new(&entry.name).text_style(theme::title_style()));
    ui.add(Label::new(entry.text.as_str()).wrap());
    ui.add_space(2.0);
    ui.add(Label::new(RichText::new(&entry.formula).monospace()).wrap());
}

fn hovered_id() -> Id {
    Id::unique("the term under the pointer")
}

fn remember(ctx: &Context, term: Term) {
    let is_new = ctx.data_mut(|data| {
        let last = data.get_temp_mut_or_insert_with(hovered_id(), || None::<Term>);
        last.replace(term) != Some(term)
    });
    if is_new {
        // The guide may have been drawn before.
        ctx.request_repaint();
    }
}

#[cfg(test)]
mod tests {
    use egui::{Context, TextStyle};

    use super::*;

    #[test]
    fn the_embedded_fonts_have_every_glyph_of_every_term_and_lesson() {
        let ctx = Context::default();
        theme::install(&ctx);
        let mut missing = Vec::new();
        let mut check = |ctx: &Context, style: TextStyle, text: &str, of: &str| {
            let font = style.resolve(&ctx.global_style());
            ctx.fonts_mut(|fonts| {
                for glyph in text.chars().filter(|glyph| !glyph.is_control()) {
                    if !fonts.has_glyph(&font, glyph) {
                        missing.push(format!("{glyph} in {of}"));
                    }
                }
            });
        };
        // Fonts are made when a frame begins.
        ctx.begin_pass(egui::RawInput::default());
        for term in Term::ALL {
            let entry = term.entry();
            check(&ctx, TextStyle::Body, &format!("{}{}{}", entry.name, entry.text, entry.group), &entry.name);
            check(&ctx, TextStyle::Monospace, &entry.formula, &entry.name);
        }
        for lesson in crate::ui::panes::guide::LESSONS {
            check(&ctx, TextStyle::Body, lesson.text, lesson.title());
        }
        let _ = ctx.end_pass();
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }
}
