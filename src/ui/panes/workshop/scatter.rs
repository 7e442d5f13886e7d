//! Examples of two features as points: training examples filled, test examples hollow.

use std::sync::Arc;

use egui::{Role, Ui, WidgetInfo};
use egui_plot::{Plot, PlotPoint, PlotPoints, Points};

use crate::protocol::{DataPreview, ExampleLabel};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{class_mark, format, widgets};

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

/// The points of one look, by class.
#[derive(Debug, Default)]
pub struct Scatter {
    grouped: Option<(Arc<DataPreview>, Vec<Group>)>,
}

/// Points of one colour.
#[derive(Debug)]
struct Group {
    class: usize,
    is_test: bool,
    points: Vec<PlotPoint>,
}

impl Scatter {
    /// Draws the points.
    pub fn ui(&mut self, ui: &mut Ui, data: &Arc<DataPreview>) {
        if !self.grouped.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, data)) {
            self.grouped = Some((data.clone(), groups(data)));
        }
        let Some((_, groups)) = &self.grouped else { return };
        let tokens = Tokens::of(ui);
        let [x, y] = axis_names(data);
        let plot = Plot::new("points of the data")
            .height(HEIGHT)
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .show_background(false)
            .grid_color(tokens.grid.0)
            .x_axis_label(x)
            .y_axis_label(y)
            .y_axis_min_width(24.0);
        let plot = if is_even(data) { plot.data_aspect(1.0) } else { plot };
        let response = plot.show(ui, |plot| {
            for group in groups {
                let name = data.classes.get(group.class).map_or("", String::as_str);
                let points = Points::new(name, PlotPoints::Borrowed(&group.points))
                    .color(tokens.class(group.class))
                    .shape(class_mark::shape_of(group.class))
                    .radius(2.4)
                    .filled(!group.is_test);
                plot.points(points.allow_hover(false));
            }
        });
        let all = format::grouped((data.num_train + data.num_test) as u64);
        let label = format!("{} of {all} examples as points", format::grouped(data.rows.len() as u64));
        response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
        let test = if data.rows.iter().any(|row| row.is_test) { "; filled: training, hollow: test" } else { "" };
        widgets::small_weak_ui(ui, format!("{label}{test}"));
    }
}

/// Names of the two axes, where the file has them.
fn axis_names(data: &DataPreview) -> [&str; 2] {
    match &data.file.columns[..] {
        [x, y] => [x, y],
        [x] => [x, &data.file.label],
        _ => ["", ""],
    }
}

/// Points of each colour: test examples first, so that training examples lie above them.
fn groups(data: &DataPreview) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Without classes all have the first colour.
    let key = |label: &ExampleLabel| if let ExampleLabel::Class(class) = label { *class } else { 0 };
    let mut places = std::collections::BTreeMap::new();
    for (index, row) in data.rows.iter().enumerate() {
        let Some(place) = coordinates(data, index) else { continue };
        let (class, is_test) = (key(&row.label), row.is_test);
        let group = *places.entry((!is_test, class)).or_insert_with(|| {
            groups.push(Group { class, is_test, points: Vec::new() });
            groups.len() - 1
        });
        groups[group].points.push(PlotPoint::from(place));
    }
    groups.sort_by_key(|group| (!group.is_test, group.class));
    groups
}

/// Whether both axes reach about as far, so that they can have one scale.
fn is_even(data: &DataPreview) -> bool {
    let reach = |axis: usize| {
        let values = (0..data.rows.len()).filter_map(|row| coordinates(data, row)).map(|place| place[axis]);
        let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        high - low
    };
    let ratio = reach(0) / reach(1);
    (0.2..=5.0).contains(&ratio) && !matches!(data.rows.first().map(|row| row.x.len()), Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ExampleRow, FileFacts};

    #[test]
    fn points_are_grouped_by_class_and_by_what_they_are_for() {
        let row = |class: usize, is_test: bool| ExampleRow {
            x: vec![class as f32, 1.0],
            label: ExampleLabel::Class(class),
            is_test,
        };
        let mut data = DataPreview {
            source: String::new(),
            shape: vec![2],
            num_train: 3,
            num_test: 1,
            classes: vec![String::new(); 4000],
            class_counts: vec![1; 4000],
            rows: vec![row(3999, false), row(0, false), row(0, true), row(0, false)],
            file: FileFacts::default(),
            text: None,
        };
        let found: Vec<_> =
            groups(&data).iter().map(|group| (group.class, group.is_test, group.points.len())).collect();
        assert_eq!(found, [(0, true, 1), (0, false, 2), (3999, false, 1)]);
        data.rows = vec![ExampleRow { x: vec![2.0], label: ExampleLabel::Values(vec![5.0]), is_test: false }];
        assert_eq!(groups(&data)[0].points, [PlotPoint::new(2.0, 5.0)]);
        data.file = FileFacts { columns: vec!["rooms".to_owned()], label: "price".to_owned(), ..FileFacts::default() };
        assert_eq!(axis_names(&data), ["rooms", "price"]);
    }
}
