//! The list of built-in models.

use super::clip::Clip;
use super::gpt2::Gpt2;
use super::resnet::{self, Torchvision};
use super::sizes::{ModelSizes, OPTIONS, wrong};
use super::vit;
use crate::config::{ConfigError, ModelConfig, nearest};

/// A built-in model: its names, and how it is made.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinModel {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is called in the window.
    pub title: &'static str,
    /// One sentence: whose it is.
    pub about: &'static str,
    family: Family,
}

#[derive(Debug, Clone, Copy)]
enum Family {
    /// So many blocks a stage.
    SmallResnet(usize),
    Torchvision(Torchvision),
    /// Width and heads.
    Vit(usize, usize),
    Gpt2(Gpt2),
    /// Whether its width, depth and heads may be chosen: those of a published one differ between its towers.
    Clip(Clip, bool),
}

const fn small_resnet(name: &'static str, title: &'static str, blocks: usize) -> BuiltinModel {
    let about = "For images of 32×32, after He et al. 2016, section 4.2.";
    BuiltinModel { name, title, about, family: Family::SmallResnet(blocks) }
}

const fn torchvision(name: &'static str, title: &'static str, stages: [usize; 4], bottleneck: bool) -> BuiltinModel {
    let about = "For photographs; a state dict of torchvision's fits it.";
    BuiltinModel { name, title, about, family: Family::Torchvision(Torchvision { stages, bottleneck }) }
}

/// The built-in models, in the order in which they are shown.
const ZOO: [BuiltinModel; 13] = [
    small_resnet("resnet8", "ResNet-8", 1),
    small_resnet("resnet14", "ResNet-14", 2),
    small_resnet("resnet20", "ResNet-20", 3),
    torchvision("resnet18", "ResNet-18", [2, 2, 2, 2], false),
    torchvision("resnet34", "ResNet-34", [3, 4, 6, 3], false),
    torchvision("resnet50", "ResNet-50", [3, 4, 6, 3], true),
    BuiltinModel {
        name: "vit-tiny",
        title: "ViT-Tiny/16",
        about: "A transformer of patches; timm's vit_tiny_patch16_224 fits it.",
        family: Family::Vit(192, 3),
    },
    BuiltinModel {
        name: "vit-small",
        title: "ViT-Small/16",
        about: "A transformer of patches; timm's vit_small_patch16_224 fits it.",
        family: Family::Vit(384, 6),
    },
    BuiltinModel {
        name: "gpt2",
        title: "GPT-2",
        about: "A causal transformer; the GPT-2 of Hugging Face's transformers fits it.",
        family: Family::Gpt2(Gpt2 {
            tokens: 1024,
            vocabulary: 50257,
            width: 768,
            depth: 12,
            heads: 12,
            keeps_positions: true,
        }),
    },
    BuiltinModel {
        name: "gpt-mini",
        title: "GPT-mini",
        about: "The same at a size that trains live, over bytes.",
        family: Family::Gpt2(Gpt2 {
            tokens: 64,
            vocabulary: 256,
            width: 64,
            depth: 4,
            heads: 4,
            keeps_positions: false,
        }),
    },
    BuiltinModel {
        name: "clip-mini",
        title: "CLIP-mini",
        about: "Two towers for images of 32×32 and texts of bytes; a CLIP of open_clip's of these sizes fits it.",
        family: Family::Clip(
            Clip {
                image: [3, 32, 32],
                patch: 8,
                vision: [64, 4, 3],
                tokens: 32,
                vocabulary: 256,
                text: [64, 4, 3],
                features: 64,
            },
            true,
        ),
    },
    BuiltinModel {
        name: "clip-vit-s-32-alt",
        title: "CLIP ViT-S/32 alt",
        about: "Two towers; open_clip's ViT-S-32-alt, its smallest, fits it.",
        family: Family::Clip(
            Clip {
                image: [3, 224, 224],
                patch: 32,
                vision: [384, 6, 12],
                tokens: 77,
                vocabulary: 49408,
                text: [256, 4, 10],
                features: 256,
            },
            false,
        ),
    },
    BuiltinModel {
        name: "clip-vit-b-32",
        title: "CLIP ViT-B/32",
        about: "Two towers; open_clip's ViT-B-32 fits it (not its -quickgelu, which OpenAI's own weights need).",
        family: Family::Clip(
            Clip {
                image: [3, 224, 224],
                patch: 32,
                vision: [768, 12, 12],
                tokens: 77,
                vocabulary: 49408,
                text: [512, 8, 12],
                features: 512,
            },
            false,
        ),
    },
];

/// The built-in models, in the order in which they are shown.
#[must_use]
pub const fn zoo() -> &'static [BuiltinModel] {
    &ZOO
}

