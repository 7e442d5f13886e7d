//! Parquet as Hugging Face publishes image sets and tables: a column of images (`{bytes, path}`, or their bytes alone), of
//! lists of numbers such as `Array2D`, or columns of numbers; and a label.
//!
//! Only the columns that are read leave the disk, in batches of bounded size. What their pages promise to hold is added up
//! before one of them is unpacked.

mod choose;
mod file;
mod labels;
mod look;
mod pages;
mod schema;
mod shards;
mod texts;
mod values;

use std::path::Path;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::super::arrays::one_line;
use super::super::limit;
use super::super::tokens::Tokenizer;
use super::arrays::{Fitted, fit, truths, unscaled};
use super::check::{Fit, Names, Place, Raw};
use super::images::Pixels;
use super::tree::Tree;
use super::{Columns, Problem, ReadChoice, Text, Wanted};
use crate::config::Real;
use choose::Plan;
use file::{Sizes, Table};
use labels::Labels;
use schema::{Column, Kind};
use values::{Number, Uneven, first_null, floats, image_bytes, in_lists, leaf, number};

pub(super) use file::MAGIC;
pub(super) use look::{tokens_kind, tokens_kind_of_file};
pub(super) use shards::Shards;

/// Bytes of a label in memory at most, of words the least.
const LABEL: u64 = 32;

/// The columns that may be the label of a file; none where it cannot be read.
pub(super) fn columns(path: &Path) -> Columns {
    let Ok(table) = Table::open(path) else { return Columns::default() };
    let (candidates, label) = choose::candidates(&table.columns);
    let is_one = |name: &str| candidates.iter().filter(|column| column.name == name).count() == 1;
    let name = |column: &&Column| {
        if is_one(&column.name) { column.name.clone() } else { (column.place + 1).to_string() }
    };
    Columns { is_table: false, names: candidates.iter().map(name).collect(), has_header: true, label }
}

