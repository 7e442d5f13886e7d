//! A lesson that is open: its pages, one for what it is about, one for each step, and one for its questions.

use egui::{Button, Frame, RichText, Role, ScrollArea, Ui};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use super::begin::begin;
use super::link;
use crate::config::{Lesson, SCHEME, builtin_lessons};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::widgets;

/// What is shown of the lessons.
#[derive(Debug, Default)]
pub struct Lessons {
    open: Option<Opened>,
    /// Their Markdown, laid out.
    cache: CommonMarkCache,
}

/// The lesson that is open.
#[derive(Debug)]
struct Opened {
    lesson: Lesson,
    /// The page, from 0.
    page: usize,
    /// Whether what should be seen is told.
    tells: bool,
    /// Whether it has begun since it was opened, so that turning back to the first page does not begin it again.
    is_begun: bool,
}

/// What a page has.
enum Page<'a> {
    /// What the lesson is about, and the button that begins it.
    Introduction,
    /// A step: its heading and its text.
    Step(&'a str, &'a str),
    /// Questions, and what should be seen.
    End,
}

impl Opened {
    const fn new(lesson: Lesson) -> Self {
        Self { lesson, page: 0, tells: false, is_begun: false }
    }

    /// Turns to the next page, unless it is the last. The step after the first page needs what the lesson opens.
    fn next(&mut self, seen: Seen<'_>, asks: &mut Asks) {
        if self.page == 0 && !self.is_begun {
            self.begin(seen, asks);
        } else {
            self.page = (self.page + 1).min(self.last());
        }
    }

    /// Opens what the lesson is about, and its first step.
    fn begin(&mut self, seen: Seen<'_>, asks: &mut Asks) {
        begin(&self.lesson, seen, asks);
        self.is_begun = true;
        self.page = 1.min(self.last());
    }

    /// The last page.
    fn last(&self) -> usize {
        let has_end = !(self.lesson.questions.is_empty() && self.lesson.seen.is_empty());
        self.lesson.steps.len() + usize::from(has_end)
    }

    fn page(&self) -> Page<'_> {
        match self.page.checked_sub(1) {
            None => Page::Introduction,
            Some(step) => match self.lesson.steps.get(step) {
                Some(step) => Page::Step(&step.title, &step.text),
                None => Page::End,
            },
        }
    }

    /// The place among those that come with the program.
    fn place(&self) -> Option<usize> {
        builtin_lessons().iter().position(|lesson| lesson == &self.lesson)
    }
}

impl Lessons {
    /// The lesson that is open.
    pub fn lesson(&self) -> Option<&Lesson> {
        self.open.as_ref().map(|opened| &opened.lesson)
    }

    /// Opens a lesson at its first page.
    pub fn open(&mut self, lesson: Lesson) {
        self.open = Some(Opened::new(lesson));
    }

    /// Opens a lesson at its first page, and begins it.
    pub fn open_begun(&mut self, lesson: Lesson, seen: Seen<'_>, asks: &mut Asks) {
        begin(&lesson, seen, asks);
        self.open = Some(Opened { is_begun: true, ..Opened::new(lesson) });
    }

    /// Turns to the next page, which begins the lesson where that is its first step; it stays at the last.
    pub fn next(&mut self, seen: Seen<'_>, asks: &mut Asks) {
        if let Some(opened) = &mut self.open {
            opened.next(seen, asks);
        }
    }

    /// Turns a page back; it stays at the first.
    pub fn back(&mut self) {
        if let Some(opened) = &mut self.open {
            opened.page = opened.page.saturating_sub(1);
        }
    }
}

/// Draws the lesson that is open, or the list of all. Returns the term that is to be explained.
pub fn lessons_ui(ui: &mut Ui, seen: Seen<'_>, lessons: &mut Lessons, asks: &mut Asks) -> Option<Term> {
    let Some(mut opened) = lessons.open.take() else {
        let area = ScrollArea::vertical().id_salt("all lessons").auto_shrink(false);
        area.show(ui, |ui| list_ui(ui, seen, lessons));
        return None;
    };
    let is_left = bar_ui(ui, seen, &mut opened, asks);
    ui.add_space(4.0);
    let area = ScrollArea::vertical().id_salt(("lesson", &opened.lesson.name, opened.page)).auto_shrink(false);
    let explained = area.show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        page_ui(ui, seen, &mut opened, &mut lessons.cache, asks)
    });
    // Another one may have been chosen meanwhile.
    if lessons.open.is_none() && !is_left {
        lessons.open = Some(opened);
    }
    explained.inner
}

