//! What a layer is, and what it does to the shape of an example.

use crate::model::Nonlinearity;
use crate::model::attention::AttentionSettings;
use crate::model::window::{ConvWindow, Divisor, PoolWindow};

use super::parameter::{Initial, Trainable};

/// A layer with its shapes known.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// `linear OUT [nobias]`: y = x·Wᵀ + b.
    Linear {
        /// Input features.
        inputs: usize,
        /// Output features.
        outputs: usize,
        /// Whether there is a b.
        bias: bool,
    },
    /// `conv OUT KxK [same] [stride S] [padding P] [dilation D] [groups G] [nobias]`: cross-correlation, as in PyTorch.
    Conv {
        /// Input channels.
        inputs: usize,
        /// Output channels.
        outputs: usize,
        /// Kernel height and width.
        kernel: [usize; 2],
        /// Stride, padding, dilation and groups.
        window: ConvWindow,
        /// Whether a bias is added to each output channel.
        bias: bool,
    },
    /// `relu`, `tanh`, `gelu [tanh]`, `silu`, `sigmoid`, `leaky-relu [SLOPE]`, `softplus`, `elu [ALPHA]`, `hardswish`.
    Pointwise(Nonlinearity),
    /// `maxpool K [stride S] [padding P] [dilation D] [ceil]`: greatest of each window.
    MaxPool(PoolWindow),
    /// `avgpool K [stride S] [padding P] [ceil] [excludepad] [divisor N]`: mean of each window.
    AveragePool(PoolWindow, Divisor),
    /// `globalavgpool`: mean of each channel; c×h×w to c×1×1.
    GlobalAveragePool,
    /// `batchnorm [eps E] [momentum M] [noaffine]`: each channel (or feature) to mean 0 and variance 1 over the batch, or by running statistics; then
    /// scaled and shifted by trainable numbers.
    BatchNorm {
        /// Shape of an example.
        shape: Shape,
        /// Where its running mean begins in the flat buffers; its running variance follows.
        offset: usize,
        /// ε and trainable numbers.
        norm: NormSettings,
        /// Share of a step's batch in the running statistics.
        momentum: f64,
    },
    /// `layernorm [eps E] [nobias] [noaffine]`: each example to mean 0 and variance 1 over its features, or over channels,
    /// height and width.
    LayerNorm {
        /// Shape of an example.
        shape: Shape,
        /// ε and trainable numbers.
        norm: NormSettings,
    },
    /// `groupnorm G [eps E] [noaffine]`: each of G groups of channels of each example to mean 0 and variance 1.
    GroupNorm {
        /// Groups, a divisor of the channels.
        groups: usize,
        /// Shape of an example.
        shape: Shape,
        /// ε and trainable numbers.
        norm: NormSettings,
    },
    /// `dropout P`: in training each number becomes 0 with chance P, else x/(1−P); otherwise the identity.
    Dropout {
        /// P, 0 to below 1.
        rate: f64,
        /// Shape of an example.
        shape: Shape,
    },
    /// `embedding D`: each token to its row of a table; padding to zeros.
    Embedding {
        /// Rows of the table.
        vocabulary: usize,
        /// Length of a row.
        width: usize,
    },
    /// `position [ROWS]`: a trainable row is added at each place.
    Position {
        /// Places and width.
        shape: [usize; 2],
        /// Rows of the table, at least as many as there are places.
        rows: usize,
    },
    /// `position sincos`: sines and cosines of the place are added.
    Sincos {
        /// Places and width.
        shape: [usize; 2],
    },
    /// `class-token`: a trainable token is put before the others.
    ClassToken {
        /// Its width.
        width: usize,
    },
    /// `patches P D [nobias]`: squares of P×P pixels, each by one linear map to a token.
    Patches {
        /// Pixels a side.
        size: usize,
        /// Channels of the image.
        inputs: usize,
        /// Width of a token.
        outputs: usize,
        /// Whether a bias is added to each token.
        bias: bool,
    },
    /// `attention HEADS [causal]`: PyTorch's `nn.MultiheadAttention` of tokens among themselves.
    Attention {
        /// Width of a token.
        width: usize,
        /// Heads and order.
        settings: AttentionSettings,
    },
    /// `mean-token`, `first-token`, `last-token`: tokens to one vector.
    Pick(TokenPick),
    /// `l2norm`: each vector divided by its length.
    UnitLength,
    /// `gram R`: ⟨A, UUᵀ⟩ of a square matrix A as features, row by row, with a trained U of R columns.
    Gram {
        /// Rows of A and of U.
        side: usize,
        /// Columns of U.
        columns: usize,
    },
    /// `flatten`: maps to features, so many of each example.
    Flatten(usize),
    /// A residual block: y = body(x) + shortcut(x).
    Residual {
        /// The layers of the body.
        body: Vec<Self>,
        /// The layers of the other branch; none for x itself.
        shortcut: Vec<Self>,
    },
}

