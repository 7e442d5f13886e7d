//! Whose checkpoint a file is: its names and shapes say the family, and the sizes by which it differs from the family's own.
//!
//! A guess counts where the model of these sizes has just the names of the file: a ResNet-18's are among those of a ResNet-34.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::find;
use super::sizes::{InputSize, ModelSizes};
use super::vit::PATCH;

/// Names of tensors with their shapes.
type Shapes = BTreeMap<String, Vec<usize>>;

/// Width of a head where nothing says otherwise, in vision transformers and in GPT-2.
const HEAD_WIDTH: usize = 64;
/// Buffers that are no part of a model: counters, and masks of older versions.
const PASSED_OVER: [&str; 3] = ["num_batches_tracked", "attn.bias", "attn.masked_bias"];

/// The built-in model whose checkpoint has tensors of these names and shapes, as it is typed: a name, and the sizes by which it
/// differs. Heads cannot be seen in a checkpoint: where they cannot be guessed either, the word `HEADS` stands for them.
#[must_use]
pub fn builtin_model_of(tensors: &BTreeMap<String, Vec<usize>>) -> Option<String> {
    let guesses = [resnets(tensors), vits(tensors), gpt2(tensors), clips(tensors)];
    guesses.into_iter().flatten().flatten().find(|guess| guess.is_of(tensors)).map(|guess| guess.words())
}

/// A model that a file may be of.
struct Guess {
    name: &'static str,
    sizes: ModelSizes,
    /// Whether the heads are known.
    are_heads_known: bool,
}

impl Guess {
    fn new(name: &'static str, sizes: ModelSizes) -> Self {
        Self { name, sizes, are_heads_known: true }
    }

    /// Whether the model of these sizes has these names.
    fn is_of(&self, tensors: &Shapes) -> bool {
        let Some(model) = find(self.name).ok().and_then(|model| model.build(&self.sizes).ok()) else { return false };
        let theirs = model.names.values().map(|name| name.trim_end_matches([' ', 'ᵀ']));
        let is_counted =
            |name: &&str| !PASSED_OVER.iter().any(|ending| name.ends_with(ending)) && *name != "logit_scale";
        // Hugging Face publishes GPT-2 without its head, which is tied, and older files without the word before all names.
        let plain = |name: &str| name.strip_prefix("transformer.").unwrap_or(name).to_owned();
        let is_head = |name: &&str| *name != "lm_head.weight";
        let theirs: BTreeSet<String> = theirs.filter(is_counted).filter(is_head).map(plain).collect();
        let found = tensors.keys().map(String::as_str).filter(is_counted).filter(is_head).map(plain);
        theirs == found.collect()
    }

    fn words(&self) -> String {
        let mut words = self.name.to_owned();
        for (option, value) in self.sizes.given() {
            let value = if option == "--heads" && !self.are_heads_known { "HEADS" } else { &value };
            words += &format!(" {option} {value}");
        }
        words
    }
}

/// The shape of a tensor with so many sides.
fn shape<const N: usize>(tensors: &Shapes, name: &str) -> Option<[usize; N]> {
    tensors.get(name)?.as_slice().try_into().ok()
}

/// How many blocks there are: the numbers that stand between `before` and `after`, from 0 on.
fn depth(tensors: &Shapes, before: &str, after: &str) -> usize {
    (0..).take_while(|block| tensors.contains_key(&format!("{before}{block}{after}"))).count()
}

/// A number where it is not the model's own.
fn unless<T: PartialEq>(found: T, own: T) -> Option<T> {
    (found != own).then_some(found)
}

/// Width and heads where they are not the model's own, and whether the heads are known.
fn width_and_heads(width: usize, own: usize) -> (ModelSizes, bool) {
    if width == own {
        return (ModelSizes::default(), true);
    }
    let is_known = width.is_multiple_of(HEAD_WIDTH);
    let heads = (!is_known).then_some(1);
    (ModelSizes { width: Some(width), heads, ..ModelSizes::default() }, is_known)
}

fn resnets(tensors: &Shapes) -> Option<Vec<Guess>> {
    let [width, channels, ..] = shape::<4>(tensors, "conv1.weight")?;
    let [classes, _] = shape::<2>(tensors, "fc.weight")?;
    let sizes = ModelSizes {
        classes: unless(classes, 1000),
        input: unless(channels, 3).map(|channels| InputSize::Image([channels, 224, 224])),
        width: unless(width, 64),
        ..ModelSizes::default()
    };
    Some(["resnet18", "resnet34", "resnet50"].map(|name| Guess::new(name, sizes)).into())
}

fn vits(tensors: &Shapes) -> Option<Vec<Guess>> {
    let [width, channels, PATCH, PATCH] = shape::<4>(tensors, "patch_embed.proj.weight")? else { return None };
    let [1, tokens, _] = shape::<3>(tensors, "pos_embed")? else { return None };
    let [classes, _] = shape::<2>(tensors, "head.weight")?;
    let side = (tokens - 1).isqrt() * PATCH;
    let (name, own) = if width == 192 { ("vit-tiny", 192) } else { ("vit-small", 384) };
    let (sizes, are_heads_known) = width_and_heads(width, own);
    let sizes = ModelSizes {
        classes: unless(classes, 1000),
        input: unless([channels, side, side], [3, 224, 224]).map(InputSize::Image),
        depth: unless(depth(tensors, "blocks.", ".norm1.weight"), 12),
        ..sizes
    };
    Some(vec![Guess { name, sizes, are_heads_known }])
}

