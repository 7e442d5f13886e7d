//! From a file's bytes to its text: encodings, the ends of lines, and Excel's first line that names the separator.

use std::borrow::Cow;

use super::super::Problem;
use super::separator::Separator;

/// Bytes of a text's beginning that say how the rest is laid out.
const SAMPLE: usize = 1 << 18;
/// Bytes of a file that hold at least as much text, in any encoding.
pub(in super::super) const HEAD: usize = 2 * SAMPLE + 2;

/// The text of a table.
pub(in super::super) struct Text<'a> {
    whole: Cow<'a, str>,
    /// Whether it is all of the file.
    is_whole: bool,
    /// Bytes of the line that names the separator.
    stated: usize,
    /// The separator, where the file names it.
    pub separator: Option<Separator>,
    /// What was converted.
    pub note: Option<String>,
}

impl<'a> Text<'a> {
    /// Reads the text of a file, or of its beginning.
    ///
    /// # Errors
    /// [`Problem::Broken`] where the bytes are no text that can be told for certain.
    pub fn of(bytes: &'a [u8], is_whole: bool) -> Result<Self, Problem> {
        let (text, note) = decode(bytes, is_whole)?;
        let whole = ends_of_lines(text);
        let (stated, separator) = stated(&whole);
        Ok(Self { whole, is_whole, stated, separator, note: note.map(str::to_owned) })
    }

    /// The rows.
    pub fn rows(&self) -> &str {
        &self.whole[self.stated..]
    }

    /// The line at which the rows begin, from 1.
    pub const fn first_line(&self) -> u64 {
        if self.stated > 0 { 2 } else { 1 }
    }

    /// The rows from which the layout is told, and whether there are more.
    pub fn sample(&self) -> (&str, bool) {
        let rows = self.rows();
        if rows.len() <= SAMPLE && self.is_whole {
            return (rows, false);
        }
        let head = &rows.as_bytes()[..rows.len().min(SAMPLE)];
        let last = head.iter().rposition(|&byte| byte == b'\n').filter(|&last| head[..last].contains(&b'\n'));
        // Very long lines: two are enough.
        let end = last.or_else(|| rows.match_indices('\n').nth(1).map(|(at, _)| at)).unwrap_or(rows.len());
        (&rows[..end], end < rows.len())
    }
}

/// The text in UTF-8, and a note where it was converted.
fn decode(bytes: &[u8], is_whole: bool) -> Result<(Cow<'_, str>, Option<&'static str>), Problem> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => return Ok((utf16(rest, is_whole, u16::from_le_bytes)?, Some(UTF_16))),
        [0xfe, 0xff, rest @ ..] => return Ok((utf16(rest, is_whole, u16::from_be_bytes)?, Some(UTF_16))),
        _ => {}
    }
    let wrong = |found: String| Problem::Broken { found, expected: "a CSV file in UTF-8".to_owned() };
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(wrong("a ZIP archive, such as an Excel workbook".to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A letter may be cut in two at the end of a beginning.
        Err(err) if !is_whole && err.error_len().is_none() => {
            std::str::from_utf8(&bytes[..err.valid_up_to()]).unwrap_or_default()
        }
        Err(err) => {
            let line = bytes[..err.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            return Err(wrong(format!(
                "byte {} (line {line}) is no text in UTF-8, perhaps Windows-1252",
                err.valid_up_to()
            )));
        }
    };
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(wrong(format!("byte {at} is zero, perhaps UTF-16 without its mark")));
    }
    Ok((Cow::Borrowed(text), None))
}

const UTF_16: &str = "the text is in UTF-16 and was converted";

