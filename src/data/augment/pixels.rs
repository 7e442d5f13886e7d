//! The pixels of one image, and what can be done to them.

use super::drawn::Area;

/// One image in place.
pub struct Pixels<'a> {
    /// Row-major `[channels, height, width]`.
    pub of: &'a mut [f32],
    /// Channels, height and width.
    pub shape: [usize; 3],
    /// Value of an empty pixel of each channel.
    pub blank: &'a [f32],
    /// Room for a copy of a plane, kept from image to image.
    pub scratch: &'a mut Vec<f32>,
}

impl Pixels<'_> {
    /// Mirrors left to right.
    pub fn flip(&mut self) {
        let [_, _, width] = self.shape;
        self.of.chunks_exact_mut(width).for_each(<[f32]>::reverse);
    }

    /// Turns about the centre, counter-clockwise as the picture is looked at.
    pub fn rotate(&mut self, radians: f64) {
        let (sin, cos) = radians.sin_cos();
        self.resample(|plane, [y, x]| {
            let [v, u] = [y - plane.centre[0], x - plane.centre[1]];
            plane.bilinear([plane.centre[0] + u * sin + v * cos, plane.centre[1] + u * cos - v * sin])
        });
    }

    /// Moves so that the pixel at this row and column stands first.
    pub fn crop(&mut self, [down, right]: [i64; 2]) {
        self.resample(|plane, [y, x]| plane.pixel([y as i64 + down, x as i64 + right]));
    }

    /// Multiplies the distance from the blank pixel by `brightness`, then that from the image's mean by `contrast`.
    pub fn jitter(&mut self, brightness: f64, contrast: f64) {
        let [_, height, width] = self.shape;
        let planes = || self.of.chunks_exact(height * width).zip(self.blank);
        let of_plane = |(plane, blank): (&[f32], &f32)| plane.iter().map(|x| f64::from(x - blank)).sum::<f64>();
        let mean = brightness * planes().map(of_plane).sum::<f64>() / self.of.len() as f64;
        let (factor, shift) = ((brightness * contrast) as f32, ((1.0 - contrast) * mean) as f32);
        for (plane, blank) in self.of.chunks_exact_mut(height * width).zip(self.blank) {
            for x in plane {
                *x = blank + factor * (*x - blank) + shift;
            }
        }
    }

    /// Sets a part to blank.
    pub fn erase(&mut self, Area { corner: [top, left], sides: [tall, wide] }: Area) {
        let [_, height, width] = self.shape;
        for (plane, &blank) in self.of.chunks_exact_mut(height * width).zip(self.blank) {
            for row in plane.chunks_exact_mut(width).skip(top).take(tall) {
                row[left..left + wide].fill(blank);
            }
        }
    }

    /// Sets each pixel to what `value` makes of the old image and its row and column.
    fn resample(&mut self, value: impl Fn(&Plane<'_>, [f64; 2]) -> f32) {
        let [_, height, width] = self.shape;
        for (plane, &blank) in self.of.chunks_exact_mut(height * width).zip(self.blank) {
            self.scratch.clear();
            self.scratch.extend_from_slice(plane);
            let centre = [height, width].map(|side| 0.5 * (side as f64 - 1.0));
            let old = Plane { of: self.scratch, sides: [height, width].map(|side| side as i64), centre, blank };
            for (y, row) in plane.chunks_exact_mut(width).enumerate() {
                for (x, pixel) in row.iter_mut().enumerate() {
                    *pixel = value(&old, [y as f64, x as f64]);
                }
            }
        }
    }
}

/// One channel as it was.
struct Plane<'a> {
    of: &'a [f32],
    /// Height and width.
    sides: [i64; 2],
    /// Row and column of the centre.
    centre: [f64; 2],
    blank: f32,
}

