//! The slices of the past: a bounded, thinned history of each run, and the place in it that is shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::protocol::{LossGrid, RunId};

/// Slices kept of a run at most.
const MOST_SLICES: usize = 48;
/// Slices kept of a run however large they are.
const LEAST_SLICES: usize = 4;
/// What all kept slices of all runs may need, in bytes, as far as [`LEAST_SLICES`] leaves it.
const MOST_BYTES: usize = 96 << 20;
/// Time between two slices while they are played.
pub const FRAME_TIME: Duration = Duration::from_millis(250);

/// Slices of one run by ascending step, thinned by doubling a stride. The newest is always kept.
#[derive(Debug, Default)]
pub struct SliceHistory {
    slices: Vec<Arc<LossGrid>>,
    /// Of the slices that come, one in so many is kept; 0 counts as 1.
    stride: u64,
    /// Slices that came since the last one that is kept for good.
    since: u64,
    /// The last one stands between two strides and gives way to the next.
    is_tail_spare: bool,
}

impl SliceHistory {
    /// Takes a slice. One of the same step as the newest takes its place, one of an earlier step means that the run went
    /// back: what came after it is dropped. True if anything changed.
    pub fn push(&mut self, slice: &Arc<LossGrid>, capacity: usize) -> bool {
        if self.slices.last().is_some_and(|last| Arc::ptr_eq(last, slice)) {
            return false;
        }
        while self.slices.last().is_some_and(|last| last.step > slice.step) {
            self.slices.pop();
            (self.is_tail_spare, self.since) = (false, 0);
        }
        if let Some(last) = self.slices.last_mut().filter(|last| last.step == slice.step) {
            *last = Arc::clone(slice);
            return true;
        }
        if self.is_tail_spare {
            self.slices.pop();
        }
        self.slices.push(Arc::clone(slice));
        self.since += 1;
        self.is_tail_spare = self.since < self.stride && self.slices.len() > 1;
        if !self.is_tail_spare {
            self.since = 0;
        }
        while self.slices.len() > capacity.max(LEAST_SLICES) {
            self.thin(slice);
        }
        true
    }

    /// Drops every second slice but the newest.
    fn thin(&mut self, newest: &Arc<LossGrid>) {
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
        self.is_tail_spare = self.slices.last().is_none_or(|last| last.step != newest.step);
        if self.is_tail_spare {
            self.slices.push(Arc::clone(newest));
        }
    }

    /// The newest slice of `step` or before.
    #[must_use]
    pub fn at(&self, step: u64) -> Option<&Arc<LossGrid>> {
        let after = self.slices.partition_point(|slice| slice.step <= step);
        after.checked_sub(1).map(|index| &self.slices[index])
    }

    /// The kept slices, oldest first.
    #[must_use]
    pub fn slices(&self) -> &[Arc<LossGrid>] {
        &self.slices
    }
}

/// What a slice needs in memory, about.
fn bytes(slice: &LossGrid) -> usize {
    8 * (slice.loss.len() + slice.accuracy.as_ref().map_or(0, Vec::len)) + 40 * slice.path.len() + 1024
}

/// How many slices of this size are kept of each of so many runs.
fn capacity(num_runs: usize, bytes: usize) -> usize {
    (MOST_BYTES / (num_runs.max(1) * bytes.max(1))).clamp(LEAST_SLICES, MOST_SLICES)
}

/// The histories of all runs, and what of them is shown.
#[derive(Debug, Default)]
pub struct Playback {
    histories: BTreeMap<RunId, SliceHistory>,
    /// Steps of all kept slices, ascending.
    steps: Vec<u64>,
    /// The step that is shown; `None` shows the newest slices.
    at: Option<u64>,
    /// When the next slice is due, while they are played.
    next: Option<Instant>,
}

