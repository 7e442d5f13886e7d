//! Letters that no font at hand has: told in Latin letters, by the sound or the name that they have, and by their code points.
//!
//! 猫 and 毛 are both "Mao"; 732B and 6BDB are never the same. So names that differ are told apart on a machine that can
//! show neither, and who reads the script still hears the name. The sounds are those of `deunicode`: Mandarin for Chinese
//! characters, consonants alone for Arabic and Hebrew.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A name in Latin letters goes on no longer than this.
const LONGEST_NAME: usize = 24;

/// Whether a letter shows anything by itself, so that it is missed where a font lacks it.
#[must_use]
pub fn is_shown(letter: char) -> bool {
    let is_silent = matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
    !is_silent && !letter.is_control() && !letter.is_whitespace()
}

/// Letters by their sound or name, in ASCII; empty where they have none.
#[must_use]
pub fn latin(letters: &str) -> String {
    let sounds: String = letters.chars().filter_map(deunicode::deunicode_char).collect();
    let words: String = sounds.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ').take(LONGEST_NAME).collect()
}

/// The code points of letters in hexadecimal digits, four or more each.
#[must_use]
pub fn codes(letters: &str) -> String {
    let mut codes = String::new();
    for letter in letters.chars() {
        let space = if codes.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(codes, "{space}{:04X}", u32::from(letter));
    }
    codes
}

/// A text in which each stretch of letters that are lacking is told: `猫 3` as `Mao [732B] 3`.
pub fn told(text: &str, is_lacking: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_lacking = |letter: char| is_shown(letter) && is_lacking(letter);
    if !text.contains(is_lacking) {
        return Cow::Borrowed(text);
    }
    let (mut told, mut stretch) = (String::new(), String::new());
    for letter in text.chars() {
        // A joiner within an emoji belongs to it.
        if is_lacking(letter) || (!stretch.is_empty() && !is_shown(letter) && !letter.is_whitespace()) {
            stretch.push(letter);
        } else {
            tell(&mut told, &mut stretch);
            told.push(letter);
        }
    }
    tell(&mut told, &mut stretch);
    Cow::Owned(told)
}

fn tell(told: &mut String, stretch: &mut String) {
    if stretch.is_empty() {
        return;
    }
    let name = latin(stretch);
    let space = if name.is_empty() { "" } else { " " };
    // Writing to a string cannot fail.
    let _ = write!(told, "{name}{space}[{}]", codes(stretch));
    stretch.clear();
}

/// A title as the name of a file.
pub fn file_stem(title: &str) -> String {
    let words = title.to_lowercase().replace('λ', "lambda-").replace('σ', "sigma");
    let letters: String =
        words.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let parts: Vec<&str> = letters.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "chart".to_owned() } else { parts.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 14] =
        ["猫", "犬", "毛", "模型", "模形", "ねこ", "고양이", "قطة", "كلب", "חתול", "बिल्ली", "कुत्ता", "🐱", "🐶"];

    #[test]
    fn names_are_told_by_sound_and_code_points() {
        for (name, expected) in [
            ("猫", "Mao [732B]"),
            ("毛", "Mao [6BDB]"),
            ("模型 3", "Mo Xing [6A21 578B] 3"),
            ("run 犬", "run Quan [72AC]"),
            ("ねこ", "neko [306D 3053]"),
            ("🐱", "cat [1F431]"),
            ("a b", "a b"),
            ("\u{10ffff}", "[10FFFF]"),
        ] {
            assert_eq!(told(name, |letter| !letter.is_ascii()), expected, "{name}");
        }
    }

    #[test]
    fn names_that_differ_are_told_apart_and_in_letters_that_all_fonts_have() {
        let told: Vec<String> = NAMES.iter().map(|name| told(name, |letter| !letter.is_ascii()).into_owned()).collect();
        assert!(told.iter().all(|text| text.is_ascii()), "{told:?}");
        let different: std::collections::BTreeSet<&String> = told.iter().collect();
        assert_eq!(different.len(), NAMES.len(), "{told:?}");
    }

    #[test]
    fn what_shows_nothing_is_not_missed() {
        assert_eq!(told("a\u{200b}b\u{a0}c\n", |letter| !letter.is_ascii()), "a\u{200b}b\u{a0}c\n");
        assert_eq!(told("σ 猫", |letter| letter == '猫'), "σ Mao [732B]");
    }
}
