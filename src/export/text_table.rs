//! Tables as text, before they are aligned or become HTML or Markdown.

/// A table as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTable {
    /// What stands above it; empty where nothing does.
    pub title: String,
    /// Its rows, the header first; all have the same number of cells.
    pub rows: Vec<Vec<String>>,
    /// Sentences below it.
    pub notes: Vec<String>,
}
