//! Losses at points around one row of weights: w + Σ cⱼ·dⱼ, a population at a time.

use burn::tensor::Tensor;

use crate::model::{Compute, Objective, to_host};

/// Points of one pass at most; a fixed number, so that a GPU compiles one shape.
const POINTS_PER_UNIT: usize = 64;

/// Weights and the directions that points around them are told by.
#[derive(Debug, Clone)]
pub(super) struct Points {
    /// `[1, D]`
    center: Tensor<2>,
    /// `[R, D]`
    directions: Tensor<2>,
    with_accuracy: bool,
}

/// What was found at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub loss: f64,
    /// NaN where it was not asked for.
    pub accuracy: f64,
}

impl Points {
    /// Points around `center` `[1, D]` along `directions`, each with `D` numbers.
    pub fn new(center: Tensor<2>, directions: &[&[f64]], compute: &Compute) -> Self {
        let shape = [directions.len(), directions.first().map_or(0, |direction| direction.len())];
        let directions = compute.tensor_f64(directions.concat(), shape);
        Self { center, directions, with_accuracy: false }
    }

    /// Measures the accuracy too.
    pub fn ask_for_accuracy(&mut self) {
        self.with_accuracy = true;
    }

    /// Points that one unit of work takes.
    pub fn unit(objective: &Objective) -> usize {
        POINTS_PER_UNIT.min(objective.chunk_size())
    }

    /// Evaluates at points by their coordinates, one row of R numbers a point; at most [`Points::unit`] of them.
    pub fn evaluate(&self, mut coordinates: Vec<f64>, objective: &Objective) -> Vec<Outcome> {
        let directions = self.directions.dims()[0];
        let count = coordinates.len() / directions;
        // On a GPU every pass has the same shape, or it would compile kernels for the last one: the centre fills it up.
        let size = if objective.compute().is_cpu() { count } else { Self::unit(objective) };
        coordinates.resize(size * directions, 0.0);
        let coordinates = objective.compute().tensor_f64(coordinates, [size, directions]);
        let weights = self.center.clone() + coordinates.matmul(self.directions.clone());
        let (losses, accuracies) = if self.with_accuracy {
            let [losses, right] = objective.outcomes(weights);
            let targets = objective.num_targets() as f64;
            (to_host(losses), to_host(right).into_iter().map(|right| right / targets).collect())
        } else {
            (to_host(objective.losses(weights)), vec![f64::NAN; size])
        };
        let outcomes = losses.into_iter().zip(accuracies);
        outcomes.map(|(loss, accuracy)| Outcome { loss, accuracy }).take(count).collect()
    }
}
