//! Which examples a loss is told of.

/// Which examples a slice or a measurement is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Examples {
    /// The training subset that the live view is measured on.
    #[default]
    Train,
    /// The test set.
    Test,
}

impl Examples {
    /// What a caption calls them.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Train => "training examples",
            Self::Test => "test examples",
        }
    }
}
