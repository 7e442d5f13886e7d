//! Draws a chart.

use std::fmt::Write as _;

use svg::node::Node as _;
use svg::node::element::Element;

use super::axes::Scale;
use super::{ChartFigure, ChartSeries, ChartStroke, FOOT_SIZE, Inks, SIZE, area};
use crate::export::ExportError;
use crate::export::figure::drawing::{
    Align, Area, Drawing, Label, Point, Rgb, clip, color, element, labels, pieces, polyline, rectangle, width,
};

/// Rows of words of markers.
const MARKER_ROWS: usize = 3;
/// Width of a dot, in pixels.
const DOT: f64 = 7.0;
/// Width of the bar of a band that has one place, in pixels.
const BAR: f64 = 5.0;
/// Width of the bar of a point's error, in pixels.
const ERROR: f64 = 2.4;
/// Opacity of bands.
const BAND: f64 = 0.22;
/// Rows of the legend at most.
const LEGEND_ROWS: usize = 6;
/// Bands end so far outside of the picture at most, in pixels.
const FAR: f64 = 1e4;

/// Draws a chart, from its ground to its words.
///
/// # Errors
/// [`ExportError::Figure`] when the words cannot be measured.
pub fn draw(figure: &ChartFigure) -> Result<Drawing, ExportError> {
    let inks = figure.inks();
    let mut drawing = Drawing::on_paper(SIZE, inks.paper, &figure.title, &figure.description());
    let mut words = Vec::new();
    let (legend, rows) = legend(figure, &inks, &mut words)?;
    let foot = figure.foot()?;
    let area = area(rows, foot.len());
    let points = || figure.series.iter().flat_map(|series| &series.points);
    let edges = || figure.series.iter().flat_map(|series| &series.band);
    let x = Scale::new(figure.x_range, figure.log_x, points().map(|p| p[0]).chain(edges().map(|e| e[0])), 0.0);
    let heights = points().map(|p| p[1]).chain(edges().flat_map(|e| [e[1], e[2]]));
    let y = Scale::new(figure.y_range, figure.log_y, heights, 0.05);
    scales(&mut drawing, &mut words, figure, &inks, (area, [&x, &y]));
    let column = |value: f64| area.left as f64 + x.share(value) * area.width as f64;
    let row = |value: f64| area.top as f64 + (1.0 - y.share(value)) * area.height as f64;
    drawing.add(clip("plot", area));
    let mut plot = element("g", &[("clip-path", "url(#plot)".to_owned())]);
    for series in &figure.series {
        let edges = series.band.iter().map(|edge| [column(edge[0]), row(edge[2]), row(edge[1])]);
        if series.stroke == ChartStroke::None {
            bars(edges, series).into_iter().for_each(|node| plot.append(node));
            continue;
        }
        let opacity = if series.width > 0.0 { BAND } else { series.opacity };
        band(edges, series.color, opacity).into_iter().for_each(|node| plot.append(node));
    }
    for series in figure.series.iter().filter(|series| series.width > 0.0) {
        let points: Vec<Point> = series.points.iter().map(|point| [column(point[0]), row(point[1])]).collect();
        for at in dots(series, &points).filter(|at| area.contains(*at)) {
            plot.append(polyline(&[at], DOT, series.color, series.opacity));
        }
        let pieces = if series.stroke == ChartStroke::None { Vec::new() } else { pieces(&points, area) };
        for piece in pieces {
            plot.append(line(&piece, series.width, series.color, (series.opacity, series.stroke)));
        }
    }
    markers(&mut plot, &mut words, figure, area, column)?;
    drawing.add(plot);
    legend.into_iter().for_each(|node| drawing.add(node));
    self::words(&mut words, figure, &inks, (area, foot));
    labels(&words)?.into_iter().for_each(|node| drawing.add(node));
    Ok(drawing)
}

/// A line, broken up as it shall be.
fn line(points: &[Point], width: f64, color: Rgb, (opacity, stroke): (f64, ChartStroke)) -> Element {
    let mut node = polyline(points, width, color, opacity);
    if let Some([dash, gap]) = pattern(stroke) {
        node.assign("stroke-dasharray", format!("{dash} {gap}"));
        node.assign("stroke-linecap", "butt");
    }
    node
}

/// Lengths of a piece of a broken line and of the gap after it, in pixels; `None` for a solid one.
const fn pattern(stroke: ChartStroke) -> Option<[f64; 2]> {
    match stroke {
        ChartStroke::Solid | ChartStroke::None => None,
        ChartStroke::Dashed => Some([9.0, 6.0]),
        ChartStroke::Dotted => Some([2.5, 5.0]),
    }
}

/// The area between two lines of the same x, of which `edges` has x, the upper and the lower one in pixels.
fn band(edges: impl Iterator<Item = [f64; 3]>, fill: Rgb, opacity: f64) -> Option<Element> {
    let edges: Vec<[f64; 3]> = edges.filter(|edge| edge.iter().all(|value| value.is_finite())).collect();
    if let [[x, high, low]] = edges[..] {
        // One place alone is a bar.
        let [high, low] = [high, low].map(|end| end.clamp(-FAR, FAR));
        return Some(line(&[[x, high], [x, low]], BAR, fill, (opacity, ChartStroke::Solid)));
    }
    if edges.is_empty() {
        return None;
    }
    let mut path = String::new();
    let upper = edges.iter().map(|edge| (edge[0], edge[1]));
    let lower = edges.iter().rev().map(|edge| (edge[0], edge[2]));
    for (index, (x, y)) in upper.chain(lower).enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        let [x, y] = [x, y].map(|value| value.clamp(-FAR, FAR));
        write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes everything");
    }
    let attributes = [("d", path + "z"), ("fill", color(fill)), ("fill-opacity", opacity.to_string())];
    Some(element("path", &attributes))
}

