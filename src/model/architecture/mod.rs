//! Architectures: layers with their shapes known, and the trainable tensors named as in a PyTorch `nn.Sequential`.
//!
//! [`layer`] is what a layer is and does to a shape; `parse` reads one text with its `options`; `build` chains them and nests
//! the blocks.

mod build;
mod layer;
mod options;
mod parse;

pub use build::LayerOutline;
pub use layer::{Layer, NormSettings, Shape};

/// A tensor of the state dict and its place in a flat vector: a parameter, or a buffer of batch norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// PyTorch's name, such as `0.weight`.
    pub name: String,
    /// Shape: weight of linear `[out, in]`, of conv `[out, in/groups, kh, kw]`, bias `[out]`; of a norm `[channels]`, of a
    /// layer norm the shape of an example.
    pub shape: Vec<usize>,
    /// Where it begins in the flat vector.
    pub offset: usize,
    /// Inputs of one output, from which PyTorch's default initialisation takes its bound; 1 where it begins constant.
    pub fan_in: usize,
    /// What it begins as.
    pub initial: Initial,
}

/// What a tensor holds at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initial {
    /// Uniform in ±1/√fan_in.
    Uniform,
    /// Zeros.
    Zero,
    /// Ones.
    One,
}

impl Parameter {
    /// Numbers in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no numbers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat vector.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// Numbers in one output row (one filter or neuron); 1 for a bias.
    #[must_use]
    pub fn row_len(&self) -> usize {
        self.shape[1..].iter().product()
    }
}

/// A chain of layers with all shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// Shape of one example.
    pub input: Shape,
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// All trainable tensors, in the order of a PyTorch state dict.
    pub parameters: Vec<Parameter>,
    /// The running statistics of all batch norms, in the order of a PyTorch state dict, with offsets into a flat vector
    /// of their own: `N.running_mean` and `N.running_var`. PyTorch's `num_batches_tracked` is not among them.
    pub buffers: Vec<Parameter>,
    /// Classes or outputs.
    pub outputs: usize,
    /// Numbers that one example leaves on a tape, over all layers.
    pub activations: usize,
}

impl Architecture {
    /// Numbers in all trainable tensors.
    #[must_use]
    pub fn num_parameters(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }

    /// Numbers in all running statistics; 0 without batch norm.
    #[must_use]
    pub fn num_buffers(&self) -> usize {
        self.buffers.iter().map(Parameter::len).sum()
    }

    /// The running statistics before the first step: means 0, variances 1.
    #[must_use]
    pub fn initial_buffers(&self) -> Vec<f32> {
        let values = |buffer: &Parameter| vec![if buffer.initial == Initial::One { 1.0 } else { 0.0 }; buffer.len()];
        self.buffers.iter().flat_map(values).collect()
    }

    /// Share of a step's batch in each running statistic, in the order of [`Self::buffers`].
    #[must_use]
    pub fn statistics_momentum(&self) -> Vec<f64> {
        let mut shares = Vec::with_capacity(self.num_buffers());
        layer::visit(&self.layers, &mut |layer| {
            if let Layer::BatchNorm { shape, momentum, .. } = layer {
                shares.extend(std::iter::repeat_n(*momentum, 2 * shape.channels()));
            }
        });
        shares
    }

    /// The module of the first batch norm that sees one number a channel of each example, such as `1`: by the statistics of a
    /// batch of one example it has no variance to divide by, and training needs two.
    #[must_use]
    pub fn needs_two_examples(&self) -> Option<String> {
        let mut sees_one = Vec::new();
        layer::visit(&self.layers, &mut |layer| {
            if let Layer::BatchNorm { shape, .. } = layer {
                sees_one.push(shape.pixels() == 1);
            }
        });
        let first = sees_one.into_iter().position(|sees_one| sees_one)?;
        // Each batch norm has two buffers.
        let (module, _) = self.buffers[2 * first].name.rsplit_once('.')?;
        Some(module.to_owned())
    }

    /// The dropout layers in order: share of zeros and the shape that each masks.
    pub(super) fn dropouts(&self) -> Vec<(f64, Shape)> {
        let mut found = Vec::new();
        layer::visit(&self.layers, &mut |layer| {
            if let Layer::Dropout { rate, shape } = layer {
                found.push((*rate, *shape));
            }
        });
        found
    }
}
