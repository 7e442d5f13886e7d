//! Progress of long work on stderr: a bar on a terminal, a line now and then in a pipe.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::error::tell;
use crate::data::limit::size_words;
use crate::engine::{AnalyzeProgress, CompareProgress, Forecast};
use crate::number::{count, significant};

/// Least time between two lines, and least share of a comparison or of a part of an analysis that lies between them:
/// whichever comes later.
const LINE_EVERY: Duration = Duration::from_secs(1);
const LINE_SHARE: f64 = 0.05;
/// The text beside a bar is renewed so often at most.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// Parts of a bar.
const BAR_PARTS: u64 = 1000;

/// Shows how far something is.
pub struct Progress {
    /// Absent in a pipe.
    bar: Option<ProgressBar>,
    last: Shown,
    /// The greatest share of the whole so far: estimates of what is left may grow, and nobody is to be sent back.
    furthest: f64,
}

/// What was shown last, and when.
#[derive(Debug, Clone, Copy)]
struct Shown {
    at: Instant,
    /// The part, and its share that was over.
    part: usize,
    share: f64,
}

impl Progress {
    /// Starts at nothing done.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(BAR_PARTS).with_style(style);
            // Kernels may compile for a while before the first number: the clock shows that it lives.
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, last: Shown { at: Instant::now(), part: 0, share: 0.0 }, furthest: 0.0 }
    }

    /// Says how long it will take. `way_out` says how to leave out the part that is named.
    pub fn foretell(&mut self, forecast: &Forecast, way_out: &str) {
        self.say(&forecast_words(forecast, way_out));
        self.last.at = Instant::now();
    }

    /// Says something that stays, above the bar.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(line)),
            None => tell(line),
        }
    }

    /// Shows how far a comparison is.
    pub fn show_run(&mut self, now: &CompareProgress) {
        let share = self.further(now.share);
        self.show(share, (0, share), || {
            let beside = if now.beside > 0 { format!(" and {} more", now.beside) } else { String::new() };
            let mut words = vec![match now.attempt {
                Some([number, of]) => format!("tuning {}, try {number} of {of}{beside}", now.optimizer.key()),
                None => format!("{} seed {}{beside}: {}", now.optimizer.label(), now.seed, now.phase),
            }];
            words.push(format!("{} of {} gradient evaluations", count(now.spent), count(now.budget)));
            words.extend(rate(now.per_second));
            if now.train_loss.is_finite() {
                words.push(format!("train loss {}", significant(now.train_loss, 3)));
            }
            words.push(format!("{} left", duration(now.seconds_left)));
            words.join(", ")
        });
    }

    /// Shows how far an analysis is.
    pub fn show_part(&mut self, now: &AnalyzeProgress) {
        let of_part = now.progress.done as f64 / now.progress.total.max(1) as f64;
        let share = self.further(now.share);
        self.show(share, (now.index, of_part), || {
            let mut words = vec![format!("part {} of {}: {}", now.index, now.parts, now.part)];
            words.push(format!("{} of {}", count(now.progress.done), count(now.progress.total)));
            words.extend(rate(now.per_second));
            words.push(format!("{} left", duration(now.seconds_left)));
            words.join(", ")
        });
    }

    /// Shows how far a replay is: the run in words, its steps that are repeated and that there are, and the share of all steps.
    pub fn show_replay(&mut self, run: &str, [done, all]: [u64; 2], share: f64) {
        let share = self.further(share);
        self.show(share, (0, share), || format!("repeating {run}: {} of {} steps", count(done), count(all)));
    }

    /// Shows how many files are read, of all that will be.
    pub fn show_reading(&mut self, done: usize, all: usize, spent: Duration) {
        let share = self.further(done as f64 / all.max(1) as f64);
        self.show(share, (0, share), || {
            let per_second = done as f64 / spent.as_secs_f64().max(1e-9);
            let mut words = vec![format!("reading the checkpoints: {} of {}", count(done as u64), count(all as u64))];
            words.extend(rate(per_second));
            words.push(format!("{} left", duration(all.saturating_sub(done) as f64 / per_second)));
            words.join(", ")
        });
    }

    /// Shows how many units have results, of all, with what else is said of them.
    pub fn show_units(&mut self, done: usize, all: usize, words: impl FnOnce() -> String) {
        let share = done as f64 / all.max(1) as f64;
        self.show(share, (0, share), words);
    }

    const fn further(&mut self, share: f64) -> f64 {
        self.furthest = self.furthest.max(share);
        self.furthest
    }

    /// Shows a share of the whole. Lines go by the share of a part.
    fn show(&mut self, whole: f64, (part, share): (usize, f64), words: impl FnOnce() -> String) {
        let at = Instant::now();
        match &self.bar {
            Some(bar) if at - self.last.at >= BAR_EVERY => {
                bar.set_position((whole * BAR_PARTS as f64) as u64);
                bar.set_message(words());
                self.last.at = at;
            }
            None if self.last.is_line_due(part, share, at) => {
                tell(&format!("{:.0} %, {}", 100.0 * whole, words()));
                self.last = Shown { at, part, share };
            }
            _ => {}
        }
    }

    /// Clears the bar, so that the table stands alone.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Shown {
    /// Whether another line may follow at a share of a part. A part may begin anew with another count.
    fn is_line_due(&self, part: usize, share: f64, at: Instant) -> bool {
        let is_apart = part != self.part || (share - self.share).abs() >= LINE_SHARE;
        at.duration_since(self.at) >= LINE_EVERY && is_apart
    }
}

