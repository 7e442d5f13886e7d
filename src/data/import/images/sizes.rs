//! The numbers of all images of a set: the first one fixes the size, and without a model the first one in colour that all are
//! in colour.

use super::super::{Problem, Wanted};
use super::pixels::{Picture, Tally};
use crate::config::Real;
use crate::data::limit;
use crate::data::resample::resize;

/// The numbers of the images so far.
pub(in super::super) struct Pixels<'a, T> {
    x: Vec<T>,
    shape: Vec<usize>,
    tally: Tally,
    /// How many there will be.
    count: usize,
    wanted: &'a Wanted<'a>,
    /// The first one, by its place.
    first: String,
}

impl<'a, T: Real> Pixels<'a, T> {
    /// None of so many.
    pub(in super::super) fn new(count: usize, wanted: &'a Wanted<'a>) -> Self {
        Self { x: Vec::new(), shape: Vec::new(), tally: Tally::default(), count, wanted, first: String::new() }
    }

    /// Adds the next one; `place` is how sentences call it.
    ///
    /// # Errors
    /// [`Problem`] where it is no image, or not of the size of the others or of the model.
    pub(in super::super) fn add(&mut self, file: &[u8], place: &str) -> Result<(), Problem> {
        let picture = Picture::open(file, place)?;
        let size = [picture.height, picture.width];
        if self.shape.is_empty() {
            self.begin(size, in_colour_for(&picture, self.wanted), place)?;
        } else if self.wanted.resized().is_none() && self.shape[1..] != size {
            return Err(other_size(place, &size, &self.first, &self.shape[1..]));
        }
        if self.wanted.is_any_colour() && picture.has_colour && self.shape[0] == 1 {
            self.colour()?;
        }
        let before = self.x.len();
        picture.push(&mut self.x, place, self.shape[0] == 3, &mut self.tally)?;
        if let Some(side) = self.wanted.resized() {
            let pixels: Vec<f32> = self.x.drain(before..).map(|x| x.to_f64() as f32).collect();
            let [height, width] = size;
            let resized = resize(&pixels, [self.shape[0], height, width], side);
            self.x.extend(resized.into_iter().map(|x| T::of(f64::from(x))));
        }
        Ok(())
    }

    /// All numbers, the shape of an image, and what the user should know of them.
    pub(in super::super) fn finish(self) -> (Vec<T>, Vec<usize>, Vec<String>) {
        (self.x, self.shape, self.tally.notes())
    }

    /// Fixes the shape by the first image, where the model and the memory allow it.
    fn begin(&mut self, size: [usize; 2], in_colour: bool, place: &str) -> Result<(), Problem> {
        let [height, width] = self.wanted.resized().map_or(size, |side| [side; 2]);
        let shape = [if in_colour { 3 } else { 1 }, height, width];
        if !self.wanted.takes(&shape) {
            return Err(Problem::Shape {
                what: format!("{place} as an example of x has the shape"),
                found: format!("{shape:?}"),
                expected: format!("{:?}, the model's input", self.wanted.input),
            });
        }
        self.allow(&shape)?;
        (self.shape, self.first) = (shape.to_vec(), place.to_owned());
        Ok(())
    }

    /// Asks for the memory of all images of a shape.
    fn allow(&self, shape: &[usize; 3]) -> Result<(), Problem> {
        let [_, height, width] = *shape;
        let features = shape.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64));
        let of_all = features.saturating_mul(self.count as u64).saturating_mul(size_of::<T>() as u64);
        // The image that is being decoded, with four channels of 16 bits.
        let of_one = (width as u64).saturating_mul(height as u64).saturating_mul(8);
        let what = format!("{} images of {width}×{height} pixels", self.count);
        limit::allow(&what, of_all.saturating_add(of_one)).map_err(Problem::TooLarge)
    }

    /// The grey images so far get three equal channels.
    fn colour(&mut self) -> Result<(), Problem> {
        let [height, width] = [self.shape[1], self.shape[2]];
        self.allow(&[3, height, width])?;
        let pixels = height * width;
        let images = self.x.len() / pixels.max(1);
        self.x.resize(3 * images * pixels, T::of(0.0));
        // From the last one on, so that none is written over before it is moved.
        for image in (0..images).rev() {
            for channel in (0..3).rev() {
                self.x.copy_within(image * pixels..(image + 1) * pixels, (3 * image + channel) * pixels);
            }
        }
        self.shape[0] = 3;
        self.tally.colour(images);
        Ok(())
    }
}

/// Whether a model takes images of this size in colour.
fn in_colour_for(picture: &Picture<'_>, wanted: &Wanted<'_>) -> bool {
    match wanted.input {
        [] | [0, ..] => picture.has_colour,
        [channels, _, _] => *channels == 3,
        input => input.iter().product::<usize>() == picture.width.saturating_mul(picture.height).saturating_mul(3),
    }
}

fn other_size(place: &str, size: &[usize], first: &str, expected: &[usize]) -> Problem {
    let words = |size: &[usize]| format!("{}×{}", size[1], size[0]);
    Problem::Shape {
        what: format!("{place} has"),
        found: format!("{} pixels", words(size)),
        expected: format!("{} as {first}: all images must have one size", words(expected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(picture: &image::DynamicImage) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn grey_images_before_one_in_colour_get_its_channels() {
        let grey = |least: u8| png(&image::GrayImage::from_fn(2, 1, |x, _| image::Luma([least + x as u8])).into());
        let colour = png(&image::RgbImage::from_pixel(2, 1, image::Rgb([7, 8, 9])).into());
        let mut pixels = Pixels::<f64>::new(3, &Wanted::ANY);
        for (place, file) in [("a", grey(1)), ("b", grey(3)), ("c", colour)] {
            pixels.add(&file, place).unwrap();
        }
        let (x, shape, notes) = pixels.finish();
        let levels: Vec<u8> = x.iter().map(|x| (x * 255.0).round() as u8).collect();
        assert_eq!(levels, [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 7, 7, 8, 8, 9, 9]);
        assert_eq!((shape, notes), (vec![3, 1, 2], vec!["2 grey images were given three equal channels".to_owned()]));
    }

    #[test]
    fn images_of_any_size_are_resized_as_they_are_read() {
        let flat =
            |width, height, level| png(&image::GrayImage::from_pixel(width, height, image::Luma([level])).into());
        let colour = png(&image::RgbImage::from_pixel(3, 2, image::Rgb([51, 102, 255])).into());
        let read = |input: &'static [usize], files: &[Vec<u8>]| {
            let wanted = Wanted { input, ..Wanted::ANY };
            let mut pixels = Pixels::<f64>::new(files.len(), &wanted);
            files.iter().for_each(|file| pixels.add(file, "a").unwrap());
            let (x, shape, _) = pixels.finish();
            (x.iter().map(|x| (x * 255.0).round() as u8).collect::<Vec<_>>(), shape)
        };
        let files = [flat(5, 4, 51), flat(1, 9, 102), colour];
        let (x, shape) = read(&[0, 0, 2], &files);
        assert_eq!(shape, [3, 2, 2]);
        assert_eq!(x, [vec![51; 12], vec![102; 12], vec![51; 4], vec![102; 4], vec![255; 4]].concat());
        let (x, shape) = read(&[1, 0, 1], &files);
        assert_eq!((x, shape), (vec![51, 102, 104], vec![1, 1, 1]), "grey by Rec. 601");
        assert_eq!(read(&[3, 0, 1], &files[..1]), (vec![51; 3], vec![3, 1, 1]));
    }
}
