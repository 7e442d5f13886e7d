//! The files of an analysis: `report.json`, the slice as pictures and arrays, and what belongs to a path and to a line, where
//! there are some.
//!
//! Numbers that are NaN or infinite are written as null and counted in `not_finite`.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::Formatter;

use super::{
    ExportError, OutputDir, SliceFigure, SliceMark, line_npz, line_png, path_csv, path_npz, path_png, slice_npz,
    slice_png, slice_svg, slice_vti,
};
use crate::number::{significant, with_error};
use crate::protocol::PathPoint;
use crate::report::analysis::AnalysisReport;
use crate::report::routes::{PathReport, PlaneReport};

/// Names of the files of an analysis; those of a slice, a path and a line only where there is one.
pub const ANALYSIS_FILES: [&str; 10] = [
    "report.json",
    "slice.png",
    "slice.svg",
    "slice.npz",
    "slice.vti",
    "path.csv",
    "path.png",
    "path.npz",
    "line.png",
    "line.npz",
];

/// A file's name and what is in it.
type File = (&'static str, Vec<u8>);

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
    let json = report_json(report)?.into_bytes();
    let files = [vec![(ANALYSIS_FILES[0], json)], slice_files(report, name)?, route_files(report)?].concat();
    dir.write_all(&files)?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

fn slice_files(report: &AnalysisReport, name: &str) -> Result<Vec<File>, ExportError> {
    let [_, png, svg, npz, vti, ..] = ANALYSIS_FILES;
    let Some((grid, caption)) = &report.figure else { return Ok(Vec::new()) };
    let mut figure = SliceFigure::new(name, grid.clone(), caption.clone());
    figure.weight_norm = Some(report.weight_norm);
    figure.eigenvalues = report.ends();
    figure.facts = facts(report);
    figure.path = report.path.as_ref().map_or_else(Vec::new, path_points);
    figure.marks = report.plane.as_ref().map_or_else(Vec::new, marks);
    // Without a finite cell there is nothing to draw, and the arrays still tell where.
    let mut files = Vec::new();
    files.extend(slice_png(&figure)?.map(|bytes| (png, bytes)));
    files.extend(slice_svg(&figure)?.map(|text| (svg, text.into_bytes())));
    files.push((npz, slice_npz(&figure)?));
    files.push((vti, slice_vti(&figure)?.into_bytes()));
    Ok(files)
}

fn route_files(report: &AnalysisReport) -> Result<Vec<File>, ExportError> {
    let [.., csv, path_picture, path_arrays, line_picture, line_arrays] = ANALYSIS_FILES;
    let mut files = Vec::new();
    if let Some(path) = &report.path {
        files.push((csv, path_csv(path)?.into_bytes()));
        files.extend(path_png(report, path)?.map(|bytes| (path_picture, bytes)));
        files.push((path_arrays, path_npz(report, path)?));
    }
    if let Some(line) = &report.line {
        files.extend(line_png(report, line)?.map(|bytes| (line_picture, bytes)));
        files.push((line_arrays, line_npz(report, line)?));
    }
    Ok(files)
}

/// The checkpoints on the slice, each with its own loss.
fn path_points(path: &PathReport) -> Vec<PathPoint> {
    let found = path.coordinates.iter().zip(&path.loss).zip(&path.distances).zip(path.axis());
    found.map(|(((&[x, y], &loss), &distance), step)| PathPoint { step: step as u64, x, y, loss, distance }).collect()
}

/// The three sets of weights on the slice through them, each with its own loss.
fn marks(plane: &PlaneReport) -> Vec<SliceMark> {
    let short = plane.files.each_ref().map(|file| {
        Path::new(file).file_name().map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned())
    });
    // Files of one name in different folders keep their folders.
    let is_clear = short[0] != short[1] && short[1] != short[2] && short[0] != short[2];
    let names = if is_clear { &short } else { &plane.files };
    let found = names.iter().zip(plane.points).zip(&plane.loss);
    found.map(|((name, at), &loss)| SliceMark { name: name.clone(), at, loss }).collect()
}

/// The figures above the picture.
fn facts(report: &AnalysisReport) -> Vec<String> {
    let accuracy = report.accuracy.map(|share| format!(", accuracy {:.2} %", 100.0 * share)).unwrap_or_default();
    let mut facts = vec![format!("loss {}{accuracy}", significant(report.loss, 4))];
    facts.extend(report.trace.map(|trace| format!("trace {}", with_error(trace.mean, trace.stderr))));
    facts
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
