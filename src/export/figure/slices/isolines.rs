//! The iso-lines of a slice, with their losses written on some of them.

use svg::node::Node as _;
use svg::node::element::Element;

use super::caption::trimmed;
use super::field::Field;
use super::overlay::{BLACK, WHITE};
use crate::export::figure::drawing::{Area, INK, Point, color, edged, polyline, with_text};
use crate::number::significant;
use crate::render::{IsoLine, LabelPlace, LabelSpace, LossScale, ScaledGrid, iso_lines, label_places};

/// Pixels between two corners of a line at most, so that it looks smooth on a coarse grid too.
const LONGEST: f32 = 6.0;
/// Iso-lines that are closer than so many pixels are left out: they would only hide the colours.
const LEAST_GAP: f64 = 3.0;
/// Size of the longest label in pixels.
const LABEL: [f32; 2] = [34.0, 12.0];
/// Height of a label's letters in pixels.
const LETTERS: f64 = 12.0;

/// Draws the lines of a panel.
pub fn draw(group: &mut Element, area: Area, field: &Field) {
    let levels: Vec<f32> = field.scale.levels().iter().map(|level| *level as f32).collect();
    let lines = iso_lines(&refined(area, field), &levels);
    let lines: Vec<IsoLine> = lines.into_iter().flat_map(|line| visible_parts(&line, area, field)).collect();
    for line in &lines {
        let points: Vec<Point> = line.points.iter().map(|at| pixel(area, *at)).collect();
        group.append(polyline(&points, 1.2, WHITE, 0.6));
    }
    let mut space = LabelSpace::new([area.width as f32, area.height as f32], LABEL);
    space.max_labels = levels.len();
    for place in label_places(&lines, &space) {
        edged(label(area, place), BLACK, 2.6).into_iter().for_each(|node| group.append(node));
    }
}

/// The pixel of a place in shares of the grid.
fn pixel(area: Area, [x, y]: [f32; 2]) -> Point {
    [area.left as f64 + f64::from(x) * area.width as f64, area.top as f64 + (1.0 - f64::from(y)) * area.height as f64]
}

/// The slice with more points, of the same bilinear surface.
fn refined(area: Area, field: &Field) -> ScaledGrid {
    let parts = |cells: f32, pixels: usize| (pixels as f32 / cells.max(1.0) / LONGEST).ceil().max(1.0) as usize;
    let [last_column, last_row] = field.ends();
    let (across, up) = (parts(last_column, area.width), parts(last_row, area.height));
    let (columns, rows) = (last_column as usize * across + 1, last_row as usize * up + 1);
    let at =
        |i: usize| field.logs.inner_at((i % columns) as f32 / across as f32, (i / columns) as f32 / up as f32, false);
    let logs: Vec<f32> = (0..columns * rows).map(|i| at(i).unwrap_or(f32::NAN)).collect();
    ScaledGrid::new(&logs, columns, LossScale::Linear).expect("whole rows")
}

/// The parts of an iso-line that are far enough from the next one.
fn visible_parts(line: &IsoLine, area: Area, field: &Field) -> Vec<IsoLine> {
    let [last_column, last_row] = field.ends();
    let [across, up] = [last_column / area.width as f32 / 2.0, last_row / area.height as f32 / 2.0];
    let [_, gap] = field.scale.nearest_line(f64::from(line.level));
    let is_visible = |[x, y]: &[f32; 2]| {
        let (u, v) = (x * last_column, y * last_row);
        let difference = |du: f32, dv: f32| {
            let ends = [field.logs.bilinear_at(u + du, v + dv), field.logs.bilinear_at(u - du, v - dv)];
            if let [Some(a), Some(b)] = ends { f64::from(a - b) } else { 0.0 }
        };
        difference(across, 0.0).hypot(difference(0.0, up)) * LEAST_GAP < gap
    };
    let mut points = line.points.clone();
    points.extend(points.first().copied().filter(|_| line.is_closed));
    let visible: Vec<bool> = points.iter().map(is_visible).collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for run in visible.chunk_by(|a, b| a == b) {
        let part = &points[start..start + run.len()];
        start += run.len();
        if run[0] && part.len() > 1 {
            parts.push(IsoLine { level: line.level, points: part.to_vec(), is_closed: false });
        }
    }
    parts
}

fn label(area: Area, LabelPlace { level, at, angle }: LabelPlace) -> Element {
    let [x, y] = pixel(area, at);
    let mut node = with_text("text", &trimmed(significant(10_f64.powf(f64::from(level)), 3)));
    let attributes = [
        ("transform", format!("translate({x:.1} {y:.1}) rotate({:.1})", angle.to_degrees())),
        ("y", format!("{:.1}", 0.35 * LETTERS)),
        ("text-anchor", "middle".to_owned()),
        ("font-size", LETTERS.to_string()),
        ("fill", color(WHITE)),
        ("stroke", color(WHITE)),
        ("stroke-width", "0".to_owned()),
        ("class", INK.to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| node.assign(key, value));
    node
}

#[cfg(test)]
mod tests {
    use super::super::scale::LogScale;
    use super::*;
    use crate::protocol::SliceGrid;

    const AREA: Area = Area { left: 0, top: 0, width: 400, height: 400 };

    /// log₁₀ of the loss is `value` at indices.
    fn lines_of(side: usize, level: f64, value: impl Fn(f64, f64) -> f64) -> Vec<IsoLine> {
        let axis: Vec<f64> = (0..side).map(|i| i as f64).collect();
        let loss = axis.iter().flat_map(|&y| axis.iter().map(move |&x| (x, y)));
        let loss = loss.map(|(x, y)| 10_f64.powf(value(x, y))).collect();
        let grid = SliceGrid { x: axis.clone(), y: axis, loss, accuracy: None };
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        iso_lines(&refined(AREA, &Field::new(&scale, &grid)), &[level as f32])
    }

    #[test]
    fn lines_of_a_coarse_grid_are_smooth() {
        let found = lines_of(5, 1.23, |x, y| (x - 2.0) * (y - 2.0) + 1.0);
        assert_eq!(found.len(), 2, "{found:?}");
        for line in &found {
            // A hyperbola, which a bilinear surface has between its points.
            for [x, y] in &line.points {
                let value = (4.0 * x - 2.0) * (4.0 * y - 2.0) + 1.0;
                assert!((value - 1.23).abs() < 2e-3, "{value}");
            }
            let corners =
                line.points.windows(2).map(|pair| 400.0 * (pair[0][0] - pair[1][0]).hypot(pair[0][1] - pair[1][1]));
            assert!(corners.fold(0.0, f32::max) < 2.0 * LONGEST);
        }
    }

    #[test]
    fn a_mask_cuts_a_line() {
        let slope = |x: f64, _: f64| x / 8.0;
        assert_eq!(lines_of(9, 0.3, slope).len(), 1);
        let cut = lines_of(9, 0.3, |x, y| if (x, y) == (2.0, 4.0) { f64::INFINITY } else { slope(x, y) });
        assert_eq!(cut.len(), 2, "nothing is drawn across the mask");
        assert!(cut.iter().flat_map(|line| &line.points).all(|[_, y]| *y <= 0.376 || *y >= 0.624));
    }
}
