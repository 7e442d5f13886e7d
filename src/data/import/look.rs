//! Examples where no model says what they are: numbers and images, text or pairs, as they look or as the user says.
//! `docs/text.md` states the rules.

use std::path::Path;

use super::check::{Raw, RawLabels};
use super::detect::Kind;
use super::layout::{Found, Layout};
use super::reading::{beside, numbers, tokens, whole};
use super::tree::Tree;
use super::{ImportError, ReadChoice, Text, Wanted, arrays, json_lines, parquet, text};
use crate::config::{ExampleKind, LossKind, Real};

/// Reads the examples at a path.
pub(super) fn read<T: Real>(
    path: &Path,
    kind: &Kind,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    let as_tokens = |loss: LossKind| {
        let text = if loss == LossKind::Contrastive { Text::ANY_PAIR } else { Text::ANY };
        tokens::<T>(path, kind, &Wanted { loss, ..*wanted }, text, choice)
    };
    let found = match choice.examples {
        ExampleKind::Numbers => None,
        ExampleKind::Pairs => Some(LossKind::Contrastive),
        ExampleKind::Text => Some(text_loss(path, kind, choice)?),
        ExampleKind::Auto => match kind {
            Kind::Arrays => arrays::tokens_kind(path)?,
            Kind::Parquet => {
                let (tree, file) = beside(path);
                parquet::tokens_kind_of_file(&tree, &file, choice).map_err(at)?
            }
            Kind::Folder(Found { layout: Layout::Parquet(shards), .. }) => {
                parquet::tokens_kind(&Tree::folder(path), shards, choice).map_err(at)?
            }
            Kind::JsonLines => {
                let table = whole(path).and_then(|bytes| json_lines::Table::of(&bytes)).map_err(at)?;
                (choice.text_column.is_some() || table.is_text(choice)).then_some(LossKind::CrossEntropy)
            }
            Kind::Csv if choice.text_column.is_some() => Some(LossKind::CrossEntropy),
            Kind::Csv => return table(path, kind, wanted, choice, as_tokens),
            _ => None,
        },
    };
    let Some(loss) = found else { return numbers(path, kind, wanted, choice) };
    let raw = as_tokens(loss)?;
    match &raw.y {
        RawLabels::Tokens(of) if choice.examples.is_auto() && arrays::are_one_hot(of, raw.shape[0]) => {
            numbers(path, kind, wanted, choice)
        }
        _ => Ok(raw),
    }
}

/// A table of numbers; else a plain text, or a table of texts; else what is wrong with the numbers.
fn table<T: Real>(
    path: &Path,
    kind: &Kind,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
    as_tokens: impl Fn(LossKind) -> Result<Raw<T>, ImportError>,
) -> Result<Raw<T>, ImportError> {
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    numbers(path, kind, wanted, choice).or_else(|problem| {
        if is_plain(path, choice) {
            return as_tokens(LossKind::TokenCrossEntropy).map_err(|err| match err {
                ImportError::Tokenizer(_) => err,
                _ => problem,
            });
        }
        if text::is_text(path, &whole(path).map_err(at)?, choice) {
            return as_tokens(LossKind::CrossEntropy);
        }
        Err(problem)
    })
}

/// Whether text in a file is plain and no table, where nobody has named one of its columns.
fn is_plain(path: &Path, choice: ReadChoice<'_>) -> bool {
    text::is_called(path, "txt") && choice.column.is_none() && choice.text_column.is_none()
}

/// The loss of text that the user says is there: a target for each token, or a label for each text.
fn text_loss(path: &Path, kind: &Kind, choice: ReadChoice<'_>) -> Result<LossKind, ImportError> {
    let is_each = match kind {
        Kind::Arrays => arrays::tokens_kind(path)? == Some(LossKind::TokenCrossEntropy),
        Kind::Csv => is_plain(path, choice),
        _ => false,
    };
    Ok(if is_each { LossKind::TokenCrossEntropy } else { LossKind::CrossEntropy })
}
