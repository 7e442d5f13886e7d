//! Standard output.

use std::io::{self, Write as _};

/// Prints to stdout. A reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(err) if err.kind() != io::ErrorKind::BrokenPipe => Err(anyhow::Error::new(err).context("stdout")),
        _ => Ok(()),
    }
}
