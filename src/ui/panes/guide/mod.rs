//! The guide: lessons on top, below them the term under the pointer and a list of all terms.

mod begin;
mod explain;
mod lesson;
mod link;

use std::path::Path;

use egui::{Context, Frame, Margin, Panel, Ui};

use self::explain::Terms;
use self::lesson::Lessons;
use crate::config::builtin_lessons;
use crate::engine::FileKind;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, PaneUi};
use crate::ui::contract::seen::Seen;

/// Share of the height for the terms, once one was pointed at or searched for.
const ASKED_SHARE: f32 = 0.42;
/// The same before that.
const REST_SHARE: f32 = 0.22;
/// In a lower pane a lesson has all the room, in points.
const LEAST_HEIGHT: f32 = 320.0;
/// Why there is nothing to turn.
const NO_LESSON: &str = "No lesson is open: choose one in the guide.";

/// Lessons and terms.
#[derive(Debug, Default)]
pub struct Guide {
    lessons: Lessons,
    terms: Terms,
}

impl PaneUi for Guide {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        self.terms.follow(ui.ctx());
        let has_terms = ui.available_height() >= LEAST_HEIGHT || self.lessons.lesson().is_none();
        let share = match () {
            () if !has_terms => 0.0,
            () if self.terms.is_asked() => ASKED_SHARE,
            () => REST_SHARE,
        };
        // In the order in which one reads, which is that of the Tab key.
        let height = (1.0 - share) * ui.available_height();
        let lessons = Panel::top("lessons").exact_size(height).show_separator_line(has_terms).frame(Frame::NONE);
        let pointed = lessons.show(ui, |ui| lesson::lessons_ui(ui, seen, &mut self.lessons, asks)).inner;
        if let Some(term) = pointed {
            self.terms.show(ui.ctx(), term);
        }
        if has_terms {
            let below = Frame::new().inner_margin(Margin { top: 8, ..Margin::ZERO });
            below.show(ui, |ui| explain::explain_ui(ui, &mut self.terms));
        }
    }

    fn command(&mut self, command: UiCommand, _ctx: &Context, seen: Seen<'_>, asks: &mut Asks) -> Done {
        match command {
            UiCommand::Lesson(place) => {
                if let Some(lesson) = builtin_lessons().get(place) {
                    self.lessons.open(lesson.clone());
                }
            }
            UiCommand::NextLessonStep => self.lessons.next(seen, asks),
            UiCommand::PreviousLessonStep => self.lessons.back(),
            UiCommand::OnlyLesson => {
                let is_only = seen.shared.only.is_some();
                let controls = self.lessons.lesson().map(|lesson| lesson.controls.clone()).filter(|_| !is_only);
                asks.push(Ask::Only(controls));
                return Done::Yes;
            }
            _ => return Done::NotMine,
        }
        asks.push(Ask::Show(Pane::Guide));
        Done::Yes
    }

    fn why_not(&self, command: UiCommand, seen: Seen<'_>) -> Option<String> {
        let needs_one = match command {
            UiCommand::NextLessonStep | UiCommand::PreviousLessonStep => true,
            // All controls come back whatever is open.
            UiCommand::OnlyLesson => seen.shared.only.is_none(),
            _ => false,
        };
        (needs_one && self.lessons.lesson().is_none()).then(|| NO_LESSON.to_owned())
    }

    fn take_file(&mut self, _path: &Path, kind: &FileKind, seen: Seen<'_>, asks: &mut Asks) -> Done {
        let FileKind::Lesson(lesson) = kind else { return Done::NotMine };
        self.lessons.open_begun((**lesson).clone(), seen, asks);
        Done::Yes
    }
}
