//! Slices as SVG: colours as rectangles, iso-lines as paths with their losses written on them, text as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use svg::Document;
use svg::node::element::Element;
use svg::node::{Node as _, Text};

use super::contours;
use super::field::{Field, HATCH};
use super::overlay::{ASCENT, BLACK, Overlay, WHITE, pixel_of_index};
use super::raster::{Area, Point, Rgb};
use super::text::{Align, Label};
use super::{FRAME, PAPER, Sheet, axes, bar_row, bar_ticks, metadata};
use crate::export::{ExportError, SliceFigure};
use crate::number::significant;

/// Side of a coloured rectangle in pixels.
const TILE: usize = 5;
/// Iso-lines that are closer than so many pixels are left out: they would only hide the colours.
const LEAST_GAP: f64 = 3.0;
/// Pixels between two labels of iso-lines, and from a label to the frame.
const LABEL_ROOM: f64 = 46.0;
/// How much wider than the embedded font the reader's may be.
const STRETCH: f64 = 1.16;
pub(super) const FONT: &str = "Ubuntu, Helvetica, Arial, 'DejaVu Sans', sans-serif";

/// Slices side by side as an SVG; see [`super::slices_png`]. The metadata of all slices stand as JSON in `<metadata>`, the
/// caption in `<desc>`.
///
/// # Errors
/// [`ExportError::Figure`] when a slice is not a grid, or the font cannot be read.
pub fn slices_svg(
    title: &str,
    figures: &[SliceFigure],
    limits: Option<[f64; 2]>,
) -> Result<Option<String>, ExportError> {
    let Some(sheet) = Sheet::new(title, figures, limits, "", STRETCH)? else { return Ok(None) };
    let (width, height) = (sheet.layout.width, sheet.layout.height);
    let mut document = Document::new()
        .set("width", width)
        .set("height", height)
        .set("viewBox", (0, 0, width, height))
        .set("font-family", FONT);
    document.append(with_text("title", title));
    document.append(with_text("desc", &sheet.caption.join("\n")));
    document.append(with_text("metadata", &metadata(figures).to_string()));
    document.append(definitions(&sheet));
    document.append(rectangle(Area { left: 0, top: 0, width, height }, &color(PAPER), "none"));
    let mut labels = sheet.labels()?;
    for (index, figure) in figures.iter().enumerate() {
        let area = sheet.layout.panel(index);
        document.append(panel(&sheet, index, area, figure));
        let (ticks, words) = axes(area, &figure.grid);
        ticks.into_iter().for_each(|tick| document.append(rectangle(tick, &color(FRAME), "none")));
        labels.extend(words);
    }
    document.append(color_bar(&sheet, &mut labels));
    labels.iter().for_each(|label| document.append(text(label)));
    Ok(Some(document.to_string()))
}

/// Clip paths of the panels, and the hatch of masked cells.
fn definitions(sheet: &Sheet) -> Element {
    let mut definitions = Element::new("defs");
    for index in 0..sheet.figures.len() {
        let mut clip = element("clipPath", &[("id", format!("panel{index}"))]);
        clip.append(rectangle(sheet.layout.panel(index), "none", "none"));
        definitions.append(clip);
    }
    let size = [("width", "8"), ("height", "8"), ("patternUnits", "userSpaceOnUse"), ("id", "hatch")];
    let mut hatch = element("pattern", &size.map(|(key, value)| (key, value.to_owned())));
    let line = [
        ("d", "M-2 2L2 -2M0 8L8 0M6 10L10 6".to_owned()),
        ("stroke", color(HATCH[1])),
        ("stroke-width", "2.5".to_owned()),
    ];
    hatch.append(element("path", &line));
    definitions.append(hatch);
    definitions
}

