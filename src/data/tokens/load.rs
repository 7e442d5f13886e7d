//! Tokenizers from files: `tokenizer.json`, or GPT-2's `vocab.json` and `merges.txt` in a folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer as Pieces};

use super::Tokenizer;

/// Bytes of a file at most: the largest that are published have some ten megabytes.
const MOST_BYTES: u64 = 256 << 20;
/// The word for the vocabulary of our own.
const BYTES: &str = "bytes";
/// GPT-2's end of a text.
const END: &str = "<|endoftext|>";
const WHOLE: &str = "tokenizer.json";
const VOCABULARY: &str = "vocab.json";
const MERGES: &str = "merges.txt";
/// What a table and its merges must be.
const TOGETHER: &str = "a vocabulary and merges that belong together";

/// Why a tokenizer cannot be had. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// The system refuses.
    #[error("cannot read the tokenizer ({reason}), expected `bytes`, a tokenizer.json, or a folder with vocab.json and merges.txt: {}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is something else.
    #[error("{found}, expected {expected}: {}", .path.display())]
    Kind {
        /// The file or folder.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl Tokenizer {
    /// The tokenizer that a setting names: `bytes`, a file or a folder.
    ///
    /// # Errors
    /// [`TokenizerError`] where there is none, or none that is read.
    pub fn load(named: &Path) -> Result<Self, TokenizerError> {
        if named == Path::new(BYTES) && !named.exists() {
            return Ok(Self::Bytes);
        }
        let unreadable =
            |err: std::io::Error| TokenizerError::Unreadable { path: named.to_owned(), reason: err.to_string() };
        let name = named.file_name().unwrap_or(named.as_os_str()).to_string_lossy().into_owned();
        let mut of = if fs::metadata(named).map_err(unreadable)?.is_dir() { in_folder(named)? } else { whole(named)? };
        // Sequences are cut and padded here, by the model's own length.
        of.with_padding(None);
        let _ = of.with_truncation(None);
        if of.get_vocab_size(true) == 0 {
            return Err(wrong(named, "a tokenizer without tokens".to_owned(), "a vocabulary"));
        }
        Ok(Self::Pieces { of: Box::new(of), name })
    }
}

impl Tokenizer {
    /// The files that [`Self::load`] reads; none where the name is the word for bytes.
    #[must_use]
    pub fn files(named: &Path) -> Vec<PathBuf> {
        if named == Path::new(BYTES) && !named.exists() {
            return Vec::new();
        }
        let is = |name: &str| named.file_name().is_some_and(|found| found == name);
        let folder = match () {
            () if named.is_dir() => named,
            () if is(VOCABULARY) || is(MERGES) => named.parent().unwrap_or(Path::new("")),
            () => return vec![named.to_owned()],
        };
        let whole = folder.join(WHOLE);
        if whole.is_file() { vec![whole] } else { [VOCABULARY, MERGES].map(|name| folder.join(name)).to_vec() }
    }
}

fn wrong(path: &Path, found: String, expected: &'static str) -> TokenizerError {
    TokenizerError::Kind { path: path.to_owned(), found, expected }
}

/// The text of a file.
fn text(path: &Path) -> Result<String, TokenizerError> {
    let unreadable =
        |err: std::io::Error| TokenizerError::Unreadable { path: path.to_owned(), reason: err.to_string() };
    let meta = fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() || meta.len() > MOST_BYTES {
        return Err(wrong(path, format!("{} bytes", meta.len()), "a file of a tokenizer, which has some megabytes"));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| {
        wrong(path, "bytes that are no text".to_owned(), "a tokenizer.json, or a vocab.json beside its merges.txt")
    })
}

/// A `tokenizer.json`, or one of GPT-2's two files with the other beside it.
fn whole(path: &Path) -> Result<Pieces, TokenizerError> {
    let is = |name: &str| path.file_name().is_some_and(|found| found == name);
    if is(VOCABULARY) || is(MERGES) {
        return in_folder(path.parent().unwrap_or(Path::new("")));
    }
    let content = text(path)?;
    let json: Option<Value> = serde_json::from_str(&content).ok();
    let Some(model) = json.as_ref().and_then(|json| json.get("model")) else {
        let found = if json.is_some() { "JSON without a `model`" } else { "a file that is no JSON" };
        return Err(wrong(path, found.to_owned(), "a tokenizer.json as `tokenizers` of Hugging Face writes it"));
    };
    whole_fits(path, model)?;
    Pieces::from_bytes(content.as_bytes()).map_err(|err| {
        wrong(
            path,
            format!("a tokenizer that cannot be read ({})", one_line(&err.to_string())),
            "one that `tokenizers` of Hugging Face writes",
        )
    })
}

