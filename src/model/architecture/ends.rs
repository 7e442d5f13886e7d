//! What a network ends with, and which losses that fits.

use crate::config::{ConfigError, LossKind};

use super::Chain;
use super::layer::Shape;

/// Classes or values that the network gives, where its end fits the loss.
pub(super) fn outputs(chains: &[Chain], loss: LossKind) -> Result<usize, ConfigError> {
    let ends_with = |name: &str, shape: Shape, expected: &str| {
        Err(ConfigError::out_of_range(name, format!("a chain that ends with {shape}"), expected))
    };
    match (chains, loss) {
        ([chain], LossKind::TokenCrossEntropy) => match chain.output {
            Shape::Tokens([_, outputs]) => Ok(outputs),
            shape => ends_with("model.layers", shape, "a chain that ends with tokens, for `token-cross-entropy`"),
        },
        ([image, text], _) => match (image.output, text.output) {
            (Shape::Features(one), Shape::Features(other)) if one == other => Ok(one),
            (Shape::Features(one), shape @ Shape::Features(_)) => {
                let expected = format!("{one} features, as many as the images' tower gives");
                ends_with("model.towers.text.layers", shape, &expected)
            }
            (Shape::Features(_), shape) => ends_with("model.towers.text.layers", shape, "features at its end"),
            (shape, _) => ends_with("model.towers.image.layers", shape, "features at its end"),
        },
        ([chain], _) => match chain.output {
            Shape::Features(outputs) => Ok(outputs),
            shape @ Shape::Tokens(_) => {
                let expected = "a chain that ends with features: add `mean-token`, `first-token` or `last-token`, or take \
                                the loss `token-cross-entropy`";
                ends_with("model.layers", shape, expected)
            }
            shape @ Shape::Text { .. } => {
                ends_with("model.layers", shape, "a chain that begins with `embedding D`, such as `embedding 32`")
            }
            shape @ Shape::Maps(_) => {
                ends_with("model.layers", shape, "a chain that ends with features: add `flatten` and `linear OUT`")
            }
        },
        _ => unreachable!("there is one chain, or two towers"),
    }
}
