//! Scores: what only some data have beside loss and accuracy, on the test examples and at the end of a run. Text with answers
//! has exact match, two towers have what their features retrieve.

use std::collections::BTreeMap;

use super::error::EngineError;
use crate::config::Measure;
use crate::engine::pairs::{PairScores, pair_scores};
use crate::train::{Prompts, Run};

/// Tells what is done next, and stops where that is asked for.
type Tell<'a> = dyn FnMut(&'static str) -> Result<(), EngineError> + 'a;

/// The scores of a run where it stands; none where its data have none.
///
/// # Errors
/// Those of `tell`.
pub(super) fn scores(run: &Run, tell: &mut Tell<'_>) -> Result<BTreeMap<Measure, f64>, EngineError> {
    let mut scores = BTreeMap::new();
    if let Some(prompts) = run.task().prompts.as_ref().filter(|prompts| !prompts.of.is_empty()) {
        scores.insert(Measure::ExactMatch, exact_match(run, prompts, tell)?);
    }
    if run.task().network.architecture().has_towers() {
        tell("comparing images and texts")?;
        scores.extend(pair_scores(run).iter().flat_map(of_pairs));
    }
    Ok(scores)
}

/// Share of the questions whose answer is right where the run writes it on its own.
fn exact_match(run: &Run, prompts: &Prompts, tell: &mut Tell<'_>) -> Result<f64, EngineError> {
    let mut right = 0;
    for some in prompts.of.chunks(run.task().network.examples_per_pass()) {
        tell("writing answers")?;
        let written = run.written(some, prompts.signs.end);
        right += some.iter().zip(&written).filter(|(prompt, written)| prompts.is_right(prompt, written)).count();
    }
    Ok(right as f64 / prompts.of.len() as f64)
}

/// Those that stand beside the accuracy, which is R@1 of images.
fn of_pairs(scores: &PairScores) -> impl Iterator<Item = (Measure, f64)> {
    let asked = scores.zero_shot.iter().filter(|score| score.asked > 0).map(|score| (score.measure, score.accuracy));
    std::iter::once((Measure::TextToImage, scores.text_to_image)).chain(asked)
}
