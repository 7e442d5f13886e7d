//! How the table is shown.

use super::columns::Column;
use crate::ui::panes::runs::reading::Readings;

/// How the table is shown.
#[derive(Debug, Default)]
pub struct TableState {
    /// The column that rows are sorted by; `None` for the order of the runs.
    pub sort: Option<Column>,
    /// From great to small.
    pub is_descending: bool,
    /// At equal training loss, not at the end.
    pub at_equal_loss: bool,
    /// What was read of the runs.
    pub readings: Readings,
}
