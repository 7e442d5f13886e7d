//! Vision transformers (Dosovitskiy et al. 2021, arXiv 2010.11929) with timm's names.

use super::chain::{BlockNames, BlockSizes, Chain, affine, tensor, transformer_block};
use super::sizes::{ModelSizes, wrong};
use crate::config::{ConfigError, LossKind, ModelConfig};

/// Side of a patch.
pub const PATCH: usize = 16;
/// timm's ε.
const NORM: &str = "layernorm eps 1e-6";

/// timm's `vit_*_patch16_224` of these sizes.
pub fn build(own_width: usize, own_heads: usize, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
    let input = sizes.image([3, 224, 224])?;
    let [channels, height, image_width] = input;
    if !height.is_multiple_of(PATCH) || !image_width.is_multiple_of(PATCH) {
        let expected = format!("sides that are multiples of {PATCH}, the side of a patch");
        return Err(wrong("--input", format_args!("{channels},{height},{image_width}"), &expected));
    }
    let (width, heads) = sizes.width_and_heads(own_width, own_heads)?;
    let mut chain = Chain::default();
    chain.named(&format!("patches {PATCH} {width}"), affine("patch_embed.proj"));
    chain.named("class-token", [tensor("weight", "cls_token")]);
    chain.named("position", [tensor("weight", "pos_embed")]);
    let block = BlockSizes { width, heads, causal: false, norm: NORM, nonlinearity: "gelu" };
    for place in 0..sizes.depth.unwrap_or(12) {
        let names = BlockNames {
            before: &format!("blocks.{place}."),
            first_norm: "norm1",
            second_norm: "norm2",
            attention: vec![
                tensor("in_proj_weight", "attn.qkv.weight"),
                tensor("in_proj_bias", "attn.qkv.bias"),
                tensor("out_proj.weight", "attn.proj.weight"),
                tensor("out_proj.bias", "attn.proj.bias"),
            ],
            widen: affine("mlp.fc1"),
            narrow: affine("mlp.fc2"),
        };
        transformer_block(&mut chain, block, names);
    }
    // The norm is over each token alone, so that of the others need not be worked out.
    chain.plain("first-token");
    chain.named(NORM, affine("norm"));
    chain.named(&format!("linear {}", sizes.classes.unwrap_or(1000)), affine("head"));
    let (layers, names) = chain.finish("");
    Ok(ModelConfig { names, ..ModelConfig::new(&input, LossKind::CrossEntropy, layers) })
}
