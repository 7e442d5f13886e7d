//! The lessons: Markdown of `assets/lessons`, whose links act on the window.

use std::sync::LazyLock;

use egui::{RichText, ScrollArea, Ui};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use super::link::{self, SCHEME};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::help::Term;
use crate::ui::kit::{theme, widgets};
use crate::ui::state::model::Model;

/// What is shown of the lessons.
#[derive(Debug, Default)]
pub struct Lessons {
    /// The lesson that is open, by its place.
    open: Option<usize>,
    /// Their Markdown, laid out.
    cache: CommonMarkCache,
}

/// A lesson.
#[derive(Debug, Clone, Copy)]
struct Lesson {
    /// Its Markdown: a title, then what to do and what to look at.
    text: &'static str,
    /// One sentence about it.
    about: &'static str,
}

/// All lessons, in the order in which they build on each other.
const LESSONS: [Lesson; 5] = [
    Lesson {
        text: include_str!("../../../../assets/lessons/slices.md"),
        about: "Two of many directions, and what they leave out.",
    },
    Lesson {
        text: include_str!("../../../../assets/lessons/pairs.md"),
        about: "The odd and the even part of a pair of samples.",
    },
    Lesson {
        text: include_str!("../../../../assets/lessons/three.md"),
        about: "The same start, the same cost, three ways to step.",
    },
    Lesson {
        text: include_str!("../../../../assets/lessons/equal-loss.md"),
        about: "Why whoever has converged further looks flatter.",
    },
    Lesson {
        text: include_str!("../../../../assets/lessons/large-sigma.md"),
        about: "Where the noise begins to see more than curvature.",
    },
];

impl Lesson {
    /// Its title.
    fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The links that act on the window.
    fn links(&self) -> impl Iterator<Item = &'static str> {
        self.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| link.starts_with(SCHEME))
    }
}

/// The links of every lesson, read once.
static LINKS: LazyLock<Vec<Vec<&'static str>>> =
    LazyLock::new(|| LESSONS.iter().map(|lesson| lesson.links().collect()).collect());

/// Draws the lesson that is open, or the list of all. Returns the term that is to be explained.
pub fn lessons_ui(ui: &mut Ui, model: &Model, lessons: &mut Lessons, asks: &mut Asks) -> Option<Term> {
    let area = ScrollArea::vertical().id_salt(("lessons", lessons.open)).auto_shrink(false);
    area.show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        match lessons.open {
            Some(index) if index < LESSONS.len() => lesson_ui(ui, model, lessons, index, asks),
            _ => {
                list_ui(ui, model, lessons);
                None
            }
        }
    })
    .inner
}

fn list_ui(ui: &mut Ui, model: &Model, lessons: &mut Lessons) {
    ui.label(RichText::new(&model.experiment.title).text_style(theme::title_style()));
    ui.label(&model.experiment.about);
    ui.add_space(8.0);
    ui.label(RichText::new("Lessons").text_style(theme::title_style()));
    for (index, lesson) in LESSONS.iter().enumerate() {
        ui.add_space(2.0);
        if ui.link(lesson.title()).clicked() {
            lessons.open = Some(index);
        }
        widgets::small_weak_ui(ui, lesson.about);
    }
}

fn lesson_ui(ui: &mut Ui, model: &Model, lessons: &mut Lessons, index: usize, asks: &mut Asks) -> Option<Term> {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if ui.small_button("All lessons").clicked() {
            lessons.open = None;
        }
        for (label, other) in [("Previous", index.checked_sub(1)), ("Next", Some(index + 1))] {
            let other = other.filter(|other| *other < LESSONS.len());
            if ui.add_enabled(other.is_some(), egui::Button::new(label).small()).clicked() {
                lessons.open = other;
            }
        }
        widgets::small_weak_ui(ui, format!("{} of {}", index + 1, LESSONS.len()));
    });
    ui.add_space(4.0);
    let links = &LINKS[index];
    for link in links {
        if !lessons.cache.link_hooks().contains_key(*link) {
            lessons.cache.add_link_hook(*link);
        }
    }
    // Rows of text, not of controls: else links stand above the words beside them.
    ui.spacing_mut().interact_size.y = ui.text_style_height(&egui::TextStyle::Body);
    CommonMarkViewer::new().show(ui, &mut lessons.cache, LESSONS[index].text);
    let mut explained = None;
    for link in links {
        if lessons.cache.get_link_hook(link) == Some(true) {
            explained = link::follow(model, link, asks).or(explained);
        }
    }
    explained
}

#[cfg(test)]
mod tests {
    use egui::TextStyle;

    use super::*;
    use crate::ui::kit::help::missing_glyphs;

    #[test]
    fn the_embedded_fonts_have_every_glyph_of_every_lesson() {
        let missing = missing_glyphs(LESSONS.iter().map(|lesson| (TextStyle::Body, lesson.text, lesson.title())));
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn lessons_are_short_and_all_their_links_lead_somewhere() {
        for lesson in LESSONS {
            let words = lesson.text.split_whitespace().count();
            assert!((150..=260).contains(&words), "{} has {words} words", lesson.title());
            assert!(lesson.text.contains("accurac"), "{}: curvature stands beside accuracy", lesson.title());
            let links: Vec<_> = lesson.links().collect();
            assert!(links.iter().any(|link| link.contains("experiment/")), "{} has something to try", lesson.title());
            for link in links {
                assert!(link::parse(link).is_some(), "{}: {link}", lesson.title());
            }
        }
    }
}
