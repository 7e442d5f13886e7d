//! Plain text: windows of T tokens, whose targets are the tokens one further on.

use std::sync::Arc;

use super::super::super::tokens::{LEFT_OUT, PADDING, Tokenizer};
use super::super::check::{Fit, Names, Place, Raw, RawLabels};
use super::super::{Problem, Text};
use super::{WINDOW, allow, encode, facts, fits};
use crate::config::Real;

/// Cuts the text of a file.
pub(in super::super) fn read<T: Real>(
    bytes: &[u8],
    text: Text<'_>,
    tokenizer: Arc<Tokenizer>,
) -> Result<Raw<T>, Problem> {
    fits(&tokenizer, text)?;
    allow(bytes.len(), 0)?;
    let found = encode(&tokenizer, decoded(bytes)?, false, "a text")?;
    if found.len() < 2 {
        return Err(Problem::Broken {
            found: format!("a text of {} token{}", found.len(), if found.len() == 1 { "" } else { "s" }),
            expected: "at least two: one and the one that follows".to_owned(),
        });
    }
    let tokens = if text.tokens == 0 { WINDOW } else { text.tokens };
    let (windows, last) = ((found.len() - 1).div_ceil(tokens), (found.len() - 1) % tokens);
    allow(0, windows.saturating_mul(tokens).saturating_mul(2))?;
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for start in (0..windows).map(|window| window * tokens) {
        let token = |place: usize| found.get(place).map(|&token| token as i32);
        for place in start..start + tokens {
            let (this, next) = (token(place), token(place + 1));
            // The last token of all is followed by nothing, and so it is a target and no input.
            x.push(T::of(f64::from(this.filter(|_| next.is_some()).unwrap_or(PADDING))));
            y.push(next.unwrap_or(LEFT_OUT));
        }
    }
    let s = if windows == 1 { "" } else { "s" };
    let mut notes = vec![format!(
        "the text is read as {} and cut into {windows} window{s} of {}; the target of each token is the next one",
        tokenizer.words(),
        tokens
    )];
    if last > 0 {
        notes.push(format!("{last} of {tokens} places of the last window are filled, the rest is padding"));
    }
    Ok(Raw {
        x,
        shape: vec![tokens],
        fit: Fit::Exact,
        y: RawLabels::Tokens(y),
        format: "plain text".to_owned(),
        class_names: Vec::new(),
        notes,
        place: Place::Row,
        names: Names::default(),
        text: Some(facts(text, tokens, tokenizer)),
    })
}

/// The letters of a file, whose mark of UTF-8 is no letter.
fn decoded(bytes: &[u8]) -> Result<&str, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|err| {
        let line = bytes[..err.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Problem::Broken {
            found: format!("byte {} (line {line}) is no text in UTF-8", err.valid_up_to()),
            expected: "plain text in UTF-8".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(text: &str, tokens: usize) -> Result<(Vec<f32>, Vec<i32>, String), String> {
        let wanted = Text { tokens, vocabulary: 256, image: &[] };
        let raw = read::<f32>(text.as_bytes(), wanted, Arc::new(Tokenizer::Bytes)).map_err(|err| err.to_string())?;
        let RawLabels::Tokens(y) = raw.y else { return Err("no tokens".to_owned()) };
        Ok((raw.x, y, raw.notes.join("; ")))
    }

    #[test]
    fn the_target_of_a_token_is_the_next_one() {
        let (x, y, notes) = windows("abcde", 2).unwrap();
        assert_eq!((x, y), (vec![97.0, 98.0, 99.0, 100.0], vec![98, 99, 100, 101]));
        assert_eq!(
            notes,
            "the text is read as bytes and cut into 2 windows of 2; the target of each token is the next one"
        );
        let (x, y, notes) = windows("abcd", 2).unwrap();
        assert_eq!((x, y), (vec![97.0, 98.0, 99.0, -1.0], vec![98, 99, 100, -100]));
        assert!(notes.ends_with("1 of 2 places of the last window are filled, the rest is padding"), "{notes}");
        assert!(windows("a", 2).unwrap_err().contains("a text of 1 token, expected at least two"));
        let message =
            read::<f32>(b"a\n\xe9", Text { tokens: 2, vocabulary: 256, image: &[] }, Arc::new(Tokenizer::Bytes));
        assert!(message.err().unwrap().to_string().contains("byte 2 (line 2) is no text in UTF-8"));
        let small = Text { tokens: 2, vocabulary: 14, image: &[] };
        let message = read::<f32>(b"abc", small, Arc::new(Tokenizer::Bytes)).err().unwrap().to_string();
        assert_eq!(
            message,
            "text as bytes, which has 256 different tokens, expected at most 14, the model's vocabulary"
        );
    }
}
