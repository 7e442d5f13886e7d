//! One slice with everything that a picture or a file of it must say: plain data, filled in by whoever measured it.

use serde_json::{Map, Value, json};

use super::ExportError;
use crate::config::OptimizerKind;
use crate::protocol::{AveragePoint, LossGrid, PathPoint, SliceCaption, SliceGrid};

/// A slice as pictures ([`super::slice_png`], [`super::slice_svg`]) and files ([`super::slice_npz`],
/// [`super::slice_vti`]) take it.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceFigure {
    /// Whose weights: an optimiser, or the name of a file.
    pub name: String,
    /// Settings behind the name, such as "σ 0.02, k 4"; may be empty.
    pub settings: String,
    /// The run's optimiser, which gives the name its colour.
    pub optimizer: Option<OptimizerKind>,
    /// Up to two lines of figures above the picture.
    pub facts: Vec<String>,
    /// Step of the weights, where a run has made them.
    pub step: Option<u64>,
    /// Seed of that run.
    pub seed: Option<u64>,
    /// What else is known of the weights, such as "7 200 gradient evaluations"; may be empty.
    pub origin: String,
    /// Coordinates and losses.
    pub grid: SliceGrid,
    /// Objective with the number of examples, directions with normalisation, seed, norms and angle.
    pub caption: SliceCaption,
    /// ‖w‖ at the centre. Normalised directions hide it, and σ and ρ act on absolute distances.
    pub weight_norm: Option<f64>,
    /// Smallest and largest eigenvalue of the Hessian at the centre: a plane may miss both.
    pub eigenvalues: Option<[f64; 2]>,
    /// Earlier weights, projected.
    pub path: Vec<PathPoint>,
    /// Named points, such as the three minima that a plane goes through: name, coordinates and true loss.
    pub marks: Vec<SliceMark>,
    /// Methods that go uphill first: the ascent step, projected.
    pub ascent: Option<[f64; 2]>,
    /// Methods with noise of a known σ: σ√d along each direction.
    pub noise_radius: Option<[f64; 2]>,
    /// The average of the run's weights, projected.
    pub average: Option<AveragePoint>,
}

/// A named point of a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceMark {
    /// Its name.
    pub name: String,
    /// Its coordinates.
    pub at: [f64; 2],
    /// Its true loss.
    pub loss: f64,
}

impl SliceFigure {
    /// A slice around the weights that `name` names, without anything over it.
    #[must_use]
    pub fn new(name: impl Into<String>, grid: SliceGrid, caption: SliceCaption) -> Self {
        Self {
            name: name.into(),
            settings: String::new(),
            optimizer: None,
            facts: Vec::new(),
            step: None,
            seed: None,
            origin: String::new(),
            grid,
            caption,
            weight_norm: None,
            eigenvalues: None,
            path: Vec::new(),
            marks: Vec::new(),
            ascent: None,
            noise_radius: None,
            average: None,
        }
    }

    /// What the live view shows of a run.
    #[must_use]
    pub fn of_run(optimizer: OptimizerKind, grid: &LossGrid) -> Self {
        let LossGrid { x, y, loss, .. } = grid.clone();
        Self {
            optimizer: Some(optimizer),
            step: Some(grid.step),
            path: grid.path.clone(),
            ascent: grid.ascent,
            noise_radius: grid.noise_radius,
            average: grid.average,
            ..Self::new(optimizer.label(), SliceGrid { x, y, loss, accuracy: None }, grid.caption.clone())
        }
    }

    /// Refuses numbers that are not a grid.
    pub(super) fn check(&self) -> Result<(), ExportError> {
        let SliceGrid { x, y, loss, accuracy } = &self.grid;
        let cells = x.len() * y.len();
        let has_accuracies = accuracy.as_ref().is_none_or(|accuracy| accuracy.len() == cells);
        if cells > 0 && loss.len() == cells && has_accuracies {
            return Ok(());
        }
        let what = format!("a slice has {} losses for {} × {} points", loss.len(), x.len(), y.len());
        Err(ExportError::Figure(what))
    }

    /// Everything but the numbers of the grid, as JSON: in `metadata` of `slice.npz`, in the text chunk `Slice` of a PNG,
    /// in `<metadata>` of an SVG and in the field data of a `.vti`. Numbers that are not finite are null.
    #[must_use]
    pub fn metadata(&self) -> Value {
        let grid = &self.grid;
        let ends = |axis: &[f64]| json!([axis.first(), axis.last()]);
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("software", json!(super::SOFTWARE));
        put("weights", json!(self.name));
        put("settings", json!(self.settings));
        put("origin", json!(self.origin));
        put("optimizer", json!(self.optimizer.map(OptimizerKind::key)));
        put("step", json!(self.step));
        put("seed", json!(self.seed));
        put("objective", json!(self.caption.objective));
        put("directions", json!(self.caption.directions));
        put("directions_seed", json!(self.caption.seed));
        put("direction_norms", json!(self.caption.norms));
        put("direction_angle_degrees", json!(self.caption.angle_degrees));
        put("x_range", ends(&grid.x));
        put("y_range", ends(&grid.y));
        put("points", json!([grid.x.len(), grid.y.len()]));
        put("masked", json!(grid.masked()));
        put("center_loss", json!(grid.center()));
        put("weight_norm", json!(self.weight_norm));
        put("lambda_min", json!(self.eigenvalues.map(|ends| ends[0])));
        put("lambda_max", json!(self.eigenvalues.map(|ends| ends[1])));
        let marks = self.marks.iter().map(|mark| json!({"name": mark.name, "at": mark.at, "loss": mark.loss}));
        put("marks", Value::Array(marks.collect()));
        let average = self.average.map(|AveragePoint { of, point }| {
            let at = [point.x, point.y];
            json!({"of": of.words(), "step": point.step, "at": at, "loss": point.loss, "distance": point.distance})
        });
        put("average", json!(average));
        Value::Object(fields)
    }
}
