//! Progress of a comparison on stderr: a bar on a terminal, plain lines in a pipe.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::error::tell;
use crate::config::OptimizerKind;
use crate::engine::{CompareOptions, CompareProgress};
use crate::number::{count, significant};

/// Least time between two lines of one run.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// Shows how far a comparison is.
pub struct Progress {
    output: Output,
    /// Gradient evaluations that each run has spent.
    spent: BTreeMap<(OptimizerKind, u64), u64>,
}

enum Output {
    Bar(ProgressBar),
    Lines { last: BTreeMap<(OptimizerKind, u64), Instant> },
}

impl Progress {
    /// Starts at nothing done.
    pub fn new(options: &CompareOptions) -> Self {
        let total = options.experiment.budget.saturating_mul(options.optimizers.len() as u64 * options.seeds);
        let output =
            if io::stderr().is_terminal() { Output::Bar(bar(total)) } else { Output::Lines { last: BTreeMap::new() } };
        Self { output, spent: BTreeMap::new() }
    }

    /// Shows the newest state of one run.
    pub fn show(&mut self, now: &CompareProgress) {
        let run = (now.optimizer, now.seed);
        self.spent.insert(run, now.spent);
        match &mut self.output {
            Output::Bar(bar) => {
                bar.set_position(self.spent.values().sum());
                bar.set_message(message(now));
            }
            Output::Lines { last } => {
                // The end of training is always told, so that a quick run leaves more than its first line.
                let is_end = now.phase == "measuring";
                if !is_end && last.get(&run).is_some_and(|shown| shown.elapsed() < LINE_EVERY) {
                    return;
                }
                last.insert(run, Instant::now());
                let (spent, budget) = (count(now.spent), count(now.budget));
                tell(&format!("{}, {spent} of {budget} gradient evaluations", message(now)));
            }
        }
    }

    /// Clears the bar, so that the table stands alone.
    pub fn finish(self) {
        if let Output::Bar(bar) = self.output {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    // Kernels may compile for a while before the first number: the clock shows that it lives.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn message(now: &CompareProgress) -> String {
    let loss = if now.train_loss.is_finite() {
        format!(", train loss {}", significant(now.train_loss, 3))
    } else {
        String::new()
    };
    format!("{} seed {}: {}{loss}", now.optimizer.label(), now.seed, now.phase)
}
