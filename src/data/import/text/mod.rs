//! Text for models that take tokens: plain text cut into windows, and tables with a text and a label.

mod plain;
mod table;

use std::path::Path;
use std::sync::Arc;

use super::super::limit;
use super::super::tokens::{TextFacts, Tokenizer};
use super::check::{Fit, Names, Raw};
use super::{ImportError, Problem, ReadChoice, Text, Wanted};
use crate::config::{LossKind, Real};

pub(super) use table::{Texts, is_label, is_text, is_usual, left_out, which};

/// Tokens of an example of a table at most, where no model says how many.
const LONGEST: usize = 256;
/// Tokens of a window of plain text, where no model says.
const WINDOW: usize = 64;
/// Bytes that a byte of text may take while it is turned into tokens.
const PER_BYTE: u64 = 64;

/// Reads a file of text: plain where each token has a target, else a table.
pub(super) fn read<T: Real>(
    path: &Path,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    text: Text<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    if !text.image.is_empty() {
        return Err(no_text(path, "text without images"));
    }
    let tokenizer = tokenizer(choice)?;
    let raw = if wanted.loss != LossKind::TokenCrossEntropy {
        table::read(path, bytes, wanted, choice).and_then(|texts| tokens_of(texts, text, tokenizer))
    } else if ["csv", "tsv"].into_iter().any(|end| is_called(path, end)) {
        return Err(no_text(path, "a table, and the loss has a target for each token"));
    } else {
        plain::read(bytes, text, tokenizer)
    };
    raw.map_err(|problem| ImportError::In { path: path.to_owned(), problem })
}

/// Whether the name of a file ends so.
pub(super) fn is_called(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end))
}

/// The tokenizer that the user names; bytes where nobody does.
pub(super) fn tokenizer(choice: ReadChoice<'_>) -> Result<Arc<Tokenizer>, ImportError> {
    let named = choice.tokenizer.map(Tokenizer::load).transpose()?;
    Ok(Arc::new(named.unwrap_or(Tokenizer::Bytes)))
}

/// Whether the model has a place for each of its tokens.
fn fits(tokenizer: &Tokenizer, text: Text<'_>) -> Result<(), Problem> {
    let is_many = |found: &usize| text.vocabulary > 0 && *found > text.vocabulary;
    let Some(found) = tokenizer.vocabulary().filter(is_many) else { return Ok(()) };
    Err(Problem::Broken {
        found: format!("text as {}, which has {found} different tokens", tokenizer.words()),
        expected: format!("at most {}, the model's vocabulary", text.vocabulary),
    })
}

/// Asks for the memory of so many bytes of text and of so many numbers.
fn allow(bytes: usize, numbers: usize) -> Result<(), Problem> {
    let needed = (bytes as u64).saturating_mul(PER_BYTE).saturating_add((numbers as u64).saturating_mul(8));
    limit::allow("the text as tokens", needed).map_err(Problem::TooLarge)
}

/// The tokens of a text; `place` is how a sentence calls it.
fn encode(tokenizer: &Tokenizer, text: &str, is_whole: bool, place: &str) -> Result<Vec<u32>, Problem> {
    tokenizer.encode(text, is_whole).map_err(|reason| Problem::Broken {
        found: format!("{place}, which `{}` cannot turn into tokens ({reason})", tokenizer.words()),
        expected: "text that it knows".to_owned(),
    })
}

/// What the numbers of examples of so many tokens mean.
fn facts(text: Text<'_>, tokens: usize, tokenizer: Arc<Tokenizer>) -> TextFacts {
    let vocabulary = if text.vocabulary == 0 { tokenizer.vocabulary().unwrap_or(0) } else { text.vocabulary };
    TextFacts { tokens, vocabulary, image: Vec::new(), tokenizer, signs: None }
}

/// Text that is refused since the model takes tokens and this is none.
pub(super) fn no_text(path: &Path, found: &str) -> ImportError {
    let problem = Problem::Broken {
        found: format!("{found}, while the model takes text as tokens"),
        expected: "arrays of tokens `x` and `y`, a .txt file, or a table with a column of text".to_owned(),
    };
    ImportError::In { path: path.to_owned(), problem }
}

/// The rows of a table of texts as tokens: cut at the model's length, padded behind.
pub(super) fn tokens_of<T: Real>(
    texts: Texts<T>,
    text: Text<'_>,
    tokenizer: Arc<Tokenizer>,
) -> Result<Raw<T>, Problem> {
    fits(&tokenizer, text)?;
    let Texts { texts, labels, class_names, mut notes, place, label, format } = texts;
    let bytes: usize = texts.iter().map(String::len).sum();
    allow(texts.iter().map(String::len).max().unwrap_or(0), texts.len().saturating_mul(text.tokens).max(bytes))?;
    let rows = texts.iter().enumerate().map(|(row, of)| {
        let found = encode(&tokenizer, of, true, &place.name(row))?;
        if found.is_empty() {
            return Err(Problem::Broken {
                found: format!("{} has no text", place.name(row)),
                expected: "at least one token in each example".to_owned(),
            });
        }
        Ok(found)
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (tokens, whose) = match text.tokens {
        0 => (longest.min(LONGEST), ""),
        tokens => (tokens, "the model's "),
    };
    let num_cut = rows.iter().filter(|row| row.len() > tokens).count();
    allow(0, rows.len().saturating_mul(tokens))?;
    let padded = |row: Vec<u32>| row.into_iter().map(f64::from).chain(std::iter::repeat(-1.0)).take(tokens);
    let x = rows.into_iter().flat_map(padded).map(T::of).collect();
    notes.push(format!("the text is read as {}", tokenizer.words()));
    if num_cut > 0 {
        let are = if num_cut == 1 { "is" } else { "are" };
        notes.push(format!(
            "{num_cut} of {} texts {are} cut to {whose}{tokens} tokens; the longest has {longest}",
            texts.len(),
        ));
    }
    Ok(Raw {
        x,
        shape: vec![tokens],
        fit: Fit::Exact,
        y: labels,
        format,
        class_names,
        notes,
        place,
        names: Names { columns: Vec::new(), label },
        text: Some(facts(text, tokens, tokenizer)),
    })
}

/// Images of one shape with the tokens of their texts behind them, row by row.
pub(super) fn pairs_of<T: Real>(images: Vec<T>, image: Vec<usize>, mut raw: Raw<T>) -> Result<Raw<T>, Problem> {
    let features = image.iter().product::<usize>();
    let tokens = raw.shape.iter().product::<usize>();
    allow(0, images.len().saturating_add(raw.x.len()))?;
    let rows = images.chunks_exact(features.max(1)).zip(raw.x.chunks_exact(tokens.max(1)));
    raw.x = rows.flat_map(|(image, tokens)| image.iter().chain(tokens)).copied().collect();
    raw.shape = vec![features + tokens];
    raw.text = raw.text.map(|text| TextFacts { image, ..text });
    Ok(raw)
}
