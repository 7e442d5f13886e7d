//! Data sets, their split into training and test examples, and the order in which training visits them.
//!
//! [`load()`] builds the examples that a configuration describes, resized and normalised as it says; [`BatchStream`] says which of
//! them a step uses, and [`augment()`] changes those that are images. Everything random is a function of the seed alone; `streams`
//! says how.

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
mod prepare;
mod preview;
mod resample;
mod source;
mod split;
mod streams;
#[cfg(test)]
mod tests;
mod tokens;
mod written;

pub use augment::{Augmentation, augment};
pub use batch::{Batch, BatchStream};
pub use dataset::{Dataset, Labels};
pub use error::{DataError, Normalising};
pub use generated::{Question, ZeroShot};
pub use import::{
    Columns, DataFormat, ImportError, Imported, Problem, ReadChoice, Text, Wanted, data_files, holds_examples, import,
    import_as, recognise, table_columns, told,
};
pub use load::load;
pub use prepare::blank;
pub use preview::{preview, preview_of};
pub use source::Source;
pub use split::Split;
pub use tokens::{AnswerSigns, LEFT_OUT, PADDING, TextFacts, Tokenizer, TokenizerError};
pub use written::{FileKind, Numbers, Written, file as written_file, written};
