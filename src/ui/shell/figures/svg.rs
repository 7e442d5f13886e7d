//! What egui drew, as SVG: text as text, lines as lines. Pictures (landscapes, gradients) are embedded as PNG.

use std::collections::HashMap;
use std::fmt::Write as _;

use egui::epaint::{ClippedShape, ColorMode, PathStroke, TextShape};
use egui::text::ByteIndex;
use egui::{Color32, Pos2, Rect, Shape, Vec2};
use svg::node::Node as _;
use svg::node::element::Element;

use crate::export::Picture;
use crate::export::drawing::{Drawing, element, href, is_in_a_font, with_text};
use crate::letters::is_shown;

/// Families that readers have where the window's own font is missing.
const MONO: &str = "Hack, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/// Whether a shape can only be shown as pixels.
#[must_use]
pub fn is_pixels(shape: &Shape) -> bool {
    match shape {
        Shape::Callback(_) | Shape::Mesh(_) => true,
        Shape::Vec(shapes) => shapes.iter().any(is_pixels),
        Shape::Rect(rect) => rect.brush.is_some(),
        Shape::Text(text) => needs_own_fonts(text),
        _ => false,
    }
}

/// Whether there is an icon among the letters, or one that no font here has: those are drawn by the window alone.
fn needs_own_fonts(text: &TextShape) -> bool {
    text.galley.text().chars().any(|letter| is_icon(letter) || (is_shown(letter) && !is_in_a_font(letter)))
}

/// Icons have code points for private use.
const fn is_icon(letter: char) -> bool {
    matches!(letter, '\u{e000}'..='\u{f8ff}')
}

/// Shapes of one sheet as an SVG of `size` points. `pixels` shows those shapes alone that [`is_pixels`] holds for.
pub struct Writer<'a> {
    size: Vec2,
    width_mm: Option<f32>,
    pixels: Option<&'a Picture>,
    clips: HashMap<[i32; 4], usize>,
    definitions: Element,
    body: Element,
}

impl<'a> Writer<'a> {
    /// An empty sheet.
    #[must_use]
    pub fn new(size: Vec2, pixels: Option<&'a Picture>) -> Self {
        let (definitions, body) = (Element::new("defs"), Element::new("g"));
        Self { size, width_mm: None, pixels, clips: HashMap::new(), definitions, body }
    }

    /// The same with a width on paper, in mm.
    #[must_use]
    pub fn in_mm(self, width_mm: Option<f32>) -> Self {
        Self { width_mm, ..self }
    }

    /// The text of the file.
    #[must_use]
    pub fn finish(mut self, shapes: &[ClippedShape], title: &str, description: &str) -> String {
        for clipped in shapes {
            if !clipped.clip_rect.is_positive() {
                continue;
            }
            let clip = self.clip(clipped.clip_rect);
            let mut group = element("g", &[("clip-path", format!("url(#c{clip})"))]);
            self.shape(&mut group, &clipped.shape, clipped.clip_rect);
            if !group.get_children().is_empty() {
                self.body.append(group);
            }
        }
        let mut drawing = Drawing::new([self.size.x, self.size.y].map(f64::from), title, description);
        if let Some(width) = self.width_mm {
            drawing.print_in_mm([width, width * self.size.y / self.size.x.max(1.0)].map(f64::from));
        }
        drawing.add(self.definitions);
        drawing.add(self.body);
        drawing.svg()
    }

    fn clip(&mut self, rect: Rect) -> usize {
        let rect = rect.intersect(Rect::from_min_size(Pos2::ZERO, self.size));
        let key = [rect.left(), rect.top(), rect.right(), rect.bottom()].map(|side| (side * 10.0).round() as i32);
        let next = self.clips.len();
        *self.clips.entry(key).or_insert_with(|| {
            let mut clip = element("clipPath", &[("id", format!("c{next}"))]);
            clip.append(element("rect", &place(rect)));
            self.definitions.append(clip);
            next
        })
    }