/// A bar at each place from the lower to the upper end.
fn bars(edges: impl Iterator<Item = [f64; 3]>, series: &ChartSeries) -> Vec<Element> {
    let seen = edges.filter(|edge| edge.iter().all(|value| value.is_finite()));
    let bar = |[x, high, low]: [f64; 3]| {
        let [high, low] = [high, low].map(|end| end.clamp(-FAR, FAR));
        line(&[[x, high], [x, low]], ERROR, series.color, (series.opacity, ChartStroke::Solid))
    };
    seen.map(bar).collect()
}

/// The dots of a line: at all points, or at those that stand alone between gaps.
fn dots<'a>(series: &'a ChartSeries, points: &'a [Point]) -> impl Iterator<Item = Point> + 'a {
    let is_seen = |index: usize| points.get(index).is_some_and(|point| point.iter().all(|value| value.is_finite()));
    let is_alone = move |index: usize| !index.checked_sub(1).is_some_and(is_seen) && !is_seen(index + 1);
    let chosen = (0..points.len()).filter(move |index| is_seen(*index) && (series.has_dots || is_alone(*index)));
    chosen.map(|index| points[index])
}

/// Dashed lines across the chart with their words, in three rows.
fn markers(
    plot: &mut Element,
    words: &mut Vec<Label>,
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
        let points = [[x, area.top as f64], [x, (area.top + area.height) as f64]];
        plot.append(line(&points, 1.6, marker.color, (0.9, ChartStroke::Dashed)));
        let wide = width(&marker.text, FOOT_SIZE)?;
        let start = if x + 6.0 + wide <= right { x + 6.0 } else { x - 6.0 - wide };
        // Words without room are left to the list below the chart.
        if let Some(row) = ends.iter().position(|end| *end <= start) {
            ends[row] = start + wide + 12.0;
            let at = (start as i32, area.top as i32 + 12 + 20 * row as i32);
            let text = marker.text.clone();
            words.push(Label { text, at, size: FOOT_SIZE, color: marker.color, align: Align::Left });
        }
    }
    Ok(())
}

fn scales(
    drawing: &mut Drawing,
    words: &mut Vec<Label>,
    figure: &ChartFigure,
    inks: &Inks,
    (area, [x, y]): (Area, [&Scale; 2]),
) {
    let label = |text, at, align| Label { text, at, size: 17.0, color: inks.faint, align };
    for (share, text) in y.ticks(figure.is_percent) {
        let top = area.top + ((1.0 - share) * (area.height - 1) as f64).round() as usize;
        drawing.add(rectangle(Area { top, height: 1, ..area }, inks.grid));
        words.push(label(text, (area.left as i32 - 12, top as i32), Align::Right));
    }
    let bottom = area.top + area.height;
    for (share, text) in x.ticks(false) {
        let left = area.left + (share * (area.width - 1) as f64).round() as usize;
        drawing.add(rectangle(Area { left, top: bottom, width: 1, height: 6 }, inks.faint));
        words.push(label(text, (left as i32, bottom as i32 + 19), Align::Center));
    }
    drawing.add(rectangle(Area { top: bottom, height: 1, ..area }, inks.faint));
    let scale = if figure.log_x { ", log scale" } else { "" };
    words.push(label(
        format!("{}{scale}", figure.x_label),
        ((area.left + area.width / 2) as i32, bottom as i32 + 46),
        Align::Center,
    ));
}

/// Names with a piece of their line, in rows below the title; how many rows there are.
fn legend(figure: &ChartFigure, inks: &Inks, words: &mut Vec<Label>) -> Result<(Vec<Element>, usize), ExportError> {
    const SIZE_OF_NAMES: f64 = 17.0;
    let (mut lines, mut x, mut row) = (Vec::new(), 110, 0);
    let named = figure.series.iter().filter(|series| !series.name.is_empty());
    let mut named = named.peekable();
    if named.peek().is_none() {
        return Ok((lines, 0));
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
        let width = if series.width > 0.0 { series.width } else { 10.0 };
        lines.push(if series.stroke == ChartStroke::None {
            polyline(&[[f64::from(x + 14), f64::from(y)]], DOT, series.color, series.opacity)
        } else {
            line(&ends, width, series.color, (series.opacity, series.stroke))
        });
        let at = (x + 36, y);
        let (text, color) = (series.name.clone(), inks.ink);
        words.push(Label { text, at, size: SIZE_OF_NAMES, color, align: Align::Left });
        x += wide;
    }
    Ok((lines, (row + 1).min(LEGEND_ROWS)))
}

fn words(words: &mut Vec<Label>, figure: &ChartFigure, inks: &Inks, (area, foot): (Area, Vec<String>)) {
    let mut label = |text: String, at, size, color, align| words.push(Label { text, at, size, color, align });
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
