//! Right, on demand: measurements on request. A form asks for one, a card below shows how far it is and what it found.

mod card;
mod form;
mod picture;

use egui::{RichText, ScrollArea, Ui};

use crate::ui::contract::view::View;
use crate::ui::kit::theme;
use crate::ui::kit::widgets;
use crate::ui::state::model::Model;

pub use form::MeasureForm;

/// Draws the panel.
pub fn panel_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    ui.label(RichText::new("Measure").text_style(theme::title_style()));
    form::form_ui(ui, model, view);
    ui.add_space(6.0);
    ui.separator();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Room for the scroll bar.
        ui.set_max_width(ui.available_width() - 8.0);
        if model.jobs.is_empty() {
            let text = "Nothing measured yet. Each measurement takes the run's weights as they are when you ask, \
                        shares the time for measurements with the live view, and can be cancelled.";
            widgets::small_weak_ui(ui, text);
        }
        for job in &model.jobs {
            card::card_ui(ui, model, job, view);
        }
    });
}
