//! Theme, text size and motion, as they are chosen.

use serde::{Deserialize, Serialize};

/// Which theme is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// The system's.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl ThemeChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// What it is.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::System => "Dark or light, as the system has it.",
            Self::Dark => "Light text on dark.",
            Self::Light => "Dark text on light.",
        }
    }

    /// The same for egui.
    #[must_use]
    pub const fn preference(self) -> egui::ThemePreference {
        match self {
            Self::System => egui::ThemePreference::System,
            Self::Dark => egui::ThemePreference::Dark,
            Self::Light => egui::ThemePreference::Light,
        }
    }
}

/// How much of the window moves by itself. What is drawn of the runs is not meant: it changes because they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Motion {
    /// Menus and lists open and scroll in a fifth of a second.
    #[default]
    All,
    /// Everything is at once where it goes, and nothing turns while one waits.
    Reduced,
}

impl Motion {
    /// Both.
    pub const ALL: [Self; 2] = [Self::All, Self::Reduced];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::All => "All motion",
            Self::Reduced => "Reduced motion",
        }
    }

    /// What it is.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::All => "Menus, lists and scrolling move to where they go.",
            Self::Reduced => "Nothing moves by itself: menus, lists and scrolling are at once where they go.",
        }
    }
}

/// How large everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextSize {
    /// For a desk.
    #[default]
    Normal,
    /// For tired eyes, or a second screen.
    Large,
    /// For a projector.
    Projector,
}

impl TextSize {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::Projector];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Large => "Large",
            Self::Projector => "Projector",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Normal => "For a desk.",
            Self::Large => "A quarter larger.",
            Self::Projector => "Larger by six tenths, for the last row of a room.",
        }
    }

    /// Factor of everything on the screen.
    #[must_use]
    pub const fn factor(self) -> f32 {
        match self {
            Self::Normal => 1.0,
            Self::Large => 1.25,
            Self::Projector => 1.6,
        }
    }

    /// The size after or before this one.
    #[must_use]
    pub fn stepped(self, by: isize) -> Self {
        let place = Self::ALL.iter().position(|size| *size == self).unwrap_or(0);
        Self::ALL[place.saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }
}
