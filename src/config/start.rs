//! What fine-tuning starts from: weights of a file, tensors that begin anew and tensors that stay.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigError, nearest};

/// Names of weights that come with the program.
pub const BUNDLED_WEIGHTS: [&str; 2] = ["gpt-mini-chains", "resnet8-glyphs"];

/// The name of bundled weights, where a path is nothing else.
#[must_use]
pub fn bundled_weights(path: &Path) -> Option<&'static str> {
    BUNDLED_WEIGHTS.into_iter().find(|name| path.as_os_str() == *name)
}

/// Weights that all runs of an experiment start from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartConfig {
    /// A file of weights, in an experiment file relative to that file; or the name of weights that come with the program.
    pub weights: PathBuf,
    /// The key of the file under which the weights are, such as `ema.module`; found where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Patterns of the tensors that begin with random weights of the seed, whatever the file has: a new head. `*` stands for
    /// any letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fresh: Vec<String>,
    /// Patterns of the tensors that stay as the file has them. They are left out of D, noise and curvature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<String>,
}

/// Whether a name fits a pattern, in which `*` stands for any letters, or none.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(after) = name.strip_prefix(head) else { return false };
    after.char_indices().map(|(at, _)| at).chain([after.len()]).any(|at| fits(rest, &after[at..]))
}

/// For each of `names` (a tensor with all names that it has) whether one of the patterns fits it.
///
/// # Errors
/// [`ConfigError::UnknownName`] for a pattern that fits nothing.
pub fn fitting(setting: &'static str, patterns: &[String], names: &[Vec<&str>]) -> Result<Vec<bool>, ConfigError> {
    let is_fit = |pattern: &String, all: &Vec<&str>| all.iter().any(|name| fits(pattern, name));
    if let Some(pattern) = patterns.iter().find(|pattern| !names.iter().any(|all| is_fit(pattern, all))) {
        return Err(ConfigError::UnknownName {
            kind: setting,
            name: pattern.clone(),
            nearest: nearest(pattern, names.iter().flatten().copied()),
        });
    }
    Ok(names.iter().map(|all| patterns.iter().any(|pattern| is_fit(pattern, all))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, expected) in [
            ("0.*", "0.weight", true),
            ("0.*", "10.weight", false),
            ("*.bias", "3.1.bias", true),
            ("*", "a", true),
            ("6.weight", "6.weight", true),
            ("6.weight", "6.weights", false),
            ("*a*b", "xaybzb", true),
            ("*a*b", "xayc", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_told_with_the_nearest_name() {
        let names = [vec!["0.weight"], vec!["0.bias", "3.bias"]];
        assert_eq!(fitting("start.fresh", &["3.*".to_owned()], &names).unwrap(), [false, true]);
        let message = fitting("pattern in `start.fresh`", &["0.wieght".to_owned()], &names).unwrap_err().to_string();
        assert!(message.contains("`0.wieght`") && message.contains("did you mean `0.weight`"), "{message}");
    }
}
