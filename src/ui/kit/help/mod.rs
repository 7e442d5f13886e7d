//! Help where it is needed: what a term under the pointer means, in a tooltip and in the guide.

mod term;

use egui::{Context, Id, Label, Rect, Response, RichText, Sense, Shape, Ui, WidgetText, pos2};

use super::theme::{self, Tokens};

pub use term::Term;

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

/// The term that was last under the pointer.
#[must_use]
pub fn last_explained(ctx: &Context) -> Option<Term> {
    ctx.data(|data| data.get_temp::<Option<Term>>(hovered_id())).flatten()
}

/// Takes a term for the one that was last under the pointer.
pub fn remember(ctx: &Context, term: Term) {
    let is_new = ctx.data_mut(|data| {
        let last = data.get_temp_mut_or_insert_with(hovered_id(), || None::<Term>);
        last.replace(term) != Some(term)
    });
    if is_new {
        // The guide may have been drawn before.
        ctx.request_repaint();
    }
}

fn hovered_id() -> Id {
    Id::unique("the term under the pointer")
}

/// The glyphs of texts that the embedded fonts lack, each with the name of its text.
#[cfg(test)]
pub fn missing_glyphs<'a>(texts: impl IntoIterator<Item = (egui::TextStyle, &'a str, &'a str)>) -> Vec<String> {
    let ctx = Context::default();
    theme::install(&ctx);
    // Fonts are made when a frame begins.
    ctx.begin_pass(egui::RawInput::default());
    let mut missing = Vec::new();
    for (style, text, name) in texts {
        let font = style.resolve(&ctx.global_style());
        ctx.fonts_mut(|fonts| {
            for glyph in text.chars().filter(|glyph| !glyph.is_control()) {
                if !fonts.has_glyph(&font, glyph) {
                    missing.push(format!("{glyph} in {name}"));
                }
            }
        });
    }
    let _ = ctx.end_pass();
    missing
}

#[cfg(test)]
mod tests {
    use egui::TextStyle;

    use super::*;

    #[test]
    fn the_embedded_fonts_have_every_glyph_of_every_term() {
        let texts = Term::ALL.iter().flat_map(|term| {
            let entry = term.entry();
            let name = entry.name.as_str();
            let body = [name, &entry.text, &entry.group].map(|text| (TextStyle::Body, text, name));
            body.into_iter().chain([(TextStyle::Monospace, entry.formula.as_str(), name)])
        });
        let missing = missing_glyphs(texts);
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }
}
