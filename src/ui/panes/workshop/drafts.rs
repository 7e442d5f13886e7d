//! What is being put together, as the settings keep it between two starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{
    DataConfig, KeepRule, LayerText, LossKind, ModelConfig, ModelInput, StartConfig, TokenInput, Tower, Towers,
    TypedLayers,
};
use crate::engine::TypedModel;

/// A model and data that differ from those that run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Drafts {
    /// The model.
    #[serde(default)]
    pub model: Option<ModelDraft>,
    /// The data, as the section `data` of an experiment file: what a later version cannot read is passed over.
    #[serde(default)]
    pub data: Option<String>,
    /// Which weights of a run count at its end.
    #[serde(default)]
    pub keep: KeepRule,
    /// What the runs start from.
    #[serde(default)]
    pub start: Option<StartDraft>,
}

/// A start as it is typed, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartDraft {
    /// The path of the file of weights; empty for random weights.
    pub weights: String,
    /// The key of the file under which the weights are; empty where it is found.
    pub key: String,
    /// Patterns of the tensors that begin anew, with commas between them.
    pub fresh: String,
    /// Patterns of the tensors that stay.
    pub frozen: String,
}

impl StartDraft {
    /// A start, as it would be typed.
    #[must_use]
    pub fn of(start: Option<&StartConfig>) -> Self {
        let Some(StartConfig { weights, key, fresh, frozen }) = start else { return Self::default() };
        let key = key.clone().unwrap_or_default();
        Self { weights: weights.display().to_string(), key, fresh: fresh.join(", "), frozen: frozen.join(", ") }
    }

    /// Whether nothing is typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.weights, &self.key, &self.fresh, &self.frozen].iter().all(|text| text.trim().is_empty())
    }
}

/// The patterns of a text.
#[must_use]
pub fn patterns(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| letter == ',' || letter == ';' || letter.is_whitespace());
    let words = words.map(|word| word.trim_matches(['"', '[', ']'])).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
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
    /// The one chain; of two towers, that of the images.
    #[serde(flatten)]
    pub chain: ChainDraft,
    /// The tower of the texts, where there are two.
    #[serde(default)]
    pub text_tower: Option<ChainDraft>,
    /// The loss.
    #[serde(default = "cross_entropy")]
    pub loss: LossKind,
    /// ε of label smoothing.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Tensors that are one parameter, a tie a line, such as `0.weight = 7.weight`.
    #[serde(default)]
    pub tied: String,
    /// Names of a published checkpoint, which are not typed and go with the draft.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

/// Layers one after the other as they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChainDraft {
    /// The layers, with comments.
    #[serde(default)]
    pub text: String,
    /// What an example is, such as "2", "1×8×8" or "24 tokens of 14".
    #[serde(default)]
    pub input: String,
}

const fn cross_entropy() -> LossKind {
    LossKind::CrossEntropy
}

impl Default for ModelDraft {
    fn default() -> Self {
        Self {
            chain: ChainDraft::default(),
            text_tower: None,
            loss: LossKind::CrossEntropy,
            label_smoothing: 0.0,
            tied: String::new(),
            names: BTreeMap::new(),
        }
    }
}

impl ModelDraft {
    /// A model, as it would be typed.
    #[must_use]
    pub fn of(model: &ModelConfig) -> Self {
        let (chain, text_tower) = match &model.towers {
            None => (ChainDraft::of(&model.input, &model.layers), None),
            Some(Towers { image, text }) => {
                (ChainDraft::of(&image.input, &image.layers), Some(ChainDraft::of(&text.input, &text.layers)))
            }
        };
        let tied = model.tied.iter().map(|names| names.join(" = ")).collect::<Vec<_>>().join("\n");
        let ModelConfig { loss, label_smoothing, names, .. } = model.clone();
        Self { chain, text_tower, loss, label_smoothing, tied, names }
    }

    /// The one chain; of two towers, that of the images and that of the texts.
    pub fn chains(&self) -> impl Iterator<Item = &ChainDraft> {
        std::iter::once(&self.chain).chain(&self.text_tower)
    }

