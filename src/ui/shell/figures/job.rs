//! A file on its way: a figure that the device draws, or a report. A thread of its own makes it, while the window goes on.

use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use crate::ui::kit::widgets;

/// A file that takes longer than this is said to be on its way.
const PATIENCE: Duration = Duration::from_millis(250);

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// A picture.
    Figure,
    /// A page.
    Report,
}

impl Making {
    /// What it is called in a sentence.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Figure => "figure",
            Self::Report => "report",
        }
    }
}

/// A figure or a report on its way.
pub struct FigureJob {
    /// Which of them it is.
    pub making: Making,
    /// The name that its file shall have to begin with.
    pub suggested: String,
    answer: Receiver<Result<Vec<u8>, String>>,
    begun: Instant,
}

/// What has become of a figure.
pub enum FigureState {
    /// It is not there yet.
    Underway,
    /// The user no longer wants it.
    Cancelled,
    /// The file, or why there is none.
    Done(Result<Vec<u8>, String>),
}

impl FigureJob {
    /// Makes a file on a thread of its own.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub fn start(
        ctx: &Context,
        making: Making,
        suggested: String,
        make: impl FnOnce() -> Result<Vec<u8>, String> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let work = move || {
            // The figure may have been given up meanwhile.
            let _ = sender.send(make());
            ctx.request_repaint();
        };
        Builder::new().name("flatscape-figure".to_owned()).spawn(work)?;
        Ok(Self { making, suggested, answer, begun: Instant::now() })
    }

    /// Looks whether it is there; where that takes long, shows that it is on its way.
    pub fn ui(&self, ctx: &Context) -> FigureState {
        match self.answer.try_recv() {
            Ok(result) => return FigureState::Done(result),
            Err(TryRecvError::Disconnected) => return FigureState::Done(Err("its thread ended".to_owned())),
            Err(TryRecvError::Empty) => {}
        }
        let waited = self.begun.elapsed();
        if waited < PATIENCE {
            ctx.request_repaint_after(PATIENCE.saturating_sub(waited));
            return FigureState::Underway;
        }
        let words = format!("Making the {}…", self.making.noun());
        let shown = egui::Window::new("Figure")
            .title_bar(false)
            .resizable(false)
            .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -40.0])
            .show(ctx, |ui| {
                ui.horizontal(|ui| {
                    widgets::spinner_ui(ui, &words);
                    ui.label(&words);
                    ui.button("Cancel").clicked()
                })
                .inner
            });
        let is_cancelled = shown.and_then(|shown| shown.inner).unwrap_or(false);
        if is_cancelled { FigureState::Cancelled } else { FigureState::Underway }
    }
}
