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

pub(super) use table::{Texts, left_out, which};

/// Tokens of an example where no model says how many.
const LOOK: usize = 64;
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
    let is_table = |end: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end));
    let raw = if wanted.loss != LossKind::TokenCrossEntropy {
        table::read(path, bytes, wanted, choice).and_then(|texts| tokens_of(texts, text, tokenizer))
    } else if ["csv", "tsv"].into_iter().any(is_table) {
        return Err(no_text(path, "a table, and the loss has a target for each token"));
    } else {
        plain::read(bytes, text, tokenizer)
    };
    raw.map_err(|problem| ImportError::In { path: path.to_owned(), problem })
}

/// Plain text for a look without a model; `None` where it is none.
pub(super) fn look<T: Real>(path: &Path, bytes: &[u8], wanted: &Wanted<'_>, choice: ReadChoice<'_>) -> Option<Raw<T>> {
    let is_text = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("txt"));
    let tokenizer = tokenizer(choice).ok().filter(|_| is_text && wanted.is_any())?;
    let vocabulary = tokenizer.vocabulary()?;
    plain::read(bytes, Text { tokens: LOOK, vocabulary, image: &[] }, tokenizer).ok()
}

/// The tokenizer that the user names; bytes where nobody does.
pub(super) fn tokenizer(choice: ReadChoice<'_>) -> Result<Arc<Tokenizer>, ImportError> {
    let named = choice.tokenizer.map(Tokenizer::load).transpose()?;
    Ok(Arc::new(named.unwrap_or(Tokenizer::Bytes)))
}

/// Whether the model has a place for each of its tokens.
fn fits(tokenizer: &Tokenizer, text: Text<'_>) -> Result<(), Problem> {
    let Some(found) = tokenizer.vocabulary().filter(|&found| found > text.vocabulary) else { return Ok(()) };
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

/// What the numbers mean.
fn facts(text: Text<'_>, tokenizer: Arc<Tokenizer>) -> TextFacts {
    let Text { tokens, vocabulary, image } = text;
    TextFacts { tokens, vocabulary, image: image.to_vec(), tokenizer }
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
    allow(texts.iter().map(String::len).max().unwrap_or(0), texts.len().saturating_mul(text.tokens))?;
    let mut x = Vec::with_capacity(texts.len() * text.tokens);
    let (mut num_cut, mut longest) = (0, 0);
    for (row, of) in texts.iter().enumerate() {
        let found = encode(&tokenizer, of, true, &place.name(row))?;
        if found.is_empty() {
            return Err(Problem::Broken {
                found: format!("{} has no text", place.name(row)),
                expected: "at least one token in each example".to_owned(),
            });
        }
        num_cut += usize::from(found.len() > text.tokens);
        longest = longest.max(found.len());
        let padded = found.into_iter().map(f64::from).chain(std::iter::repeat(-1.0));
        x.extend(padded.take(text.tokens).map(T::of));
    }
    notes.push(format!("the text is read as {}", tokenizer.words()));
    if num_cut > 0 {
        let are = if num_cut == 1 { "text is" } else { "texts are" };
        notes.push(format!(
            "{num_cut} of {} {are} cut to the model's {} tokens; the longest has {longest}",
            texts.len(),
            text.tokens
        ));
    }
    Ok(Raw {
        x,
        shape: vec![text.tokens],
        fit: Fit::Exact,
        y: labels,
        format,
        class_names,
        notes,
        place,
        names: Names { columns: Vec::new(), label },
        text: Some(facts(text, tokenizer)),
    })
}

/// Images with the tokens of their texts behind them, row by row.
pub(super) fn pairs_of<T: Real>(images: Vec<T>, mut raw: Raw<T>, text: Text<'_>) -> Result<Raw<T>, Problem> {
    let features = text.image.iter().product::<usize>();
    allow(0, images.len().saturating_add(raw.x.len()))?;
    let rows = images.chunks_exact(features.max(1)).zip(raw.x.chunks_exact(text.tokens.max(1)));
    raw.x = rows.flat_map(|(image, tokens)| image.iter().chain(tokens)).copied().collect();
    raw.shape = vec![features + text.tokens];
    Ok(raw)
}