/// Reads a file, with the others of its set.
pub(super) fn read_file<T: Real>(
    tree: &Tree,
    file: &Path,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, Problem> {
    read(tree, &Shards::with(tree, file)?, wanted, choice)
}

/// Reads a set of text as tokens; `file` is one file, with the others of its set.
pub(super) fn read_text_file<T: Real>(
    tree: &Tree,
    file: &Path,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
    into: (Text<'_>, Arc<Tokenizer>),
) -> Result<Raw<T>, Problem> {
    texts::read(tree, &Shards::with(tree, file)?, wanted, choice, into)
}

/// Reads a set of text as tokens.
pub(super) fn read_text<T: Real>(
    tree: &Tree,
    shards: &Shards,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
    into: (Text<'_>, Arc<Tokenizer>),
) -> Result<Raw<T>, Problem> {
    texts::read(tree, shards, wanted, choice, into)
}

/// Reads a set.
pub(super) fn read<T: Real>(
    tree: &Tree,
    shards: &Shards,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, Problem> {
    let tables = open(tree, shards)?;
    let plan = Plan::of(&tables[0].columns, choice.column)?;
    let mut columns: Vec<&Column> = plan.examples.iter().chain([&plan.label]).collect();
    columns.sort_by_key(|column| column.place);
    same(&tables, &columns)?;
    let sizes = tables.iter().map(|table| table.sizes(&columns)).collect::<Result<Vec<_>, _>>()?;
    let rows = tables.iter().map(|table| table.rows).sum::<u64>();
    let place = place(&tables);
    let mut reading = Reading::new(&plan, rows, &place, wanted)?;
    allow::<T>(&plan, rows, &sizes)?;
    for (table, sizes) in tables.iter().zip(sizes) {
        for batch in table.batches(&columns, sizes)? {
            let batch = batch?;
            let column = |column: &Column| {
                let at = columns.iter().position(|other| other.place == column.place).unwrap_or(usize::MAX);
                batch.columns().get(at).ok_or_else(|| file::broken(&table.name, &"a column is missing"))
            };
            reading.labels.push(reading.known(&plan.label, column(&plan.label)?)?)?;
            for (at, of) in plan.examples.iter().enumerate() {
                reading.push(at, of, column(of)?)?;
            }
            reading.row += batch.num_rows();
        }
    }
    let (labels, kind) = (reading.labels.finish(wanted, choice.kind)?, plan.kind());
    let Content { x, shape, fit, notes } = reading.content.finish(&plan, wanted)?;
    let feature = |column: &Column| column.name.clone();
    let columns = if kind == Kind::Numbers { plan.examples.iter().map(feature).collect() } else { Vec::new() };
    let names = Names { columns, label: plan.label.name.clone() };
    let notes = [&shards.notes[..], &plan.notes].concat().into_iter().chain(labels.note).chain(notes).collect();
    let (y, class_names, format) = (labels.labels, labels.class_names, "Parquet".to_owned());
    Ok(Raw { x, shape, fit, y, format, class_names, notes, place, names, text: None })
}

/// Opens the files of a set, of which there is at least one.
fn open(tree: &Tree, shards: &Shards) -> Result<Vec<Table>, Problem> {
    let tables = shards.files.iter().map(|file| Table::open(&tree.place(file))).collect::<Result<Vec<_>, _>>()?;
    if tables.is_empty() { Err(Problem::Empty) } else { Ok(tables) }
}

/// Whether columns are the same in all files of a set.
fn same(tables: &[Table], columns: &[&Column]) -> Result<(), Problem> {
    for table in tables {
        if let Some(other) = columns.iter().find(|column| table.columns.get(column.place) != Some(column)) {
            return Err(Problem::Broken {
                found: format!("column {} is another one in `{}`", other.words(), one_line(&table.name)),
                expected: format!("the columns of `{}` in all files of the set", one_line(&tables[0].name)),
            });
        }
    }
    Ok(())
}

/// How the rows of a set are named: by their file where there are several.
fn place(tables: &[Table]) -> Place {
    let [_, _, ..] = tables else { return Place::Row };
    let mut row = 0;
    let start = |table: &Table| {
        let start = (row, table.name.clone());
        row += table.rows as usize;
        start
    };
    Place::Shards(tables.iter().map(start).collect())
}

/// Asks for the memory of the labels and, of a table or of lists, of all numbers. Images ask by their own headers.
fn allow<T>(plan: &Plan, rows: u64, sizes: &[Sizes]) -> Result<(), Problem> {
    let numbers = match plan.kind() {
        Kind::Numbers => rows.saturating_mul(plan.examples.len() as u64),
        Kind::Images => 0,
        _ => sizes.iter().map(|sizes| sizes.values).fold(0, u64::saturating_add),
    };
    let words = if plan.label.kind == Kind::Text { sizes.iter().map(|sizes| sizes.bytes).sum() } else { 0 };
    let needed = numbers.saturating_mul(size_of::<T>() as u64).saturating_add(rows.saturating_mul(LABEL));
    limit::allow("the table", needed.saturating_add(words)).map_err(Problem::TooLarge)
}

/// A set that is being read.
struct Reading<'a, T> {
    labels: Labels<'a>,
    content: Building<'a, T>,
    place: &'a Place,
    /// The row at which the batch begins.
    row: usize,
}

/// The examples so far.
enum Building<'a, T> {
    Images(Pixels<'a, T>),
    Lists { x: Vec<T>, sides: Vec<usize>, kind: DataType },
    Table { x: Vec<T>, width: usize, truths: Vec<String> },
}

/// The examples of a set.
struct Content<T> {
    x: Vec<T>,
    shape: Vec<usize>,
    fit: Fit,
    notes: Vec<String>,
}

impl<'a, T: Real> Reading<'a, T> {
    fn new(plan: &'a Plan, rows: u64, place: &'a Place, wanted: &'a Wanted<'_>) -> Result<Self, Problem> {
        let count = usize::try_from(rows).map_err(|_| Problem::Empty)?;
        let content = match plan.kind() {
            Kind::Images => Building::Images(Pixels::new(count, wanted)),
            Kind::Numbers => Building::Table { x: Vec::new(), width: plan.examples.len(), truths: Vec::new() },
            _ => Building::Lists { x: Vec::new(), sides: Vec::new(), kind: DataType::Null },
        };
        Ok(Self { labels: Labels::new(&plan.label, place), content, place, row: 0 })
    }

    /// A column of a batch, which must have a value in each row.
    fn known<'b>(&self, column: &Column, array: &'b ArrayRef) -> Result<&'b ArrayRef, Problem> {
        let inner = if column.kind == Kind::Images { image_bytes(array) } else { None };
        match first_null(array).or_else(|| first_null(inner?)) {
            Some(row) => Err(self.null(column, row)),
            None => Ok(array),
        }
    }

    fn null(&self, column: &Column, row: usize) -> Problem {
        Problem::Broken {
            found: format!("{} is null in column {}", self.place.name(self.row + row), column.words()),
            expected: "a value: fill it in or leave the row out".to_owned(),
        }
    }

    /// Adds a column of a batch, the `at`th of the examples.
    fn push(&mut self, at: usize, column: &Column, array: &ArrayRef) -> Result<(), Problem> {
        self.known(column, array)?;
        let row = self.row;
        let other = || Problem::Broken {
            found: format!("column {} holds other values than its schema says", column.words()),
            expected: column.kind.words().to_owned(),
        };
        let uneven = match &mut self.content {
            Building::Images(pixels) => {
                let array = image_bytes(array).ok_or_else(other)?;
                for of_batch in 0..array.len() {
                    let file = values::bytes(array, of_batch).ok_or_else(other)?;
                    pixels.add(file, &self.place.name(row + of_batch))?;
                }
                return Ok(());
            }
            Building::Table { x, width, truths } => {
                let numbers = floats(array).ok_or_else(other)?;
                x.resize(x.len().max((row + numbers.len()) * *width), T::of(0.0));
                for (of_batch, value) in numbers.into_iter().enumerate() {
                    x[(row + of_batch) * *width + at] = T::of(value);
                }
                if row == 0 && number(array.data_type()) == Number::Truth {
                    truths.push(column.words());
                }
                return Ok(());
            }
            Building::Lists { x, sides, kind } => {
                *kind = leaf(array.data_type()).clone();
                match in_lists(array, sides) {
                    Ok(numbers) => {
                        x.extend(numbers.into_iter().map(T::of));
                        return Ok(());
                    }
                    Err(uneven) => uneven,
                }
            }
        };
        Err(match uneven {
            Uneven::Null { row } => self.null(column, row),
            Uneven::Kind => other(),
            Uneven::Length { row, found, expected } => Problem::Broken {
                found: format!(
                    "{} has a list of {found} in column {}",
                    self.place.name(self.row + row),
                    column.words()
                ),
                expected: format!("{expected} as in the first row: all lists must have one length"),
            },
        })
    }
}

impl<T: Real> Building<'_, T> {
    fn finish(self, plan: &Plan, wanted: &Wanted<'_>) -> Result<Content<T>, Problem> {
        match self {
            Self::Images(pixels) => {
                let (x, shape, notes) = pixels.finish();
                Ok(Content { x, shape, fit: Fit::Product, notes })
            }
            Self::Table { x, width, truths } => {
                let note = truths.split_first().map(|(first, others)| {
                    let more = if others.is_empty() { String::new() } else { format!(" and {} others", others.len()) };
                    format!("truth values are read as 1 and 0 in column {first}{more}")
                });
                Ok(Content { x, shape: vec![width], fit: Fit::Product, notes: note.into_iter().collect() })
            }
            Self::Lists { x, sides, kind } => {
                let name = one_line(&plan.examples[0].name);
                let features: usize = sides.iter().product();
                let rows = x.len() / features.max(1);
                let shape: Vec<usize> = [rows].into_iter().chain(sides).collect();
                let Fitted { x, shape, note } = fit(&name, x, &shape, wanted)?;
                let more = match number(&kind) {
                    Number::Truth => Some(truths(&name)),
                    Number::Whole => unscaled(&name, &kind.to_string(), &x),
                    Number::Float => None,
                };
                let notes = note.into_iter().chain(more).collect();
                Ok(Content { x, shape, fit: Fit::Exact, notes })
            }
        }
    }
}
