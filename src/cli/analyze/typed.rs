//! Numbers and words among the arguments, each with what was expected of it.

use anyhow::Result;

use crate::cli::compare;
use crate::cli::error::BadInput;
use crate::config::{ConfigError, NoiseDistribution, Precision, nearest};

/// Lengths above it are beyond 32 bits when they are squared.
const MAX_NUMBER: f64 = 1e15;

/// The least value that a number may have.
#[derive(Clone, Copy)]
pub(super) enum Least {
    At(f64),
    Above(f64),
}

pub(super) fn number(flag: &str, text: &str, least: Least) -> Result<f64> {
    let value = text.trim().parse().ok().filter(|value: &f64| *value <= MAX_NUMBER);
    let fits = |value: &f64| match least {
        Least::At(least) => *value >= least,
        Least::Above(least) => *value > least,
    };
    let expected = match least {
        Least::At(least) => format!("of at least {least} and at most {MAX_NUMBER}"),
        Least::Above(least) => format!("above {least} and at most {MAX_NUMBER}"),
    };
    Ok(value.filter(fits).ok_or_else(|| BadInput(format!("`{flag}` is `{text}`, expected a number {expected}")))?)
}

pub(super) fn optional_count(flag: &str, text: Option<&str>, max: u64) -> Result<Option<usize>> {
    text.map(|text| compare::whole(flag, text, max).map(|count| count as usize)).transpose()
}

pub(super) fn needs(given: bool, other: bool, flag: &str, what: &str) -> Result<()> {
    if given && !other { Err(bad(&format!("`{flag}` changes nothing without {what}, expected both"))) } else { Ok(()) }
}

pub(super) fn precision(key: &str) -> Result<Precision> {
    [Precision::F32, Precision::F64].into_iter().find(|precision| precision.key() == key).ok_or_else(|| {
        let nearest = nearest(key, ["f32", "f64"]);
        unknown("precision", key, nearest).context("`--precision`")
    })
}

pub(super) fn frozen(key: &str) -> Result<bool> {
    match key {
        "frozen" => Ok(true),
        "batch" => Ok(false),
        _ => Err(unknown("statistics", key, nearest(key, ["frozen", "batch"])).context("`--statistics`")),
    }
}

pub(super) fn distribution(key: &str) -> Result<NoiseDistribution> {
    NoiseDistribution::from_key(key).ok_or_else(|| {
        let nearest = nearest(key, NoiseDistribution::KEYS.iter().copied());
        unknown("distribution", key, nearest).context("`--distribution`")
    })
}

pub(super) fn unknown(kind: &'static str, name: &str, nearest: String) -> anyhow::Error {
    ConfigError::UnknownName { kind, name: name.to_owned(), nearest }.into()
}

pub(super) fn bad(text: &str) -> anyhow::Error {
    BadInput(text.to_owned()).into()
}

/// Whether curvature is measured along a path.
pub(super) fn curvature(key: &str) -> Result<bool> {
    match key {
        "all" => Ok(true),
        "none" => Ok(false),
        _ => Err(unknown("extent", key, nearest(key, ["all", "none"])).context("`--curvature`")),
    }
}

pub(super) fn whole_seed(text: &str) -> Result<u64> {
    let wrong = || BadInput(format!("`--seed` is `{text}`, expected a whole number from 0 to {}", u64::MAX));
    Ok(text.trim().parse().map_err(|_| wrong())?)
}