fn panel(sheet: &Sheet, index: usize, area: Area, figure: &SliceFigure) -> Element {
    let field = Field { scale: &sheet.scale, grid: &figure.grid };
    let mut group = element("g", &[("clip-path", format!("url(#panel{index})"))]);
    tiles(area, field).into_iter().for_each(|node| group.append(node));
    let mut labels = Vec::new();
    for &level in sheet.scale.levels() {
        for line in contours::lines(field, level) {
            let points: Vec<Point> = line.iter().map(|&at| pixel_of_index(area, field, at)).collect();
            let visible = visible_parts(level, [&points, &line], area, field);
            for part in visible {
                labels.extend(label_place(&part, area, &labels).map(|place| (place, level)));
                group.append(polyline(&part, 1.0, "#ffffff", "0.65"));
            }
        }
    }
    for (Place { at, degrees }, level) in &labels {
        let node = level_label(*at, *degrees, &tick_of(10_f64.powf(*level)));
        edged(node, 2.6).into_iter().for_each(|node| group.append(node));
    }
    draw_overlay(&mut group, area, &Overlay::new(area, figure, &sheet.scale));
    let mut all = Element::new("g");
    all.append(group);
    all.append(rectangle(area, "none", &color(FRAME)));
    all
}

/// The colours of a slice: one path for each colour, made of rows of tiles.
fn tiles(area: Area, field: Field) -> Vec<Element> {
    let (columns, rows) = (area.width.div_ceil(TILE), area.height.div_ceil(TILE));
    let [last_column, last_row] = field.ends();
    let mut paths: BTreeMap<Option<Rgb>, String> = BTreeMap::new();
    for row in 0..rows {
        let v = last_row * (1.0 - ((row * TILE) as f64 + TILE as f64 / 2.0) / area.height as f64);
        let colors: Vec<Option<Rgb>> = (0..columns)
            .map(|column| last_column * ((column * TILE) as f64 + TILE as f64 / 2.0) / area.width as f64)
            .map(|u| field.sample(u, v).map(|log| field.scale.color(log)))
            .collect();
        let mut start = 0;
        for run in colors.chunk_by(|a, b| a == b) {
            let (x, y, width) = (area.left + start * TILE, area.top + row * TILE, run.len() * TILE);
            let path = paths.entry(run[0]).or_default();
            write!(path, "M{x} {y}h{width}v{TILE}h-{width}z").expect("a string takes everything");
            start += run.len();
        }
    }
    let mut nodes = Vec::new();
    for (color_of_path, path) in paths {
        let fill = |fill: String| {
            element("path", &[("d", path.clone()), ("fill", fill), ("shape-rendering", "crispEdges".to_owned())])
        };
        match color_of_path {
            Some(rgb) => nodes.push(fill(color(rgb))),
            None => nodes.extend([fill(color(HATCH[0])), fill("url(#hatch)".to_owned())]),
        }
    }
    nodes
}

/// The parts of an iso-line that are far enough from the next one.
fn visible_parts(level: f64, [points, indices]: [&[Point]; 2], area: Area, field: Field) -> Vec<Vec<Point>> {
    let [last_column, last_row] = field.ends();
    let (per_x, per_y) = (last_column / area.width as f64, last_row / area.height as f64);
    let [_, gap] = field.scale.nearest_line(level);
    let is_visible = |[u, v]: Point| {
        let difference = |du: f64, dv: f64| {
            let ends = [field.sample(u + du, v + dv), field.sample(u - du, v - dv)];
            if let [Some(a), Some(b)] = ends { a - b } else { 0.0 }
        };
        difference(per_x / 2.0, 0.0).hypot(difference(0.0, per_y / 2.0)) * LEAST_GAP < gap
    };
    let visible: Vec<(Point, bool)> = points.iter().copied().zip(indices.iter().map(|&at| is_visible(at))).collect();
    let parts = visible.chunk_by(|a, b| a.1 == b.1).filter(|part| part[0].1 && part.len() > 1);
    parts.map(|part| part.iter().map(|(point, _)| *point).collect()).collect()
}

/// Where a label stands, and how it is turned.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Point,
    degrees: f64,
}

