//! Errors on the command line: one line on stderr, exit code 2 where the input is wrong, 1 for everything else.

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::config::ConfigError;
use crate::data::{DataError, ImportError};
use crate::engine::{EngineError, is_bad_session};
use crate::export::OutputError;
use crate::landscape::PlaneError;
use crate::session::store::StoreError;
use crate::session::weights::WeightsError;
use crate::sweep::error::SweepError;

const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;

/// Input that is wrong and that no other error describes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// Why there is nothing to run: help was asked for, or the arguments are wrong.
#[derive(Debug)]
pub struct ParseOutcome(pub(super) clap::Error);

impl ParseOutcome {
    /// Prints help to stdout, or the error in one line to stderr.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        if matches!(self.0.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            // A closed pipe behind `--help | head` is no failure.
            let _ = self.0.print();
            return ExitCode::SUCCESS;
        }
        say(&self.sentence());
        ExitCode::from(BAD_INPUT)
    }

    /// clap's message without its usage, on one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let text = self.0.render().to_string();
        let message = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
        let parts: Vec<&str> = message.map(str::trim).filter(|line| !line.is_empty()).collect();
        let joined = parts.join(" ").replace(" tip: ", "; ");
        let sentence = joined.strip_prefix("error: ").unwrap_or(&joined);
        format!("{sentence} (see `flatscape --help`)")
    }
}

/// Prints an error with its causes in one line and chooses the exit code.
#[must_use]
pub fn report(err: &anyhow::Error) -> ExitCode {
    say(&line_of(err));
    ExitCode::from(if is_bad_input(err) { BAD_INPUT } else { FAILED })
}

/// An error with its causes in one line.
pub fn line_of(err: &anyhow::Error) -> String {
    format!("{err:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints a line to stderr with the program's name before it.
pub fn say(text: &str) {
    tell(&format!("flatscape: {text}"));
}

/// Prints a line to stderr. A stderr that is gone is no reason to stop.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn is_bad_input(err: &anyhow::Error) -> bool {
    err.chain().any(|cause| {
        cause.is::<BadInput>()
            || cause.is::<ConfigError>()
            || cause.is::<ImportError>()
            || cause.is::<WeightsError>()
            || cause.is::<PlaneError>()
            || cause.downcast_ref::<EngineError>().is_some_and(EngineError::is_bad_input)
            || cause.downcast_ref::<SweepError>().is_some_and(SweepError::is_bad_input)
            || cause.downcast_ref::<StoreError>().is_some_and(is_bad_session)
            || cause.is::<DataError>()
    }) || err.downcast_ref::<OutputError>().is_some()
        || err.downcast_ref::<ImportError>().is_some()
        || err.downcast_ref::<WeightsError>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn bad_input_is_found_below_its_context() {
        let config = ConfigError::NotAnAssignment { text: "x".to_owned(), expected: "y" };
        assert!(is_bad_input(&anyhow::Error::from(config.clone()).context("`--set`")));
        assert!(is_bad_input(&anyhow::Error::from(EngineError::Config(config))));
        assert!(!is_bad_input(&anyhow::Error::from(EngineError::Device("gone".to_owned())).context("compare")));
        let output: Result<(), OutputError> = Err(OutputError::NotAFolder("x".into()));
        assert!(is_bad_input(&output.context("`--out`").unwrap_err()));
    }
}
