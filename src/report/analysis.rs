//! What an analysis of one model found: plain data, in the order in which `report.json` has it.
//!
//! The engine fills it in; it stands here because the files of an analysis may not depend on the engine. Every part is there
//! when it was asked for.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::routes::{LineReport, PathReport, PlaneReport};
use crate::protocol::{Estimate, SliceCaption, SliceGrid};

/// The document `report.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnalysisReport {
    /// D, the trainable parameters.
    pub parameters: usize,
    /// L(w), the mean loss over the examples, with weight decay where that was asked for.
    pub loss: f64,
    /// Share of right answers, 0 to 1; only for classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// ‖∇L(w)‖.
    pub gradient_norm: f64,
    /// Hutchinson's estimate of Tr ∇²L.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceReport>,
    /// The trace of each parameter tensor's diagonal block, in the order of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_traces: Option<LayerTraceReport>,
    /// Both ends of the spectrum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eigenvalues: Option<EigenReport>,
    /// The exact Hessian's figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense: Option<DenseReport>,
    /// The Hessian times one given vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hvp: Option<HvpReport>,
    /// The loss at SAM's ascent step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<SharpnessSection>,
    /// What noise pairs of one σ say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<NoiseReport>,
    /// The slice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<SliceReport>,
    /// The path of a training through its checkpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathReport>,
    /// The straight line to other weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineReport>,
    /// The plane through three sets of weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plane: Option<PlaneReport>,
    /// Parts beyond those, by name: "bound", "density", "distribution", "lines", "second_subset", "sweep".
    #[serde(flatten)]
    pub more: serde_json::Map<String, Value>,
    /// The objective in words.
    pub objective: String,
    /// Examples that it is the mean over.
    pub examples: usize,
    /// "frozen" or "batch": where batch norm's means and variances come from; only with batch norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<&'static str>,
    /// c of an added c/2·‖w‖².
    pub weight_decay: f64,
    /// ‖w‖.
    pub weight_norm: f64,
    /// "f32" or "f64".
    pub precision: &'static str,
    /// Name of the device that computed it.
    pub device: String,
    /// Seed of the subset, probes, noise and directions.
    pub seed: u64,
    /// What was done to the files of weights on their way: stripped from names, left out, put together of parts.
    pub weights_notes: Vec<String>,
    /// Whether the user stopped it: estimates then have fewer probes, and parts may be missing.
    pub interrupted: bool,
    /// Numbers of the document that are NaN or infinite, and so null: counted when it is written.
    pub not_finite: usize,
    /// What the picture needs of the slice beside its numbers.
    #[serde(skip)]
    pub figure: Option<(SliceGrid, SliceCaption)>,
}

impl AnalysisReport {
    /// The smallest and the largest eigenvalue, where they were measured.
    #[must_use]
    pub fn ends(&self) -> Option<[f64; 2]> {
        let of_dense = |dense: &DenseReport| Some([*dense.eigenvalues.first()?, *dense.eigenvalues.last()?]);
        let of_ends = |ends: &EigenReport| Some([*ends.smallest.first()?, *ends.largest.first()?]);
        self.dense.as_ref().and_then(of_dense).or_else(|| self.eigenvalues.as_ref().and_then(of_ends))
    }
}

/// A trace.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TraceReport {
    /// Mean over the probes.
    pub mean: f64,
    /// Its standard error.
    pub stderr: f64,
    /// Probes.
    pub probes: usize,
}

impl From<Estimate> for TraceReport {
    fn from(Estimate { mean, stderr, samples }: Estimate) -> Self {
        Self { mean, stderr, probes: samples }
    }
}

/// Traces by name, in the order of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerTraceReport(pub Vec<(String, Estimate)>);

impl Serialize for LayerTraceReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Block {
            mean: f64,
            stderr: f64,
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, Estimate { mean, stderr, .. }) in &self.0 {
            map.serialize_entry(name, &Block { mean: *mean, stderr: *stderr })?;
        }
        map.end()
    }
}

/// Both ends of the spectrum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EigenReport {
    /// The largest eigenvalues, descending.
    pub largest: Vec<f64>,
    /// The smallest, ascending.
    pub smallest: Vec<f64>,
    /// ‖Hv − λv‖ of each, with a product of its own: those of `largest`, then those of `smallest`.
    pub residuals: Vec<f64>,
    /// Hessian-vector products spent.
    pub products: usize,
    /// Whether all residuals reached the tolerance.
    pub converged: bool,
}

/// The exact Hessian.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DenseReport {
    /// Sum of its diagonal.
    pub trace: f64,
    /// All eigenvalues, ascending.
    pub eigenvalues: Vec<f64>,
    /// √Σ Hᵢⱼ².
    pub frobenius: f64,
}

/// The Hessian times one vector v.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HvpReport {
    /// vᵀHv.
    pub vhv: f64,
    /// ‖Hv‖.
    pub hv_norm: f64,
    /// ∇L·v.
    pub gv: f64,
}

/// SAM's sharpness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SharpnessSection {
    /// ρ, the length of the ascent step.
    pub rho: f64,
    /// L(w + ρ∇L/‖∇L‖).
    pub sam_loss: f64,
    /// `sam_loss` − L(w).
    pub increase: f64,
}

/// What noise pairs say: U ~ N(0, σ²I) over all parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoiseReport {
    /// σ.
    pub sigma: f64,
    /// Pairs.
    pub pairs: usize,
    /// Variance of the odd part (L(w+U) − L(w−U))/2.
    pub odd_var: f64,
    /// Mean of the even part (L(w+U) + L(w−U))/2 − L(w).
    pub even_mean: f64,
    /// 2·mean(e)/σ².
    pub trace: f64,
    /// Its standard error.
    pub trace_stderr: f64,
    /// Further figures of the same pairs.
    #[serde(flatten)]
    pub more: serde_json::Map<String, Value>,
}

/// A slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceReport {
    /// Coordinates along the first direction.
    pub x: Vec<f64>,
    /// Coordinates along the second direction.
    pub y: Vec<f64>,
    /// Losses, one row for each y.
    pub loss: Vec<Vec<f64>>,
    /// Cells that are NaN or infinite.
    pub masked: usize,
    /// Accuracies in the same order; only for classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Vec<Vec<f64>>>,
    /// How the directions were scaled: "none", "filter", "layer", "model".
    pub normalization: &'static str,
    /// What the directions are, in words.
    pub directions: String,
    /// Norms of the directions: absolute distance = coordinate × norm.
    pub norms: [f64; 2],
    /// Angle between them.
    pub angle_degrees: f64,
}
