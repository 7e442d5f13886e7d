//! How long something will take, as far as its first units say.

use std::time::{Duration, Instant};

/// An estimate before anything long begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Seconds in all.
    pub seconds: f64,
    /// The part that takes the most and its seconds, where one part is worth being named.
    pub part: Option<(&'static str, f64)>,
    /// Whether every part was tried; if not it takes at least so long.
    pub is_complete: bool,
    /// Memory that it takes at most, in bytes, where that is known.
    pub bytes: Option<u64>,
}

/// What units of one kind have cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    seconds: f64,
    units: f64,
}

/// A first try that takes longer is not repeated.
const PATIENCE: Duration = Duration::from_millis(400);
/// Tries are repeated for so long at most, and so often.
const ENOUGH: Duration = Duration::from_millis(20);
const MOST_TRIES: usize = 5;

impl Cost {
    /// Tries `units` units of work. What is short is repeated, because the first one brings costs that come once. Nothing is
    /// repeated once `deadline` is over.
    pub fn of_trying(units: f64, deadline: Instant, mut work: impl FnMut()) -> Self {
        let mut once = || {
            let begun = Instant::now();
            work();
            begun.elapsed()
        };
        let first = once();
        let mut cost = Self::default();
        if first > PATIENCE || Instant::now() > deadline {
            cost.add(first, units);
            return cost;
        }
        for _ in 0..MOST_TRIES {
            cost.add(once(), units);
            if cost.seconds > ENOUGH.as_secs_f64() {
                break;
            }
        }
        cost
    }

    /// Counts units that were done.
    pub fn add(&mut self, time: Duration, units: f64) {
        self.seconds += time.as_secs_f64();
        self.units += units;
    }

    /// Counts what another has counted.
    pub fn and(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.units += other.units;
    }

    /// Seconds of a unit; 0 where nothing is known.
    pub fn per_unit(&self) -> f64 {
        if self.units > 0.0 { self.seconds / self.units } else { 0.0 }
    }
}
