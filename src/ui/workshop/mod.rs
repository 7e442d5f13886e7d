//! Own models and own data, without leaving the window.

use egui::Ui;

use super::model::Model;
use super::view::View;
use super::widgets;

/// Draws the network as text.
pub fn model_ui(ui: &mut Ui, model: &Model, _view: &mut View) {
    widgets::small_weak_ui(ui, format!("{} layers", model.experiment.model.layers.len()));
}

/// Draws the data set.
pub fn data_ui(ui: &mut Ui, model: &Model, _view: &mut View) {
    widgets::small_weak_ui(ui, format!("{} training examples", model.experiment.data.train_size));
}

impl crate::ui::app::App {
    /// Opens a file that was chosen, typed or dropped, by its kind.
    pub(in crate::ui) fn import(&mut self, path: &std::path::Path) {
        let text = format!("{} is of no kind that Flatscape opens.", path.display());
        self.model.notices.push(crate::ui::notices::Level::Warning, text);
    }
}
