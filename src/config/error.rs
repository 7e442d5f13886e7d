//! What is wrong with a configuration, and checks that several of its parts have in common.

/// What is wrong with a configuration: always the thing, its place and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A name that nothing has.
    #[error("unknown {kind} `{name}`; {nearest}")]
    UnknownName {
        /// What the name was to name.
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The nearest valid name, and all of them, in words (see [`nearest`]).
        nearest: String,
    },
    /// A value outside of its range.
    #[error("`{name}` is {value}, expected {expected}")]
    OutOfRange {
        /// The setting.
        name: String,
        /// The value as given.
        value: String,
        /// The allowed values in words.
        expected: String,
    },
    /// A setting that the optimiser does not read.
    #[error("`{key}` is not a setting of {optimizer}; it is read by {readers}")]
    NotReadBy {
        /// The setting.
        key: &'static str,
        /// The optimiser it was given to.
        optimizer: &'static str,
        /// The optimisers that read it.
        readers: String,
    },
    /// An assignment that is not `key=value`.
    #[error("`{text}` is not an assignment, expected {expected}")]
    NotAnAssignment {
        /// The text as given.
        text: String,
        /// The form in words.
        expected: &'static str,
    },
    /// A file that is not a valid experiment.
    #[error("{message}")]
    Syntax {
        /// The parser's message on one line, with its place.
        message: String,
    },
    /// A layer that cannot stand where it stands, or a text that names no layer.
    #[error("layer {position} `{text}`: {message}")]
    Layer {
        /// The layer's position, from 1, such as `3`, or `4.2` for the second layer of the block at 4.
        position: String,
        /// The layer's text.
        text: String,
        /// What is wrong and what was expected.
        message: String,
    },
}

impl ConfigError {
    /// A setting whose value is none of the `expected` ones.
    pub(crate) fn out_of_range(name: &str, value: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::OutOfRange { name: name.to_owned(), value: value.into(), expected: expected.into() }
    }

    /// The parser's message on one line, with its place in `text`.
    pub(super) fn from_toml(text: &str, err: &toml::de::Error) -> Self {
        let line = err.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let message = err.message().replace('\n', " ");
        Self::Syntax { message: line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}")) }
    }
}

/// Words for an error message: the nearest of `candidates` to `name`, and all of them.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    let best = all
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(2));
    // A list that nobody reads would hide the name that was meant.
    const MOST: usize = 30;
    let is_long = all.len() > MOST;
    let list = if is_long { format!("{}, … ({} in all)", all[..MOST].join(", "), all.len()) } else { all.join(", ") };
    match best {
        Some((_, candidate)) if is_long => format!("did you mean `{candidate}`?"),
        Some((_, candidate)) => format!("did you mean `{candidate}`? (valid: {list})"),
        None => format!("expected one of {list}"),
    }
}

/// Finds the one of `all` whose key is `name`.
///
/// # Errors
/// [`ConfigError::UnknownName`] with the nearest name.
pub(super) fn find_named<T: Copy>(
    kind: &'static str,
    name: &str,
    all: &[T],
    key: impl Fn(T) -> &'static str,
) -> Result<T, ConfigError> {
    all.iter().copied().find(|&one| key(one) == name).ok_or_else(|| ConfigError::UnknownName {
        kind,
        name: name.to_owned(),
        nearest: nearest(name, all.iter().map(|&one| key(one))),
    })
}

/// Checks a number against its range.
pub(super) fn within(name: &str, value: f64, min: f64, max: f64) -> Result<(), ConfigError> {
    if value.is_finite() && value >= min && value <= max {
        return Ok(());
    }
    Err(ConfigError::OutOfRange {
        name: name.to_owned(),
        value: value.to_string(),
        expected: format!("a number from {min} to {max}"),
    })
}
