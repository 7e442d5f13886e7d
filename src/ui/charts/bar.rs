//! The controls that all charts share: horizontal axis, logarithms, smoothing, fit.

use egui::{Align, Layout, Slider};

use super::Charts;
use super::quantity::XAxis;
use super::smoothing::MAX_WEIGHT;
use crate::ui::help::{self, Term};
use crate::ui::model::Model;
use crate::ui::widgets;

/// Narrower than this, the controls stand in a menu.
const FULL_WIDTH: f32 = 460.0;

impl Charts {
    /// Draws the controls from right to left, in a menu where there is no room.
    pub fn bar_ui(&mut self, ui: &mut egui::Ui, model: &Model) {
        self.begin_frame(ui, model);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.available_width() >= FULL_WIDTH {
                self.controls_ui(ui);
                return;
            }
            self.fit_ui(ui);
            let menu = ui.menu_button("Axes…", |ui| {
                self.log_ui(ui);
                self.x_axis_ui(ui);
                self.smoothing_ui(ui);
            });
            menu.response.on_hover_text("Horizontal axis, logarithms and smoothing of all charts.");
        });
    }

    fn controls_ui(&mut self, ui: &mut egui::Ui) {
        self.log_ui(ui);
        self.smoothing_ui(ui);
        self.x_axis_ui(ui);
        self.fit_ui(ui);
    }

    fn log_ui(&mut self, ui: &mut egui::Ui) {
        let hint = "Logarithmic vertical axes. Values of 0 or below are left out, and the chart says so.";
        let before = self.memory.is_log;
        ui.checkbox(&mut self.memory.is_log, "Log y").on_hover_text(hint);
        if before != self.memory.is_log {
            self.memory.fit_y();
        }
    }

    fn smoothing_ui(&mut self, ui: &mut egui::Ui) {
        let hint = "Weight of the past in a running mean, debiased so that its start is not pulled to zero. It is taken of \
                    logarithms on logarithmic axes. The raw line stays faint behind; readings have both.";
        ui.spacing_mut().slider_width = 70.0;
        let slider = Slider::new(&mut self.memory.smoothing, 0.0..=MAX_WEIGHT).show_value(false);
        let slider = ui.add(slider.custom_formatter(|value, _| format!("{value:.3}")));
        widgets::name(&slider, egui::Role::Slider, "Smoothing");
        help::term(slider.on_hover_text(hint), Term::Smoothing);
        let text = if self.memory.smoothing > 0.0 {
            format!("Smooth {:.2}", self.memory.smoothing)
        } else {
            "Smooth off".to_owned()
        };
        help::term(widgets::small_weak_ui(ui, text).on_hover_text(hint), Term::Smoothing);
    }

    fn fit_ui(&mut self, ui: &mut egui::Ui) {
        let hint = "See all steps again; a double click on a chart does the same. Drag to move, draw a box with Shift or the \
                    second button, zoom with Ctrl and the wheel, or + and − on a chart that has the focus.";
        if ui.button("Fit").on_hover_text(hint).clicked() {
            self.fit();
        }
    }

    fn x_axis_ui(&mut self, ui: &mut egui::Ui) {
        let combo = egui::ComboBox::from_id_salt("x axis").selected_text(self.x_axis.label()).width(86.0);
        let before = self.x_axis;
        let response = combo.show_ui(ui, |ui| {
            for axis in XAxis::LINKED {
                ui.selectable_value(&mut self.x_axis, axis, axis.label());
            }
        });
        widgets::name(&response.response, egui::Role::ComboBox, "Horizontal axis");
        let hint = "What the horizontal axis counts. Seconds are those spent on training the run.";
        help::term(response.response.on_hover_text(hint), Term::GradientEvaluation);
        if before != self.x_axis {
            self.memory.fit();
        }
    }
}
