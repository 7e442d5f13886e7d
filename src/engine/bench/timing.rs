//! Times and how they are taken.

use std::time::{Duration, Instant};

/// Times of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Median, in milliseconds.
    pub ms: f64,
    /// Least, in milliseconds.
    pub min: f64,
    /// Number of runs, after those that warm up.
    pub runs: usize,
}

/// Times of frames of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTimes {
    /// All frames together, of a window without a session.
    pub all: Timing,
    /// The same of a window that hears of its session in each frame, taken in turns.
    pub with_session: Timing,
    /// Their mean, in milliseconds.
    pub mean: f64,
    /// The longest, in milliseconds.
    pub worst: f64,
    /// The median of each tab of the charts, in milliseconds.
    pub tabs: Vec<(&'static str, f64)>,
}

/// Warm-up goes on for so long, where one run is shorter.
const WARM_UP: Duration = Duration::from_millis(100);

/// Timed runs take no longer than this together, but for the last one.
const BUDGET: Duration = Duration::from_secs(10);

/// Warms up, then times `work`: at most `runs` times, and fewer, though at least once, where they take long.
pub(super) fn time(runs: usize, mut work: impl FnMut()) -> Timing {
    let start = Instant::now();
    work();
    while start.elapsed() < WARM_UP {
        work();
    }
    let (start, mut times) = (Instant::now(), Vec::with_capacity(runs));
    while times.is_empty() || times.len() < runs && start.elapsed() < BUDGET {
        let start = Instant::now();
        work();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Timing { ms: median(&times), min: times[0], runs: times.len() }
}

/// The median of ascending numbers; there is at least one.
pub(super) fn median(ascending: &[f64]) -> f64 {
    let (low, high) = ((ascending.len() - 1) / 2, ascending.len() / 2);
    0.5 * (ascending[low] + ascending[high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
    }
}
