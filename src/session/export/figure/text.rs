//! Text on a figure, in the window's font, which is embedded.

use std::sync::OnceLock;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, register_font};

use super::raster::{Canvas, Rgb};
use crate::session::export::ExportError;

const FAMILY: &str = "flatscape";
/// How many times larger than the figure text is drawn before it is averaged.
const OVERSAMPLE: usize = 4;

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
    for label in labels {
        let (width, height, coverage) = rasterize(label)?;
        let (x, y) = (label.at.0 as isize, label.at.1 as isize);
        let left = match label.align {
            Align::Left => x,
            Align::Center | Align::Upwards => x - width as isize / 2,
            Align::Right => x - width as isize,
        };
        let top = y - height as isize / 2;
        for (index, &alpha) in coverage.iter().enumerate() {
            let (column, row) = (index % width, index / width);
            if let (Some(x), Some(y)) = (column.checked_add_signed(left), row.checked_add_signed(top)) {
                canvas.blend(x, y, label.color, alpha);
            }
        }
    }
    Ok(())
}

/// Width, height and coverage, 0 to 1, of a label's pixels.
///
/// plotters puts every glyph on a whole pixel, which makes small text uneven: it is drawn larger and averaged.
fn rasterize(label: &Label) -> Result<(usize, usize, Vec<f64>), ExportError> {
    let font = (FAMILY, label.size * OVERSAMPLE as f64).into_font();
    let (text_width, text_height) = font.box_size(&label.text).map_err(failed)?;
    let upwards = label.align == Align::Upwards;
    let (across, down) = if upwards { (text_height, text_width) } else { (text_width, text_height) };
    let cells = |length: u32| (length as usize).div_ceil(OVERSAMPLE).max(1);
    let (width, height) = (cells(across), cells(down) + 4);
    let (fine_width, fine_height) = (width * OVERSAMPLE, height * OVERSAMPLE);
    let mut fine = vec![0; 3 * fine_width * fine_height];
    {
        let font = if upwards { font.transform(FontTransform::Rotate270) } else { font };
        let style = TextStyle::from(font).color(&WHITE).pos(Pos::new(HPos::Center, VPos::Center));
        let root = BitMapBackend::with_buffer(&mut fine, (fine_width as u32, fine_height as u32)).into_drawing_area();
        let center = (fine_width as i32 / 2, fine_height as i32 / 2);
        root.draw(&Text::new(label.text.as_str(), center, style)).map_err(failed)?;
        root.present().map_err(failed)?;
    }
    let mut coverage = vec![0.0; width * height];
    for (index, pixel) in fine.chunks_exact(3).enumerate() {
        let (x, y) = (index % fine_width / OVERSAMPLE, index / fine_width / OVERSAMPLE);
        coverage[y * width + x] += f64::from(pixel[0]) / 255.0 / (OVERSAMPLE * OVERSAMPLE) as f64;
    }
    // The font is a light one: a little more ink keeps small text readable.
    Ok((width, height, coverage.into_iter().map(|share| share.powf(0.75)).collect()))
}

/// Width of a text in pixels.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read.
pub fn width(text: &str, size: f64) -> Result<u32, ExportError> {
    register()?;
    let (width, _) = (FAMILY, size * OVERSAMPLE as f64).into_font().box_size(text).map_err(failed)?;
    Ok(width / OVERSAMPLE as u32)
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
