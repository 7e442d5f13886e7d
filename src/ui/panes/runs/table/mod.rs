//! The table that compares runs: at the end of each, or at equal training loss.

mod bar;
mod columns;
mod falls;
mod notes;
mod reading;
mod text;
mod ui;

pub use text::{csv, markdown};
pub use ui::{compare_ui, table_width};

use columns::Column;
use reading::Readings;

/// How the table is shown.
#[derive(Debug, Default)]
pub struct TableState {
    /// The column that rows are sorted by; `None` for the order of the runs.
    sort: Option<Column>,
    /// From great to small.
    is_descending: bool,
    /// At equal training loss, not at the end.
    at_equal_loss: bool,
    /// What was read of the runs.
    readings: Readings,
}
