//! What the landscapes draw: slices of the loss, and what the user wants to see of them.

use super::{Examples, RunId};
use crate::config::{AverageKind, Normalization};

/// A slice of the loss through the current weights, and the run's path projected on it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LossGrid {
    /// The run.
    pub run: RunId,
    /// Step of the weights at the centre.
    pub step: u64,
    /// Coordinates along the first direction, ascending, 0 in the middle.
    pub x: Vec<f64>,
    /// Coordinates along the second direction, ascending, 0 in the middle.
    pub y: Vec<f64>,
    /// Losses, row per y: `loss[j * x.len() + i]` belongs to `(x[i], y[j])`. NaN or infinite cells are masked.
    pub loss: Vec<f64>,
    /// Number of cells that are NaN or infinite.
    pub masked: usize,
    /// The loss at the centre, equal to the run's loss at `step` on the examples that the caption names.
    pub center_loss: f64,
    /// The run's earlier weights, projected.
    pub path: Vec<PathPoint>,
    /// Words for the caption: objective, subset, normalisation, seed of the directions.
    pub caption: SliceCaption,
    /// Methods that go uphill first: the ascent step ε of the last step, projected on the plane.
    pub ascent: Option<[f64; 2]>,
    /// Methods with noise of a known σ: its radius σ√d, measured along each direction (σ√d divided by the direction's norm).
    pub noise_radius: Option<[f64; 2]>,
    /// The same: the last step's evaluated points w ± U relative to its weights, projected on the plane: U and −U in turns for
    /// two-point noise.
    pub samples: Vec<[f64; 2]>,
    /// The average of the run's weights, projected on the plane, where it keeps one.
    pub average: Option<AveragePoint>,
    /// Accuracies, 0 to 1, in the order of the losses, where the view asks for them.
    pub accuracy: Option<Vec<f64>>,
    /// Where the run stands now: its newest weights projected, which are the centre unless the slice stays.
    pub position: Option<PathPoint>,
    /// Where the other runs stand, projected on this plane.
    pub others: Vec<(RunId, PathPoint)>,
    /// The view that asked for it.
    pub view: SliceView,
    /// Counts the planes of the engine: slices of one generation lie in one plane.
    pub generation: u64,
}

impl LossGrid {
    /// Which slice this is.
    #[must_use]
    pub const fn tag(&self) -> SliceTag {
        SliceTag { step: self.step, generation: self.generation }
    }
}

/// Tells the slices of a run apart: the same coordinates on another one are other weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct SliceTag {
    /// Step of its centre.
    pub step: u64,
    /// Generation of its plane.
    pub generation: u64,
}

/// What all live slices show.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SliceView {
    /// Half-width in units of the directions.
    pub range: f64,
    /// Points a side, odd, so that the centre is one of them.
    pub resolution: usize,
    /// The plane.
    pub plane: LivePlane,
    /// The examples.
    pub examples: Examples,
    /// Also the accuracy.
    pub accuracy: bool,
    /// The centre moves with the run; else it stays at the weights that it had when this was switched off.
    pub follow: bool,
}

impl Default for SliceView {
    fn default() -> Self {
        Self {
            range: 1.0,
            resolution: 33,
            plane: LivePlane::default(),
            examples: Examples::Train,
            accuracy: false,
            follow: true,
        }
    }
}

/// The plane that all live slices are cut along. All runs have the same vectors; each slice has its own run at the centre.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum LivePlane {
    /// Two random directions, scaled to the common initial weights.
    Random {
        /// Seed of the directions.
        seed: u64,
        /// How they are scaled.
        normalization: Normalization,
    },
    /// Through the weights of three runs as they are now.
    Minima([RunId; 3]),
    /// The eigenvectors of the two largest eigenvalues of a run's Hessian.
    Eigenvectors(RunId),
    /// The first two principal components of a run's path.
    PathPca(RunId),
}

impl Default for LivePlane {
    fn default() -> Self {
        Self::Random { seed: 0, normalization: Normalization::Filter }
    }
}

