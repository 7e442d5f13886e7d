//! Pictures of the window as files: PNG with its provenance, and animations.

use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

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
    encode_png([picture.width, picture.height], png::ColorType::Rgba, &picture.rgba, provenance)
}

pub(super) fn encode_png(
    [width, height]: [u32; 2],
    color_type: png::ColorType,
    pixels: &[u8],
    provenance: &Provenance,
) -> Result<Vec<u8>, ExportError> {
    let failed = |err: png::EncodingError| ExportError::Figure(err.to_string());
    let mut info = png::Info::with_size(width, height);
    info.color_type = color_type;
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

/// The kinds of animated pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Animation {
    /// 256 colours a frame; shown everywhere.
    #[default]
    Gif,
    /// All colours, larger files.
    Apng,
}

impl Animation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Gif, Self::Apng];

    /// Ending of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "png",
        }
    }
}

/// An animation that repeats without end. `progress` hears how many frames are done and says whether to go on.
///
/// # Errors
/// [`ExportError::Figure`] when there is no frame, frames differ in size, or `progress` said to stop.
pub fn animate(
    frames: &[Picture],
    frames_per_second: u32,
    animation: Animation,
    provenance: &Provenance,
    mut progress: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, ExportError> {
    let first = frames.first().ok_or_else(|| ExportError::Figure("nothing was recorded".to_owned()))?;
    if frames.iter().any(|frame| (frame.width, frame.height) != (first.width, first.height)) {
        return Err(ExportError::Figure("the window changed its size while it was recorded".to_owned()));
    }
    match animation {
        Animation::Gif => gif(frames, frames_per_second, &mut progress),
        Animation::Apng => apng(frames, frames_per_second, provenance, &mut progress),
    }
}

fn stopped() -> ExportError {
    ExportError::Figure("the recording was given up".to_owned())
}

fn gif(frames: &[Picture], rate: u32, progress: &mut dyn FnMut(usize) -> bool) -> Result<Vec<u8>, ExportError> {
    let failed = |err: image::ImageError| ExportError::Figure(err.to_string());
    let mut bytes = Cursor::new(Vec::new());
    // 10 of 30: colours are chosen well enough and a frame takes a moment.
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
    encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
    for (index, frame) in frames.iter().enumerate() {
        let pixels = RgbaImage::from_raw(frame.width, frame.height, frame.rgba.clone())
            .ok_or_else(|| ExportError::Figure("a frame has not as many pixels as it says".to_owned()))?;
        let delay = Delay::from_numer_denom_ms(1000, rate.max(1));
        encoder.encode_frame(Frame::from_parts(pixels, 0, 0, delay)).map_err(failed)?;
        if !progress(index + 1) {
            return Err(stopped());
        }
    }
    drop(encoder);
    Ok(bytes.into_inner())
}

fn apng(
    frames: &[Picture],
    rate: u32,
    provenance: &Provenance,
    progress: &mut dyn FnMut(usize) -> bool,
) -> Result<Vec<u8>, ExportError> {
    let failed = |err: png::EncodingError| ExportError::Figure(err.to_string());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frames[0].width, frames[0].height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(frames.len() as u32, 0).map_err(failed)?;
    encoder.set_frame_delay(1, u16::try_from(rate).unwrap_or(10).max(1)).map_err(failed)?;
    add_texts(&mut encoder, provenance).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    for (index, frame) in frames.iter().enumerate() {
        writer.write_image_data(&frame.rgba).map_err(failed)?;
        if !progress(index + 1) {
            return Err(stopped());
        }
    }
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::AnimationDecoder as _;

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
    fn animations_have_all_their_frames() {
        let frames = [frame(0), frame(120), frame(240)];
        let mut seen = Vec::new();
        let bytes = animate(&frames, 8, Animation::Gif, &[], |done| {
            seen.push(done);
            true
        })
        .unwrap();
        assert_eq!(seen, [1, 2, 3]);
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(&bytes)).unwrap();
        let back = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(back.len(), 3);
        assert_eq!(back[1].buffer().as_raw(), &frames[1].rgba);
        let bytes = animate(&frames, 8, Animation::Apng, &[], |_| true).unwrap();
        let reader = png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 3);
    }

    #[test]
    fn what_cannot_be_animated_says_why() {
        let words = |result: Result<Vec<u8>, ExportError>| result.unwrap_err().to_string();
        assert!(words(animate(&[], 8, Animation::Gif, &[], |_| true)).contains("nothing was recorded"));
        let other = Picture { width: 2, height: 2, rgba: vec![0; 16] };
        assert!(words(animate(&[frame(0), other], 8, Animation::Gif, &[], |_| true)).contains("size"));
        assert!(words(animate(&[frame(0)], 8, Animation::Apng, &[], |_| false)).contains("given up"));
    }

    #[test]
    fn a_part_of_a_picture() {
        let picture = Picture { width: 2, height: 2, rgba: (0..16).collect() };
        assert_eq!(picture.cropped([1, 0], [5, 1]), Picture { width: 1, height: 1, rgba: vec![4, 5, 6, 7] });
        assert!(picture.cropped([9, 9], [1, 1]).rgba.is_empty());
    }
}
