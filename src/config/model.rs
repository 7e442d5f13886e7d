//! The model file of the contract: the shape of an example, the layers and the loss.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::within;

/// The objective's loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Cross-entropy of the softmax, mean over examples, in nats.
    CrossEntropy,
    /// Squared error against the one-hot labels, mean over all elements.
    Mse,
}

impl LossKind {
    /// The name in the window and in figures.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::Mse => "mean squared error",
        }
    }
}

/// The network and its loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// `[features]` or `[channels, height, width]`.
    pub input: Vec<usize>,
    /// The loss.
    pub loss: LossKind,
    /// ε of label smoothing as PyTorch defines it: the target is (1−ε)·one-hot + ε/classes. 0 ≤ ε < 1; above 0 only with
    /// cross-entropy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// The layers in order.
    pub layers: Vec<LayerText>,
}

/// A layer, or a residual block of layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a layer is a text such as \"linear 32\", or a list of layers (a residual block)")]
pub enum LayerText {
    /// One layer, such as `"linear 32"` or `"conv 16 3x3 same"`.
    Text(String),
    /// A residual block: y = x + body(x), or body(x) + shortcut(x) where the text `"shortcut"` parts the two.
    Block(Vec<Self>),
}

impl From<&str> for LayerText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for LayerText {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for LayerText {
    fn from(layers: Vec<T>) -> Self {
        Self::Block(layers.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for LayerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Block(layers) => {
                f.write_str("[")?;
                for (index, layer) in layers.iter().enumerate() {
                    write!(f, "{}{layer}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl ModelConfig {
    /// A model without label smoothing.
    #[must_use]
    pub fn new(input: &[usize], loss: LossKind, layers: impl IntoIterator<Item = impl Into<LayerText>>) -> Self {
        let layers = layers.into_iter().map(Into::into).collect();
        Self { input: input.to_vec(), loss, label_smoothing: 0.0, layers }
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] with the line for a syntax error or an unknown key, or the setting that is out of range.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let model: Self = toml::from_str(text).map_err(|err| ConfigError::from_toml(text, &err))?;
        model.validate()?;
        Ok(model)
    }

    /// The objective in words, such as "cross-entropy with label smoothing 0.1".
    #[must_use]
    pub fn loss_label(&self) -> String {
        let loss = self.loss.label();
        if self.label_smoothing == 0.0 {
            loss.to_owned()
        } else {
            format!("{loss} with label smoothing {}", self.label_smoothing)
        }
    }

    /// Checks what does not depend on the layers' texts.
    ///
    /// # Errors
    /// The first setting that is out of range, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        within("model.layers (how many)", self.layers.len() as f64, 1.0, 1e3)?;
        let smoothing = self.label_smoothing;
        let expected = match self.loss {
            LossKind::CrossEntropy if (0.0..1.0).contains(&smoothing) => return Ok(()),
            LossKind::Mse if smoothing == 0.0 => return Ok(()),
            LossKind::CrossEntropy => "a number from 0 to below 1",
            LossKind::Mse => "0 where the loss is not cross-entropy",
        };
        Err(ConfigError::OutOfRange {
            name: "model.label_smoothing".to_owned(),
            value: smoothing.to_string(),
            expected: expected.to_owned(),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lists_and_survive_the_way_to_a_file_and_back() {
        let text = "input = [3]\nloss = \"cross-entropy\"\nlabel_smoothing = 0.1\n\
                    layers = [\"linear 3\", [\"relu\", [\"tanh\"], \"shortcut\", \"gelu\"], \"linear 2\"]\n";
        let model = ModelConfig::from_toml(text).unwrap();
        assert_eq!(model.layers[1].to_string(), "[relu, [tanh], shortcut, gelu]");
        assert_eq!(model.loss_label(), "cross-entropy with label smoothing 0.1");
        let again = ModelConfig::from_toml(&toml::to_string(&model).unwrap()).unwrap();
        assert_eq!(again, model);
    }

    #[test]
    fn wrong_files_are_named_with_what_was_expected() {
        let cases = [
            ("cross-entropy", "1.0", "[\"relu\"]", "`model.label_smoothing` is 1, expected a number from 0 to below 1"),
            ("cross-entropy", "nan", "[\"relu\"]", "is NaN, expected a number from 0 to below 1"),
            ("mse", "0.1", "[\"relu\"]", "expected 0 where the loss is not cross-entropy"),
            ("mse", "0.0", "[3]", "line 4: a layer is a text such as \"linear 32\", or a list of layers"),
            ("mse", "0.0", "[]", "`model.layers (how many)` is 0"),
        ];
        for (loss, smoothing, layers, expected) in cases {
            let text = format!("input = [3]\nloss = \"{loss}\"\nlabel_smoothing = {smoothing}\nlayers = {layers}\n");
            let message = ModelConfig::from_toml(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
