//! Points in the plane, drawn from the configuration's seed.
//!
//! Each class is a curve (or a point, for blobs) and each example a point of it plus Gaussian noise of standard
//! deviation `noise` in each coordinate, in the same unit as the curves: they are centred at 0 and reach from 1 to 2.
//! Points without noise are evenly spaced along their curve, as in scikit-learn. Classes are balanced to within one example.

use std::f64::consts::{PI, TAU};

use rand::distr::Distribution;
use rand_distr::StandardNormal;

use super::super::streams::{Purpose, rng};
use super::super::{Dataset, Labels};
use crate::config::{DataConfig, DataSource};

/// Radius of the centres of blobs.
const BLOBS_RADIUS: f64 = 1.5;
/// Radius of the inner circle; that of the outer one is 1.
const INNER_RADIUS: f64 = 0.5;
/// Outer radius of spirals.
const SPIRAL_RADIUS: f64 = 2.0;
/// How often a spiral turns around the centre, as in TensorFlow Playground.
const SPIRAL_TURNS: f64 = 1.75;

/// As many points as are asked for, with shape `[2]`, class by class in turn. Moons and circles have two classes,
/// spirals and blobs `classes`.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let n = super::num_examples(config);
    let classes = match config.source {
        DataSource::Spirals | DataSource::Blobs => config.classes.max(1),
        _ => 2,
    };
    let mut rng = rng(config.seed, Purpose::Points);
    let mut x = Vec::with_capacity(2 * n);
    let mut y = Vec::with_capacity(n);
    for i in 0..n {
        let class = i % classes;
        let of_class = (n - class).div_ceil(classes);
        let (px, py) = point(config.source, class, classes, Place { index: i / classes, count: of_class });
        for coordinate in [px, py] {
            let noise: f64 = StandardNormal.sample(&mut rng);
            x.push((coordinate + config.noise * noise) as f32);
        }
        y.push(class as u32);
    }
    Dataset { x, shape: vec![2], y: Labels::Classes { of: y, count: classes } }
}

/// Which of how many evenly spaced points along a curve.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: usize,
    count: usize,
}

impl Place {
    /// From 0 at the curve's beginning to 1 at its end, for curves with two ends.
    fn open(self) -> f64 {
        self.index as f64 / (self.count.max(2) - 1) as f64
    }

    /// From 0 to just below 1, for closed curves.
    fn closed(self) -> f64 {
        self.index as f64 / self.count.max(1) as f64
    }
}

/// The point of a class's curve without noise.
fn point(source: DataSource, class: usize, classes: usize, place: Place) -> (f64, f64) {
    let share = class as f64 / classes as f64;
    match source {
        // scikit-learn's make_moons, moved by its centre (0.5, 0.25).
        DataSource::Moons => {
            let (sin, cos) = (PI * place.open()).sin_cos();
            if class == 0 { (cos - 0.5, sin - 0.25) } else { (0.5 - cos, 0.25 - sin) }
        }
        // The centre belongs to no arm: the first point of an arm is half a gap away from it.
        DataSource::Spirals => {
            let along = (place.index as f64 + 0.5) / place.count.max(1) as f64;
            polar(SPIRAL_RADIUS * along, SPIRAL_TURNS * along + share)
        }
        DataSource::Circles => polar(if class == 0 { 1.0 } else { INNER_RADIUS }, place.closed()),
        DataSource::Blobs => polar(BLOBS_RADIUS, share),
        DataSource::Digits
        | DataSource::File
        | DataSource::Sums
        | DataSource::Chains
        | DataSource::Glyphs
        | DataSource::Shapes
        | DataSource::Textures
        | DataSource::Lesions
        | DataSource::Handwriting
        | DataSource::Counts
        | DataSource::MatrixSensing
        | DataSource::Scenes => unreachable!("these are no points"),
    }
}

/// Radius and angle, in turns from the first axis.
fn polar(radius: f64, turns: f64) -> (f64, f64) {
    let (sin, cos) = (TAU * turns).sin_cos();
    (radius * cos, radius * sin)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::*;

    const GENERATED: [DataSource; 4] = [DataSource::Moons, DataSource::Spirals, DataSource::Circles, DataSource::Blobs];

    #[test]
    fn points_are_centred_in_unit_scale_and_balanced() {
        for source in GENERATED {
            let data = generate(&DataConfig { train_size: 3000, noise: 0.0, ..config(source) });
            let counts = data.class_counts();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{source:?} {counts:?}");
            for axis in 0..2 {
                let values: Vec<f64> = data.x.iter().skip(axis).step_by(2).map(|&v| f64::from(v)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
                assert!(mean.abs() < 0.12, "{source:?} axis {axis}: mean {mean}");
                assert!((0.4..1.2).contains(&sd), "{source:?} axis {axis}: sd {sd}");
            }
        }
    }

    #[test]
    fn moons_are_those_of_scikit_learn() {
        // make_moons(6, shuffle=False) minus (0.5, 0.25).
        let expected = [[0.5, -0.25], [-0.5, 0.75], [-1.5, -0.25], [-0.5, 0.25], [0.5, -0.75], [1.5, 0.25]];
        let data = generate(&DataConfig { train_size: 4, test_size: 2, noise: 0.0, ..config(DataSource::Moons) });
        for (i, place) in [0, 2, 4, 1, 3, 5].into_iter().enumerate() {
            for (found, expected) in data.example(place).iter().zip(expected[i]) {
                assert!((found - expected).abs() < 1e-6, "point {i}: {:?}", data.example(place));
            }
        }
    }

    #[test]
    fn noise_has_the_standard_deviation_asked_for() {
        for source in GENERATED {
            let quiet = DataConfig { train_size: 20_000, noise: 0.0, ..config(source) };
            let noisy = DataConfig { noise: 0.3, ..quiet.clone() };
            let (quiet, noisy) = (generate(&quiet), generate(&noisy));
            let squares: f64 = quiet.x.iter().zip(&noisy.x).map(|(a, b)| f64::from(b - a).powi(2)).sum();
            let sd = (squares / quiet.x.len() as f64).sqrt();
            assert!((sd - 0.3).abs() < 0.005, "{source:?}: {sd}");
        }
    }
}
