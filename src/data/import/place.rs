//! How sentences call an example.

use super::super::arrays::{one_line, shown};

/// How the examples of a file are named.
pub(super) enum Place {
    /// By their row, from 0.
    Row,
    /// By their line, from 1.
    Lines(Vec<u64>),
    /// By their file.
    Files(Vec<String>),
    /// By their row in one of several files: the first row of each, and its name.
    Shards(Vec<(usize, String)>),
}

impl Place {
    /// The words for example `index`.
    pub(super) fn name(&self, index: usize) -> String {
        match self {
            Self::Row => format!("row {index} (counted from 0)"),
            Self::Lines(lines) => format!("line {}", lines[index]),
            Self::Files(files) => format!("`{}`", shown(&files[index])),
            Self::Shards(shards) => {
                let shard = shards.partition_point(|(start, _)| *start <= index).saturating_sub(1);
                let (start, file) = &shards[shard];
                format!("row {} (counted from 0) of `{}`", index - start, one_line(file))
            }
        }
    }
}
