//! Examples of two features as points: training examples filled, test examples hollow.

use egui::{Role, Ui, WidgetInfo};
use egui_plot::{Plot, Points};

use crate::protocol::{DataPreview, ExampleLabel};
use crate::ui::theme::Tokens;
use crate::ui::{format, widgets};

/// Height of the plot, in points.
const HEIGHT: f32 = 210.0;

/// Where an example stands: its two features, or its feature and its value for a regression of one.
pub fn coordinates(data: &DataPreview, row: usize) -> Option<[f64; 2]> {
    let row = data.rows.get(row)?;
    match (&row.x[..], &row.label) {
        ([x, y], _) => Some([f64::from(*x), f64::from(*y)]),
        ([x], ExampleLabel::Values(of)) => Some([f64::from(*x), f64::from(*of.first()?)]),
        _ => None,
    }
}

/// Draws the points.
pub fn scatter_ui(ui: &mut Ui, data: &DataPreview) {
    let tokens = Tokens::of(ui);
    let count = data.rows.len();
    let plot = Plot::new("points of the data")
        .height(HEIGHT)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .grid_color(tokens.grid.0)
        .y_axis_min_width(24.0);
    let plot = if is_even(data) { plot.data_aspect(1.0) } else { plot };
    let response = plot.show(ui, |plot| {
        for class in 0..data.classes.len().max(1) {
            for is_test in [true, false] {
                let here = |index: &usize| {
                    let row = &data.rows[*index];
                    let is_class = matches!(row.label, ExampleLabel::Class(of) if of == class);
                    row.is_test == is_test && (is_class || data.classes.is_empty())
                };
                let points: Vec<[f64; 2]> =
                    (0..count).filter(here).filter_map(|index| coordinates(data, index)).collect();
                let name = data.classes.get(class).map_or("", String::as_str);
                plot.points(
                    Points::new(name, points)
                        .color(tokens.class(class))
                        .radius(2.2)
                        .filled(!is_test)
                        .allow_hover(false),
                );
            }
        }
    });
    let all = format::grouped((data.num_train + data.num_test) as u64);
    let label = format!("{} of {all} examples as points", format::grouped(count as u64));
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let test = if data.rows.iter().any(|row| row.is_test) { "; filled: training, hollow: test" } else { "" };
    widgets::small_weak_ui(ui, format!("{label}{test}"));
}

/// Whether both axes reach about as far, so that they can have one scale.
fn is_even(data: &DataPreview) -> bool {
    let reach = |axis: usize| {
        let values = (0..data.rows.len()).filter_map(|row| coordinates(data, row)).map(|place| place[axis]);
        let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        high - low
    };
    let ratio = reach(0) / reach(1);
    (0.2..=5.0).contains(&ratio)
}
