//! Letters and digits as many hands write them: grey pictures of 16×16 pixels, drawn from the configuration's seed.
//!
//! The 62 classes and their two fonts are those of the glyphs, so what a network knows of upright letters it can use here: the set
//! tests transfer between hands, not between kinds of pictures. Each picture is bent by a displacement field of its own, three sine
//! waves that move a place by up to 1.2 pixels; it is sheared by up to 0.5, turned by up to 10°, 0.8 to 1.05 times as large, moved by
//! up to a pixel along both sides, and more or less sharp. The ink goes from 0.5 to 1 along a stroke, as a hand presses, and a coin
//! decides whether the paper is light or dark. `noise` is the standard deviation of what is added to each pixel, which stays
//! between 0 and 1.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::Dataset;
use super::letters::{FONTS, GLYPHS, Glyph, STROKES};
use super::pictures::{Pose, Poses, between, each_apart, in_turn};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 10.0, scale: [0.8, 1.05], shear: 0.5, shift: 1.0, blur: [1.0, 1.5] };
/// The classes.
const CLASSES: usize = GLYPHS.len();
/// Waves of a displacement field.
const BENDS: usize = 3;
/// Pixels by which each of them moves a place at most.
const PUSH: [f64; 2] = [0.2, 0.4];
/// Pixels of a wave's period. Above 2π times all pushes together, so that no two places change their order: strokes bend, and do
/// not fold.
const PERIOD: [f64; 2] = [8.0, 16.0];
/// The least and the greatest ink of a stroke.
const PRESSURE: [f64; 2] = [0.5, 1.0];

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let of = in_turn(super::num_examples(config), CLASSES);
    each_apart(config, of, CLASSES, |i, rng, picture| {
        let pose = Pose::new(rng, &POSES);
        let hand = Hand::new(rng);
        let glyph = Glyph::of(i % CLASSES, i / CLASSES % FONTS, hand.stroke);
        pose.draw(picture, |place| hand.ink(glyph, place));
        if hand.has_dark_paper {
            picture.iter_mut().for_each(|pixel| *pixel = 1.0 - *pixel);
        }
    })
}

/// A wave over the picture.
struct Wave {
    /// Turns a pixel, down and right.
    frequency: [f64; 2],
    /// Turns.
    phase: f64,
}

impl Wave {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let [down, right] = direction(rng);
        let period = between(rng, PERIOD);
        Self { frequency: [down / period, right / period], phase: rng.random() }
    }

    /// From −1 to 1.
    fn at(&self, [y, x]: [f64; 2]) -> f64 {
        (TAU * (self.frequency[0] * y + self.frequency[1] * x + self.phase)).sin()
    }
}

/// One step in a direction.
fn direction(rng: &mut ChaCha8Rng) -> [f64; 2] {
    let (sin, cos) = (TAU * rng.random::<f64>()).sin_cos();
    [sin, cos]
}

/// How one picture is written.
struct Hand {
    /// The thickness of the strokes.
    stroke: usize,
    /// Waves, and by how many pixels each moves a place down and right.
    bends: [(Wave, [f64; 2]); BENDS],
    pressure: Wave,
    has_dark_paper: bool,
}