fn utf16(bytes: &[u8], is_whole: bool, unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, Problem> {
    let wrong =
        |found: String| Problem::Broken { found, expected: "text in UTF-16, which its first bytes say".to_owned() };
    if is_whole && bytes.len() % 2 == 1 {
        return Err(wrong("an odd number of bytes".to_owned()));
    }
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    for (index, letter) in char::decode_utf16(units).enumerate() {
        match letter {
            Ok('\0') => return Err(wrong(format!("letter {index} is zero"))),
            Ok(letter) => text.push(letter),
            Err(_) if !is_whole => break,
            Err(_) => return Err(wrong(format!("letter {index} is half of one"))),
        }
    }
    Ok(Cow::Owned(text))
}

/// Old Macs end lines with a carriage return alone.
fn ends_of_lines(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\r') && !text.contains('\n') { Cow::Owned(text.replace('\r', "\n")) } else { text }
}

/// The length of a first line `sep=;`, and what it names.
fn stated(text: &str) -> (usize, Option<Separator>) {
    let line = text.lines().next().unwrap_or_default();
    let separator = || {
        let (word, sign) = line.trim_matches('"').split_at_checked(4)?;
        let sign = sign.trim_end_matches(['\r', ';', ',']).chars().next().or_else(|| sign.chars().next())?;
        Some(sign).filter(|_| word.eq_ignore_ascii_case("sep=")).and_then(Separator::of)
    };
    match separator() {
        Some(separator) => (text.find('\n').map_or(text.len(), |end| end + 1), Some(separator)),
        None => (0, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<(String, bool), String> {
        Text::of(bytes, true).map(|text| (text.rows().to_owned(), text.note.is_some())).map_err(|err| err.to_string())
    }

    #[test]
    fn encodings_are_told_by_their_first_bytes() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| "\u{feff}a\tπ\n".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let expected = Ok(("a\tπ\n".to_owned(), true));
        assert_eq!(text(&utf16(u16::to_le_bytes)), expected);
        assert_eq!(text(&utf16(u16::to_be_bytes)), expected);
        assert_eq!(text("\u{feff}a,b\r\n".as_bytes()), Ok(("a,b\r\n".to_owned(), false)));
        assert_eq!(text(b"1,2\r3,4\r"), Ok(("1,2\n3,4\n".to_owned(), false)));
        let message = text(b"1,caf\xe9\n").unwrap_err();
        assert!(message.contains("byte 5 (line 1)") && message.contains("Windows-1252"), "{message}");
        assert!(text(b"1\x00,\x002\x00").unwrap_err().contains("UTF-16 without its mark"));
        assert!(text(b"PK\x03\x04\x14").unwrap_err().contains("Excel workbook"));
        assert!(text(b"\xff\xfea").unwrap_err().contains("odd number of bytes"));
    }

    #[test]
    fn excel_names_its_separator_in_the_first_line() {
        for (line, expected) in [
            ("sep=;\r\n", Some(Separator::Semicolon)),
            ("\"sep=,\"\n", Some(Separator::Comma)),
            ("SEP=\t\n", Some(Separator::Tab)),
            ("sep=|\n", Some(Separator::Bar)),
            ("sep= \n", Some(Separator::Spaces)),
            ("sep=x\n", None),
            ("sep=\n", None),
            ("september,1\n", None),
        ] {
            let whole = format!("{line}1;2\n");
            let text = Text::of(whole.as_bytes(), true).unwrap();
            assert_eq!(text.separator, expected, "{line:?}");
            assert_eq!(
                (text.rows() == "1;2\n", text.first_line() == 2),
                (expected.is_some(), expected.is_some()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn a_sample_ends_with_a_line() {
        let whole = "1,2\n".repeat(SAMPLE / 3);
        let text = Text::of(whole.as_bytes(), true).unwrap();
        let (sample, is_cut) = text.sample();
        assert!(is_cut && sample.ends_with("1,2") && sample.len() < SAMPLE);
        let long = format!("{}\n", "1,".repeat(SAMPLE)).repeat(3);
        let text = Text::of(long.as_bytes(), true).unwrap();
        assert_eq!(text.sample().0.len(), 4 * SAMPLE + 1);
    }
}