fn list_ui(ui: &mut Ui, seen: Seen<'_>, lessons: &mut Lessons) {
    ui.set_max_width(ui.available_width() - 8.0);
    ui.label(RichText::new(&seen.model.experiment.title).text_style(theme::title_style()));
    ui.label(&seen.model.experiment.about);
    ui.add_space(8.0);
    ui.label(RichText::new("Lessons").text_style(theme::title_style()));
    for lesson in builtin_lessons() {
        ui.add_space(2.0);
        if ui.link(&lesson.title).clicked() {
            lessons.open(lesson.clone());
        }
        widgets::small_weak_ui(ui, &lesson.about);
    }
    ui.add_space(6.0);
    widgets::small_weak_ui(ui, "One of your own opens as any file does: drop it on the window.");
}

/// The buttons above a lesson. True where all lessons are asked for.
fn bar_ui(ui: &mut Ui, seen: Seen<'_>, opened: &mut Opened, asks: &mut Asks) -> bool {
    let (mut is_left, mut other) = (false, None);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        is_left = ui.small_button("All lessons").clicked();
        let place = opened.place();
        let of = |by: isize| {
            place.and_then(|place| place.checked_add_signed(by)).filter(|place| *place < builtin_lessons().len())
        };
        for (label, to) in [("Previous", of(-1)), ("Next", of(1))] {
            if place.is_some() && ui.add_enabled(to.is_some(), Button::new(label).small()).clicked() {
                other = to;
            }
        }
        let is_only = seen.shared.only.is_some();
        let button = ui.add(Button::selectable(is_only, "Only its controls").small());
        button.clone().on_hover_text("Takes away all controls that the lesson does not name, or brings them back.");
        if button.clicked() {
            asks.run(UiCommand::OnlyLesson);
        }
    });
    if let Some(place) = other {
        *opened = Opened::new(builtin_lessons()[place].clone());
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (label, command, by) in
            [("Back", UiCommand::PreviousLessonStep, -1), ("Next step", UiCommand::NextLessonStep, 1)]
        {
            let is_possible = if by < 0 { opened.page > 0 } else { opened.page < opened.last() };
            let response = ui.add_enabled(is_possible, Button::new(label).small());
            let keys = shortcut_words(ui.ctx(), command);
            if response.clicked() && by < 0 {
                opened.page -= 1;
            } else if response.clicked() {
                opened.next(seen, asks);
            }
            response.on_hover_text(format!("Key {keys}."));
        }
        widgets::small_weak_ui(ui, format!("{} of {}", opened.page + 1, opened.last() + 1));
    });
    is_left
}

/// Draws the page that is turned to.
fn page_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    opened: &mut Opened,
    cache: &mut CommonMarkCache,
    asks: &mut Asks,
) -> Option<Term> {
    ui.label(RichText::new(&opened.lesson.title).text_style(theme::title_style()).strong());
    let mut explained = None;
    let mut tells = opened.tells;
    match opened.page() {
        Page::Introduction => {
            explained = text_ui(ui, seen, &opened.lesson.introduction, cache, asks);
            ui.add_space(6.0);
            let tokens = Tokens::of(ui);
            let words = RichText::new("Begin").color(tokens.on_accent.0);
            let help = format!("Opens {} and the layout of the lesson.", opened.lesson.experiment.title);
            if ui.add(Button::new(words).fill(tokens.accent.0)).on_hover_text(help).clicked() {
                opened.begin(seen, asks);
            }
        }
        Page::Step(title, text) => {
            ui.label(RichText::new(title).strong());
            explained = text_ui(ui, seen, text, cache, asks);
        }
        Page::End => {
            let Lesson { questions, seen: answer, .. } = &opened.lesson;
            if !questions.is_empty() {
                ui.label(RichText::new("Questions").strong());
                explained = text_ui(ui, seen, questions, cache, asks);
            }
            ui.add_space(4.0);
            if !answer.is_empty() {
                let label = if tells { "Hide what should be seen" } else { "What should be seen" };
                let response = ui.button(label);
                widgets::name(&response, Role::Button, label);
                tells ^= response.clicked();
            }
            if tells {
                explained = text_ui(ui, seen, answer, cache, asks).or(explained);
                sights_ui(ui, &opened.lesson);
            }
        }
    }
    opened.tells = tells;
    explained
}

/// What the lesson's check holds against runs.
fn sights_ui(ui: &mut Ui, lesson: &Lesson) {
    let Some(check) = &lesson.check else { return };
    ui.add_space(4.0);
    Frame::new().show(ui, |ui| {
        let words = format!(
            "“flatscape lesson {} --check” trains {} seeds and says whether this holds:",
            lesson.name, check.seeds
        );
        widgets::small_weak_ui(ui, words);
        for sight in &check.sights {
            widgets::small_weak_ui(ui, format!("• {}", sight.says));
        }
    });
}

