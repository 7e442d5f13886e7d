//! Records as text with a checksum: TOML, because it keeps figures to the last bit and those that are not finite.

use rusqlite::types::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// Bytes of the SHA-256 of a text that are kept beside it.
const CHECKSUM: usize = 8;

/// A text with its checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub text: String,
    pub checksum: Vec<u8>,
}

impl Document {
    pub fn new(text: String) -> Self {
        Self { checksum: checksum(&text), text }
    }

    /// A record as text.
    ///
    /// # Errors
    /// Why it has no form as text, such as a number that is too large.
    pub fn of(record: &impl Serialize) -> Result<Self, String> {
        toml::to_string(record).map(Self::new).map_err(|err| err.to_string())
    }

    /// The text, where it is the one that was written.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub fn checked(text: String, sum: &[u8]) -> Result<String, String> {
        if checksum(&text) == sum { Ok(text) } else { Err("a text has another checksum".to_owned()) }
    }

    /// The record, where its text is the one that was written.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub fn read<T: DeserializeOwned>(text: String, sum: &[u8]) -> Result<T, String> {
        toml::from_str(&Self::checked(text, sum)?).map_err(|err| err.message().to_owned())
    }

    /// For two neighbouring columns.
    pub fn into_values(self) -> [Value; 2] {
        [Value::Text(self.text), Value::Blob(self.checksum)]
    }
}

fn checksum(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes())[..CHECKSUM].to_vec()
}
