//! The first line each way: who speaks, and in which version. It is text, so that any version can read that it is another one; a
//! login shell that greets before it is passed over.

use std::io::{self, BufRead, Read as _};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// The version of the protocol, which changes with any type that crosses.
pub const PROTOCOL: u32 = 2;
/// How the line begins.
const BEGINNING: &[u8] = b"{\"flatscape\":";
const MOST_LINE: u64 = 16 << 10;
/// Bytes of greetings that are passed over at most.
const MOST_GREETING: u64 = 64 << 10;

/// The versions of one end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The version of the program.
    pub flatscape: String,
    /// The version of the protocol.
    pub protocol: u32,
}

impl Versions {
    /// Those of this program.
    pub fn own() -> Self {
        Self { flatscape: PROGRAM.to_owned(), protocol: PROTOCOL }
    }

    fn words(&self) -> String {
        format!("Flatscape {} (protocol {})", self.flatscape, self.protocol)
    }
}

/// What a window says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowHello {
    /// First, so that the line begins with them.
    #[serde(flatten)]
    pub versions: Versions,
    /// The engine that it takes up again.
    pub engine: Option<String>,
    /// The session to go on with where that engine has ended.
    pub session: Option<PathBuf>,
}

impl WindowHello {
    /// That of this program.
    pub fn new(engine: Option<String>, session: Option<PathBuf>) -> Self {
        Self { versions: Versions::own(), engine, session }
    }
}

/// What an engine answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineHello {
    /// First, so that the line begins with them.
    #[serde(flatten)]
    pub versions: Versions,
    /// Its name, by which it is taken up again.
    pub engine: String,
    /// The name of its machine.
    pub host: String,
    /// It has served a window before, and tells all that was done.
    pub goes_on: bool,
    /// It has runs, or opens a session.
    pub brings_runs: bool,
    /// Where files go that are sent to it.
    pub received: Option<PathBuf>,
}

/// Why there is no hello.
#[derive(Debug, thiserror::Error)]
pub enum HelloError {
    /// The stream ended before.
    #[error("it ended before it said which version it is")]
    Silent,
    /// Something else speaks.
    #[error("what it says is not of Flatscape: {0}")]
    Stranger(String),
    /// Another version.
    #[error("the {who} is {theirs}, this is {own}: both must be of the same version")]
    Version {
        /// The other end.
        who: &'static str,
        /// Its version.
        theirs: String,
        /// Ours.
        own: String,
    },
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A hello as its line.
pub fn line(hello: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(hello).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Reads the hello of the `who` at the other end.
///
/// # Errors
/// [`HelloError`].
pub fn read<T: DeserializeOwned>(from: &mut impl BufRead, who: &'static str) -> Result<T, HelloError> {
    let mut passed = 0;
    let mut last = String::new();
    loop {
        let mut line = Vec::new();
        let length = from.by_ref().take(MOST_LINE).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Err(if last.is_empty() { HelloError::Silent } else { HelloError::Stranger(last) });
        }
        if line.starts_with(BEGINNING) {
            return parse(&line, who);
        }
        last = shown(&line);
        passed += length;
        if passed > MOST_GREETING {
            return Err(HelloError::Stranger(last));
        }
    }
}

fn parse<T: DeserializeOwned>(line: &[u8], who: &'static str) -> Result<T, HelloError> {
    let stranger = |_| HelloError::Stranger(shown(line));
    let versions: Versions = serde_json::from_slice(line).map_err(stranger)?;
    if versions != Versions::own() {
        let theirs: String = versions.words().chars().filter(|letter| !letter.is_control()).take(80).collect();
        return Err(HelloError::Version { who, theirs, own: Versions::own().words() });
    }
    serde_json::from_slice(line).map_err(stranger)
}

/// A line as it can be shown.
fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line).chars().filter(|letter| !letter.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<WindowHello, HelloError> {
        read(&mut text.as_bytes(), "window")
    }

    #[test]
    fn hellos_are_found_behind_the_greetings_of_a_shell() {
        let hello = WindowHello::new(Some("a-1".to_owned()), Some("/s.flatscape".into()));
        let line = String::from_utf8(line(&hello)).unwrap();
        assert!(line.as_bytes().starts_with(BEGINNING), "{line}");
        let stream = format!("Welcome!\n\n{line}behind");
        let mut bytes = stream.as_bytes();
        assert_eq!(read::<WindowHello>(&mut bytes, "window").unwrap(), hello);
        assert_eq!(bytes, b"behind", "no byte more is taken");
    }

    #[test]
    fn another_version_is_one_sentence_that_names_both() {
        let err = of("{\"flatscape\":\"9.0.0\",\"protocol\":7,\"new\":[]}\n").unwrap_err().to_string();
        let own = Versions::own().words();
        assert_eq!(
            err,
            format!("the window is Flatscape 9.0.0 (protocol 7), this is {own}: both must be of the same version")
        );
    }

    #[test]
    fn strangers_and_silence_are_told() {
        assert!(matches!(of(""), Err(HelloError::Silent)));
        assert!(matches!(of("{\"flatscape\":3}\n"), Err(HelloError::Stranger(_))));
        assert!(matches!(of("{\"flatscape\":\"1"), Err(HelloError::Stranger(_))), "cut");
        let err = of("command not found\n").unwrap_err().to_string();
        assert!(err.contains("command not found"), "{err}");
        assert!(matches!(of(&"x".repeat(1 << 20)), Err(HelloError::Stranger(_))), "no end is waited for");
    }
}
