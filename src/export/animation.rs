//! Animations, encoded frame by frame as they come, so that a long recording needs no more memory than its file.
//!
//! The last frame ends when the recording does, so a frame is written when it is known how long it was shown. What a file
//! says of itself is known at its end and put where readers look for it, behind the header.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use super::ExportError;
use super::picture::{self, Picture, Provenance};

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

/// A frame is shown at least so long: readers take less for a mistake and show it longer.
const SHORTEST: Duration = Duration::from_millis(20);

/// Bytes that an encoder writes, and that can be had when it is gone.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Encoder {
    Gif(GifEncoder<Sink>),
    Apng(Box<png::Writer<Sink>>),
}

/// An animation that repeats without end, as far as it has been written.
pub struct Animator {
    sink: Sink,
    encoder: Option<Encoder>,
    animation: Animation,
    size: [u32; 2],
    num_frames: u32,
}

fn failed(err: impl std::fmt::Display) -> ExportError {
    ExportError::Figure(err.to_string())
}

impl Animator {
    /// Begins.
    #[must_use]
    pub fn new(animation: Animation) -> Self {
        Self { sink: Sink::default(), encoder: None, animation, size: [0; 2], num_frames: 0 }
    }

    /// Frames that are written.
    #[must_use]
    pub const fn num_frames(&self) -> u32 {
        self.num_frames
    }

    /// Adds a frame that is shown for this time.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when it has not the size of the frames before it, or its number of pixels is another.
    pub fn push(&mut self, frame: &Picture, shown: Duration) -> Result<(), ExportError> {
        let size = [frame.width, frame.height];
        if self.num_frames > 0 && size != self.size {
            return Err(failed("the frames have different sizes"));
        }
        self.size = size;
        let milliseconds = shown.max(SHORTEST).as_millis().min(60_000) as u32;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            None => self.encoder.insert(begin(self.animation, size, self.sink.clone())?),
        };
        match encoder {
            Encoder::Gif(encoder) => {
                let pixels = RgbaImage::from_raw(frame.width, frame.height, frame.rgba.clone())
                    .ok_or_else(|| failed("a frame has not as many pixels as it says"))?;
                let delay = Delay::from_numer_denom_ms(milliseconds, 1);
                encoder.encode_frame(Frame::from_parts(pixels, 0, 0, delay)).map_err(failed)?;
            }
            Encoder::Apng(writer) => {
                writer.set_frame_delay(milliseconds as u16, 1000).map_err(failed)?;
                writer.write_image_data(&frame.rgba).map_err(failed)?;
            }
        }
        self.num_frames += 1;
        Ok(())
    }

    /// The file, with what it says of itself.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when there is no frame.
    pub fn finish(self, provenance: &Provenance) -> Result<Vec<u8>, ExportError> {
        match self.encoder {
            None => return Err(failed("nothing was recorded")),
            // The end of the file is written when the encoder goes.
            Some(Encoder::Gif(encoder)) => drop(encoder),
            Some(Encoder::Apng(writer)) => writer.finish().map_err(failed)?,
        }
        let bytes = self.sink.0.take();
        match self.animation {
            Animation::Gif => Ok(with_comment(&bytes, &comment(provenance))),
            Animation::Apng => with_texts(bytes, self.num_frames, provenance),
        }
    }
}

fn begin(animation: Animation, [width, height]: [u32; 2], sink: Sink) -> Result<Encoder, ExportError> {
    match animation {
        Animation::Gif => {
            // 10 of 30: colours are chosen well enough and a frame takes a moment.
            let mut encoder = GifEncoder::new_with_speed(sink, 10);
            encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
            Ok(Encoder::Gif(encoder))
        }
        Animation::Apng => {
            let mut encoder = png::Encoder::new(sink, width, height);
            encoder.set_color(png::ColorType::Rgba);
            encoder.set_depth(png::BitDepth::Eight);
            // How many frames there are is put in at the end.
            encoder.set_animated(u32::MAX >> 1, 0).map_err(failed)?;
            Ok(Encoder::Apng(Box::new(encoder.write_header().map_err(failed)?)))
        }
    }
}

fn comment(provenance: &Provenance) -> String {
    let texts: Vec<String> = provenance.iter().map(|(keyword, text)| format!("{keyword}\n{text}")).collect();
    texts.join("\n\n")
}

/// A GIF with a comment extension behind its header.
fn with_comment(gif: &[u8], comment: &str) -> Vec<u8> {
    // Signature, size of the screen, and its palette if bit 7 says that there is one.
    let flags = gif.get(10).copied().unwrap_or(0);
    let palette = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let header = (13 + palette).min(gif.len());
    let mut bytes = gif[..header].to_vec();
    if !comment.is_empty() {
        bytes.extend([0x21, 0xfe]);
        for block in comment.as_bytes().chunks(255) {
            bytes.push(block.len() as u8);
            bytes.extend_from_slice(block);
        }
        bytes.push(0);
    }
    bytes.extend_from_slice(&gif[header..]);
    bytes
}

/// Length of a PNG's signature, and of what a chunk has beside its data.
const SIGNATURE: usize = 8;
const FRAME: usize = 12;

