//! What is done to the images of a step before the gradient is taken: mirrored, turned, moved, made brighter or darker, a part
//! erased, in this order. Measurements see none of it.
//!
//! - `flip`: left to right with the chance ½.
//! - `rotate`: by an angle uniform in ± so many degrees about the centre, between pixels bilinear.
//! - `crop`: by a whole number of pixels, uniform from −c to c, along both sides, as a crop of the image padded by c is.
//! - `jitter`: brightness and contrast by factors uniform in 1 ± j, as torchvision's `ColorJitter` has them: a pixel is
//!   multiplied by the first, and then blended with the mean of the image by the second. A pixel counts from `blank` on, so that
//!   data which are normalised get what their pictures would; and nothing is clamped, since they have no bounds. The mean is that
//!   of all channels alike, where torchvision weighs red, green and blue by how bright they look.
//! - `erase`: with the chance e a rectangle of 2 to 33 % of the image, its height 0.3 to 3.3 times its width, as in Zhong et al.
//!   2020 (arXiv 1708.04896) and torchvision's `RandomErasing`. Where ten rectangles do not fit, none is erased.
//!
//! What comes from outside of the image, and what is erased, is `blank`. What happens to an image is a function of seed, step and
//! place in the batch, and each of its numbers is drawn whether it is used or not: turning one setting leaves the others' alone.

mod drawn;
mod pixels;
#[cfg(test)]
mod sheet;

use rayon::prelude::*;

use super::streams::{Purpose, rng};
use crate::config::Knobs;
use drawn::Drawn;
use pixels::Pixels;

/// What is done to images. [`Default`] does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Augmentation {
    /// Whether half of them are mirrored left to right.
    pub flip: bool,
    /// Pixels by which they are moved at most, along both sides.
    pub crop: usize,
    /// Degrees by which they are turned at most, to either side.
    pub rotate: f64,
    /// How far brightness and contrast go from 1, from 0 to 1.
    pub jitter: f64,
    /// The chance that a part is erased, from 0 to 1.
    pub erase: f64,
}

impl Augmentation {
    /// What the knobs of a run ask for.
    #[must_use]
    pub const fn of(knobs: &Knobs) -> Self {
        Self { flip: knobs.flip, crop: knobs.crop, rotate: knobs.rotate, jitter: knobs.jitter, erase: knobs.erase }
    }
}

/// Changes the images of a step in place: `[n, channels, height, width]` row by row, `shape` being that of one. `blank` is the
/// value of an empty pixel, one for each channel.
///
/// The result is the same for any number of threads, and does not depend on how many images stand behind one.
///
/// # Panics
/// When `blank` has fewer numbers than an image has channels.
pub fn augment(images: &mut [f32], shape: [usize; 3], settings: &Augmentation, blank: &[f32], seed: u64, step: u64) {
    let [channels, height, width] = shape;
    assert!(blank.len() >= channels, "{} values of empty pixels, expected {channels}", blank.len());
    let numbers = channels * height * width;
    if *settings == Augmentation::default() || numbers == 0 {
        return;
    }
    images.par_chunks_exact_mut(numbers).enumerate().for_each_init(Vec::new, |scratch, (place, image)| {
        let purpose = Purpose::Augmentation { step, place: place as u64 };
        let drawn = Drawn::new(settings, [height, width], &mut rng(seed, purpose));
        change(&mut Pixels { of: image, shape, blank, scratch }, settings, &drawn);
    });
}

