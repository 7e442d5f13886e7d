//! The panes. None names another, nor the shell.

pub mod charts;
pub mod guide;
pub mod landscape;
pub mod measure;
pub mod notices;
pub mod runs;
pub mod sweep;
pub mod workshop;
