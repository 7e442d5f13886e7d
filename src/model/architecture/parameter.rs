//! Tensors of a state dict and their places in flat vectors.

/// A tensor of the state dict and its place in a flat vector: a parameter, or a buffer of batch norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// PyTorch's name, such as `0.weight`.
    pub name: String,
    /// Shape: weight of linear `[out, in]`, of conv `[out, in/groups, kh, kw]`, bias `[out]`; of a norm `[channels]`, of a
    /// layer norm the shape of an example.
    pub shape: Vec<usize>,
    /// Its other names, where it is tied: one parameter that several layers read.
    pub also: Vec<String>,
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
    /// Uniform in ±√(6/(rows + columns)), as `nn.MultiheadAttention` begins.
    Xavier,
    /// Normal with standard deviation 0.02, as GPT-2's and vision transformers' tables begin. PyTorch's `nn.Embedding` alone
    /// has 1, with which logits of a tied table begin far too large.
    Small,
    /// Standard normal numbers.
    Normal,
    /// The logarithm of 1/0.07, by which similarities are multiplied at first (Radford et al. 2021).
    LogitScale,
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

    /// Whether its name holds "weight", by which ASAM's authors tell what is scaled; scales of norms are, too.
    #[must_use]
    pub fn is_named_weight(&self) -> bool {
        self.name.contains("weight")
    }

    /// Its place in the flat vector.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// All names of it, its own first: several where it is tied.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        [&self.name].into_iter().chain(&self.also).map(String::as_str).collect()
    }

    /// Numbers in one output row (one filter or neuron); 1 for a bias.
    #[must_use]
    pub fn row_len(&self) -> usize {
        self.shape[1..].iter().product()
    }
}

/// What a tensor that a layer reads is to its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Role {
    /// The trained parameter at this place of their list.
    Trained(usize),
    /// The frozen tensor at this place of theirs.
    Frozen(usize),
}

/// A trainable tensor of a layer, before it has a place.
pub(super) struct Trainable {
    /// Name within the layer, such as `weight`.
    pub kind: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it begins as.
    pub initial: Initial,
    /// Inputs of one output.
    pub fan_in: usize,
}

impl Trainable {
    /// A tensor of a layer.
    pub const fn new(kind: &'static str, shape: Vec<usize>, initial: Initial, fan_in: usize) -> Self {
        Self { kind, shape, initial, fan_in }
    }
}