fn gpt2(tensors: &Shapes) -> Option<Vec<Guess>> {
    let before = if tensors.contains_key("wte.weight") { "" } else { "transformer." };
    let [classes, width] = shape::<2>(tensors, &format!("{before}wte.weight"))?;
    let [tokens, _] = shape::<2>(tensors, &format!("{before}wpe.weight"))?;
    // Those of others keep it as linear layers do.
    let first = shape::<2>(tensors, &format!("{before}h.0.attn.c_attn.weight"))?;
    if first != [width, 3 * width] {
        return None;
    }
    let (sizes, are_heads_known) = width_and_heads(width, 768);
    // With a width the table of positions is as long as the text.
    let sizes = ModelSizes { width: sizes.width.or((tokens != 1024).then_some(width)), ..sizes };
    let sizes = ModelSizes {
        classes: unless(classes, 50257),
        input: unless(tokens, 1024).map(InputSize::Tokens),
        depth: unless(depth(tensors, &format!("{before}h."), ".ln_1.weight"), 12),
        ..sizes
    };
    Some(vec![Guess { name: "gpt2", sizes, are_heads_known }])
}

/// Two towers differ in too much for sizes to be read off: the published ones alone, and the small one.
fn clips(tensors: &Shapes) -> Option<Vec<Guess>> {
    let [width, channels, patch, _] = shape::<4>(tensors, "visual.conv1.weight")?;
    let [tokens, _] = shape::<2>(tensors, "visual.positional_embedding")?;
    let [classes, text_width] = shape::<2>(tensors, "token_embedding.weight")?;
    let (name, own_side, own_classes) = match (patch, width, text_width) {
        (32, 384, 256) => ("clip-vit-s-32-alt", 224, 49408),
        (32, 768, 512) => ("clip-vit-b-32", 224, 49408),
        (8, 64, 64) => ("clip-mini", 32, 256),
        _ => return None,
    };
    let side = (tokens - 1).isqrt() * patch;
    let sizes = ModelSizes {
        classes: unless(classes, own_classes),
        input: unless([channels, side, side], [3, own_side, own_side]).map(InputSize::Image),
        ..ModelSizes::default()
    };
    Some(vec![Guess::new(name, sizes)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tensors that were looked at, with their shapes; all others of the model `words` without.
    fn file(words: &str, shapes: &[(&str, &[usize])]) -> Shapes {
        let model = crate::config::builtin_model(words).unwrap();
        let names = model.names.values().map(|name| (name.trim_end_matches(" ᵀ").to_owned(), Vec::new()));
        names.chain(shapes.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec()))).collect()
    }

    /// A model, the tensors that say which it is, and what is guessed.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a [usize])], &'a str);

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn checkpoints_are_known_by_their_names_and_shapes() {
        let gpt = "gpt2 --classes 97 --input 24 --width 32 --depth 2 --heads 4";
        let cases: [Case<'_>; 7] = [
            ("resnet34", &[("conv1.weight", &[64, 3, 7, 7]), ("fc.weight", &[1000, 512])], "resnet34"),
            (
                "resnet50 --classes 10 --width 16",
                &[("conv1.weight", &[16, 1, 7, 7]), ("fc.weight", &[10, 512]), ("bn1.num_batches_tracked", &[])],
                "resnet50 --classes 10 --input 1,224,224 --width 16",
            ),
            (
                "vit-small --depth 3",
                &[
                    ("patch_embed.proj.weight", &[384, 3, 16, 16]),
                    ("pos_embed", &[1, 5, 384]),
                    ("head.weight", &[1000, 384]),
                ],
                "vit-small --input 3,32,32 --depth 3",
            ),
            (
                gpt,
                &[
                    ("transformer.wte.weight", &[97, 32]),
                    ("transformer.wpe.weight", &[24, 32]),
                    ("transformer.h.0.attn.c_attn.weight", &[32, 96]),
                    ("transformer.h.0.attn.bias", &[1, 1, 24, 24]),
                ],
                "gpt2 --classes 97 --input 24 --width 32 --depth 2 --heads HEADS",
            ),
            (
                gpt,
                &[
                    ("transformer.wte.weight", &[97, 32]),
                    ("transformer.wpe.weight", &[24, 32]),
                    // nanoGPT's is no Conv1D.
                    ("transformer.h.0.attn.c_attn.weight", &[96, 32]),
                ],
                "none",
            ),
            (
                "clip-mini",
                &[
                    ("visual.conv1.weight", &[64, 3, 8, 8]),
                    ("visual.positional_embedding", &[17, 64]),
                    ("token_embedding.weight", &[256, 64]),
                    ("logit_scale", &[]),
                ],
                "clip-mini",
            ),
            ("resnet18", &[("conv1.weight", &[64, 3, 7, 7]), ("fc.weight", &[10, 512]), ("more.weight", &[3])], "none"),
        ];
        for (words, shapes, expected) in cases {
            let found = builtin_model_of(&file(words, shapes));
            assert_eq!(found.as_deref().unwrap_or("none"), expected);
        }
        // As the first GPT-2 is published: no word before the names, no head.
        let plain = |name: &str| name.strip_prefix("transformer.").map(str::to_owned);
        let published: Shapes = file(
            "gpt2",
            &[
                ("transformer.wte.weight", &[50257, 768]),
                ("transformer.wpe.weight", &[1024, 768]),
                ("transformer.h.0.attn.c_attn.weight", &[768, 2304]),
                ("transformer.h.0.attn.bias", &[1, 1, 1024, 1024]),
            ],
        );
        let published = published.into_iter().filter_map(|(name, shape)| Some((plain(&name)?, shape))).collect();
        assert_eq!(builtin_model_of(&published).as_deref(), Some("gpt2"));
        assert_eq!(builtin_model_of(&Shapes::new()), None);
    }
}
