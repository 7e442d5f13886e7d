//! What two towers do with pairs, from the features of their images and texts: which text an image finds and which image a text,
//! and what an image is by prompts that it was never trained on (Radford et al. 2021).
//!
//! Features have length 1, so their products are cosines. Where several candidates are most similar, the right one among them counts
//! by chance: one share of as many, which is what a draw among them would give in the mean. Equal features for all thus retrieve 1 of
//! n. A similarity that is not finite makes the score NaN.

use burn::tensor::Tensor;

use crate::config::Measure;
use crate::data::{Question, ZeroShot};
use crate::model::{Batch, Network, Statistics, to_host};
use crate::protocol::NearTexts;
use crate::train::Run;

/// Features on the host, row-major `[n, width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Of images.
    pub image: Vec<f64>,
    /// Of texts.
    pub text: Vec<f64>,
    /// Numbers of one, at least 1.
    pub width: usize,
}

/// The scores of two towers on the test pairs, shares from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct PairScores {
    /// Images whose most similar text is their own (R@1).
    pub image_to_text: f64,
    /// Texts whose most similar image is their own (R@1).
    pub text_to_image: f64,
    /// Questions that are answered by prompts, in their order.
    pub zero_shot: Vec<ZeroShotScore>,
}

/// How often a question is answered right.
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroShotScore {
    /// Which score it is.
    pub measure: Measure,
    /// Share of the right answers; NaN where nothing was asked.
    pub accuracy: f64,
    /// Images that were asked about.
    pub asked: usize,
    /// Answers to choose from.
    pub classes: usize,
}

/// The scores of a run where it stands; `None` where it has no two towers.
#[must_use]
pub fn pair_scores(run: &Run) -> Option<PairScores> {
    let task = run.task();
    let network = &task.network;
    if !network.architecture().has_towers() {
        return None;
    }
    let statistics = run.statistics();
    let frozen = |batch: Batch| match statistics {
        Some(running) => batch.with_statistics(Statistics::Frozen(running.clone())),
        None => batch,
    };
    let tests = features(network, run.weights(), task.test.pieces().iter().cloned().map(frozen));
    let zero_shot = task.zero_shot.as_ref().map_or_else(Vec::new, |zero_shot| {
        let x = with_blank_images(zero_shot, network.architecture().input_len());
        let piece = network.architecture().input_len() * network.examples_per_pass();
        let batches = x.chunks(piece).map(|x| frozen(network.unlabelled(x, &task.compute)));
        let prompts = features(network, run.weights(), batches);
        zero_shot.questions.iter().map(|question| answered(&tests, &prompts, question)).collect()
    });
    let [image_to_text, text_to_image] = retrieved(&tests);
    Some(PairScores { image_to_text, text_to_image, zero_shot })
}

/// The prompts as examples of a network, behind images that say nothing.
fn with_blank_images(zero_shot: &ZeroShot, len: usize) -> Vec<f32> {
    let blank = vec![0.0; len.saturating_sub(zero_shot.tokens)];
    zero_shot.prompts.chunks(zero_shot.tokens).flat_map(|prompt| blank.iter().chain(prompt).copied()).collect()
}

/// The features of all examples of some batches at one row of weights `[1, D]`; nothing where there are no two towers.
pub fn features(network: &Network, weights: &Tensor<2>, batches: impl Iterator<Item = Batch>) -> Features {
    let mut all = Features { image: Vec::new(), text: Vec::new(), width: 1 };
    for batch in batches {
        if let Some([image, text]) = network.features(weights, &batch) {
            all.width = image.dims()[2];
            all.image.extend(to_host(image));
            all.text.extend(to_host(text));
        }
    }
    all
}

/// Share of the images that find their own text, and of the texts that find their own image; NaN without pairs.
#[must_use]
pub fn retrieved(features: &Features) -> [f64; 2] {
    let Features { image, text, width } = features;
    [(image, text), (text, image)].map(|(queries, candidates)| {
        let found = queries.chunks_exact(*width).enumerate();
        mean(found.map(|(own, query)| right(&similarities(query, candidates), own)))
    })
}

/// How often the answer to a question is right: the class whose prompts have the mean feature that an image is most similar to.
#[must_use]
pub fn answered(tests: &Features, prompts: &Features, question: &Question) -> ZeroShotScore {
    let width = prompts.width;
    let mut classes = vec![0.0; question.classes * width];
    for (prompt, &class) in prompts.text.chunks_exact(width).zip(&question.of_prompt) {
        classes[class * width..][..width].iter_mut().zip(prompt).for_each(|(sum, x)| *sum += x);
    }
    for class in classes.chunks_exact_mut(width) {
        let length = class.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 0.0 {
            class.iter_mut().for_each(|x| *x /= length);
        }
    }
    let asked = tests.image.chunks_exact(tests.width).zip(&question.truth);
    let answers: Vec<f64> =
        asked.filter_map(|(image, truth)| truth.map(|truth| right(&similarities(image, &classes), truth))).collect();
    ZeroShotScore {
        measure: question.measure,
        asked: answers.len(),
        classes: question.classes,
        accuracy: mean(answers.into_iter()),
    }
}

/// The texts that each image is most similar to.
#[must_use]
pub fn nearest(features: &Features) -> Vec<NearTexts> {
    let Features { image, text, width } = features;
    let of_image = |(own, image): (usize, &[f64])| {
        let similar = similarities(image, text);
        let mut order: Vec<usize> = (0..similar.len()).collect();
        let known = |at: usize| if similar[at].is_nan() { f64::NEG_INFINITY } else { similar[at] };
        // Stable: of equally similar texts the first comes first.
        order.sort_by(|&a, &b| known(b).total_cmp(&known(a)));
        let told = |&at: &usize| (u16::try_from(at).unwrap_or(u16::MAX), similar[at] as f32);
        NearTexts { nearest: order.iter().take(NearTexts::MOST).map(told).collect(), own: similar[own] as f32 }
    };
    image.chunks_exact(*width).enumerate().map(of_image).collect()
}

/// The products of one feature with each candidate.
fn similarities(query: &[f64], candidates: &[f64]) -> Vec<f64> {
    let product = |candidate: &[f64]| candidate.iter().zip(query).map(|(a, b)| a * b).sum();
    candidates.chunks_exact(query.len()).map(product).collect()
}

/// 1 where the greatest similarity is the right one's, a share of it where others are as great, 0 where one is greater.
fn right(similarities: &[f64], own: usize) -> f64 {
    if !similarities.iter().all(|x| x.is_finite()) {
        return f64::NAN;
    }
    let tied = similarities.iter().filter(|&&x| x == similarities[own]).count();
    if similarities.iter().any(|&x| x > similarities[own]) { 0.0 } else { 1.0 / tied as f64 }
}

fn mean(shares: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = shares.fold((0.0, 0_u64), |(sum, count), share| (sum + share, count + 1));
    sum / count as f64
}

#[cfg(test)]
mod tests;
