//! Files made from plain data: what a comparison and an analysis leave behind, and what is saved from the window.
//!
//! Each is made in memory or in a temporary file beside its final place and moved there when it is complete, so that
//! nothing half written is ever seen and nothing of the user's is lost.

mod analysis;
mod animation;
mod arrays;
mod claims;
mod comparison;
mod curves;
mod error;
mod figure;
mod landscape;
mod output;
mod page;
mod picture;
mod report_page;
mod routes;
mod slice;
mod software;
mod sweep;
mod text_table;

#[cfg(test)]
pub(crate) mod sample;

pub use analysis::{ANALYSIS_FILES, report_json, write_analysis};
pub use animation::{Animation, Animator};
pub use arrays::{slice_npz, slice_vti};
pub use claims::{
    CLAIM_FILES, KIND_CHART, StudyFound, claims_csv, claims_html, claims_json, claims_markdown, kind_charts,
};
pub use comparison::{
    FILE_NAMES, Rerun, Summary, TUNING_FILE, command_line, comparison_title, end_table, equal_loss_table, report_html,
    summary_json, tuning_csv, weights_name, write_comparison, written_words,
};
pub use curves::{CURVES_HEADER, curves_csv};
pub use error::ExportError;
pub use figure::drawing;
pub use figure::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, chart_png, chart_svg, charts_png};
pub use figure::{slice_png, slice_svg, slices_png, slices_svg};
pub use landscape::{comparison_figures, landscape_png};
pub use output::{OutputDir, OutputError, write_file};
pub use picture::{Picture, Provenance, picture_png, printed_png};
pub use report_page::{Again, Curve, CurvePoint, Edit, Quantity, Report, ReportRun, ReportTable, report_page};
pub use routes::{line_npz, line_png, path_csv, path_npz, path_png};
pub use slice::{SliceFigure, SliceMark};
pub use software::{SOFTWARE, build};
pub use sweep::sweep_csv;
pub use text_table::TextTable;
