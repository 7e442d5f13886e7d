//! Which entries of a row of weights belong to which tensor.

use std::ops::Range;

use burn::tensor::Tensor;

/// One tensor in a row of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpan {
    /// Its entries.
    pub range: Range<usize>,
    /// Filters or neurons: rows of a tensor of at least two dimensions; 1 for others.
    pub rows: usize,
}

/// The tensors in a row of weights `[1, D]`.
#[derive(Debug, Clone)]
pub struct Tensors {
    /// All of them, in the order of the row.
    pub spans: Vec<TensorSpan>,
    /// 1 for entries of tensors named "weight", 0 for others, `[1, D]`.
    pub is_weight: Tensor<2>,
    /// 1 for entries of tensors of at least two dimensions, 0 for others, `[1, D]`.
    pub is_matrix: Tensor<2>,
}

impl Tensors {
    /// Of each entry of `weights` `[1, D]` the norm of its filter or neuron, for tensors of one dimension that of the tensor.
    #[must_use]
    pub fn filter_norms(&self, weights: &Tensor<2>) -> Tensor<2> {
        let norms = self.spans.iter().map(|TensorSpan { range, rows }| {
            let len = range.len();
            let filters = weights.clone().slice([0..1, range.clone()]).reshape([*rows, len / rows]);
            let norms = (filters.clone() * filters).sum_dim(1).sqrt();
            norms.repeat_dim(1, len / rows).reshape([1, len])
        });
        Tensor::cat(norms.collect(), 1)
    }
}
