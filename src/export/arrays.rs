//! `slice.npz` for NumPy and `.vti` for ParaView.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Cursor, Seek, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use npyz::npz::file_name_from_array_name;
use npyz::{DType, TypeStr, WriteOptions, WriterBuilder as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{ExportError, SliceFigure};
use crate::protocol::AveragePoint;

/// The bytes of `slice.npz`: `x`, `y`, `loss` `[ny, nx]`, `accuracy` `[ny, nx]` where it was measured, `path` with one row
/// of step, x, y, loss and distance a point where there is one, `average` with the same five numbers of the average of the
/// weights where the run keeps one, and `metadata`, a string of JSON. Masked cells hold what was computed: NaN or an
/// infinity.
///
/// In Python: `f = numpy.load("slice.npz"); json.loads(f["metadata"].item())`.
///
/// # Errors
/// [`ExportError::Figure`] when the numbers are not a grid, [`ExportError::Archive`] when the archive cannot be made.
pub fn slice_npz(figure: &SliceFigure) -> Result<Vec<u8>, ExportError> {
    figure.check()?;
    let grid = &figure.grid;
    let (columns, rows) = (grid.x.len() as u64, grid.y.len() as u64);
    let mut arrays: Vec<Array<'_>> = vec![
        ("x", vec![columns], Cow::from(&grid.x)),
        ("y", vec![rows], Cow::from(&grid.y)),
        ("loss", vec![rows, columns], Cow::from(&grid.loss)),
    ];
    arrays.extend(grid.accuracy.as_ref().map(|shares| ("accuracy", vec![rows, columns], Cow::from(shares))));
    if !figure.path.is_empty() {
        let points = figure.path.iter();
        let path: Vec<f64> =
            points.flat_map(|point| [point.step as f64, point.x, point.y, point.loss, point.distance]).collect();
        arrays.push(("path", vec![figure.path.len() as u64, 5], Cow::from(path)));
    }
    if let Some(AveragePoint { point, .. }) = figure.average {
        let average = vec![point.step as f64, point.x, point.y, point.loss, point.distance];
        arrays.push(("average", vec![5], Cow::from(average)));
    }
    npz(&arrays, &figure.metadata().to_string())
}

/// An array of 64-bit floats of an archive: name, shape, and numbers row by row.
pub(super) type Array<'a> = (&'static str, Vec<u64>, Cow<'a, [f64]>);

/// The bytes of an NPZ archive of some arrays, and of `metadata`, a string.
pub(super) fn npz(arrays: &[Array<'_>], metadata: &str) -> Result<Vec<u8>, ExportError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, values) in arrays {
        put(&mut archive, name, shape, values)?;
    }
    put_text(&mut archive, "metadata", metadata)?;
    let bytes = archive.finish().map_err(|err| ExportError::Archive(err.to_string()))?;
    Ok(bytes.into_inner())
}

fn put<W: Write + Seek>(
    archive: &mut ZipWriter<W>,
    name: &str,
    shape: &[u64],
    values: &[f64],
) -> Result<(), ExportError> {
    let failed = |err: std::io::Error| ExportError::Archive(err.to_string());
    begin(archive, name)?;
    let array = WriteOptions::new().default_dtype().shape(shape).writer(archive);
    let mut writer = array.begin_nd().map_err(failed)?;
    writer.extend(values.iter().copied()).map_err(failed)?;
    writer.finish().map_err(failed)
}

/// Begins the member of an array, deflated as NumPy's `savez_compressed` does.
fn begin<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str) -> Result<(), ExportError> {
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let begun = archive.start_file(file_name_from_array_name(name), deflated);
    begun.map_err(|err| ExportError::Archive(err.to_string()))
}

/// A string as an array without dimensions, `<U…`.
fn put_text<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str, text: &str) -> Result<(), ExportError> {
    let failed = |err: std::io::Error| ExportError::Archive(err.to_string());
    let kind = format!("<U{}", text.chars().count().max(1)).parse::<TypeStr>();
    let kind = kind.map_err(|err| ExportError::Archive(err.to_string()))?;
    begin(archive, name)?;
    let array = WriteOptions::new().dtype(DType::Plain(kind)).shape(&[]).writer(archive);
    let mut writer = array.begin_nd().map_err(failed)?;
    writer.push(text).map_err(failed)?;
    writer.finish().map_err(failed)
}