fn rate(per_second: f64) -> Option<String> {
    let digits = if per_second < 10.0 { significant(per_second, 2) } else { count(per_second.round() as u64) };
    per_second.is_finite().then(|| format!("{digits} a second"))
}

/// Memory below it is not worth a word.
const LARGE: u64 = 1 << 28;

/// How long something will take, such as "about 9 min: 6 of them for curvature", and how much memory where it is much.
fn forecast_words(forecast: &Forecast, way_out: &str) -> String {
    let time = time_words(forecast, way_out);
    let memory = forecast.bytes.filter(|bytes| *bytes >= LARGE);
    memory.map_or_else(|| time.clone(), |bytes| format!("{time}; about {} of memory", size_words(bytes)))
}

fn time_words(forecast: &Forecast, way_out: &str) -> String {
    let least = if forecast.is_complete { "" } else { "at least " };
    // Where parts are not known yet, it is no moment.
    let all = duration(if forecast.is_complete { forecast.seconds } else { forecast.seconds.max(1.0) });
    // What is short needs no way out.
    let Some((name, seconds)) = forecast.part.filter(|(_, seconds)| *seconds >= 1.0) else {
        return if forecast.seconds < 1.0 && forecast.is_complete {
            "about a second or less".to_owned()
        } else {
            format!("{least}about {all}")
        };
    };
    let part = duration(seconds);
    let (all_unit, part_unit) = (unit(&all), unit(&part));
    let part = part.strip_suffix(part_unit).filter(|_| all_unit == part_unit).map_or(part.as_str(), str::trim_end);
    format!("{least}about {all}: {part} of them for {name}{way_out}")
}

fn unit(duration: &str) -> &str {
    duration.rsplit_once(' ').map_or("", |(_, unit)| unit)
}

/// A time in its largest fitting unit.
fn duration(seconds: f64) -> String {
    match seconds {
        seconds if !seconds.is_finite() => "an unknown time".to_owned(),
        ..1.0 => "less than a second".to_owned(),
        ..99.5 => format!("{seconds:.0} s"),
        ..5970.0 => format!("{:.0} min", seconds / 60.0),
        ..345_600.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{} days", count((seconds / 86_400.0).round() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(seconds: f64, part: Option<f64>) -> String {
        let part = part.map(|seconds| ("curvature", seconds));
        forecast_words(&Forecast { seconds, part, is_complete: true, bytes: None }, "; --quick leaves it out")
    }

    #[test]
    fn a_forecast_names_its_largest_part_and_the_way_out() {
        assert_eq!(words(540.0, Some(360.0)), "about 9 min: 6 of them for curvature; --quick leaves it out");
        assert_eq!(words(130.0, Some(40.0)), "about 2 min: 40 s of them for curvature; --quick leaves it out");
        assert_eq!(words(540.0, None), "about 9 min");
        assert_eq!(words(0.2, Some(0.1)), "about a second or less");
        assert_eq!(words(2e4, None), "about 6 h");
        let least = Forecast { seconds: 50.0, part: None, is_complete: false, bytes: None };
        assert_eq!(forecast_words(&least, ""), "at least about 50 s");
        let large = Forecast { bytes: Some(3 << 30), ..least };
        assert_eq!(forecast_words(&large, ""), "at least about 50 s; about 3.0 GiB of memory");
        let small = Forecast { bytes: Some(1 << 20), ..least };
        assert_eq!(forecast_words(&small, ""), "at least about 50 s");
    }

    #[test]
    fn a_line_waits_for_its_second_and_for_its_share() {
        let at = Instant::now();
        let shown = Shown { at, part: 1, share: 0.2 };
        let later = |ms| at + Duration::from_millis(ms);
        assert!(!shown.is_line_due(1, 0.9, later(999)), "a second is not over");
        assert!(!shown.is_line_due(1, 0.24, later(60_000)), "too little was done");
        assert!(shown.is_line_due(1, 0.26, later(1_000)));
        assert!(shown.is_line_due(2, 0.2, later(1_000)), "another part");
    }

    #[test]
    fn times_have_one_unit() {
        let cases = [(0.3, "less than a second"), (1.0, "1 s"), (99.0, "99 s"), (100.0, "2 min"), (6000.0, "2 h")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(f64::INFINITY), "an unknown time");
    }
}
