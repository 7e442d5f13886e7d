//! What is kept of a run's rows: bounded, however long the run is, and with nothing lost that a chart would show.
//!
//! Rows beyond the bound are thinned by doubling a stride. Each kept row stands for its group: the rows from it to the next
//! kept one. Least, greatest and mean value of each group, and of 2, 4, 8, … neighbouring groups, stay beside the rows, so
//! that a picture of any part costs what its pixels cost, and a spike stays although its row went.

use std::ops::Range;

use super::envelope::Envelope;
use super::rows::Row;

/// Rows kept at most; beyond that every second one is dropped.
pub const MAX_ROWS: usize = 131_072;
/// Runs that have as many rows as they can; more runs share the room of so many.
const FULL_RUNS: usize = 8;
/// However many runs there are, each keeps so many rows.
const LEAST_ROWS: usize = 4096;

/// The rows that each of so many runs may keep of a kind, so that all of them together stay within bounds.
#[must_use]
pub fn row_limit(num_runs: usize) -> usize {
    (MAX_ROWS / num_runs.div_ceil(FULL_RUNS).max(1).next_power_of_two()).max(LEAST_ROWS)
}

/// Rows in order, thinned by doubling a stride. The newest row is always the last one.
#[derive(Debug, Clone)]
pub struct History<T> {
    rows: Vec<T>,
    stride: u64,
    /// Rows that the kept ones stand for.
    seen: u64,
    /// The last row stands between two strides and gives way to the next row.
    is_tail_spare: bool,
    /// The group that still grows, a lane each.
    open: Vec<Envelope>,
    /// `levels[l]` holds 2ˡ groups a block, lane by lane; `levels[0]` stays empty while each group is one row.
    levels: Vec<Vec<Envelope>>,
    version: u64,
    epoch: u64,
    /// Rows kept at most.
    limit: usize,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            stride: 1,
            seen: 0,
            is_tail_spare: false,
            open: Vec::new(),
            levels: Vec::new(),
            version: 0,
            epoch: 0,
            limit: MAX_ROWS,
        }
    }
}

impl<T> History<T> {
    /// The kept rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The newest row.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.rows.last()
    }

    /// Counts changes: what was computed from the rows is stale when this changed.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Counts changes other than new rows at the end: groups got another size, or rows went.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Rows that each kept one stands for.
    #[must_use]
    pub const fn stride(&self) -> u64 {
        self.stride
    }

    /// Groups that will not change any more: all but the last.
    #[must_use]
    pub fn num_closed(&self) -> usize {
        (self.rows.len() - usize::from(self.is_tail_spare)).saturating_sub(1)
    }
}

impl<T: Row> History<T> {
    /// The newest kept row up to a step.
    #[must_use]
    pub fn until(&self, step: u64) -> Option<&T> {
        let count = self.rows.partition_point(|row| row.step() <= step);
        self.rows[..count].last()
    }

    /// Takes the next row.
    pub fn push(&mut self, row: T) {
        self.version += 1;
        if self.is_tail_spare {
            self.rows.pop();
        }
        self.is_tail_spare = !self.seen.is_multiple_of(self.stride);
        if !self.is_tail_spare {
            self.close_group();
        }
        for (lane, open) in self.open.iter_mut().enumerate() {
            *open = open.merged(Envelope::of(row.lane(lane)));
        }
        self.rows.push(row);
        self.seen += 1;
        if self.rows.len() > self.limit {
            self.thin();
        }
    }

    /// Takes a row that may be of an earlier step than the last ones, or in the place of one of its own step.
    pub fn insert(&mut self, row: T) {
        let place = self.rows.partition_point(|other| other.step() < row.step());
        let later: Vec<T> = self.rows[place..].iter().filter(|other| other.step() > row.step()).copied().collect();
        match place.checked_sub(1).map(|before| self.rows[before].step()) {
            Some(before) => self.truncate_after(before),
            None => self.clear(),
        }
        std::iter::once(row).chain(later).for_each(|row| self.push(row));
    }

    /// Drops all rows.
    pub fn clear(&mut self) {
        *self = Self { version: self.version + 1, epoch: self.epoch + 1, limit: self.limit, ..Self::default() };
    }

