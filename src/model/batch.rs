//! Examples on the device, with what a layer needs to know of them: batch norm's statistics and dropout's masks.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use super::compute::uploaded_whole;
use crate::config::Real;

use super::compute::to_host_f32;

/// Examples on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Of the chain, or of each tower.
    pub(super) inputs: Vec<Inputs>,
    pub(super) goal: Goal,
    pub(super) statistics: Statistics,
    /// What each dropout layer in turn multiplies its examples by, `[n, numbers of one]`; none where dropout is the
    /// identity.
    pub(super) masks: Arc<Vec<Tensor<2>>>,
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "tensors are handles, and each batch holds one of these")]
pub(super) enum Inputs {
    /// `[1, n, f]`
    Features(Tensor<3>),
    /// `[1, n, h, w, c]`
    Maps(Tensor<5>),
    /// Tokens as whole numbers.
    Text(Text),
}

/// Tokens of examples; padding is token 0 here, and told by a mask.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// `[n, t]`
    pub ids: Tensor<2, Int>,
    /// 1 for a token and 0 for padding, `[n, t]`; `None` where nothing is padded.
    pub padding: Option<Tensor<2>>,
}

/// What outputs are compared with.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "tensors are handles, and each batch holds one of these")]
pub(super) enum Goal {
    /// Shares of the classes, or wanted outputs, `[1, n, k]`.
    Shares(Tensor<3>),
    /// Classes of tokens.
    Tokens(TokenGoal),
    /// The text of an image is that of the same example; so many examples.
    Pairs(usize),
}

/// Classes of tokens, of which some may not count.
#[derive(Debug, Clone)]
pub(super) struct TokenGoal {
    /// `[n, t]`; 0 where the target does not count.
    pub classes: Tensor<2, Int>,
    /// 1 where the target counts, else 0, `[n, t]`.
    pub counts: Tensor<2>,
    /// Targets that count in each example.
    pub of_example: Arc<Vec<u32>>,
    /// Share of each target that is spread over all classes.
    pub smoothing: f64,
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

/// A target of a token that does not count, as PyTorch's `ignore_index` has it.
pub const IGNORED: i32 = -100;

/// What the outputs of examples are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a, T = f32> {
    /// The class of each example, below the number of outputs.
    Classes(&'a [u32]),
    /// The wanted outputs of each example, row-major `[n, outputs]`.
    Values(&'a [T]),
    /// The class of each token, `[n, tokens]`; [`IGNORED`] where it does not count.
    Tokens(&'a [i32]),
    /// So many pairs of an image and its text.
    Pairs(usize),
}

impl<'a, T: Real> Targets<'a, T> {
    /// Number of examples, each with so many answers of so many outputs.
    #[must_use]
    pub const fn len(self, answers: usize, outputs: usize) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Values(values) => values.len() / (answers * outputs),
            Self::Tokens(classes) => classes.len() / answers,
            Self::Pairs(count) => count,
        }
    }

    /// Those of the examples in `range`.
    #[must_use]
    pub fn range(self, range: Range<usize>, answers: usize, outputs: usize) -> Self {
        let each = answers * outputs;
        match self {
            Self::Classes(classes) => Self::Classes(&classes[range]),
            Self::Values(values) => Self::Values(&values[range.start * each..range.end * each]),
            Self::Tokens(classes) => Self::Tokens(&classes[range.start * answers..range.end * answers]),
            Self::Pairs(_) => Self::Pairs(range.len()),
        }
    }
}

/// Row-major shares of classes `[n, outputs]`, in 64 bits, with label smoothing `epsilon`.
pub(super) fn one_hot(classes: &[u32], outputs: usize, epsilon: f64) -> Vec<f64> {
    let rest = epsilon / outputs as f64;
    let mut shares = vec![rest; classes.len() * outputs];
    for (row, &class) in shares.chunks_exact_mut(outputs).zip(classes) {
        row[class as usize] += 1.0 - epsilon;
    }
    shares
}

impl Batch {
    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.goal {
            Goal::Shares(targets) => targets.dims()[1],
            Goal::Tokens(goal) => goal.of_example.len(),
            Goal::Pairs(count) => *count,
        }
    }

    /// Whether there are no examples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Targets over which the loss is a mean: the examples, or the tokens that count.
    #[must_use]
    pub fn num_targets(&self) -> usize {
        match &self.goal {
            Goal::Tokens(goal) => goal.of_example.iter().map(|&count| count as usize).sum(),
            _ => self.len(),
        }
    }

    /// Shares of the classes, or wanted outputs, `[1, n, k]`; `None` for tokens and pairs.
    pub(super) fn shares(&self) -> Option<Tensor<3>> {
        match &self.goal {
            Goal::Shares(targets) => Some(targets.clone()),
            Goal::Tokens(_) | Goal::Pairs(_) => None,
        }
    }

    /// Of each example, the targets that count in the mean.
    pub(super) fn targets_of_examples(&self) -> Vec<u32> {
        match &self.goal {
            Goal::Tokens(goal) => goal.of_example.to_vec(),
            Goal::Shares(_) | Goal::Pairs(_) => vec![1; self.len()],
        }
    }