impl Plane<'_> {
    /// The pixel at a row and a column, blank outside.
    fn pixel(&self, [y, x]: [i64; 2]) -> f32 {
        let [height, width] = self.sides;
        if (0..height).contains(&y) && (0..width).contains(&x) { self.of[(y * width + x) as usize] } else { self.blank }
    }

    /// The value between pixels.
    fn bilinear(&self, place: [f64; 2]) -> f32 {
        let [top, left] = place.map(f64::floor);
        let [down, right] = [(place[0] - top) as f32, (place[1] - left) as f32];
        let (y, x) = (top as i64, left as i64);
        let row = |y: i64| (1.0 - right) * self.pixel([y, x]) + right * self.pixel([y, x + 1]);
        (1.0 - down) * row(y) + down * row(y + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes an image and gives it back.
    fn changed(shape: [usize; 3], mut x: Vec<f32>, blank: &[f32], by: impl Fn(&mut Pixels<'_>)) -> Vec<f32> {
        by(&mut Pixels { of: &mut x, shape, blank, scratch: &mut Vec::new() });
        x
    }

    fn count(n: usize) -> Vec<f32> {
        (1..=n).map(|x| x as f32).collect()
    }

    fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
        let is_near = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() <= tolerance);
        assert!(is_near, "{found:?}, expected {expected:?}");
    }

    #[test]
    fn rows_are_mirrored_in_every_channel() {
        let flipped = changed([2, 2, 3], count(12), &[0.0; 2], |image: &mut Pixels<'_>| image.flip());
        assert_eq!(flipped, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0, 12.0, 11.0, 10.0]);
    }

    #[test]
    fn moves_are_by_whole_pixels_with_blank_beyond() {
        let by = |crop| changed([1, 3, 3], count(9), &[-1.0], |image| image.crop(crop));
        assert_eq!(by([0, 1]), [2.0, 3.0, -1.0, 5.0, 6.0, -1.0, 8.0, 9.0, -1.0]);
        assert_eq!(by([-1, 0]), [-1.0, -1.0, -1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(by([2, -2]), [-1.0, -1.0, 7.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]);
        assert_eq!(by([3, 0]), [-1.0; 9]);
    }

    #[test]
    fn quarter_turns_go_counter_clockwise() {
        let by = |degrees: f64| changed([1, 3, 3], count(9), &[0.5], |image| image.rotate(degrees.to_radians()));
        assert_near(&by(90.0), &[3.0, 6.0, 9.0, 2.0, 5.0, 8.0, 1.0, 4.0, 7.0], 1e-5);
        assert_near(&by(-90.0), &[7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0], 1e-5);
        assert_near(&by(180.0), &[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], 1e-5);
        // A wide image keeps its sides: what is turned out of them is lost, what is turned in is blank.
        let wide = changed([1, 1, 3], count(3), &[0.5], |image| image.rotate(90_f64.to_radians()));
        assert_near(&wide, &[0.5, 2.0, 0.5], 1e-5);
    }

    /// As `tests/reference/augment.py` prints them, by PyTorch.
    #[test]
    fn angles_in_between_are_those_of_pytorch() {
        let turned = changed([1, 4, 4], count(16), &[0.0], |image| image.rotate(30_f64.to_radians()));
        assert_near(&turned, &TURNED, 2e-5);
        let jittered = changed([1, 4, 4], count(16), &[0.0], |image| image.jitter(1.25, 0.6));
        assert_near(&jittered, &JITTERED, 2e-5);
    }

    const TURNED: [f32; 16] = [
        0.879809, 2.678848, 5.48686, 3.519238, 2.718911, 5.584936, 8.450962, 10.71539, 5.450962, 8.549038, 11.415064,
        14.281089, 4.147114, 11.51314, 13.487505, 6.786543,
    ];
    const JITTERED: [f32; 16] =
        [5.0, 5.75, 6.5, 7.25, 8.0, 8.75, 9.5, 10.25, 11.0, 11.75, 12.5, 13.25, 14.0, 14.75, 15.5, 16.25];

    #[test]
    fn brightness_and_contrast_count_from_the_blank_pixel() {
        // Distances 1 and 3 with the mean 2: twice as bright 2 and 6 with the mean 4; half the contrast 3 and 5.
        let near = |found: Vec<f32>, expected: [f32; 2]| assert_near(&found, &expected, 1e-6);
        near(changed([1, 1, 2], vec![1.0, 3.0], &[0.0], |image| image.jitter(2.0, 0.5)), [3.0, 5.0]);
        near(changed([1, 1, 2], vec![-1.0, 1.0], &[-2.0], |image| image.jitter(2.0, 0.5)), [1.0, 3.0]);
        // Contrast 0 leaves the mean alone; and nothing is clamped.
        near(changed([2, 1, 1], vec![0.2, 0.6], &[0.0; 2], |image| image.jitter(1.0, 0.0)), [0.4, 0.4]);
        near(changed([2, 1, 1], vec![0.2, 1.0], &[0.0; 2], |image| image.jitter(2.0, 1.0)), [0.4, 2.0]);
    }

    #[test]
    fn a_part_is_blank_in_every_channel() {
        let area = Area { corner: [1, 0], sides: [1, 2] };
        let erased = changed([2, 2, 3], count(12), &[-1.0, -2.0], |image| image.erase(area));
        assert_eq!(erased, [1.0, 2.0, 3.0, -1.0, -1.0, 6.0, 7.0, 8.0, 9.0, -2.0, -2.0, 12.0]);
    }
}
