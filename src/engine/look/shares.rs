//! How the time of one run's measurements is shared while it trains, and what each unit costs.

use std::time::{Duration, Instant};

/// What a unit of measurement is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    /// The slice.
    Slice,
    /// The streamed trace and the streamed ends of the spectrum.
    Stream,
    /// Trace, spectrum and traces of the tensors with all their probes, at one step.
    Exact,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Slice, Self::Stream, Self::Exact];

    /// Its share of the time where all have something to do.
    const fn share(self) -> f64 {
        match self {
            Self::Slice => 0.3,
            Self::Stream => 0.5,
            Self::Exact => 0.2,
        }
    }
}

/// Time that each kind has had, in seconds over its share.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shares([f64; 3]);

impl Shares {
    pub const fn new() -> Self {
        Self([0.0; 3])
    }

    /// The kind that is furthest behind its share, of those that can do something.
    pub fn next(&self, can: impl Fn(Kind) -> bool) -> Option<Kind> {
        let had = |kind: &Kind| self.0[*kind as usize];
        Kind::ALL.into_iter().filter(|kind| can(*kind)).min_by(|a, b| had(a).total_cmp(&had(b)))
    }

    /// Notes time that a kind has had. Time in which others had nothing to do is not saved up for them.
    pub fn spend(&mut self, kind: Kind, time: Duration, can: impl Fn(Kind) -> bool) {
        self.0[kind as usize] += time.as_secs_f64() / kind.share();
        let busy = Kind::ALL.into_iter().filter(|other| *other == kind || can(*other));
        let least = busy.map(|other| self.0[other as usize]).fold(f64::INFINITY, f64::min);
        self.0.iter_mut().for_each(|had| *had = (*had - least).max(0.0));
    }
}

/// What a pass costs for each example: the least that was seen, since the first passes of all are slow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost(Option<f64>);

impl Cost {
    pub const fn new() -> Self {
        Self(None)
    }

    /// Does `passes` passes over so many examples, and notes what one of an example costs.
    pub fn measure<T>(&mut self, passes: usize, examples: usize, pass: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = pass();
        self.note(passes, examples, begun.elapsed());
        result
    }

    /// Notes what so many passes over so many examples took.
    pub fn note(&mut self, passes: usize, examples: usize, time: Duration) {
        if passes * examples > 0 {
            let each = time.as_secs_f64() / (passes * examples) as f64;
            self.0 = Some(self.0.map_or(each, |least| least.min(each)));
        }
    }

    pub const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Seconds of a pass over so many examples; 0 while it is not known.
    pub fn of(&self, examples: usize) -> f64 {
        self.0.unwrap_or(0.0) * examples as f64
    }

    /// Of `all` examples those over which `passes` passes take about so many seconds, never fewer than `least`: all of them
    /// where these would take twice as long at most, else a power of two.
    pub fn examples(&self, passes: usize, seconds: f64, all: usize, least: usize) -> usize {
        let each = self.of(passes);
        if each * all as f64 <= 2.0 * seconds {
            return all;
        }
        let fitting = (seconds / each) as usize;
        let power = if fitting == 0 { 1 } else { 1 << fitting.ilog2() };
        power.max(least).min(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many turns of 0.1 s, each kind always busy.
    fn turns(shares: &mut Shares, count: usize) -> [usize; 3] {
        let mut turns = [0; 3];
        for _ in 0..count {
            let kind = shares.next(|_| true).unwrap();
            turns[kind as usize] += 1;
            shares.spend(kind, Duration::from_millis(100), |_| true);
        }
        turns
    }

    #[test]
    fn time_goes_by_shares_and_nothing_waits_for_what_has_nothing_to_do() {
        let mut shares = Shares::new();
        let found = turns(&mut shares, 1000);
        assert!(found.iter().zip([300, 500, 200]).all(|(&found, expected)| found.abs_diff(expected) < 10), "{found:?}");
        assert_eq!(shares.next(|kind| kind == Kind::Exact), Some(Kind::Exact));
        assert_eq!(shares.next(|_| false), None);
    }

    #[test]
    fn a_long_unit_is_paid_back_and_a_long_rest_is_not() {
        let mut shares = Shares::new();
        // 4 s of a fifth of the time: others have 16 s.
        shares.spend(Kind::Exact, Duration::from_secs(4), |_| true);
        assert_eq!(turns(&mut shares, 150)[Kind::Exact as usize], 0);
        assert!(turns(&mut shares, 30)[Kind::Exact as usize] > 0);
        let mut shares = Shares::new();
        for _ in 0..100 {
            let kind = shares.next(|kind| kind != Kind::Exact).unwrap();
            shares.spend(kind, Duration::from_millis(100), |kind| kind != Kind::Exact);
        }
        assert!(turns(&mut shares, 20)[Kind::Exact as usize] < 7);
    }

    #[test]
    fn a_part_of_the_examples_is_taken_where_all_take_too_long() {
        // A millisecond an example.
        let cost = Cost(Some(1e-3));
        assert_eq!(cost.examples(25, 0.1, 8, 2), 8, "twice the time is near enough");
        assert_eq!(cost.examples(25, 1.0, 512, 32), 32);
        assert_eq!(cost.examples(1, 0.1, 512, 32), 64);
        assert_eq!(cost.examples(81, 0.1, 512, 32), 32, "never fewer");
        assert_eq!(Cost::new().examples(81, 0.1, 512, 32), 512);
    }
}
