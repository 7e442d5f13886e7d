//! One file to send: what ran and what was found, on a page that opens anywhere and asks for nothing.
//!
//! Words, tables and the picture of the slices are HTML and need no script. Charts to hover and surfaces to turn are drawn by
//! plotly.js, which stands once within the page, from one piece of JSON: the numbers of the tables, the curves, the slices. The
//! page's own policy forbids it all requests.

mod charts;
mod html;
mod json;
mod told;

pub use html::report_page;
pub use told::{Again, Curve, CurvePoint, Edit, Quantity, Report, ReportRun, ReportTable};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::data_of;