impl Hand {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let stroke = (between(rng, [0.0, STROKES as f64]) as usize).min(STROKES - 1);
        let bends = [(); BENDS].map(|()| {
            let wave = Wave::new(rng);
            let push = between(rng, PUSH);
            (wave, direction(rng).map(|part| push * part))
        });
        Self { stroke, bends, pressure: Wave::new(rng), has_dark_paper: rng.random() }
    }

    /// The place of the glyph that stands at a place of the picture.
    fn bent(&self, place: [f64; 2]) -> [f64; 2] {
        let mut bent = place;
        for (wave, push) in &self.bends {
            let height = wave.at(place);
            bent.iter_mut().zip(push).for_each(|(part, push)| *part += push * height);
        }
        bent
    }

    /// The ink at a place, so many pixels below and right of the middle.
    fn ink(&self, glyph: &Glyph, place: [f64; 2]) -> f32 {
        let ink = glyph.ink(self.bent(place));
        // Most places have none, and a wave takes a while.
        if ink == 0.0 { 0.0 } else { self.pressure_at(place) as f32 * ink }
    }

    fn pressure_at(&self, place: [f64; 2]) -> f64 {
        let [least, most] = PRESSURE;
        least + (most - least) * (0.5 + 0.5 * self.pressure.at(place))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::super::super::tests::config;
    use super::super::checks;
    use super::super::pictures::{PIXELS, SIDE};
    use super::*;
    use crate::config::DataSource;

    fn written(n: usize) -> DataConfig {
        DataConfig { train_size: n, test_size: 0, noise: 0.0, ..config(DataSource::Handwriting) }
    }

    #[test]
    fn two_makes_are_equal_and_classes_are_balanced() {
        checks::is_a_function_of_the_seed(&DataConfig { noise: 0.05, ..written(310) }, generate);
        checks::begins_alike_with_more_examples(&written(310), generate);
        assert_eq!(generate(&written(310)).class_counts(), [5; CLASSES]);
    }

    /// The mean of the pixels along the edge.
    fn edge(picture: &[f32]) -> f32 {
        let is_edge = |place: usize| place == 0 || place == SIDE - 1;
        let edge = (0..PIXELS).filter(|at| is_edge(at / SIDE) || is_edge(at % SIDE));
        edge.map(|at| picture[at]).sum::<f32>() / (4 * SIDE - 4) as f32
    }

    /// The picture as it is on light paper.
    fn on_light_paper(picture: &[f32]) -> Vec<f32> {
        let is_dark = edge(picture) > 0.5;
        picture.iter().map(|&pixel| if is_dark { 1.0 - pixel } else { pixel }).collect()
    }

    #[test]
    fn labels_belong_to_their_pictures_and_the_mean_grey_does_not_tell_them() {
        let data = generate(&written(62 * 50));
        let share = checks::nearest_mean(&data, 62 * 40, on_light_paper);
        assert!((0.2..0.7).contains(&share), "{share} right, by chance 0.016");
        let by_grey = checks::nearest_mean(&data, 62 * 40, |picture| vec![picture.iter().sum()]);
        assert!(by_grey < 0.06, "{by_grey} right by the mean grey, by chance 0.016");
    }

    #[test]
    fn paper_is_light_or_dark_by_a_coin_and_each_picture_has_ink() {
        let data = generate(&written(1240));
        let dark = (0..data.len()).filter(|&i| edge(data.example(i)) > 0.5).count();
        // Five standard errors of 1240 coins.
        assert!(dark.abs_diff(620) < 88, "{dark} of 1240");
        for i in 0..data.len() {
            let ink: f32 = on_light_paper(data.example(i)).iter().sum();
            assert!((2.0..110.0).contains(&ink), "{i}: {ink}");
        }
    }

    #[test]
    fn a_hand_bends_by_little_more_than_a_pixel_and_folds_nothing() {
        let places: Vec<[f64; 2]> = (0..81).map(|i| [i / 9, i % 9].map(|at| 2.0 * f64::from(at) - 8.0)).collect();
        let far = |[y, x]: [f64; 2], [b, a]: [f64; 2]| (y - b).hypot(x - a);
        let (mut greatest, mut most_ink, mut least_ink) = (0.0_f64, 0.0_f64, 1.0_f64);
        for seed in 0..200 {
            let hand = Hand::new(&mut ChaCha8Rng::seed_from_u64(seed));
            for &place in &places {
                greatest = greatest.max(far(place, hand.bent(place)));
                let pressure = hand.pressure_at(place);
                (most_ink, least_ink) = (most_ink.max(pressure), least_ink.min(pressure));
                for near in [[place[0] + 0.1, place[1]], [place[0], place[1] + 0.1]] {
                    let apart = far(hand.bent(place), hand.bent(near));
                    assert!(apart > 0.004, "{seed}: {place:?} and {near:?} are {apart} apart");
                }
            }
        }
        assert!((0.8..=1.2).contains(&greatest), "{greatest} pixels");
        assert!(least_ink < 0.51 && most_ink > 0.99 && least_ink >= 0.5, "ink from {least_ink} to {most_ink}");
    }
}
