//! A figure as one drawing: an SVG, and the pixels that `resvg` makes of that SVG.

mod fonts;
mod shapes;
mod text;

pub use fonts::{INK, has_system_fonts, is_in_a_font};
pub use shapes::{Area, Point, Rgb, circle, clip, color, element, href, image, pieces, polyline, rectangle, with_text};
pub use text::{Align, Label, edged, labels, width, wrap};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;
use svg::Document;
use svg::node::Node as _;
use svg::node::element::Element;

use crate::export::{ExportError, Picture};

/// What readers show the text of an SVG in; its pixels have the embedded font in any case.
const FAMILIES: &str = "Ubuntu, Helvetica, Arial, 'DejaVu Sans', sans-serif";

/// A figure on its way to a file.
pub struct Drawing {
    document: Document,
}

impl Drawing {
    /// An empty sheet; title and description are for readers, and are not drawn.
    #[must_use]
    pub fn new([width, height]: [f64; 2], title: &str, description: &str) -> Self {
        let document = Document::new()
            .set("width", width)
            .set("height", height)
            .set("viewBox", (0, 0, width, height))
            .set("font-family", FAMILIES);
        let mut drawing = Self { document };
        drawing.add(with_text("title", title));
        drawing.add(with_text("desc", description));
        drawing
    }

    /// A sheet of paper of a colour.
    #[must_use]
    pub fn on_paper([width, height]: [usize; 2], paper: Rgb, title: &str, description: &str) -> Self {
        let mut drawing = Self::new([width, height].map(|side| side as f64), title, description);
        drawing.add(rectangle(Area { left: 0, top: 0, width, height }, paper));
        drawing
    }

    /// Adds a node over all others.
    pub fn add(&mut self, node: Element) {
        self.document.append(node);
    }

    /// Gives it a size on paper, in mm; what is drawn keeps its units.
    pub fn print_in_mm(&mut self, [width, height]: [f64; 2]) {
        self.document.assign("width", format!("{width:.2}mm"));
        self.document.assign("height", format!("{height:.2}mm"));
    }

    /// The text of the SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        self.document.to_string()
    }

    /// Its pixels.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when drawing fails.
    pub fn picture(&self) -> Result<Picture, ExportError> {
        let tree = parse(&self.svg())?;
        let size = tree.size().to_int_size();
        let Some(mut pixels) = Pixmap::new(size.width(), size.height()) else {
            return Err(ExportError::Figure("the figure has no size".to_owned()));
        };
        resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
        Ok(Picture { width: size.width(), height: size.height(), rgba: pixels.take_demultiplied() })
    }
}

/// Reads an SVG and lays out its text.
fn parse(svg: &str) -> Result<Tree, ExportError> {
    Tree::from_str(svg, &fonts::options()).map_err(|err| ExportError::Figure(err.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_within_a_drawing_keep_their_pixels() {
        let mut drawing = Drawing::on_paper([40, 30], [255; 3], "", "");
        let area = Area { left: 7, top: 5, width: 16, height: 9 };
        let rgba: Vec<u8> =
            (0..16 * 9_u32).flat_map(|i| [(i * 37 % 256) as u8, (i * 101 % 256) as u8, 9, 255]).collect();
        drawing.add(image(area, rgba.clone()).unwrap());
        let picture = drawing.picture().unwrap();
        assert_eq!(picture.cropped([7, 5], [16, 9]).rgba, rgba);
        assert_eq!(picture.rgba[..4], [255; 4]);
    }

    fn written(text: &str) -> Drawing {
        let mut drawing = Drawing::on_paper([200, 40], [255; 3], "", "");
        let label = Label { text: text.to_owned(), at: (4, 20), size: 16.0, color: [0; 3], align: Align::Left };
        labels(&[label]).unwrap().into_iter().for_each(|node| drawing.add(node));
        drawing
    }

    #[test]
    fn letters_of_other_scripts_make_pictures_too() {
        assert!(written("損失 Verlust потери").picture().unwrap().rgba.iter().any(|value| *value < 99));
    }

    #[test]
    fn names_that_differ_are_told_apart_whatever_fonts_there_are() {
        let names = ["猫", "犬", "毛", "模型", "قطة", "كلب", "חתול", "बिल्ली", "🐱", "🐶", "\u{10ffff}", "\u{10fffe}"];
        let pictures: std::collections::BTreeSet<Vec<u8>> =
            names.iter().map(|name| written(name).picture().unwrap().rgba).collect();
        assert_eq!(pictures.len(), names.len());
        assert!(names.iter().all(|name| written(name).svg().contains(name)), "the file keeps them");
        // No font has this one: its code point stands for it.
        let svg = written("run \u{10ffff}").svg();
        assert!(svg.contains("run [10FFFF]") && svg.contains("aria-label=\"run \u{10ffff}\""), "{svg}");
        assert!(!written("run σ").svg().contains("aria-label"));
    }
}
