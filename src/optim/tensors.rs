//! Which entries of a row of weights belong to which tensor.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::model::{Architecture, Compute};

/// The tensors in a row of weights `[1, D]`.
#[derive(Debug, Clone)]
pub struct Tensors {
    spans: Vec<Span>,
    compute: Compute,
    len: usize,
}

/// One tensor.
#[derive(Debug, Clone)]
struct Span {
    range: Range<usize>,
    /// Filters or neurons: rows of a tensor of at least two dimensions; 1 for others.
    rows: usize,
    is_weight: bool,
    is_matrix: bool,
}

impl Tensors {
    /// Those of a network, in the order of its parameters.
    #[must_use]
    pub fn new(architecture: &Architecture, compute: Compute) -> Self {
        let spans = architecture.parameters.iter().map(|parameter| {
            let is_matrix = parameter.shape.len() > 1;
            Span {
                range: parameter.range(),
                rows: if is_matrix { parameter.shape[0] } else { 1 },
                is_weight: parameter.name.contains("weight"),
                is_matrix,
            }
        });
        Self { spans: spans.collect(), compute, len: architecture.num_parameters() }
    }

    /// 1 for entries of tensors named "weight", 0 for others, `[1, D]`.
    #[must_use]
    pub fn is_weight(&self) -> Tensor<2> {
        self.mask(|span| span.is_weight)
    }

    /// 1 for entries of tensors of at least two dimensions, 0 for others, `[1, D]`.
    #[must_use]
    pub fn is_matrix(&self) -> Tensor<2> {
        self.mask(|span| span.is_matrix)
    }

    fn mask(&self, counts: impl Fn(&Span) -> bool) -> Tensor<2> {
        let mut mask = vec![0.0; self.len];
        for span in self.spans.iter().filter(|span| counts(span)) {
            mask[span.range.clone()].fill(1.0);
        }
        self.compute.tensor(mask, [1, self.len])
    }

    /// Of each entry of `weights` `[1, D]` the norm of its filter or neuron, for tensors of one dimension that of the tensor.
    #[must_use]
    pub fn filter_norms(&self, weights: &Tensor<2>) -> Tensor<2> {
        let norms = self.spans.iter().map(|span| {
            let len = span.range.len();
            let filters = weights.clone().slice([0..1, span.range.clone()]).reshape([span.rows, len / span.rows]);
            let norms = (filters.clone() * filters).sum_dim(1).sqrt();
            norms.repeat_dim(1, len / span.rows).reshape([1, len])
        });
        Tensor::cat(norms.collect(), 1)
    }
}
