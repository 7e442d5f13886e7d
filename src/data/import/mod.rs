//! Data of the user's own: safetensors, NPZ, CSV, JSON lines, Parquet, IDX (MNIST), CIFAR, folders of images by class, and archives of
//! such files.
//!
//! [`import`] finds out what a path is, by its content first and its name where the content leaves it open, and gives
//! examples that fit a model: shapes, types, labels and finite numbers are checked, and the first thing that is wrong is
//! named with its place. Nothing is standardised; pixels are divided by their largest value, so that they lie in 0 to 1.

mod arrays;
mod check;
mod cifar;
mod columns;
mod csv;
mod detect;
mod foreign;
mod idx;
mod images;
mod json_lines;
mod layout;
mod look;
mod parquet;
mod parts;
mod place;
mod reading;
mod text;
mod tokens;
mod tree;
mod wanted;
mod words;

use std::path::{Path, PathBuf};

use super::Dataset;
use super::arrays::{ArrayError, one_line};
use super::tokens::{TextFacts, TokenizerError};
use crate::config::{ExampleKind, LossKind, Real};
use detect::Kind;
use layout::{Found, Layout};

pub use columns::Columns;
pub use parts::data_files;
pub use wanted::{ReadChoice, Text, Wanted};

/// Examples that fit the model, in 32 or 64 bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported<T = f32> {
    /// The examples.
    pub data: Dataset<T>,
    /// What they were read as, such as "CSV with a header".
    pub format: String,
    /// The classes' names in the order of their numbers; empty where the file has only numbers.
    pub class_names: Vec<String>,
    /// What the user should know of the reading, one sentence each.
    pub notes: Vec<String>,
    /// Names of the features; empty where the file has none.
    pub columns: Vec<String>,
    /// Name of the label; empty where the file has none.
    pub label: String,
    /// What the numbers mean, where they are tokens.
    pub text: Option<TextFacts>,
}

