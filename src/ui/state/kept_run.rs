//! What the window remembers of a run while another experiment takes it over.

use super::run_view::Identity;
use crate::config::OptimizerKind;

/// What the window remembers of a run while another experiment takes it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRun {
    /// Its optimizer.
    pub optimizer: OptimizerKind,
    /// Its name and colour.
    pub identity: Identity,
    /// It is not drawn.
    pub is_hidden: bool,
    /// Its knobs are shown.
    pub is_selected: bool,
}