/// Does to one image what was drawn. What is switched off is left out, so that it does not round either.
fn change(image: &mut Pixels<'_>, settings: &Augmentation, drawn: &Drawn) {
    if settings.flip && drawn.is_flipped {
        image.flip();
    }
    if settings.rotate > 0.0 {
        image.rotate(drawn.degrees.to_radians());
    }
    if drawn.crop != [0, 0] {
        image.crop(drawn.crop);
    }
    if settings.jitter > 0.0 {
        image.jitter(drawn.brightness, drawn.contrast);
    }
    if let Some(area) = drawn.erased {
        image.erase(area);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Augmentation = Augmentation { flip: true, crop: 2, rotate: 20.0, jitter: 0.4, erase: 0.7 };

    /// Images whose pixels are all different, by a formula.
    fn images(n: usize, shape: [usize; 3]) -> Vec<f32> {
        (0..n * shape.iter().product::<usize>()).map(|i| (i * 37 % 101) as f32 / 101.0).collect()
    }

    fn bits(x: &[f32]) -> Vec<u32> {
        x.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn nothing_asked_for_changes_no_bit() {
        let shape = [2, 5, 7];
        let mut x = images(9, shape);
        x[3] = f32::NAN;
        x[4] = -0.0;
        let before = bits(&x);
        augment(&mut x, shape, &Augmentation::default(), &[0.3, -1.0], 4, 2);
        assert_eq!(bits(&x), before);
        augment(&mut [], shape, &ALL, &[0.0, 0.0], 4, 2);
    }

    #[test]
    fn seed_step_and_place_decide_alone() {
        let shape = [1, 8, 8];
        let of = |n: usize, seed, step| {
            let mut x = images(1, shape).repeat(n);
            augment(&mut x, shape, &ALL, &[0.5], seed, step);
            bits(&x)
        };
        let all = of(40, 3, 70);
        assert_eq!(of(40, 3, 70), all);
        assert_eq!(of(25, 3, 70), all[..25 * 64], "what stands behind an image changes nothing");
        let threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| of(40, 3, 70))
        };
        assert_eq!((threads(1), threads(3)), (all.clone(), all.clone()));
        for other in [of(40, 4, 70), of(40, 3, 71)] {
            let same = all.chunks(64).zip(other.chunks(64)).filter(|(a, b)| a == b).count();
            assert_eq!(same, 0);
        }
        let distinct: std::collections::HashSet<&[u32]> = all.chunks(64).collect();
        assert_eq!(distinct.len(), 40, "each image of a batch is changed in its own way");
    }

    #[test]
    fn all_channels_are_changed_alike() {
        let plane = images(1, [1, 9, 6]);
        let mut x = plane.repeat(3).repeat(30);
        augment(&mut x, [3, 9, 6], &ALL, &[0.1; 3], 1, 5);
        for image in x.chunks(3 * 54) {
            assert_eq!(image[..54], image[54..108]);
            assert_eq!(image[..54], image[108..]);
            assert_ne!(image[..54], plane[..], "it was changed");
        }
    }

    /// Where each channel is normalised alike, the pictures behind the numbers are changed as they would be before.
    #[test]
    fn normalised_images_get_what_their_pictures_would() {
        let (shape, mean, std) = ([2, 8, 8], 0.4_f32, 0.25_f32);
        let mut plain = images(20, shape);
        let mut normal: Vec<f32> = plain.iter().map(|x| (x - mean) / std).collect();
        augment(&mut plain, shape, &ALL, &[0.0; 2], 8, 1);
        augment(&mut normal, shape, &ALL, &[-mean / std; 2], 8, 1);
        for (plain, normal) in plain.iter().zip(&normal) {
            assert!((normal * std + mean - plain).abs() < 1e-5, "{plain} and {normal}");
        }
    }

    #[test]
    fn what_comes_from_outside_and_what_is_erased_is_blank() {
        let shape = [2, 6, 6];
        let blank = [7.0, -3.0];
        let settings = Augmentation { crop: 3, erase: 1.0, rotate: 90.0, ..Augmentation::default() };
        let full: Vec<f32> = blank.iter().flat_map(|&blank| [blank; 36]).collect();
        let mut x = full.repeat(12);
        augment(&mut x, shape, &settings, &blank, 0, 0);
        for (found, expected) in x.iter().zip(full.iter().cycle()) {
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
        }
    }

    #[test]
    fn turning_one_setting_leaves_the_others_alone() {
        let draw = |settings: &Augmentation, place| {
            Drawn::new(settings, [16, 16], &mut rng(5, Purpose::Augmentation { step: 9, place }))
        };
        for place in 0..50 {
            let all = draw(&ALL, place);
            let flip = draw(&Augmentation { flip: true, ..Augmentation::default() }, place);
            let crop = draw(&Augmentation { crop: 2, ..Augmentation::default() }, place);
            let erase = draw(&Augmentation { erase: 0.7, ..Augmentation::default() }, place);
            assert_eq!((flip.is_flipped, crop.crop, erase.erased), (all.is_flipped, all.crop, all.erased));
            let twice = draw(&Augmentation { rotate: 40.0, jitter: 0.8, ..ALL }, place);
            assert!((twice.degrees - 2.0 * all.degrees).abs() < 1e-12);
            assert!((twice.contrast - 1.0 - 2.0 * (all.contrast - 1.0)).abs() < 1e-12);
        }
    }
}
