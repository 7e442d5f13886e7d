//! Files made from plain data: what a comparison and an analysis leave behind, and what is saved from the window.
//!
//! Each is made in memory or in a temporary file beside its final place and moved there when it is complete, so that
//! nothing half written is ever seen and nothing of the user's is lost.

mod analysis;
mod animation;
mod arrays;
mod comparison;
mod curves;
mod error;
mod figure;
mod landscape;
mod output;
mod picture;
mod routes;
mod slice;
mod software;

#[cfg(test)]
mod sample;

pub use analysis::{ANALYSIS_FILES, report_json, write_analysis};
pub use animation::{Animation, Animator};
pub use arrays::{slice_npz, slice_vti};
pub use comparison::{
    FILE_NAMES, Summary, TUNING_FILE, TextTable, comparison_title, end_table, equal_loss_table, report_html,
    summary_json, tuning_csv, weights_name, write_comparison,
};
pub use curves::{CURVES_HEADER, curves_csv};
pub use error::ExportError;
pub use figure::drawing;
pub use figure::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, chart_png, chart_svg, charts_png};
pub use figure::{slice_png, slice_svg, slices_png, slices_svg};
pub use landscape::{comparison_figures, landscape_png};
pub use output::{OutputDir, OutputError, write_file};
pub use picture::{Picture, Provenance, picture_png};
pub use routes::{line_npz, line_png, path_csv, path_npz, path_png};
pub use slice::{SliceFigure, SliceMark};
pub use software::SOFTWARE;