    /// Keeps at most `limit` rows from now on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(2);
        while self.rows.len() > self.limit {
            self.version += 1;
            self.thin();
        }
    }

    /// Closes the last group, and with it each block that it completes.
    fn close_group(&mut self) {
        let num_closed = self.rows.len();
        if num_closed == 0 {
            self.open = vec![Envelope::EMPTY; T::LANES];
            return;
        }
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        if self.stride > 1 {
            self.levels[0].extend_from_slice(&self.open);
        }
        let mut blocks = num_closed;
        for level in 1.. {
            if !blocks.is_multiple_of(2) {
                break;
            }
            blocks /= 2;
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            for lane in 0..T::LANES {
                let half = |side: usize| self.envelope(level - 1, 2 * (blocks - 1) + side, lane);
                let whole = half(0).merged(half(1));
                self.levels[level].push(whole);
            }
        }
        self.open.fill(Envelope::EMPTY);
    }

    /// Drops every second group; two neighbours become one.
    fn thin(&mut self) {
        let mut newest = if self.is_tail_spare { self.rows.pop() } else { None };
        if self.rows.len().is_multiple_of(2) {
            // The group that still grows goes to the one before it, which is not closed any more then.
            let before = self.rows.len().saturating_sub(2);
            for lane in 0..self.open.len() {
                self.open[lane] = self.envelope(0, before, lane).merged(self.open[lane]);
            }
            let last = self.rows.pop();
            newest = newest.or(last);
        }
        let mut index = 0;
        self.rows.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        // Blocks of two groups are the groups now.
        self.levels.remove(0);
        self.stride *= 2;
        self.is_tail_spare = newest.is_some();
        self.rows.extend(newest);
        self.epoch += 1;
    }

    /// Least, greatest and mean value of a closed block of 2ˡ groups.
    #[must_use]
    pub fn envelope(&self, level: usize, block: usize, lane: usize) -> Envelope {
        if level == 0 && self.stride == 1 {
            return Envelope::of(self.rows[block].lane(lane));
        }
        self.levels[level][block * T::LANES + lane]
    }

    /// The same of the last group, which still grows.
    #[must_use]
    pub fn open_envelope(&self, lane: usize) -> Envelope {
        self.open.get(lane).copied().unwrap_or(Envelope::EMPTY)
    }

    /// Whether any row has a finite value in a lane; what that costs does not grow with the rows.
    #[must_use]
    pub fn has_values(&self, lane: usize) -> bool {
        let mut has_any = self.open_envelope(lane).count > 0;
        blocks(0..self.num_closed(), self.num_closed(), 1, |level, block| {
            has_any |= self.envelope(level, block, lane).count > 0;
        });
        has_any
    }

    /// Drops the rows after `step`.
    pub fn truncate_after(&mut self, step: u64) {
        let kept = self.rows.partition_point(|row| row.step() <= step);
        if kept == self.rows.len() {
            return;
        }
        self.version += 1;
        self.epoch += 1;
        self.rows.truncate(kept);
        self.is_tail_spare = false;
        let num_closed = kept.saturating_sub(1);
        for (level, blocks) in self.levels.iter_mut().enumerate() {
            blocks.truncate((num_closed >> level) * T::LANES);
        }
        self.seen = if kept == 0 { 0 } else { num_closed as u64 * self.stride + 1 };
        // What the last group had beyond its first row may lie after the step.
        self.open = match self.rows.last() {
            Some(row) => (0..T::LANES).map(|lane| Envelope::of(row.lane(lane))).collect(),
            None => Vec::new(),
        };
        if kept == 0 {
            self.clear();
        }
    }
}