impl BuiltinModel {
    /// The model of these sizes.
    ///
    /// # Errors
    /// A size that it does not take or that does not fit the others, with what was expected.
    pub fn build(&self, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
        let takes = self.options();
        if let Some((option, value)) = sizes.given().into_iter().find(|(option, _)| !takes.contains(option)) {
            let expected = format!("no such option: `{}` takes {}", self.name, takes.join(", "));
            return Err(wrong(option, value, &expected));
        }
        match self.family {
            Family::SmallResnet(blocks) => resnet::small(blocks, sizes),
            Family::Torchvision(resnet) => resnet.build(sizes),
            Family::Vit(width, heads) => vit::build(width, heads, sizes),
            Family::Gpt2(gpt2) => gpt2.build(sizes),
            Family::Clip(clip, _) => clip.build(sizes),
        }
    }

    /// The options that it takes.
    const fn options(&self) -> &'static [&'static str] {
        match self.family {
            Family::SmallResnet(_) | Family::Torchvision(_) => &["--classes", "--input", "--width"],
            Family::Clip(_, false) => &["--classes", "--input"],
            _ => &OPTIONS,
        }
    }
}

/// The model that `words` ask for, as they are typed on the command line: a name, and sizes such as `--classes 10`.
///
/// # Errors
/// A name that nothing has, or a size that is wrong.
pub fn builtin_model(words: &str) -> Result<ModelConfig, ConfigError> {
    let mut words = words.split_whitespace();
    let model = find(words.next().unwrap_or_default())?;
    let mut sizes = ModelSizes::default();
    while let Some(option) = words.next() {
        let (option, value) = match option.split_once('=') {
            Some((option, value)) => (option, value),
            None => (option, words.next().unwrap_or_default()),
        };
        sizes.set(option, value)?;
    }
    model.build(&sizes)
}

/// The built-in model of that name.
///
/// # Errors
/// [`ConfigError::UnknownName`] with the nearest name.
pub fn find(name: &str) -> Result<&'static BuiltinModel, ConfigError> {
    ZOO.iter().find(|model| model.name == name).ok_or_else(|| ConfigError::UnknownName {
        kind: "built-in model",
        name: name.to_owned(),
        nearest: nearest(name, ZOO.iter().map(|model| model.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(words: &str) -> String {
        builtin_model(words).map(|_| format!("{words} is taken")).unwrap_or_else(|err| err.to_string())
    }

    #[test]
    fn sizes_change_what_they_name() {
        let model = builtin_model("vit-tiny --classes 10 --input 1,32,48 --width 48 --depth 2 --heads=3").unwrap();
        assert_eq!(model.layers[0].to_string(), "patches 16 48");
        assert_eq!(model.layers[3].to_string(), "[layernorm eps 1e-6, attention 3]");
        assert_eq!(model.layers.len(), 3 + 2 * 2 + 3);
        assert_eq!(model.layers[9].to_string(), "linear 10");
        assert_eq!(model.names["8.weight"], "norm.weight", "the norm stands after the first token is taken");
        let gpt = builtin_model("gpt2 --classes 97 --input 24 --width 32 --depth 2 --heads 4").unwrap();
        assert_eq!(gpt.tied, [["0.weight", "7.weight"]]);
        assert_eq!(gpt.names["3.3.weight"], "transformer.h.0.mlp.c_proj.weight ᵀ");
        assert_eq!(gpt.names["3.3.bias"], "transformer.h.0.mlp.c_proj.bias");
        assert_eq!(gpt.layers[1].to_string(), "position");
        let short = builtin_model("gpt2 --input 48").unwrap();
        assert_eq!(short.layers[1].to_string(), "position 1024", "the published table");
        assert_eq!(short.input.shape(), [48]);
        let clip = builtin_model("clip-mini --depth 1 --width 32").unwrap();
        let towers = clip.towers.unwrap();
        assert_eq!(towers.image.layers[4].to_string(), "[layernorm, attention 2]", "heads of 16");
        assert_eq!(towers.text.layers[2].to_string(), "[layernorm, attention 2 causal]");
        assert_eq!(clip.names["image.8.weight"], "visual.proj ᵀ");
        assert_eq!(clip.names["text.2.1.in_proj_weight"], "transformer.resblocks.0.attn.in_proj_weight");
    }

    #[test]
    fn what_a_family_cannot_be_is_named() {
        let cases = [
            ("resnt8", "unknown built-in model `resnt8`; did you mean `resnet8`?"),
            ("", "unknown built-in model ``"),
            (
                "resnet18 --heads 2",
                "`--heads` is 2, expected no such option: `resnet18` takes --classes, --input, --width",
            ),
            ("clip-vit-s-32-alt --width 64", "`clip-vit-s-32-alt` takes --classes, --input"),
            ("vit-tiny --heads 5", "`--heads` is 5, expected a divisor of the width 192"),
            ("vit-tiny --input 3,30,32", "`--input` is 3,30,32, expected sides that are multiples of 16"),
            ("vit-tiny --input 64", "`--input` is 64, expected channels, height and width"),
            ("gpt2 --input 3,32,32", "`--input` is 3,32,32, expected a number of tokens"),
            ("resnet50 --input 3,16,16", "expected sides of at least 17"),
            ("resnet8 --clases 3", "did you mean `--classes`?"),
            ("resnet8 --classes", "`--classes` is , expected a whole number"),
        ];
        for (words, expected) in cases {
            let message = complaint(words);
            assert!(message.contains(expected), "{words}: {message}");
        }
    }
}
