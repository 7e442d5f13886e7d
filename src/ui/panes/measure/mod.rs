//! Right, on demand: measurements on request. A form asks for one, a card below shows how far it is and what it found.

mod card;
mod form;
mod picture;

use egui::{RichText, ScrollArea, Ui};

use self::form::Form;
use self::picture::Pictures;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::PaneUi;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{theme, widgets};

/// The pane of measurements.
#[derive(Debug, Default)]
pub struct Measurements {
    form: Form,
    pictures: Pictures,
}

impl PaneUi for Measurements {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        let jobs = &seen.model.jobs;
        ui.label(RichText::new("Measure").text_style(theme::title_style()));
        self.form.ui(ui, seen, asks);
        ui.add_space(6.0);
        ui.separator();
        self.pictures.keep(jobs);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            // Room for the scroll bar.
            ui.set_max_width(ui.available_width() - 8.0);
            if jobs.is_empty() {
                let text = "Nothing measured yet. Each measurement takes the run's weights as they are when you ask, \
                            shares the time for measurements with the live view, and can be cancelled.";
                widgets::small_weak_ui(ui, text);
            }
            for job in jobs {
                card::card_ui(ui, &seen.model.runs, job, &mut self.pictures, asks);
            }
        });
    }
}
