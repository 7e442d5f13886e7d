//! What is drawn for one image of a batch.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Augmentation;

/// Share of an image that is erased.
const ERASED: Range<f64> = 0.02..0.33;
/// Height of what is erased, in widths of it; uniform in its logarithm.
const ASPECT: Range<f64> = 0.3..3.3;
/// Rectangles that are tried until one fits.
const TRIES: usize = 10;

/// A part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Row and column of its corner.
    pub corner: [usize; 2],
    /// Height and width.
    pub sides: [usize; 2],
}

/// What is done to one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// Mirrored left to right.
    pub is_flipped: bool,
    /// Turned by so much, counter-clockwise.
    pub degrees: f64,
    /// The row and the column that come to stand first; may be negative.
    pub crop: [i64; 2],
    /// Factor of the distance from the blank pixel.
    pub brightness: f64,
    /// Factor of the distance from the image's mean.
    pub contrast: f64,
    /// Set to blank.
    pub erased: Option<Area>,
}

impl Drawn {
    /// Draws for an image of these sides. The numbers have their order, and as many are taken whatever the settings are.
    pub fn new(settings: &Augmentation, sides: [usize; 2], rng: &mut ChaCha8Rng) -> Self {
        let mut next = || rng.random::<f64>();
        let around = |share: f64, reach: f64| (2.0 * share - 1.0) * reach;
        let is_flipped = next() < 0.5 && settings.flip;
        let degrees = around(next(), settings.rotate);
        let reach = settings.crop as i64;
        let crop = [next(), next()].map(|share| below(share, 2 * settings.crop + 1) as i64 - reach);
        let [brightness, contrast] = [next(), next()].map(|share| 1.0 + around(share, settings.jitter));
        let is_erased = next() < settings.erase;
        let erased = if is_erased { area(sides, &mut next) } else { None };
        Self { is_flipped, degrees, crop, brightness, contrast, erased }
    }
}

/// A rectangle as Zhong et al. draw it; `None` where none fits.
fn area([height, width]: [usize; 2], next: &mut impl FnMut() -> f64) -> Option<Area> {
    let between = |share: f64, range: &Range<f64>| range.start + share * (range.end - range.start);
    let logarithms = ASPECT.start.ln()..ASPECT.end.ln();
    for _ in 0..TRIES {
        let pixels = (height * width) as f64 * between(next(), &ERASED);
        let aspect = between(next(), &logarithms).exp();
        let [tall, wide] = [pixels * aspect, pixels / aspect].map(|square| (square.sqrt().round() as usize).max(1));
        if tall < height && wide < width {
            let corner = [below(next(), height - tall + 1), below(next(), width - wide + 1)];
            return Some(Area { corner, sides: [tall, wide] });
        }
    }
    None
}

