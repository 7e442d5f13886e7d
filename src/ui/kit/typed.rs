//! Numbers as people type them. One rule for every box of the window.
//!
//! - A point or a comma is the decimal sign: `0.18`, `0,18`. Where both stand, the last one is: `1.234,5`.
//! - Digits may stand in groups of three, with spaces, apostrophes, underscores, or with commas or points that stand more
//!   than once: `1 000`, `1’000`, `1,000,000`.
//! - One comma before three digits parts thousands in a box of whole numbers, where it could hardly be anything else. In a box
//!   of other numbers it could be either, and so could a point in a box of whole numbers: these are refused with both
//!   readings, never guessed.
//! - Powers of ten are `1e-3` or, as the window writes them, `1×10⁻³`. Signs and digits of other scripts are taken as what
//!   they are.
//! - What is not finite is refused.

/// Whole numbers up to this one are exact.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// What a box takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Whole numbers.
    Whole,
    /// All numbers.
    Real,
}

impl Takes {
    const fn example(self) -> &'static str {
        match self {
            Self::Whole => "a whole number such as 64",
            Self::Real => "a number such as 0.18",
        }
    }
}

/// The number that a text says.
///
/// # Errors
/// A sentence for whoever typed it, when it says none or could be read in two ways.
pub fn number(text: &str, takes: Takes) -> Result<f64, String> {
    let said = &shortened(text.trim());
    let no_number = || format!("“{said}” is no number. Expected {}.", takes.example());
    let plain = plain(text.trim());
    if matches!(plain.trim_start_matches(['+', '-']).to_lowercase().as_str(), "nan" | "inf" | "infinity" | "∞") {
        return Err(format!("“{said}” is not finite. Expected {}.", takes.example()));
    }
    let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (plain.as_str(), None),
    };
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let body = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa).trim();
    let digits = match digits(body, takes) {
        Ok(digits) => digits,
        Err(Unclear::NoNumber) => return Err(no_number()),
        Err(Unclear::Either { fraction, whole }) => {
            let [fraction, whole] = [fraction, whole].map(|reading| format!("{sign}{reading}"));
            return Err(format!("“{said}” can be read as {fraction} or as {whole}. Write {fraction} or {whole}."));
        }
    };
    let is_power = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit())
    };
    if exponent.is_some_and(|exponent| !is_power(exponent)) {
        return Err(no_number());
    }
    let value: f64 = format!("{sign}{digits}e{}", exponent.unwrap_or("0")).parse().map_err(|_| no_number())?;
    if !value.is_finite() {
        return Err(format!("“{said}” is larger than any number that can be computed with."));
    }
    if takes == Takes::Whole && value.fract() != 0.0 {
        return Err(format!("“{said}” is not whole. Expected {}.", takes.example()));
    }
    if takes == Takes::Whole && value.abs() > MOST_WHOLE {
        return Err(format!("“{said}” is too large. Expected a whole number up to {MOST_WHOLE}."));
    }
    Ok(value)
}

/// As much of a text as a sentence has room for.
fn shortened(text: &str) -> String {
    const MOST: usize = 32;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

/// Why a text says no one number.
enum Unclear {
    NoNumber,
    /// It says one of two.
    Either {
        fraction: String,
        whole: String,
    },
}

/// The same in the characters of a programmer: other scripts' digits and signs, and powers of ten as people write them.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => {}
            '−' | '–' | '‐' | '‑' | '﹣' | '－' => plain.push('-'),
            '＋' => plain.push('+'),
            '．' | '٫' => plain.push('.'),
            '，' => plain.push(','),
            '’' | '‘' | 'ʼ' | '´' | '`' | '＇' | '_' | '٬' => plain.push('\''),
            _ if letter.is_whitespace() => plain.push(' '),
            _ => plain.push(other_digit(letter).unwrap_or(letter)),
        }
    }
    let plain = plain.trim().to_owned();
    for power in ["×10", "·10", "*10^", "x10^"] {
        // Of the signs before a power of ten only one can be there.
        if let Some((mantissa, exponent)) = plain.split_once(power) {
            return format!("{}e{}", mantissa.trim(), exponent.chars().filter_map(raised).collect::<String>());
        }
    }
    plain
}

/// A digit of a script that writes numbers as we do, with its own signs.
fn other_digit(letter: char) -> Option<char> {
    ['０', '٠', '۰', '०'].iter().find_map(|zero| {
        let value = (letter as u32).checked_sub(*zero as u32).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    })
}

/// A character of a power, raised or not.
fn raised(letter: char) -> Option<char> {
    match letter {
        '⁻' => Some('-'),
        '⁺' => Some('+'),
        '^' | ' ' => None,
        _ => match "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == letter) {
            Some(value) => char::from_digit(value as u32, 10),
            None => Some(letter),
        },
    }
}

