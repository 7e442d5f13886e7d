//! What may stand between two columns.

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Separator {
    Tab,
    Semicolon,
    Bar,
    Comma,
    /// One space or more, tabs among them.
    Spaces,
}

impl Separator {
    /// All of them; of equals the first is taken.
    pub const ALL: [Self; 5] = [Self::Tab, Self::Semicolon, Self::Bar, Self::Comma, Self::Spaces];

    /// The separator with this sign.
    pub fn of(sign: char) -> Option<Self> {
        Self::ALL.into_iter().find(|separator| separator.sign() == sign)
    }

    /// Its sign.
    pub const fn sign(self) -> char {
        match self {
            Self::Tab => '\t',
            Self::Semicolon => ';',
            Self::Bar => '|',
            Self::Comma => ',',
            Self::Spaces => ' ',
        }
    }

    /// Its name in sentences.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Tab => "tabs",
            Self::Semicolon => "semicolons",
            Self::Bar => "vertical bars",
            Self::Comma => "commas",
            Self::Spaces => "spaces",
        }
    }
}
