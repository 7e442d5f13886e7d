//! Pictures of letters and digits: grey, 16×16 pixels from 0 (paper) to 1 (ink), drawn from the configuration's seed.
//!
//! A network learns on them what strokes are, and can be fine-tuned on pictures of another kind. Each is a glyph of one of two
//! fonts by turns, with one of three thicknesses, turned by up to 15°, 0.8 to 1.1 times as large, sheared by up to 0.2, moved by
//! up to 1.5 pixels along both sides, and more or less sharp: a pixel is the mean of 4×4 places on a square 1 to 1.6 pixels wide.
//! `noise` is the standard deviation of what is added to each pixel, which stays between 0 and 1.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::super::streams::{Purpose, rng};
use super::super::{Dataset, Labels};
use super::letters::{FONTS, GLYPHS, Glyph, STROKES};
use crate::config::DataConfig;

/// Pixels of a side.
const SIDE: usize = 16;
/// Places of a pixel along each side.
const PLACES: usize = 4;
/// Degrees to either side.
const TURN: f64 = 15.0;
const SCALE: [f64; 2] = [0.8, 1.1];
const SHEAR: f64 = 0.2;
/// Pixels along each side.
const SHIFT: f64 = 1.5;
/// Pixels that one is the mean of, along each side.
const BLUR: [f64; 2] = [1.0, 1.6];

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let n = super::num_examples(config);
    let classes = config.classes.clamp(1, GLYPHS.len());
    let mut rng = rng(config.seed, Purpose::Points);
    let drawn: Vec<Drawn> = (0..n).map(|_| Drawn::new(&mut rng)).collect();
    let mut x = vec![0.0; n * SIDE * SIDE];
    x.par_chunks_exact_mut(SIDE * SIDE).zip(&drawn).enumerate().for_each(|(i, (picture, drawn))| {
        drawn.picture(Glyph::of(i % classes, i / classes % FONTS, drawn.stroke), picture);
    });
    if config.noise > 0.0 {
        for x in &mut x {
            let noise: f64 = rng.sample(StandardNormal);
            *x = (f64::from(*x) + config.noise * noise).clamp(0.0, 1.0) as f32;
        }
    }
    let of = (0..n).map(|i| (i % classes) as u32).collect();
    Dataset { x, shape: vec![1, SIDE, SIDE], y: Labels::Classes { of, count: classes } }
}

/// How one picture is made of its glyph.
struct Drawn {
    /// From a place of the picture to one of the glyph, both from their middle: rows of a matrix.
    back: [[f64; 2]; 2],
    /// Row and column by which it is moved.
    shift: [f64; 2],
    blur: f64,
    stroke: usize,
}

impl Drawn {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut between = |[low, high]: [f64; 2]| low + (high - low) * rng.random::<f64>();
        let (sin, cos) = between([-TURN, TURN]).to_radians().sin_cos();
        let scale = between(SCALE);
        let shear = between([-SHEAR, SHEAR]);
        let shift = [between([-SHIFT, SHIFT]), between([-SHIFT, SHIFT])];
        let blur = between(BLUR);
        let stroke = (between([0.0, STROKES as f64]) as usize).min(STROKES - 1);
        let back = [[cos, -sin], [sin + shear * cos, cos - shear * sin]].map(|row| row.map(|entry| entry / scale));
        Self { back, shift, blur, stroke }
    }

    fn picture(&self, glyph: &Glyph, pixels: &mut [f32]) {
        let middle = 0.5 * (SIDE as f64 - 1.0);
        let place = |place: usize| self.blur * ((place as f64 + 0.5) / PLACES as f64 - 0.5);
        for (i, pixel) in pixels.iter_mut().enumerate() {
            let [y, x] = [(i / SIDE) as f64 - middle - self.shift[0], (i % SIDE) as f64 - middle - self.shift[1]];
            let ink = (0..PLACES * PLACES).map(|at| {
                let [y, x] = [y + place(at / PLACES), x + place(at % PLACES)];
                glyph.ink(self.back.map(|row| row[0] * y + row[1] * x))
            });
            *pixel = ink.sum::<f32>() / (PLACES * PLACES) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::*;
    use crate::config::DataSource;

    fn glyphs(classes: usize, n: usize) -> DataConfig {
        DataConfig { classes, train_size: n, test_size: 0, noise: 0.0, ..config(DataSource::Glyphs) }
    }

    #[test]
    fn pictures_are_grey_and_each_has_ink() {
        let data = generate(&glyphs(62, 620));
        assert_eq!((data.len(), data.shape.as_slice(), data.num_classes()), (620, &[1, 16, 16][..], 62));
        assert_eq!(data.class_counts(), [10; 62]);
        for i in 0..data.len() {
            let ink: f32 = data.example(i).iter().sum();
            assert!(data.example(i).iter().all(|x| (0.0..=1.0).contains(x)));
            assert!((3.0..140.0).contains(&ink), "{i}: {ink}");
        }
        assert!(data.x.iter().any(|&x| x > 0.95) && data.x.contains(&0.0));
    }

    #[test]
    fn two_makes_are_equal_and_another_seed_is_not() {
        let config = glyphs(26, 500);
        let first = generate(&config);
        assert_eq!(generate(&config), first);
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| generate(&config));
        assert_eq!(alone, first);
        let other = generate(&DataConfig { seed: 4, ..config.clone() });
        assert_eq!((0..500).filter(|&i| other.example(i) == first.example(i)).count(), 0);
        // More of them begin with the same ones, and fewer classes are the first ones.
        assert_eq!(generate(&DataConfig { train_size: 700, ..config }).x[..first.x.len()], first.x);
    }

    #[test]
    fn noise_is_added_to_the_same_pictures() {
        let quiet = generate(&glyphs(10, 400));
        let noisy = generate(&DataConfig { noise: 0.2, ..glyphs(10, 400) });
        // Where nothing is cut off at 0 or 1.
        let grey = quiet.x.iter().zip(&noisy.x).filter(|(quiet, _)| (0.45..0.55).contains(*quiet));
        let squares: Vec<f64> = grey.map(|(quiet, noisy)| f64::from(noisy - quiet).powi(2)).collect();
        let sd = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        assert!(squares.len() > 1000 && (sd - 0.2).abs() < 0.015, "{sd} of {}", squares.len());
        assert!(noisy.x.iter().all(|x| (0.0..=1.0).contains(x)));
    }

    /// The nearest of the classes' mean pictures is the right one far more often than by chance, and not always.
    #[test]
    fn labels_belong_to_their_pictures() {
        let data = generate(&glyphs(26, 3900));
        let (train, test) = (data.first(2600), &data.x[2600 * SIDE * SIDE..]);
        let mut means = vec![[0.0_f64; SIDE * SIDE]; 26];
        for (i, &class) in train.classes().iter().enumerate() {
            means[class as usize].iter_mut().zip(train.example(i)).for_each(|(sum, x)| *sum += f64::from(*x) / 100.0);
        }
        let distance = |mean: &[f64], x: &[f32]| -> f64 {
            mean.iter().zip(x).map(|(mean, x)| (mean - f64::from(*x)).powi(2)).sum()
        };
        let right = test.chunks(SIDE * SIDE).zip(&data.classes()[2600..]).filter(|(x, class)| {
            let nearest = (0..26).min_by(|&a, &b| distance(&means[a], x).total_cmp(&distance(&means[b], x)));
            nearest == Some(**class as usize)
        });
        let share = right.count() as f64 / 1300.0;
        assert!((0.35..0.8).contains(&share), "{share} right, by chance 0.04");
    }
}
