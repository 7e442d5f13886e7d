//! The table that compares runs: at the end of each, or at equal training loss.

mod bar;
mod columns;
mod notes;
mod state;
mod text;
mod ui;

pub use state::TableState;
pub use text::{csv, markdown, plain};
pub use ui::{compare_ui, table_width};
