//! What may stand after a layer's name and sizes: words with a number, such as `stride 2`, and words alone, such as `ceil`.

use crate::config::nearest;

/// The options of one layer's text.
pub(super) struct Options<'a> {
    found: Vec<(&'a str, Option<&'a str>)>,
}

/// What a layer takes.
pub(super) struct Takes {
    /// Options with a number after them.
    pub numbers: &'static [&'static str],
    /// Options alone.
    pub flags: &'static [&'static str],
    /// The layer's form, from "expected" on.
    pub form: &'static str,
}

/// Names that PyTorch gives to what is written otherwise here, or is not offered.
const ELSEWHERE: &[(&str, &str)] = &[
    ("eps=", "write `eps E`"),
    ("epsilon", "write `eps E`"),
    ("bias", "a bias is there unless `nobias` stands here"),
    ("affine", "weight and bias are there unless `noaffine` stands here"),
    ("elementwise_affine", "weight and bias are there unless `noaffine` stands here"),
    ("track_running_stats", "running statistics are always kept; `--statistics batch` measures without them"),
    ("ceil_mode", "write `ceil`"),
    ("count_include_pad", "padding counts unless `excludepad` stands here"),
    ("divisor_override", "write `divisor N`"),
    ("return_indices", "the places of the greatest are not offered"),
    ("padding_mode", "padding is zeros, and no other is offered"),
    ("zeros", "padding is zeros: leave it away"),
    ("reflect", "padding is zeros, and no other is offered"),
    ("replicate", "padding is zeros, and no other is offered"),
    ("circular", "padding is zeros, and no other is offered"),
    ("valid", "without padding the word is left away"),
    ("inplace", "it changes no number: leave it away"),
];

impl<'a> Options<'a> {
    /// Reads `words`.
    pub fn read(words: &[&'a str], takes: &Takes) -> Result<Self, String> {
        let mut found: Vec<(&str, Option<&str>)> = Vec::new();
        let mut words = words.iter();
        while let Some(&option) = words.next() {
            let value = if takes.numbers.contains(&option) {
                Some(*words.next().ok_or_else(|| format!("`{option}` lacks its number; {}", takes.form))?)
            } else if takes.flags.contains(&option) {
                None
            } else {
                return Err(takes.unknown(option));
            };
            if found.iter().any(|(name, _)| *name == option) {
                return Err(format!("`{option}` stands twice"));
            }
            found.push((option, value));
        }
        Ok(Self { found })
    }

    /// Whether an option stands there.
    pub fn has(&self, name: &str) -> bool {
        self.found.iter().any(|(found, _)| *found == name)
    }

    /// What stands after an option.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.found.iter().find(|(found, _)| *found == name).and_then(|(_, value)| *value)
    }

    /// One or two whole numbers from `least` on, such as `2` or `2x1`, down and to the right.
    pub fn pair(&self, name: &str, what: &str, least: usize) -> Result<Option<[usize; 2]>, String> {
        self.text(name).map(|text| pair(text, what, least)).transpose()
    }

    /// A number of a range.
    pub fn number(&self, name: &str, what: &str, most: f64) -> Result<Option<f64>, String> {
        let read = |text: &str| match text.parse() {
            Ok(number) if (0.0..=most).contains(&number) => Ok(number),
            _ => Err(format!("{what} is `{text}`, expected a number from 0 to {most}")),
        };
        self.text(name).map(read).transpose()
    }
}

impl Takes {
    fn unknown(&self, option: &str) -> String {
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| option.starts_with(name));
        if let Some((name, instead)) = elsewhere {
            return format!("PyTorch's `{}`: {instead}; {}", name.trim_end_matches('='), self.form);
        }
        let all = || self.numbers.iter().chain(self.flags).copied();
        if option.parse::<f64>().is_ok() {
            let names: Vec<String> = all().map(|name| format!("`{name}`")).collect();
            return format!("it takes nothing after it but {}, not `{option}`; {}", names.join(", "), self.form);
        }
        format!("unknown option `{option}`; {}", nearest(option, all()))
    }
}

/// Refuses whatever stands after a name that is complete by itself.
pub(super) fn no_arguments(name: &str, arguments: &[&str]) -> Result<(), String> {
    if arguments.is_empty() { Ok(()) } else { Err(format!("`{name}` takes nothing after it")) }
}

/// One or two whole numbers, such as `3` or `3x2`.
pub(super) fn pair(text: &str, what: &str, least: usize) -> Result<[usize; 2], String> {
    let number = |part: &str| up_to(part, text, what, least);
    match text.split_once('x') {
        Some((down, right)) => Ok([number(down)?, number(right)?]),
        None => number(text).map(|both| [both; 2]),
    }
}

/// A whole number from 1 on.
pub(super) fn positive(text: &str, what: &str) -> Result<usize, String> {
    up_to(text, text, what, 1)
}

fn up_to(part: &str, text: &str, what: &str, least: usize) -> Result<usize, String> {
    let most = if least == 0 { 1 << 10 } else { 1 << 20 };
    match part.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("{what} is `{text}`, expected a whole number from {least} to {most}")),
    }
}
