//! The guide: lessons on top, below them the term under the pointer and a list of all terms.

mod explain;
mod lesson;
mod link;

use egui::{Frame, Margin, Panel, Ui};

use self::explain::Terms;
use self::lesson::Lessons;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::PaneUi;
use crate::ui::contract::seen::Seen;

/// Share of the height for the terms, once one was pointed at or searched for.
const ASKED_SHARE: f32 = 0.42;
/// The same before that.
const REST_SHARE: f32 = 0.22;

/// Lessons and terms.
#[derive(Debug, Default)]
pub struct Guide {
    lessons: Lessons,
    terms: Terms,
}

impl PaneUi for Guide {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        self.terms.follow(ui.ctx());
        let share = if self.terms.is_asked() { ASKED_SHARE } else { REST_SHARE };
        Panel::bottom("explanation")
            .exact_size(share * ui.available_height())
            .frame(Frame::new().inner_margin(Margin { top: 8, ..Margin::ZERO }))
            .show(ui, |ui| explain::explain_ui(ui, &mut self.terms));
        if let Some(term) = lesson::lessons_ui(ui, seen.model, &mut self.lessons, asks) {
            self.terms.show(ui.ctx(), term);
        }
    }
}