    /// The examples at `indices`.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        let at = indices.iter().map(|&i| i as i32).collect();
        let at = uploaded_whole(at, [indices.len()], &self.inputs[0].device());
        let goal = match &self.goal {
            Goal::Shares(targets) => Goal::Shares(targets.clone().select(1, at.clone())),
            Goal::Tokens(goal) => Goal::Tokens(TokenGoal {
                classes: goal.classes.clone().select(0, at.clone()),
                counts: goal.counts.clone().select(0, at.clone()),
                of_example: Arc::new(indices.iter().map(|&i| goal.of_example[i as usize]).collect()),
                smoothing: goal.smoothing,
            }),
            Goal::Pairs(_) => Goal::Pairs(indices.len()),
        };
        Self {
            inputs: self.inputs.iter().map(|inputs| inputs.select(&at)).collect(),
            goal,
            statistics: self.statistics.clone(),
            masks: Arc::new(self.masks.iter().map(|mask| mask.clone().select(0, at.clone())).collect()),
        }
    }

    /// The examples in `range`.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Self {
        let goal = match &self.goal {
            Goal::Shares(targets) => Goal::Shares(targets.clone().slice_dim(1, range.clone())),
            Goal::Tokens(goal) => Goal::Tokens(TokenGoal {
                classes: goal.classes.clone().slice_dim(0, range.clone()),
                counts: goal.counts.clone().slice_dim(0, range.clone()),
                of_example: Arc::new(goal.of_example[range.clone()].to_vec()),
                smoothing: goal.smoothing,
            }),
            Goal::Pairs(_) => Goal::Pairs(range.len()),
        };
        Self {
            inputs: self.inputs.iter().map(|inputs| inputs.range(&range)).collect(),
            goal,
            statistics: self.statistics.clone(),
            masks: Arc::new(self.masks.iter().map(|mask| mask.clone().slice_dim(0, range.clone())).collect()),
        }
    }

    /// The inputs on the host as [`Network::batch`](super::Network::batch) took them, row-major; `None` where they are tokens, or
    /// those of two towers.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<f32>> {
        match self.inputs.as_slice() {
            [Inputs::Features(x)] => Some(to_host_f32(x.clone())),
            [Inputs::Maps(x)] => Some(to_host_f32(x.clone().permute([0, 1, 4, 2, 3]))),
            _ => None,
        }
    }

    /// The same examples with a share α of each target spread over all classes, as PyTorch's label smoothing does it:
    /// (1 − α) of the class and α/K of each of the K classes. Pairs stay as they are.
    #[must_use]
    pub fn smoothed(self, share: f64) -> Self {
        let goal = match self.goal {
            Goal::Shares(targets) => {
                let classes = targets.dims()[2] as f64;
                Goal::Shares(targets * (1.0 - share) + share / classes)
            }
            Goal::Tokens(goal) => Goal::Tokens(TokenGoal { smoothing: share, ..goal }),
            Goal::Pairs(count) => Goal::Pairs(count),
        };
        Self { goal, ..self }
    }

    /// Each example times `share` with the one at its place in `order` times the rest, and targets likewise (Zhang et al.
    /// 2018). Tokens and pairs, which have no mean, stay as they are.
    #[must_use]
    pub fn mixed(self, share: f64, order: &[u32]) -> Self {
        if !matches!(self.goal, Goal::Shares(_)) || self.inputs.iter().any(|inputs| matches!(inputs, Inputs::Text(_))) {
            return self;
        }
        let other = self.select(order);
        let inputs = self.inputs.iter().zip(other.inputs).map(|(own, other)| own.mixed(other, share)).collect();
        let goal = match (&self.goal, other.goal) {
            (Goal::Shares(own), Goal::Shares(other)) => Goal::Shares(own.clone() * share + other * (1.0 - share)),
            (own, _) => own.clone(),
        };
        Self { inputs, goal, ..self }
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

impl Inputs {
    fn device(&self) -> burn::tensor::Device {
        match self {
            Self::Features(x) => x.device(),
            Self::Maps(x) => x.device(),
            Self::Text(text) => text.ids.device(),
        }
    }

    fn select(&self, at: &Tensor<1, Int>) -> Self {
        match self {
            Self::Features(x) => Self::Features(x.clone().select(1, at.clone())),
            Self::Maps(x) => Self::Maps(x.clone().select(1, at.clone())),
            Self::Text(text) => Self::Text(Text {
                ids: text.ids.clone().select(0, at.clone()),
                padding: text.padding.clone().map(|padding| padding.select(0, at.clone())),
            }),
        }
    }

    /// Numbers times `share` with others times the rest; text stays as it is.
    fn mixed(&self, other: Self, share: f64) -> Self {
        match (self, other) {
            (Self::Features(own), Self::Features(other)) => Self::Features(own.clone() * share + other * (1.0 - share)),
            (Self::Maps(own), Self::Maps(other)) => Self::Maps(own.clone() * share + other * (1.0 - share)),
            (own, _) => own.clone(),
        }
    }

    fn range(&self, range: &Range<usize>) -> Self {
        match self {
            Self::Features(x) => Self::Features(x.clone().slice_dim(1, range.clone())),
            Self::Maps(x) => Self::Maps(x.clone().slice_dim(1, range.clone())),
            Self::Text(text) => Self::Text(Text {
                ids: text.ids.clone().slice_dim(0, range.clone()),
                padding: text.padding.clone().map(|padding| padding.slice_dim(0, range.clone())),
            }),
        }
    }
}
