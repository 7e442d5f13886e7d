//! Text on a figure, in the window's font, which is embedded.

use ab_glyph::{Font as _, FontRef, GlyphId, PxScale, ScaleFont as _, point};

use super::raster::{Canvas, Rgb};
use crate::export::ExportError;

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
/// [`ExportError::Figure`] when the font cannot be read.
pub fn draw(canvas: &mut Canvas, labels: &[Label]) -> Result<(), ExportError> {
    let fonts = fonts()?;
    for label in labels {
        draw_one(canvas, &fonts, label);
    }
    Ok(())
}

fn draw_one(canvas: &mut Canvas, fonts: &Fonts, label: &Label) {
    let scale = PxScale::from(label.size as f32);
    let (glyphs, length) = place(fonts, &label.text, scale);
    let shift = match label.align {
        Align::Left => 0.0,
        Align::Center | Align::Upwards => -length / 2.0,
        Align::Right => -length,
    };
    // Half the height of a capital below the anchor: letters and digits are centred on it by eye.
    let baseline = label.size as f32 * 0.35;
    let (x, y) = (label.at.0 as f32, label.at.1 as f32);
    for Placed { font, id, offset } in glyphs {
        // Whole pixels down, fractions along the line: lines stay sharp and spacing even.
        let at = point(shift + offset, baseline.round());
        let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, at)) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|column, row, coverage| {
            let (along, down) = (corner.x + column as f32, corner.y + row as f32);
            let (px, py) =
                if label.align == Align::Upwards { (x + down, y - along - 1.0) } else { (x + along, y + down) };
            if px >= 0.0 && py >= 0.0 {
                // The font is a light one: a little more ink keeps small text readable.
                canvas.blend(px as usize, py as usize, label.color, f64::from(coverage).powf(0.75));
            }
        });
    }
}

/// The font, and another for the letters that it lacks, such as ‖.
type Fonts = [FontRef<'static>; 2];

/// A glyph with its distance along the line.
struct Placed<'a> {
    font: &'a FontRef<'static>,
    id: GlyphId,
    offset: f32,
}

/// Each glyph of a line, and the length of the line.
fn place<'a>(fonts: &'a Fonts, text: &str, scale: PxScale) -> (Vec<Placed<'a>>, f32) {
    let mut glyphs: Vec<Placed> = Vec::new();
    let mut length = 0.0;
    for letter in text.chars() {
        let has_letter = |font: &&FontRef| font.glyph_id(letter).0 != 0;
        let font = fonts.iter().find(has_letter).unwrap_or(&fonts[0]);
        let (scaled, id) = (font.as_scaled(scale), font.glyph_id(letter));
        if let Some(before) = glyphs.last()
            && std::ptr::eq(before.font, font)
        {
            length += scaled.kern(before.id, id);
        }
        glyphs.push(Placed { font, id, offset: length });
        length += scaled.h_advance(id);
    }
    (glyphs, length)
}

/// Width of a text in pixels.
///
/// # Errors
/// [`ExportError::Figure`] when the font cannot be read.
pub fn width(text: &str, size: f64) -> Result<u32, ExportError> {
    let fonts = fonts()?;
    let (_, length) = place(&fonts, text, PxScale::from(size as f32));
    Ok(length.ceil() as u32)
}

fn fonts() -> Result<Fonts, ExportError> {
    let read = |bytes: &'static [u8]| {
        FontRef::try_from_slice(bytes)
            .map_err(|err| ExportError::Figure(format!("an embedded font cannot be read: {err}")))
    };
    Ok([read(epaint_default_fonts::UBUNTU_LIGHT)?, read(epaint_default_fonts::HACK_REGULAR)?])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_captions_has_a_glyph() {
        let fonts = fonts().unwrap();
        for letter in "aZ09 ‖wσρλ∇²√±−×°·…ε∞π".chars() {
            assert!(fonts.iter().any(|font| font.glyph_id(letter).0 != 0), "{letter} has no glyph");
        }
    }

    #[test]
    fn lines_are_broken_between_words_within_the_width() {
        let text = "one two three four five six seven eight nine ten";
        let lines = wrap(text, 17.0, 120).unwrap();
        assert!(lines.len() > 2 && lines.join(" ") == text, "{lines:?}");
        assert!(lines.iter().all(|line| width(line, 17.0).unwrap() <= 120));
    }
}
