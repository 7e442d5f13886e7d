//! The files that a comparison leaves behind: `summary.json`, `curves.csv` and `landscape.png`.
//!
//! Each is made in memory or in a temporary file beside its final place and moved there when it is complete, so that
//! nothing half written is ever seen and nothing of the user's is lost.

mod animation;
mod arrays;
mod curves;
mod figure;
pub mod number;
mod output;
mod picture;
mod slice;
mod summary;

#[cfg(test)]
mod sample;

pub use animation::{Animation, Animator};
pub use arrays::{base64, slice_npz, slice_vti};
pub use curves::{CURVES_HEADER, curves_csv};
pub use figure::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, chart_png, chart_svg};
pub use figure::{comparison_figures, landscape_png, slice_png, slice_svg, slices_png, slices_svg};
pub use output::{OutputDir, OutputError, write_file};
pub use picture::{Picture, Provenance, picture_png};
pub use slice::{SliceFigure, SliceMark};
pub use summary::{Summary, summary_json};

use crate::config::Experiment;
use crate::report::results::CompareResult;

/// What made a file, as the file says it.
pub const SOFTWARE: &str = concat!("Flatscape ", env!("CARGO_PKG_VERSION"));

/// Names of the files of a comparison.
pub const FILE_NAMES: [&str; 3] = ["summary.json", "curves.csv", "landscape.png"];

/// Why the files of a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The table of curves could not be made.
    #[error("cannot make curves.csv: {0}")]
    Csv(#[from] csv::Error),
    /// The summary could not be made.
    #[error("cannot make summary.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A picture could not be made.
    #[error("cannot draw the landscape: {0}")]
    Figure(String),
    /// An archive of arrays could not be made.
    #[error("cannot make the arrays of the slice: {0}")]
    Archive(String),
}

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