/// The text of a `.vti` file (VTK XML image data): `loss`, NaN where it is masked, `mask`, 1 where it is masked, and
/// `accuracy` where it was measured, all as point data, with the metadata as a string in the field data.
///
/// The arrays are binary in base64, because VTK's reader of ASCII arrays does not take NaN.
///
/// # Errors
/// [`ExportError::Figure`] when the numbers are not a grid, or its coordinates are not evenly spaced.
pub fn slice_vti(figure: &SliceFigure) -> Result<String, ExportError> {
    figure.check()?;
    let grid = &figure.grid;
    let (spacing_x, spacing_y) = (spacing("x", &grid.x)?, spacing("y", &grid.y)?);
    let extent = format!("0 {} 0 {} 0 0", grid.x.len() - 1, grid.y.len() - 1);
    let mut file = String::new();
    let mut line = |text: std::fmt::Arguments| writeln!(file, "{text}").expect("a string takes everything");
    line(format_args!("<?xml version=\"1.0\"?>"));
    line(format_args!(
        "<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">"
    ));
    line(format_args!(
        "<ImageData WholeExtent=\"{extent}\" Origin=\"{} {} 0\" Spacing=\"{spacing_x} {spacing_y} 1\">",
        grid.x[0], grid.y[0]
    ));
    let text = figure.metadata().to_string();
    let letters: Vec<String> = text.bytes().chain([0]).map(|byte| byte.to_string()).collect();
    line(format_args!(
        "<FieldData><DataArray type=\"String\" Name=\"metadata\" NumberOfTuples=\"1\" format=\"ascii\">{}</DataArray></FieldData>",
        letters.join(" ")
    ));
    line(format_args!("<Piece Extent=\"{extent}\">\n<PointData Scalars=\"loss\">"));
    let mut array = |name: &str, kind: &str, bytes: Vec<u8>| {
        let mut block = (bytes.len() as u64).to_le_bytes().to_vec();
        block.extend(bytes);
        let data = BASE64_STANDARD.encode(&block);
        line(format_args!("<DataArray type=\"{kind}\" Name=\"{name}\" format=\"binary\">{data}</DataArray>"));
    };
    let masked = |loss: &f64| if loss.is_finite() { *loss } else { f64::NAN };
    array("loss", "Float64", grid.loss.iter().flat_map(|loss| masked(loss).to_le_bytes()).collect());
    array("mask", "UInt8", grid.loss.iter().map(|loss| u8::from(!loss.is_finite())).collect());
    if let Some(accuracy) = &grid.accuracy {
        array("accuracy", "Float64", accuracy.iter().flat_map(|share| share.to_le_bytes()).collect());
    }
    file += "</PointData>\n</Piece>\n</ImageData>\n</VTKFile>\n";
    Ok(file)
}

