//! A chart as a list of parts, in the order in which they are drawn.

use super::axes::Scale;
use super::{ChartFigure, ChartSeries, ChartStroke, FOOT_SIZE, Inks, SIZE, area};
use crate::export::ExportError;
use crate::export::figure::raster::{Area, Point, Rgb};
use crate::export::figure::text::{Align, Label, width};

/// Something to draw.
pub enum Part {
    /// A rectangle.
    Rectangle(Area, Rgb),
    /// A line, cut at the area of the chart.
    Line(Stroke),
    /// An area between two lines of the same x: x, upper and lower edge in pixels.
    Fill {
        /// x, upper and lower edge.
        edges: Vec<[f64; 3]>,
        /// Its colour.
        color: Rgb,
        /// How much of it is seen.
        opacity: f64,
    },
    /// Words.
    Words(Label),
}

/// A line with its pen.
pub struct Stroke {
    /// Points in pixels; a gap where they are not finite.
    pub points: Vec<Point>,
    /// Width in pixels.
    pub width: f64,
    /// Colour.
    pub color: Rgb,
    /// How much of it is seen.
    pub opacity: f64,
    /// How it is broken up.
    pub stroke: ChartStroke,
    /// Whether it belongs to the legend, which stands outside of the area that lines are cut at.
    pub is_legend: bool,
}

/// Rows of words of markers.
const MARKER_ROWS: usize = 3;
/// Width of a dot, in pixels.
const DOT: f64 = 7.0;
/// Opacity of bands.
const BAND: f64 = 0.22;
/// Rows of the legend at most.
const LEGEND_ROWS: usize = 6;

/// All parts, and the area that lines are cut at.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read.
pub fn parts(figure: &ChartFigure) -> Result<(Vec<Part>, Area), ExportError> {
    let inks = figure.inks();
    let (legend, rows) = legend(figure, &inks)?;
    let foot = figure.foot()?;
    let area = area(rows, foot.len());
    let points = || figure.series.iter().flat_map(|series| &series.points);
    let edges = || figure.series.iter().flat_map(|series| &series.band);
    let x = Scale::new(figure.x_range, figure.log_x, points().map(|p| p[0]).chain(edges().map(|e| e[0])), 0.0);
    let heights = points().map(|p| p[1]).chain(edges().flat_map(|e| [e[1], e[2]]));
    let y = Scale::new(figure.y_range, figure.log_y, heights, 0.05);
    let mut parts = vec![Part::Rectangle(Area { left: 0, top: 0, width: SIZE[0], height: SIZE[1] }, inks.paper)];
    scales(&mut parts, figure, &inks, area, [&x, &y]);
    let column = |value: f64| area.left as f64 + x.share(value) * area.width as f64;
    let row = |value: f64| area.top as f64 + (1.0 - y.share(value)) * area.height as f64;
    for series in &figure.series {
        let edges: Vec<[f64; 3]> =
            series.band.iter().map(|edge| [column(edge[0]), row(edge[2]), row(edge[1])]).collect();
        let is_seen = |edge: &[f64; 3]| edge.iter().all(|value| value.is_finite());
        let opacity = if series.width > 0.0 { BAND } else { series.opacity };
        let edges: Vec<[f64; 3]> = edges.into_iter().filter(is_seen).collect();
        if edges.len() > 1 {
            parts.push(Part::Fill { edges, color: series.color, opacity });
        }
    }
    for series in figure.series.iter().filter(|series| series.width > 0.0) {
        let points: Vec<Point> = series.points.iter().map(|point| [column(point[0]), row(point[1])]).collect();
        let (color, opacity, stroke, width) = (series.color, series.opacity, series.stroke, series.width);
        parts.extend(dots(series, &points).map(|points| {
            // A line without length and with round ends is a dot.
            Part::Line(Stroke { points, width: DOT, color, opacity, stroke: ChartStroke::Solid, is_legend: false })
        }));
        parts.push(Part::Line(Stroke { points, width, color, opacity, stroke, is_legend: false }));
    }
    markers(&mut parts, figure, area, column)?;
    parts.extend(legend);
    words(&mut parts, figure, &inks, (area, foot));
    Ok((parts, area))
}

/// The dots of a line: of all points, or of those that stand alone between gaps.
fn dots<'a>(series: &'a ChartSeries, points: &'a [Point]) -> impl Iterator<Item = Vec<Point>> + 'a {
    let is_seen = |index: usize| points.get(index).is_some_and(|point| point.iter().all(|value| value.is_finite()));
    let is_alone = move |index: usize| !index.checked_sub(1).is_some_and(is_seen) && !is_seen(index + 1);
    let chosen = (0..points.len()).filter(move |index| is_seen(*index) && (series.has_dots || is_alone(*index)));
    chosen.map(|index| vec![points[index], [points[index][0] + 0.01, points[index][1]]])
}

