//! The JSON within the page, which its script draws from.

use serde::Serialize;
use serde_json::{Value, json};

use super::charts::{Chart, rounded};
use super::told::{Report, ReportRun};
use crate::export::SliceFigure;
use crate::export::drawing::color;
use crate::export::figure::Sheet;

/// Surfaces at most: browsers draw about sixteen pictures of this kind at once, and other pages want some too.
pub const MOST_SURFACES: usize = 8;
/// Colours of the scale that are told; between them the page interpolates as the pictures do.
const COLORS: u32 = 33;

#[derive(Serialize)]
struct Data<'a> {
    /// As in `summary.json`.
    summary: &'a Value,
    axes: Value,
    charts: &'a [Chart],
    runs: Vec<Value>,
    slices: Vec<Value>,
    /// The common scale of the slices.
    scale: Value,
    /// How many of the slices are drawn as surfaces.
    surfaces: usize,
}

/// The text of it, which cannot end the element that it stands in. `sheet` is that of the slices.
pub fn data_json(report: &Report, charts: &[Chart], sheet: Option<&Sheet<'_>>) -> serde_json::Result<String> {
    let slices: Vec<Value> = sheet.map_or_else(Vec::new, |_| report.slices.iter().map(slice).collect());
    let data = Data {
        summary: &report.numbers,
        axes: json!({"step": "Step", "evaluations": "Gradient evaluations"}),
        charts,
        runs: report.runs.iter().map(run).collect(),
        surfaces: num_surfaces(report, sheet),
        slices,
        scale: sheet.map_or(Value::Null, scale),
    };
    // In strings alone, where JSON reads it as the same letter.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c"))
}

/// How many slices are drawn as surfaces.
pub fn num_surfaces(report: &Report, sheet: Option<&Sheet<'_>>) -> usize {
    sheet.map_or(0, |_| report.slices.len().min(MOST_SURFACES))
}

fn run(run: &ReportRun) -> Value {
    let edits: Vec<Value> = run
        .edits
        .iter()
        .map(|edit| json!({"step": edit.step, "evaluations": edit.evaluations, "words": edit.words}))
        .collect();
    json!({"name": run.name, "colors": run.colors.map(color), "opacity": run.opacity, "edits": edits})
}

/// Masked cells are null.
fn slice(figure: &SliceFigure) -> Value {
    let numbers = |values: &[f64]| values.iter().map(|value| rounded(*value)).collect::<Vec<f64>>();
    let grid = &figure.grid;
    let path = |value: fn(&crate::protocol::PathPoint) -> f64| {
        figure.path.iter().map(|point| rounded(value(point))).collect::<Vec<f64>>()
    };
    json!({
        "name": figure.name,
        "axes": ["direction 1", "direction 2"],
        "x": numbers(&grid.x),
        "y": numbers(&grid.y),
        "loss": grid.rows().map(numbers).collect::<Vec<_>>(),
        "path": {
            "step": figure.path.iter().map(|point| point.step).collect::<Vec<_>>(),
            "x": path(|point| point.x),
            "y": path(|point| point.y),
            "loss": path(|point| point.loss),
            "distance": path(|point| point.distance),
        },
    })
}

fn scale(sheet: &Sheet<'_>) -> Value {
    let scale = sheet.scale();
    let [low, high] = scale.ends().map(f64::log10);
    let colors: Vec<Value> = (0..COLORS)
        .map(|place| f64::from(place) / f64::from(COLORS - 1))
        .map(|share| json!([share, color(scale.color(scale.at_share(share)))]))
        .collect();
    json!({"low": low, "high": high, "floor": scale.floor, "ticks": scale.ticks(), "colors": colors})
}
