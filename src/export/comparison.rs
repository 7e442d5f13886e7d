//! The files of a comparison: `summary.json`, `curves.csv` and `landscape.png`.

use super::{ExportError, OutputDir, curves_csv, landscape_png, summary_json};
use crate::config::Experiment;
use crate::report::results::CompareResult;

/// Names of the files of a comparison.
pub const FILE_NAMES: [&str; 3] = ["summary.json", "curves.csv", "landscape.png"];

/// Writes all files of a comparison into `dir`, all or none. Returns the names of those written; the picture is left
/// out where no run has a slice.
///
/// # Errors
/// [`ExportError`] when one cannot be made or written.
pub fn write_comparison(
    dir: &OutputDir,
    experiment: &Experiment,
    result: &CompareResult,
) -> Result<Vec<&'static str>, ExportError> {
    let [summary, curves, landscape] = FILE_NAMES;
    let mut files =
        vec![(summary, summary_json(experiment, result)?.into_bytes()), (curves, curves_csv(result)?.into_bytes())];
    if let Some(png) = landscape_png(experiment, result)? {
        files.push((landscape, png));
    }
    dir.write_all(&files)?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}
