//! Charts as SVG.

use std::fmt::Write as _;

use svg::Document;
use svg::node::Node as _;

use super::parts::{Part, parts};
use super::{ChartFigure, SIZE, png};
use crate::export::ExportError;
use crate::export::figure::svg::{FONT, color, element, polyline, rectangle, text, with_text};

/// A chart as an SVG: lines as paths, text as text, the provenance in `<desc>`.
///
/// # Errors
/// [`ExportError::Figure`] when the font, which the layout is measured with, cannot be read.
pub fn chart_svg(figure: &ChartFigure) -> Result<String, ExportError> {
    let (parts, area) = parts(figure)?;
    let [width, height] = SIZE;
    let mut document = Document::new()
        .set("width", width)
        .set("height", height)
        .set("viewBox", (0, 0, width, height))
        .set("font-family", FONT);
    document.append(with_text("title", &figure.title));
    document.append(with_text("desc", &figure.description()));
    let mut clip = element("clipPath", &[("id", "plot".to_owned())]);
    clip.append(rectangle(area, "none", "none"));
    document.append(clip);
    for part in parts {
        match part {
            Part::Rectangle(area, fill) => document.append(rectangle(area, &color(fill), "none")),
            Part::Words(label) => document.append(text(&label)),
            Part::Fill { edges, color: fill, opacity } => {
                let mut path = String::new();
                let upper = edges.iter().map(|edge| (edge[0], edge[1]));
                let lower = edges.iter().rev().map(|edge| (edge[0], edge[2]));
                for (index, (x, y)) in upper.chain(lower).enumerate() {
                    let letter = if index == 0 { 'M' } else { 'L' };
                    write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes everything");
                }
                let attributes = [
                    ("d", path + "z"),
                    ("fill", color(fill)),
                    ("fill-opacity", opacity.to_string()),
                    ("clip-path", "url(#plot)".to_owned()),
                ];
                document.append(element("path", &attributes));
            }
            Part::Line(stroke) => {
                for piece in stroke.points.split(|point| point.iter().any(|value| !value.is_finite())) {
                    if piece.is_empty() {
                        continue;
                    }
                    let mut node = polyline(piece, stroke.width, &color(stroke.color), &stroke.opacity.to_string());
                    if !stroke.is_legend {
                        node.assign("clip-path", "url(#plot)");
                    }
                    if let Some([dash, gap]) = png::pattern(stroke.stroke) {
                        node.assign("stroke-dasharray", format!("{dash} {gap}"));
                        node.assign("stroke-linecap", "butt");
                    }
                    document.append(node);
                }
            }
        }
    }
    Ok(document.to_string())
}