/// Draws Markdown whose links act on the window. Returns the term that is to be explained.
fn text_ui(ui: &mut Ui, seen: Seen<'_>, text: &str, cache: &mut CommonMarkCache, asks: &mut Asks) -> Option<Term> {
    let mut links: Vec<&str> = links(text).collect();
    links.sort_unstable();
    links.dedup();
    for link in &links {
        if !cache.link_hooks().contains_key(*link) {
            cache.add_link_hook(*link);
        }
    }
    ui.scope(|ui| {
        // Rows of text, not of controls: else links stand above the words beside them.
        ui.spacing_mut().interact_size.y = ui.text_style_height(&egui::TextStyle::Body);
        CommonMarkViewer::new().show(ui, cache, text);
    });
    let mut explained = None;
    for link in links {
        if cache.get_link_hook(link) == Some(true) {
            explained = link::follow(seen, link, asks).or(explained);
        }
    }
    explained
}

/// The links of a text that act on the window.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| link.starts_with(SCHEME))
}

#[cfg(test)]
mod tests {
    use egui::TextStyle;

    use super::*;
    use crate::ui::contract::ask::Ask;
    use crate::ui::contract::pane::Pane;
    use crate::ui::kit::help::missing_glyphs;
    use crate::ui::state::model::Model;
    use crate::ui::state::shared::Shared;

    /// All texts of a lesson, each of them a page.
    fn pages(lesson: &Lesson) -> Vec<&str> {
        let steps = lesson.steps.iter().map(|step| step.text.as_str());
        [lesson.introduction.as_str()].into_iter().chain(steps).chain([&*lesson.questions, &*lesson.seen]).collect()
    }

    #[test]
    fn the_embedded_fonts_have_every_glyph_of_every_lesson() {
        let texts = builtin_lessons().iter().flat_map(|lesson| {
            let titles = lesson.steps.iter().map(|step| step.title.as_str());
            let texts = pages(lesson).into_iter().chain(titles).chain([&*lesson.title, &*lesson.about]);
            texts.map(|text| (TextStyle::Body, text, lesson.title.as_str())).collect::<Vec<_>>()
        });
        let missing = missing_glyphs(texts);
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn pages_are_short_and_all_their_links_lead_somewhere() {
        for lesson in builtin_lessons() {
            let words = |text: &str| text.split_whitespace().count();
            let pages = pages(lesson);
            assert!(pages.iter().all(|page| (8..=110).contains(&words(page))), "{}", lesson.title);
            assert!(
                pages.iter().any(|page| page.contains("accurac")),
                "{}: curvature stands beside accuracy",
                lesson.title
            );
            let links: Vec<_> = pages.iter().flat_map(|page| links(page)).collect();
            assert!(links.len() >= 2, "{} has something to try", lesson.title);
            for link in links {
                assert!(link::parse(link).is_ok(), "{}: {link}", lesson.title);
            }
        }
    }

    #[test]
    fn pages_are_turned_from_the_first_to_the_last() {
        let model = Model::new(builtin_lessons()[0].experiment.clone());
        let (shared, mut asks, mut lessons) = (Shared::default(), Asks::default(), Lessons::default());
        let seen = Seen { model: &model, shared: &shared };
        lessons.next(seen, &mut asks);
        assert!(lessons.lesson().is_none() && asks.take().is_empty());
        lessons.open(builtin_lessons()[0].clone());
        lessons.back();
        let page = |lessons: &Lessons| lessons.open.as_ref().map(|opened| opened.page);
        assert_eq!(page(&lessons), Some(0));
        lessons.next(seen, &mut asks);
        assert!(asks.take().contains(&Ask::Show(Pane::Guide)), "the first step begins the lesson");
        let last = builtin_lessons()[0].steps.len() + 1;
        (0..100).for_each(|_| lessons.next(seen, &mut asks));
        assert_eq!(page(&lessons), Some(last));
        (0..last).for_each(|_| lessons.back());
        lessons.next(seen, &mut asks);
        assert!(page(&lessons) == Some(1) && asks.take().is_empty(), "it begins once");
    }

    #[test]
    fn a_class_that_has_the_controls_alone_can_follow_every_link_of_the_lesson() {
        for lesson in builtin_lessons() {
            let model = Model::new(lesson.experiment.clone());
            let shared = Shared { only: Some(lesson.controls.clone()), ..Shared::default() };
            let seen = Seen { model: &model, shared: &shared };
            for link in pages(lesson).into_iter().flat_map(links) {
                let why = link::parse(link).and_then(|target| link::why_not(seen, &target).map_or(Ok(()), Err));
                assert_eq!(why, Ok(()), "{}: {link}", lesson.name);
            }
        }
    }
}
