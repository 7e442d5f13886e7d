//! Right, on demand: measurements on request. A form asks for one, a card below shows how far it is and what it found.

mod card;
mod form;
mod picture;
mod table;

use egui::{RichText, ScrollArea, Ui};

use self::form::Form;
use self::picture::Pictures;
use self::table::Tables;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::PaneUi;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{theme, widgets};

/// Below this width, in points, the pane scrolls sideways too: the form has no room for its controls.
const LEAST_WIDTH: f32 = 226.0;
/// The form stays in sight while it leaves this share of the pane's height to what was found.
const FORM_SHARE: f32 = 0.6;
/// Room for the scroll bar, in points.
const BAR: f32 = 8.0;

/// The pane of measurements.
#[derive(Debug, Default)]
pub struct Measurements {
    form: Form,
    pictures: Pictures,
    tables: Tables,
    /// Height of the form as of the last frame, in points.
    form_height: f32,
}

impl PaneUi for Measurements {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        self.pictures.keep(&seen.model.jobs);
        self.tables.keep(&seen.model.jobs);
        let room = ui.available_size();
        let is_low = self.form_height > FORM_SHARE * room.y;
        if !is_low && room.x >= LEAST_WIDTH {
            self.form_ui(ui, seen, asks);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_max_width(ui.available_width() - BAR);
                self.cards_ui(ui, seen, asks);
            });
            return;
        }
        ScrollArea::both().id_salt("measure").auto_shrink(false).show(ui, |ui| {
            ui.set_width((room.x - BAR).max(LEAST_WIDTH));
            self.form_ui(ui, seen, asks);
            self.cards_ui(ui, seen, asks);
        });
    }
}

impl Measurements {
    fn form_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        let top = ui.cursor().top();
        ui.label(RichText::new("Measure").text_style(theme::title_style()));
        self.form.ui(ui, seen, asks);
        ui.add_space(6.0);
        ui.separator();
        self.form_height = ui.cursor().top() - top;
    }

    fn cards_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        let jobs = &seen.model.jobs;
        if jobs.is_empty() {
            let text = "Nothing measured yet. Each measurement takes the run's weights as they are when you ask, \
                        shares the time for measurements with the live view, and can be cancelled.";
            widgets::small_weak_ui(ui, text);
        }
        for job in jobs {
            card::card_ui(ui, seen, job, (&mut self.pictures, &mut self.tables), asks);
        }
    }
}
