//! How much a network multiplies: the measure of work that does not depend on how it is done.

use super::Architecture;
use super::layer::{Layer, Shape};

impl Architecture {
    /// Multiplications with their additions in the products of one example's forward pass: of matrices, convolutions and
    /// attention. A convolution counts its padding, causal attention all pairs of tokens, as torchvision and the scaling
    /// laws' authors count them; what is pointwise, norms, pools and tables count nothing.
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        self.chains.iter().map(|chain| of_chain(&chain.layers, chain.input).0).sum()
    }
}

/// Of layers one after the other; and the shape after them.
fn of_chain(layers: &[Layer], input: Shape) -> (u64, Shape) {
    layers.iter().fold((0, input), |(sum, shape), layer| (sum + of_layer(layer, shape), layer.output(shape)))
}

fn of_layer(layer: &Layer, input: Shape) -> u64 {
    let output = layer.output(input);
    let count = match layer {
        // Over each token, if there are some.
        Layer::Linear { inputs, outputs, .. } => inputs * outputs * (output.len() / outputs),
        Layer::Conv { inputs, kernel, window, .. } => inputs / window.groups * kernel[0] * kernel[1] * output.len(),
        Layer::Patches { size, inputs, .. } => inputs * size * size * output.len(),
        // Queries, keys, values and outputs are maps of each token; scores and their means take every pair of tokens.
        Layer::Attention { width, .. } => 4 * width * output.len() + 2 * output.pixels() * output.len(),
        Layer::Residual { body, shortcut } => return of_chain(body, input).0 + of_chain(shortcut, input).0,
        _ => 0,
    };
    count as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelConfig, builtin_model};

    fn multiply_adds(model: &ModelConfig) -> u64 {
        Architecture::new(model).unwrap().multiply_adds()
    }

    /// The counts of torchvision's documentation (`_ops` of its weights, in 10⁹ to three digits), and for ResNet-18 the sum
    /// over its layers.
    #[test]
    fn residual_networks_count_what_torchvision_says() {
        for (name, billions) in [("resnet18", 1.814), ("resnet34", 3.664), ("resnet50", 4.089)] {
            let count = multiply_adds(&builtin_model(name).unwrap()) as f64 / 1e9;
            assert!((count - billions).abs() < 6e-4, "{name}: {count}, torchvision says {billions}");
        }
        assert_eq!(multiply_adds(&builtin_model("resnet18").unwrap()), 1_814_073_344);
    }

    /// T·(12·D² + 2·T·D) a block (Kaplan et al. 2020, with the pairs of tokens), and T·D·V for the logits.
    #[test]
    fn transformers_count_what_the_formula_says() {
        let (tokens, width, blocks, vocabulary) = (64, 64, 4, 256);
        let expected = tokens * (blocks * (12 * width * width + 2 * tokens * width) + width * vocabulary);
        assert_eq!(multiply_adds(&builtin_model("gpt-mini").unwrap()), expected);
    }

    #[test]
    fn each_layer_counts_its_products_alone() {
        let count = |head: &str, layers: &str| {
            let text = format!("{head}\nloss = \"cross-entropy\"\nlayers = [{layers}]");
            multiply_adds(&ModelConfig::from_toml(&text).unwrap())
        };
        assert_eq!(count("input = [5]", "\"linear 7\", \"tanh\", \"batchnorm\", \"linear 3\""), 5 * 7 + 7 * 3);
        let grouped = "\"conv 6 3x3 stride 2 groups 2 nobias\", \"maxpool 2\", \"flatten\", \"linear 2\"";
        // 4×9×9 to 6×4×4 by 2 of the 4 channels, then 6×2×2 features.
        assert_eq!(count("input = [4, 9, 9]", grouped), 2 * 9 * 6 * 4 * 4 + 24 * 2);
        let block = "[\"linear 5\", \"shortcut\", \"linear 5 nobias\"], \"linear 2\"";
        assert_eq!(count("input = [5]", block), 25 + 25 + 10);
        let patches = "\"patches 2 3\", \"class-token\", \"first-token\", \"linear 2\"";
        assert_eq!(count("input = [1, 4, 6]", patches), 6 * 3 * 4 + 3 * 2);
    }
}
