//! The pane with the alerts, and below them everything that was said, the newest on top. Only what is to be seen is laid out.

mod alerts;

use std::collections::VecDeque;
use std::fmt::Write as _;

use egui::{Label, Rect, RichText, Role, ScrollArea, TextStyle, Ui, UiBuilder, pos2, vec2};

use self::alerts::{Draft, alerts_ui};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::notice_look::look;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::PaneUi;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;
use crate::ui::state::notices::{Notice, NoticeLog};

/// Room for the icon before the words, in points.
const ICON_WIDTH: f32 = 22.0;
/// Between two notices, in points.
const GAP: f32 = 7.0;

/// The log of notices.
#[derive(Debug, Default)]
pub struct Notices {
    /// How high they are, the oldest first: measured once for each width of the pane.
    heights: VecDeque<f32>,
    width: f32,
    /// Notices of the log that were measured.
    num_measured: u64,
    /// The alert that is being put together.
    draft: Draft,
}

impl PaneUi for Notices {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        alerts_ui(ui, seen.shared.alerts.rules(), &mut self.draft, asks);
        ui.add_space(4.0);
        self.log_ui(ui, &seen.model.notices);
    }
}

impl Notices {
    fn measure(&mut self, ui: &Ui, log: &NoticeLog, width: f32) {
        if (self.width - width).abs() > 0.5 {
            (self.width, self.num_measured) = (width, 0);
            self.heights.clear();
        }
        let font = TextStyle::Body.resolve(ui.style());
        let line = ui.text_style_height(&TextStyle::Small);
        for notice in log.since(self.num_measured) {
            let words =
                ui.painter().layout(notice.text.clone(), font.clone(), Tokens::of(ui).text.0, width - ICON_WIDTH);
            self.heights.push_back(words.size().y + line + GAP);
        }
        self.num_measured = log.num_taken();
        let num_gone = self.heights.len().saturating_sub(log.num_kept());
        self.heights.drain(..num_gone);
    }

    /// Draws everything that was said.
    fn log_ui(&mut self, ui: &mut Ui, log: &NoticeLog) {
        if log.last().is_none() {
            widgets::small_weak_ui(ui, "Nothing to say so far.");
            return;
        }
        let copy = ui.button("Copy all").on_hover_text("All notices as text, the oldest first, with their times.");
        if copy.clicked() {
            ui.ctx().copy_text(as_text(log));
        }
        ui.add_space(4.0);
        ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, viewport| {
            // Room for the scroll bar.
            let width = (ui.available_width() - 8.0).max(60.0);
            self.measure(ui, log, width);
            ui.set_height(self.heights.iter().sum());
            let corner = ui.max_rect().min;
            let mut top = 0.0;
            for (notice, height) in log.newest_first().zip(self.heights.iter().rev()) {
                let bottom = top + height;
                if bottom >= viewport.top() && top <= viewport.bottom() {
                    let rect = Rect::from_min_size(pos2(corner.x, corner.y + top), vec2(width, height - GAP));
                    notice_ui(&mut ui.new_child(UiBuilder::new().id_salt(notice.at).max_rect(rect)), notice);
                }
                top = bottom;
            }
        });
    }
}

fn notice_ui(ui: &mut Ui, notice: &Notice) {
    let tokens = Tokens::of(ui);
    let (icon, color, word) = look(notice.level, tokens);
    let rect = ui.max_rect();
    let mark = Rect::from_min_size(rect.min, vec2(ICON_WIDTH, ui.spacing().interact_size.y));
    let mark = ui.new_child(UiBuilder::new().max_rect(mark)).label(RichText::new(icon).color(color));
    widgets::name(&mark, Role::Label, word);
    let words = Rect::from_min_max(pos2(rect.left() + ICON_WIDTH, rect.top()), rect.max);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(words));
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add(Label::new(&notice.text).wrap());
    let when = format!("{}, {}", notice.time_of_day(), widgets::ago(&ui, notice.at));
    widgets::small_weak_ui(&mut ui, when);
}

fn as_text(log: &NoticeLog) -> String {
    let tokens = Tokens::for_theme(egui::Theme::Dark);
    let mut text = String::new();
    for notice in log.since(0) {
        let _ = writeln!(text, "{} {}. {}", notice.time_of_day(), look(notice.level, tokens).2, notice.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::notices::Level;

    #[test]
    fn a_copy_has_every_notice_with_its_time_and_kind() {
        let mut log = NoticeLog::default();
        log.push(Level::Info, "Saved a.png");
        log.push(Level::Warning, "NSO diverged at step 7.");
        let text = as_text(&log);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with("UTC Notice. Saved a.png"), "{text}");
        assert!(lines[1].ends_with("UTC Warning. NSO diverged at step 7."), "{text}");
    }
}
