//! Small networks for data that no present model fits.

use super::asked::Asked;
use crate::config::{LayerText, LossKind, ModelConfig, ModelInput, Tower, Towers};
use crate::protocol::{DataPreview, TextLook};

/// Features of an image and of a text that are compared.
const COMPARED: usize = 16;

/// A small network for the data.
#[must_use]
pub fn small(data: &DataPreview) -> ModelConfig {
    let asked = Asked::by(data);
    match (&data.text, asked) {
        (Some(text), Asked::Pairs) => two_towers(&data.shape, text),
        (Some(text), Asked::Tokens(vocabulary)) => next_tokens(text.tokens, vocabulary),
        (Some(text), _) => {
            let layers = mean_of_tokens(asked.outputs().unwrap_or(1));
            ModelConfig::of(ModelInput::tokens(text.tokens, text.vocabulary), asked.usual_loss(), layers)
        }
        (None, _) => {
            let last = format!("linear {}", asked.outputs().unwrap_or(1));
            let layers = body(&data.shape).into_iter().map(str::to_owned).chain([last]);
            ModelConfig::new(&data.shape, asked.usual_loss(), layers)
        }
    }
}

/// Layers for the shape of an example, without the last.
fn body(shape: &[usize]) -> Vec<&'static str> {
    match *shape {
        [_, height, width] if height.min(width) >= 4 => {
            // Large pictures end with one number a channel, so that the last layer stays small.
            let end = if height.max(width) > 16 { "globalavgpool" } else { "maxpool 2" };
            vec!["conv 8 3x3 same", "relu", "maxpool 2", "conv 16 3x3 same", "relu", end, "flatten"]
        }
        [_] => vec!["linear 32", "tanh", "linear 32", "tanh"],
        _ => vec!["flatten", "linear 32", "tanh"],
    }
}

/// The mean of what each token is, whatever their order.
fn mean_of_tokens(outputs: usize) -> [String; 3] {
    ["embedding 32".to_owned(), "mean-token".to_owned(), format!("linear {outputs}")]
}

/// A causal transformer that says the next token, with one table for what it reads and what it says.
fn next_tokens(tokens: usize, vocabulary: usize) -> ModelConfig {
    let attention = LayerText::from(vec!["layernorm", "attention 4 causal"]);
    let linear = LayerText::from(vec!["layernorm", "linear 64", "gelu tanh", "linear 32"]);
    let mut layers: Vec<LayerText> = vec!["embedding 32".into(), "position".into()];
    for _ in 0..2 {
        layers.extend([attention.clone(), linear.clone()]);
    }
    layers.extend(["layernorm".into(), LayerText::Text(format!("linear {vocabulary} nobias"))]);
    let last = layers.len() - 1;
    let tied = vec![vec!["0.weight".to_owned(), format!("{last}.weight")]];
    let input = ModelInput::tokens(tokens, vocabulary);
    ModelConfig { tied, ..ModelConfig::of(input, LossKind::TokenCrossEntropy, layers) }
}

fn two_towers(image: &[usize], text: &TextLook) -> ModelConfig {
    let last = format!("linear {COMPARED}");
    let layers = body(image).into_iter().map(str::to_owned).chain([last]).map(LayerText::Text).collect();
    let image = Tower { input: ModelInput::Shape(image.to_vec()), layers };
    let layers = mean_of_tokens(COMPARED).map(LayerText::Text).to_vec();
    let text = Tower { input: ModelInput::tokens(text.tokens, text.vocabulary), layers };
    ModelConfig::of_towers(Towers { image, text })
}