    fn shape(&self, group: &mut Element, shape: &Shape, clip: Rect) {
        match shape {
            Shape::Noop => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(group, shape, clip)),
            Shape::Callback(callback) => self.picture(group, callback.rect.intersect(clip), ""),
            Shape::Mesh(mesh) => self.picture(group, mesh.calc_bounds().intersect(clip), ""),
            Shape::Rect(rect) if rect.brush.is_some() => self.picture(group, rect.rect.intersect(clip), ""),
            Shape::Rect(rect) => {
                let mut attributes = place(rect.rect).to_vec();
                attributes.push(("rx", number(f32::from(rect.corner_radius.nw))));
                let stroke = PathStroke::from(rect.stroke);
                push(group, "rect", attributes, rect.fill, &stroke);
            }
            Shape::Circle(circle) => {
                let ends = [("cx", circle.center.x), ("cy", circle.center.y), ("r", circle.radius)];
                let attributes = ends.map(|(key, value)| (key, number(value))).to_vec();
                push(group, "circle", attributes, circle.fill, &circle.stroke.into());
            }
            Shape::Ellipse(ellipse) => {
                let (center, radius) = (ellipse.center, ellipse.radius);
                let ends = [("cx", center.x), ("cy", center.y), ("rx", radius.x), ("ry", radius.y)];
                let mut attributes = ends.map(|(key, value)| (key, number(value))).to_vec();
                let degrees = ellipse.angle.to_degrees();
                attributes.push(("transform", format!("rotate({degrees} {} {})", center.x, center.y)));
                push(group, "ellipse", attributes, ellipse.fill, &ellipse.stroke.into());
            }
            Shape::LineSegment { points, stroke } => {
                path(group, points, false, Color32::TRANSPARENT, &(*stroke).into());
            }
            Shape::Path(shape) => path(group, &shape.points, shape.closed, shape.fill, &shape.stroke),
            Shape::Band(band) => {
                let lows = band.points.iter().map(|point| Pos2::new(point.x, point.y.min));
                let highs = band.points.iter().rev().map(|point| Pos2::new(point.x, point.y.max));
                let points: Vec<Pos2> = lows.chain(highs).collect();
                path(group, &points, true, band.fill, &band.stroke.into());
            }
            Shape::QuadraticBezier(curve) => {
                path(group, &curve.flatten(Some(0.2)), curve.closed, curve.fill, &curve.stroke);
            }
            Shape::CubicBezier(curve) => {
                path(group, &curve.flatten(Some(0.2)), curve.closed, curve.fill, &curve.stroke);
            }
            Shape::Text(text) if needs_own_fonts(text) => {
                self.picture(group, text.visual_bounding_rect().intersect(clip), text.galley.text());
            }
            Shape::Text(text) => text_rows(group, text),
        }
    }

    /// The part of the pixels that a shape covers, and the words on it.
    fn picture(&self, group: &mut Element, rect: Rect, words: &str) {
        let Some(pixels) = self.pixels else { return };
        let rect = rect.intersect(Rect::from_min_size(Pos2::ZERO, self.size));
        if !rect.is_positive() {
            return;
        }
        let scale = pixels.width as f32 / self.size.x;
        let low = [rect.left(), rect.top()].map(|side| (side * scale).floor().max(0.0) as u32);
        let high = [rect.right(), rect.bottom()].map(|side| (side * scale).ceil().max(0.0) as u32);
        let part = pixels.cropped(low, [high[0].saturating_sub(low[0]), high[1].saturating_sub(low[1])]);
        let Ok(href) = href(&part) else { return };
        let [left, top] = low.map(|side| side as f32 / scale);
        let size = Vec2::new(part.width as f32, part.height as f32) / scale;
        let mut attributes = place(Rect::from_min_size(Pos2::new(left, top), size)).to_vec();
        attributes.push(("href", href));
        let mut image = element("image", &attributes);
        let words: String = words.chars().filter(|letter| !is_icon(*letter)).collect();
        if !words.trim().is_empty() {
            image.append(with_text("title", words.trim()));
        }
        group.append(image);
    }
}

fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn place(rect: Rect) -> [(&'static str, String); 4] {
    [("x", rect.left()), ("y", rect.top()), ("width", rect.width()), ("height", rect.height())]
        .map(|(key, value)| (key, number(value)))
}

/// Colour and opacity of a colour that is multiplied by its opacity.
fn paint(color: Color32) -> (String, f32) {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    (format!("#{r:02x}{g:02x}{b:02x}"), f32::from(a) / 255.0)
}

fn push(group: &mut Element, name: &str, mut attributes: Vec<(&str, String)>, fill: Color32, stroke: &PathStroke) {
    let line = match &stroke.color {
        ColorMode::Solid(color) if stroke.width > 0.0 => *color,
        _ => Color32::TRANSPARENT,
    };
    if fill.a() == 0 && line.a() == 0 {
        return;
    }
    let (fill_color, fill_opacity) = paint(fill);
    let has_fill = fill.a() > 0;
    attributes.push(("fill", if has_fill { fill_color } else { "none".to_owned() }));
    if has_fill && fill_opacity < 1.0 {
        attributes.push(("fill-opacity", number(fill_opacity)));
    }
    if line.a() > 0 {
        let (color, opacity) = paint(line);
        attributes.extend([("stroke", color), ("stroke-width", number(stroke.width))]);
        attributes.push(("stroke-linejoin", "round".to_owned()));
        if opacity < 1.0 {
            attributes.push(("stroke-opacity", number(opacity)));
        }
    }
    group.append(element(name, &attributes));
}

fn path(group: &mut Element, points: &[Pos2], is_closed: bool, fill: Color32, stroke: &PathStroke) {
    let mut data = String::new();
    for point in points.iter().filter(|point| point.x.is_finite() && point.y.is_finite()) {
        let command = if data.is_empty() { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(data, "{command}{} {}", number(point.x), number(point.y));
    }
    if is_closed {
        data.push('Z');
    }
    push(group, "path", vec![("d", data)], fill, stroke);
}

/// A text row by row, each stretched to the width that it has in the window, so that another font keeps the layout.
fn text_rows(group: &mut Element, text: &TextShape) {
    let mut offset = 0;
    for placed in &text.galley.rows {
        let glyphs = &placed.row.glyphs;
        let sections = &text.galley.job.sections;
        let section =
            sections.iter().find(|section| section.byte_range.contains(&ByteIndex(offset))).or(sections.last());
        offset += glyphs.iter().map(|glyph| glyph.chr.len_utf8()).sum::<usize>();
        offset += usize::from(placed.ends_with_newline);
        let visible = |glyph: &&egui::epaint::text::Glyph| !glyph.chr.is_whitespace();
        let ends = (glyphs.iter().find(visible), glyphs.iter().rev().find(visible));
        let (Some(section), (Some(first), Some(last))) = (section, ends) else { continue };
        let own = if section.format.color == Color32::PLACEHOLDER { text.fallback_color } else { section.format.color };
        let (fill, opacity) = paint(text.override_text_color.unwrap_or(own).gamma_multiply(text.opacity_factor));
        let origin = text.pos + placed.pos.to_vec2();
        let font = &section.format.font_id;
        let mut attributes = vec![
            ("x", number(origin.x + first.pos.x)),
            ("y", number(origin.y + first.pos.y)),
            ("textLength", number(last.pos.x + last.advance_width - first.pos.x)),
            ("lengthAdjust", "spacingAndGlyphs".to_owned()),
            ("font-size", number(font.size)),
            ("fill", fill),
        ];
        if opacity < 1.0 {
            attributes.push(("fill-opacity", number(opacity)));
        }
        if font.family == egui::FontFamily::Monospace {
            attributes.push(("font-family", MONO.to_owned()));
        }
        if text.angle != 0.0 {
            let degrees = text.angle.to_degrees();
            attributes.push(("transform", format!("rotate({degrees} {} {})", number(text.pos.x), number(text.pos.y))));
        }
        let mut row = with_text("text", glyphs.iter().map(|glyph| glyph.chr).collect::<String>().trim());
        attributes.into_iter().for_each(|(key, value)| row.assign(key, value));
        group.append(row);
    }
}

/// A rectangle of one colour, for the sheet's ground.
#[must_use]
pub fn ground(size: Vec2, color: Color32) -> ClippedShape {
    let rect = Rect::from_min_size(Pos2::ZERO, size);
    let shape = Shape::rect_filled(rect, 0.0, color);
    ClippedShape::new(rect, shape)
}

#[cfg(test)]
mod tests {
    use egui::Stroke;

    use super::*;

    #[test]
    fn shapes_become_their_like() {
        let rect = Rect::from_min_size(Pos2::new(10.0, 20.0), Vec2::new(30.0, 40.0));
        let stroke = Stroke::new(2.0, Color32::RED);
        let shapes = vec![
            Shape::rect_filled(rect, 3.0, Color32::from_black_alpha(128)),
            Shape::line_segment([Pos2::ZERO, Pos2::new(5.0, 6.5)], stroke),
            Shape::circle_filled(Pos2::new(7.0, 8.0), 4.0, Color32::WHITE),
            Shape::line(vec![Pos2::ZERO, Pos2::new(f32::NAN, 1.0), Pos2::new(2.0, 2.0)], stroke),
        ];
        let clipped = [ClippedShape::new(Rect::EVERYTHING, Shape::Vec(shapes))];
        let text = Writer::new(Vec2::new(100.0, 50.0), None).finish(&clipped, "A <title>", "step 3");
        for part in [
            "<rect fill=\"#000000\" fill-opacity=\"0.5\" height=\"40\" rx=\"3\" width=\"30\" x=\"10\" y=\"20\"/>",
            "d=\"M0 0L5 6.5\"",
            "<circle cx=\"7\" cy=\"8\" fill=\"#ffffff\" r=\"4\"/>",
            "d=\"M0 0L2 2\"",
            "stroke=\"#ff0000\"",
            "A &lt;title&gt;",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_drawing_for_paper_has_its_width_in_mm() {
        let text = Writer::new(Vec2::new(357.0, 178.5), None).in_mm(Some(84.0)).finish(&[], "", "");
        for part in ["width=\"84.00mm\"", "height=\"42.00mm\"", "viewBox=\"0 0 357 178.5\""] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn pictures_are_embedded_where_they_stand() {
        let pixels = Picture { width: 20, height: 10, rgba: vec![200; 800] };
        let mut mesh = egui::Mesh::default();
        mesh.add_colored_rect(Rect::from_min_size(Pos2::new(2.0, 1.0), Vec2::new(4.0, 2.0)), Color32::RED);
        let shape = Shape::mesh(mesh);
        assert!(is_pixels(&shape));
        let clipped = [ClippedShape::new(Rect::EVERYTHING, shape)];
        let text = Writer::new(Vec2::new(10.0, 5.0), Some(&pixels)).finish(&clipped, "", "");
        assert!(text.contains("<image height=\"2\" href=\"data:image/png;base64,"), "{text}");
        assert!(text.contains("width=\"4\" x=\"2\" y=\"1\""), "{text}");
    }
}