/// Where the chunks of a PNG begin and end, with their names.
fn chunks(png: &[u8]) -> Vec<([u8; 4], std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = SIGNATURE;
    while let (Some(length), Some(name)) = (png.get(at..at + 4), png.get(at + 4..at + 8)) {
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let end = at + FRAME + length;
        found.push(([name[0], name[1], name[2], name[3]], at..end.min(png.len())));
        at = end;
    }
    found
}

/// An animated PNG with its number of frames, and with text chunks behind its header.
fn with_texts(mut png: Vec<u8>, num_frames: u32, provenance: &Provenance) -> Result<Vec<u8>, ExportError> {
    let placed = chunks(&png);
    let find = |wanted: &[u8; 4]| placed.iter().find(|(name, _)| name == wanted).map(|(_, place)| place.clone());
    let (Some(header), Some(control)) = (find(b"IHDR"), find(b"acTL")) else {
        return Err(failed("the encoder wrote no header"));
    };
    // Name and data: the number of frames comes first.
    let covered = control.start + 4..control.end - 4;
    png[covered.start + 4..covered.start + 8].copy_from_slice(&num_frames.to_be_bytes());
    let checksum = crc32(&png[covered]);
    png[control.end - 4..control.end].copy_from_slice(&checksum.to_be_bytes());
    // The texts as the encoder of single pictures writes them.
    let bearer = picture::encode_png([1, 1], png::ColorType::Grayscale, &[0], provenance)?;
    let texts = chunks(&bearer).into_iter().filter(|(name, _)| matches!(name, b"tEXt" | b"iTXt"));
    let texts: Vec<u8> = texts.flat_map(|(_, place)| bearer[place].to_vec()).collect();
    png.splice(header.end..header.end, texts);
    Ok(png)
}

/// The checksum of a PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::AnimationDecoder as _;

    use super::*;

    fn frame(shade: u8) -> Picture {
        Picture { width: 3, height: 2, rgba: [shade, 0, 255 - shade, 255].repeat(6) }
    }

    fn animated(animation: Animation, provenance: &Provenance) -> Vec<u8> {
        let mut animator = Animator::new(animation);
        for (shade, milliseconds) in [(0, 120), (120, 480), (240, 250)] {
            animator.push(&frame(shade), Duration::from_millis(milliseconds)).unwrap();
        }
        assert_eq!(animator.num_frames(), 3);
        animator.finish(provenance).unwrap()
    }

    /// Longer than the 255 bytes of one block, and not ASCII alone.
    fn provenance() -> Vec<(&'static str, String)> {
        vec![("Title", "σ 0.1".to_owned()), ("Experiment", "layers = [\"linear 2\"]\n".repeat(40))]
    }

    #[test]
    fn a_gif_has_its_frames_their_times_and_its_provenance() {
        let bytes = animated(Animation::Gif, &provenance());
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(&bytes)).unwrap();
        let back = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(back.len(), 3);
        assert_eq!(back[1].buffer().as_raw(), &frame(120).rgba);
        let times: Vec<u32> = back.iter().map(|frame| frame.delay().numer_denom_ms().0).collect();
        assert_eq!(times, [120, 480, 250]);
        // The comment, block by block, as any reader takes it.
        let start = bytes.windows(2).position(|pair| pair == [0x21, 0xfe]).expect("a comment extension") + 2;
        assert!(start < 13 + 768 + 2, "it stands behind the header");
        let (mut at, mut text) = (start, Vec::new());
        while bytes[at] > 0 {
            text.extend_from_slice(&bytes[at + 1..=at + usize::from(bytes[at])]);
            at += 1 + usize::from(bytes[at]);
        }
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("Title\nσ 0.1\n\nExperiment\nlayers"), "{text}");
        assert_eq!(text.matches("linear 2").count(), 40);
        // Another extension or a picture follows.
        assert!(matches!(bytes[at + 1], 0x21 | 0x2c));
    }

    #[test]
    fn an_animated_png_has_its_frames_their_times_and_its_provenance() {
        let bytes = animated(Animation::Apng, &provenance());
        let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 3);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let mut times = Vec::new();
        for shade in [0, 120, 240] {
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!(pixels, frame(shade).rgba);
            let control = reader.info().frame_control().unwrap();
            times.push((control.delay_num, control.delay_den));
        }
        assert_eq!(times, [(120, 1000), (480, 1000), (250, 1000)]);
        assert_eq!(reader.info().utf8_text[0].get_text().unwrap(), "σ 0.1");
        assert!(reader.info().uncompressed_latin1_text[0].text.contains("linear 2"));
    }

    #[test]
    fn what_cannot_be_animated_says_why() {
        let other = Picture { width: 2, height: 2, rgba: vec![0; 16] };
        let torn = Picture { rgba: vec![0; 5], ..frame(0) };
        for animation in Animation::ALL {
            let nothing = Animator::new(animation).finish(&[]).unwrap_err().to_string();
            assert!(nothing.contains("nothing was recorded"), "{nothing}");
            let mut animator = Animator::new(animation);
            animator.push(&frame(0), SHORTEST).unwrap();
            assert!(animator.push(&other, SHORTEST).unwrap_err().to_string().contains("different sizes"));
            assert!(Animator::new(animation).push(&torn, SHORTEST).is_err());
        }
    }

    #[test]
    fn the_checksum_is_that_of_png() {
        // The end chunk of every PNG.
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }
}
