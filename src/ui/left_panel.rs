//! Left: the runs, the knobs of the selected one, what its noise says, and the colour scale.

use egui::{Align2, Panel, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};

use super::model::Model;
use super::run_view::RunView;
use super::theme::{self, Tokens};
use super::view::View;
use super::{format, knobs, noise_text, runs, scale, widgets};
use crate::render::{ContourStyle, colormap};

/// Draws the panel's sections.
pub fn left_panel_ui(ui: &mut Ui, model: &Model, view: &mut View, style: Option<&ContourStyle>) {
    if let Some(style) = style {
        let frame = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
        Panel::bottom("legend").frame(frame).show(ui, |ui| legend_ui(ui, style));
    }
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
    ui.label(RichText::new("What the noise says").text_style(theme::title_style()));
    let text = match &run.noise {
        Some(noise) => noise_text::what_the_noise_says(noise, run.traces.last()),
        None if model.is_playing => "Waiting for the first noise samples.".to_owned(),
        None => "No noise samples yet.".to_owned(),
    };
    widgets::small_weak_ui(ui, text);
}

/// The colour scale with its numbers.
fn legend_ui(ui: &mut Ui, style: &ContourStyle) {
    let tokens = Tokens::of(ui);
    ui.label(RichText::new("Loss, log scale, shared").small())
        .on_hover_text("All landscapes have the same colours and the same iso-lines.");
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    widgets::name(&response, egui::Role::Image, "Colour scale");
    let mut mesh = egui::Mesh::default();
    const STOPS: u32 = 32;
    for i in 0..=STOPS {
        let share = i as f32 / STOPS as f32;
        let color = theme::map_color(colormap::viridis_at(share));
        let x = rect.left() + share * rect.width();
        mesh.colored_vertex(pos2(x, rect.top()), color);
        mesh.colored_vertex(pos2(x, rect.bottom()), color);
        if i > 0 {
            let first = 2 * (i - 1);
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first + 1, first + 2, first + 3);
        }
    }
    ui.painter().add(mesh);
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let ticks = scale::ticks(style).map(format::number);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, ticks.join(" ")));
    let aligned = [Align2::LEFT_CENTER, Align2::CENTER_CENTER, Align2::RIGHT_CENTER];
    for ((text, align), x) in ticks.iter().zip(aligned).zip([row.left(), row.center().x, row.right()]) {
        let font = egui::TextStyle::Small.resolve(ui.style());
        tick_text(ui, row, pos2(x, row.center().y), align, text, font, tokens);
    }
}

fn tick_text(ui: &Ui, clip: Rect, place: egui::Pos2, align: Align2, text: &str, font: egui::FontId, tokens: &Tokens) {
    ui.painter().with_clip_rect(clip.expand(2.0)).text(place, align, text, font, tokens.weak.0);
}
