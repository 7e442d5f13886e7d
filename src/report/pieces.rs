//! Pieces of one analysis that are measured apart, and what each finds.
//!
//! What is kept are the values of single probes, cells and vectors, never sums over some of them: whoever puts pieces together
//! adds up in the order of the whole, and gets its last digit.

use serde::{Deserialize, Serialize};

use super::analysis::EigenReport;

/// A piece of an analysis. Ranges are of probes, rows or vectors, the end not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "piece", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "ends of ranges")]
pub enum Piece {
    /// Loss, accuracy and the norm of the gradient.
    Basics,
    /// All eigenvalues that are asked for: each product of Lanczos waits for the one before.
    Eigenvalues,
    /// Probes of the trace.
    Trace { from: usize, to: usize },
    /// Probes of the trace of each tensor.
    LayerTraces { from: usize, to: usize },
    /// Rows of the slice.
    SliceRows { from: usize, to: usize },
    /// Vectors of the density.
    Density { from: usize, to: usize },
}

impl Piece {
    /// What it is, in words.
    #[must_use]
    pub fn words(self) -> String {
        let of = |what: &str, from: usize, to: usize| format!("{what} {from} to {}", to.saturating_sub(1));
        match self {
            Self::Basics => "loss and gradient".to_owned(),
            Self::Eigenvalues => "eigenvalues".to_owned(),
            Self::Trace { from, to } => of("trace, probes", from, to),
            Self::LayerTraces { from, to } => of("trace of each layer, probes", from, to),
            Self::SliceRows { from, to } => of("slice, rows", from, to),
            Self::Density { from, to } => of("density, vectors", from, to),
        }
    }
}

/// What a piece found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "piece", rename_all = "kebab-case")]
pub enum PieceFound {
    /// Of [`Piece::Basics`].
    Basics {
        /// L(w).
        loss: f64,
        /// Share of right answers; only for classification.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accuracy: Option<f64>,
        /// ‖∇L(w)‖.
        gradient_norm: f64,
    },
    /// Of [`Piece::Eigenvalues`].
    Eigenvalues(EigenReport),
    /// Of [`Piece::Trace`].
    Trace {
        /// Mean of vᵀHv over each group of probes.
        values: Vec<f64>,
        /// Probes of each group.
        sizes: Vec<usize>,
    },
    /// Of [`Piece::LayerTraces`].
    LayerTraces {
        /// ⟨vₗ, (Hv)ₗ⟩ of each probe and tensor.
        values: Vec<Vec<f64>>,
    },
    /// Of [`Piece::SliceRows`].
    SliceRows {
        /// Losses, row by row.
        loss: Vec<f64>,
        /// Accuracies in the same order; only for classification.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accuracy: Option<Vec<f64>>,
    },
    /// Of [`Piece::Density`].
    Density {
        /// The nodes of each vector, each with its value and its weight.
        nodes: Vec<Vec<[f64; 2]>>,
    },
}
