//! Figures of single examples, as a table that can be sorted.

use std::sync::Arc;

/// A table of examples.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct FoundTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<FoundRow>,
}

/// One example.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FoundRow {
    /// Its place among the measured examples, from 0.
    pub example: usize,
    /// Its class, where the examples have some.
    pub class: Option<usize>,
    /// The class that the network says.
    pub said: Option<usize>,
    /// A figure for each column.
    pub values: Vec<f64>,
    /// Its standard error; NaN where it has none.
    pub errors: Vec<f64>,
    /// The example as a picture, where it is one and stands near an end of some column.
    pub picture: Option<Arc<Thumbnail>>,
}

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Thumbnail {
    /// Pixels in a row.
    pub width: usize,
    /// Red, green and blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}
