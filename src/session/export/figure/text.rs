//! Text on a figure, in the window's font, which is embedded.

use std::sync::OnceLock;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, register_font};

use super::raster::{Canvas, Rgb};
use crate::session::export::ExportError;

const FAMILY: &str = "flatscape";

/// One line of text.
#[derive(Debug, Clone)]
pub struct Label {
    /// What it says.
    pub text: String,
    /// The anchor in pixels.
    pub at: (i32, i32),
    /// Height in pixels.
    pub size: f64,
    /// Colour.
    pub color: Rgb,
    /// Which side of the text the anchor is on.
    pub align: Align,
}

/// Where a label's anchor lies. All are centred vertically on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// The text starts at the anchor.
    Left,
    /// The text is centred on the anchor.
    Center,
    /// The text ends at the anchor.
    Right,
    /// The text is centred on the anchor and reads upwards.
    Upwards,
}

/// Draws labels.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read or drawn.
pub fn draw(canvas: &mut Canvas, labels: &[Label]) -> Result<(), ExportError> {
    register()?;
    let size = (canvas.width as u32, canvas.height as u32);
    let root = BitMapBackend::with_buffer(&mut canvas.rgb, size).into_drawing_area();
    for label in labels {
        let horizontal = match label.align {
            Align::Left => HPos::Left,
            Align::Center | Align::Upwards => HPos::Center,
            Align::Right => HPos::Right,
        };
        let mut font = (FAMILY, label.size).into_font();
        if label.align == Align::Upwards {
            font = font.transform(FontTransform::Rotate270);
        }
        let [r, g, b] = label.color;
        let color = RGBColor(r, g, b);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(horizontal, VPos::Center));
        root.draw(&Text::new(label.text.as_str(), label.at, style)).map_err(failed)?;
    }
    root.present().map_err(failed)
}

/// Width of a text in pixels.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read.
pub fn width(text: &str, size: f64) -> Result<u32, ExportError> {
    register()?;
    let (width, _) = (FAMILY, size).into_font().box_size(text).map_err(failed)?;
    Ok(width)
}

/// Breaks a text into lines of at most `max_width` pixels, between words.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read.
pub fn wrap(text: &str, size: f64, max_width: u32) -> Result<Vec<String>, ExportError> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if !line.is_empty() && width(&longer, size)? > max_width {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    lines.push(line);
    Ok(lines)
}

fn register() -> Result<(), ExportError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done =
        *DONE.get_or_init(|| register_font(FAMILY, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT).is_ok());
    if done { Ok(()) } else { Err(ExportError::Figure("the embedded font cannot be read".to_owned())) }
}

fn failed(err: impl std::fmt::Display) -> ExportError {
    ExportError::Figure(err.to_string())
}