/// The tokenizer of a folder: its `tokenizer.json`, else GPT-2's pair.
fn in_folder(folder: &Path) -> Result<Pieces, TokenizerError> {
    if folder.join(WHOLE).is_file() {
        return whole(&folder.join(WHOLE));
    }
    let missing: Vec<&str> = [VOCABULARY, MERGES].into_iter().filter(|name| !folder.join(name).is_file()).collect();
    if let Some(first) = missing.first() {
        let found = if missing.len() == 2 {
            "no tokenizer in the folder".to_owned()
        } else {
            format!("no {first} in the folder")
        };
        return Err(wrong(folder, found, "a tokenizer.json, or vocab.json with merges.txt"));
    }
    let (table, pairs) = (folder.join(VOCABULARY), folder.join(MERGES));
    let vocabulary: HashMap<String, u32> = serde_json::from_str(&text(&table)?).map_err(|err| {
        let found = format!("a vocabulary that cannot be read ({})", one_line(&err.to_string()));
        wrong(&table, found, "an object of tokens and their numbers")
    })?;
    let merges = merges(&pairs)?;
    fit(&pairs, merges.iter().map(|(one, other)| (one.as_str(), other.as_str())), 0, |piece| {
        vocabulary.contains_key(piece)
    })?;
    let has_end = vocabulary.contains_key(END);
    let model = BPE::builder().vocab_and_merges(vocabulary.into_iter().collect::<Vocab>(), merges).build();
    let mut pieces = Pieces::new(model.map_err(|err| wrong(&pairs, one_line(&err.to_string()), TOGETHER))?);
    pieces.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    pieces.with_decoder(Some(ByteLevel::default()));
    if has_end {
        let _ = pieces.add_special_tokens([AddedToken::from(END, true)]);
    }
    Ok(pieces)
}

/// Whether the pieces of all merges, and what becomes of them, are tokens: the library takes that for granted. `prefix` is
/// how many bytes of the second piece are left out.
fn fit<'m>(
    path: &Path,
    merges: impl Iterator<Item = (&'m str, &'m str)>,
    prefix: usize,
    is_token: impl Fn(&str) -> bool,
) -> Result<(), TokenizerError> {
    for (one, other) in merges {
        let both = other.get(prefix..).map(|rest| format!("{one}{rest}"));
        if !(is_token(one) && is_token(other) && both.is_some_and(|both| is_token(&both))) {
            let found = format!("the merge `{} {}`, which the vocabulary lacks", one_line(one), one_line(other));
            return Err(wrong(path, found, TOGETHER));
        }
    }
    Ok(())
}

/// The same for a `tokenizer.json`, whose merges are texts with a space or pairs.
fn whole_fits(path: &Path, model: &Value) -> Result<(), TokenizerError> {
    let (Some(vocabulary), Some(merges)) = (model["vocab"].as_object(), model["merges"].as_array()) else {
        return Ok(());
    };
    let prefix = model["continuing_subword_prefix"].as_str().map_or(0, str::len);
    let pair = |merge: &'_ Value| -> Option<(String, String)> {
        match merge.as_array() {
            Some(pair) => Some((pair.first()?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())),
            None => merge.as_str()?.split_once(' ').map(|(one, other)| (one.to_owned(), other.to_owned())),
        }
    };
    // Merges of another form are told by the library.
    let pairs: Vec<(String, String)> = merges.iter().filter_map(pair).collect();
    fit(path, pairs.iter().map(|(one, other)| (one.as_str(), other.as_str())), prefix, |piece| {
        vocabulary.contains_key(piece)
    })
}

/// The pairs of a `merges.txt`, whose first line may name a version.
fn merges(path: &Path) -> Result<Vec<(String, String)>, TokenizerError> {
    let content = text(path)?;
    let is_pair = |(at, line): &(usize, &str)| !(line.is_empty() || *at == 0 && line.starts_with("#version"));
    let pair = |(at, line): (usize, &str)| {
        let pair = line.split_once(' ');
        let pair = pair.filter(|(one, other)| !one.is_empty() && !other.is_empty() && !other.contains(' '));
        pair.map(|(one, other)| (one.to_owned(), other.to_owned())).ok_or_else(|| {
            wrong(path, format!("line {} is no pair", at + 1), "two pieces with a space between on each line")
        })
    };
    content.lines().enumerate().filter(is_pair).map(pair).collect()
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|letter| !letter.is_control()).collect()
}
