//! What is being put together, as the settings keep it between two starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{DataConfig, LossKind, ModelConfig, TokenInput, Towers, TypedLayers};

/// A model and data that differ from those that run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Drafts {
    /// The model.
    #[serde(default)]
    pub model: Option<ModelDraft>,
    /// The data, as the section `data` of an experiment file: what a later version cannot read is passed over.
    #[serde(default)]
    pub data: Option<String>,
}

impl Drafts {
    /// The data, where they can be read.
    #[must_use]
    pub fn data(&self) -> Option<DataConfig> {
        self.data.as_deref().and_then(|text| toml::from_str(text).ok())
    }
}

/// A model as it is typed, right or wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelDraft {
    /// The layers, with comments.
    #[serde(default)]
    pub text: String,
    /// The shape of an example, such as "2" or "1×8×8".
    #[serde(default)]
    pub input: String,
    /// The loss.
    #[serde(default = "cross_entropy")]
    pub loss: LossKind,
    /// ε of label smoothing.
    #[serde(default)]
    pub label_smoothing: f64,
    /// What has no field of its own.
    #[serde(default)]
    pub rest: ModelRest,
}

/// What a model file says that is not typed here, and goes with the draft.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelRest {
    /// Tensors that are one parameter.
    pub tied: Vec<Vec<String>>,
    /// Two networks in place of the layers.
    pub towers: Option<Towers>,
    /// Names of a published checkpoint.
    pub names: BTreeMap<String, String>,
}

const fn cross_entropy() -> LossKind {
    LossKind::CrossEntropy
}

impl Default for ModelDraft {
    fn default() -> Self {
        Self {
            text: String::new(),
            input: String::new(),
            loss: LossKind::CrossEntropy,
            label_smoothing: 0.0,
            rest: ModelRest::default(),
        }
    }
}

impl ModelDraft {
    /// A model, as it would be typed.
    #[must_use]
    pub fn of(model: &ModelConfig) -> Self {
        Self::with_text(model, TypedLayers::text(&model.layers))
    }

    /// A model with its layers as they were typed.
    #[must_use]
    pub fn with_text(model: &ModelConfig, text: String) -> Self {
        let input = match model.input.token_input() {
            Some(TokenInput { tokens, vocabulary }) => format!("{tokens} tokens of {vocabulary}"),
            None => model.input.shape().iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
        };
        let rest = ModelRest { tied: model.tied.clone(), towers: model.towers.clone(), names: model.names.clone() };
        Self { text, input, loss: model.loss, label_smoothing: model.label_smoothing, rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn they_survive_the_way_to_a_file_and_back() {
        let experiment = builtin_experiment("digits-cnn").unwrap();
        let text = "# mine\nlinear 3".to_owned();
        let model = Some(ModelDraft { text, label_smoothing: 0.1, ..ModelDraft::of(&experiment.model) });
        let drafts = Drafts { model, data: toml::to_string(&experiment.data).ok() };
        let again: Drafts = serde_json::from_str(&serde_json::to_string(&drafts).unwrap()).unwrap();
        assert_eq!((again.data(), &again), (Some(experiment.data), &drafts));
        assert_eq!(serde_json::from_str::<Drafts>("{}").unwrap(), Drafts::default());
        assert_eq!(Drafts { data: Some("source = \"mars\"".to_owned()), ..drafts }.data(), None);
    }
}
