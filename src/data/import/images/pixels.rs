//! From an image's bytes to numbers, as Pillow and torchvision do it: a value is divided by the greatest that it may have;
//! transparency is dropped; grey is L = (19595 R + 38470 G + 7471 B + 32768) >> 16, Rec. 601 in whole numbers.

use std::io::{BufReader, Cursor};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::super::Problem;
use crate::config::Real;
use crate::data::arrays::one_line;

/// What a decoder may take beside the pixels, such as for a colour profile.
const MOST_BESIDE: u64 = 64 << 20;
/// Pixels that any file may have, so that small ones need no proof.
const SMALL: u64 = 1 << 20;

/// An image whose header is read.
pub(super) struct Picture<'a> {
    decoder: Box<dyn ImageDecoder + 'a>,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) has_colour: bool,
}

/// What was done to the images.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    made_grey: usize,
    made_colour: usize,
    transparent: usize,
    of_16_bits: usize,
}

impl<'a> Picture<'a> {
    /// Reads the header, `place` being how sentences call the image, and looks whether the file can hold as many pixels as that says.
    pub(super) fn open(bytes: &'a [u8], place: &str) -> Result<Self, Problem> {
        let broken = |err: &dyn std::fmt::Display| broken(place, err);
        let mut reader = ImageReader::new(BufReader::new(Cursor::new(bytes)));
        if let Ok(format) = ImageFormat::from_path(place.trim_matches('`')) {
            reader.set_format(format);
        }
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MOST_BESIDE);
        reader.limits(limits);
        let reader = reader.with_guessed_format().map_err(|err| broken(&err))?;
        let most_per_byte = most_per_byte(reader.format());
        let decoder = reader.into_decoder().map_err(|err| broken(&err))?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > SMALL.saturating_add(most_per_byte.saturating_mul(bytes.len() as u64)) {
            return Err(Problem::Broken {
                found: format!("{place} says that it has {width}×{height} pixels, in {} bytes", bytes.len()),
                expected: "as many as such a file can hold".to_owned(),
            });
        }
        let has_colour = decoder.color_type().has_color();
        Ok(Self { decoder: Box::new(decoder), width: width as usize, height: height as usize, has_colour })
    }

    /// Adds the pixels, channel by channel.
    pub(super) fn push<T: Real>(
        self,
        x: &mut Vec<T>,
        place: &str,
        in_colour: bool,
        tally: &mut Tally,
    ) -> Result<(), Problem> {
        let picture = DynamicImage::from_decoder(self.decoder).map_err(|err| broken(place, &err))?;
        let color = picture.color();
        tally.made_grey += usize::from(color.has_color() && !in_colour);
        tally.made_colour += usize::from(!color.has_color() && in_colour);
        tally.of_16_bits += usize::from(color.bytes_per_pixel() == 2 * color.channel_count());
        let channels = usize::from(color.channel_count());
        let is_transparent = match &picture {
            DynamicImage::ImageLumaA8(pixels) => has_less(pixels.as_raw(), channels, u8::MAX),
            DynamicImage::ImageRgba8(pixels) => has_less(pixels.as_raw(), channels, u8::MAX),
            DynamicImage::ImageLumaA16(pixels) => has_less(pixels.as_raw(), channels, u16::MAX),
            DynamicImage::ImageRgba16(pixels) => has_less(pixels.as_raw(), channels, u16::MAX),
            _ => false,
        };
        tally.transparent += usize::from(is_transparent);
        match &picture {
            DynamicImage::ImageLuma8(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageLumaA8(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageRgb8(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageRgba8(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageLuma16(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageLumaA16(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageRgb16(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            DynamicImage::ImageRgba16(pixels) => push(x, pixels.as_raw(), channels, in_colour),
            // Floating-point pictures, whose formats are not read.
            other => push(x, other.to_rgb8().as_raw(), 3, in_colour),
        }
        Ok(())
    }
}

impl Tally {
    /// So many grey images got three channels after they were read.
    pub(super) fn colour(&mut self, count: usize) {
        self.made_colour += count;
    }

    /// What the user should know of it, a sentence each.
    pub(super) fn notes(self) -> Vec<String> {
        let count = |n: usize, what: &str| format!("{n} {what}image{}", if n == 1 { "" } else { "s" });
        let was = |n: usize| if n == 1 { "was" } else { "were" };
        let mut notes = Vec::new();
        if self.made_grey > 0 {
            let n = self.made_grey;
            notes.push(format!(
                "{} {} made grey by Rec. 601 (0.299 R + 0.587 G + 0.114 B)",
                count(n, "colour "),
                was(n)
            ));
        }
        if self.made_colour > 0 {
            let n = self.made_colour;
            notes.push(format!("{} {} given three equal channels", count(n, "grey "), was(n)));
        }
        if self.transparent > 0 {
            notes.push(format!("the transparency of {} was dropped", count(self.transparent, "")));
        }
        if self.of_16_bits > 0 {
            let has = if self.of_16_bits == 1 { "has" } else { "have" };
            notes.push(format!(
                "{} {has} 16 bits for each value, which were divided by 65535",
                count(self.of_16_bits, "")
            ));
        }
        notes
    }
}

fn broken(place: &str, err: &dyn std::fmt::Display) -> Problem {
    Problem::Broken {
        found: format!("{place} is truncated or broken ({})", one_line(&err.to_string())),
        expected: "an image in png, jpeg, bmp, gif or pnm".to_owned(),
    }
}

/// Pixels that one byte of a file can stand for at most.
const fn most_per_byte(format: Option<ImageFormat>) -> u64 {
    match format {
        // Deflate makes 1032 bytes of one, each of 8 pixels.
        Some(ImageFormat::Png) => 8 * 1032,
        // A code of 12 bits stands for up to 4096 pixels.
        Some(ImageFormat::Gif) => 2731,
        // A block of 8×8 takes a bit for its mean at least.
        Some(ImageFormat::Jpeg) => 8 * 64,
        // Pairs of a count of up to 255 and a colour, in BMP; PNM packs 8 pixels at best.
        _ => 128,
    }
}

/// A number of 8 or 16 bits.
trait Sample: Copy + PartialOrd + Into<u64> {
    const MOST: f64;
}

impl Sample for u8 {
    const MOST: f64 = 255.0;
}

impl Sample for u16 {
    const MOST: f64 = 65535.0;
}

/// Whether the last channel is anywhere below its greatest value.
fn has_less<S: Sample>(samples: &[S], channels: usize, most: S) -> bool {
    samples.chunks_exact(channels).any(|pixel| pixel[channels - 1] < most)
}

/// Adds pixels of 1 (grey), 2 (grey and alpha), 3 or 4 channels.
fn push<T: Real, S: Sample>(x: &mut Vec<T>, samples: &[S], channels: usize, in_colour: bool) {
    let number = |sample: u64| T::of(sample as f64 / S::MOST);
    let pixels = samples.chunks_exact(channels);
    match (channels > 2, in_colour) {
        (true, true) => (0..3).for_each(|channel| x.extend(pixels.clone().map(|pixel| number(pixel[channel].into())))),
        (false, true) => (0..3).for_each(|_| x.extend(pixels.clone().map(|pixel| number(pixel[0].into())))),
        (true, false) => {
            x.extend(pixels.map(|pixel| number(rec_601(pixel[0].into(), pixel[1].into(), pixel[2].into()))));
        }
        (false, false) => x.extend(pixels.map(|pixel| number(pixel[0].into()))),
    }
}

/// Grey of a colour; the weights add up to 2^16.
const fn rec_601(red: u64, green: u64, blue: u64) -> u64 {
    (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_is_that_of_pillow() {
        // `Image.new("RGB", (1, 1), rgb).convert("L")` of Pillow 13.
        for (rgb, expected) in [
            ([255, 0, 0], 76),
            ([0, 255, 0], 150),
            ([0, 0, 255], 29),
            ([255, 255, 255], 255),
            ([1, 2, 3], 2),
            ([200, 100, 50], 124),
            ([17, 130, 251], 110),
            ([0, 1, 0], 1),
            ([1, 0, 0], 0),
        ] {
            assert_eq!(rec_601(rgb[0], rgb[1], rgb[2]), expected, "{rgb:?}");
        }
        assert!((0..=255).all(|v| rec_601(v, v, v) == v), "grey stays what it is");
        assert!((0..=65535).all(|v| rec_601(v, v, v) == v));
    }

    #[test]
    fn notes_count_in_singular_and_plural() {
        let tally = Tally { made_grey: 12, made_colour: 1, transparent: 1, of_16_bits: 2 };
        assert_eq!(
            tally.notes(),
            [
                "12 colour images were made grey by Rec. 601 (0.299 R + 0.587 G + 0.114 B)",
                "1 grey image was given three equal channels",
                "the transparency of 1 image was dropped",
                "2 images have 16 bits for each value, which were divided by 65535",
            ]
        );
        assert_eq!(Tally::default().notes(), [""; 0]);
    }

    #[test]
    fn a_header_of_more_pixels_than_the_file_can_hold_is_refused() {
        let message =
            |bytes: &[u8], file: &str| Picture::open(bytes, file).err().map(|err| err.to_string()).unwrap_or_default();
        let pam = b"P6\n65535 65535\n255\n0123456789";
        assert!(message(pam, "a.ppm").contains("65535×65535 pixels, in 29 bytes"), "{}", message(pam, "a.ppm"));
        let gif = b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;";
        assert!(message(gif, "a.gif").contains("65535×65535 pixels"), "{}", message(gif, "a.gif"));
        assert!(message(b"words", "a.png").contains("truncated or broken"));
    }
}
