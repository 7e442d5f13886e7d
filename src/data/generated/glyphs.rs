//! Pictures of letters and digits: grey, 16×16 pixels from 0 (paper) to 1 (ink), drawn from the configuration's seed.
//!
//! A network learns on them what strokes are, and can be fine-tuned on pictures of another kind. Each is a glyph of one of two
//! fonts by turns, with one of three thicknesses, turned by up to 15°, 0.8 to 1.1 times as large, sheared by up to 0.2, moved by
//! up to 1.5 pixels along both sides, and more or less sharp: a pixel is the mean of 4×4 places on a square 1 to 1.6 pixels wide.
//! `noise` is the standard deviation of what is added to each pixel, which stays between 0 and 1.

use rayon::prelude::*;

use super::super::Dataset;
use super::super::streams::{Purpose, rng};
use super::letters::{FONTS, GLYPHS, Glyph, STROKES};
use super::pictures::{PIXELS, Pose, Poses, between, data_set};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 15.0, scale: [0.8, 1.1], shear: 0.2, shift: 1.5, blur: [1.0, 1.6] };

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let n = super::num_examples(config);
    let classes = config.classes.clamp(1, GLYPHS.len());
    let mut rng = rng(config.seed, Purpose::Points);
    let mut drawn = || {
        let pose = Pose::new(&mut rng, &POSES);
        let stroke = (between(&mut rng, [0.0, STROKES as f64]) as usize).min(STROKES - 1);
        (pose, stroke)
    };
    let drawn: Vec<(Pose, usize)> = (0..n).map(|_| drawn()).collect();
    let mut x = vec![0.0; n * PIXELS];
    x.par_chunks_exact_mut(PIXELS).zip(&drawn).enumerate().for_each(|(i, (picture, (pose, stroke)))| {
        let glyph = Glyph::of(i % classes, i / classes % FONTS, *stroke);
        pose.draw(picture, |place| glyph.ink(place));
    });
    let of = (0..n).map(|i| (i % classes) as u32).collect();
    data_set(x, of, classes, config.noise, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::super::checks;
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
        let share = checks::nearest_mean(&data, 2600, <[f32]>::to_vec);
        assert!((0.35..0.8).contains(&share), "{share} right, by chance 0.04");
    }
}
