//! Left: the runs, the knobs of the selected one, and what its noise says.

use egui::{RichText, ScrollArea, Ui};

use super::knobs;
use crate::ui::contract::view::View;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme;
use crate::ui::kit::widgets;
use crate::ui::panes::runs;
use crate::ui::state::model::Model;
use crate::ui::state::noise_text;
use crate::ui::state::run_view::RunView;

/// Draws the panel's sections.
pub fn column_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let selected = view.selected_run(model).and_then(|id| model.run(id));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Room for the scroll bar, so that it does not lie on the value boxes.
        ui.set_max_width(ui.available_width() - 6.0);
        runs::list_ui(ui, model, view);
        let Some(run) = selected else { return };
        ui.add_space(6.0);
        knobs::section_ui(ui, model, run, view);
        knobs::restart_ui(ui, model, view);
        noise_ui(ui, model, run);
    });
}

fn noise_ui(ui: &mut Ui, model: &Model, run: &RunView) {
    if run.info.optimizer != crate::config::OptimizerKind::Nso {
        return;
    }
    ui.add_space(6.0);
    let title = RichText::new("What the noise says").text_style(theme::title_style());
    help::term_label(ui, title, Term::TraceFromNoise);
    let text = match &run.noise {
        Some(noise) => noise_text::what_the_noise_says(noise, run.traces.last()),
        None if model.is_playing => "Waiting for the first noise samples.".to_owned(),
        None => "No noise samples yet.".to_owned(),
    };
    let response = widgets::small_weak_ui(ui, text);
    help::term_of_changing(ui, &response, "noise", Term::StandardError);
}
