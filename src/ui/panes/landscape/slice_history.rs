//! The slices of one run so far: bounded, and thinned out as they become many.

use std::sync::Arc;

use super::scale::Spread;
use crate::protocol::{Examples, LivePlane, LossGrid, SliceView};

/// Slices kept of a run however large they are.
pub const LEAST_SLICES: usize = 4;

/// What slices must have in common to be shown one after another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    plane: LivePlane,
    examples: Examples,
    range: f64,
}

impl Kind {
    /// Of slices that a view asks for.
    #[must_use]
    pub const fn of(view: &SliceView) -> Self {
        Self { plane: view.plane, examples: view.examples, range: view.range }
    }
}

/// A slice of the past, with where its values lie.
#[derive(Debug, Clone)]
pub struct Kept {
    slice: Arc<LossGrid>,
    kind: Kind,
    /// Of its losses.
    pub loss: Option<Spread>,
    /// Of its accuracies.
    pub accuracy: Option<Spread>,
}

impl Kept {
    fn new(slice: &Arc<LossGrid>) -> Self {
        Self {
            kind: Kind::of(&slice.view),
            loss: Spread::of(&slice.loss),
            accuracy: slice.accuracy.as_deref().and_then(Spread::of),
            slice: Arc::clone(slice),
        }
    }

    /// Step of its centre.
    pub fn step(&self) -> u64 {
        self.slice.step
    }
}

/// Slices of one run by ascending step, thinned by doubling a stride. The newest is always kept.
#[derive(Debug, Default)]
pub struct SliceHistory {
    slices: Vec<Kept>,
    /// Of the slices that come, one in so many is kept; 0 counts as 1.
    stride: u64,
    /// Slices that came since the last one that is kept for good.
    since: u64,
    /// The last one stands between two strides and gives way to the next.
    is_tail_spare: bool,
}

impl SliceHistory {
    /// Takes a slice. One of the same step and kind as the newest takes its place, one of an earlier step means that the
    /// run went back: what came after it is dropped. True if anything changed.
    pub fn push(&mut self, slice: &Arc<LossGrid>, capacity: usize) -> bool {
        if self.slices.last().is_some_and(|last| Arc::ptr_eq(&last.slice, slice)) {
            return false;
        }
        while self.slices.last().is_some_and(|last| last.step() > slice.step) {
            self.slices.pop();
            (self.is_tail_spare, self.since) = (false, 0);
        }
        let new = Kept::new(slice);
        if let Some(last) = self.slices.last_mut().filter(|last| last.step() == slice.step && last.kind == new.kind) {
            *last = new;
            return true;
        }
        if self.is_tail_spare {
            self.slices.pop();
        }
        self.slices.push(new.clone());
        self.since += 1;
        self.is_tail_spare = self.since < self.stride && self.slices.len() > 1;
        if !self.is_tail_spare {
            self.since = 0;
        }
        while self.slices.len() > capacity.max(LEAST_SLICES) {
            self.thin(&new);
        }
        true
    }

    /// Drops every second slice but the newest.
    fn thin(&mut self, newest: &Kept) {
        if self.is_tail_spare {
            self.slices.pop();
        }
        let stride = self.stride.max(1);
        if self.slices.len().is_multiple_of(2) {
            self.since += stride;
        }
        let mut index = 0;
        self.slices.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.stride = 2 * stride;
        self.is_tail_spare = self.slices.last().is_none_or(|last| last.step() != newest.step());
        if self.is_tail_spare {
            self.slices.push(newest.clone());
        }
    }

    /// The step of the last slice.
    pub fn last_step(&self) -> Option<u64> {
        self.slices.last().map(Kept::step)
    }

    /// The slices of a kind up to a step, newest first.
    pub fn before(&self, step: u64, kind: Kind) -> impl Iterator<Item = &Arc<LossGrid>> {
        self.of_kind(kind).rev().filter(move |kept| kept.step() <= step).map(|kept| &kept.slice)
    }

    /// All slices of a kind, oldest first.
    pub fn of_kind(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Kept> {
        self.slices.iter().filter(move |kept| kept.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::slice;
    use super::*;

    fn steps(history: &SliceHistory) -> Vec<u64> {
        history.slices.iter().map(Kept::step).collect()
    }

    #[test]
    fn a_history_is_bounded_keeps_both_ends_and_its_order() {
        let mut history = SliceHistory::default();
        for step in 0..10_000 {
            assert!(history.push(&slice(10 * step), 48));
            let kept = steps(&history);
            assert!(kept.len() <= 48 && kept[0] == 0 && kept.last() == Some(&(10 * step)), "{step}: {kept:?}");
            assert!(kept.is_sorted() && kept.len() * 2 >= 48.min(step as usize), "{step}: {}", kept.len());
        }
        // Gaps are even but for the last.
        let kept = steps(&history);
        let gaps: Vec<u64> = kept.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps[..gaps.len() - 1].iter().all(|gap| *gap <= 2 * gaps[0]), "{gaps:?}");
    }

    #[test]
    fn finer_slices_of_a_step_take_its_place_and_a_rewind_drops_the_rest() {
        let mut history = SliceHistory::default();
        for step in [0, 10, 20] {
            history.push(&slice(step), 48);
        }
        let finer = slice(20);
        assert!(history.push(&finer, 48) && !history.push(&finer, 48));
        let at = |step| history.before(step, Kind::of(&SliceView::default())).next().unwrap();
        assert!(Arc::ptr_eq(at(25), &finer));
        assert_eq!(at(19).step, 10);
        history.push(&slice(5), 48);
        assert_eq!(steps(&history), [0, 5]);
    }
}
