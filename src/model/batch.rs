//! Examples on the device, with what a layer needs to know of them: batch norm's statistics and dropout's masks.

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};

use crate::config::Real;

/// Examples on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(super) inputs: Inputs,
    /// Shares of the classes, or wanted outputs, `[1, n, k]`.
    pub(super) targets: Tensor<3>,
    pub(super) statistics: Statistics,
    /// What each dropout layer in turn multiplies its examples by, `[n, numbers of one]`; none where dropout is the
    /// identity.
    pub(super) masks: Arc<Vec<Tensor<2>>>,
}

#[derive(Debug, Clone)]
pub(super) enum Inputs {
    /// `[1, n, f]`
    Features(Tensor<3>),
    /// `[1, n, h, w, c]`
    Maps(Tensor<5>),
}

/// The means and variances by which batch norm scales. Without batch norm it makes no difference.
#[derive(Debug, Clone, Default)]
#[expect(clippy::large_enum_variant, reason = "a tensor is a handle, and each batch holds one of these")]
pub enum Statistics {
    /// Those of the batch (biased variance) at each row of weights, which derivatives go through: PyTorch's training mode.
    #[default]
    Batch,
    /// Given ones, all buffers flat `[1, S]` in the order of
    /// [`Architecture::buffers`](super::Architecture::buffers), constants of the loss: PyTorch's evaluation mode.
    Frozen(Tensor<2>),
}

/// What the outputs of examples are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a, T = f32> {
    /// The class of each example, below the number of outputs.
    Classes(&'a [u32]),
    /// The wanted outputs of each example, row-major `[n, outputs]`.
    Values(&'a [T]),
}

impl<'a, T: Real> Targets<'a, T> {
    /// Number of examples, each with so many outputs.
    #[must_use]
    pub const fn len(self, outputs: usize) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Values(values) => values.len() / outputs,
        }
    }

    /// Those of the examples in `range`.
    #[must_use]
    pub fn range(self, range: std::ops::Range<usize>, outputs: usize) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(&classes[range]),
            Self::Values(values) => Self::Values(&values[range.start * outputs..range.end * outputs]),
        }
    }

    /// Row-major `[n, outputs]`, in 64 bits, with label smoothing `epsilon`.
    pub(super) fn smoothed(self, outputs: usize, epsilon: f64) -> Vec<f64> {
        let mut targets = match self {
            Self::Classes(classes) => {
                let mut one_hot = vec![0.0; classes.len() * outputs];
                for (row, &class) in one_hot.chunks_exact_mut(outputs).zip(classes) {
                    row[class as usize] = 1.0;
                }
                one_hot
            }
            Self::Values(values) => values.iter().map(|&value| value.to_f64()).collect(),
        };
        if epsilon > 0.0 {
            targets.iter_mut().for_each(|target| *target = (1.0 - epsilon) * *target + epsilon / outputs as f64);
        }
        targets
    }
}

impl Batch {
    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.dims()[1]
    }

    /// Whether there are no examples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples at `indices`.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        let data = TensorData::new(indices.iter().map(|&i| i as i32).collect::<Vec<i32>>(), [indices.len()]);
        let indices = Tensor::<1, Int>::from_data(data, &self.targets.device());
        let inputs = match &self.inputs {
            Inputs::Features(x) => Inputs::Features(x.clone().select(1, indices.clone())),
            Inputs::Maps(x) => Inputs::Maps(x.clone().select(1, indices.clone())),
        };
        let masks = self.masks.iter().map(|mask| mask.clone().select(0, indices.clone())).collect();
        Self {
            inputs,
            targets: self.targets.clone().select(1, indices),
            statistics: self.statistics.clone(),
            masks: Arc::new(masks),
        }
    }

    /// The examples in `range`.
    #[must_use]
    pub(super) fn range(&self, range: std::ops::Range<usize>) -> Self {
        let inputs = match &self.inputs {
            Inputs::Features(x) => Inputs::Features(x.clone().slice_dim(1, range.clone())),
            Inputs::Maps(x) => Inputs::Maps(x.clone().slice_dim(1, range.clone())),
        };
        Self {
            inputs,
            targets: self.targets.clone().slice_dim(1, range.clone()),
            statistics: self.statistics.clone(),
            masks: Arc::new(self.masks.iter().map(|mask| mask.clone().slice_dim(0, range.clone())).collect()),
        }
    }

    /// The same examples under other statistics of batch norm.
    #[must_use]
    pub fn with_statistics(self, statistics: Statistics) -> Self {
        Self { statistics, ..self }
    }

    /// Where batch norm's means and variances come from.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}
