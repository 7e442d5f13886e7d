//! Pictures of the window as files: PNG with its provenance.

use super::ExportError;

/// Pixels with their opacity, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green, blue and opacity of each pixel, not premultiplied.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// The part from `left`, `top`, clamped to the picture.
    #[must_use]
    pub fn cropped(&self, [left, top]: [u32; 2], [width, height]: [u32; 2]) -> Self {
        let (left, top) = (left.min(self.width), top.min(self.height));
        let (width, height) = (width.min(self.width - left), height.min(self.height - top));
        let rows = (top..top + height).map(|row| {
            let start = 4 * (row as usize * self.width as usize + left as usize);
            &self.rgba[start..start + 4 * width as usize]
        });
        Self { width, height, rgba: rows.flatten().copied().collect() }
    }
}

/// What a file says of itself: keyword and text.
pub type Provenance = [(&'static str, String)];

/// A PNG with its provenance in text chunks.
///
/// # Errors
/// [`ExportError::Figure`] when the picture has no pixels or not as many as it says.
pub fn picture_png(picture: &Picture, provenance: &Provenance) -> Result<Vec<u8>, ExportError> {
    printed_png(picture, provenance, None)
}

/// The same for a place on paper, with so many pixels a metre.
///
/// # Errors
/// See [`picture_png`].
pub fn printed_png(
    picture: &Picture,
    provenance: &Provenance,
    dots_per_metre: Option<u32>,
) -> Result<Vec<u8>, ExportError> {
    let mut info = png::Info::with_size(picture.width, picture.height);
    info.color_type = png::ColorType::Rgba;
    let density = |dots| png::PixelDimensions { xppu: dots, yppu: dots, unit: png::Unit::Meter };
    info.pixel_dims = dots_per_metre.map(density);
    encode(info, &picture.rgba, provenance)
}

pub(super) fn encode_png(
    [width, height]: [u32; 2],
    color_type: png::ColorType,
    pixels: &[u8],
    provenance: &Provenance,
) -> Result<Vec<u8>, ExportError> {
    let mut info = png::Info::with_size(width, height);
    info.color_type = color_type;
    encode(info, pixels, provenance)
}

fn encode(mut info: png::Info<'_>, pixels: &[u8], provenance: &Provenance) -> Result<Vec<u8>, ExportError> {
    let failed = |err: png::EncodingError| ExportError::Figure(err.to_string());
    info.bit_depth = png::BitDepth::Eight;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(failed)?;
    add_texts(&mut encoder, provenance).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn add_texts<W: std::io::Write>(
    encoder: &mut png::Encoder<'_, W>,
    provenance: &Provenance,
) -> Result<(), png::EncodingError> {
    for (keyword, text) in provenance {
        // The plain chunk holds Latin-1 only.
        if text.is_ascii() {
            encoder.add_text_chunk((*keyword).to_owned(), text.clone())?;
        } else {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn frame(shade: u8) -> Picture {
        Picture { width: 3, height: 2, rgba: [shade, 0, 255 - shade, 255].repeat(6) }
    }

    #[test]
    fn a_picture_comes_back_with_its_provenance() {
        let bytes = picture_png(&frame(9), &[("Title", "σ 0.1".to_owned()), ("Software", "x".to_owned())]).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, frame(9).rgba);
        assert_eq!(reader.info().utf8_text[0].get_text().unwrap(), "σ 0.1");
        assert_eq!(reader.info().uncompressed_latin1_text[0].text, "x");
    }

    #[test]
    fn a_picture_for_paper_says_its_pixels_a_metre() {
        let density = |dots| {
            let bytes = printed_png(&frame(9), &[], dots).unwrap();
            let reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
            reader.info().pixel_dims.map(|found| (found.xppu, found.yppu))
        };
        assert_eq!((density(None), density(Some(23_622))), (None, Some((23_622, 23_622))));
    }

    #[test]
    fn a_part_of_a_picture() {
        let picture = Picture { width: 2, height: 2, rgba: (0..16).collect() };
        assert_eq!(picture.cropped([1, 0], [5, 1]), Picture { width: 1, height: 1, rgba: vec![4, 5, 6, 7] });
        assert!(picture.cropped([9, 9], [1, 1]).rgba.is_empty());
    }
}
