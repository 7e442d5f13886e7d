//! What Flatscape has to say: a toast for a moment, and a log that keeps it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use egui::{Color32, Context, RichText, ScrollArea, Ui};
use egui_notify::{Anchor, Toasts};

use super::model::Model;
use super::theme::Tokens;
use super::{format, icons, widgets};

/// Width of the words of a toast, in points.
const TOAST_WIDTH: f32 = 320.0;
/// Notices kept at most.
const MAX_NOTICES: usize = 500;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the log and the status line only.
    Quiet,
    /// Something was done.
    Info,
    /// Something that the user should know and that stops nothing.
    Warning,
    /// Something failed.
    Error,
}

impl Level {
    /// Icon, colour and name.
    const fn look(self, tokens: &Tokens) -> (&'static str, Color32, &'static str) {
        match self {
            Self::Quiet | Self::Info => (icons::INFO, tokens.weak.0, "Notice"),
            Self::Warning => (icons::WARNING, tokens.warning.0, "Warning"),
            Self::Error => (icons::WARNING_CIRCLE, tokens.error.0, "Error"),
        }
    }
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// One or two sentences: what, why, what to do.
    pub text: String,
    /// When it was said.
    pub at: Instant,
}

/// Everything that was said, the oldest first.
#[derive(Debug, Default)]
pub struct NoticeLog {
    notices: VecDeque<Notice>,
    /// Notices ever taken.
    seen: u64,
}

impl NoticeLog {
    /// Takes a notice.
    pub fn push(&mut self, level: Level, text: impl Into<String>) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(Notice { level, text: text.into(), at: Instant::now() });
        self.seen += 1;
    }

    /// The newest notice.
    #[must_use]
    pub fn last(&self) -> Option<&Notice> {
        self.notices.back()
    }

    /// The notices, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter().rev()
    }

    /// Those after the first `seen`, the oldest first.
    fn since(&self, seen: u64) -> impl Iterator<Item = &Notice> {
        let fresh = usize::try_from(self.seen - seen).unwrap_or(usize::MAX).min(self.notices.len());
        self.notices.iter().skip(self.notices.len() - fresh)
    }
}

/// Shows new notices for a moment, at the lower right.
pub struct Toaster {
    toasts: Toasts,
    shown: u64,
}

impl Default for Toaster {
    fn default() -> Self {
        let toasts = Toasts::default().with_anchor(Anchor::BottomRight).with_margin(egui::vec2(12.0, 34.0));
        Self { toasts, shown: 0 }
    }
}

impl Toaster {
    /// Drops what is still shown: its words are laid out with the fonts of a window that is gone.
    pub fn forget_fonts(&mut self) {
        self.toasts = Self::default().toasts;
    }

    /// Draws what is new, and what has not faded yet.
    pub fn ui(&mut self, ctx: &Context, log: &NoticeLog) {
        let tokens = Tokens::for_theme(ctx.theme());
        for notice in log.since(self.shown).filter(|notice| notice.level != Level::Quiet) {
            let (icon, color, _) = notice.level.look(tokens);
            // The toast itself would not wrap its words.
            let font = egui::TextStyle::Body.resolve(&ctx.global_style());
            let words = ctx.fonts_mut(|fonts| fonts.layout(notice.text.clone(), font, tokens.text.0, TOAST_WIDTH));
            let toast = self.toasts.custom(words, icon.to_owned(), color);
            let seconds = if notice.level == Level::Info { 4 } else { 9 };
            toast
                .duration(Duration::from_secs(seconds))
                .show_progress_bar(false)
                .closable(false)
                .width(TOAST_WIDTH + 40.0);
        }
        self.shown = log.seen;
        self.toasts.show(ctx);
    }
}

/// The pane with everything that was said.
pub fn log_ui(ui: &mut Ui, model: &Model) {
    if model.notices.last().is_none() {
        widgets::small_weak_ui(ui, "Nothing to say so far.");
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        for notice in model.notices.newest_first() {
            notice_ui(ui, notice);
        }
    });
}

fn notice_ui(ui: &mut Ui, notice: &Notice) {
    let tokens = Tokens::of(ui);
    let (icon, color, word) = notice.level.look(tokens);
    ui.horizontal_top(|ui| {
        let response = ui.label(RichText::new(icon).color(color));
        widgets::name(&response, egui::Role::Label, word);
        ui.vertical(|ui| {
            ui.add(egui::Label::new(&notice.text).wrap());
            widgets::small_weak_ui(ui, format::ago(notice.at.elapsed()));
        });
    });
    ui.add_space(4.0);
}
