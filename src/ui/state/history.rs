//! What is kept of a run's rows: bounded, however long the run is, and with nothing lost that a chart would show.
//!
//! Rows beyond the bound are thinned by doubling a stride. Each kept row stands for its group: the rows from it to the next
//! kept one. Least, greatest and mean value of each group, and of 16, 32, 64, … neighbouring groups, stay beside the rows, so
//! that a picture of any part costs what its pixels cost, and a spike stays although its row went.

use std::ops::Range;

use super::envelope::Envelope;
use super::rows::Row;

/// Rows kept at most; beyond that every second one is dropped. Rows of more than [`ROW_BYTES`] are kept in as much less number.
pub const MAX_ROWS: usize = 32_768;
/// Bytes of a usual row, with what stands beside it.
const ROW_BYTES: usize = 80;
/// Blocks of 2⁴ and more groups are kept; smaller ones are put together when they are asked for, since all of their sizes together
/// would be several times as large as the rows.
const KEPT_FROM: usize = 4;
/// Runs that have as many rows as they can; more runs share the room of so many.
const FULL_RUNS: usize = 8;
/// However many runs there are, each keeps so many rows.
const LEAST_ROWS: usize = 4096;

/// The rows that each of so many runs may keep of a kind, so that all of them together stay within bounds.
#[must_use]
pub fn row_limit(num_runs: usize) -> usize {
    (MAX_ROWS / num_runs.div_ceil(FULL_RUNS).max(1).next_power_of_two()).max(LEAST_ROWS)
}

/// What rows of this kind may take of a limit for usual rows.
fn share<T: Row>(limit: usize) -> usize {
    let bytes = size_of::<T>() + T::LANES * size_of::<Envelope>() / (1 << (KEPT_FROM - 1));
    (limit / bytes.div_ceil(ROW_BYTES).next_power_of_two()).max(2)
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
    /// The closed groups, lane by lane; empty while each group is one row.
    groups: Vec<Envelope>,
    /// `levels[l]` holds 2ˡ⁺⁴ groups a block, lane by lane.
    levels: Vec<Vec<Envelope>>,
    version: u64,
    epoch: u64,
    /// Rows kept at most.
    limit: usize,
}

impl<T: Row> Default for History<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            stride: 1,
            seen: 0,
            is_tail_spare: false,
            open: Vec::new(),
            groups: Vec::new(),
            levels: Vec::new(),
            version: 0,
            epoch: 0,
            limit: share::<T>(MAX_ROWS),
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
        self.limit = share::<T>(limit);
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
        if self.stride > 1 {
            self.groups.extend_from_slice(&self.open);
        }
        for level in KEPT_FROM..=num_closed.trailing_zeros() as usize {
            if self.levels.len() == level - KEPT_FROM {
                self.levels.push(Vec::new());
            }
            let block = (num_closed >> level) - 1;
            for lane in 0..T::LANES {
                let whole = self.halves(level, block, lane);
                self.levels[level - KEPT_FROM].push(whole);
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
        // Blocks of two groups are the groups now.
        let pairs = 0..self.rows.len() / 2;
        self.groups = pairs
            .flat_map(|pair| (0..T::LANES).map(move |lane| (pair, lane)))
            .map(|(pair, lane)| self.halves(1, pair, lane))
            .collect();
        if !self.levels.is_empty() {
            self.levels.remove(0);
        }
        let mut index = 0;
        self.rows.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.stride *= 2;
        self.is_tail_spare = newest.is_some();
        self.rows.extend(newest);
        self.epoch += 1;
    }

    /// Least, greatest and mean value of a closed block of 2ˡ groups.
    #[must_use]
    pub fn envelope(&self, level: usize, block: usize, lane: usize) -> Envelope {
        match level {
            0 if self.stride == 1 => Envelope::of(self.rows[block].lane(lane)),
            0 => self.groups[block * T::LANES + lane],
            KEPT_FROM.. => self.levels[level - KEPT_FROM][block * T::LANES + lane],
            _ => self.halves(level, block, lane),
        }
    }

    /// The same from the two halves of the block.
    fn halves(&self, level: usize, block: usize, lane: usize) -> Envelope {
        let [first, second] = [0, 1].map(|side| self.envelope(level - 1, 2 * block + side, lane));
        first.merged(second)
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
        self.groups.truncate(num_closed * T::LANES);
        for (level, blocks) in (KEPT_FROM..).zip(&mut self.levels) {
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
mod tests;