/// Dashed lines across the chart with their words, in three rows.
fn markers(
    parts: &mut Vec<Part>,
    figure: &ChartFigure,
    area: Area,
    column: impl Fn(f64) -> f64,
) -> Result<(), ExportError> {
    let (left, right) = (area.left as f64, (area.left + area.width) as f64);
    let mut ends = [left; MARKER_ROWS];
    let mut markers: Vec<_> = figure.markers.iter().map(|marker| (column(marker.x), marker)).collect();
    markers.retain(|(x, _)| (left..=right).contains(x));
    markers.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (x, marker) in markers {
        let points = vec![[x, area.top as f64], [x, (area.top + area.height) as f64]];
        let stroke = ChartStroke::Dashed;
        let (color, is_legend) = (marker.color, false);
        parts.push(Part::Line(Stroke { points, width: 1.6, color, opacity: 0.9, stroke, is_legend }));
        let wide = f64::from(width(&marker.text, FOOT_SIZE)?);
        let start = if x + 6.0 + wide <= right { x + 6.0 } else { x - 6.0 - wide };
        // Words without room are left to the list below the chart.
        if let Some(row) = ends.iter().position(|end| *end <= start) {
            ends[row] = start + wide + 12.0;
            let at = (start as i32, area.top as i32 + 12 + 20 * row as i32);
            let text = marker.text.clone();
            parts.push(Part::Words(Label { text, at, size: FOOT_SIZE, color, align: Align::Left }));
        }
    }
    Ok(())
}

fn scales(parts: &mut Vec<Part>, figure: &ChartFigure, inks: &Inks, area: Area, [x, y]: [&Scale; 2]) {
    let label = |text, at, align| Part::Words(Label { text, at, size: 17.0, color: inks.faint, align });
    for (share, text) in y.ticks(figure.is_percent) {
        let top = area.top + ((1.0 - share) * (area.height - 1) as f64).round() as usize;
        parts.push(Part::Rectangle(Area { top, height: 1, ..area }, inks.grid));
        parts.push(label(text, (area.left as i32 - 12, top as i32), Align::Right));
    }
    let bottom = area.top + area.height;
    for (share, text) in x.ticks(false) {
        let left = area.left + (share * (area.width - 1) as f64).round() as usize;
        parts.push(Part::Rectangle(Area { left, top: bottom, width: 1, height: 6 }, inks.faint));
        parts.push(label(text, (left as i32, bottom as i32 + 19), Align::Center));
    }
    parts.push(Part::Rectangle(Area { top: bottom, height: 1, ..area }, inks.faint));
    let scale = if figure.log_x { ", log scale" } else { "" };
    parts.push(label(
        format!("{}{scale}", figure.x_label),
        ((area.left + area.width / 2) as i32, bottom as i32 + 46),
        Align::Center,
    ));
}

/// Names with a piece of their line, in rows below the title; how many rows there are.
fn legend(figure: &ChartFigure, inks: &Inks) -> Result<(Vec<Part>, usize), ExportError> {
    const SIZE_OF_NAMES: f64 = 17.0;
    let (mut parts, mut x, mut row) = (Vec::new(), 110, 0);
    let named = figure.series.iter().filter(|series| !series.name.is_empty());
    let mut named = named.peekable();
    if named.peek().is_none() {
        return Ok((parts, 0));
    }
    for series in named {
        let wide = 62 + width(&series.name, SIZE_OF_NAMES)? as i32;
        if x > 110 && x + wide > SIZE[0] as i32 - 36 {
            (x, row) = (110, row + 1);
            if row == LEGEND_ROWS {
                break;
            }
        }
        let y = 66 + 26 * row as i32;
        let ends = [[f64::from(x), f64::from(y)], [f64::from(x + 28), f64::from(y)]];
        let (color, opacity, stroke) = (series.color, series.opacity, series.stroke);
        let width = if series.width > 0.0 { series.width } else { 10.0 };
        parts.push(Part::Line(Stroke { points: ends.to_vec(), width, color, opacity, stroke, is_legend: true }));
        let at = (x + 36, y);
        let (text, color) = (series.name.clone(), inks.ink);
        parts.push(Part::Words(Label { text, at, size: SIZE_OF_NAMES, color, align: Align::Left }));
        x += wide;
    }
    Ok((parts, (row + 1).min(LEGEND_ROWS)))
}

fn words(parts: &mut Vec<Part>, figure: &ChartFigure, inks: &Inks, (area, foot): (Area, Vec<String>)) {
    let mut label =
        |text: String, at, size, color, align| parts.push(Part::Words(Label { text, at, size, color, align }));
    label(figure.title.clone(), (36, 34), 26.0, inks.ink, Align::Left);
    let right = SIZE[0] as i32 - 36;
    let scale = if figure.log_y { "log scale" } else { "" };
    let notes = [figure.note.as_str(), scale].into_iter().filter(|note| !note.is_empty());
    label(notes.collect::<Vec<_>>().join(", "), (right, 36), 17.0, inks.faint, Align::Right);
    let mut top = (area.top + area.height + 76) as i32;
    for line in foot {
        label(line, (36, top), FOOT_SIZE, inks.faint, Align::Left);
        top += 24;
    }
}
