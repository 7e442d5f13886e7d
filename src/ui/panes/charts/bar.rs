//! The controls that all charts share: horizontal axis, logarithms, smoothing, fit.

use egui::{Align, Layout, Response, Ui, vec2};

use super::Charts;
use super::quantity::XAxis;
use super::smoothing::MAX_WEIGHT;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::{self, NumberBox};
use crate::ui::kit::widgets;
use crate::ui::plots::chart::navigation::HOW_TO_MOVE;
use crate::ui::state::model::Model;

/// Narrower than this, the controls stand in a menu.
const FULL_WIDTH: f32 = 440.0;
/// Width of the controls of smoothing in a menu, in points.
const MENU_WIDTH: f32 = 210.0;
const SMOOTHING_HINT: &str = "Weight of the past in a running mean, debiased so that its start is not pulled to zero. It is \
                              taken of logarithms on logarithmic axes. The raw line stays faint behind; readings have both.";
/// The end of the slider: the greatest weight is 1 − 10 to the power of −3.
const MAX_POSITION: f64 = 3.0;

impl Charts {
    /// Draws the controls from right to left, in a menu where there is no room. Those that do nothing in `tab` say why.
    pub(super) fn controls_ui(&mut self, ui: &mut Ui, model: &Model, tab: ChartTab) {
        self.begin_frame(ui, model);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.available_width() >= FULL_WIDTH {
                self.log_ui(ui, tab);
                self.smoothing_ui(ui, tab);
                self.x_axis_ui(ui, tab);
                self.fit_ui(ui);
                return;
            }
            self.fit_ui(ui);
            let axis = match self.x_axis {
                XAxis::GradientEvaluations => "Evaluations…",
                XAxis::Seconds => "Seconds…",
                XAxis::Step | XAxis::TrainLoss => "Steps…",
            };
            let menu = ui.menu_button(axis, |ui| {
                self.log_ui(ui, tab);
                self.x_axis_ui(ui, tab);
                let right_to_left = Layout::right_to_left(Align::Center);
                ui.allocate_ui_with_layout(vec2(MENU_WIDTH, ui.spacing().interact_size.y), right_to_left, |ui| {
                    self.smoothing_ui(ui, tab);
                });
            });
            widgets::name(&menu.response, egui::Role::Button, "Axes of charts");
            menu.response.on_hover_text("Horizontal axis, logarithms and smoothing of all charts.");
        });
    }

    fn log_ui(&mut self, ui: &mut Ui, tab: ChartTab) {
        let hint = "Logarithmic vertical axes. Values of 0 or below are left out, and the chart says so.";
        let before = self.memory.is_log;
        let response = usable_ui(ui, tab.log_reason(), |ui| ui.checkbox(&mut self.memory.is_log, "Log y"));
        response.on_hover_text(hint);
        if before != self.memory.is_log {
            self.memory.fit_y();
        }
    }

    /// The number, the slider and their name: in this order where the controls stand from right to left.
    fn smoothing_ui(&mut self, ui: &mut Ui, tab: ChartTab) {
        ui.spacing_mut().slider_width = 80.0;
        ui.spacing_mut().interact_size.x = 40.0;
        self.weight_ui(ui, tab);
        self.slider_ui(ui, tab);
        help::term(widgets::small_weak_ui(ui, "Smooth").on_hover_text(SMOOTHING_HINT), Term::Smoothing);
    }

    fn weight_ui(&mut self, ui: &mut Ui, tab: ChartTab) {
        let response = usable_ui(ui, tab.smoothing_reason(), |ui| {
            ui.add(
                NumberBox::new(&mut self.memory.smoothing)
                    .range(0.0..=MAX_WEIGHT)
                    .speed(0.002)
                    .told(|weight| if weight > 0.0 { format!("{weight:.3}") } else { "off".to_owned() })
                    .named("off", 0.0),
            )
        });
        widgets::name(&response, egui::Role::SpinButton, "Weight of smoothing");
        help::term(response.on_hover_text(SMOOTHING_HINT), Term::Smoothing);
    }

    /// The slider is even in the logarithm of the number of steps that the mean remembers.
    fn slider_ui(&mut self, ui: &mut Ui, tab: ChartTab) {
        let mut place = position(self.memory.smoothing);
        let response = usable_ui(ui, tab.smoothing_reason(), |ui| {
            let slider = number_box::slider(&mut place, 0.0..=MAX_POSITION);
            ui.add(slider.custom_formatter(|place, _| format!("{:.3}", weight(place))))
        });
        widgets::name(&response, egui::Role::Slider, "Smoothing");
        if response.changed() {
            self.memory.smoothing = weight(place);
        }
        help::term(response.on_hover_text(SMOOTHING_HINT), Term::Smoothing);
    }

    fn fit_ui(&mut self, ui: &mut Ui) {
        if ui.button("Fit").on_hover_text(format!("See all steps again. {HOW_TO_MOVE}")).clicked() {
            self.fit();
        }
    }

    fn x_axis_ui(&mut self, ui: &mut Ui, tab: ChartTab) {
        let before = self.x_axis;
        let response = usable_ui(ui, tab.axis_reason(), |ui| {
            let combo = egui::ComboBox::from_id_salt("x axis").selected_text(self.x_axis.label()).width(86.0);
            let shown = combo.show_ui(ui, |ui| {
                for axis in XAxis::LINKED {
                    ui.selectable_value(&mut self.x_axis, axis, axis.label());
                }
            });
            shown.response
        });
        widgets::name(&response, egui::Role::ComboBox, "Horizontal axis");
        let hint = "What the horizontal axis counts. Seconds are those spent on training the run.";
        help::term(response.on_hover_text(hint), Term::GradientEvaluation);
        if before != self.x_axis {
            self.memory.fit();
        }
    }
}

/// Draws a control; with a reason it is disabled and says it.
fn usable_ui(ui: &mut Ui, reason: Option<&str>, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    let response = ui.add_enabled_ui(reason.is_none(), add).inner;
    match reason {
        Some(reason) => response.on_disabled_hover_text(reason),
        None => response,
    }
}

/// Where a weight stands on the slider.
fn position(weight: f64) -> f64 {
    -(1.0 - weight.clamp(0.0, MAX_WEIGHT)).log10()
}

/// The weight at a place of the slider, with three decimals.
fn weight(place: f64) -> f64 {
    ((1.0 - 10_f64.powf(-place)) * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_has_as_much_room_for_each_factor_of_memory() {
        assert_eq!([0.0, 1.0, 2.0, 3.0].map(weight), [0.0, 0.9, 0.99, 0.999]);
        for wanted in [0.0, 0.5, 0.9, 0.973, 0.999] {
            assert_eq!(weight(position(wanted)), wanted);
        }
    }
}
