//! Two towers for images and texts (Radford et al. 2021, arXiv 2103.00020) with open_clip's names.

use std::collections::BTreeMap;

use super::chain::{BlockNames, BlockSizes, Chain, affine, module, tensor, transformer_block, transposed};
use super::sizes::{ModelSizes, wrong};
use crate::config::{ConfigError, LayerText, ModelConfig, ModelInput, Tower, Towers};

/// Sizes of one of them.
#[derive(Debug, Clone, Copy)]
pub struct Clip {
    /// Channels, height and width.
    pub image: [usize; 3],
    /// Side of a patch.
    pub patch: usize,
    /// The tower of images: width, heads and blocks.
    pub vision: [usize; 3],
    /// Most tokens.
    pub tokens: usize,
    /// Kinds of tokens.
    pub vocabulary: usize,
    /// The tower of texts: width, heads and blocks.
    pub text: [usize; 3],
    /// Numbers that both towers end with.
    pub features: usize,
}

impl Clip {
    /// The model of these sizes; width, depth and heads are those of both towers, and the width that of the features too.
    pub fn build(mut self, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
        self.image = sizes.image(self.image)?;
        let [channels, height, width] = self.image;
        if !height.is_multiple_of(self.patch) || !width.is_multiple_of(self.patch) {
            let expected = format!("sides that are multiples of {}, the side of a patch", self.patch);
            return Err(wrong("--input", format_args!("{channels},{height},{width}"), &expected));
        }
        self.vocabulary = sizes.classes.unwrap_or(self.vocabulary);
        self.features = sizes.width.unwrap_or(self.features);
        for tower in [&mut self.vision, &mut self.text] {
            let [own_width, own_heads, own_depth] = *tower;
            let (width, heads) = sizes.width_and_heads(own_width, own_heads)?;
            *tower = [width, heads, sizes.depth.unwrap_or(own_depth)];
        }
        let (image, mut names) = self.image_tower();
        let (text, text_names) = self.text_tower();
        names.extend(text_names);
        let image = Tower { input: ModelInput::Shape(self.image.to_vec()), layers: image };
        let text = Tower { input: ModelInput::tokens(self.tokens, self.vocabulary), layers: text };
        Ok(ModelConfig { names, ..ModelConfig::of_towers(Towers { image, text }) })
    }

    fn image_tower(self) -> (Vec<LayerText>, BTreeMap<String, String>) {
        let Self { patch, vision: sizes @ [width, ..], features, .. } = self;
        let mut chain = Chain::default();
        chain.named(&format!("patches {patch} {width} nobias"), module("visual.conv1", &["weight"]));
        chain.named("class-token", [tensor("weight", "visual.class_embedding")]);
        chain.named("position", [tensor("weight", "visual.positional_embedding")]);
        chain.named("layernorm", affine("visual.ln_pre"));
        blocks(&mut chain, sizes, "visual.", false);
        chain.plain("first-token");
        chain.named("layernorm", affine("visual.ln_post"));
        chain.named(&format!("linear {features} nobias"), [transposed("weight", "visual.proj")]);
        chain.finish("image.")
    }

    fn text_tower(self) -> (Vec<LayerText>, BTreeMap<String, String>) {
        let Self { text: sizes @ [width, ..], features, .. } = self;
        let mut chain = Chain::default();
        chain.named(&format!("embedding {width}"), module("token_embedding", &["weight"]));
        chain.named("position", [tensor("weight", "positional_embedding")]);
        blocks(&mut chain, sizes, "", true);
        chain.plain("last-token");
        chain.named("layernorm", affine("ln_final"));
        chain.named(&format!("linear {features} nobias"), [transposed("weight", "text_projection")]);
        chain.finish("text.")
    }
}

fn blocks(chain: &mut Chain, [width, heads, depth]: [usize; 3], before: &str, causal: bool) {
    let block = BlockSizes { width, heads, causal, norm: "layernorm", nonlinearity: "gelu" };
    for place in 0..depth {
        let names = BlockNames {
            before: &format!("{before}transformer.resblocks.{place}."),
            first_norm: "ln_1",
            second_norm: "ln_2",
            attention: module("attn", &["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]),
            widen: affine("mlp.c_fc"),
            narrow: affine("mlp.c_proj"),
        };
        transformer_block(chain, block, names);
    }
}