impl Playback {
    /// Takes the newest slices of all runs.
    pub fn collect<'a>(&mut self, newest: impl ExactSizeIterator<Item = (RunId, Option<&'a Arc<LossGrid>>)>) {
        let num_runs = newest.len();
        let mut is_changed = false;
        for (run, slice) in newest {
            let Some(slice) = slice else { continue };
            is_changed |= self.histories.entry(run).or_default().push(slice, capacity(num_runs, bytes(slice)));
        }
        if is_changed {
            self.list_steps();
        }
    }

    /// Keeps only these runs.
    pub fn retain(&mut self, is_there: impl Fn(RunId) -> bool) {
        let before = self.histories.len();
        self.histories.retain(|run, _| is_there(*run));
        if self.histories.len() != before {
            self.list_steps();
        }
    }

    fn list_steps(&mut self) {
        self.steps.clear();
        self.steps.extend(self.histories.values().flat_map(|history| history.slices().iter().map(|slice| slice.step)));
        self.steps.sort_unstable();
        self.steps.dedup();
        if self.steps.len() < 2 {
            self.show_newest();
        }
    }

    /// Steps at which there is a slice of any run, ascending.
    #[must_use]
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// The step in the past that is shown.
    #[must_use]
    pub const fn shown_step(&self) -> Option<u64> {
        self.at
    }

    /// The slice of a run that is shown instead of the newest: the last one of that step or before.
    #[must_use]
    pub fn shown_slice(&self, run: RunId) -> Option<&Arc<LossGrid>> {
        self.histories.get(&run)?.at(self.at?)
    }

    /// The place of the slider, of `0..=steps().len()`; the last means the newest slices.
    #[must_use]
    pub fn index(&self) -> usize {
        self.at.map_or(self.steps.len(), |step| self.steps.partition_point(|s| *s < step))
    }

    /// Shows the slices at a place of the slider.
    pub fn set_index(&mut self, index: usize) {
        self.at = self.steps.get(index).copied();
        if self.at.is_none() {
            self.next = None;
        }
    }

    /// Shows the newest slices again.
    pub fn show_newest(&mut self) {
        self.at = None;
        self.next = None;
    }

    /// Whether slices are played.
    #[must_use]
    pub const fn is_playing(&self) -> bool {
        self.next.is_some()
    }

    /// Plays, from the start if the newest slices are shown, or stops.
    pub fn toggle(&mut self, now: Instant) {
        if self.next.take().is_none() {
            if self.at.is_none() {
                self.set_index(0);
            }
            self.next = self.at.map(|_| now + FRAME_TIME);
        }
    }

    /// Goes on to the next slice when its time has come. Returns the time until then.
    pub fn advance(&mut self, now: Instant) -> Option<Duration> {
        let next = self.next?;
        if now >= next {
            self.next = Some(now + FRAME_TIME);
            self.set_index(self.index() + 1);
        }
        self.next.map(|next| next.saturating_duration_since(now))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{SliceCaption, SliceView};

    fn slice(step: u64) -> Arc<LossGrid> {
        Arc::new(LossGrid {
            run: RunId(0),
            step,
            x: vec![-1.0, 0.0, 1.0],
            y: vec![-1.0, 0.0, 1.0],
            loss: vec![1.0; 9],
            masked: 0,
            center_loss: 1.0,
            path: Vec::new(),
            caption: SliceCaption {
                objective: String::new(),
                directions: String::new(),
                seed: None,
                angle_degrees: 90.0,
                norms: [1.0; 2],
            },
            ascent: None,
            noise_radius: None,
            samples: Vec::new(),
            accuracy: None,
            position: None,
            others: Vec::new(),
            view: SliceView::default(),
        })
    }

    fn steps(history: &SliceHistory) -> Vec<u64> {
        history.slices().iter().map(|slice| slice.step).collect()
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
        assert!(Arc::ptr_eq(history.at(25).unwrap(), &finer));
        assert_eq!(history.at(19).unwrap().step, 10);
        history.push(&slice(5), 48);
        assert_eq!(steps(&history), [0, 5]);
    }

    #[test]
    fn runs_are_shown_at_their_nearest_earlier_slice() {
        let mut playback = Playback::default();
        let runs = [RunId(1), RunId(2)];
        for step in 0..6 {
            let newest = [slice(10 * step), slice(15 * step)];
            playback.collect(runs.into_iter().zip(newest.iter().map(Some)));
        }
        assert_eq!(playback.steps(), [0, 10, 15, 20, 30, 40, 45, 50, 60, 75]);
        assert_eq!((playback.index(), playback.shown_step()), (10, None));
        playback.set_index(3);
        assert_eq!(playback.shown_slice(runs[0]).unwrap().step, 20);
        assert_eq!(playback.shown_slice(runs[1]).unwrap().step, 15);
        playback.set_index(99);
        assert_eq!(playback.shown_slice(runs[1]), None);
        playback.retain(|run| run == runs[1]);
        assert_eq!(playback.steps(), [0, 15, 30, 45, 60, 75]);
    }

    #[test]
    fn playing_goes_from_the_start_to_the_newest_and_stops() {
        let mut playback = Playback::default();
        let start = Instant::now();
        for step in 0..3 {
            playback.collect([(RunId(1), Some(&slice(step)))].into_iter());
        }
        playback.toggle(start);
        assert_eq!(playback.shown_step(), Some(0));
        assert_eq!(playback.advance(start), Some(FRAME_TIME));
        let mut now = start;
        let mut shown = Vec::new();
        while playback.is_playing() {
            now += FRAME_TIME;
            playback.advance(now);
            shown.push(playback.shown_step());
        }
        assert_eq!(shown, [Some(1), Some(2), None]);
    }

    #[test]
    fn large_slices_of_many_runs_stay_within_the_bound() {
        assert_eq!(capacity(3, 33 * 33 * 8), 48);
        let large = 2 * 8 * 201 * 201;
        for num_runs in [1, 3, 10, 50] {
            let kept = capacity(num_runs, large);
            assert!(kept == LEAST_SLICES || kept * num_runs * large <= MOST_BYTES, "{num_runs}: {kept}");
        }
    }
}