/// Distance between two coordinates; 1 for a single one.
fn spacing(name: &str, axis: &[f64]) -> Result<f64, ExportError> {
    let (Some(first), Some(last)) = (axis.first(), axis.last()) else { return Ok(1.0) };
    if axis.len() == 1 {
        return Ok(1.0);
    }
    let step = (last - first) / (axis.len() - 1) as f64;
    let is_even = axis.windows(2).all(|pair| (pair[1] - pair[0] - step).abs() <= 1e-9 * step.abs());
    if is_even && step > 0.0 {
        return Ok(step);
    }
    Err(ExportError::Figure(format!(
        "the coordinates along {name} are not evenly spaced and ascending, as .vti needs them"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::protocol::{Averaged, PathPoint};

    /// A slice with a path, accuracies, an infinity and letters beyond ASCII.
    fn figure() -> SliceFigure {
        let mut figure = sample::figures().remove(0);
        figure.grid.accuracy = Some(figure.grid.loss.iter().map(|loss| 1.0 / (1.0 + loss)).collect());
        figure.grid.loss[3] = f64::INFINITY;
        figure.grid.y.pop();
        let cells = figure.grid.x.len() * figure.grid.y.len();
        figure.grid.loss.truncate(cells);
        figure.grid.accuracy.as_mut().unwrap().truncate(cells);
        figure.name = "\"π\" & <weights>".to_owned();
        let point = PathPoint { step: 40, x: 0.1, y: -0.2, loss: 0.3, distance: 0.4 };
        figure.average = Some(AveragePoint { of: Averaged::Steps { beta: 0.99 }, point });
        figure
    }

    #[test]
    fn the_archive_is_read_back_number_by_number() {
        let figure = figure();
        let bytes = slice_npz(&figure).unwrap();
        sample::keep("slice.npz", &bytes);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut read = |name: &str| {
            let array = npyz::NpyFile::new(archive.by_name(&format!("{name}.npy")).unwrap()).unwrap();
            (array.shape().to_vec(), array.into_vec::<f64>().unwrap())
        };
        let same = |found: &[f64], expected: &[f64]| {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
        };
        let grid = &figure.grid;
        assert!(same(&read("x").1, &grid.x) && same(&read("y").1, &grid.y));
        let (shape, loss) = read("loss");
        assert_eq!(shape, [grid.y.len() as u64, grid.x.len() as u64], "a row per y");
        assert!(same(&loss, &grid.loss));
        assert!(same(&read("accuracy").1, grid.accuracy.as_ref().unwrap()));
        let (shape, path) = read("path");
        assert_eq!(shape, [figure.path.len() as u64, 5]);
        assert_eq!(
            path[5..10],
            [
                figure.path[1].step as f64,
                figure.path[1].x,
                figure.path[1].y,
                figure.path[1].loss,
                figure.path[1].distance
            ]
        );
        assert_eq!(read("average"), (vec![5], vec![40.0, 0.1, -0.2, 0.3, 0.4]));
        let metadata = npyz::NpyFile::new(archive.by_name("metadata.npy").unwrap()).unwrap();
        let metadata: Vec<String> = metadata.into_vec().unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&metadata[0]).unwrap(), figure.metadata());
    }

    #[test]
    fn the_image_data_hold_the_losses_and_the_mask() {
        let figure = figure();
        let text = slice_vti(&figure).unwrap();
        sample::keep("slice.vti", text.as_bytes());
        assert!(text.contains("WholeExtent=\"0 32 0 31 0 0\"") && text.contains("Origin=\"-2 -2 0\""), "{text}");
        assert!(text.contains("Spacing=\"0.125 0.125 1\""));
        let array = |name: &str| {
            let start = text.find(&format!("Name=\"{name}\"")).unwrap();
            let data = &text[start..];
            BASE64_STANDARD.decode(&data[data.find('>').unwrap() + 1..data.find('<').unwrap()]).unwrap()
        };
        let (loss, mask) = (array("loss"), array("mask"));
        assert_eq!(loss[..8], (8 * figure.grid.loss.len() as u64).to_le_bytes());
        let loss: Vec<f64> =
            loss[8..].chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect();
        for ((found, expected), mask) in loss.iter().zip(&figure.grid.loss).zip(&mask[8..]) {
            assert_eq!(*mask == 1, !expected.is_finite());
            assert!(if expected.is_finite() { found == expected } else { found.is_nan() });
        }
        assert_eq!(mask[8..].iter().filter(|mask| **mask == 1).count(), figure.grid.masked());
    }

    #[test]
    fn uneven_coordinates_are_no_image_and_poor_grids_no_archive() {
        let mut figure = figure();
        figure.grid.x[1] += 0.01;
        assert!(slice_vti(&figure).unwrap_err().to_string().contains("along x are not evenly spaced"));
        assert!(slice_npz(&figure).is_ok());
        figure.grid.loss.pop();
        assert!(slice_npz(&figure).is_err() && slice_vti(&figure).is_err());
    }
}
