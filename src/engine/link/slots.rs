//! Latest-wins slots: what is too big to queue.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::protocol::{LossGrid, NoiseSnapshot, Prediction, RunId};

/// What has changed in the slots.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotNews {
    /// A newer slice of its run.
    Grid(Arc<LossGrid>),
    /// Newer noise samples of their run.
    Noise(Arc<NoiseSnapshot>),
    /// A newer prediction, or none any more.
    Prediction(Option<Arc<Prediction>>),
    /// There is no slice of this run any more.
    NoGrid(RunId),
    /// There are no noise samples of this run any more.
    NoNoise(RunId),
}

/// The newest big results of each run. Reading one never waits for the engine's computations.
#[derive(Debug, Default)]
pub struct Slots {
    grids: Mutex<BTreeMap<RunId, Arc<LossGrid>>>,
    noise: Mutex<BTreeMap<RunId, Arc<NoiseSnapshot>>>,
    prediction: Mutex<Option<Arc<Prediction>>>,
    rest_until: Mutex<Option<Instant>>,
}

impl Slots {
    /// The newest slice of a run.
    #[must_use]
    pub fn grid(&self, run: RunId) -> Option<Arc<LossGrid>> {
        self.grids.lock().get(&run).cloned()
    }

    /// The newest noise samples of a run.
    #[must_use]
    pub fn noise(&self, run: RunId) -> Option<Arc<NoiseSnapshot>> {
        self.noise.lock().get(&run).cloned()
    }

    /// The newest answer to [`Command::Predict`](crate::protocol::Command::Predict).
    #[must_use]
    pub fn prediction(&self) -> Option<Arc<Prediction>> {
        self.prediction.lock().clone()
    }

    /// Replaces the prediction.
    pub fn put_prediction(&self, prediction: Prediction) {
        *self.prediction.lock() = Some(Arc::new(prediction));
    }

    /// Replaces the slice of its run.
    pub fn put_grid(&self, grid: impl Into<Arc<LossGrid>>) {
        let grid = grid.into();
        self.grids.lock().insert(grid.run, grid);
    }

    /// Replaces the noise samples of their run.
    pub fn put_noise(&self, noise: NoiseSnapshot) {
        self.noise.lock().insert(noise.run, Arc::new(noise));
    }

    /// All slices.
    #[must_use]
    pub fn grids(&self) -> Vec<Arc<LossGrid>> {
        self.grids.lock().values().cloned().collect()
    }

    /// The noise samples of all runs.
    #[must_use]
    pub fn noises(&self) -> Vec<Arc<NoiseSnapshot>> {
        self.noise.lock().values().cloned().collect()
    }

    /// Takes what another process has in a slot.
    pub fn put(&self, news: SlotNews) {
        match news {
            SlotNews::Grid(grid) => self.put_grid(grid),
            SlotNews::Noise(noise) => drop(self.noise.lock().insert(noise.run, noise)),
            SlotNews::Prediction(prediction) => *self.prediction.lock() = prediction,
            SlotNews::NoGrid(run) => drop(self.grids.lock().remove(&run)),
            SlotNews::NoNoise(run) => self.remove_noise(run),
        }
    }

    /// Asks the engine to leave the processor alone for so long: somebody waits for a picture that is drawn on it.
    pub fn ask_rest(&self, time: Duration) {
        *self.rest_until.lock() = Some(Instant::now() + time);
    }

    /// How long the engine is to rest from now on.
    #[must_use]
    pub fn rest_left(&self) -> Option<Duration> {
        let left = (*self.rest_until.lock())?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Forgets a run.
    pub fn remove(&self, run: RunId) {
        self.grids.lock().remove(&run);
        self.noise.lock().remove(&run);
        let mut prediction = self.prediction.lock();
        if prediction.as_ref().is_some_and(|prediction| prediction.run == run) {
            *prediction = None;
        }
    }

    /// Forgets the noise samples of a run.
    pub fn remove_noise(&self, run: RunId) {
        self.noise.lock().remove(&run);
    }

    /// Forgets all runs.
    pub fn clear(&self) {
        self.grids.lock().clear();
        self.noise.lock().clear();
        *self.prediction.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_that_is_asked_for_ends_by_itself() {
        let slots = Slots::default();
        assert_eq!(slots.rest_left(), None);
        slots.ask_rest(Duration::from_secs(60));
        assert!(slots.rest_left().is_some_and(|left| left > Duration::from_secs(50)));
        slots.ask_rest(Duration::from_millis(5));
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!(slots.rest_left(), None);
    }
}
