//! Looks into data that the engine was asked for.

use std::sync::Arc;

use crate::protocol::DataPreview;

/// A look into data, or why they cannot be read.
pub type Look = Result<Arc<DataPreview>, String>;

/// The newest look, and how many there were: by that a new answer is told from one that is known.
#[derive(Debug, Default)]
pub struct Previews {
    newest: Option<Look>,
    count: u64,
}

impl Previews {
    /// Takes an answer.
    pub fn push(&mut self, look: Look) {
        self.newest = Some(look);
        self.count += 1;
    }

    /// The newest answer.
    #[must_use]
    pub const fn newest(&self) -> Option<&Look> {
        self.newest.as_ref()
    }

    /// How many answers there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}
