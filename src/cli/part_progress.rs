//! Progress of an analysis on stderr: a bar for each part on a terminal, plain lines in a pipe.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::error::tell;
use crate::engine::AnalyzeProgress;

/// Least time between two lines of one part.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// Shows how far an analysis is.
pub struct PartProgress {
    /// Absent in a pipe.
    bar: Option<ProgressBar>,
    part: Option<(&'static str, usize)>,
    shown: Instant,
}

impl PartProgress {
    /// Starts at nothing done.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1).with_style(style);
            // Kernels may compile for a while before the first unit: the clock shows that it lives.
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, part: None, shown: Instant::now() }
    }

    /// Shows the newest state.
    pub fn show(&mut self, now: &AnalyzeProgress) {
        let is_new = self.part.replace((now.part, now.index)) != Some((now.part, now.index));
        let label = format!("part {} of {}: {}", now.index, now.parts, now.part);
        let (done, total) = (now.progress.done, now.progress.total);
        if let Some(bar) = &self.bar {
            if is_new {
                // The time that is left is that of this part alone.
                bar.reset_eta();
                bar.reset_elapsed();
            }
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(label);
            return;
        }
        // The first line names the part, the last one tells that it is done.
        let is_due = is_new || done == total || self.shown.elapsed() >= LINE_EVERY;
        if is_due {
            self.shown = Instant::now();
            tell(&format!("{label}, {done} of {total}"));
        }
    }

    /// Clears the bar, so that the table stands alone.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
