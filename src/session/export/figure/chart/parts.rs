//! A chart as a list of parts, in the order in which they are drawn.

use super::axes::Scale;
use super::{ChartFigure, Inks, SIZE};
use crate::session::export::ExportError;
use crate::session::export::figure::raster::{Area, Point, Rgb};
use crate::session::export::figure::text::{Align, Label, width, wrap};

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
    /// Whether it is dashed.
    pub is_dashed: bool,
}

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
    let area = figure.area(rows);
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
        let points = series.points.iter().map(|point| [column(point[0]), row(point[1])]).collect();
        let (color, opacity, is_dashed) = (series.color, series.opacity, series.is_dashed);
        parts.push(Part::Line(Stroke { points, width: series.width, color, opacity, is_dashed }));
    }
    parts.extend(legend);
    words(&mut parts, figure, &inks, area)?;
    Ok((parts, area))
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
    parts.push(label(figure.x_label.clone(), ((area.left + area.width / 2) as i32, bottom as i32 + 46), Align::Center));
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
        let (color, opacity, is_dashed) = (series.color, series.opacity, series.is_dashed);
        let width = if series.width > 0.0 { series.width } else { 10.0 };
        parts.push(Part::Line(Stroke { points: ends.to_vec(), width, color, opacity, is_dashed }));
        let at = (x + 36, y);
        let (text, color) = (series.name.clone(), inks.ink);
        parts.push(Part::Words(Label { text, at, size: SIZE_OF_NAMES, color, align: Align::Left }));
        x += wide;
    }
    Ok((parts, (row + 1).min(LEGEND_ROWS)))
}

fn words(parts: &mut Vec<Part>, figure: &ChartFigure, inks: &Inks, area: Area) -> Result<(), ExportError> {
    let mut label =
        |text: String, at, size, color, align| parts.push(Part::Words(Label { text, at, size, color, align }));
    label(figure.title.clone(), (36, 34), 26.0, inks.ink, Align::Left);
    let right = SIZE[0] as i32 - 36;
    let scale = if figure.log_y { "log scale" } else { "" };
    let notes = [figure.note.as_str(), scale].into_iter().filter(|note| !note.is_empty());
    label(notes.collect::<Vec<_>>().join(", "), (right, 36), 17.0, inks.faint, Align::Right);
    let mut top = (area.top + area.height + 76) as i32;
    for line in &figure.provenance {
        // A line that is too long is cut at the end of a word.
        let line = wrap(line, 15.0, SIZE[0] as u32 - 72)?.swap_remove(0);
        label(line, (36, top), 15.0, inks.faint, Align::Left);
        top += 24;
    }
    Ok(())
}
