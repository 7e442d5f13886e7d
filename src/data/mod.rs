//! Data sets, their split into training and test examples, and the order in which training visits them.
//!
//! [`load()`] builds the examples that a configuration describes; [`BatchStream`] says which of them a step uses.
//! Everything random is a function of the seed alone; `streams` says how.

pub mod arrays;
mod augment;
mod batch;
mod dataset;
mod digits;
mod error;
mod generated;
mod import;
pub mod limit;
mod load;
mod preview;
mod source;
mod split;
mod streams;
#[cfg(test)]
mod tests;
mod tokens;

pub use augment::{Augmentation, augment, blank};
pub use batch::{Batch, BatchStream};
pub use dataset::{Dataset, Labels};
pub use error::DataError;
pub use import::{
    Columns, DataFormat, ImportError, Imported, Problem, ReadChoice, Text, Wanted, holds_examples, import, import_as,
    recognise, table_columns, told,
};
pub use load::load;
pub use preview::{preview, preview_of};
pub use source::Source;
pub use split::Split;
pub use tokens::{LEFT_OUT, PADDING, TextFacts, Tokenizer, TokenizerError};
