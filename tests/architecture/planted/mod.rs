//! The test of the test: planted sources, each with what must be found in it, and clean ones, in which nothing may be.

mod circles;
mod folders;
mod length;
mod paths;
mod tiers;

use super::index::Tree;

/// Sources by their place below `src`.
fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(place, source)| ((*place).to_owned(), (*source).to_owned())).collect()
}

/// The sentences without the spaces that lay them out, a line each.
fn lines(found: &[String]) -> Vec<&str> {
    found.iter().flat_map(|text| text.lines()).map(str::trim).collect()
}
