//! Shapes that differ in one part: grey pictures of 16×16 pixels, drawn from the configuration's seed.
//!
//! Twenty classes: a disc, a square, a triangle or a diamond, each with one of five parts: none, a hole in its middle, a bar
//! above it, a dot at its right, or a notch from below. Each is 0.85 to 1.15 times as large, turned by up to 15°, sheared by up
//! to 0.15, moved by up to 1.5 pixels along both sides, more or less sharp, and its ink is 0.6 to 1. `noise` is the standard
//! deviation of what is added to each pixel, which stays between 0 and 1.

use rayon::prelude::*;

use super::super::Dataset;
use super::super::streams::{Purpose, rng};
use super::pictures::{PIXELS, Pose, Poses, between, data_set};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 15.0, scale: [0.85, 1.15], shear: 0.15, shift: 1.5, blur: [1.0, 1.5] };
/// How dark the ink is.
const INK: [f64; 2] = [0.6, 1.0];
const BODIES: [&str; 4] = ["disc", "square", "triangle", "diamond"];
const PARTS: [&str; 5] = ["", " with a hole", " with a bar", " with a dot", " with a notch"];
const CLASSES: usize = BODIES.len() * PARTS.len();

/// The classes' names, in their order.
pub(in super::super) fn names() -> Vec<String> {
    BODIES.iter().flat_map(|body| PARTS.map(|part| format!("{body}{part}"))).collect()
}

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let n = super::num_examples(config);
    let mut rng = rng(config.seed, Purpose::Points);
    let drawn: Vec<(Pose, f32)> =
        (0..n).map(|_| (Pose::new(&mut rng, &POSES), between(&mut rng, INK) as f32)).collect();
    let mut x = vec![0.0; n * PIXELS];
    x.par_chunks_exact_mut(PIXELS).zip(&drawn).enumerate().for_each(|(i, (picture, (pose, ink)))| {
        let (body, part) = (i % CLASSES / PARTS.len(), i % PARTS.len());
        pose.draw(picture, |place| if is_inside(body, part, place) { *ink } else { 0.0 });
    });
    let of = (0..n).map(|i| (i % CLASSES) as u32).collect();
    data_set(x, of, CLASSES, config.noise, &mut rng)
}

/// Whether a place, so many pixels below and right of the middle, has ink.
fn is_inside(body: usize, part: usize, [y, x]: [f64; 2]) -> bool {
    let is_body = match body {
        0 => y.hypot(x) < 4.2,
        1 => y.abs() < 3.7 && x.abs() < 3.7,
        2 => y < 3.6 && y > 2.0 * x.abs() - 4.6,
        _ => y.abs() + x.abs() < 5.2,
    };
    match part {
        1 => is_body && y.hypot(x) > 1.6,
        2 => is_body || (-6.8..-5.6).contains(&y) && x.abs() < 3.0,
        3 => is_body || y.hypot(x - 5.9) < 1.1,
        4 => is_body && (x.abs() > 1.1 || y < 0.4),
        _ => is_body,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::super::checks;
    use super::*;
    use crate::config::DataSource;

    #[test]
    fn two_makes_are_equal_and_classes_are_balanced() {
        let config = DataConfig { train_size: 400, test_size: 0, noise: 0.05, ..config(DataSource::Shapes) };
        let data = generate(&config);
        checks::is_a_function_of_the_seed(&config, generate);
        assert_eq!((data.class_counts(), names().len()), (vec![20; CLASSES], CLASSES));
        assert_eq!(
            [&names()[0][..], &names()[9], &names()[19]],
            ["disc", "square with a notch", "diamond with a notch"]
        );
    }

    #[test]
    fn no_two_classes_are_drawn_alike_and_none_leaves_its_picture() {
        let places: Vec<[f64; 2]> = (0..96 * 96).map(|i| [i / 96, i % 96].map(|at| at as f64 / 6.0 - 8.0)).collect();
        let drawn: Vec<Vec<bool>> = (0..CLASSES)
            .map(|class| {
                places.iter().map(|&place| is_inside(class / PARTS.len(), class % PARTS.len(), place)).collect()
            })
            .collect();
        for (class, first) in drawn.iter().enumerate() {
            let area = first.iter().filter(|is| **is).count() as f64 / 36.0;
            assert!((25.0..75.0).contains(&area), "{class}: {area} pixels");
            let edge = places.iter().zip(first).filter(|(place, is)| **is && place.iter().any(|at| at.abs() > 7.2));
            assert_eq!(edge.count(), 0, "{class}");
            for (other, second) in drawn.iter().enumerate().skip(class + 1) {
                let differ = first.iter().zip(second).filter(|(a, b)| a != b).count() as f64 / 36.0;
                assert!(differ > 2.5, "{class} and {other} differ in {differ} pixels");
            }
        }
    }

    #[test]
    fn labels_belong_to_their_pictures() {
        let data = generate(&DataConfig { train_size: 3000, test_size: 0, noise: 0.0, ..config(DataSource::Shapes) });
        let share = checks::nearest_mean(&data, 2000, <[f32]>::to_vec);
        assert!((0.3..0.95).contains(&share), "{share} right, by chance 0.05");
    }
}