/// What a picture of a slice must say.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SliceCaption {
    /// Objective, such as "cross-entropy, mean over 300 training examples".
    pub objective: String,
    /// Normalisation, such as "random plane, filter-normalised to the initial weights".
    pub directions: String,
    /// Seed of the directions, where they are random.
    pub seed: Option<u64>,
    /// Angle between the two directions in degrees.
    pub angle_degrees: f64,
    /// Norms of the two directions: absolute distance = coordinate × norm.
    pub norms: [f64; 2],
}

/// One point of a path on a slice.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PathPoint {
    /// Step of the weights.
    pub step: u64,
    /// Coordinate along the first direction.
    pub x: f64,
    /// Coordinate along the second direction.
    pub y: f64,
    /// The weights' true loss on the examples of the slice, not the loss at (x, y).
    pub loss: f64,
    /// Distance of the weights from the plane.
    pub distance: f64,
}

/// The average of a run's weights on a slice.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AveragePoint {
    /// What it is the average of.
    pub of: Averaged,
    /// Its place on the plane with its true loss, and the steps that the run had done.
    pub point: PathPoint,
}

/// What an average of weights is of.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Averaged {
    /// The mean of the weights at the ends of so many epochs.
    Epochs(u64),
    /// The exponential average over steps, of which this share is kept from step to step.
    Steps {
        /// The share.
        beta: f64,
    },
}

impl Averaged {
    /// What a run averages whose knobs stand so, with so many weights in it; `None` without an average.
    #[must_use]
    pub const fn new(kind: AverageKind, beta: f64, averaged: u64) -> Option<Self> {
        match kind {
            AverageKind::None => None,
            AverageKind::Swa => Some(Self::Epochs(averaged)),
            AverageKind::Ema => Some(Self::Steps { beta }),
        }
    }

    /// In words, for the middle of a sentence.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Epochs(1) => "average of 1 epoch’s end".to_owned(),
            Self::Epochs(count) => format!("average of {count} epochs’ ends"),
            Self::Steps { beta } => format!("exponential average, β {beta}"),
        }
    }
}

/// Losses over a grid of coordinates: a slice without the words about it.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct SliceGrid {
    /// Coordinates along the first direction, ascending.
    pub x: Vec<f64>,
    /// Coordinates along the second direction, ascending.
    pub y: Vec<f64>,
    /// Losses, row per y: `loss[j * x.len() + i]` belongs to `(x[i], y[j])`. NaN or infinite cells are masked.
    pub loss: Vec<f64>,
    /// Accuracies, 0 to 1, in the order of the losses, where they were asked for.
    pub accuracy: Option<Vec<f64>>,
}

impl SliceGrid {
    /// Number of cells whose loss is NaN or infinite.
    #[must_use]
    pub fn masked(&self) -> usize {
        self.loss.iter().filter(|loss| !loss.is_finite()).count()
    }

    /// The losses, row by row.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.loss.chunks(self.x.len().max(1))
    }

    /// The loss at (0, 0), where that is one of the points.
    #[must_use]
    pub fn center(&self) -> Option<f64> {
        let zero = |axis: &[f64]| axis.iter().position(|&value| value == 0.0);
        self.loss.get(zero(&self.y)? * self.x.len() + zero(&self.x)?).copied()
    }

    /// Least and greatest finite loss of all `grids`, so that they can share one colour scale; `None` where no cell is
    /// finite.
    #[must_use]
    pub fn shared_limits<'a>(grids: impl IntoIterator<Item = &'a Self>) -> Option<[f64; 2]> {
        let losses = grids.into_iter().flat_map(|grid| &grid.loss).copied().filter(|loss| loss.is_finite());
        losses.fold(None, |limits, loss| {
            let [low, high] = limits.unwrap_or([loss, loss]);
            Some([low.min(loss), high.max(loss)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_told_by_what_is_in_them() {
        let words = |kind, averaged| Averaged::new(kind, 0.999, averaged).map(Averaged::words);
        assert_eq!(words(AverageKind::None, 3), None);
        assert_eq!(words(AverageKind::Swa, 1).as_deref(), Some("average of 1 epoch’s end"));
        assert_eq!(words(AverageKind::Swa, 24).as_deref(), Some("average of 24 epochs’ ends"));
        assert_eq!(words(AverageKind::Ema, 24).as_deref(), Some("exponential average, β 0.999"));
    }
}
