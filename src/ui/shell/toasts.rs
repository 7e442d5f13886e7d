//! New notices for a moment, at the lower right. A click closes one; the pointer on it holds it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use egui::accesskit::Live;
use egui::{
    Align2, Area, Button, Context, Frame, Id, Label, Order, RichText, Role, Sense, Stroke, Ui, UiBuilder, vec2,
};

use crate::ui::contract::notice_look::look;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::notices::{Level, Notice, NoticeLog};

/// Width of a toast where the window has room for it, in points.
const WIDTH: f32 = 340.0;
/// Free room beside and below toasts: the status line stays to be seen.
const MARGINS: egui::Vec2 = vec2(12.0, 34.0);
/// Toasts at a time; older ones make room, and the log has them.
const MAX_TOASTS: usize = 4;
/// How long something stays that was done, and something that the user should know.
const DONE_TIME: Duration = Duration::from_secs(4);
const WARNING_TIME: Duration = Duration::from_secs(9);
/// What the pointer was on stays this long after it has gone.
const HELD_TIME: Duration = Duration::from_secs(2);

/// Shows new notices for a moment, at the lower right.
#[derive(Debug, Default)]
pub struct Toaster {
    toasts: VecDeque<Toast>,
    /// Notices of the log that were seen.
    seen: u64,
}

#[derive(Debug)]
struct Toast {
    notice: Notice,
    /// Its place in the log.
    number: u64,
    until: Instant,
}

impl Toaster {
    /// Draws what is new, and what has not gone yet. Between changes no frame is asked for.
    pub fn ui(&mut self, ctx: &Context, log: &NoticeLog) {
        let now = Instant::now();
        self.take(log, now);
        self.toasts.retain(|toast| toast.until > now);
        if self.toasts.is_empty() {
            return;
        }
        let width = WIDTH.min(ctx.content_rect().width() - 2.0 * MARGINS.x);
        let corner = -MARGINS;
        let area = Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, corner);
        area.show(ctx, |ui| {
            ui.set_width(width);
            self.toasts.retain_mut(|toast| toast.ui(ui, now));
        });
        let next = self.toasts.iter().map(|toast| toast.until).min();
        if let Some(next) = next {
            ctx.request_repaint_after(next.saturating_duration_since(now));
        }
    }

    fn take(&mut self, log: &NoticeLog, now: Instant) {
        let fresh: Vec<&Notice> = log.since(self.seen).collect();
        let first = log.num_taken() - fresh.len() as u64;
        for (number, notice) in (first..).zip(fresh).filter(|(_, notice)| notice.level != Level::Quiet) {
            let time = if notice.level == Level::Info { DONE_TIME } else { WARNING_TIME };
            self.toasts.push_back(Toast { notice: notice.clone(), number, until: now + time });
        }
        self.seen = log.num_taken();
        let num_more = self.toasts.len().saturating_sub(MAX_TOASTS);
        self.toasts.drain(..num_more);
    }
}

impl Toast {
    /// False when the user has closed it.
    fn ui(&mut self, ui: &mut Ui, now: Instant) -> bool {
        let tokens = Tokens::of(ui);
        let (icon, color, word) = look(self.notice.level, tokens);
        // It can be clicked anywhere, but the Tab key stops at its cross alone.
        let builder = UiBuilder::new().id_salt(self.number).sense(Sense::CLICK);
        let shown = ui.scope_builder(builder, |ui| {
            let is_urgent = self.notice.level == Level::Error;
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
                node.set_role(if is_urgent { Role::Alert } else { Role::Status });
                node.set_live(if is_urgent { Live::Assertive } else { Live::Polite });
            });
            let frame = Frame::popup(ui.style()).inner_margin(10).stroke(Stroke::new(1.0, color));
            frame
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.horizontal_top(|ui| {
                        widgets::name(&ui.label(RichText::new(icon).color(color)), Role::Label, word);
                        let room = ui.available_width() - 30.0;
                        let text = RichText::new(&self.notice.text).color(tokens.text.0);
                        // Not to be selected: a click closes.
                        let label = Label::new(text).wrap().selectable(false);
                        ui.vertical(|ui| {
                            ui.set_width(room);
                            ui.add(label);
                        });
                        let cross = ui.add(Button::new(RichText::new(icons::X).small()).frame_when_inactive(false));
                        widgets::name(&cross, Role::Button, "Close the notice");
                        cross.clicked()
                    })
                    .inner
                })
                .inner
        });
        if shown.response.contains_pointer() {
            self.until = self.until.max(now + HELD_TIME);
        }
        !(shown.inner || shown.response.clicked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_notices_make_no_toast_and_the_newest_stay() {
        let mut log = NoticeLog::default();
        let mut toaster = Toaster::default();
        let now = Instant::now();
        log.push(Level::Quiet, "quiet");
        for n in 0..6 {
            log.push(Level::Warning, n.to_string());
        }
        toaster.take(&log, now);
        let texts: Vec<_> = toaster.toasts.iter().map(|toast| toast.notice.text.as_str()).collect();
        assert_eq!(texts, ["2", "3", "4", "5"]);
        toaster.take(&log, now);
        assert_eq!(toaster.toasts.len(), MAX_TOASTS, "nothing twice");
    }
}
