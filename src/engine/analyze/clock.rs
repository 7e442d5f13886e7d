//! How long an analysis takes: what its first units said, corrected by the pace of the part under way.

use std::time::Instant;

use crate::engine::forecast::Forecast;
use crate::protocol::Progress;

/// A share of the whole from which on a part is worth being named.
const NAMED_SHARE: f64 = 0.3;

/// What is expected of the parts that have not begun.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Planned {
    /// Seconds that each has left, in their order.
    pub parts: Vec<(&'static str, f64)>,
    /// Whether all parts are known.
    pub is_complete: bool,
}

impl Planned {
    /// How long all of them will take.
    pub fn forecast(&self) -> Forecast {
        let seconds: f64 = self.parts.iter().map(|(_, seconds)| seconds).sum();
        let longest = self.parts.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
        let part = longest.filter(|(_, of)| *of > NAMED_SHARE * seconds && self.parts.len() > 1);
        Forecast { seconds, part, is_complete: self.is_complete, bytes: None }
    }
}

/// How fast it goes, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    /// Units of the part a second; NaN before the first one.
    pub per_second: f64,
    /// From 0 to 1.
    pub share: f64,
    pub seconds_left: f64,
}

/// The clock of an analysis.
#[derive(Debug)]
pub(super) struct Clock {
    begun: Instant,
    later: Vec<(&'static str, f64)>,
    now: Option<Now>,
}

/// The part under way.
#[derive(Debug)]
struct Now {
    part: &'static str,
    begun: Instant,
    /// Units that it had then.
    done: u64,
    /// Seconds that were expected of it.
    planned: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), later: Vec::new(), now: None }
    }
}

impl Clock {
    /// Takes what is expected of the parts.
    pub fn expect(&mut self, planned: Planned) {
        self.later = planned.parts;
    }

    /// How far it is when a part has done so many units. Parts come in the order of what was expected.
    pub fn look(&mut self, part: &'static str, progress: Progress) -> Pace {
        let is_new = self.now.as_ref().is_none_or(|now| now.part != part);
        let now = match &mut self.now {
            Some(now) if !is_new => now,
            now => {
                let place = self.later.iter().position(|(name, _)| *name == part);
                let planned = place.map_or(0.0, |place| self.later.remove(place).1);
                now.insert(Now { part, begun: Instant::now(), done: progress.done, planned })
            }
        };
        let seconds = now.begun.elapsed().as_secs_f64();
        let done = progress.done.saturating_sub(now.done) as f64;
        let per_second = if done > 0.0 && seconds > 0.0 { done / seconds } else { f64::NAN };
        let rest = progress.total.saturating_sub(progress.done) as f64;
        let own = match rest {
            0.0 => 0.0,
            rest if per_second.is_finite() => rest / per_second,
            _ => now.planned,
        };
        let seconds_left = own + self.later.iter().map(|(_, seconds)| seconds).sum::<f64>();
        let spent = self.begun.elapsed().as_secs_f64();
        let share = if spent + seconds_left > 0.0 { spent / (spent + seconds_left) } else { 0.0 };
        Pace { per_second, share, seconds_left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_is_named_where_it_is_long() {
        let of = |parts: &[(&'static str, f64)]| Planned { parts: parts.to_vec(), is_complete: true }.forecast();
        let forecast = of(&[("trace", 60.0), ("slice", 200.0), ("noise", 40.0)]);
        assert_eq!(forecast, Forecast { seconds: 300.0, part: Some(("slice", 200.0)), is_complete: true, bytes: None });
        assert_eq!(of(&[("trace", 60.0)]).part, None, "there is no other");
        assert_eq!(of(&[]).seconds, 0.0);
    }

    #[test]
    fn what_is_left_is_that_of_the_part_and_of_those_after_it() {
        let mut clock = Clock::default();
        clock.expect(Planned { parts: vec![("trace", 3.0), ("slice", 20.0)], is_complete: true });
        let pace = clock.look("trace", Progress { done: 2, total: 10 });
        assert!((pace.seconds_left - 23.0).abs() < 1e-9 && pace.per_second.is_nan(), "{pace:?}");
        let pace = clock.look("trace", Progress { done: 10, total: 10 });
        assert!((pace.seconds_left - 20.0).abs() < 1e-9 && pace.per_second > 0.0, "{pace:?}");
        assert!(pace.share > 0.0 && pace.share < 0.5, "{pace:?}");
        assert_eq!(clock.look("slice", Progress { done: 1, total: 4 }).seconds_left, 20.0, "as was expected");
        assert_eq!(clock.look("slice", Progress { done: 4, total: 4 }).seconds_left, 0.0);
    }
}
