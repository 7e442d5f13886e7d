//! What all generated pictures share: grey, 16×16 pixels from 0 (paper) to 1 (ink), a pixel the mean of 4×4 places, and a pose
//! that is drawn for each of them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::super::streams::{Purpose, rng};
use super::super::{Dataset, Labels};
use crate::config::DataConfig;

/// Pixels of a side.
pub const SIDE: usize = 16;
/// Pixels of a picture.
pub const PIXELS: usize = SIDE * SIDE;
/// Places of a pixel along each side.
const PLACES: usize = 4;

/// Within which bounds a pose is drawn, uniformly.
pub struct Poses {
    /// Degrees to either side.
    pub turn: f64,
    /// How many times as large.
    pub scale: [f64; 2],
    /// Sideways for a step down, to either side.
    pub shear: f64,
    /// Pixels along each side, in either direction.
    pub shift: f64,
    /// Pixels that one is the mean of, along each side.
    pub blur: [f64; 2],
}

/// How what is drawn lies in its picture.
pub struct Pose {
    /// From a place of the picture to one of what is drawn, both from their middle: rows of a matrix.
    back: [[f64; 2]; 2],
    /// Row and column by which it is moved.
    shift: [f64; 2],
    blur: f64,
}

/// A number between two, uniformly.
pub fn between(rng: &mut ChaCha8Rng, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

impl Pose {
    /// The next one of the stream.
    pub fn new(rng: &mut ChaCha8Rng, poses: &Poses) -> Self {
        let (sin, cos) = between(rng, [-poses.turn, poses.turn]).to_radians().sin_cos();
        let scale = between(rng, poses.scale);
        let shear = between(rng, [-poses.shear, poses.shear]);
        let shift = [poses.shift; 2].map(|most| between(rng, [-most, most]));
        let blur = between(rng, poses.blur);
        let back = [[cos, -sin], [sin + shear * cos, cos - shear * sin]].map(|row| row.map(|entry| entry / scale));
        Self { back, shift, blur }
    }

    /// Draws what has this much ink, 0 to 1, so many pixels below and right of its middle.
    pub fn draw(&self, pixels: &mut [f32], ink: impl Fn([f64; 2]) -> f32) {
        let middle = 0.5 * (SIDE as f64 - 1.0);
        let place = |place: usize| self.blur * ((place as f64 + 0.5) / PLACES as f64 - 0.5);
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let [y, x] = [(i / SIDE) as f64 - middle - self.shift[0], (i % SIDE) as f64 - middle - self.shift[1]];
            let inks = (0..PLACES * PLACES).map(|at| {
                let [y, x] = [y + place(at / PLACES), x + place(at % PLACES)];
                ink(self.back.map(|row| row[0] * y + row[1] * x))
            });
            *pixel = inks.sum::<f32>() / (PLACES * PLACES) as f32;
        }
    }
}

/// A picture for each class of `of`, of `count` classes. `draw` makes the one at a place from a stream of its own, so that it is the same
/// on any number of cores and whatever the others take from theirs.
pub fn each_apart(
    config: &DataConfig,
    of: Vec<u32>,
    count: usize,
    draw: impl Fn(usize, &mut ChaCha8Rng, &mut [f32]) + Sync,
) -> Dataset {
    let mut rng = rng(config.seed, Purpose::Points);
    let seeds: Vec<u64> = of.iter().map(|_| rng.random()).collect();
    let mut x = vec![0.0; of.len() * PIXELS];
    x.par_chunks_exact_mut(PIXELS)
        .zip(seeds)
        .enumerate()
        .for_each(|(i, (picture, seed))| draw(i, &mut ChaCha8Rng::seed_from_u64(seed), picture));
    data_set(x, of, count, config.noise, &mut rng)
}

/// So many classes in turn.
pub fn in_turn(num_examples: usize, count: usize) -> Vec<u32> {
    (0..num_examples).map(|i| (i % count) as u32).collect()
}

/// The data set of these pictures, with noise of this standard deviation on each pixel, which stays between 0 and 1.
pub fn data_set(mut x: Vec<f32>, of: Vec<u32>, count: usize, noise: f64, rng: &mut ChaCha8Rng) -> Dataset {
    if noise > 0.0 {
        for x in &mut x {
            let drawn: f64 = rng.sample(StandardNormal);
            *x = (f64::from(*x) + noise * drawn).clamp(0.0, 1.0) as f32;
        }
    }
    Dataset { x, shape: vec![1, SIDE, SIDE], y: Labels::Classes { of, count } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Poses = Poses { turn: 0.0, scale: [1.0, 1.0], shear: 0.0, shift: 0.0, blur: [1.0, 1.0] };

    fn drawn(poses: &Poses, ink: impl Fn([f64; 2]) -> f32) -> Vec<f32> {
        let mut pixels = vec![0.0; PIXELS];
        Pose::new(&mut ChaCha8Rng::seed_from_u64(1), poses).draw(&mut pixels, ink);
        pixels
    }

    #[test]
    fn a_pixel_is_the_share_of_it_that_has_ink() {
        // A square of 5 by 3 pixels, whose edges pass through the middle of pixels.
        let square = drawn(&STILL, |[y, x]| f32::from(y.abs() < 2.5 && x.abs() < 1.5));
        assert!((square.iter().sum::<f32>() - 15.0).abs() < 1e-5);
        let at = |row: usize, column: usize| square[row * SIDE + column];
        // The middle of the picture is between pixels 7 and 8.
        assert_eq!([at(7, 7), at(8, 8), at(5, 7), at(7, 6), at(5, 6), at(4, 7)], [1.0, 1.0, 0.5, 0.5, 0.25, 0.0]);
    }

    #[test]
    fn twice_as_large_has_four_times_the_ink_and_a_shear_none_the_more() {
        let square = |[y, x]: [f64; 2]| f32::from(y.abs() < 2.0 && x.abs() < 2.0);
        let large = drawn(&Poses { scale: [2.0, 2.0], ..STILL }, square).iter().sum::<f32>();
        assert!((large - 64.0).abs() < 1e-4, "{large}");
        let oblique = drawn(&Poses { turn: 15.0, shear: 0.2, shift: 1.5, ..STILL }, square).iter().sum::<f32>();
        assert!((oblique - 16.0).abs() < 0.8, "{oblique}");
    }
}
