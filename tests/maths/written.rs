//! Greedy decoding against networks whose next tokens are known, and against the outputs at texts that are given whole.

use std::sync::Arc;

use flatscape::config::{LayerText, LossKind, ModelConfig, ModelInput};
use flatscape::model::{Compute, IGNORED, Network, Objective, Purpose, Statistics, Targets, gaussian};

use crate::common::{END, Failures, bigrams, check_bigrams, rows};

#[test]
fn bigrams_are_written_on_until_the_end_sign_or_the_end_of_the_input() {
    let mut failures = Failures::new();
    check_bigrams(&Compute::cpu(), &mut failures);
    check_bigrams(&Compute::cpu_f64(), &mut failures);
    failures.finish();
}

#[test]
fn texts_that_do_not_fit_one_pass_are_written_likewise() {
    let compute = Compute::cpu();
    let (network, weights) = bigrams(48, 4096, &compute);
    let texts: Vec<Vec<i32>> = (0..130).map(|i| vec![[0, 1, 3][i % 3]; 44]).collect();
    let texts: Vec<&[i32]> = texts.iter().map(Vec::as_slice).collect();
    assert!(network.examples_per_pass() < texts.len(), "{} at once", network.examples_per_pass());
    let found = network.written(&weights, &texts, END, &Statistics::Batch, &compute);
    let expected: [&[i32]; 3] = [&[3, 2, 1, END], &[END], &[2, 1, END]];
    assert!(found.iter().enumerate().all(|(i, found)| found == expected[i % 3]), "{found:?}");
}

/// Given the whole of what it wrote, a network names each of its tokens: the place, what is behind and the padding change nothing.
#[test]
fn what_a_transformer_writes_is_what_it_says_of_the_whole_text() {
    const T: usize = 12;
    let layers: [Vec<LayerText>; 3] = [
        vec!["embedding 8".into(), "position".into()],
        vec![vec!["layernorm", "attention 2 causal"].into(), vec!["layernorm", "linear 16", "gelu", "linear 8"].into()],
        vec!["layernorm".into(), "linear 7".into()],
    ];
    let input = ModelInput::tokens(T, 7);
    let config = ModelConfig::of(input, LossKind::TokenCrossEntropy, layers.concat());
    for compute in [Compute::cpu(), Compute::cpu_f64()] {
        let network = Arc::new(Network::new(&config).expect("the layers fit each other"));
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<_>>();
        let weights = rows(&[wide(gaussian(5, Purpose::Weights, 0, network.num_parameters()))], &compute);
        let chance = gaussian(6, Purpose::Directions, 0, 40 * T);
        let token = |place: usize| (chance[place].abs() * 1e3) as i32 % 7;
        let texts: Vec<Vec<i32>> =
            (0..40).map(|i| (0..1 + i % 9).map(|place| token(i * T + place)).collect()).collect();
        let questions: Vec<&[i32]> = texts.iter().map(Vec::as_slice).collect();
        let written = network.written(&weights, &questions, END, &Statistics::Batch, &compute);

        let (mut x, mut targets) = (Vec::new(), Vec::new());
        for (text, written) in texts.iter().zip(&written) {
            let whole = [&text[..], written].concat();
            assert!(whole.len() == T || whole.last() == Some(&END), "{whole:?}");
            let place = |place: usize| whole.get(place).copied();
            x.extend((0..T).map(|at| place(at).unwrap_or(-1) as f32));
            targets.extend((1..=T).map(|at| place(at).filter(|_| at >= text.len()).unwrap_or(IGNORED)));
        }
        let count = written.iter().map(Vec::len).sum::<usize>();
        assert!(count > written.len(), "each text goes on for more than one token on the mean: {written:?}");
        let accuracy = |targets: &[i32]| {
            let objective = Objective::new(Arc::clone(&network), &x, Targets::Tokens(targets), compute.clone());
            assert_eq!(objective.num_targets(), count);
            objective.evaluate(weights.clone()).1
        };
        assert!((accuracy(&targets) - 1.0).abs() < 1e-12);
        let other = targets.iter_mut().find(|target| **target >= 0).expect("something was written");
        *other = (*other + 1) % 7;
        assert!((accuracy(&targets) - (1.0 - 1.0 / count as f64)).abs() < 1e-12);
    }
}