/// A place on a line for its label: as near to its middle as others and the frame leave room.
fn label_place(line: &[Point], area: Area, others: &[(Place, f64)]) -> Option<Place> {
    let length: f64 = line.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
    if length < 1.5 * LABEL_ROOM {
        return None;
    }
    let middle = line.len() / 2;
    let mut order: Vec<usize> = (1..line.len().saturating_sub(1)).collect();
    order.sort_by_key(|index| index.abs_diff(middle));
    let inside = |value: f64, start: usize, size: usize| {
        value - start as f64 > 0.6 * LABEL_ROOM && (start + size) as f64 - value > 0.6 * LABEL_ROOM
    };
    let has_room = |&index: &usize| {
        let at = line[index];
        let is_inside = inside(at[0], area.left, area.width) && inside(at[1], area.top, area.height);
        is_inside && others.iter().all(|(other, _)| distance(other.at, at) > LABEL_ROOM)
    };
    let index = order.into_iter().find(has_room)?;
    // Along a stretch as long as the label, so that a corner of the line does not turn it.
    let near = |mut place: usize, step: isize| {
        while let Some(next) = place.checked_add_signed(step).filter(|next| *next < line.len())
            && distance(line[place], line[index]) < 12.0
        {
            place = next;
        }
        line[place]
    };
    let (from, to) = (near(index, -1), near(index, 1));
    let degrees = (to[1] - from[1]).atan2(to[0] - from[0]).to_degrees();
    let upright = if degrees > 90.0 {
        degrees - 180.0
    } else if degrees < -90.0 {
        degrees + 180.0
    } else {
        degrees
    };
    Some(Place { at: line[index], degrees: upright })
}

fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn level_label([x, y]: Point, degrees: f64, words: &str) -> Element {
    let mut node = with_text("text", words);
    let attributes = [
        ("transform", format!("translate({x:.1} {y:.1}) rotate({degrees:.1})")),
        ("dy", "4".to_owned()),
        ("text-anchor", "middle".to_owned()),
        ("font-size", "12".to_owned()),
        ("fill", color(WHITE)),
    ];
    attributes.into_iter().for_each(|(key, value)| node.assign(key, value));
    node
}

/// The loss of an iso-line in a few letters.
fn tick_of(loss: f64) -> String {
    super::trimmed(significant(loss, 3))
}

