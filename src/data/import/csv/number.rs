//! What the text of a field says: a number as programs write it, one with a decimal comma, digits in groups, a truth, nothing.
//!
//! A comma before exactly three digits (`1,234`) is read in two ways in this world; it says nothing by itself, and another
//! number of the same file must. [`Decimals`] keeps what the file has shown so far.

use super::super::Problem;

/// How a field reads as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// A number as programs write it, NaN and infinity among them.
    Plain(f64),
    /// A number with a decimal comma.
    Comma {
        /// Its value, if the comma is a decimal one.
        value: f64,
        /// The comma cannot part thousands.
        is_settled: bool,
    },
    /// Digits in groups of three, such as `1,234,567`, `1.234,5` or `1 234`.
    Grouped,
    /// No number.
    Word,
}

impl Reading {
    /// Reads a field.
    pub fn of(field: &str) -> Self {
        if let Ok(value) = field.parse() {
            return Self::Plain(value);
        }
        if let Some(comma) = comma(field) {
            return comma;
        }
        if is_grouped(field) { Self::Grouped } else { Self::Word }
    }

    /// The number, where it is one.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Plain(value) | Self::Comma { value, .. } => Some(value),
            Self::Grouped | Self::Word => None,
        }
    }

    /// Whether it is meant as a number.
    pub const fn is_number(self) -> bool {
        !matches!(self, Self::Word)
    }
}

/// Whether a field is words: no number, date or amount, and not left open.
pub(in super::super) fn is_word(field: &str) -> bool {
    let count = |is_such: fn(&char) -> bool| field.chars().filter(is_such).count();
    let [letters, digits] = [count(|letter| letter.is_alphabetic()), count(char::is_ascii_digit)];
    letters > digits && !Reading::of(field).is_number() && !is_missing(field)
}

/// A number with a single comma and no point.
fn comma(field: &str) -> Option<Reading> {
    let (whole, rest) = field.split_once(',')?;
    let digits = whole.trim_start_matches(['+', '-']);
    let begins = |text: &str| text.starts_with(|letter: char| letter.is_ascii_digit());
    // `1,` and `,2` are what remains of `1, 2` and `1 ,2` where spaces part the columns.
    if !begins(digits) || !begins(rest) || whole.contains('.') || rest.contains([',', '.']) {
        return None;
    }
    let value = format!("{whole}.{rest}").parse().ok()?;
    let may_be_thousands = is_group(rest) && (1..=3).contains(&digits.len()) && !digits.starts_with('0');
    Some(Reading::Comma { value, is_settled: !may_be_thousands })
}

