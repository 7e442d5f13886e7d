//! Scenes: pictures of one or two things with their captions, for models that compare images with texts.
//!
//! A thing is one of 4 shapes in one of 6 colours and 2 sizes at one of 9 places, and a caption says all four in one of two
//! phrasings. No scene is drawn twice, so no two captions are alike and whatever batch is taken, one picture has one right text.
//! `noise` is the standard deviation of what is added to each pixel, which stays between 0 and 1. Of `held_out` pairs of a
//! shape and a colour no training scene has one; every second test scene has.

mod picture;
mod prompts;
mod things;
mod words;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::super::streams::{Purpose, rng};
use super::super::{Dataset, Labels, limit};
use crate::config::DataConfig;
use picture::{CHANNELS, Drawn, SIDE};
use things::{Scene, Scenes, num_scenes};

pub use prompts::{Question, ZeroShot};
pub(in super::super) use words::{TOKENS, WORDS};

/// Channels, height and width.
pub(in super::super) const IMAGE: [usize; 3] = [CHANNELS, SIDE, SIDE];

/// Numbers of a picture.
const PIXELS: usize = CHANNELS * SIDE * SIDE;

/// Scenes for training and validation, and those for tests.
pub(in super::super) struct Pairs {
    /// As many as are asked for, or half of those that there are.
    pub train: Dataset,
    /// As many as are asked for, or half of those that there are.
    pub test: Dataset,
}

/// Pairs of an image and a caption of `tokens` tokens, at least [`TOKENS`].
///
/// # Errors
/// A sentence where they would take more memory than is allowed.
pub(in super::super) fn generate(config: &DataConfig, tokens: usize) -> Result<Pairs, String> {
    let [seen, held_out] = num_scenes(config.held_out);
    // Far from all are drawn, so that a new one is found soon.
    let train = config.train_size.saturating_add(config.validation_size).min(seen / 2);
    let most_tests = if held_out == 0 { seen / 4 } else { 2 * (seen / 8).min(held_out / 2) };
    let test = config.test_size.min(most_tests);
    let numbers = (train + test).saturating_mul(PIXELS.saturating_add(tokens));
    limit::allow("the scenes", 4 * numbers as u64)?;
    let mut rng = rng(config.seed, Purpose::Points);
    let mut scenes = Scenes::new(config.held_out, &mut rng);
    let of_train: Vec<Scene> = (0..train).map(|_| scenes.next(false)).collect();
    let of_test: Vec<Scene> = (0..test).map(|i| scenes.next(held_out > 0 && i % 2 == 0)).collect();
    let of_train: Vec<Told> = of_train.into_iter().map(|scene| Told::new(scene, &mut rng)).collect();
    let of_test: Vec<Told> = of_test.into_iter().map(|scene| Told::new(scene, &mut rng)).collect();
    // Noise comes after all else, so that it is added to the same pictures.
    let mut dataset = |told: &[Told]| {
        let shape = vec![PIXELS + tokens];
        let mut x = vec![0.0; told.len() * shape[0]];
        x.par_chunks_exact_mut(shape[0]).zip(told).for_each(|(x, told)| told.pair(x));
        for x in x.chunks_exact_mut(shape[0]).filter(|_| config.noise > 0.0) {
            add_noise(&mut x[..PIXELS], config.noise, &mut rng);
        }
        Dataset { x, shape, y: Labels::Pairs { count: told.len() } }
    };
    Ok(Pairs { train: dataset(&of_train), test: dataset(&of_test) })
}

/// A scene with what chance makes of it: how it is drawn, which of two things is named first, and in which phrasing.
struct Told {
    scene: Scene,
    drawn: Drawn,
    is_reversed: bool,
    phrasing: usize,
}

impl Told {
    fn new(scene: Scene, rng: &mut ChaCha8Rng) -> Self {
        let drawn = Drawn::new(rng);
        let is_reversed = rng.random_range(0..2_u32) == 1;
        Self { scene, drawn, is_reversed, phrasing: rng.random_range(0..words::PHRASINGS as u32) as usize }
    }

    /// The numbers of a picture and then the tokens of its caption.
    fn pair(&self, x: &mut [f32]) {
        let (pixels, tokens) = x.split_at_mut(PIXELS);
        self.drawn.picture(&self.scene, pixels);
        let mut named = self.scene.clone();
        if self.is_reversed {
            named.reverse();
        }
        let caption = words::padded(&words::caption(&named, self.phrasing), tokens.len());
        tokens.copy_from_slice(&caption);
    }
}

/// Adds noise of a standard deviation to pixels, which stay between 0 and 1.
fn add_noise(pixels: &mut [f32], deviation: f64, rng: &mut ChaCha8Rng) {
    for pixel in pixels {
        let noise: f64 = rng.sample(StandardNormal);
        *pixel = (f64::from(*pixel) + deviation * noise).clamp(0.0, 1.0) as f32;
    }
}

#[cfg(test)]
mod tests;
