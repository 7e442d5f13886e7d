//! Sets of text: a column of text with a label, or with a column of images for two towers.

use std::sync::Arc;

use super::super::super::tokens::Tokenizer;
use super::super::check::{Place, Raw, RawLabels};
use super::super::images::Pixels;
use super::super::text::{Texts, is_label, left_out, pairs_of, tokens_of, which};
use super::super::tree::Tree;
use super::super::{Problem, ReadChoice, Text, Wanted};
use super::choose::{chosen, label};
use super::file::Table;
use super::labels::Labels;
use super::schema::{Column, Kind};
use super::shards::Shards;
use super::values::{bytes, first_null, image_bytes, texts};
use super::{open, place, same};
use crate::config::{LossKind, Real};

/// Reads a set.
pub(super) fn read<T: Real>(
    tree: &Tree,
    shards: &Shards,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
    (text, tokenizer): (Text<'_>, Arc<Tokenizer>),
) -> Result<Raw<T>, Problem> {
    if wanted.loss == LossKind::TokenCrossEntropy {
        return Err(Problem::Broken {
            found: "a table, and the loss has a target for each token".to_owned(),
            expected: "arrays of tokens `x` and `y`, or a .txt file".to_owned(),
        });
    }
    let tables = open(tree, shards)?;
    let place = place(&tables);
    let plan = Plan::of(&tables[0].columns, choice, !text.image.is_empty())?;
    let mut columns: Vec<&Column> = [Some(&plan.text), plan.beside()].into_iter().flatten().collect();
    columns.sort_by_key(|column| column.place);
    same(&tables, &columns)?;
    let mut notes = [&shards.notes[..], &plan.notes].concat();
    match &plan.beside {
        Beside::Label(label) => {
            let mut labels = Labels::new(label, &place);
            let found = rows(&tables, &plan.text, &columns, &place, |array, column, _| {
                if column.place == label.place { labels.push(array) } else { Ok(()) }
            })?;
            let read = labels.finish::<T>(wanted, choice.kind)?;
            notes.extend(read.note);
            let (label, format) = (label.name.clone(), "Parquet with text".to_owned());
            let (labels, class_names) = (read.labels, read.class_names);
            tokens_of(Texts { texts: found, labels, class_names, notes, place, label, format }, text, tokenizer)
        }
        Beside::Images(images) => {
            let wanted = Wanted { input: text.wanted_image(), text: None, ..*wanted };
            let count = tables.iter().map(|table| table.rows as usize).sum();
            let mut pixels = Pixels::new(count, &wanted);
            let found = rows(&tables, &plan.text, &columns, &place, |array, column, row| {
                let Some(array) = image_bytes(array).filter(|_| column.place == images.place) else { return Ok(()) };
                (0..array.len())
                    .try_for_each(|at| pixels.add(bytes(array, at).unwrap_or_default(), &place.name(row + at)))
            })?;
            let (x, shape, of_pixels) = pixels.finish();
            notes.extend(of_pixels);
            let labels = RawLabels::Pairs(found.len());
            let (label, format) = (String::new(), "Parquet with images and text".to_owned());
            let texts = Texts { texts: found, labels, class_names: Vec::new(), notes, place, label, format };
            let image = if text.image == [0] { shape } else { text.image.to_vec() };
            pairs_of(x, image, tokens_of(texts, text, tokenizer)?)
        }
    }
}

/// Which columns are read.
struct Plan {
    text: Column,
    beside: Beside,
    notes: Vec<String>,
}

/// What stands beside the text.
enum Beside {
    Label(Column),
    Images(Column),
}

impl Plan {
    fn of(columns: &[Column], choice: ReadChoice<'_>, has_images: bool) -> Result<Self, Problem> {
        let known: Vec<&Column> = columns.iter().collect();
        let mut notes = Vec::new();
        let beside = if has_images {
            let images: Vec<&Column> = columns.iter().filter(|column| column.kind == Kind::Images).collect();
            let [one] = images[..] else {
                return Err(Problem::Broken {
                    found: format!("{} columns of images", images.len()),
                    expected: "one column of images and one of text".to_owned(),
                });
            };
            Beside::Images(one.clone())
        } else {
            let label = label(columns, &known, choice.column)?;
            notes.push(format!("the label is column {}", label.words()));
            Beside::Label(label)
        };
        let place = match &beside {
            Beside::Label(column) | Beside::Images(column) => column.place,
        };
        let is_text = |column: &&Column| column.kind == Kind::Text && column.place != place;
        let texts: Vec<&Column> = columns.iter().filter(is_text).collect();
        if texts.is_empty() {
            return Err(Problem::Broken {
                found: "no column of text".to_owned(),
                expected: "one, which the model takes as tokens".to_owned(),
            });
        }
        let names: Vec<&str> = texts.iter().map(|column| column.name.as_str()).collect();
        let text = match choice.text_column {
            None => texts[which(&names)?].clone(),
            Some(wanted) => chosen(columns, &known, wanted, "text")?.clone(),
        };
        if text.place == place {
            return Err(is_label(&text.words()));
        }
        if text.kind != Kind::Text {
            return Err(Problem::Broken {
                found: format!("column {} for the text, which holds {}", text.words(), text.kind.words()),
                expected: "a column of text".to_owned(),
            });
        }
        let others: Vec<&str> =
            columns.iter().filter(|c| c.place != place).map(|column| column.name.as_str()).collect();
        notes.push(format!("the text is column {}", text.words()));
        let at = columns.iter().filter(|c| c.place != place).position(|c| c.place == text.place);
        notes.extend(left_out(&others, at.unwrap_or(usize::MAX)));
        Ok(Self { text, beside, notes })
    }

    const fn beside(&self) -> Option<&Column> {
        match &self.beside {
            Beside::Label(column) | Beside::Images(column) => Some(column),
        }
    }
}

/// Reads all rows: gives the texts, and the other columns batch by batch with the row at which the batch begins.
fn rows(
    tables: &[Table],
    text: &Column,
    columns: &[&Column],
    place: &Place,
    mut push: impl FnMut(&arrow_array::ArrayRef, &Column, usize) -> Result<(), Problem>,
) -> Result<Vec<String>, Problem> {
    let (mut found, mut row) = (Vec::new(), 0);
    for table in tables {
        let sizes = table.sizes(columns)?;
        super::super::super::limit::allow("the texts", sizes.bytes.saturating_mul(2)).map_err(Problem::TooLarge)?;
        for batch in table.batches(columns, sizes)? {
            let batch = batch?;
            for (column, array) in columns.iter().zip(batch.columns()) {
                let inner = image_bytes(array).filter(|_| column.kind == Kind::Images);
                if let Some(null) = first_null(array).or_else(|| first_null(inner?)) {
                    return Err(Problem::Broken {
                        found: format!("{} is null in column {}", place.name(row + null), column.words()),
                        expected: "a value: fill it in or leave the row out".to_owned(),
                    });
                }
                if column.place == text.place {
                    found.extend(texts(array).unwrap_or_default().into_iter().map(str::to_owned));
                }
                push(array, column, row)?;
            }
            row += batch.num_rows();
        }
    }
    Ok(found)
}