    /// The same to be typed into.
    pub fn chains_mut(&mut self) -> impl Iterator<Item = &mut ChainDraft> {
        std::iter::once(&mut self.chain).chain(&mut self.text_tower)
    }

    /// Whether a part of an example is text.
    #[must_use]
    pub fn takes_text(&self) -> bool {
        self.chains().any(|chain| chain.input().is_some_and(|input| input.token_input().is_some()))
    }

    /// Label smoothing where the loss has it.
    #[must_use]
    pub fn smoothing(&self) -> f64 {
        if self.loss == LossKind::CrossEntropy { self.label_smoothing } else { 0.0 }
    }

    /// What is tied: the names of each line, around `=`.
    #[must_use]
    pub fn ties(&self) -> Vec<Vec<String>> {
        let names = |line: &str| -> Vec<String> {
            let names = line.split('=').map(|name| name.trim_matches(|c: char| c.is_whitespace() || c == '"'));
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        self.tied.lines().filter(|line| !line.trim().is_empty()).map(names).collect()
    }

    /// The model as it is typed. What cannot be read of it is left empty.
    #[must_use]
    pub fn typed(&self) -> TypedModel {
        let chain = |chain: &ChainDraft| (chain.input().unwrap_or_default(), chain.text.clone());
        TypedModel { chains: self.chains().map(chain).collect(), loss: self.loss, tied: self.ties() }
    }

    /// The model with these layers, which are those of each chain.
    #[must_use]
    pub fn model(&self, layers: impl IntoIterator<Item = Vec<LayerText>>) -> ModelConfig {
        let mut layers = layers.into_iter();
        let mut tower = |chain: &ChainDraft| Tower {
            input: chain.input().unwrap_or_default(),
            layers: layers.next().unwrap_or_default(),
        };
        let first = tower(&self.chain);
        let config = match &self.text_tower {
            None => ModelConfig::of(first.input, self.loss, first.layers),
            Some(text) => ModelConfig::of_towers(Towers { image: first, text: tower(text) }),
        };
        let (label_smoothing, tied, names) = (self.smoothing(), self.ties(), self.names.clone());
        ModelConfig { loss: self.loss, label_smoothing, tied, names, ..config }
    }
}

impl ChainDraft {
    fn of(input: &ModelInput, layers: &[LayerText]) -> Self {
        let input = match input.token_input() {
            Some(TokenInput { tokens, vocabulary }) => format!("{tokens} tokens of {vocabulary}"),
            None => input.shape().iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
        };
        Self { text: TypedLayers::text(layers), input }
    }

    /// What an example is; `None` where that cannot be read.
    #[must_use]
    pub fn input(&self) -> Option<ModelInput> {
        read_input(&self.input)
    }
}

/// A shape such as "2", "1×8×8", "1x8x8" or "[1, 8, 8]", or tokens such as "24 tokens of 14".
fn read_input(text: &str) -> Option<ModelInput> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [tokens, "token" | "tokens", "of", vocabulary] = words[..] {
        let number = |text: &str| text.parse().ok().filter(|&number: &usize| number > 0);
        return Some(ModelInput::tokens(number(tokens)?, number(vocabulary)?));
    }
    read_shape(text).map(ModelInput::Shape)
}

