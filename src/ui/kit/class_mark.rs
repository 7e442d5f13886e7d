//! Points of classes: each class has a shape beside its colour, so that colour is never the only sign.

use egui::{Color32, Painter, Pos2, Sense, Shape, Stroke, Ui, Vec2, vec2};
use egui_plot::MarkerShape;

/// Shapes of classes, in the order of their numbers. There are as many that classes of one colour have other shapes.
const SHAPES: [MarkerShape; 7] = [
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Up,
    MarkerShape::Diamond,
    MarkerShape::Down,
    MarkerShape::Right,
    MarkerShape::Left,
];

/// The shape of a class.
#[must_use]
pub const fn shape_of(class: usize) -> MarkerShape {
    SHAPES[class % SHAPES.len()]
}

/// Draws the point of a class.
pub fn point(painter: &Painter, class: usize, at: Pos2, radius: f32, fill: Color32, outline: Stroke) {
    match corners(shape_of(class)) {
        [] => painter.circle(at, radius, fill, outline),
        corners => {
            let corners = corners.iter().map(|[x, y]| at + radius * Vec2::new(*x, *y)).collect();
            painter.add(Shape::convex_polygon(corners, fill, outline))
        }
    };
}

/// Draws the point of a class in a row of words.
pub fn point_ui(ui: &mut Ui, class: usize, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, ui.spacing().interact_size.y), Sense::hover());
    point(ui.painter(), class, rect.center(), 4.5, color, Stroke::NONE);
}

/// The corners of a shape around 0, in radii; none for a circle. All shapes have about the area of that.
const fn corners(shape: MarkerShape) -> &'static [[f32; 2]] {
    match shape {
        MarkerShape::Square => &[[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
        MarkerShape::Diamond => &[[0.0, -1.25], [1.25, 0.0], [0.0, 1.25], [-1.25, 0.0]],
        MarkerShape::Up => &[[0.0, -1.4], [1.2, 0.75], [-1.2, 0.75]],
        MarkerShape::Down => &[[0.0, 1.4], [-1.2, -0.75], [1.2, -0.75]],
        MarkerShape::Right => &[[1.4, 0.0], [-0.75, 1.2], [-0.75, -1.2]],
        MarkerShape::Left => &[[-1.4, 0.0], [0.75, -1.2], [0.75, 1.2]],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::kit::theme::Tokens;

    #[test]
    fn classes_of_one_colour_have_other_shapes() {
        let num_colors = Tokens::for_theme(egui::Theme::Dark).classes.len();
        for class in 0..SHAPES.len() {
            for again in 1..SHAPES.len() {
                assert_ne!(shape_of(class), shape_of(class + again * num_colors), "{class}");
            }
        }
    }

    #[test]
    fn shapes_are_about_as_large_as_a_circle_and_run_one_way_round() {
        for shape in SHAPES {
            let points = corners(shape);
            let next = points.iter().cycle().skip(1);
            let area: f32 = points.iter().zip(next).map(|([ax, ay], [bx, by])| 0.5 * (ax * by - bx * ay)).sum();
            let expected = std::f32::consts::PI;
            assert!(points.is_empty() || (area / expected - 1.0).abs() < 0.25, "{shape:?}: {area}");
        }
    }
}
