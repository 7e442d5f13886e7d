//! What the window remembers between two starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

use super::dock::{Layout, Pane};
use crate::session::settings::{self, Loaded};

/// Version of the file; another one is set aside.
const VERSION: u32 = 1;
/// Changes are written this long after the last one.
const DELAY: Duration = Duration::from_secs(2);

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

/// What the window remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The theme.
    pub theme: ThemeChoice,
    /// The text size.
    pub text_size: TextSize,
    /// The layout that was shown last.
    pub layout: Layout,
    /// The layouts with the user's changes.
    pub trees: BTreeMap<Layout, Tree<Pane>>,
    /// The tour was seen or skipped.
    pub tour_seen: bool,
    /// Knob presets of the user.
    #[serde(default)]
    pub presets: Vec<super::knobs::Preset>,
    /// The model and the data that are being put together.
    #[serde(default)]
    pub drafts: super::workshop::Drafts,
}

/// Where settings are kept.
#[derive(Debug)]
pub struct SettingsFile {
    /// `None` keeps them for this start only, as tests want it.
    path: Option<PathBuf>,
    changed: Option<Instant>,
}

impl SettingsFile {
    /// Opens the file; the notice says what happened to one that cannot be used.
    #[must_use]
    pub fn open(path: Option<PathBuf>) -> (Self, Settings, Option<String>) {
        let loaded = path.as_deref().map_or(Loaded::Missing, |path| settings::load(path, VERSION));
        let (settings, notice) = match loaded {
            Loaded::Found(settings) => (settings, None),
            Loaded::Missing => (Settings::default(), None),
            Loaded::Unusable { reason, kept } => {
                let kept = kept.map_or_else(
                    || "The file stays as it is".to_owned(),
                    |kept| format!("The old file is kept as {}", kept.display()),
                );
                let text =
                    format!("The saved settings cannot be used: {reason}. {kept}; Flatscape starts with its defaults.");
                (Settings::default(), Some(text))
            }
        };
        (Self { path, changed: None }, settings, notice)
    }

    /// Remembers that something changed.
    pub fn touch(&mut self) {
        self.changed = Some(Instant::now());
    }

    /// Writes changes that have rested for a while, or all with `at_once`. The error is a sentence.
    ///
    /// # Errors
    /// When the file cannot be written; it is tried again at the next change.
    pub fn save(&mut self, at_once: bool, settings: impl FnOnce() -> Settings) -> Result<(), String> {
        let Some(changed) = self.changed.filter(|changed| at_once || changed.elapsed() > DELAY) else { return Ok(()) };
        let _ = changed;
        self.changed = None;
        let Some(path) = &self.path else { return Ok(()) };
        settings::save(path, VERSION, &settings())
            .map_err(|err| format!("The settings cannot be written to {}: {err}.", path.display()))
    }
}
