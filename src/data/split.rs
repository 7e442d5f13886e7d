//! Training and test examples: their order before the split, and flipped labels.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::protocol::FileFacts;

use super::generated::ZeroShot;
use super::tokens::TextFacts;
use super::{Dataset, Labels};

/// Training and test examples, disjoint. Any beginning of either is nearly balanced, so "the first n" is a fair subset.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What optimisers see, with flipped labels where the configuration asks for them.
    pub train: Dataset,
    /// What test loss and accuracy are measured on; its labels are never flipped.
    pub test: Dataset,
    /// Examples for choosing settings and steps, whose labels are never flipped; `None` where the configuration asks for none.
    pub validation: Option<Dataset>,
    /// How many training labels were replaced by another class.
    pub flipped: usize,
    /// The classes' names in the order of their numbers; empty where there are only numbers.
    pub class_names: Vec<String>,
    /// What a file was read as, such as "CSV with a header".
    pub format: Option<String>,
    /// What a file says of itself.
    pub file: FileFacts,
    /// What the numbers mean, where they are tokens.
    pub text: Option<TextFacts>,
    /// What two towers are asked of the test examples by prompts; of scenes alone.
    pub zero_shot: Option<ZeroShot>,
}

/// A permutation of the examples in which every beginning holds each class in its share of the whole, to within
/// one example: the kth of the n examples of a class stands at (k + ½)/n of the order. Where there are no classes, it is a
/// plain permutation.
pub(super) fn stratified_order(data: &Dataset, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut shuffled: Vec<u32> = (0..data.len() as u32).collect();
    shuffled.shuffle(rng);
    let Labels::Classes { of, count } = &data.y else { return shuffled };
    let counts = data.class_counts();
    let mut seen = vec![0_usize; *count];
    let mut placed: Vec<(f64, u32)> = shuffled
        .into_iter()
        .map(|index| {
            let class = of[index as usize] as usize;
            let place = (seen[class] as f64 + 0.5) / counts[class] as f64;
            seen[class] += 1;
            (place, index)
        })
        .collect();
    // Stable: where classes are equally large, their examples stay in the random order.
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    placed.into_iter().map(|(_, index)| index).collect()
}

/// Replaces `round(share · n)` labels by a class drawn uniformly from the others, and says how many. Regression has no
/// classes and keeps its values.
///
/// Under one seed a larger share flips the same labels in the same way, and further ones.
pub(super) fn flip_labels(data: &mut Dataset, share: f64, rng: &mut ChaCha8Rng) -> usize {
    let len = data.len();
    let Labels::Classes { of, count: classes } = &mut data.y else { return 0 };
    if *classes < 2 {
        return 0;
    }
    let count = ((share * len as f64).round() as usize).min(len);
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.shuffle(rng);
    let others = *classes as u32 - 1;
    for &i in &order[..count] {
        let old = &mut of[i as usize];
        let drawn = rng.random_range(0..others);
        *old = if drawn < *old { drawn } else { drawn + 1 };
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::streams::{Purpose, rng};
    use super::*;

    fn labelled(y: Vec<u32>, classes: usize) -> Dataset {
        Dataset { x: vec![0.0; y.len()], shape: vec![1], y: Labels::Classes { of: y, count: classes } }
    }

    #[test]
    fn the_order_is_a_permutation_with_unequal_classes_in_their_shares() {
        let data = labelled((0..100).map(|i| u32::from(i < 10)).collect(), 2);
        let order = stratified_order(&data, &mut rng(1, Purpose::Split));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<u32>>());
        for n in 1..=100 {
            let ones: u32 = order[..n].iter().map(|&i| data.classes()[i as usize]).sum();
            assert!((f64::from(ones) - n as f64 / 10.0).abs() <= 1.0, "{ones} of {n}");
        }
    }

    #[test]
    fn flips_go_to_all_other_classes_equally() {
        let mut data = labelled(vec![1; 30_000], 4);
        assert_eq!(flip_labels(&mut data, 1.0, &mut rng(2, Purpose::Labels)), 30_000);
        let counts = data.class_counts();
        assert_eq!(counts[1], 0);
        for class in [0, 2, 3] {
            assert!(counts[class].abs_diff(10_000) < 400, "{counts:?}");
        }
    }

    #[test]
    fn a_larger_share_flips_the_same_labels_and_more() {
        let clean = labelled((0..200).map(|i| i % 5).collect(), 5);
        let flipped = |share| {
            let mut data = clean.clone();
            flip_labels(&mut data, share, &mut rng(3, Purpose::Labels));
            data.classes().to_vec()
        };
        let (some, more) = (flipped(0.1), flipped(0.3));
        for (i, &label) in some.iter().enumerate() {
            assert!(label == clean.classes()[i] || label == more[i], "label {i}");
        }
    }
}
