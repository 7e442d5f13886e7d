//! What a layer of attention is told beside its numbers.

/// How tokens look at each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttentionSettings {
    /// Heads, each of which sees its own part of the width; a divisor of it.
    pub heads: usize,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
}

impl AttentionSettings {
    /// 1/√(D/H), by which the scores of tokens of width D are multiplied.
    pub(super) fn scale(self, width: usize) -> f64 {
        ((width / self.heads) as f64).sqrt().recip()
    }
}
