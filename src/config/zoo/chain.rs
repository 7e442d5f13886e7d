//! Layers in the making, with what a published checkpoint calls their tensors.

use std::collections::BTreeMap;

use crate::config::LayerText;

/// A tensor: its name within its layer, and the whole name in the checkpoint.
type Tensor = (String, String);

/// A list of layers.
#[derive(Default)]
pub struct Chain {
    layers: Vec<LayerText>,
    /// Place of the layer, name below it, name in the checkpoint.
    names: Vec<(usize, String, String)>,
}

impl Chain {
    /// How many layers there are so far.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Adds a layer without tensors, or one whose tensors nobody else names.
    pub fn plain(&mut self, text: &str) {
        self.layers.push(text.into());
    }

    /// Adds a layer.
    pub fn named(&mut self, text: &str, tensors: impl IntoIterator<Item = Tensor>) {
        let place = self.layers.len();
        self.names.extend(tensors.into_iter().map(|(ours, theirs)| (place, ours, theirs)));
        self.plain(text);
    }

    /// Adds a residual block; without layers in `shortcut` its input itself is added.
    pub fn block(&mut self, body: Self, shortcut: Self) {
        let place = self.layers.len();
        let mut layers = body.layers;
        let mut names = body.names;
        if !shortcut.layers.is_empty() {
            let first = layers.len() + 1;
            layers.push("shortcut".into());
            layers.extend(shortcut.layers);
            names.extend(shortcut.names.into_iter().map(|(at, ours, theirs)| (first + at, ours, theirs)));
        }
        self.names.extend(names.into_iter().map(|(at, ours, theirs)| (place, format!("{at}.{ours}"), theirs)));
        self.layers.push(LayerText::Block(layers));
    }

    /// The layers, and the names with `before` in front of ours.
    pub fn finish(self, before: &str) -> (Vec<LayerText>, BTreeMap<String, String>) {
        let names = self.names.into_iter().map(|(at, ours, theirs)| (format!("{before}{at}.{ours}"), theirs));
        (self.layers, names.collect())
    }
}

/// The tensors `parts` of a module of theirs.
pub fn module(theirs: &str, parts: &[&str]) -> Vec<Tensor> {
    parts.iter().map(|part| ((*part).to_owned(), format!("{theirs}.{part}"))).collect()
}

/// Weight and bias of a module of theirs.
pub fn affine(theirs: &str) -> Vec<Tensor> {
    module(theirs, &["weight", "bias"])
}

/// Weight and bias of a module of theirs that keeps its weight transposed.
pub fn affine_transposed(theirs: &str) -> Vec<Tensor> {
    vec![transposed("weight", &format!("{theirs}.weight")), ("bias".to_owned(), format!("{theirs}.bias"))]
}

/// A tensor of theirs.
pub fn tensor(ours: &str, theirs: &str) -> Tensor {
    (ours.to_owned(), theirs.to_owned())
}

/// A tensor that is the transposed of theirs.
pub fn transposed(ours: &str, theirs: &str) -> Tensor {
    (ours.to_owned(), format!("{theirs} ᵀ"))
}

/// What the two halves of a transformer's block are called: each is a module with a layer norm before it, added to its input.
pub struct BlockNames<'a> {
    /// Before all of them, such as `blocks.0.`.
    pub before: &'a str,
    /// The norm before the attention.
    pub first_norm: &'a str,
    /// The norm before the two linear layers.
    pub second_norm: &'a str,
    /// Names of the attention's tensors, after `before`.
    pub attention: Vec<Tensor>,
    /// Names of the widening linear layer's tensors, after `before`.
    pub widen: Vec<Tensor>,
    /// Names of the narrowing one's.
    pub narrow: Vec<Tensor>,
}

/// Settings of a transformer's block.
#[derive(Clone, Copy)]
pub struct BlockSizes<'a> {
    /// Numbers of a token.
    pub width: usize,
    /// Heads of the attention.
    pub heads: usize,
    /// Whether a token sees only those before it.
    pub causal: bool,
    /// The text of its norms.
    pub norm: &'a str,
    /// The text of its nonlinearity.
    pub nonlinearity: &'a str,
}

/// Adds a pre-norm transformer block, which is two residual blocks.
pub fn transformer_block(chain: &mut Chain, sizes: BlockSizes<'_>, names: BlockNames<'_>) {
    let BlockSizes { width, heads, causal, norm, nonlinearity } = sizes;
    let before = |tensors: Vec<Tensor>| {
        let place = |(ours, theirs): Tensor| (ours, format!("{}{theirs}", names.before));
        tensors.into_iter().map(place).collect::<Vec<_>>()
    };
    let mut body = Chain::default();
    body.named(norm, before(affine(names.first_norm)));
    let word = if causal { " causal" } else { "" };
    body.named(&format!("attention {heads}{word}"), before(names.attention));
    chain.block(body, Chain::default());
    let mut body = Chain::default();
    body.named(norm, before(affine(names.second_norm)));
    body.named(&format!("linear {}", 4 * width), before(names.widen));
    body.plain(nonlinearity);
    body.named(&format!("linear {width}"), before(names.narrow));
    chain.block(body, Chain::default());
}
