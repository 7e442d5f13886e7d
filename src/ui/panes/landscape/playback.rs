//! The slices of the past, and the place among them that is shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::choices::Field;
use super::scale::Spread;
use super::slice_history::{Kept, Kind, LEAST_SLICES, SliceHistory};
use crate::protocol::{LossGrid, RunId, SliceView};

/// Slices kept of a run at most.
const MOST_SLICES: usize = 48;
/// What all kept slices of all runs may need, in bytes, as far as [`LEAST_SLICES`] leaves it.
const MOST_BYTES: usize = 96 << 20;
/// Time between two slices while they are played.
pub const FRAME_TIME: Duration = Duration::from_millis(250);

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
    /// What is shown: slices of another plane, range or other examples are kept for when these are asked for again.
    kind: Option<Kind>,
    /// Steps of all kept slices of that kind, ascending.
    steps: Vec<u64>,
    /// The step that is shown; `None` shows the newest slices.
    at: Option<u64>,
    /// When the next slice is due, while they are played.
    next: Option<Instant>,
}

impl Playback {
    /// Takes the newest slices of all runs; those of the view that is asked for now can be played.
    pub fn collect<'a>(
        &mut self,
        newest: impl ExactSizeIterator<Item = (RunId, Option<&'a Arc<LossGrid>>)>,
        asked: &SliceView,
    ) {
        let num_runs = newest.len();
        let kind = Some(Kind::of(asked));
        let mut is_changed = self.kind != kind;
        if is_changed {
            self.kind = kind;
            self.show_newest();
        }
        for (run, slice) in newest {
            let Some(slice) = slice else { continue };
            is_changed |= self.histories.entry(run).or_default().push(slice, capacity(num_runs, bytes(slice)));
        }
        if is_changed {
            self.list_steps();
        }
    }

    /// Takes the slices that a session has kept of a run, ascending by step, in place of those that are there.
    pub fn reopen(&mut self, run: RunId, slices: &[Arc<LossGrid>], num_runs: usize) {
        let mut history = SliceHistory::default();
        for slice in slices {
            history.push(slice, capacity(num_runs, bytes(slice)));
        }
        self.histories.insert(run, history);
        self.list_steps();
    }

    /// The step of the last slice that is kept of a run.
    #[must_use]
    pub fn last_step(&self, run: RunId) -> Option<u64> {
        self.histories.get(&run)?.last_step()
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
        if let Some(kind) = self.kind {
            self.steps.extend(self.histories.values().flat_map(|history| history.of_kind(kind).map(Kept::step)));
        }
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

    /// The slice of a run that is shown instead of the newest: the last one of that step or before, on the same plane as
    /// those of the other runs where there is one.
    #[must_use]
    pub fn shown_slice(&self, run: RunId) -> Option<&Arc<LossGrid>> {
        let (step, kind) = (self.at?, self.kind?);
        let newest = self.histories.values().filter_map(|history| history.before(step, kind).next());
        let generation = newest.map(|slice| (slice.step, slice.generation)).max()?.1;
        let history = self.histories.get(&run)?;
        let on_plane = history.before(step, kind).find(|slice| slice.generation == generation);
        on_plane.or_else(|| history.before(step, kind).next())
    }

    /// Where the values of all slices lie that are played, of some runs.
    #[must_use]
    pub fn spread(&self, field: Field, is_shown: impl Fn(RunId) -> bool) -> Option<Spread> {
        let kind = self.kind?;
        let shown = self.histories.iter().filter(|(run, _)| is_shown(**run));
        let kept = shown.flat_map(|(_, history)| history.of_kind(kind));
        kept.filter_map(|kept| if field == Field::Loss { kept.loss } else { kept.accuracy }).reduce(Spread::and)
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

    /// Whether there is a past.
    #[must_use]
    pub fn can_play(&self) -> bool {
        self.steps.len() >= 2
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
    use super::super::sample::slice;
    use super::*;

    #[test]
    fn runs_are_shown_at_their_nearest_earlier_slice() {
        let mut playback = Playback::default();
        let runs = [RunId(1), RunId(2)];
        for step in 0..6 {
            let newest = [slice(10 * step), slice(15 * step)];
            playback.collect(runs.into_iter().zip(newest.iter().map(Some)), &SliceView::default());
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
    fn slices_of_other_views_and_planes_are_not_played_among_each_other() {
        let mut playback = Playback::default();
        let narrow = SliceView::default();
        let wide = SliceView { range: 2.0, ..narrow };
        let with = |step: u64, view: SliceView, generation: u64, loss: f64| {
            let old = slice(step);
            Arc::new(LossGrid { view, generation, loss: vec![loss; 9], ..(*old).clone() })
        };
        let runs = [RunId(1), RunId(2)];
        let take = |playback: &mut Playback, first: Arc<LossGrid>, second: Arc<LossGrid>| {
            let view = first.view;
            playback.collect(runs.into_iter().zip([Some(&first), Some(&second)]), &view);
        };
        for step in 1..=3 {
            take(&mut playback, with(10 * step, narrow, step, 1.0), with(10 * step, narrow, step, 2.0));
        }
        playback.set_index(1);
        take(&mut playback, with(30, wide, 3, 50.0), with(30, wide, 3, 60.0));
        assert_eq!((playback.steps(), playback.shown_step()), (&[30][..], None), "another view is shown live");
        take(&mut playback, with(40, narrow, 4, 3.0), with(40, narrow, 3, 4.0));
        assert_eq!(playback.steps(), [10, 20, 30, 40]);
        // The colours are those of all that is played, and of nothing else.
        assert_eq!(playback.spread(Field::Loss, |_| true), Spread::of(&[1.0, 4.0]));
        assert_eq!(playback.spread(Field::Loss, |run| run == runs[0]), Spread::of(&[1.0, 3.0]));
        // One run has nothing newer on the plane of the other: what it has then is shown.
        playback.set_index(3);
        assert_eq!(playback.shown_slice(runs[0]).unwrap().generation, 4);
        assert_eq!(playback.shown_slice(runs[1]).unwrap().step, 40);
        take(&mut playback, with(50, narrow, 5, 3.0), with(45, narrow, 5, 4.0));
        take(&mut playback, with(50, narrow, 5, 3.0), with(60, narrow, 6, 4.0));
        playback.set_index(playback.steps().iter().position(|step| *step == 50).unwrap());
        assert_eq!(playback.shown_slice(runs[1]).unwrap().step, 45);
    }

    #[test]
    fn playing_goes_from_the_start_to_the_newest_and_stops() {
        let mut playback = Playback::default();
        let start = Instant::now();
        for step in 0..3 {
            playback.collect([(RunId(1), Some(&slice(step)))].into_iter(), &SliceView::default());
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
