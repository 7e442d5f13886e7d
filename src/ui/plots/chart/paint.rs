//! Lines and bands as shapes. egui_plot's own break at no gap, and its dashes follow the length of a line: a noisy one falls
//! into thousands of shapes. Here a line is broken up along the horizontal axis, so it costs what the chart's width costs.

use egui::epaint::Mesh;
use egui::{Color32, Painter, Pos2, Shape, Stroke, pos2};
use egui_plot::{PlotPoint, PlotTransform};

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pen {
    /// The main line of a chart.
    Solid,
    /// A line to compare with.
    Dashed,
    /// A smoothed line beside a solid one that must not be taken for it.
    Dotted,
    /// A line behind the others.
    Thin,
    /// A raw line behind its smoothed one.
    Faint,
    /// Few values with a dot each.
    Dots,
    /// Values that stand by themselves: a dot each, with a bar for its error, and no line.
    Marks,
    /// A second line of what [`Self::Solid`] shows, at other weights.
    Wide,
    /// The same of [`Self::Dashed`].
    WideDashed,
    /// The same of [`Self::Dotted`].
    WideDotted,
}

impl Pen {
    /// What a smoothed line is drawn with in place of its raw one: it has less noise to be told apart by.
    #[must_use]
    pub const fn smoothed(self) -> Self {
        match self {
            Self::Thin => Self::Dotted,
            pen => pen,
        }
    }

    /// What a reading calls it; empty where it is the main line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dashed => "dashed",
            Self::Dotted => "dotted",
            Self::Thin => "thin",
            Self::Wide => "wide",
            Self::WideDashed => "wide dashed",
            Self::WideDotted => "wide dotted",
            Self::Marks => "dot",
            Self::Solid | Self::Faint | Self::Dots => "",
        }
    }

    /// Whether it is one of the wide ones.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Wide | Self::WideDashed | Self::WideDotted)
    }

    const fn width(self) -> f32 {
        match self {
            Self::Wide | Self::WideDashed | Self::WideDotted => 3.2,
            Self::Solid | Self::Dots | Self::Marks => 1.5,
            Self::Dashed => 1.2,
            Self::Dotted => 1.6,
            Self::Thin | Self::Faint => 0.8,
        }
    }

    fn color(self, color: Color32) -> Color32 {
        match self {
            Self::Thin => color.gamma_multiply(0.7),
            Self::Faint => color.gamma_multiply(0.28),
            Self::Wide | Self::WideDashed | Self::WideDotted => color.gamma_multiply(0.6),
            Self::Solid | Self::Dashed | Self::Dotted | Self::Dots | Self::Marks => color,
        }
    }

    /// Drawn and left out along the horizontal axis, in points.
    const fn pattern(self) -> Option<[f32; 2]> {
        match self {
            Self::Dashed | Self::WideDashed => Some([6.0, 4.0]),
            Self::Dotted | Self::WideDotted => Some([2.0, 3.0]),
            Self::Solid | Self::Thin | Self::Faint | Self::Dots | Self::Marks | Self::Wide => None,
        }
    }
}

/// Radius of a point that stands alone at least, in points: it must be seen from where a line would be.
const LEAST_DOT: f32 = 2.2;
/// Radius of a dot of a line, and of a mark, in points.
const DOT: f32 = 2.5;
const MARK: f32 = 2.9;

/// Draws a line; points that are not finite are gaps, and one alone between two gaps is a dot.
pub fn line(painter: &Painter, transform: &PlotTransform, points: &[PlotPoint], pen: Pen, color: Color32) {
    if pen == Pen::Marks {
        return marks(painter, transform, points, color);
    }
    let stroke = Stroke::new(pen.width(), pen.color(color));
    let frame = *transform.frame();
    let place = |point: &PlotPoint| transform.position_from_point(point);
    for piece in points.split(|point| !(point.x.is_finite() && point.y.is_finite())) {
        match piece {
            [] => {}
            [alone] => {
                painter.circle_filled(place(alone), LEAST_DOT.max(0.5 + pen.width()), stroke.color);
            }
            piece => {
                let places: Vec<Pos2> = piece.iter().map(place).collect();
                if pen == Pen::Dots {
                    painter.extend(places.iter().map(|at| Shape::circle_filled(*at, DOT, stroke.color)));
                }
                match pen.pattern() {
                    Some(pattern) => dashes(&places, pattern, [frame.left(), frame.right()], |dash| {
                        painter.add(Shape::line(dash, stroke));
                    }),
                    None => {
                        painter.add(Shape::line(places, stroke));
                    }
                }
            }
        }
    }
}

/// Draws a dot at each point, without a line.
fn marks(painter: &Painter, transform: &PlotTransform, points: &[PlotPoint], color: Color32) {
    let seen = points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
    painter.extend(seen.map(|point| Shape::circle_filled(transform.position_from_point(point), MARK, color)));
}

/// Draws a piece of what a pen draws, from one place to another at its right.
pub fn sample(painter: &Painter, [start, end]: [Pos2; 2], pen: Pen, color: Color32) {
    let stroke = Stroke::new(pen.width(), pen.color(color));
    match pen.pattern() {
        _ if pen == Pen::Marks => {
            let center = start + 0.5 * (end - start);
            painter.vline(center.x, center.y - 2.0 * MARK..=center.y + 2.0 * MARK, stroke);
            painter.circle_filled(center, MARK, stroke.color);
        }
        Some(pattern) => dashes(&[start, end], pattern, [start.x, end.x], |dash| {
            painter.add(Shape::line(dash, stroke));
        }),
        None => {
            painter.line_segment([start, end], stroke);
        }
    }
}

