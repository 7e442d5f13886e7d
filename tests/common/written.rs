//! Networks whose greedy decoding is known, and what they write.

use burn::tensor::Tensor;
use flatscape::config::{LossKind, ModelConfig, ModelInput};
use flatscape::model::{Compute, Network, Statistics};

use super::{Failures, rows};

/// The end sign of all of them.
pub const END: i32 = 4;

/// Logits of the next token by the last one; behind 2 the tokens 1 and 4 are equally probable.
const TABLE: [[f64; 5]; 5] = [
    [0.0, 1.0, 0.5, 2.0, -1.0],
    [-3.0, -2.0, -2.0, -2.0, -1.0],
    [0.0, 7.0, 0.0, 0.0, 7.0],
    [0.25, 0.0, 0.5, 0.0, 0.375],
    [1e4, 1e3, 0.0, 0.0, -1e4],
];

/// Texts with what is written behind each by [`TABLE`], for an input of 6 tokens.
const WRITTEN: [(&[i32], &[i32]); 9] = [
    (&[0], &[3, 2, 1, END]),
    (&[3, 3, 3], &[2, 1, END]),
    (&[1], &[END]),
    (&[2, 2, 2, 2, 2], &[1]),
    (&[0, 0, 0], &[3, 2, 1]),
    // It ends with the very token that fills the input.
    (&[END], &[0, 3, 2, 1, END]),
    (&[3, END], &[0, 3, 2, 1]),
    (&[0, 3, 2, 1, 0, 3], &[]),
    (&[], &[]),
];

/// A network of so many tokens that says the next one by the last one alone, and its weights.
pub fn bigrams(tokens: usize, width: usize, compute: &Compute) -> (Network, Tensor<2>) {
    let layers = [format!("embedding {width}"), "linear 5 nobias".to_owned()];
    let config = ModelConfig::of(ModelInput::tokens(tokens, 5), LossKind::TokenCrossEntropy, layers);
    let network = Network::new(&config).expect("the layers fit each other");
    let embedding = (0..5 * width).map(|place| f64::from(u8::from(place / width == place % width)));
    let next = (0..5 * width).map(|place| TABLE.get(place % width).map_or(0.0, |from| from[place / width]));
    let weights: Vec<f64> = embedding.chain(next).collect();
    (network, rows(&[weights], compute))
}

/// What bigrams write on a device.
pub fn check_bigrams(compute: &Compute, failures: &mut Failures) {
    let (network, weights) = bigrams(6, 5, compute);
    let texts = WRITTEN.map(|(text, _)| text);
    let found = network.written(&weights, &texts, END, &Statistics::Batch, compute);
    for ((text, expected), found) in WRITTEN.iter().zip(&found) {
        failures.holds(&format!("behind {text:?}"), found == expected, &format!("{found:?}, expected {expected:?}"));
    }
}
