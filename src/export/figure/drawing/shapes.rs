//! The few shapes that figures are made of.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use svg::node::element::Element;
use svg::node::{Node as _, Text};

use crate::export::{ExportError, Picture, picture_png};

/// Red, green, blue, 0 to 255.
pub type Rgb = [u8; 3];

/// A point in pixels: x to the right, y down, whole numbers at the corners of pixels.
pub type Point = [f64; 2];

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub left: usize,
    /// Top edge.
    pub top: usize,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

impl Area {
    /// Whether a point is within it.
    #[must_use]
    pub fn contains(self, [x, y]: Point) -> bool {
        let inside = |value: f64, start: usize, size: usize| (start as f64..=(start + size) as f64).contains(&value);
        inside(x, self.left, self.width) && inside(y, self.top, self.height)
    }
}

/// A colour as SVG has it.
#[must_use]
pub fn color([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// An element with attributes.
#[must_use]
pub fn element(name: &str, attributes: &[(&str, String)]) -> Element {
    let mut element = Element::new(name);
    attributes.iter().for_each(|(key, value)| element.assign(*key, value.as_str()));
    element
}

/// An element with a text in it; letters that XML does not know are left out.
#[must_use]
pub fn with_text(name: &str, words: &str) -> Element {
    let mut element = Element::new(name);
    let words: String = words.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect();
    element.append(Text::new(words));
    element
}

fn place(Area { left, top, width, height }: Area) -> [(&'static str, String); 4] {
    [("x", left), ("y", top), ("width", width), ("height", height)].map(|(key, value)| (key, value.to_string()))
}

/// A rectangle of one colour.
#[must_use]
pub fn rectangle(area: Area, fill: Rgb) -> Element {
    let mut node = element("rect", &place(area));
    node.assign("fill", color(fill));
    node
}

/// The definition of what `url(#id)` cuts away: all that is outside of an area.
#[must_use]
pub fn clip(id: &str, area: Area) -> Element {
    let mut clip = element("clipPath", &[("id", id.to_owned())]);
    clip.append(element("rect", &place(area)));
    clip
}

/// A picture with a pixel for each of an area's: red, green, blue, opacity.
///
/// # Errors
/// [`ExportError::Figure`] when it has not so many.
pub fn image(area: Area, rgba: Vec<u8>) -> Result<Element, ExportError> {
    let picture = Picture { width: area.width as u32, height: area.height as u32, rgba };
    let mut node = element("image", &place(area));
    node.assign("href", href(&picture)?);
    Ok(node)
}

/// A picture as an attribute of the SVG that it is embedded in.
///
/// # Errors
/// [`ExportError::Figure`] when the picture has no pixels or not as many as it says.
pub fn href(picture: &Picture) -> Result<String, ExportError> {
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(picture_png(picture, &[])?)))
}

/// A line with round ends through points that are all finite; one point is a dot.
///
/// # Panics
/// Never: a string takes everything.
#[must_use]
pub fn polyline(points: &[Point], width: f64, stroke: Rgb, opacity: f64) -> Element {
    let mut path = String::new();
    for (index, [x, y]) in points.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes everything");
    }
    if points.len() == 1 {
        // Of no length at all, some readers draw nothing.
        path += "h0.01";
    }
    let attributes = [
        ("d", path),
        ("fill", "none".to_owned()),
        ("stroke", color(stroke)),
        ("stroke-width", width.to_string()),
        ("stroke-opacity", opacity.to_string()),
        ("stroke-linecap", "round".to_owned()),
        ("stroke-linejoin", "round".to_owned()),
    ];
    element("path", &attributes)
}

/// A circle with an edge.
#[must_use]
pub fn circle([x, y]: Point, radius: f64, fill: Rgb, (stroke, width): (Rgb, f64)) -> Element {
    let attributes = [
        ("cx", format!("{x:.1}")),
        ("cy", format!("{y:.1}")),
        ("r", radius.to_string()),
        ("fill", color(fill)),
        ("stroke", color(stroke)),
        ("stroke-width", width.to_string()),
    ];
    element("circle", &attributes)
}

/// Pixels around an area within which lines are drawn, so that their ends are outside of it.
const MARGIN: f64 = 50.0;

/// The pieces of a line within an area and a little around it. It breaks at points that are not finite; what is far away
/// would be drawn wrong or slowly.
#[must_use]
pub fn pieces(points: &[Point], area: Area) -> Vec<Vec<Point>> {
    let low = [area.left as f64 - MARGIN, area.top as f64 - MARGIN];
    let high = [(area.left + area.width) as f64 + MARGIN, (area.top + area.height) as f64 + MARGIN];
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some([from, to]) = cut([pair[0], pair[1]], low, high) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    pieces
}

/// The part of a segment within a box (Liang and Barsky 1984).
fn cut([from, to]: [Point; 2], low: Point, high: Point) -> Option<[Point; 2]> {
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let along = to[axis] - from[axis];
        if !along.is_finite() {
            return None;
        }
        if along == 0.0 {
            if !(low[axis]..=high[axis]).contains(&from[axis]) {
                return None;
            }
            continue;
        }
        let shares = [(low[axis] - from[axis]) / along, (high[axis] - from[axis]) / along];
        start = start.max(shares[0].min(shares[1]));
        end = end.min(shares[0].max(shares[1]));
    }
    if start > end {
        return None;
    }
    let at = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        _ => [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])],
    };
    Some([at(start), at(end)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { left: 100, top: 100, width: 80, height: 80 };

    #[test]
    fn lines_are_cut_near_their_area_and_keep_their_direction() {
        let found = pieces(&[[-1e9, 140.0], [140.0, 140.0], [1e9 + 140.0, 1e9 + 140.0]], AREA);
        let expected = [[50.0, 140.0], [140.0, 140.0], [230.0, 230.0]];
        let is_near =
            |(found, expected): (&Point, Point)| (found[0] - expected[0]).hypot(found[1] - expected[1]) < 1e-3;
        assert!(found.len() == 1 && found[0].iter().zip(expected).all(is_near), "{found:?}");
    }

    #[test]
    fn lines_break_where_they_are_not_finite_or_leave() {
        let points = [[110.0, 110.0], [120.0, 110.0], [f64::NAN, 1.0], [130.0, 110.0], [140.0, 900.0], [900.0, 140.0]];
        let found = pieces(&points, AREA);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], [[110.0, 110.0], [120.0, 110.0]]);
        assert_eq!(found[1][0], [130.0, 110.0]);
        assert!(pieces(&[[1e308, 0.0], [-1e308, 1.0]], AREA).is_empty());
        assert!(pieces(&[[120.0, 120.0]], AREA).is_empty());
    }
}