/// Which token stands for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPick {
    /// The mean of those that are no padding.
    Mean,
    /// The first.
    First,
    /// The last that is no padding.
    Last,
}

/// What a norm adds to the variance, and which trainable numbers follow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormSettings {
    /// ε; PyTorch's default is 1e-5.
    pub epsilon: f64,
    /// Whether it is multiplied by trainable numbers.
    pub has_scale: bool,
    /// Whether trainable numbers are added.
    pub has_shift: bool,
}

/// The shape of one example between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A vector.
    Features(usize),
    /// Channels, height and width.
    Maps([usize; 3]),
    /// Tokens and their width.
    Tokens([usize; 2]),
    /// Tokens as whole numbers, before they are embedded.
    Text {
        /// Places of an example.
        tokens: usize,
        /// Different tokens.
        vocabulary: usize,
    },
}

impl Shape {
    /// Numbers in one example.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Features(features) => features,
            Self::Maps(dims) => dims.iter().product(),
            Self::Tokens([tokens, width]) => tokens * width,
            Self::Text { tokens, .. } => tokens,
        }
    }

    /// Whether an example has no numbers.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Channels of maps; of a vector, its features; of tokens, their width.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Features(channels) | Self::Maps([channels, _, _]) | Self::Tokens([_, channels]) => channels,
            Self::Text { .. } => 1,
        }
    }

    /// Height times width; 1 for a vector; of tokens, how many they are.
    #[must_use]
    pub const fn pixels(self) -> usize {
        match self {
            Self::Features(_) => 1,
            Self::Tokens([tokens, _]) | Self::Text { tokens, .. } => tokens,
            Self::Maps([_, height, width]) => height * width,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Features(1) => f.write_str("1 feature"),
            Self::Features(features) => write!(f, "{features} features"),
            Self::Maps([channels, height, width]) => write!(f, "{channels}×{height}×{width}"),
            Self::Tokens([tokens, width]) => write!(f, "{tokens} tokens of width {width}"),
            Self::Text { tokens, vocabulary } => write!(f, "{tokens} tokens of a vocabulary of {vocabulary}"),
        }
    }
}

/// Calls `see` with every layer, those of blocks too, in the order of their names.
pub(super) fn visit(layers: &[Layer], see: &mut impl FnMut(&Layer)) {
    for layer in layers {
        see(layer);
        if let Layer::Residual { body, shortcut } = layer {
            visit(body, see);
            visit(shortcut, see);
        }
    }
}

impl Layer {
    /// The shape after this layer; `input` is the shape it was made for. Of a block, the shape after its body is known
    /// only by its layers, one after the other.
    pub(super) fn output(&self, input: Shape) -> Shape {
        match (self, input) {
            (Self::Linear { outputs, .. }, Shape::Tokens([tokens, _])) => Shape::Tokens([tokens, *outputs]),
            (Self::Linear { outputs, .. }, _) => Shape::Features(*outputs),
            (Self::Embedding { width, .. }, Shape::Text { tokens, .. }) => Shape::Tokens([tokens, *width]),
            (Self::ClassToken { width }, Shape::Tokens([tokens, _])) => Shape::Tokens([tokens + 1, *width]),
            (Self::Patches { size, outputs, .. }, Shape::Maps([_, height, width])) => {
                Shape::Tokens([(height / size) * (width / size), *outputs])
            }
            (Self::Pick(_), Shape::Tokens([_, width])) => Shape::Features(width),
            (Self::Conv { outputs, kernel, window, .. }, Shape::Maps([_, height, width])) => {
                let [height, width] = window.output([height, width], *kernel);
                Shape::Maps([*outputs, height, width])
            }
            (Self::MaxPool(window) | Self::AveragePool(window, _), Shape::Maps([channels, height, width])) => {
                let [height, width] = window.output([height, width]);
                Shape::Maps([channels, height, width])
            }
            (Self::GlobalAveragePool, Shape::Maps([channels, ..])) => Shape::Maps([channels, 1, 1]),
            (Self::Gram { .. }, _) => Shape::Features(1),
            (Self::Flatten(features), _) => Shape::Features(*features),
            (Self::Residual { body, .. }, shape) => body.iter().fold(shape, |shape, layer| layer.output(shape)),
            (_, shape) => shape,
        }
    }

