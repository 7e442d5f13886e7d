//! Architectures: layers with their shapes known, and the trainable tensors named as in a PyTorch `nn.Sequential`.
//!
//! [`layer`] is what a layer is and does to a shape; `parse` reads one text with its `options`; `build` chains them and nests
//! the blocks; `ties` makes one parameter of several tensors, and `frozen` takes tensors from the parameters; `products` counts
//! how much they multiply.

mod build;
mod ends;
mod frozen;
mod layer;
mod options;
mod parameter;
mod parse;
mod products;
mod ties;
mod tokens;

use std::sync::Arc;

pub use build::LayerOutline;
pub use layer::{Layer, NormSettings, Shape, TokenPick};
pub(super) use parameter::Role;
pub use parameter::{Initial, Parameter};

/// The name of the trained logarithm of the scale of similarities.
const LOGIT_SCALE: &str = "logit_scale";

/// Layers one after the other with all shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// What one example is before them.
    pub input: Shape,
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// What one example is after them.
    pub output: Shape,
}

/// A network with all shapes known: one chain of layers, or two whose outputs are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The chain; of two towers, that of the images and that of the texts.
    pub chains: Vec<Chain>,
    /// All tensors that are trained, in the order of a PyTorch state dict. D counts them alone.
    pub parameters: Vec<Parameter>,
    /// Tensors that stay as they are, in that order too, with offsets into a flat vector of their own. Neither noise nor a
    /// direction moves them. Batch norm is as PyTorch has it whether or not its scale and shift are among them: in training it
    /// takes the batch's statistics, and the running ones move.
    pub frozen: Vec<Parameter>,
    /// The numbers of [`Self::frozen`]; empty where they are not known.
    pub held: Arc<Vec<f32>>,
    /// What each tensor of the layers is, in the order in which they read them; one stands several times where it is tied.
    pub(super) uses: Vec<Role>,
    /// The running statistics of all batch norms, in the order of a PyTorch state dict, with offsets into a flat vector
    /// of their own: `N.running_mean` and `N.running_var`. PyTorch's `num_batches_tracked` is not among them.
    pub buffers: Vec<Parameter>,
    /// Classes or outputs: of each example, or of each of its tokens. Of two towers, the width of what is compared.
    pub outputs: usize,
    /// Numbers that one example leaves on a tape, over all layers.
    pub activations: usize,
    /// Numbers of one example that a pass without a tape has at a time, at most: what a layer reads, holds and gives.
    pub(super) held_at_once: usize,
}

impl Architecture {
    /// Numbers of one example, those of both towers together.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.chains.iter().map(|chain| chain.input.len()).sum()
    }

    /// Answers that the network gives to one example: 1, or one for each of its tokens.
    #[must_use]
    pub fn answers(&self) -> usize {
        match self.chains[..] {
            [Chain { output: Shape::Tokens([tokens, _]), .. }] => tokens,
            _ => 1,
        }
    }

    /// Whether there are two towers.
    #[must_use]
    pub const fn has_towers(&self) -> bool {
        self.chains.len() > 1
    }

    /// The place of the logarithm of the scale of similarities, which two towers have, where it is trained.
    #[must_use]
    pub fn logit_scale(&self) -> Option<&Parameter> {
        // Where it is tied, it may have another first name and place.
        let is_scale = |parameter: &&Parameter| {
            parameter.name == LOGIT_SCALE || parameter.also.iter().any(|name| name == LOGIT_SCALE)
        };
        self.parameters.iter().rev().find(is_scale).filter(|_| self.has_towers())
    }

    /// All layers with those of their blocks, in the order of their names.
    fn visit(&self, see: &mut impl FnMut(&Layer)) {
        self.chains.iter().for_each(|chain| layer::visit(&chain.layers, see));
    }

    /// Numbers in all tensors that are trained.
    #[must_use]
    pub fn num_parameters(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }

    /// Numbers in all tensors that stay as they are.
    #[must_use]
    pub fn num_frozen(&self) -> usize {
        self.frozen.iter().map(Parameter::len).sum()
    }

    /// A row of weights with 1 for entries of the tensors that count, and 0 for others.
    #[must_use]
    pub fn mask(&self, counts: impl Fn(&Parameter) -> bool) -> Vec<f32> {
        let mut mask = vec![0.0; self.num_parameters()];
        for parameter in self.parameters.iter().filter(|parameter| counts(parameter)) {
            mask[parameter.range()].fill(1.0);
        }
        mask
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
        self.visit(&mut |layer| {
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
        self.visit(&mut |layer| {
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
        self.visit(&mut |layer| {
            if let Layer::Dropout { rate, shape } = layer {
                found.push((*rate, *shape));
            }
        });
        found
    }
}