fn is_group(digits: &str) -> bool {
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits in groups of three, with or without a fraction.
fn is_grouped(field: &str) -> bool {
    const SIGNS: [char; 7] = [',', '.', '\'', '’', ' ', '\u{a0}', '\u{202f}'];
    let digits = field.trim_start_matches(['+', '-']);
    let Some(sign) = digits.chars().find(|letter| SIGNS.contains(letter)) else { return false };
    // A fraction begins at the last sign, where that is another one.
    let (whole, rest) = match digits.rfind(['.', ',']) {
        Some(at) if !digits[at..].starts_with(sign) => (&digits[..at], &digits[at + 1..]),
        _ => (digits, ""),
    };
    let mut groups = whole.split(sign);
    let first = groups.next().unwrap_or_default();
    let is_first = (1..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
    let mut count = 0;
    let are_groups = groups.all(|group| {
        count += 1;
        is_group(group)
    });
    is_first && are_groups && count > 0 && rest.bytes().all(|byte| byte.is_ascii_digit())
}

/// The truth that a field says.
pub(super) fn truth(field: &str) -> Option<bool> {
    let is = |word: &str| field.eq_ignore_ascii_case(word);
    if is("true") || is("yes") {
        return Some(true);
    }
    (is("false") || is("no")).then_some(false)
}

/// Whether a field stands for a value that is not there.
pub(super) fn is_missing(field: &str) -> bool {
    // "Na" may be sodium.
    const WORDS: [&str; 13] = ["", "?", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NULL", "null"];
    WORDS.contains(&field)
}

/// What was expected instead of a field that is no number.
pub(super) fn expected(field: &str) -> &'static str {
    let has_digit = field.contains(|letter: char| letter.is_ascii_digit());
    if is_missing(field) {
        return "a number: a value is missing; fill it in or leave the line out";
    }
    if Reading::of(field) == Reading::Grouped {
        return "a number without separators between thousands";
    }
    if has_digit && field.contains('%') {
        return "a number without a percent sign";
    }
    if has_digit && field.contains(['$', '€', '£', '¥', '₹', '₽', '₩']) {
        return "a number without a currency sign";
    }
    if has_digit && field.contains(['\u{2212}', '\u{2013}']) {
        return "a number with the minus sign of the keyboard";
    }
    if field.starts_with(|letter: char| letter.is_ascii_digit()) && field.contains(['-', '/', ':']) {
        return "a number; dates and times are not read";
    }
    "a number"
}

/// What the numbers of a file have shown of their decimal sign.
#[derive(Debug, Default)]
pub(super) struct Decimals {
    /// A number with a decimal point.
    point: Option<(u64, String)>,
    /// A number with a comma that may part thousands.
    open: Option<(u64, String)>,
    /// A number with a decimal comma.
    comma: Option<(u64, String)>,
}

impl Decimals {
    /// Takes what a field shows.
    pub fn see(&mut self, reading: Reading, field: &str, line: u64) {
        let place = match reading {
            Reading::Plain(_) if self.point.is_none() && field.contains('.') => &mut self.point,
            Reading::Comma { is_settled: true, .. } => &mut self.comma,
            Reading::Comma { is_settled: false, .. } => &mut self.open,
            _ => return,
        };
        if place.is_none() {
            *place = Some((line, field.to_owned()));
        }
    }

    /// A note where there are decimal commas.
    ///
    /// # Errors
    /// [`Problem::Broken`] where the file leaves open what its commas mean.
    pub fn finish(self) -> Result<Option<String>, Problem> {
        let Self { point, open, comma } = self;
        let commas = comma.as_ref().or(open.as_ref());
        if let (Some((line, number)), Some((other_line, other))) = (&point, commas) {
            return Err(Problem::Broken {
                found: format!("line {line} has the number `{number}` and line {other_line} `{other}`"),
                expected: "decimal points or decimal commas, not both, and nothing between thousands".to_owned(),
            });
        }
        match (comma, open) {
            (Some((_, number)), _) => Ok(Some(format!("numbers have decimal commas, such as `{number}`"))),
            (None, Some((line, number))) => Err(Problem::Broken {
                found: format!(
                    "line {line} has `{number}`, which may be {} or {}, and no other number of the file tells",
                    number.replace(',', "."),
                    number.replace(',', "")
                ),
                expected: "decimal points, or nothing between thousands".to_owned(),
            }),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_is_a_decimal_one_only_where_it_cannot_be_another() {
        let comma = |value, is_settled| Reading::Comma { value, is_settled };
        for (field, expected) in [
            ("1.5", Reading::Plain(1.5)),
            ("-1e-3", Reading::Plain(-1e-3)),
            ("1,5", comma(1.5, true)),
            ("-0,25", comma(-0.25, true)),
            ("1,2345", comma(1.2345, true)),
            ("1,234", comma(1.234, false)),
            ("-123,456", comma(-123.456, false)),
            ("0,123", comma(0.123, true)),
            ("1234,567", comma(1234.567, true)),
            ("1,234e2", comma(123.4, true)),
            ("1,234,567", Reading::Grouped),
            ("1,234.5", Reading::Grouped),
            ("1.234,5", Reading::Grouped),
            ("1.234.567", Reading::Grouped),
            ("1 234", Reading::Grouped),
            ("1\u{202f}234,5", Reading::Grouped),
            ("-1'234.5", Reading::Grouped),
            ("1,2,3", Reading::Word),
            ("1 2", Reading::Word),
            ("cat", Reading::Word),
            ("", Reading::Word),
            (",", Reading::Word),
            ("1,", Reading::Word),
            (",2", Reading::Word),
        ] {
            assert_eq!(Reading::of(field), expected, "{field}");
        }
    }

    #[test]
    fn what_is_no_number_is_called_by_what_it_is() {
        for (field, word) in [
            ("12%", "percent"),
            ("€ 12", "currency"),
            ("1 234", "thousands"),
            ("\u{2212}5", "minus"),
            ("2024-01-31", "dates"),
            ("12:30", "dates"),
            ("NA", "missing"),
            ("cat", "a number"),
        ] {
            assert!(expected(field).contains(word), "{field}: {}", expected(field));
        }
        assert_eq!(["TRUE", "no", "1"].map(truth), [Some(true), Some(false), None]);
    }
}
