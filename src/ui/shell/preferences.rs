//! What the window remembers between two starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

use super::dock;
use super::window_settings::WindowSettings;
use crate::session::settings::{self, Loaded};
use crate::ui::contract::appearance::{Motion, TextSize, ThemeChoice};
use crate::ui::contract::pane::{Layout, Pane};
use crate::ui::panes::charts::ChartSettings;
use crate::ui::panes::landscape::LandscapeSettings;
use crate::ui::panes::runs::OpenGroups;
use crate::ui::panes::workshop::Drafts;
use crate::ui::state::alerts::Rule;
use crate::ui::state::preset::Preset;

/// Version of the file; another one is set aside.
const VERSION: u32 = 1;
/// Changes are written this long after the last one.
const DELAY: Duration = Duration::from_secs(2);

/// What the window remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The theme.
    pub theme: ThemeChoice,
    /// The text size.
    pub text_size: TextSize,
    /// How much moves by itself.
    #[serde(default)]
    pub motion: Motion,
    /// The layout that was shown last.
    pub layout: Layout,
    /// The layouts with the user's changes.
    pub trees: BTreeMap<Layout, Tree<Pane>>,
    /// The tour was seen or skipped.
    pub tour_seen: bool,
    /// Knob presets of the user.
    #[serde(default)]
    pub presets: Vec<Preset>,
    /// Alerts; the usual ones where there are none.
    #[serde(default)]
    pub alerts: Option<Vec<Rule>>,
    /// Tab, axes and smoothing of the charts.
    #[serde(default)]
    pub charts: ChartSettings,
    /// How landscapes are drawn.
    #[serde(default)]
    pub landscape: LandscapeSettings,
    /// Groups of knobs that are open or closed.
    #[serde(default)]
    pub knob_groups: OpenGroups,
    /// Sessions that have a name, the newest first.
    #[serde(default)]
    pub sessions: Vec<PathBuf>,
    /// The size of the window, and how time is shared.
    #[serde(default)]
    pub window: WindowSettings,
    /// The model and the data that are being put together.
    #[serde(default)]
    pub drafts: Drafts,
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
        let loaded = path.as_deref().map_or(Loaded::<Settings>::Missing, |path| settings::load(path, VERSION));
        let file = |path| Self { path, changed: None };
        let (reason, kept) = match loaded {
            Loaded::Found(mut settings) => {
                let broken = dock::drop_broken(&mut settings.trees);
                let notice = path.as_deref().filter(|_| !broken.is_empty()).map(|path| broken_layouts(path, &broken));
                return (file(path), settings, notice);
            }
            Loaded::Missing => return (file(path), Settings::default(), None),
            Loaded::Unusable { reason, kept } => (reason, kept),
        };
        let words = match &kept {
            Some(kept) => format!("The old file is kept as {}; Flatscape starts with its defaults.", kept.display()),
            None => "The file cannot be moved and stays as it is; Flatscape starts with its defaults, and what you \
                     change is kept for this start only."
                .to_owned(),
        };
        let text = format!("The saved settings cannot be used: {reason}. {words}");
        // What stands in the place of a file that could not be moved is the user's: nothing is written there.
        (file(path.filter(|_| kept.is_some())), Settings::default(), Some(text))
    }

    /// The settings as they are saved, for what must be known before the window opens. The file is left alone.
    #[must_use]
    pub fn peek(path: &Path) -> Option<Settings> {
        settings::peek(path, VERSION)
    }

    /// Where weights are kept that runs start from: in the user's data, or beside settings that lie elsewhere.
    #[must_use]
    pub fn weights_folder(&self) -> PathBuf {
        let is_usual = self.path.is_some() && self.path == settings::default_path();
        let beside = || self.path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let folder = if is_usual { settings::data_folder() } else { beside() };
        folder.unwrap_or_else(|| std::env::temp_dir().join("flatscape")).join("weights")
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

/// Keeps a copy of a file with layouts that cannot be used, and says so.
fn broken_layouts(path: &Path, broken: &[Layout]) -> String {
    let names: Vec<_> = broken.iter().map(|layout| layout.label()).collect();
    let names = names.join(" and ");
    let kept = settings::copy_aside(path)
        .map_or_else(String::new, |kept| format!(" The old file is kept as {}.", kept.display()));
    format!(
        "The saved layout {names} cannot be used, because its panes do not hang together. It starts as it was at \
             first.{kept}"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_written_over_a_file_that_could_not_be_moved() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        fs::write(&path, b"\xff\xfe").expect("writable");
        fs::write(path.with_file_name("settings.old.json"), "1").expect("writable");
        for n in 2..100 {
            fs::write(path.with_file_name(format!("settings.old-{n}.json")), "more").expect("writable");
        }
        let (mut file, settings, notice) = SettingsFile::open(Some(path.clone()));
        assert!(notice.is_some_and(|notice| notice.contains("for this start only")));
        file.touch();
        file.save(true, || settings).expect("nothing is written");
        assert_eq!(fs::read(&path).expect("readable"), b"\xff\xfe");
    }

    #[test]
    fn settings_that_were_saved_without_a_window_can_still_be_read() {
        let text = r#"{"theme": "dark", "text_size": "large", "layout": "teach", "trees": {}, "tour_seen": true}"#;
        let settings: Settings = serde_json::from_str(text).expect("an older file");
        assert_eq!((settings.layout, settings.window), (Layout::Teach, WindowSettings::default()));
    }
}
