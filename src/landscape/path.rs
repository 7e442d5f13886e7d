//! The path of a run: thinned checkpoints of its weights, projected on a plane around its current weights.

use crate::protocol::{EvalRow, Examples, PathPoint};

use super::Plane;

/// Checkpoints that a path keeps at most; beyond it every second one goes.
const CAPACITY: usize = 128;

/// Weights of a run at a step.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Steps done.
    pub step: u64,
    /// Loss on the measured training subset.
    pub train_loss: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// The weights.
    pub weights: Vec<f32>,
}

impl Checkpoint {
    /// The weights at which a run was evaluated.
    #[must_use]
    pub const fn new(row: &EvalRow, weights: Vec<f32>) -> Self {
        Self { step: row.step, train_loss: row.train_loss, test_loss: row.test_loss, weights }
    }

    /// Its loss on these examples.
    #[must_use]
    pub const fn loss(&self, examples: Examples) -> f64 {
        match examples {
            Examples::Train => self.train_loss,
            Examples::Test => self.test_loss,
        }
    }
}

/// The checkpoints of a run, evenly spread over its steps.
#[derive(Debug, Clone, Default)]
pub struct Path {
    checkpoints: Vec<Checkpoint>,
    /// Candidates between two that are kept.
    stride: u64,
    offered: u64,
    /// Checkpoints at most, where that is fewer than [`CAPACITY`].
    limit: Option<usize>,
}

impl Path {
    /// An empty path whose weights of `dimension` numbers each have room for so many numbers together, but for two checkpoints
    /// in any case.
    #[must_use]
    pub fn within(numbers: usize, dimension: usize) -> Self {
        Self { limit: Some((numbers / dimension.max(1)).clamp(2, CAPACITY)), ..Self::default() }
    }

    /// A path that was kept elsewhere, with the [`stride`](Self::stride) that it had; the next checkpoint that is offered is kept.
    #[must_use]
    pub fn restored(checkpoints: Vec<Checkpoint>, stride: u64) -> Self {
        Self { offered: checkpoints.len() as u64 * stride.max(1), checkpoints, stride, limit: None }
    }

    /// Offered checkpoints of which one is kept.
    #[must_use]
    pub fn stride(&self) -> u64 {
        self.stride.max(1)
    }

    /// Checkpoints that were offered.
    #[must_use]
    pub const fn offered(&self) -> u64 {
        self.offered
    }

    /// The same path to which so many checkpoints were offered: how many there were after the last one that is kept says which comes
    /// next.
    #[must_use]
    pub fn counting(self, offered: u64) -> Self {
        Self { offered, ..self }
    }

    /// Offers a checkpoint; thinning keeps the first and every so many after it.
    pub fn offer(&mut self, checkpoint: impl FnOnce() -> Checkpoint) {
        let stride = self.stride.max(1);
        if self.offered.is_multiple_of(stride) {
            self.checkpoints.push(checkpoint());
        }
        self.offered += 1;
        if self.checkpoints.len() > self.limit.unwrap_or(CAPACITY) {
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride = stride * 2;
        }
    }

    /// The path before a step; the next checkpoint that is offered is kept.
    #[must_use]
    pub fn before(&self, step: u64) -> Self {
        let checkpoints: Vec<Checkpoint> = self.checkpoints.iter().filter(|kept| kept.step < step).cloned().collect();
        let offered = checkpoints.len() as u64 * self.stride.max(1);
        Self { offered, checkpoints, stride: self.stride, limit: self.limit }
    }

    /// The checkpoints that are kept, oldest first.
    #[must_use]
    pub fn checkpoints(&self) -> &[Checkpoint] {
        &self.checkpoints
    }

    /// The step of the last checkpoint.
    #[must_use]
    pub fn last_step(&self) -> Option<u64> {
        self.checkpoints.last().map(|checkpoint| checkpoint.step)
    }

    /// How much of the path is kept, in words for a caption.
    #[must_use]
    pub fn thinning(&self) -> String {
        match self.stride.max(1) {
            1 => format!("all {} checkpoints", self.checkpoints.len()),
            stride => format!("{} checkpoints, every {stride}th of {}", self.checkpoints.len(), self.offered),
        }
    }

    /// The path on `plane` through `center`, with each point's true loss on these examples and its distance from the plane.
    #[must_use]
    pub fn project(&self, plane: &Plane, center: &[f64], examples: Examples) -> Vec<PathPoint> {
        let mut offset = vec![0.0; center.len()];
        let points = self.checkpoints.iter();
        points
            .map(|checkpoint| {
                let differences = checkpoint.weights.iter().zip(center).map(|(&w, c)| f64::from(w) - c);
                offset.iter_mut().zip(differences).for_each(|(place, difference)| *place = difference);
                let ([x, y], distance) = plane.project(&offset);
                PathPoint { step: checkpoint.step, x, y, loss: checkpoint.loss(examples), distance }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: u64) -> Checkpoint {
        Checkpoint { step, train_loss: 0.1, test_loss: 0.2, weights: vec![0.0; 2] }
    }

    #[test]
    fn points_have_the_loss_of_the_examples_that_a_slice_shows() {
        let plane = Plane::from_vectors(vec![1.0, 0.0], vec![0.0, 1.0], "axes").unwrap();
        let mut path = Path::default();
        path.offer(|| at(3));
        for (examples, loss) in [(Examples::Train, 0.1), (Examples::Test, 0.2)] {
            assert_eq!(path.project(&plane, &[0.0; 2], examples)[0].loss, loss);
        }
    }

    #[test]
    fn a_path_that_was_kept_elsewhere_goes_on_as_if_it_had_not_been() {
        for kept_at in [1, 2, 127, 128, 129, 130, 131, 200, 257] {
            let mut path = Path::default();
            let mut again = Path::default();
            for step in 0..600 {
                path.offer(|| at(step));
                again.offer(|| at(step));
                if step == kept_at {
                    again = Path::restored(again.checkpoints.clone(), again.stride()).counting(again.offered());
                }
            }
            let steps = |path: &Path| path.checkpoints.iter().map(|kept| kept.step).collect::<Vec<_>>();
            assert_eq!((steps(&again), again.thinning()), (steps(&path), path.thinning()), "kept at {kept_at}");
        }
    }

    #[test]
    fn thinning_bounds_memory_and_keeps_points_evenly_spread() {
        let mut path = Path::default();
        path.offer(|| at(0));
        assert_eq!(path.thinning(), "all 1 checkpoints");
        for step in 1..10_000 {
            path.offer(|| at(step));
        }
        assert!(path.checkpoints.len() <= CAPACITY);
        assert!(path.checkpoints.len() > CAPACITY / 4);
        let gaps: Vec<u64> = path.checkpoints.windows(2).map(|pair| pair[1].step - pair[0].step).collect();
        assert!(gaps.iter().all(|gap| *gap == gaps[0]), "{gaps:?}");
        assert_eq!(path.checkpoints[0].step, 0);
        let mut small = Path::within(10, 4);
        (0..100).for_each(|step| small.offer(|| at(step)));
        assert!(small.checkpoints.len() <= 2 && small.checkpoints[0].step == 0);
        assert_eq!(path.thinning(), format!("{} checkpoints, every {}th of 10000", gaps.len() + 1, gaps[0]));
    }
}
