//! What an analysis of one model found: plain data, and the text of `report.json`.
//!
//! The engine fills it in; it stands here because the files of a session may not depend on the engine. Every part is there
//! when it was asked for. Numbers that are NaN or infinite are written as null and counted in `not_finite`.

use std::io::{self, Write};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::ser::Formatter;

use crate::export::number::{significant, with_error};
use crate::export::{ExportError, OutputDir, SliceFigure, slice_npz, slice_png, slice_svg, slice_vti};
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
    /// Whether the user stopped it: estimates then have fewer probes, and parts may be missing.
    pub interrupted: bool,
    /// Numbers of this document that are NaN or infinite, and so null.
    pub not_finite: usize,
    /// What the picture needs of the slice beside its numbers.
    #[serde(skip)]
    pub figure: Option<(SliceGrid, SliceCaption)>,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// The text of `report.json`: one line for each key, so that long lists do not hide the rest. Counts what is null.
///
/// # Errors
/// Never for a report that the engine made; the serialiser's signature has it.
///
/// # Panics
/// Never: the serialiser writes UTF-8.
pub fn report_json(report: &mut AnalysisReport) -> serde_json::Result<String> {
    report.not_finite = count_nulls(&serde_json::to_value(&*report)?);
    let mut bytes = Vec::new();
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, KeyLines::default()))?;
    bytes.push(b'\n');
    Ok(String::from_utf8(bytes).expect("the serialiser writes UTF-8"))
}

/// Breaks lines at the keys of the outermost object, and nowhere else.
#[derive(Debug, Default)]
struct KeyLines {
    depth: usize,
}

impl Formatter for KeyLines {
    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(if self.depth == 0 { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b"," })?;
        writer.write_all(match (self.depth, first) {
            (1, _) => b"\n  ",
            (_, true) => b"",
            (_, false) => b" ",
        })
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }
}

fn count_nulls(value: &Value) -> usize {
    match value {
        Value::Null => 1,
        Value::Array(items) => items.iter().map(count_nulls).sum(),
        Value::Object(fields) => fields.values().map(count_nulls).sum(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Names of the files of an analysis; those of the slice only where there is one.
pub const ANALYSIS_FILES: [&str; 5] = ["report.json", "slice.png", "slice.svg", "slice.npz", "slice.vti"];

/// Writes all files of an analysis into `dir`, all or none, and returns the names of those written. `name` says in the
/// picture whose weights they are.
///
/// # Errors
/// [`ExportError`] when one cannot be made or written.
pub fn write_analysis(
    dir: &OutputDir,
    report: &mut AnalysisReport,
    name: &str,
) -> Result<Vec<&'static str>, ExportError> {
    let [json, png, svg, npz, vti] = ANALYSIS_FILES;
    let mut files = vec![(json, report_json(report)?.into_bytes())];
    if let Some((grid, caption)) = &report.figure {
        let mut figure = SliceFigure::new(name, grid.clone(), caption.clone());
        figure.weight_norm = Some(report.weight_norm);
        figure.eigenvalues = report.ends();
        figure.facts = report.facts();
        // Without a finite cell there is nothing to draw, and the arrays still tell where.
        files.extend(slice_png(&figure)?.map(|bytes| (png, bytes)));
        files.extend(slice_svg(&figure)?.map(|text| (svg, text.into_bytes())));
        files.push((npz, slice_npz(&figure)?));
        files.push((vti, slice_vti(&figure)?.into_bytes()));
    }
    dir.write_all(&files)?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

impl AnalysisReport {
    /// The smallest and the largest eigenvalue, where they were measured.
    fn ends(&self) -> Option<[f64; 2]> {
        let of_dense = |dense: &DenseReport| Some([*dense.eigenvalues.first()?, *dense.eigenvalues.last()?]);
        let of_ends = |ends: &EigenReport| Some([*ends.smallest.first()?, *ends.largest.first()?]);
        self.dense.as_ref().and_then(of_dense).or_else(|| self.eigenvalues.as_ref().and_then(of_ends))
    }

    /// The figures above the picture.
    fn facts(&self) -> Vec<String> {
        let accuracy = self.accuracy.map(|share| format!(", accuracy {:.2} %", 100.0 * share)).unwrap_or_default();
        let mut facts = vec![format!("loss {}{accuracy}", significant(self.loss, 4))];
        facts.extend(self.trace.map(|trace| format!("trace {}", with_error(trace.mean, trace.stderr))));
        facts
    }
}
