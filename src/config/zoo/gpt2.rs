//! GPT-2 (Radford et al. 2019) with the names of Hugging Face's transformers, whose `Conv1D` keeps its weights transposed.

use super::chain::{BlockNames, BlockSizes, Chain, affine, affine_transposed, tensor, transformer_block, transposed};
use super::sizes::ModelSizes;
use crate::config::{ConfigError, LossKind, ModelConfig, ModelInput};

/// Sizes of one of them.
#[derive(Debug, Clone, Copy)]
pub struct Gpt2 {
    /// Most tokens.
    pub tokens: usize,
    /// Kinds of tokens.
    pub vocabulary: usize,
    /// Numbers of a token.
    pub width: usize,
    /// Blocks.
    pub depth: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Whether weights of these sizes are published, whose table of positions is for all tokens.
    pub keeps_positions: bool,
}

impl Gpt2 {
    /// The model of these sizes.
    pub fn build(self, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
        let tokens = sizes.tokens(self.tokens)?;
        let vocabulary = sizes.classes.unwrap_or(self.vocabulary);
        let (width, heads) = sizes.width_and_heads(self.width, self.heads)?;
        // Only a published checkpoint can be meant where nothing but the length changes: its table stays as long as it is.
        let is_published = sizes.width.is_none() && sizes.depth.is_none() && tokens < self.tokens;
        let position = if is_published && self.keeps_positions {
            format!("position {}", self.tokens)
        } else {
            "position".to_owned()
        };
        let mut chain = Chain::default();
        chain.named(&format!("embedding {width}"), [tensor("weight", "transformer.wte.weight")]);
        chain.named(&position, [tensor("weight", "transformer.wpe.weight")]);
        let block = BlockSizes { width, heads, causal: true, norm: "layernorm", nonlinearity: "gelu tanh" };
        for place in 0..sizes.depth.unwrap_or(self.depth) {
            let names = BlockNames {
                before: &format!("transformer.h.{place}."),
                first_norm: "ln_1",
                second_norm: "ln_2",
                attention: vec![
                    transposed("in_proj_weight", "attn.c_attn.weight"),
                    tensor("in_proj_bias", "attn.c_attn.bias"),
                    transposed("out_proj.weight", "attn.c_proj.weight"),
                    tensor("out_proj.bias", "attn.c_proj.bias"),
                ],
                widen: affine_transposed("mlp.c_fc"),
                narrow: affine_transposed("mlp.c_proj"),
            };
            transformer_block(&mut chain, block, names);
        }
        chain.named("layernorm", affine("transformer.ln_f"));
        let last = chain.len();
        chain.named(&format!("linear {vocabulary} nobias"), [tensor("weight", "lm_head.weight")]);
        let (layers, names) = chain.finish("");
        let tied = vec![vec!["0.weight".to_owned(), format!("{last}.weight")]];
        let input = ModelInput::tokens(tokens, vocabulary);
        Ok(ModelConfig { tied, names, ..ModelConfig::of(input, LossKind::TokenCrossEntropy, layers) })
    }
}