    /// Numbers that one example leaves on a tape here, for the gradient of what it did to `input`; of a block, those of
    /// its sum alone.
    pub(super) fn taped(&self, input: Shape) -> usize {
        let output = self.output(input).len();
        match self {
            // The windows in rows, and the positions of the winners, as wide as two floats on the CPU.
            Self::MaxPool(window) => input.len().max(window.size.iter().product::<usize>() * output) + 3 * output,
            Self::AveragePool(window, _) => input.len().max(window.size.iter().product::<usize>() * output) + output,
            // Centred, squared, scaled to variance 1, and scaled again.
            Self::BatchNorm { .. } | Self::LayerNorm { .. } | Self::GroupNorm { .. } => 4 * output,
            // Queries, keys and values, what the heads give, and the outputs.
            Self::Attention { .. } => 5 * output,
            Self::UnitLength => 3 * output,
            _ => output,
        }
    }

    /// Numbers of one example that are there at a time while it is passed without a tape.
    pub(super) fn held(&self, input: Shape) -> usize {
        let output = self.output(input).len();
        let own = match self {
            Self::BatchNorm { .. } | Self::LayerNorm { .. } | Self::GroupNorm { .. } => output,
            // The other branch waits.
            Self::Residual { .. } => input.len() + output,
            _ => self.taped(input),
        };
        input.len() + own
    }

    /// The trainable tensors in PyTorch's order.
    pub(super) fn tensors(&self) -> Vec<Trainable> {
        let of = |weight: Vec<usize>, bias: bool| {
            let (outputs, fan_in) = (weight[0], weight[1..].iter().product());
            let weight = Trainable::new("weight", weight, Initial::Uniform, fan_in);
            let bias = bias.then(|| Trainable::new("bias", vec![outputs], Initial::Uniform, fan_in));
            std::iter::once(weight).chain(bias).collect()
        };
        let affine = |norm: NormSettings, shape: Vec<usize>| {
            let weight = norm.has_scale.then(|| Trainable::new("weight", shape.clone(), Initial::One, 1));
            let bias = norm.has_shift.then(|| Trainable::new("bias", shape, Initial::Zero, 1));
            weight.into_iter().chain(bias).collect()
        };
        let table = |shape: Vec<usize>| vec![Trainable::new("weight", shape, Initial::Small, 1)];
        match *self {
            Self::Linear { inputs, outputs, bias } => of(vec![outputs, inputs], bias),
            Self::Conv { inputs, outputs, kernel: [height, width], window, bias } => {
                of(vec![outputs, inputs / window.groups, height, width], bias)
            }
            Self::BatchNorm { shape, norm, .. } | Self::GroupNorm { shape, norm, .. } => {
                affine(norm, vec![shape.channels()])
            }
            Self::LayerNorm { shape: Shape::Features(features), norm } => affine(norm, vec![features]),
            Self::LayerNorm { shape: Shape::Maps(dims), norm } => affine(norm, dims.to_vec()),
            Self::LayerNorm { shape, norm } => affine(norm, vec![shape.channels()]),
            Self::Gram { side, columns } => {
                vec![Trainable::new("weight", vec![side, columns], Initial::Normal, 1)]
            }
            Self::Embedding { vocabulary, width } => table(vec![vocabulary, width]),
            Self::Position { shape: [_, width], rows } => table(vec![rows, width]),
            Self::ClassToken { width } => table(vec![width]),
            Self::Patches { size, inputs, outputs, bias } => of(vec![outputs, inputs, size, size], bias),
            Self::Attention { width, .. } => vec![
                Trainable::new("in_proj_weight", vec![3 * width, width], Initial::Xavier, width),
                Trainable::new("in_proj_bias", vec![3 * width], Initial::Zero, 1),
                Trainable::new("out_proj.weight", vec![width, width], Initial::Uniform, width),
                Trainable::new("out_proj.bias", vec![width], Initial::Zero, 1),
            ],
            _ => Vec::new(),
        }
    }
}
