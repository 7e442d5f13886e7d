//! The loss along lines: around one row of weights along several directions, or from one row of weights to another.
//!
//! One random direction says little: curves along others differ. So a [`LineJob`] takes several, and [`LineCurves`] tells
//! their mean and spread at each coordinate beside the curves themselves.

use burn::tensor::Tensor;

use crate::model::{Compute, Objective};
use crate::protocol::Progress;

use super::checks::{PlaneError, check_direction, check_finite, check_length};
use super::points::{Outcome, Points};

/// Lines on their way.
#[derive(Debug, Clone)]
pub struct LineJob {
    points: Points,
    coordinates: Vec<f64>,
    num_directions: usize,
    with_accuracy: bool,
    /// What is computed so far, direction by direction.
    outcomes: Vec<Outcome>,
}

/// The loss along lines, as far as it is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct LineCurves {
    /// Coordinates along the direction, ascending. Between two weights 0 is the first and 1 the second.
    pub coordinates: Vec<f64>,
    /// Losses, one row a direction; NaN or infinite points are masked. Only complete rows are here.
    pub loss: Vec<Vec<f64>>,
    /// Accuracies (0 to 1), one row a direction, where they were asked for.
    pub accuracy: Option<Vec<Vec<f64>>>,
}

/// What several directions say at one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean over the directions with a finite value; NaN where there is none.
    pub mean: f64,
    /// Least finite value.
    pub min: f64,
    /// Greatest finite value.
    pub max: f64,
    /// Sample standard deviation of the finite values; NaN below two.
    pub sd: f64,
    /// Directions whose value is NaN or infinite, left out of the others.
    pub masked: usize,
}

impl LineJob {
    /// Starts lines through `weights` `[1, D]` along each of `directions`, at the same coordinates.
    ///
    /// # Errors
    /// [`PlaneError`] where there is no direction, or one is 0, not finite, or has another length than the weights.
    pub fn along(
        weights: Tensor<2>,
        directions: &[Vec<f64>],
        coordinates: Vec<f64>,
        compute: &Compute,
    ) -> Result<Self, PlaneError> {
        let dimension = weights.dims()[1];
        if directions.is_empty() {
            return Err(PlaneError::Zero { which: "the set of directions".to_owned(), when: String::new() });
        }
        for (index, direction) in directions.iter().enumerate() {
            let which = format!("direction {}", index + 1);
            check_length(&which, direction, dimension)?;
            check_direction(&which, direction, "")?;
        }
        let views: Vec<&[f64]> = directions.iter().map(Vec::as_slice).collect();
        Ok(Self {
            points: Points::new(weights, &views, compute),
            coordinates,
            num_directions: directions.len(),
            with_accuracy: false,
            outcomes: Vec::new(),
        })
    }

    /// Starts the line from one vector of weights to another, at shares of the way: 0 is `from`, 1 is `to`, and shares
    /// below 0 or above 1 go beyond them.
    ///
    /// # Errors
    /// [`PlaneError`] where the vectors are equal, not finite, or of different lengths.
    pub fn between(from: &[f64], to: &[f64], shares: Vec<f64>, compute: &Compute) -> Result<Self, PlaneError> {
        check_length("the second vector of weights", to, from.len())?;
        check_finite("the first vector of weights", from)?;
        check_finite("the second vector of weights", to)?;
        let way: Vec<f64> = to.iter().zip(from).map(|(to, from)| to - from).collect();
        check_direction("the way between the two vectors of weights", &way, "")?;
        Self::along(compute.tensor_f64(from.to_vec(), [1, from.len()]), &[way], shares, compute)
    }

    /// Measures the accuracy too.
    #[must_use]
    pub fn with_accuracy(mut self) -> Self {
        self.points.ask_for_accuracy();
        self.with_accuracy = true;
        self
    }

    /// One unit of work; true when all lines are complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let (start, total) = (self.outcomes.len(), self.num_points());
        let end = (start + Points::unit(objective)).min(total);
        if start < end {
            let mut coordinates = vec![0.0; (end - start) * self.num_directions];
            for (row, point) in coordinates.chunks_exact_mut(self.num_directions).zip(start..end) {
                row[point / self.coordinates.len()] = self.coordinates[point % self.coordinates.len()];
            }
            self.outcomes.extend(self.points.evaluate(coordinates, objective));
        }
        self.outcomes.len() == total
    }

    /// Points computed, of all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { done: self.outcomes.len() as u64, total: self.num_points() as u64 }
    }

    /// The lines that are complete.
    #[must_use]
    pub fn curves(&self) -> LineCurves {
        let rows = |of: fn(&Outcome) -> f64| -> Vec<Vec<f64>> {
            // At least 1, because chunks of 0 do not exist.
            let complete = self.outcomes.chunks_exact(self.coordinates.len().max(1));
            complete.map(|row| row.iter().map(of).collect()).collect()
        };
        LineCurves {
            coordinates: self.coordinates.clone(),
            loss: rows(|outcome| outcome.loss),
            accuracy: self.with_accuracy.then(|| rows(|outcome| outcome.accuracy)),
        }
    }

    const fn num_points(&self) -> usize {
        self.coordinates.len() * self.num_directions
    }
}

impl LineCurves {
    /// Mean and spread of the loss over the directions, one entry a coordinate.
    #[must_use]
    pub fn loss_spread(&self) -> Vec<Spread> {
        spreads(&self.loss, self.coordinates.len())
    }

    /// Mean and spread of the accuracy over the directions, one entry a coordinate.
    #[must_use]
    pub fn accuracy_spread(&self) -> Option<Vec<Spread>> {
        self.accuracy.as_ref().map(|rows| spreads(rows, self.coordinates.len()))
    }

    /// Points whose loss is NaN or infinite.
    #[must_use]
    pub fn masked(&self) -> usize {
        self.loss.iter().flatten().filter(|loss| !loss.is_finite()).count()
    }
}

fn spreads(rows: &[Vec<f64>], count: usize) -> Vec<Spread> {
    (0..count).map(|i| spread(rows.iter().map(|row| row[i]))).collect()
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let (finite, masked): (Vec<f64>, Vec<f64>) = values.partition(|value| value.is_finite());
    let n = finite.len() as f64;
    // 0/0 where nothing is finite: NaN, as it should be.
    let mean = finite.iter().sum::<f64>() / n;
    let square: f64 = finite.iter().map(|value| (value - mean).powi(2)).sum();
    Spread {
        mean,
        min: finite.iter().copied().fold(f64::NAN, f64::min),
        max: finite.iter().copied().fold(f64::NAN, f64::max),
        sd: if finite.len() < 2 { f64::NAN } else { (square / (n - 1.0)).sqrt() },
        masked: masked.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_leaves_out_what_is_not_finite_and_counts_it() {
        let found = spread([1.0, f64::NAN, 3.0, f64::INFINITY, 5.0].into_iter());
        assert_eq!(found, Spread { mean: 3.0, min: 1.0, max: 5.0, sd: 2.0, masked: 2 });
        let nothing = spread([f64::NAN].into_iter());
        assert!(nothing.mean.is_nan() && nothing.min.is_nan() && nothing.sd.is_nan() && nothing.masked == 1);
        assert!(spread([2.0].into_iter()).sd.is_nan());
    }
}