/// Why data cannot be imported. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A file of arrays cannot be read.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// A tokenizer cannot be read.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The content is not what the model needs.
    #[error("{problem}: {}", .path.display())]
    In {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What is wrong with data: the thing, its place, what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The system refuses.
    #[error("cannot read it ({reason}), expected a data file or a folder of images by class")]
    Unreadable {
        /// The system's reason.
        reason: String,
    },
    /// None of the formats.
    #[error("found {found}, {EXPECTED}")]
    Unknown {
        /// What it seems to be.
        found: String,
    },
    /// A kind of file that people have at hand and that is not read.
    #[error("found {what}, {EXPECTED}{}{way}", if .way.is_empty() { "" } else { "; " })]
    Foreign {
        /// What it is.
        what: &'static str,
        /// The way from there to data that are read; may be empty.
        way: &'static str,
    },
    /// It ends too early, or its parts do not fit together.
    #[error("{found}, expected {expected}")]
    Broken {
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// No example.
    #[error("the data set is empty, expected at least one example")]
    Empty,
    /// Cross-entropy with a single class.
    #[error("all {examples} labels are the same class {class}, expected at least two classes for cross-entropy")]
    OneClass {
        /// Number of examples.
        examples: usize,
        /// The class.
        class: String,
    },
    /// An array that must be there.
    #[error("there is no array `{name}`, expected `x` and `y`; found {}", list(.found))]
    Missing {
        /// Its name.
        name: &'static str,
        /// The arrays that are there.
        found: Vec<String>,
    },
    /// Numbers of the wrong type.
    #[error("`{name}` is {found}, expected {expected}")]
    Type {
        /// The array.
        name: &'static str,
        /// Its type.
        found: String,
        /// The types that fit.
        expected: &'static str,
    },
    /// A shape that does not fit the model.
    #[error("{what} {found}, expected {expected}")]
    Shape {
        /// What has the shape, with its verb.
        what: String,
        /// Its shape.
        found: String,
        /// The shape that fits, and why.
        expected: String,
    },
    /// NaN or infinity.
    #[error("{place} of {what} is NaN, infinite or beyond 32 bits, expected finite numbers")]
    NotFinite {
        /// Which example.
        place: String,
        /// "x" or "y".
        what: &'static str,
    },
    /// A label that names no class of the model.
    #[error("{place} has the label {found}, expected {expected}")]
    Label {
        /// Which example.
        place: String,
        /// The label.
        found: String,
        /// The labels that fit.
        expected: String,
    },
    /// A row with another number of fields.
    #[error("line {line} has {found} field{}, expected {expected} as in the first line", if *.found == 1 { "" } else { "s" })]
    Ragged {
        /// The line, from 1.
        line: u64,
        /// Its fields.
        found: usize,
        /// The first line's fields.
        expected: usize,
    },
    /// A text where a number must stand.
    #[error("line {line}, column {column} is {}, expected {expected}", quoted(.found))]
    NotANumber {
        /// The line, from 1.
        line: u64,
        /// The column, from 1, with its name where there is one.
        column: String,
        /// The text.
        found: String,
        /// What was expected, with a hint where there is one.
        expected: String,
    },
    /// Labels that count from 1.
    #[error("labels run from {least} to {most}, expected 0 to {}, the classes of the model's {most} outputs: subtract 1", .most - 1)]
    FromOne {
        /// The least label.
        least: i64,
        /// The greatest one, which is the number of outputs.
        most: i64,
    },
    /// It would take more memory than is allowed.
    #[error("{0}")]
    TooLarge(String),
}

/// What every other kind of file is told.
const EXPECTED: &str = "expected safetensors, NPZ, CSV, JSON lines, Parquet, IDX, CIFAR, a folder of images by class or an archive of such files";

fn quoted(field: &str) -> String {
    if field.is_empty() { "empty".to_owned() } else { format!("`{field}`") }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{}`", one_line(name))).collect::<Vec<_>>().join(", ")
}

/// Reads the examples at `path` for a model, in the precision that is asked for.
///
/// # Errors
/// [`ImportError`]: what is wrong, where, and what was expected, in one sentence.
pub fn import<T: Real>(path: &Path, wanted: &Wanted<'_>) -> Result<Imported<T>, ImportError> {
    import_as(path, wanted, ReadChoice::default())
}

/// As [`import`], with what the user says of the file.
///
/// # Errors
/// As [`import`].
pub fn import_as<T: Real>(
    path: &Path,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Imported<T>, ImportError> {
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    agrees(wanted, choice.examples).map_err(at)?;
    let kind = detect::detect(path).map_err(at)?;
    let raw = match wanted.text {
        Some(text) => reading::tokens(path, &kind, wanted, text, choice),
        None if wanted.is_any() => look::read(path, &kind, wanted, choice),
        None => reading::numbers(path, &kind, wanted, choice),
    };
    raw?.finish(wanted, choice.kind).map_err(at)
}

/// Whether a model takes what the user says that the examples are.
fn agrees(wanted: &Wanted<'_>, said: ExampleKind) -> Result<(), Problem> {
    let taken = match (wanted.loss, wanted.text) {
        (LossKind::Contrastive, _) => ExampleKind::Pairs,
        (_, Some(_)) => ExampleKind::Text,
        (_, None) => ExampleKind::Numbers,
    };
    if wanted.is_any() || said.is_auto() || said == taken {
        return Ok(());
    }
    let (found, expected) =
        (format!("`examples` is {}", said.key()), format!("{}, which the model takes", taken.key()));
    Err(Problem::Broken { found, expected })
}

/// What the user is told of a file that was read, one line each.
pub fn told<'a>(path: &'a Path, format: &'a str, notes: &'a [String]) -> impl Iterator<Item = String> + 'a {
    notes.iter().map(move |note| format!("read {} as {format}: {note}", path.display()))
}

/// Whether a file with arrays of these names holds examples and labels.
#[must_use]
pub fn holds_examples(names: &[String]) -> bool {
    arrays::is_data(names)
}

/// The columns of the table at `path`, as they are read by `choice`; none where it cannot be read as a table.
#[must_use]
pub fn table_columns(path: &Path, choice: ReadChoice<'_>) -> Columns {
    match detect::detect(path) {
        Ok(Kind::Csv) => csv::columns_of(path, choice),
        Ok(Kind::JsonLines) => json_lines::columns(path),
        Ok(Kind::Parquet) => parquet::columns(path),
        Ok(Kind::Folder(Found { layout: Layout::Parquet(shards), .. })) => {
            shards.first().map(|file| parquet::columns(&path.join(file))).unwrap_or_default()
        }
        _ => Columns::default(),
    }
}

/// What a file or folder of data is, by its name and its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFormat {
    /// safetensors or NPZ.
    Arrays,
    /// Text in columns.
    Csv,
    /// An object of JSON a line.
    JsonLines,
    /// Parquet, or a folder of it.
    Parquet,
    /// MNIST's format, or a folder of it.
    Idx,
    /// CIFAR's files, or a folder of them.
    Cifar,
    /// A folder, which should have images by class.
    Images,
    /// An archive, whose files are looked at when they are read.
    Archive,
}

/// Finds out what lies at `path` without reading it whole.
///
/// # Errors
/// [`ImportError`] when it cannot be read or is none of the formats.
pub fn recognise(path: &Path) -> Result<DataFormat, ImportError> {
    let kind = detect::detect(path).map_err(|problem| ImportError::In { path: path.to_owned(), problem })?;
    Ok(match kind {
        Kind::Arrays => DataFormat::Arrays,
        Kind::Csv => DataFormat::Csv,
        Kind::JsonLines => DataFormat::JsonLines,
        Kind::Parquet => DataFormat::Parquet,
        Kind::Idx => DataFormat::Idx,
        Kind::Cifar => DataFormat::Cifar,
        Kind::Archive(_) => DataFormat::Archive,
        Kind::Folder(found) => match found.layout {
            Layout::Idx(_) => DataFormat::Idx,
            Layout::Cifar(_) => DataFormat::Cifar,
            Layout::Parquet(_) => DataFormat::Parquet,
            Layout::Images(_) => DataFormat::Images,
        },
    })
}
