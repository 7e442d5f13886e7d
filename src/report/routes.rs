//! What an analysis found beyond one row of weights: along a path of checkpoints, on the line to other weights, and on the
//! plane through three. Plain data, in the order in which `report.json` has it.

use serde::Serialize;

/// The path of a training through its checkpoints; lists have one entry a checkpoint, fewer where the user stopped it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathReport {
    /// The files, in order.
    pub files: Vec<String>,
    /// The step of each, where the names of a folder tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<u64>>,
    /// The loss of each checkpoint itself, not the loss at its place on the plane.
    pub loss: Vec<f64>,
    /// Share of right answers, 0 to 1; only for classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Vec<f64>>,
    /// Share of the squared distances from the weights that each direction of the plane explains.
    pub explained: [f64; 2],
    /// Where each checkpoint lies on the plane, around the weights; distances, as the directions have length 1.
    pub coordinates: Vec<[f64; 2]>,
    /// How far each lies from the plane.
    pub distances: Vec<f64>,
    /// Root mean square of those distances, over the checkpoints that are not the weights themselves.
    pub residual: f64,
    /// Hutchinson's estimate of Tr ∇²L at each, all by the same probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<PathTrace>,
    /// The largest eigenvalue of the Hessian at each (Lanczos).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_max: Option<Vec<f64>>,
    /// The smallest eigenvalue at each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_min: Option<Vec<f64>>,
    /// ‖Hv − λv‖, the greater of both at each: an eigenvalue lies within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_residuals: Option<Vec<f64>>,
    /// Where batch norm's means and variances come from; only with batch norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<&'static str>,
}

/// Traces along a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathTrace {
    /// Mean over the probes at each checkpoint.
    pub mean: Vec<f64>,
    /// Standard error of each.
    pub stderr: Vec<f64>,
    /// Probes at each.
    pub probes: usize,
}

impl PathReport {
    /// What stands on the axis of curves: steps where they are known, else the number of each checkpoint from 1 on.
    #[must_use]
    pub fn axis(&self) -> Vec<f64> {
        match &self.steps {
            Some(steps) => steps.iter().map(|step| *step as f64).collect(),
            None => (1..=self.files.len()).map(|number| number as f64).collect(),
        }
    }
}

/// The straight line from the weights, t = 0, to other ones, t = 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineReport {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// ‖to − from‖.
    pub distance: f64,
    /// Shares of the way, 0 to 1.
    pub t: Vec<f64>,
    /// The loss at each.
    pub loss: Vec<f64>,
    /// Share of right answers at each; only for classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Vec<f64>>,
    /// Points whose loss is NaN or infinite.
    pub masked: usize,
    /// How far the loss rises above the straight line between the losses of both ends.
    pub barrier: BarrierReport,
    /// The loss of both ends, each by its own running statistics of batch norm: frozen ones of the first do not belong to the
    /// second.
    pub end_losses: [f64; 2],
    /// Where batch norm's means and variances come from along the line; only with batch norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<&'static str>,
}

/// max over t of L(t) − ((1 − t)·L(0) + t·L(1)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BarrierReport {
    /// How high it is; null where a loss on the way is NaN or infinite.
    pub height: f64,
    /// The t where it is highest.
    pub at: f64,
}

/// The plane through three sets of weights, on which the slice is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaneReport {
    /// The three: the weights, those of `--to`, those of `--third`.
    pub files: [String; 3],
    /// Where they lie, in units of the slice's directions, which both have the length of the way from the first to the
    /// second.
    pub points: [[f64; 2]; 3],
    /// The loss of each itself.
    pub loss: Vec<f64>,
    /// Share of right answers of each; only for classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Vec<f64>>,
    /// Where batch norm's means and variances of the three come from; only with batch norm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<&'static str>,
}