/// A text and a dark edge under it; two elements, because not every reader knows `paint-order`.
fn edged(node: Element, width: f64) -> [Element; 2] {
    let mut edge = node.clone();
    let attributes = [
        ("fill", color(BLACK)),
        ("stroke", color(BLACK)),
        ("stroke-width", width.to_string()),
        ("stroke-linejoin", "round".to_owned()),
        ("opacity", "0.7".to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| edge.assign(key, value));
    [edge, node]
}

fn draw_overlay(group: &mut Element, area: Area, overlay: &Overlay) {
    let outlined = |points: &[Point], width: f64| {
        [polyline(points, width + 1.6, &color(BLACK), "1"), polyline(points, width, "#ffffff", "1")]
    };
    outlined(&overlay.path, 1.6).into_iter().for_each(|node| group.append(node));
    for &(at, rgb) in &overlay.dots {
        group.append(circle(at, 3.4, &color(rgb), "#ffffff", 1.2));
    }
    for dash in &overlay.dashes {
        outlined(dash, 2.0).into_iter().for_each(|node| group.append(node));
    }
    if let Some((shaft, head)) = &overlay.arrow {
        for (width, rgb) in [(5.0, BLACK), (3.0, ASCENT)] {
            group.append(polyline(shaft, width, &color(rgb), "1"));
            group.append(polyline(head, width, &color(rgb), "1"));
        }
    }
    for (at, rgb, _) in &overlay.marks {
        group.append(circle(*at, 8.5, "#ffffff", &color(BLACK), 1.5));
        group.append(circle(*at, 4.5, &color(*rgb), "none", 0.0));
    }
    if let Some(center) = overlay.center {
        group.append(circle(center, 6.2, "#ffffff", &color(BLACK), 1.5));
    }
    for label in overlay.labels(area) {
        edged(text(&label), 3.0).into_iter().for_each(|node| group.append(node));
    }
}

fn color_bar(sheet: &Sheet, labels: &mut Vec<Label>) -> Element {
    let (bar, scale) = (sheet.layout.color_bar(), &sheet.scale);
    let mut group = Element::new("g");
    // 128 steps are finer than the eye.
    let steps = 128.min(bar.height);
    for step in 0..steps {
        let row = |step: usize| bar.top + step * bar.height / steps;
        let share = 1.0 - (step as f64 + 0.5) / steps as f64;
        let area = Area { top: row(step), height: row(step + 1) - row(step), ..bar };
        let mut tile = rectangle(area, &color(scale.color(scale.at_share(share))), "none");
        tile.assign("shape-rendering", "crispEdges");
        group.append(tile);
    }
    for &log in scale.levels() {
        let (y, left) = (bar_row(bar, scale, log), bar.left as f64);
        group.append(polyline(&[[left, y], [left + bar.width as f64, y]], 1.0, "#ffffff", "0.65"));
    }
    group.append(rectangle(bar, "none", &color(FRAME)));
    let (ticks, words) = bar_ticks(bar, scale);
    ticks.into_iter().for_each(|tick| group.append(rectangle(tick, &color(FRAME), "none")));
    labels.extend(words);
    group
}

pub(super) fn element(name: &str, attributes: &[(&str, String)]) -> Element {
    let mut element = Element::new(name);
    attributes.iter().for_each(|(key, value)| element.assign(*key, value.as_str()));
    element
}

/// An element with a text in it; letters that XML does not know are left out.
pub(super) fn with_text(name: &str, words: &str) -> Element {
    let mut element = Element::new(name);
    element
        .append(Text::new(words.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect::<String>()));
    element
}

pub(super) fn rectangle(area: Area, fill: &str, stroke: &str) -> Element {
    let Area { left, top, width, height } = area;
    let numbers = [("x", left), ("y", top), ("width", width), ("height", height)];
    let mut node = element("rect", &numbers.map(|(key, value)| (key, value.to_string())));
    node.assign("fill", fill);
    if stroke != "none" {
        node.assign("stroke", stroke);
    }
    node
}

pub(super) fn polyline(points: &[Point], width: f64, stroke: &str, opacity: &str) -> Element {
    let mut path = String::new();
    let finite = points.iter().filter(|point| point.iter().all(|value| value.is_finite()));
    for (index, [x, y]) in finite.enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes everything");
    }
    let attributes = [
        ("d", path),
        ("fill", "none".to_owned()),
        ("stroke", stroke.to_owned()),
        ("stroke-width", width.to_string()),
        ("stroke-opacity", opacity.to_owned()),
        ("stroke-linecap", "round".to_owned()),
        ("stroke-linejoin", "round".to_owned()),
    ];
    element("path", &attributes)
}

fn circle([x, y]: Point, radius: f64, fill: &str, stroke: &str, width: f64) -> Element {
    // A point that is not finite has no place: its circle is left empty.
    let radius = if x.is_finite() && y.is_finite() { radius } else { 0.0 };
    let place = |value: f64| if value.is_finite() { format!("{value:.1}") } else { "0".to_owned() };
    let attributes = [
        ("cx", place(x)),
        ("cy", place(y)),
        ("r", radius.to_string()),
        ("fill", fill.to_owned()),
        ("stroke", stroke.to_owned()),
        ("stroke-width", width.to_string()),
    ];
    element("circle", &attributes)
}

pub(super) fn text(label: &Label) -> Element {
    let mut node = with_text("text", &label.text);
    let (x, y) = label.at;
    let anchor = match label.align {
        Align::Left => "start",
        Align::Center | Align::Upwards => "middle",
        Align::Right => "end",
    };
    let turn = if label.align == Align::Upwards { " rotate(-90)" } else { "" };
    let attributes = [
        ("transform", format!("translate({x} {y}){turn}")),
        ("dy", format!("{:.1}", 0.35 * label.size)),
        ("text-anchor", anchor.to_owned()),
        // A light font looks smaller than others of its size.
        ("font-size", format!("{:.1}", 0.9 * label.size)),
        ("fill", color(label.color)),
        // Two spaces stand between a name and its settings.
        ("xml:space", "preserve".to_owned()),
    ];
    attributes.into_iter().for_each(|(key, value)| node.assign(key, value));
    node
}

pub(super) fn color([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
