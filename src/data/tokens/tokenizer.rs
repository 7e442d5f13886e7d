//! From text to tokens and back: bytes, characters, or the pieces of a tokenizer of Hugging Face.

use std::fmt::Write as _;

/// What turns text into tokens.
#[derive(Debug, Clone)]
pub enum Tokenizer {
    /// The bytes of UTF-8, a vocabulary of our own of 256 values.
    Bytes,
    /// The letters of a short list, by their place in it.
    Characters(&'static str),
    /// The words of a short list, by their place in it, with a space between; "," and "." stand at the word before.
    Words(&'static [&'static str]),
    /// The pieces that `tokenizer.json`, or GPT-2's `vocab.json` and `merges.txt`, say.
    Pieces {
        /// The tokenizer.
        of: Box<tokenizers::Tokenizer>,
        /// The name of its file or folder.
        name: String,
    },
    /// Tokens that came as numbers, of which nobody has said what they stand for.
    Numbers,
}

impl PartialEq for Tokenizer {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes, Self::Bytes) | (Self::Numbers, Self::Numbers) => true,
            (Self::Characters(one), Self::Characters(other)) => one == other,
            (Self::Words(one), Self::Words(other)) => one == other,
            (Self::Pieces { name: one, .. }, Self::Pieces { name: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl Tokenizer {
    /// How many different tokens there are; `None` where nobody knows.
    #[must_use]
    pub fn vocabulary(&self) -> Option<usize> {
        match self {
            Self::Bytes => Some(256),
            Self::Characters(letters) => Some(letters.chars().count()),
            Self::Words(words) => Some(words.len()),
            // A table with gaps has tokens beyond its length.
            Self::Pieces { of, .. } => {
                Some(of.get_vocab(true).into_values().map(|token| token as usize + 1).max().unwrap_or(0))
            }
            Self::Numbers => None,
        }
    }

    /// Its name in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Bytes => "bytes".to_owned(),
            Self::Characters(_) => "characters".to_owned(),
            Self::Words(_) => "words".to_owned(),
            Self::Pieces { name, .. } => format!("pieces of `{name}`"),
            Self::Numbers => "numbers".to_owned(),
        }
    }

    /// The tokens of a text; `is_whole` where it stands for itself, so that marks of its beginning and its end belong to it.
    ///
    /// # Errors
    /// Why the tokenizer cannot do it.
    pub fn encode(&self, text: &str, is_whole: bool) -> Result<Vec<u32>, String> {
        match self {
            Self::Bytes | Self::Numbers => Ok(text.bytes().map(u32::from).collect()),
            Self::Characters(letters) => {
                let place = |letter: char| {
                    let found = letters.chars().position(|other| other == letter);
                    found.map(|place| place as u32).ok_or_else(|| format!("it has no letter {letter:?}"))
                };
                text.chars().map(place).collect()
            }
            Self::Words(words) => {
                let place = |word: &str| {
                    let found = words.iter().position(|other| *other == word);
                    found.map(|place| place as u32).ok_or_else(|| format!("it has no word {word:?}"))
                };
                text.replace(',', " ,").replace('.', " .").split_whitespace().map(place).collect()
            }
            Self::Pieces { of, .. } => {
                let found = of.encode_fast(text, is_whole).map_err(|err| err.to_string())?;
                Ok(found.get_ids().to_vec())
            }
        }
    }

    /// Tokens as text in one line: what cannot be shown is escaped.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        match self {
            Self::Bytes => {
                let bytes: Vec<u8> = tokens.iter().map(|&token| u8::try_from(token).unwrap_or(b'?')).collect();
                shown(&bytes)
            }
            Self::Characters(letters) => {
                let letter = |&token: &u32| letters.chars().nth(token as usize).unwrap_or('?');
                tokens.iter().map(letter).collect()
            }
            Self::Words(words) => {
                let mut text = String::new();
                for &token in tokens {
                    let word = words.get(token as usize).copied().unwrap_or("?");
                    if !(text.is_empty() || [",", "."].contains(&word)) {
                        text.push(' ');
                    }
                    text += word;
                }
                text
            }
            Self::Pieces { of, .. } => match of.decode(tokens, false) {
                Ok(text) => shown(text.as_bytes()),
                Err(_) => numbers(tokens),
            },
            Self::Numbers => numbers(tokens),
        }
    }
}

fn numbers(tokens: &[u32]) -> String {
    tokens.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// Text with its control characters, and with bytes that are none, as escapes.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() { text.extend(letter.escape_default()) } else { text.push(letter) }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_characters_come_back() {
        let text = "é 1\n";
        let tokens = Tokenizer::Bytes.encode(text, true).unwrap();
        assert_eq!(tokens, [0xc3, 0xa9, 32, 49, 10]);
        assert_eq!(Tokenizer::Bytes.decode(&tokens), "é 1\\n");
        assert_eq!(Tokenizer::Bytes.decode(&tokens[1..3]), "\\xa9 ");
        let digits = Tokenizer::Characters("01+");
        assert_eq!(digits.encode("1+0", true), Ok(vec![1, 2, 0]));
        assert_eq!((digits.decode(&[1, 2, 0, 9]), digits.vocabulary()), ("1+0?".to_owned(), Some(3)));
        assert!(digits.encode("2", true).is_err());
        assert_eq!(Tokenizer::Numbers.decode(&[7, 12]), "7 12");
        let words = Tokenizer::Words(&["red", "cross", ",", "."]);
        assert_eq!(words.encode("cross, red cross.", true), Ok(vec![1, 2, 0, 1, 3]));
        assert_eq!(words.decode(&[1, 2, 0, 1, 3]), "cross, red cross.");
        assert_eq!((words.decode(&[9, 0]), words.vocabulary()), ("? red".to_owned(), Some(4)));
        assert!(words.encode("blue", true).is_err());
    }
}
