//! What has changed in an engine's slots since a window was told: one thing at a time, as there is room for it, the newest of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::link::{SlotNews, Slots};
use crate::protocol::{LossGrid, NoiseSnapshot, Prediction, RunId};

/// What a window has been told of the slots.
#[derive(Debug, Default)]
pub struct Told {
    grids: BTreeMap<RunId, Arc<LossGrid>>,
    noises: BTreeMap<RunId, Arc<NoiseSnapshot>>,
    prediction: Option<Arc<Prediction>>,
    /// The slot that was told last, and whether it was of samples: others come first, so that none waits for ever.
    last: Option<(RunId, bool)>,
}

impl Told {
    /// The next thing that it has not been told, which counts as told then.
    pub fn next(&mut self, slots: &Slots) -> Option<SlotNews> {
        let prediction = slots.prediction();
        if !is_same(prediction.as_ref(), self.prediction.as_ref()) {
            self.prediction.clone_from(&prediction);
            return Some(SlotNews::Prediction(prediction));
        }
        let (grids, noises) = (slots.grids(), slots.noises());
        if let Some(gone) = self.grids.keys().copied().find(|run| grids.iter().all(|grid| grid.run != *run)) {
            self.grids.remove(&gone);
            return Some(SlotNews::NoGrid(gone));
        }
        if let Some(gone) = self.noises.keys().copied().find(|run| noises.iter().all(|noise| noise.run != *run)) {
            self.noises.remove(&gone);
            return Some(SlotNews::NoNoise(gone));
        }
        let grids = grids.into_iter().filter(|grid| !is_same(Some(grid), self.grids.get(&grid.run)));
        let noises = noises.into_iter().filter(|noise| !is_same(Some(noise), self.noises.get(&noise.run)));
        let grids = grids.map(|grid| ((grid.run, false), SlotNews::Grid(grid)));
        let news = grids.chain(noises.map(|noise| ((noise.run, true), SlotNews::Noise(noise))));
        let was_told = |place: &(RunId, bool)| self.last.is_some_and(|last| *place <= last);
        let (place, next) = news.min_by_key(|(place, _)| (was_told(place), *place))?;
        match &next {
            SlotNews::Grid(grid) => drop(self.grids.insert(grid.run, Arc::clone(grid))),
            SlotNews::Noise(noise) => drop(self.noises.insert(noise.run, Arc::clone(noise))),
            _ => {}
        }
        self.last = Some(place);
        Some(next)
    }
}

fn is_same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Estimate;

    fn noise(run: u32, step: u64) -> NoiseSnapshot {
        NoiseSnapshot {
            run: RunId(run),
            step,
            num_steps: 1,
            sigma: 0.1,
            gaps: Vec::new(),
            odd: Vec::new(),
            even: Vec::new(),
            variance_removed: f64::NAN,
            trace: Estimate::of([]),
            layer_traces: Vec::new(),
            weight_sizes: Vec::new(),
        }
    }

    #[test]
    fn the_newest_of_each_run_is_told_in_turns_and_what_goes_is_told_too() {
        let (slots, mut told) = (Slots::default(), Told::default());
        let step_of = |news: Option<SlotNews>| match news {
            Some(SlotNews::Noise(noise)) => Some((noise.run.0, noise.step)),
            _ => None,
        };
        slots.put_noise(noise(1, 1));
        slots.put_noise(noise(2, 1));
        assert_eq!(step_of(told.next(&slots)), Some((1, 1)));
        // The first is newer again, and yet it is the other one's turn.
        slots.put_noise(noise(1, 2));
        slots.put_noise(noise(1, 3));
        let turns = [told.next(&slots), told.next(&slots), told.next(&slots)].map(step_of);
        assert_eq!(turns, [Some((2, 1)), Some((1, 3)), None]);
        slots.remove(RunId(2));
        assert_eq!((told.next(&slots), told.next(&slots)), (Some(SlotNews::NoNoise(RunId(2))), None));
    }
}