/// Digits and a decimal point without what parts them into groups.
fn digits(body: &str, takes: Takes) -> Result<String, Unclear> {
    let is_known = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | ' ' | '\'');
    if !body.chars().all(is_known) || !body.chars().any(|letter| letter.is_ascii_digit()) {
        return Err(Unclear::NoNumber);
    }
    let count = |sign: char| body.matches(sign).count();
    let decimal = match (count('.'), count(',')) {
        (0, 0) => None,
        (1, 1..) | (1.., 1) if count('.') + count(',') > 1 => body.rfind(['.', ',']).filter(|at| {
            // The one that stands once, behind all others.
            count(char::from(body.as_bytes()[*at])) == 1
        }),
        (1, 0) | (0, 1) => body.find(['.', ',']),
        _ => None,
    };
    let Some(at) = decimal else { return whole_part(body).ok_or(Unclear::NoNumber) };
    let (before, after) = (&body[..at], &body[at + 1..]);
    if !after.chars().all(|letter| letter.is_ascii_digit()) {
        return Err(Unclear::NoNumber);
    }
    let whole = if before.is_empty() { "0".to_owned() } else { whole_part(before).ok_or(Unclear::NoNumber)? };
    let fraction = if after.is_empty() { whole.clone() } else { format!("{whole}.{after}") };
    // `0,180` parts no thousands, and whoever has parted them by other signs does not do it by this one too.
    let may_part = after.len() == 3 && before.len() <= 3 && whole == before && !whole.starts_with('0');
    if !may_part {
        return Ok(fraction);
    }
    let is_comma = body.as_bytes()[at] == b',';
    match takes {
        Takes::Real if !is_comma => Ok(fraction),
        Takes::Whole if is_comma => Ok(format!("{whole}{after}")),
        Takes::Real | Takes::Whole => {
            let short = fraction.trim_end_matches('0').trim_end_matches('.').to_owned();
            Err(Unclear::Either { fraction: short, whole: format!("{whole}{after}") })
        }
    }
}

/// Digits that may stand in groups of three, all parted by the same sign.
fn whole_part(text: &str) -> Option<String> {
    let Some(sign) = text.chars().find(|letter| !letter.is_ascii_digit()) else { return Some(text.to_owned()) };
    let mut groups = text.split(sign);
    let first = groups.next()?;
    let is_group = |group: &str| group.len() == 3 && group.chars().all(|digit| digit.is_ascii_digit());
    ((1..=3).contains(&first.len()) && groups.all(is_group)).then(|| text.replace(sign, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (text, expected) in [
            ("0.18", 0.18),
            ("0,18", 0.18),
            (",5", 0.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("  0.18\u{a0}", 0.18),
            ("1.5", 1.5),
            ("1.000", 1.0),
            ("0,180", 0.18),
            ("1,2345", 1.2345),
            ("1234,567", 1234.567),
            ("1 234,567", 1234.567),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("1,234,567.8", 1_234_567.8),
            ("1’000,25", 1000.25),
            ("1,000,000", 1e6),
            ("1e-3", 1e-3),
            ("1E−3", 1e-3),
            ("2,5e-7", 2.5e-7),
            ("1.5×10⁻⁸", 1.5e-8),
            ("2·10^3", 2e3),
            ("−0,25", -0.25),
            ("+3", 3.0),
            ("０．１８", 0.18),
            ("٠٫١٨", 0.18),
        ] {
            assert_eq!(number(text, Takes::Real), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("64", 64.0),
            ("1,000", 1000.0),
            ("1 000", 1000.0),
            ("1\u{202f}000", 1000.0),
            ("1’000", 1000.0),
            ("1_000", 1000.0),
            ("1,000,000", 1e6),
            ("1.000.000", 1e6),
            ("1e3", 1000.0),
            ("1.0", 1.0),
            ("2,5e1", 25.0),
            ("-7", -7.0),
            ("１００", 100.0),
        ] {
            assert_eq!(number(text, Takes::Whole), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_numbers_is_refused_with_both() {
        for (text, takes, readings) in [
            ("1,000", Takes::Real, ["1", "1000"]),
            ("1,234", Takes::Real, ["1.234", "1234"]),
            ("-12,500", Takes::Real, ["-12.5", "-12500"]),
            ("1.000", Takes::Whole, ["1", "1000"]),
            ("1.234", Takes::Whole, ["1.234", "1234"]),
        ] {
            let [fraction, whole] = readings;
            let sentence = format!("“{text}” can be read as {fraction} or as {whole}. Write {fraction} or {whole}.");
            assert_eq!(number(text, takes), Err(sentence));
        }
    }

    #[test]
    fn what_is_no_number_is_refused_in_a_sentence() {
        let no_number = [
            "abc",
            "",
            "-",
            "1-2",
            "1..2",
            "1,,2",
            "1,0000,0",
            "1,00,000",
            "1 00",
            "12 34",
            "1'000 000",
            "1.2.3",
            "1e",
            "1e1.5",
            "e5",
            "0x10",
            "½",
            "1/2",
            "5 %",
            "1,000.000.000",
            ",",
            "1.000,000.000",
        ];
        for text in no_number {
            for takes in [Takes::Whole, Takes::Real] {
                let sentence = number(text, takes).unwrap_err();
                assert!(sentence.starts_with(&format!("“{text}” is no number. Expected a ")), "{sentence}");
            }
        }
        for text in ["NaN", "-nan", "inf", "+Infinity", "∞"] {
            assert!(number(text, Takes::Real).unwrap_err().contains("is not finite"), "{text}");
        }
        assert!(number("1e999", Takes::Real).unwrap_err().contains("larger than any"));
        assert!(number("0,18", Takes::Whole).unwrap_err().contains("is not whole"));
        assert!(number("1e-3", Takes::Whole).unwrap_err().contains("is not whole"));
        assert!(number("18446744073709551615", Takes::Whole).unwrap_err().contains("is too large"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let letters = ['0', '1', '9', '.', ',', ' ', '\'', '-', 'e', '×', '⁻', '²', '٣', '∞', 'é', '%'];
        for first in letters {
            for second in letters {
                for third in letters {
                    for text in [format!("{first}{second}{third}"), format!("1{first}000{second}5{third}")] {
                        for takes in [Takes::Whole, Takes::Real] {
                            assert!(number(&text, takes).is_ok_and(f64::is_finite) || number(&text, takes).is_err());
                        }
                    }
                }
            }
        }
    }
}
