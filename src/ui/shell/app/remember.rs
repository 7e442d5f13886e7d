//! What the window remembers between two starts: taken from the settings, and kept there as it changes.

use std::path::PathBuf;

use super::App;
use crate::protocol::Command;
use crate::ui::contract::appearance::Motion;
use crate::ui::kit::theme;
use crate::ui::shell::dock::Dock;
use crate::ui::shell::preferences::{Settings, SettingsFile};
use crate::ui::state::notices::Level;

impl App {
    /// Takes the settings of a file and keeps changes there. What cannot be used is set aside, with a notice.
    #[must_use]
    pub fn with_settings(mut self, ctx: &egui::Context, path: Option<PathBuf>) -> Self {
        let (file, settings, notice) = SettingsFile::open(path);
        self.dock = Dock::new(settings.layout, settings.trees.clone());
        (self.settings_file, self.settings) = (file, settings);
        self.look_share = self.settings.window.look_share();
        self.send(Command::SetLookShare(self.look_share));
        self.shared.presets.clone_from(&self.settings.presets);
        if let Some(rules) = self.settings.alerts.take() {
            self.shared.alerts.set_rules(rules);
        }
        self.panes.charts.remember(&self.settings.charts);
        self.panes.landscapes.apply(self.settings.landscape);
        self.panes.runs.restore(&self.settings.knob_groups);
        self.panes.workshop.restore(&self.settings.drafts, &self.model.experiment);
        if let Some(notice) = notice {
            self.model.notices.push(Level::Warning, notice);
        }
        if !self.settings.tour_seen {
            self.tour.start_beside();
        }
        self.apply_appearance(ctx);
        self
    }

    /// Shows theme, text size and motion as the settings have them.
    pub(super) fn apply_appearance(&self, ctx: &egui::Context) {
        ctx.set_theme(self.settings.theme.preference());
        ctx.set_zoom_factor(self.settings.text_size.factor());
        theme::set_motion(ctx, self.settings.motion == Motion::All);
    }

    /// Notes what of the window has changed, and writes changed settings after a while.
    pub(super) fn keep_settings(&mut self, ctx: &egui::Context) {
        let (panes, settings) = (&mut self.panes, &mut self.settings);
        let is_changed = settings.window.take(ctx, self.look_share)
            | panes.workshop.drafts_changed(&mut settings.drafts, &self.model.experiment);
        if self.dock.take_edited() || is_changed {
            self.settings_file.touch();
        }
        let (charts, landscape) = (panes.charts.settings(), panes.landscapes.settings());
        if (&settings.charts, &settings.landscape) != (&charts, &landscape) {
            (settings.charts, settings.landscape) = (charts, landscape);
            self.settings_file.touch();
        }
        if &settings.knob_groups != panes.runs.groups() {
            settings.knob_groups.clone_from(panes.runs.groups());
            self.settings_file.touch();
        }
        self.write_settings(false);
    }

    /// Writes changed settings, after a while or at once.
    pub(super) fn write_settings(&mut self, at_once: bool) {
        let (settings, dock, shared) = (&self.settings, &self.dock, &self.shared);
        let now = || Settings {
            layout: dock.layout,
            trees: dock.trees().clone(),
            presets: shared.presets.clone(),
            alerts: Some(shared.alerts.rules().to_vec()),
            ..settings.clone()
        };
        if let Err(notice) = self.settings_file.save(at_once, now) {
            self.model.notices.push(Level::Warning, notice);
        }
    }
}