/// Visits the closed blocks that cover `groups`, at most about twice `max_blocks` of them, as (level, block). Blocks stand at
/// multiples of their size, so that a picture does not flicker when rows come.
pub fn blocks(groups: Range<usize>, num_closed: usize, max_blocks: usize, mut visit: impl FnMut(usize, usize)) {
    let end = groups.end.min(num_closed);
    let mut level = groups.len().div_ceil(max_blocks.max(1)).next_power_of_two().trailing_zeros() as usize;
    let mut group = groups.start >> level << level;
    while group < end {
        // Near the end, blocks of that size are not complete yet.
        while level > 0 && ((group >> level) + 1) << level > num_closed {
            level -= 1;
        }
        visit(level, group >> level);
        group += 1 << level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::rows::SpeedPoint;

    fn point(index: u64, value: f64) -> SpeedPoint {
        SpeedPoint { seconds: index as f64, steps_per_second: value }
    }

    fn filled(count: u64, value: impl Fn(u64) -> f64) -> History<SpeedPoint> {
        let mut history = History::default();
        (0..count).for_each(|index| history.push(point(index, value(index))));
        history
    }

    /// Least, greatest, number of values and number of blocks of all that is kept.
    fn whole(history: &History<SpeedPoint>, max_blocks: usize) -> (Envelope, usize) {
        let mut all = history.open_envelope(0);
        let mut count = 0;
        blocks(0..history.num_closed(), history.num_closed(), max_blocks, |level, block| {
            all = all.merged(history.envelope(level, block, 0));
            count += 1;
        });
        (all, count)
    }

    #[test]
    fn history_is_bounded_and_keeps_both_ends() {
        let mut history = History::default();
        for i in 0..700_000_u64 {
            history.push(point(i, 1.0));
            assert_eq!(history.last().unwrap().seconds, i as f64);
        }
        assert!(history.rows().len() <= MAX_ROWS + 1);
        assert!(history.rows().len() > MAX_ROWS / 3);
        assert_eq!(history.rows()[0].seconds, 0.0);
        let kept = &history.rows()[..=history.num_closed()];
        assert!(kept.windows(2).all(|pair| pair[1].seconds - pair[0].seconds == history.stride() as f64));
    }

    #[test]
    fn a_spike_among_a_million_rows_stays_in_few_blocks() {
        let history = filled(1_000_003, |i| match i {
            777_777 => 50.0,
            123_457 => -8.0,
            400_001 => f64::NAN,
            _ => 1.0,
        });
        let (all, count) = whole(&history, 300);
        assert_eq!((all.low, all.high, all.low_positive), (-8.0, 50.0, 1.0));
        assert_eq!((all.count, all.num_positive), (1_000_002, 1_000_001));
        assert!(count <= 640, "{count} blocks");
    }

    #[test]
    fn one_value_among_many_rows_is_found() {
        for count in [1_u64, 2, 7, 5_000, 400_000] {
            assert!(!filled(count, |_| f64::NAN).has_values(0), "{count}");
            for at in [0, count / 3, count - 1] {
                assert!(filled(count, |i| if i == at { 0.5 } else { f64::NAN }).has_values(0), "{at} of {count}");
            }
        }
        assert!(!History::<SpeedPoint>::default().has_values(0));
    }

    #[test]
    fn means_of_groups_are_those_of_their_rows() {
        let history = filled(400_000, |i| 1.0 + (i % 2) as f64);
        assert_eq!(history.stride(), 4);
        let group = history.envelope(0, 1000, 0);
        assert_eq!((group.count, group.mean), (4, 1.5));
        assert!((f64::from(group.log_mean) - 2.0_f64.log10() / 2.0).abs() < 1e-6);
    }

    #[test]
    fn many_runs_share_the_room_of_a_few() {
        assert_eq!([1, 8, 9, 16, 50].map(row_limit), [MAX_ROWS, MAX_ROWS, MAX_ROWS / 2, MAX_ROWS / 2, MAX_ROWS / 8]);
        for num_runs in 1..2_000_usize {
            let of_full = (num_runs * row_limit(num_runs)) / MAX_ROWS;
            assert!(of_full <= FULL_RUNS || row_limit(num_runs) == LEAST_ROWS, "{num_runs} runs: {of_full}");
        }
    }

    #[test]
    fn a_lower_limit_thins_at_once_and_loses_no_spike() {
        for count in [1_000_u64, 1_001, 1_002, 1_003, 70_000, 262_147] {
            for spike in [0, count / 2, count - 2, count - 1] {
                let mut history = filled(count, |i| if i == spike { 50.0 } else { 1.0 });
                history.set_limit(300);
                assert!(history.rows().len() <= 300, "{count}: {}", history.rows().len());
                assert_eq!(history.last().unwrap().seconds, (count - 1) as f64, "the newest row is the last one");
                let (all, _) = whole(&history, 40);
                assert_eq!((all.low, all.high, all.count), (1.0, 50.0, count as u32), "{count} {spike}");
                let kept = &history.rows()[..=history.num_closed()];
                let stride = history.stride() as f64;
                assert!(kept.windows(2).all(|pair| pair[1].seconds - pair[0].seconds == stride), "{count}");
                // It goes on in the same rhythm.
                (count..count + 2_000).for_each(|i| history.push(point(i, 1.0)));
                let (all, _) = whole(&history, 40);
                assert_eq!((all.high, all.count), (50.0, count as u32 + 2_000), "{count} {spike}");
                assert!(history.rows().len() <= 301);
            }
        }
    }

    #[test]
    fn rows_after_a_step_go() {
        for count in [1_u64, 2, 99, 5_000, 300_000] {
            for step in [0, 1, 50, 4_000, 250_001, 400_000] {
                let mut history = filled(count, |i| i as f64);
                history.truncate_after(step);
                let last = history.last().unwrap().seconds as u64;
                assert!(last <= step && step.min(count - 1) - last < history.stride(), "{count} {step}: {last}");
                let (all, _) = whole(&history, 7);
                assert!(f64::from(all.high) <= step as f64 && all.low == 0.0, "{count} {step}: {all:?}");
                // It goes on as if those rows had never been.
                (last + 1..last + 3_000).for_each(|i| history.push(point(i, i as f64)));
                let (all, _) = whole(&history, 7);
                assert_eq!(f64::from(all.high), (last + 2_999) as f64);
            }
        }
    }
}
