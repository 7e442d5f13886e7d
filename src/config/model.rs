//! The model file of the contract: the shape of an example, the layers and the loss.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::within;
use super::{ConfigError, LayerText, ModelInput, Towers};

/// The objective's loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Cross-entropy of the softmax, mean over examples, in nats.
    CrossEntropy,
    /// Squared error against the one-hot labels, mean over all elements.
    Mse,
    /// Cross-entropy at every token, mean over the targets that count, in nats.
    TokenCrossEntropy,
    /// Of two towers: cross-entropy of the rows and of the columns of the similarities of all images and texts, in nats.
    Contrastive,
}

impl LossKind {
    /// The name in the window and in figures.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::Mse => "mean squared error",
            Self::TokenCrossEntropy => "cross-entropy of tokens",
            Self::Contrastive => "contrastive loss",
        }
    }

    /// Whether the outputs are scores of classes, of which the greatest is the answer.
    #[must_use]
    pub const fn has_classes(self) -> bool {
        !matches!(self, Self::Mse)
    }
}

/// The network and its loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// What one example is; nothing where there are towers.
    #[serde(default, skip_serializing_if = "ModelInput::is_empty")]
    pub input: ModelInput,
    /// The loss.
    pub loss: LossKind,
    /// ε of label smoothing as PyTorch defines it: the target is (1−ε)·one-hot + ε/classes. 0 ≤ ε < 1; above 0 only with
    /// cross-entropy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// The layers in order; none where there are towers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerText>,
    /// Tensors that are one parameter under several names. It counts once, under its first name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tied: Vec<Vec<String>>,
    /// Two networks whose outputs the contrastive loss compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub towers: Option<Towers>,
    /// What a published checkpoint calls the parameters: our name to theirs, with ` ᵀ` after it where theirs is transposed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl ModelConfig {
    /// A model without label smoothing.
    #[must_use]
    pub fn new(input: &[usize], loss: LossKind, layers: impl IntoIterator<Item = impl Into<LayerText>>) -> Self {
        Self::of(input.into(), loss, layers)
    }

    /// A model of any input without label smoothing.
    #[must_use]
    pub fn of(input: ModelInput, loss: LossKind, layers: impl IntoIterator<Item = impl Into<LayerText>>) -> Self {
        let layers = layers.into_iter().map(Into::into).collect();
        Self { input, loss, label_smoothing: 0.0, layers, tied: Vec::new(), towers: None, names: BTreeMap::new() }
    }

    /// Two towers under the contrastive loss.
    #[must_use]
    pub fn of_towers(towers: Towers) -> Self {
        let layers: [LayerText; 0] = [];
        Self { towers: Some(towers), ..Self::of(ModelInput::default(), LossKind::Contrastive, layers) }
    }

    /// The inputs of all towers in the order in which an example holds them; one where there are no towers.
    #[must_use]
    pub fn inputs(&self) -> Vec<&ModelInput> {
        match &self.towers {
            Some(towers) => vec![&towers.image.input, &towers.text.input],
            None => vec![&self.input],
        }
    }

    /// Shape of one example as data hold it: `[features]`, `[channels, height, width]` or `[T]`; of two towers the numbers of
    /// both, one after the other.
    #[must_use]
    pub fn example_shape(&self) -> Vec<usize> {
        match &self.inputs()[..] {
            [input] => input.shape(),
            inputs => vec![inputs.iter().map(|input| input.shape().iter().product::<usize>()).sum()],
        }
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
        self.validate_towers()?;
        let chains = match &self.towers {
            None => vec![("model.layers", &self.layers)],
            Some(towers) => vec![
                ("model.towers.image.layers", &towers.image.layers),
                ("model.towers.text.layers", &towers.text.layers),
            ],
        };
        for (name, layers) in chains {
            within(&format!("{name} (how many)"), layers.len() as f64, 1.0, 1e3)?;
        }
        let smoothing = self.label_smoothing;
        let expected = match self.loss {
            LossKind::CrossEntropy if (0.0..1.0).contains(&smoothing) => return Ok(()),
            _ if smoothing == 0.0 => return Ok(()),
            LossKind::CrossEntropy => "a number from 0 to below 1",
            _ => "0 where the loss is not cross-entropy",
        };
        Err(ConfigError::out_of_range("model.label_smoothing", smoothing.to_string(), expected))
    }

    /// Towers come with the contrastive loss, and with no layers outside of them.
    fn validate_towers(&self) -> Result<(), ConfigError> {
        let is_contrastive = self.loss == LossKind::Contrastive;
        let Some(Towers { image, text }) = &self.towers else {
            return match (is_contrastive, self.input.is_empty()) {
                (true, _) => Err(ConfigError::out_of_range(
                    "model.loss",
                    "contrastive".to_owned(),
                    "two towers with it, `[towers.image]` and `[towers.text]`, each with `input` and `layers`",
                )),
                (false, true) => Err(ConfigError::out_of_range(
                    "model.input",
                    "missing".to_owned(),
                    "[features], [channels, height, width] or { tokens = T, vocabulary = V }",
                )),
                (false, false) => Ok(()),
            };
        };
        if !is_contrastive {
            let value = self.loss.label().to_owned();
            return Err(ConfigError::out_of_range("model.loss", value, "`contrastive` where there are two towers"));
        }
        if !self.layers.is_empty() || !self.input.is_empty() {
            let expected = "`input` and `layers` in `[towers.image]` and `[towers.text]` alone";
            return Err(ConfigError::out_of_range("model.towers", "not the only network".to_owned(), expected));
        }
        if image.input.token_input().is_some() {
            let expected = "[channels, height, width], since an example begins with its image";
            return Err(ConfigError::out_of_range("model.towers.image.input", "text".to_owned(), expected));
        }
        if text.input.token_input().is_none() {
            let value = format!("{:?}", text.input.shape());
            return Err(ConfigError::out_of_range("model.towers.text.input", value, "{ tokens = T, vocabulary = V }"));
        }
        Ok(())
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
    fn towers_ties_and_names_survive_the_way_to_a_file_and_back() {
        let text = "loss = \"contrastive\"\n\
                    [towers.image]\ninput = [1, 4, 4]\nlayers = [\"flatten\", \"linear 3\"]\n\
                    [towers.text]\ninput = { tokens = 4, vocabulary = 9 }\nlayers = [\"embedding 3\", \"mean-token\"]\n\
                    [names]\n\"image.1.weight\" = \"visual.proj ᵀ\"\n";
        let model = ModelConfig::from_toml(text).unwrap();
        assert_eq!(model.example_shape(), [20]);
        assert_eq!(ModelConfig::from_toml(&toml::to_string_pretty(&model).unwrap()).unwrap(), model);
        let text = "input = { tokens = 4, vocabulary = 9 }\nloss = \"token-cross-entropy\"\n\
                    layers = [\"embedding 3\", \"linear 9 nobias\"]\ntied = [[\"0.weight\", \"1.weight\"]]\n";
        let model = ModelConfig::from_toml(text).unwrap();
        assert_eq!((model.example_shape(), model.inputs()), (vec![4], vec![&ModelInput::tokens(4, 9)]));
        assert_eq!(ModelConfig::from_toml(&toml::to_string_pretty(&model).unwrap()).unwrap(), model);
        for (text, expected) in [
            ("loss = \"contrastive\"\ninput = [2]\nlayers = [\"linear 2\"]", "expected two towers with it"),
            ("loss = \"mse\"\nlayers = [\"linear 2\"]", "`model.input` is missing"),
            ("loss = \"mse\"\ninput = { tokens = 2 }\nlayers = [\"linear 2\"]", "an input is [features], [channels"),
        ] {
            let message = ModelConfig::from_toml(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
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
