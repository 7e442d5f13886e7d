//! A picture of slices: laid out, then drawn.

use svg::node::Node as _;
use svg::node::element::Element;

use super::axes::{axes, bar_row, bar_ticks};
use super::caption;
use super::field::Field;
use super::isolines;
use super::layout::Layout;
use super::overlay::{Overlay, WHITE};
use super::scale::LogScale;
use crate::export::figure::drawing::{
    Area, Drawing, Label, clip, color, element, image, labels, polyline, rectangle, with_text,
};
use crate::export::figure::ink::{FRAME, PAPER};
use crate::export::{ExportError, SOFTWARE, SliceFigure, picture_png};

/// The two greys of cells without a number.
const HATCH: [[u8; 3]; 2] = [[205, 205, 205], [170, 170, 170]];

/// A picture before it is drawn.
pub struct Sheet<'a> {
    title: &'a str,
    figures: &'a [SliceFigure],
    scale: LogScale,
    layout: Layout,
    caption: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// Lays out a picture; `origin` stands before the name of the program. `None` where no cell is finite.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when a slice is not a grid, or the caption cannot be measured.
    pub fn new(
        title: &'a str,
        figures: &'a [SliceFigure],
        limits: Option<[f64; 2]>,
        origin: &str,
    ) -> Result<Option<Self>, ExportError> {
        figures.iter().try_for_each(SliceFigure::check)?;
        let losses = figures.iter().flat_map(|figure| figure.grid.loss.iter().copied());
        if !losses.clone().any(f64::is_finite) {
            return Ok(None);
        }
        let scale = match limits {
            Some(limits) => LogScale::new(limits.into_iter()),
            None => LogScale::new(losses),
        };
        let Some(scale) = scale else { return Ok(None) };
        let caption = caption::sentences(figures, &scale, origin);
        let layout = Layout::new(figures.len(), &caption)?;
        Ok(Some(Self { title, figures, scale, layout, caption }))
    }

    /// The picture as an SVG: the metadata of all slices as JSON in `<metadata>`, the caption in `<desc>`.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when drawing fails.
    pub fn svg(&self) -> Result<String, ExportError> {
        Ok(self.drawing()?.svg())
    }

    /// The picture as a PNG: title, caption, metadata and `more` in its text chunks.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when drawing fails.
    pub fn png(&self, more: &[(&'static str, String)]) -> Result<Vec<u8>, ExportError> {
        let mut provenance = vec![
            ("Title", self.title.to_owned()),
            ("Software", SOFTWARE.to_owned()),
            ("Description", self.caption.join("\n")),
            ("Slice", self.metadata()),
        ];
        provenance.extend_from_slice(more);
        picture_png(&self.drawing()?.picture()?, &provenance)
    }

    /// The caption, a few sentences.
    pub fn caption(&self) -> &[String] {
        &self.caption
    }

    /// The scale of all panels.
    pub const fn scale(&self) -> &LogScale {
        &self.scale
    }

    fn metadata(&self) -> String {
        self.figures.iter().map(SliceFigure::metadata).collect::<serde_json::Value>().to_string()
    }

    /// The picture, drawn.
    pub(super) fn drawing(&self) -> Result<Drawing, ExportError> {
        let size = [self.layout.width, self.layout.height];
        let mut drawing = Drawing::on_paper(size, PAPER, self.title, &self.caption.join("\n"));
        drawing.add(with_text("metadata", &self.metadata()));
        drawing.add(self.definitions());
        let mut words = self.layout.caption_labels();
        words.push(self.layout.title_label(self.title));
        for (index, figure) in self.figures.iter().enumerate() {
            words.extend(self.layout.panel_labels(index, figure)?);
            let area = self.layout.panel(index);
            drawing.add(self.panel(index, figure)?);
            framed(&mut drawing, area, axes(area, &figure.grid), &mut words);
        }
        let bar = self.layout.color_bar();
        drawing.add(self.color_bar(bar)?);
        framed(&mut drawing, bar, bar_ticks(bar, &self.scale), &mut words);
        labels(&words)?.into_iter().for_each(|node| drawing.add(node));
        Ok(drawing)
    }

    /// What cuts the panels, and the hatch of masked cells.
    fn definitions(&self) -> Element {
        let mut definitions = Element::new("defs");
        for index in 0..self.figures.len() {
            definitions.append(clip(&format!("panel{index}"), self.layout.panel(index)));
        }
        let size = [("width", "8"), ("height", "8"), ("patternUnits", "userSpaceOnUse"), ("id", "hatch")];
        let mut hatch = element("pattern", &size.map(|(key, value)| (key, value.to_owned())));
        hatch.append(rectangle(Area { left: 0, top: 0, width: 8, height: 8 }, HATCH[0]));
        let line = [
            ("d", "M-2 2L2 -2M0 8L8 0M6 10L10 6".to_owned()),
            ("stroke", color(HATCH[1])),
            ("stroke-width", "2.5".to_owned()),
        ];
        hatch.append(element("path", &line));
        definitions.append(hatch);
        definitions
    }

    /// The inside of a panel: hatch, colours, iso-lines, and what stands over them.
    fn panel(&self, index: usize, figure: &SliceFigure) -> Result<Element, ExportError> {
        let area = self.layout.panel(index);
        let field = Field::new(&self.scale, &figure.grid);
        let mut group = element("g", &[("clip-path", format!("url(#panel{index})"))]);
        if figure.grid.masked() > 0 {
            let mut hatch = rectangle(area, HATCH[0]);
            hatch.assign("fill", "url(#hatch)");
            group.append(hatch);
        }
        group.append(image(area, field.paint(area.width, area.height))?);
        isolines::draw(&mut group, area, &field);
        Overlay::new(area, figure, &self.scale).draw(&mut group, area)?;
        Ok(group)
    }

    fn color_bar(&self, bar: Area) -> Result<Element, ExportError> {
        let shares = (0..bar.height).map(|row| 1.0 - (row as f64 + 0.5) / bar.height as f64);
        let rows = shares.map(|share| self.scale.color(self.scale.at_share(share)));
        let mut group = Element::new("g");
        group.append(image(bar, rows.flat_map(|[r, g, b]| [r, g, b, 255].repeat(bar.width)).collect())?);
        for &log in self.scale.levels() {
            let (y, left) = (bar_row(bar, &self.scale, log).round() + 0.5, bar.left as f64);
            let mut line = polyline(&[[left, y], [left + bar.width as f64, y]], 1.0, WHITE, 0.6);
            line.assign("stroke-linecap", "butt");
            group.append(line);
        }
        Ok(group)
    }
}

/// Draws a frame around an area, and its ticks; their words are set with all others.
fn framed(drawing: &mut Drawing, area: Area, (ticks, words): (Vec<Area>, Vec<Label>), all_words: &mut Vec<Label>) {
    let Area { left, top, width, height } = area;
    let across = |top: usize| Area { left: left - 1, top, width: width + 2, height: 1 };
    let down = |left: usize| Area { left, top: top - 1, width: 1, height: height + 2 };
    let sides = [across(top - 1), across(top + height), down(left - 1), down(left + width)];
    sides.into_iter().chain(ticks).for_each(|line| drawing.add(rectangle(line, FRAME)));
    all_words.extend(words);
}
