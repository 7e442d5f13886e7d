//! The runs by name and colour: a click shows or hides one in all charts.

use egui::{Key, Sense, Stroke, StrokeKind, vec2};

use super::Charts;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;
use crate::ui::theme::Tokens;

const HEIGHT: f32 = 18.0;

impl Charts {
    /// Draws the legend in one line, scrolled sideways where runs are many.
    pub fn legend_ui(&mut self, ui: &mut egui::Ui, model: &Model) {
        egui::ScrollArea::horizontal().id_salt("legend").auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.spacing_mut().interact_size.y = HEIGHT;
                for run in &model.runs {
                    self.entry_ui(ui, model, run);
                }
            });
        });
    }

    fn entry_ui(&mut self, ui: &mut egui::Ui, model: &Model, run: &RunView) {
        let tokens = Tokens::of(ui);
        let id = run.info.run;
        let is_shown = !self.is_hidden(id);
        let font = egui::TextStyle::Small.resolve(ui.style());
        let color = if is_shown { tokens.text.0 } else { tokens.weak.0 };
        let galley = ui.painter().layout_no_wrap(run.name().to_owned(), font, color);
        let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 26.0, HEIGHT), Sense::click());
        let label = format!("Show {} in charts", run.name());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_shown, &label));
        if response.hovered() {
            ui.painter().rect_filled(rect, 4.0, tokens.raised.0);
        }
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 4.0, Stroke::new(1.0, tokens.weak.0), StrokeKind::Inside);
        }
        let dot = rect.left_center() + vec2(10.0, 0.0);
        let run_color = run.color(tokens);
        if is_shown {
            ui.painter().circle_filled(dot, 4.5, run_color);
        } else {
            ui.painter().circle_stroke(dot, 4.0, Stroke::new(1.2, run_color));
        }
        ui.painter().galley(rect.left_center() + vec2(20.0, -0.5 * galley.size().y), galley, color);
        let is_alone = ui.input(|input| input.modifiers.alt);
        if response.clicked() || (response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter))) {
            if is_alone {
                self.show_only(model, id);
            } else {
                self.toggle_hidden(id);
            }
        }
        let hint = "A click shows or hides this run in all charts; with Alt it shows this one alone, or all again.";
        response.on_hover_text(hint);
    }

    /// Shows one run alone; all of them where it was alone already.
    fn show_only(&mut self, model: &Model, id: crate::protocol::RunId) {
        let others = || model.runs.iter().map(|run| run.info.run).filter(|run| *run != id);
        let is_alone = !self.is_hidden(id) && others().all(|run| self.is_hidden(run));
        self.memory.hidden = if is_alone { std::collections::BTreeSet::new() } else { others().collect() };
    }
}
