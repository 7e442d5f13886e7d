//! The empty plot that all charts are drawn on: ticks, a faint grid, and the name of the horizontal axis at its end.

use egui::{Align2, FontId, Response, Role, Sense, Stroke, Ui, vec2};
use egui_plot::{AxisHints, Plot, PlotTransform, PlotUi};

use super::axes::{Spacing, Ticks};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

/// Height of the letters at axes, in points.
pub const TICK_SIZE: f32 = 11.0;
/// A plot keeps so much width for its ticks, or has no name at its axis, in points.
const LEAST_FOR_TICKS: f32 = 70.0;
/// Half a tick's label and a gap before the name, in points.
const BEFORE_NAME: f32 = 22.0;

/// The axes of a plot.
#[derive(Debug, Clone, Copy)]
pub struct Axes<'a> {
    /// What the horizontal one counts.
    pub name: &'a str,
    /// How values stand on the horizontal one.
    pub x: Spacing,
    /// The same of the vertical one.
    pub y: Spacing,
    /// What is seen of each.
    pub ranges: [[f64; 2]; 2],
}

fn hints<'a>(tokens: &Tokens, hints: AxisHints<'a>) -> AxisHints<'a> {
    hints
        .tick_label_font(FontId::proportional(TICK_SIZE))
        .tick_label_color(tokens.weak.0)
        .label_spacing(egui::Rangef::new(4.0, 8.0))
}

/// Draws the plot in all of `ui`; `label` is its name for screen readers.
pub fn plot_ui(
    ui: &mut Ui,
    id: impl std::hash::Hash + std::fmt::Debug,
    label: &str,
    axes: Axes<'_>,
    add: impl FnOnce(&mut PlotUi<'_>),
) -> (PlotTransform, Response) {
    let tokens = Tokens::of(ui);
    let font = FontId::proportional(TICK_SIZE);
    let name = ui.painter().layout_no_wrap(axes.name.to_owned(), font, tokens.weak.0);
    let has_name = name.size().x > 0.0 && ui.available_width() > name.size().x + LEAST_FOR_TICKS;
    let x = Ticks::x(axes.x, if has_name { name.size().x + BEFORE_NAME } else { 0.0 });
    let y = Ticks::y(axes.y);
    let plot = Plot::new(id)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(tokens.grid.0)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .allow_axis_zoom_drag(false)
        .show_x(false)
        .show_y(false)
        .set_margin_fraction(vec2(0.0, 0.0))
        .label_formatter(|_| None)
        .y_axis_min_width(38.0)
        .x_grid_spacer(|input| x.marks(input))
        .y_grid_spacer(|input| y.marks(input))
        .custom_x_axes(vec![hints(tokens, AxisHints::new_x()).formatter(|mark, _| x.label(mark))])
        .custom_y_axes(vec![hints(tokens, AxisHints::new_y()).formatter(|mark, _| y.label(mark))]);
    let [[left, right], [bottom, top]] = axes.ranges;
    let shown = plot.show(ui, |plot_ui| {
        plot_ui.set_plot_bounds_x(left..=right);
        plot_ui.set_plot_bounds_y(bottom..=top);
        add(plot_ui);
    });
    widgets::name(&shown.response, Role::Image, label);
    if has_name {
        let place = Align2::RIGHT_TOP.anchor_size(shown.transform.frame().right_bottom(), name.size());
        // What is scrolled away does not answer to the pointer elsewhere.
        let seen = place.intersect(ui.clip_rect());
        if seen.is_positive() {
            let response = ui.interact(seen, ui.scope_id().with("name of the axis"), Sense::hover());
            widgets::name(&response, Role::Label, axes.name);
        }
        ui.painter().galley(place.min, name, tokens.weak.0);
    }
    (shown.transform, shown.response)
}

/// Draws a line across a plot at a place.
pub fn vertical(ui: &Ui, transform: &PlotTransform, x: f64) {
    let x_px = transform.position_from_point_x(x);
    if transform.frame().x_range().contains(x_px) {
        let stroke = Stroke::new(1.0, Tokens::of(ui).weak.0.gamma_multiply(0.6));
        ui.painter().vline(x_px, transform.frame().y_range(), stroke);
    }
}
