//! Words as classes, numbered in alphabetical order.

use super::super::arrays::one_line;

/// Classes that a note lists at most.
const MOST_LISTED: usize = 20;

/// Words with their numbers.
pub(super) struct Numbered {
    /// The class of each word.
    pub classes: Vec<i64>,
    /// The words in the order of their numbers.
    pub names: Vec<String>,
    /// The numbering in a sentence.
    pub note: String,
}

/// Numbers words in alphabetical order, as NumPy's `unique` and scikit-learn do.
pub(super) fn number_words(texts: &[String]) -> Numbered {
    let mut names = texts.to_vec();
    names.sort();
    names.dedup();
    let class = |text: &String| names.binary_search(text).map_or(-1, |class| class as i64);
    let note = format!("classes in alphabetical order: {}", listed(&names));
    Numbered { classes: texts.iter().map(class).collect(), names, note }
}

/// The first classes with their numbers, and how many there are.
pub(super) fn listed(names: &[String]) -> String {
    let pair = |(class, name): (usize, &String)| format!("{} = {class}", one_line(name));
    let pairs: Vec<String> = names.iter().enumerate().take(MOST_LISTED).map(pair).collect();
    let more = if names.len() > MOST_LISTED { format!(", … {} in all", names.len()) } else { String::new() };
    format!("{}{more}", pairs.join(", "))
}