/// One of the whole numbers below `count`, by a share from 0 to just below 1.
fn below(share: f64, count: usize) -> usize {
    ((share * count as f64) as usize).min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::super::super::streams::{Purpose, rng};
    use super::*;

    const N: u64 = 20_000;

    /// Draws for images of 32×32 pixels: over batches of 100, as training asks for them.
    fn draws(settings: &Augmentation) -> Vec<Drawn> {
        let purpose = |i| Purpose::Augmentation { step: i / 100, place: i % 100 };
        (0..N).map(|i| Drawn::new(settings, [32, 32], &mut rng(1, purpose(i)))).collect()
    }

    /// Whether the values are uniform from `low` to `high`: mean, mean square, and that each tenth has its tenth.
    fn assert_uniform(what: &str, values: &[f64], low: f64, high: f64) {
        let mut tenths = [0.0; 10];
        for value in values {
            assert!((low..=high).contains(value), "{what}: {value}");
            tenths[((10.0 * (value - low) / (high - low)) as usize).min(9)] += 10.0 / values.len() as f64;
        }
        // A tenth has 2 000 ± 42 of 20 000.
        assert!(tenths.iter().all(|share| (share - 1.0).abs() < 0.11), "{what}: {tenths:?}");
    }

    #[test]
    fn half_of_the_images_are_mirrored() {
        let flips = draws(&Augmentation { flip: true, ..Augmentation::default() });
        let count = flips.iter().filter(|drawn| drawn.is_flipped).count();
        assert!(count.abs_diff(10_000) < 350, "{count}: five standard deviations are 354");
        assert!(draws(&Augmentation::default()).iter().all(|drawn| !drawn.is_flipped));
    }

    #[test]
    fn every_move_is_equally_likely() {
        let moves = draws(&Augmentation { crop: 3, ..Augmentation::default() });
        let mut counts = [[0_usize; 7]; 7];
        for drawn in &moves {
            let [row, column] = drawn.crop.map(|by| (by + 3) as usize);
            counts[row][column] += 1;
        }
        // 20 000 / 49 = 408 ± 20 for each pair.
        assert!(counts.iter().flatten().all(|count| count.abs_diff(408) < 100), "{counts:?}");
    }

    #[test]
    fn angles_and_factors_are_uniform_within_their_bounds() {
        let all = draws(&Augmentation { rotate: 15.0, jitter: 0.3, ..Augmentation::default() });
        let values = |of: fn(&Drawn) -> f64| all.iter().map(of).collect::<Vec<_>>();
        assert_uniform("angle", &values(|drawn| drawn.degrees), -15.0, 15.0);
        let [brightness, contrast] = [values(|drawn| drawn.brightness), values(|drawn| drawn.contrast)];
        assert_uniform("brightness", &brightness, 0.7, 1.3);
        assert_uniform("contrast", &contrast, 0.7, 1.3);
        let product: f64 = brightness.iter().zip(&contrast).map(|(a, b)| (a - 1.0) * (b - 1.0)).sum();
        // Independent: ± 0.03 / √20 000.
        assert!((product / N as f64).abs() < 0.0011, "{product}");
    }

    #[test]
    fn what_is_erased_has_its_chance_size_and_form() {
        let all = draws(&Augmentation { erase: 0.25, ..Augmentation::default() });
        let areas: Vec<Area> = all.iter().filter_map(|drawn| drawn.erased).collect();
        assert!(areas.len().abs_diff(5_000) < 310, "{}: five standard deviations are 306", areas.len());
        let (mut shares, mut logarithms) = (0.0, 0.0);
        for Area { corner, sides: [tall, wide] } in &areas {
            assert!(corner[0] + tall <= 32 && corner[1] + wide <= 32);
            let (share, aspect) = ((tall * wide) as f64 / 1024.0, *tall as f64 / *wide as f64);
            // Sides are whole pixels: a side of 3 may be meant as 2.5.
            assert!((0.012..0.37).contains(&share) && (0.22..4.5).contains(&aspect), "{tall}×{wide}");
            shares += share / areas.len() as f64;
            logarithms += aspect.ln() / areas.len() as f64;
        }
        // Means of the distributions, but for the roundings and what does not fit.
        assert!((shares - 0.175).abs() < 0.01 && logarithms.abs() < 0.06, "{shares} {logarithms}");
        // Those whose middle is not that of the image lie in each quarter alike.
        let mut quarters = [0.0; 4];
        for Area { corner: [top, left], sides: [tall, wide] } in areas {
            let [y, x] = [2 * top + tall, 2 * left + wide];
            if y != 32 && x != 32 {
                quarters[2 * usize::from(y > 32) + usize::from(x > 32)] += 1.0;
            }
        }
        let all: f64 = quarters.iter().sum();
        assert!(quarters.iter().all(|count| (count / all - 0.25).abs() < 0.035), "{quarters:?}");
    }

    #[test]
    fn a_part_is_smaller_than_its_image() {
        let erase = Augmentation { erase: 1.0, ..Augmentation::default() };
        let of = |sides| Drawn::new(&erase, sides, &mut rng(0, Purpose::Augmentation { step: 0, place: 0 })).erased;
        assert_eq!((of([1, 1]), of([1, 9])), (None, None));
        assert!(of([2, 2]).is_some_and(|area| area.sides == [1, 1]));
    }
}
