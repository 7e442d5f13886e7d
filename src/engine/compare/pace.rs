//! How long a comparison takes: what its units cost, and how many of them are left.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::forecast::Forecast;

use super::costs::{Costs, Unit, Work};

/// A share of the whole from which on a part is worth being named.
const NAMED_SHARE: f64 = 0.1;

/// The clock of a comparison.
#[derive(Debug)]
pub(super) struct Pace {
    costs: Costs,
    /// What has not begun, by its place.
    waiting: BTreeMap<usize, Work>,
    /// What is left of that which each worker is at.
    now: Vec<Option<Work>>,
    /// Seconds of all that was done, those of all workers together.
    spent: f64,
}

impl Pace {
    /// That of works which wait in this order for so many workers.
    pub fn new(costs: Costs, workers: usize, works: Vec<Work>) -> Self {
        let waiting = works.into_iter().enumerate().collect();
        Self { costs, waiting, now: vec![None; workers], spent: 0.0 }
    }

    /// Plans anew what has not begun, whose places count from `first` on.
    pub fn plan(&mut self, first: usize, works: Vec<Work>) {
        self.waiting = (first..).zip(works).collect();
    }

    /// A worker begins the work at a place.
    pub fn begin(&mut self, worker: usize, place: usize) {
        self.now[worker] = self.waiting.remove(&place);
    }

    /// Counts units that a worker has done.
    pub fn count(&mut self, worker: usize, unit: usize, time: Duration, units: f64) {
        self.spent += time.as_secs_f64();
        if let Some(work) = &mut self.now[worker] {
            work.done(unit, units);
            self.costs.count(work.optimizer, unit, time, units);
        }
    }

    /// The work of a worker has ended, with or without all that was planned.
    pub fn end(&mut self, worker: usize) {
        self.now[worker] = None;
    }

    /// Seconds until the last worker is done, by what units have cost so far.
    pub fn seconds_left(&self) -> f64 {
        let under_way = |work: &Option<Work>| work.as_ref().map_or(0.0, |work| self.costs.seconds(work));
        let mut busy: Vec<f64> = self.now.iter().map(under_way).collect();
        let is_tuning = self.now.iter().flatten().chain(self.waiting.values()).any(|work| work.is_try);
        self.hand_out(&mut busy, true);
        if is_tuning {
            // No run begins before the last try has ended.
            let end = last(&busy);
            busy.fill(end);
        }
        self.hand_out(&mut busy, false);
        last(&busy)
    }

    /// The share of the work that is over, from 0 to 1.
    pub fn share(&self) -> f64 {
        let left: f64 = self.left().map(|work| self.costs.seconds(work)).sum();
        if self.spent + left > 0.0 { self.spent / (self.spent + left) } else { 0.0 }
    }

    /// How long all of it will take, before it begins, with its greatest part.
    pub fn forecast(&self) -> Forecast {
        let seconds = self.seconds_left();
        let of = |is_try: bool, counts: fn(usize) -> bool| -> f64 {
            let own = self.left().filter(|work| work.is_try == is_try);
            own.map(|work| self.costs.seconds_of(work, counts)).sum()
        };
        let whole = of(true, |_| true) + of(false, |_| true);
        let curvature = ("curvature", of(false, |unit| unit == Unit::Probe as usize || unit == Unit::Product as usize));
        let tuning = ("tuning", of(true, |_| true));
        let (name, part) = if tuning.1 > curvature.1 { tuning } else { curvature };
        // A part of the work takes that part of the time, however many are at it.
        let part = (part > NAMED_SHARE * whole).then(|| (name, seconds * part / whole));
        Forecast { seconds, part, is_complete: true, bytes: None }
    }

    fn left(&self) -> impl Iterator<Item = &Work> {
        self.now.iter().flatten().chain(self.waiting.values())
    }

    /// Gives what waits, tries or runs, to whoever is done first.
    fn hand_out(&self, busy: &mut [f64], tries: bool) {
        for work in self.waiting.values().filter(|work| work.is_try == tries) {
            if let Some(first) = busy.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *first += self.costs.seconds(work);
            }
        }
    }
}

fn last(busy: &[f64]) -> f64 {
    busy.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works of so many seconds each, where a gradient evaluation takes one.
    fn pace(workers: usize, tries: &[f64], runs: &[f64]) -> Pace {
        let work = |is_try| move |&units: &f64| Work { optimizer: 0, is_try, left: [units, 0.0, 0.0, 0.0, 0.0, 0.0] };
        let works = tries.iter().map(work(true)).chain(runs.iter().map(work(false))).collect();
        Pace::new(Costs::of_gradient(Duration::from_secs(1)), workers, works)
    }

    #[test]
    fn what_waits_goes_to_whoever_is_done_first() {
        assert_eq!(pace(1, &[], &[4.0, 3.0, 2.0]).seconds_left(), 9.0);
        // 4 beside 3, then 2 more after the 3.
        assert_eq!(pace(2, &[], &[4.0, 3.0, 2.0]).seconds_left(), 5.0);
        assert_eq!(pace(4, &[], &[4.0, 3.0, 2.0]).seconds_left(), 4.0);
        // The tries end after 3 seconds, although one worker has nothing to do for 2 of them.
        assert_eq!(pace(2, &[3.0, 1.0], &[2.0, 2.0]).seconds_left(), 5.0);
    }

    #[test]
    fn the_share_is_that_of_the_work_and_what_is_left_that_of_the_time() {
        let mut pace = pace(2, &[], &[4.0, 4.0, 8.0]);
        pace.begin(0, 0);
        pace.begin(1, 1);
        pace.count(0, 0, Duration::from_secs(4), 4.0);
        assert_eq!((pace.share(), pace.seconds_left()), (0.25, 8.0));
        // The one that has ended early leaves nothing.
        pace.end(1);
        assert_eq!((pace.share(), pace.seconds_left()), (4.0 / 12.0, 8.0));
        pace.begin(1, 2);
        // Units cost 2 seconds each now: 8 in 16.
        pace.count(1, 0, Duration::from_secs(11), 3.0);
        assert_eq!((pace.share(), pace.seconds_left()), (0.6, 10.0));
    }
}