/// Draws the errors of marks: a bar at each place from the lower to the upper end.
pub fn bars(painter: &Painter, transform: &PlotTransform, [xs, lows, highs]: [&[f64]; 3], color: Color32) {
    for ((x, low), high) in xs.iter().zip(lows).zip(highs) {
        if [x, low, high].iter().all(|value| value.is_finite()) {
            let at = |y: f64| transform.position_from_point(&PlotPoint::new(*x, y));
            painter.line_segment([at(*low), at(*high)], Stroke::new(Pen::Marks.width(), color));
        }
    }
}

/// Width of the bar of a place that stands alone in a band, in points.
const BAR: f32 = 3.0;

/// Draws the area between two lines over the same places; values that are not finite are gaps, and a place alone between two
/// gaps is a bar.
pub fn band(painter: &Painter, transform: &PlotTransform, [xs, lows, highs]: [&[f64]; 3], color: Color32) {
    let mut mesh = Mesh::default();
    let mut is_joined = false;
    let count = xs.len().min(lows.len()).min(highs.len());
    let is_there = |index: usize| index < count && [xs, lows, highs].iter().all(|values| values[index].is_finite());
    for index in 0..count {
        if !is_there(index) {
            is_joined = false;
            continue;
        }
        let at = |y: f64| transform.position_from_point(&PlotPoint::new(xs[index], y));
        let (low, high) = (at(lows[index]), at(highs[index]));
        if !is_joined && !is_there(index + 1) {
            painter.line_segment([low, high], Stroke::new(BAR, color));
            continue;
        }
        mesh.colored_vertex(low, color);
        mesh.colored_vertex(high, color);
        let last = mesh.vertices.len() as u32 - 1;
        if is_joined {
            mesh.add_triangle(last - 3, last - 2, last - 1);
            mesh.add_triangle(last - 2, last - 1, last);
        }
        is_joined = true;
    }
    if !mesh.indices.is_empty() {
        painter.add(Shape::mesh(mesh));
    }
}

/// Cuts a line into the pieces that a pattern along the horizontal axis leaves; nothing beyond `limits`. The pattern stands
/// still on the screen, so that a line that grows does not flicker.
fn dashes(places: &[Pos2], [on, off]: [f32; 2], limits: [f32; 2], mut emit: impl FnMut(Vec<Pos2>)) {
    let period = on + off;
    let mut dash: Vec<Pos2> = Vec::new();
    let mut finish = |dash: &mut Vec<Pos2>| {
        if dash.len() > 1 {
            emit(std::mem::take(dash));
        }
        dash.clear();
    };
    for pair in places.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        if start.x.max(end.x) < limits[0] || start.x.min(end.x) > limits[1] {
            finish(&mut dash);
            continue;
        }
        let along = |x: f32| pos2(x, start.y + (end.y - start.y) * ((x - start.x) / (end.x - start.x)));
        let is_on = |x: f32| x.rem_euclid(period) < on;
        let mut at = if start.x < limits[0] && end.x > start.x { along(limits[0]) } else { start };
        if dash.is_empty() && is_on(at.x) {
            dash.push(at);
        }
        let last = end.x.min(limits[1]);
        while last > at.x {
            let phase = at.x.rem_euclid(period);
            let border = if phase < on { on } else { period };
            // A hair further at least, whatever is lost in rounding.
            let edge = at.x + (border - phase).max(1e-2);
            if edge >= last {
                break;
            }
            at = along(edge);
            if phase < on {
                dash.push(at);
                finish(&mut dash);
            } else {
                dash.clear();
                dash.push(at);
            }
        }
        if !dash.is_empty() {
            dash.push(if end.x > limits[1] { along(limits[1]) } else { end });
        }
    }
    finish(&mut dash);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(places: &[Pos2]) -> Vec<Vec<Pos2>> {
        let mut found = Vec::new();
        dashes(places, [6.0, 4.0], [0.0, 100.0], |dash| found.push(dash));
        found
    }

    #[test]
    fn dashes_cover_their_share_of_the_axis() {
        let found = cut(&[pos2(0.0, 0.0), pos2(100.0, 50.0)]);
        assert_eq!(found.len(), 10);
        let length: f32 = found.iter().map(|dash| dash[dash.len() - 1].x - dash[0].x).sum();
        assert!((length - 60.0).abs() < 0.5, "{length}");
        assert!(found.iter().flatten().all(|at| (at.y - 0.5 * at.x).abs() < 1e-3), "they lie on the line");
    }

    #[test]
    fn a_noisy_line_has_no_more_dashes_than_a_flat_one() {
        let places: Vec<Pos2> =
            (0..=1000).map(|i| pos2(0.1 * i as f32, if i % 2 == 0 { 0.0 } else { 200.0 })).collect();
        let found = cut(&places);
        assert!(found.len() <= 11, "{}", found.len());
        let points: usize = found.iter().map(Vec::len).sum();
        assert!(points > 550, "{points}: the drawn parts keep their points");
    }

    #[test]
    fn what_lies_beyond_the_chart_costs_nothing() {
        let found = cut(&[pos2(-1e6, 0.0), pos2(1e6, 0.0)]);
        assert!(found.len() <= 11, "{}", found.len());
        assert!(cut(&[pos2(200.0, 0.0), pos2(1e6, 0.0)]).is_empty());
    }
}
