//! The named works: a network with examples, the same in `flatscape bench`, in `benches/` and in the peers' scripts.

use crate::config::{LossKind, ModelConfig, builtin_experiment, builtin_model};
use crate::model::{Architecture, Targets};

use super::numbers::{Stream, uniform, whole};

/// A network with its examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// 2-64-64-2 tanh, 1 024 points.
    Mlp,
    /// Two convolutions on 8×8 images, 256 of them.
    Cnn,
    /// ResNet-8 with batch norm on 3×32×32 images, 128 of them.
    Resnet,
    /// The built-in GPT-mini on 16 texts of 64 tokens.
    GptMini,
    /// The vision transformer of the experiment `vit-digits` on 8×8 images, 256 of them.
    Vit,
}

/// Examples on the host.
#[derive(Debug, Clone)]
pub(super) struct Examples {
    /// Row-major.
    pub x: Vec<f32>,
    y: Answers,
}

#[derive(Debug, Clone)]
enum Answers {
    Classes(Vec<u32>),
    Tokens(Vec<i32>),
}

impl Examples {
    pub fn targets(&self) -> Targets<'_> {
        match &self.y {
            Answers::Classes(classes) => Targets::Classes(classes),
            Answers::Tokens(tokens) => Targets::Tokens(tokens),
        }
    }
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mlp, Self::Cnn, Self::Resnet, Self::GptMini, Self::Vit];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
            Self::Resnet => "resnet",
            Self::GptMini => "gpt-mini",
            Self::Vit => "vit",
        }
    }

    pub(super) fn model(self) -> ModelConfig {
        let of =
            |input: &[usize], layers: &[&str]| ModelConfig::new(input, LossKind::CrossEntropy, layers.iter().copied());
        match self {
            Self::Mlp => of(&[2], &["linear 64", "tanh", "linear 64", "tanh", "linear 2"]),
            Self::Cnn => of(
                &[1, 8, 8],
                &["conv 16 3x3 same", "relu", "conv 32 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"],
            ),
            Self::Resnet => builtin_model("resnet8").expect("the catalogue has it, and tests build all of it"),
            Self::GptMini => builtin_model("gpt-mini").expect("the catalogue has it, and tests build all of it"),
            Self::Vit => builtin_experiment("vit-digits").expect("it comes with the program, and tests read it").model,
        }
    }

    pub(super) const fn examples(self) -> usize {
        match self {
            Self::Mlp => 1024,
            Self::Cnn | Self::Vit => 256,
            Self::Resnet => 128,
            Self::GptMini => 16,
        }
    }

    /// Inputs of mean 0 and variance 1, uniform in ±√3, or tokens; classes at random, but of the points of `mlp` by
    /// quadrant; a target at random for each token.
    pub(super) fn data(self, architecture: &Architecture) -> Examples {
        let (n, outputs) = (self.examples(), architecture.outputs);
        let count = n * architecture.input_len();
        let numbers = || uniform(Stream::Inputs, count).map(|x| (x * 3.0_f64.sqrt()) as f32).collect::<Vec<f32>>();
        match self {
            Self::Mlp => {
                let x = numbers();
                let y = x.chunks_exact(2).map(|point| u32::from(point[0] * point[1] > 0.0)).collect();
                Examples { x, y: Answers::Classes(y) }
            }
            Self::Cnn | Self::Resnet | Self::Vit => {
                Examples { x: numbers(), y: Answers::Classes(whole(Stream::Targets, n, outputs).collect()) }
            }
            Self::GptMini => Examples {
                x: whole(Stream::Inputs, count, outputs).map(|token| token as f32).collect(),
                y: Answers::Tokens(whole(Stream::Targets, count, outputs).map(|token| token as i32).collect()),
            },
        }
    }
}

/// The weights at which all figures are taken: uniform in ±¼.
pub(super) fn weights(dimension: usize) -> Vec<f32> {
    uniform(Stream::Weights, dimension).map(|x| (x * 0.25) as f32).collect()
}
