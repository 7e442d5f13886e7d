//! Scenes without objects: grey pictures of 16×16 pixels that are filled with one of twelve textures, drawn from the
//! configuration's seed.
//!
//! A texture has a period of 3 to 5 pixels, a phase along both sides, is turned by up to 12°, and its two greys lie 0.4 to 0.9
//! apart around a mean grey; which of them is the ink is a coin's choice. So neither a pixel nor the mean grey tells a class,
//! only how neighbours go together. `noise` is the standard deviation of what is added to each pixel, which stays between 0 and 1.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::Dataset;
use super::pictures::{Pose, Poses, between, each_apart, in_turn};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 12.0, scale: [1.0, 1.0], shear: 0.0, shift: 0.0, blur: [1.0, 1.3] };
/// Pixels.
const PERIOD: [f64; 2] = [3.0, 5.0];
const CONTRAST: [f64; 2] = [0.4, 0.9];
/// The classes, in their order.
pub(in super::super) const NAMES: [&str; 12] =
    ["bars", "columns", "slope", "checks", "dots", "rings", "bricks", "waves", "lattice", "clouds", "grain", "rays"];

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let of = in_turn(super::num_examples(config), NAMES.len());
    each_apart(config, of, NAMES.len(), |i, rng, picture| draw(i % NAMES.len(), rng, picture))
}

fn draw(class: usize, rng: &mut ChaCha8Rng, picture: &mut [f32]) {
    let pose = Pose::new(rng, &POSES);
    let contrast = between(rng, CONTRAST);
    let low = between(rng, [0.0, 1.0 - contrast]);
    let is_inverse = rng.random::<bool>();
    let pattern = Pattern::new(class, rng);
    pose.draw(picture, |place| pattern.ink(place) as f32);
    for pixel in picture {
        if pattern.class == GRAIN {
            *pixel = rng.random();
        }
        let ink = f64::from(if is_inverse { 1.0 - *pixel } else { *pixel });
        *pixel = (low + contrast * ink) as f32;
    }
}

/// The class whose pixels have nothing to do with each other.
const GRAIN: usize = 10;
/// Waves that make clouds.
const WAVES: usize = 5;

/// A texture with its numbers.
struct Pattern {
    class: usize,
    period: f64,
    /// Shares of a period, row and column.
    phase: [f64; 2],
    /// A place outside of the middle, in pixels: what rings and rays go around.
    centre: [f64; 2],
    /// Of clouds: frequencies along both sides in turns a pixel, and phases.
    waves: [[f64; 3]; WAVES],
}

impl Pattern {
    fn new(class: usize, rng: &mut ChaCha8Rng) -> Self {
        let period = between(rng, PERIOD);
        let phase = [0, 1].map(|_| between(rng, [0.0, 1.0]));
        let centre = [0, 1].map(|_| between(rng, [-5.0, 5.0]));
        let waves = [(); WAVES].map(|()| {
            let (sin, cos) = (TAU * between(rng, [0.0, 1.0])).sin_cos();
            let frequency = between(rng, [0.04, 0.11]);
            [frequency * sin, frequency * cos, between(rng, [0.0, 1.0])]
        });
        Self { class, period, phase, centre, waves }
    }

    /// The ink at a place, 0 to 1.
    fn ink(&self, [y, x]: [f64; 2]) -> f64 {
        let [row, column] = [y / self.period + self.phase[0], x / self.period + self.phase[1]];
        let [down, right] = [y - self.centre[0], x - self.centre[1]];
        let is_first_half = |turns: f64| turns.rem_euclid(1.0) < 0.5;
        let is_line = |turns: f64| turns.rem_euclid(1.0) < 0.28;
        let is = match self.class {
            0 => is_first_half(row),
            1 => is_first_half(column),
            2 => is_first_half((row + column) * std::f64::consts::FRAC_1_SQRT_2),
            3 => is_first_half(0.7 * row) != is_first_half(0.7 * column),
            4 => [row, column].map(|turns| turns.rem_euclid(1.0) - 0.5).iter().map(|at| at * at).sum::<f64>() < 0.09,
            5 => is_first_half(down.hypot(right) / self.period + self.phase[0]),
            6 => is_line(row) || is_line(0.5 * column + 0.5 * row.floor().rem_euclid(2.0)),
            7 => is_first_half(row + 0.45 * (0.1 * TAU * (x + self.phase[1] * 10.0)).sin()),
            8 => is_line(row) || is_line(column),
            11 => is_first_half(5.0 * down.atan2(right) / TAU + self.phase[0]),
            _ => {
                let wave = |[down, right, phase]: [f64; 3]| (TAU * (down * y + right * x + phase)).sin();
                return 0.5 + 0.5 * self.waves.iter().map(|&one| wave(one)).sum::<f64>() / WAVES as f64;
            }
        };
        f64::from(u8::from(is))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::super::checks;
    use super::super::pictures::SIDE;
    use super::*;
    use crate::config::DataSource;

    fn textures(n: usize) -> DataConfig {
        DataConfig { train_size: n, test_size: 0, noise: 0.0, ..config(DataSource::Textures) }
    }

    #[test]
    fn two_makes_are_equal_and_classes_are_balanced() {
        checks::is_a_function_of_the_seed(&DataConfig { noise: 0.05, ..textures(360) }, generate);
        assert_eq!(generate(&textures(360)).class_counts(), [30; 12]);
    }

    /// How far apart a pixel and another one, so many rows and columns on, are in the mean, as a share of the greatest such
    /// distance.
    fn neighbours(picture: &[f32]) -> Vec<f32> {
        let apart = |[down, right]: [usize; 2], is_back: bool| {
            let mut sum = 0.0;
            for row in 0..SIDE - down {
                for column in 0..SIDE - right {
                    let (from, to) = if is_back { (column + right, column) } else { (column, column + right) };
                    sum += (picture[row * SIDE + from] - picture[(row + down) * SIDE + to]).abs();
                }
            }
            sum / ((SIDE - down) * (SIDE - right)) as f32
        };
        let steps = [[0, 1], [1, 0], [0, 2], [2, 0], [1, 1], [0, 4], [4, 0], [2, 2], [3, 3], [4, 4]];
        let all: Vec<f32> =
            steps.iter().map(|&step| apart(step, false)).chain([apart([1, 1], true), apart([2, 2], true)]).collect();
        let most = all.iter().copied().fold(1e-6, f32::max);
        all.into_iter().map(|one| one / most).collect()
    }

    #[test]
    fn neighbours_tell_the_class_and_single_pixels_do_not() {
        let data = generate(&textures(2400));
        let pixels = checks::nearest_mean(&data, 1800, <[f32]>::to_vec);
        let textures = checks::nearest_mean(&data, 1800, neighbours);
        assert!(pixels < 0.3, "{pixels} by pixels, by chance 0.083");
        assert!(textures > 0.45, "{textures} by neighbours, {pixels} by pixels");
    }

    #[test]
    fn greys_stay_between_paper_and_ink_and_no_texture_is_the_darker_one() {
        let data = generate(&textures(2400));
        assert!(data.x.iter().all(|x| (0.0..=1.0).contains(x)));
        for (class, name) in NAMES.iter().enumerate() {
            let own = (class..data.len()).step_by(NAMES.len()).map(|i| data.example(i).iter().sum::<f32>() / 256.0);
            let mean = own.sum::<f32>() / 200.0;
            // A coin chooses the ink, so each mean is ½; a picture's own spreads by under 0.3, 200 of them by 0.02.
            assert!((mean - 0.5).abs() < 0.1, "{name}: {mean}");
        }
    }
}