fn read_shape(text: &str) -> Option<Vec<usize>> {
    let sides = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']'));
    let sides: Option<Vec<usize>> =
        sides.split(['×', 'x', 'X', '*', ',']).map(|side| side.trim().parse().ok()).collect();
    sides.filter(|sides| !sides.contains(&0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{builtin_experiment, builtin_model};

    #[test]
    fn they_survive_the_way_to_a_file_and_back() {
        let experiment = builtin_experiment("digits-cnn").unwrap();
        let text = "# mine\nlinear 3".to_owned();
        let draft = ModelDraft::of(&experiment.model);
        let chain = ChainDraft { text, ..draft.chain.clone() };
        let model = Some(ModelDraft { chain, label_smoothing: 0.1, ..draft });
        let start = StartDraft {
            weights: "/a/b.pt".to_owned(),
            key: "ema".to_owned(),
            fresh: "6.*".to_owned(),
            frozen: String::new(),
        };
        let data = toml::to_string(&experiment.data).ok();
        let drafts = Drafts { model, data, keep: KeepRule::BestValidation, start: Some(start) };
        let again: Drafts = serde_json::from_str(&serde_json::to_string(&drafts).unwrap()).unwrap();
        assert_eq!((again.data(), &again), (Some(experiment.data), &drafts));
        assert_eq!(serde_json::from_str::<Drafts>("{}").unwrap(), Drafts::default());
        assert_eq!(Drafts { data: Some("source = \"mars\"".to_owned()), ..drafts }.data(), None);
    }

    #[test]
    fn patterns_are_read_in_the_ways_people_write_them() {
        for text in ["6.weight, 6.bias", "6.weight 6.bias", " [\"6.weight\",\"6.bias\"] ", "6.weight;\n6.bias"] {
            assert_eq!(patterns(text), ["6.weight", "6.bias"], "{text}");
        }
        assert_eq!(patterns(" , "), Vec::<String>::new());
        let start = StartConfig {
            weights: "w.npz".into(),
            key: Some("ema".to_owned()),
            fresh: patterns("a, b"),
            frozen: patterns("0.*"),
        };
        let draft = StartDraft::of(Some(&start));
        assert_eq!((patterns(&draft.fresh), patterns(&draft.frozen)), (start.fresh, start.frozen));
        assert!(StartDraft::of(None).is_empty() && !draft.is_empty());
    }

    #[test]
    fn drafts_of_a_first_version_are_read() {
        let old = r#"{"model": {"text": "linear 3", "input": "2", "loss": "mse", "label_smoothing": 0.0}}"#;
        let draft = serde_json::from_str::<Drafts>(old).unwrap().model.unwrap();
        assert_eq!(
            (draft.chain.text.as_str(), draft.chain.input.as_str(), draft.loss),
            ("linear 3", "2", LossKind::Mse)
        );
        assert_eq!((draft.text_tower, draft.tied.as_str()), (None, ""));
    }

    #[test]
    fn every_kind_of_network_is_the_same_after_it_was_typed() {
        for words in ["clip-mini", "gpt-mini", "vit-tiny --depth 1", "resnet8"] {
            let model = builtin_model(words).unwrap();
            let draft = ModelDraft::of(&model);
            let again: ModelDraft = serde_json::from_str(&serde_json::to_string(&draft).unwrap()).unwrap();
            assert_eq!(again, draft, "{words}");
            let layers = draft.chains().map(|chain| TypedLayers::parse(&chain.text).unwrap().layers);
            assert_eq!(draft.model(layers), model, "{words}");
        }
        let gpt = ModelDraft::of(&builtin_model("gpt-mini --depth 2").unwrap());
        assert_eq!((gpt.tied.as_str(), gpt.chain.input.as_str()), ("0.weight = 7.weight", "64 tokens of 256"));
        let tied = " \n\"a\" = b=c\n d = \n".to_owned();
        assert_eq!(ModelDraft { tied, ..gpt }.ties(), [vec!["a", "b", "c"], vec!["d"]]);
    }

    #[test]
    fn shapes_are_read_in_the_ways_people_write_them() {
        for text in ["1×8×8", "1x8x8", " [1, 8, 8] ", "1 * 8*8"] {
            assert_eq!(read_shape(text), Some(vec![1, 8, 8]), "{text}");
        }
        assert_eq!(read_shape("2"), Some(vec![2]));
        for text in ["", "two", "2x", "0", "1×0×3", "-1"] {
            assert_eq!(read_shape(text), None, "{text}");
        }
        assert_eq!(read_input(" 24 tokens of  14"), Some(ModelInput::tokens(24, 14)));
        for text in ["24 tokens", "24 tokens of", "0 tokens of 3", "tokens of 3"] {
            assert_eq!(read_input(text), None, "{text}");
        }
    }
}
