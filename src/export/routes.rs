//! The files of a path of checkpoints and of a line to other weights: tables, arrays and charts.

use std::borrow::Cow;

use serde_json::json;

use super::arrays::{Array, npz};
use super::figure::drawing::Rgb;
use super::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, ExportError, SOFTWARE, charts_png};
use crate::number::{count, significant};
use crate::report::analysis::AnalysisReport;
use crate::report::routes::{LineReport, PathReport};

/// The columns of `path.csv`, in order.
const PATH_HEADER: [&str; 11] =
    ["file", "step", "x", "y", "distance", "loss", "accuracy", "trace", "trace_stderr", "lambda_max", "lambda_min"];
/// What was measured.
const MEASURED: Rgb = [31, 107, 178];
/// What it is held against.
const BESIDE: Rgb = [120, 126, 135];
/// A place that is marked.
const MARK: Rgb = [200, 80, 60];

/// The text of `path.csv`: a row for each checkpoint, with empty cells where nothing was measured or the number is not
/// finite.
///
/// # Errors
/// When the writer's buffer cannot grow.
pub fn path_csv(path: &PathReport) -> csv::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(PATH_HEADER)?;
    let cell = |value: Option<&f64>| value.filter(|value| value.is_finite()).map(f64::to_string).unwrap_or_default();
    for (index, file) in path.files.iter().enumerate() {
        let of = |values: &[f64]| cell(values.get(index));
        let optional = |values: Option<&Vec<f64>>| cell(values.and_then(|values| values.get(index)));
        let at = path.coordinates.get(index);
        writer.write_record([
            file.clone(),
            path.steps.as_ref().map(|steps| steps[index].to_string()).unwrap_or_default(),
            cell(at.map(|at| &at[0])),
            cell(at.map(|at| &at[1])),
            of(&path.distances),
            of(&path.loss),
            optional(path.accuracy.as_ref()),
            optional(path.trace.as_ref().map(|trace| &trace.mean)),
            optional(path.trace.as_ref().map(|trace| &trace.stderr)),
            optional(path.lambda_max.as_ref()),
            optional(path.lambda_min.as_ref()),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|err| csv::Error::from(std::io::Error::other(err.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of `path.npz`: `coordinates` `[m, 2]`, `distances`, `loss`, and `steps`, `accuracy`, `trace`, `trace_stderr`,
/// `lambda_max`, `lambda_min` where there are some, all `[m]`, `explained` `[2]`, and `metadata`, a string of JSON.
///
/// # Errors
/// [`ExportError::Archive`] when the archive cannot be made.
pub fn path_npz(report: &AnalysisReport, path: &PathReport) -> Result<Vec<u8>, ExportError> {
    let places: Vec<f64> = path.coordinates.iter().flatten().copied().collect();
    let mut arrays: Vec<Array<'_>> = vec![
        ("coordinates", vec![path.coordinates.len() as u64, 2], Cow::from(places)),
        ("distances", vec![path.distances.len() as u64], Cow::from(&path.distances)),
        ("loss", vec![path.loss.len() as u64], Cow::from(&path.loss)),
        ("explained", vec![2], Cow::from(&path.explained[..])),
    ];
    if path.steps.is_some() {
        arrays.push(("steps", vec![path.files.len() as u64], Cow::from(path.axis())));
    }
    let further = [
        ("accuracy", path.accuracy.as_ref()),
        ("trace", path.trace.as_ref().map(|trace| &trace.mean)),
        ("trace_stderr", path.trace.as_ref().map(|trace| &trace.stderr)),
        ("lambda_max", path.lambda_max.as_ref()),
        ("lambda_min", path.lambda_min.as_ref()),
    ];
    let there = further.into_iter().filter_map(|(name, values)| Some((name, values?)));
    arrays.extend(there.map(|(name, values)| (name, vec![values.len() as u64], Cow::from(values))));
    let metadata = json!({
        "software": SOFTWARE,
        "files": path.files,
        "objective": report.objective,
        "statistics": path.statistics,
        "probes": path.trace.as_ref().map(|trace| trace.probes),
        "seed": report.seed,
    });
    npz(&arrays, &metadata.to_string())
}

/// The curves of a path as a PNG: loss, accuracy, trace with its standard error and both ends of the spectrum, as far as
/// they were measured, over the steps or the numbers of the checkpoints. `None` before the first loss.
///
/// # Errors
/// [`ExportError::Figure`] when drawing fails.
pub fn path_png(report: &AnalysisReport, path: &PathReport) -> Result<Option<Vec<u8>>, ExportError> {
    if path.loss.is_empty() {
        return Ok(None);
    }
    let x = path.axis();
    let chart = |title: &str, note: String, series: Vec<ChartSeries>| ChartFigure {
        title: title.to_owned(),
        note,
        x_label: if path.steps.is_some() { "Step" } else { "Checkpoint" }.to_owned(),
        series,
        provenance: provenance(report, path.statistics),
        ..ChartFigure::default()
    };
    let mut figures = Vec::new();
    let loss = chart("Loss", "of each checkpoint itself".to_owned(), vec![line("", MEASURED, &x, &path.loss)]);
    figures.push(ChartFigure { log_y: is_wide(&path.loss), ..loss });
    if let Some(accuracy) = &path.accuracy {
        let figure = chart("Accuracy", "of each checkpoint itself".to_owned(), vec![line("", MEASURED, &x, accuracy)]);
        figures.push(ChartFigure { is_percent: true, ..figure });
    }
    if let Some(trace) = &path.trace {
        let note = format!("mean ± standard error of {} probes, the same at each", count(trace.probes as u64));
        let edges = x.iter().zip(&trace.mean).zip(&trace.stderr);
        let series = ChartSeries {
            band: edges.map(|((x, mean), error)| [*x, mean - error, mean + error]).collect(),
            ..line("", MEASURED, &x, &trace.mean)
        };
        figures.push(chart("Trace of the Hessian", note, vec![series]));
    }
    if let (Some(largest), Some(smallest)) = (&path.lambda_max, &path.lambda_min) {
        let ends = vec![line("largest", MEASURED, &x, largest), line("smallest", BESIDE, &x, smallest)];
        figures.push(chart("Eigenvalues of the Hessian", "both ends, by Lanczos".to_owned(), ends));
    }
    charts_png("Path of checkpoints", &figures).map(Some)
}

/// The bytes of `line.npz`: `t`, `loss`, `accuracy` where there is one, all `[n]`, `barrier` with its height and its place,
/// and `metadata`, a string of JSON.
///
/// # Errors
/// [`ExportError::Archive`] when the archive cannot be made.
pub fn line_npz(report: &AnalysisReport, found: &LineReport) -> Result<Vec<u8>, ExportError> {
    let points = found.t.len() as u64;
    let mut arrays: Vec<Array<'_>> =
        vec![("t", vec![points], Cow::from(&found.t)), ("loss", vec![points], Cow::from(&found.loss))];
    arrays.extend(found.accuracy.as_ref().map(|shares| ("accuracy", vec![points], Cow::from(shares))));
    arrays.push(("barrier", vec![2], Cow::from(vec![found.barrier.height, found.barrier.at])));
    let metadata = json!({
        "software": SOFTWARE,
        "from": found.from,
        "to": found.to,
        "distance": found.distance,
        "objective": report.objective,
        "statistics": found.statistics,
    });
    npz(&arrays, &metadata.to_string())
}

/// The line as a PNG: the loss, the straight line between both ends and the barrier's place; beside it the accuracy, where
/// there is one. `None` where no loss is finite.
///
/// # Errors
/// [`ExportError::Figure`] when drawing fails.
pub fn line_png(report: &AnalysisReport, found: &LineReport) -> Result<Option<Vec<u8>>, ExportError> {
    if !found.loss.iter().any(|loss| loss.is_finite()) {
        return Ok(None);
    }
    let (height, at) = (found.barrier.height, found.barrier.at);
    let ends = [found.loss[0], found.loss[found.loss.len() - 1]];
    let straight = ChartSeries {
        stroke: ChartStroke::Dashed,
        has_dots: false,
        ..line("straight line between both ends", BESIDE, &[0.0, 1.0], &ends)
    };
    let loss = ChartSeries { has_dots: false, ..line("on the way", MEASURED, &found.t, &found.loss) };
    let barrier = match height {
        height if height > 0.0 => format!("barrier {} at t {}", significant(height, 4), significant(at, 3)),
        0.0 => "no barrier".to_owned(),
        _ => format!("not finite from t {} on", significant(at, 3)),
    };
    let mark = ChartMarker { x: at, text: barrier.clone(), color: MARK };
    let remark = format!("{barrier}; both ends are {} apart.", significant(found.distance, 4));
    let chart = |title: &str, series: Vec<ChartSeries>| ChartFigure {
        title: title.to_owned(),
        note: format!("on the line from {} to {}", found.from, found.to),
        x_label: "Share of the way".to_owned(),
        x_range: Some([0.0, 1.0]),
        series,
        markers: if height == 0.0 { Vec::new() } else { vec![mark.clone()] },
        remarks: vec![remark.clone()],
        provenance: provenance(report, found.statistics),
        ..ChartFigure::default()
    };
    let mut figures = vec![chart("Loss", vec![straight, loss])];
    if let Some(accuracy) = &found.accuracy {
        let series = ChartSeries { has_dots: false, ..line("", MEASURED, &found.t, accuracy) };
        figures.push(ChartFigure { is_percent: true, ..chart("Accuracy", vec![series]) });
    }
    charts_png("Line between weights", &figures).map(Some)
}

fn line(name: &str, color: Rgb, x: &[f64], y: &[f64]) -> ChartSeries {
    ChartSeries {
        name: name.to_owned(),
        color,
        width: 2.0,
        has_dots: true,
        opacity: 1.0,
        points: x.iter().zip(y).map(|(x, y)| [*x, *y]).collect(),
        ..ChartSeries::default()
    }
}

/// Whether values span so much that only their logarithms show all of them.
fn is_wide(values: &[f64]) -> bool {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
    low > 0.0 && high > 20.0 * low
}

/// On what it was measured, a sentence a line.
fn provenance(report: &AnalysisReport, statistics: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("Objective: {}.", report.objective)];
    lines.extend(statistics.map(|statistics| format!("Batch norm: {statistics}.")));
    lines.push(SOFTWARE.to_owned());
    lines
}
