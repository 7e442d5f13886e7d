//! What a model that is being typed is: shapes and parameters layer by layer, and the first thing that is wrong.
//!
//! Of two towers each is described by itself, so that a mistake in one takes nothing away from the other.

use std::ops::Range;

use crate::config::{
    BracketError, ConfigError, LayerPlace, LayerText, LossKind, ModelConfig, ModelInput, TokenInput, Tower, Towers,
    TypedLayers,
};
use crate::model::{Architecture, LayerOutline, Parameter, Shape};

/// A model as it is typed, right or wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedModel {
    /// Input and layers of the one chain; of two towers, those of the images and those of the texts.
    pub chains: Vec<(ModelInput, String)>,
    /// The loss.
    pub loss: LossKind,
    /// Names of tensors that are one parameter.
    pub tied: Vec<Vec<String>>,
}

impl From<&ModelConfig> for TypedModel {
    fn from(model: &ModelConfig) -> Self {
        let chain = |input: &ModelInput, layers: &[LayerText]| (input.clone(), TypedLayers::text(layers));
        let chains = match &model.towers {
            None => vec![chain(&model.input, &model.layers)],
            Some(towers) => [&towers.image, &towers.text].map(|tower| chain(&tower.input, &tower.layers)).to_vec(),
        };
        Self { chains, loss: model.loss, tied: model.tied.clone() }
    }
}

/// A model as far as it can be understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelDescription {
    /// The one chain; of two towers, that of the images and that of the texts.
    pub chains: Vec<ChainDescription>,
    /// Parameters of all of them. Those that are tied count once, where nothing is wrong.
    pub num_parameters: usize,
    /// Classes or values that the last layer gives, or the width of what two towers compare; `None` where something is wrong.
    pub outputs: Option<usize>,
    /// The first thing that is wrong.
    pub problem: Option<ModelProblem>,
    /// The trainable tensors, in the order of a state dict; none where something is wrong.
    pub tensors: Vec<TensorLine>,
}

/// A trainable tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorLine {
    /// Its names: the first counts, the others are those that it is tied to.
    pub names: Vec<String>,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl TensorLine {
    fn of(parameter: &Parameter) -> Self {
        let names = std::iter::once(&parameter.name).chain(&parameter.also).cloned().collect();
        Self { names, shape: parameter.shape.clone() }
    }

    /// Its first name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Numbers in it.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Layers one after the other, as far as they can be understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChainDescription {
    /// The layers; empty when a bracket lacks its other.
    pub layers: Vec<LayerText>,
    /// Those that are understood, with their places in the text, blocks after what is in them.
    pub lines: Vec<LayerLine>,
    /// Parameters of those that are understood.
    pub num_parameters: usize,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerLine {
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The shape after it, such as "16×8×8" or "32 features".
    pub output: String,
    /// Its parameters; of a block, those of all its layers.
    pub parameters: usize,
}

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelPlace {
    /// At a layer: the chain, and the layer's bytes in its text.
    Layer(usize, Range<usize>),
    /// In a chain, at none of its layers: its input, or that it has none.
    Chain(usize),
    /// In what is tied.
    Ties,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProblem {
    /// Where.
    pub place: ModelPlace,
    /// One sentence: what was found and what was expected.
    pub message: String,
}

impl ModelProblem {
    fn new(place: ModelPlace, message: &str) -> Self {
        Self { place, message: sentence(message) }
    }

    /// The bytes of what is wrong in the text of a chain; `None` where it is no layer of it.
    #[must_use]
    pub fn span_in(&self, chain: usize) -> Option<Range<usize>> {
        match &self.place {
            ModelPlace::Layer(of, span) if *of == chain => Some(span.clone()),
            _ => None,
        }
    }
}

/// Describes a model that is typed. Takes microseconds, and computes nothing.
#[must_use]
pub fn describe_model(model: &TypedModel) -> ModelDescription {
    let read: Vec<_> = model.chains.iter().map(|(_, text)| TypedLayers::parse(text)).collect();
    let chain = |((input, _), typed): (&(ModelInput, String), &Result<TypedLayers, BracketError>)| {
        typed.as_ref().map_or_else(|_| ChainDescription::default(), |typed| describe_chain(input, typed))
    };
    let chains: Vec<ChainDescription> = model.chains.iter().zip(&read).map(chain).collect();
    let num_parameters = chains.iter().map(|chain| chain.num_parameters).sum();
    let wrong = |problem| ModelDescription {
        chains: chains.clone(),
        num_parameters,
        problem: Some(problem),
        ..ModelDescription::default()
    };
    let mut typed = Vec::with_capacity(read.len());
    for (chain, layers) in read.into_iter().enumerate() {
        match layers {
            Ok(layers) => typed.push(layers),
            Err(err) => return wrong(ModelProblem::new(ModelPlace::Layer(chain, err.span), err.message)),
        }
    }
    let config = config_of(model, &typed);
    let architecture = match config.validate().and_then(|()| Architecture::new(&config)) {
        Ok(architecture) => architecture,
        Err(err) => return wrong(problem_of(&err, model, &typed)),
    };
    let needs_classes = matches!(model.loss, LossKind::CrossEntropy | LossKind::TokenCrossEntropy);
    if let Some(last) = typed[0].places.last().filter(|_| needs_classes && architecture.outputs < 2) {
        let message = "The network gives 1 number, expected at least 2 for cross-entropy: one a class";
        return wrong(ModelProblem::new(ModelPlace::Layer(0, last.span.clone()), message));
    }
    let outputs = Some(architecture.outputs);
    let tensors = architecture.parameters.iter().map(TensorLine::of).collect();
    ModelDescription { chains, num_parameters: architecture.num_parameters(), outputs, problem: None, tensors }
}

/// Shapes and parameters of a chain by itself, up to its first layer that is wrong.
fn describe_chain(input: &ModelInput, typed: &TypedLayers) -> ChainDescription {
    // What is wrong is found with all of the model.
    let alone = ModelConfig::of(input.clone(), LossKind::Mse, typed.layers.clone());
    let mut outline = Vec::new();
    let _ = Architecture::with_outline(&alone, &mut outline);
    let line = |layer: &LayerOutline| {
        let place = typed.places.iter().find(|place| place.position == layer.position)?;
        let (output, parameters) = (layer.output.to_string(), layer.parameters);
        Some(LayerLine { span: place.span.clone(), output, parameters })
    };
    let lines = outline.iter().filter_map(line).collect();
    let top = outline.iter().filter(|layer| !layer.position.contains('.'));
    let num_parameters = top.map(|layer| layer.parameters).sum();
    ChainDescription { layers: typed.layers.clone(), lines, num_parameters }
}

fn config_of(model: &TypedModel, typed: &[TypedLayers]) -> ModelConfig {
    let tower = |index: usize| {
        let input = model.chains.get(index).map(|(input, _)| input.clone()).unwrap_or_default();
        Tower { input, layers: typed.get(index).map(|typed| typed.layers.clone()).unwrap_or_default() }
    };
    let Tower { input, layers } = tower(0);
    let config = match typed.len() {
        2 => ModelConfig::of_towers(Towers { image: Tower { input, layers }, text: tower(1) }),
        _ => ModelConfig::of(input, model.loss, layers),
    };
    ModelConfig { tied: model.tied.clone(), loss: model.loss, ..config }
}

/// Where an error is, and its words without the place, which is shown otherwise.
fn problem_of(err: &ConfigError, model: &TypedModel, typed: &[TypedLayers]) -> ModelProblem {
    let at = |chain: usize, place: Option<&LayerPlace>| match place {
        Some(place) => ModelPlace::Layer(chain, wrong_word(&model.chains[chain].1, &place.span, err)),
        None => ModelPlace::Chain(chain),
    };
    match err {
        ConfigError::Layer { position, message, .. } => {
            let (chain, position) = match position.split_once(' ') {
                Some(("text", position)) => (1, position),
                Some((_, position)) => (0, position),
                None => (0, position.as_str()),
            };
            let place = typed[chain].places.iter().find(|place| place.position == position);
            ModelProblem::new(at(chain, place), message)
        }
        ConfigError::UnknownName { kind, .. } if kind.contains("tied") => {
            // A network may have hundreds of them.
            let message = err.to_string();
            ModelProblem::new(ModelPlace::Ties, message.split(" (valid: ").next().unwrap_or_default())
        }
        ConfigError::OutOfRange { name, value, expected } => {
            let (chain, setting) = match name.strip_prefix("model.towers.text.") {
                Some(setting) => (1, setting),
                None => (0, name.trim_start_matches("model.").trim_start_matches("towers.image.")),
            };
            let (place, message) = match setting {
                "layers" => {
                    let message = format!("these layers are {value}, expected {expected}");
                    (at(chain, typed[chain].places.last()), message)
                }
                "layers (how many)" if value == "0" => {
                    let message = "there is no layer, expected at least one, such as `linear 2`";
                    (ModelPlace::Chain(chain), message.to_owned())
                }
                "layers (how many)" => {
                    (ModelPlace::Chain(chain), format!("there are {value} layers, expected at most 1000"))
                }
                "input" => (ModelPlace::Chain(chain), format!("the input shape is {value}, expected {expected}")),
                "tied" => (ModelPlace::Ties, err.to_string()),
                _ => (ModelPlace::Chain(chain), err.to_string()),
            };
            ModelProblem::new(place, &message)
        }
        other => ModelProblem::new(ModelPlace::Chain(0), &other.to_string()),
    }
}

/// The first word of a layer that the message about it names between backticks; else the whole layer.
fn wrong_word(text: &str, layer: &Range<usize>, err: &ConfigError) -> Range<usize> {
    let ConfigError::Layer { message, .. } = err else { return layer.clone() };
    let text = &text[layer.clone()];
    let is_free = |neighbour: Option<char>| neighbour.is_none_or(char::is_whitespace);
    let find = |name: &str| {
        text.match_indices(name)
            .map(|(start, _)| start..start + name.len())
            .find(|word| is_free(text[..word.start].chars().next_back()) && is_free(text[word.end..].chars().next()))
    };
    let named = message.split('`').skip(1).step_by(2).filter(|name| !name.is_empty());
    let is_block = text.starts_with('[');
    let word = if is_block { None } else { named.filter_map(find).next() };
    word.map_or_else(|| layer.clone(), |word| layer.start + word.start..layer.start + word.end)
}

/// A capital first and a full stop last.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.trim_end().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

/// An input as it is shown, such as "64 features", "3×32×32" or "24 tokens of a vocabulary of 14".
#[must_use]
pub fn input_words(input: &ModelInput) -> String {
    match input.token_input() {
        Some(TokenInput { tokens, vocabulary }) => Shape::Text { tokens, vocabulary }.to_string(),
        None => shape_words(&input.shape()),
    }
}

/// A shape as it is shown, such as "64 features" or "3×32×32"; the list where it is neither.
#[must_use]
pub fn shape_words(shape: &[usize]) -> String {
    match *shape {
        [features] => Shape::Features(features).to_string(),
        [channels, height, width] => Shape::Maps([channels, height, width]).to_string(),
        _ => format!("{shape:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe_chain(input: &ModelInput, layers: &str, loss: LossKind) -> ModelDescription {
        let chains = vec![(input.clone(), layers.to_owned())];
        describe_model(&TypedModel { chains, loss, tied: Vec::new() })
    }

    #[test]
    fn shapes_and_parameters_stand_at_their_layers() {
        let text = "conv 4 3x3 same nobias\n[\n  batchnorm\n  relu\n]\nflatten\nlinear 3";
        let found = describe_chain(&[1, 5, 5][..].into(), text, LossKind::CrossEntropy);
        let lines: Vec<(&str, &str, usize)> = found.chains[0]
            .lines
            .iter()
            .map(|line| (&text[line.span.clone()], line.output.as_str(), line.parameters))
            .collect();
        assert_eq!(lines[0], ("conv 4 3x3 same nobias", "4×5×5", 36));
        assert_eq!(lines[1], ("batchnorm", "4×5×5", 8));
        assert_eq!(lines[3], ("[\n  batchnorm\n  relu\n]", "4×5×5", 8));
        assert_eq!(lines[5], ("linear 3", "3 features", 303));
        assert_eq!((found.num_parameters, found.outputs, found.problem), (347, Some(3), None));
    }

    #[test]
    fn the_first_thing_that_is_wrong_is_named_at_its_place() {
        let cases = [
            (&[2][..], "linear 8\n[\ntanh\nlinaer 8\n]\nlinear 2", Some("linaer"), "did you mean `linear`?"),
            (&[1, 8, 8], "conv 4 3x3\nrelu", Some("relu"), "These layers are a chain that ends with 4×6×6, expected"),
            (&[2], "linear 8\n[\ntanh", Some("["), "This block is not closed, expected a `]`"),
            (&[2], "linear 8\n[\nlinear 3\n]\nlinear 2", Some("[\nlinear 3\n]"), "expected the same shape."),
            (&[1, 8, 8], "flatten\nlinear 2\nconv 3 3x3 sane", Some("sane"), "Unknown option `sane`"),
            (&[1, 8, 8], "linear 3", Some("linear 3"), "put `flatten` before it."),
            (&[2], "linear 1", Some("linear 1"), "expected at least 2 for cross-entropy"),
            (&[2, 2], "linear 2", None, "The input shape is [2, 2], expected [features] or [channels, height, width]"),
            (&[2], "  ", None, "There is no layer, expected at least one"),
        ];
        for (input, text, at, expected) in cases {
            let found = describe_chain(&input.into(), text, LossKind::CrossEntropy);
            let problem = found.problem.expect(text);
            assert!(problem.message.contains(expected), "{text}: {}", problem.message);
            assert_eq!(problem.span_in(0).map(|span| &text[span]), at, "{text}");
            assert_eq!(found.outputs, None);
        }
        let found = describe_chain(&[2][..].into(), "linear 8\ntahn\nlinear 2", LossKind::Mse);
        assert_eq!(
            (found.chains[0].lines.len(), found.num_parameters),
            (1, 24),
            "what stands before the problem is described"
        );
        let found = describe_chain(&[3][..].into(), "linear 1", LossKind::Mse);
        assert_eq!((found.chains[0].lines[0].output.as_str(), shape_words(&[1]).as_str()), ("1 feature", "1 feature"));
    }

    fn towers(image: &str, text: &str) -> TypedModel {
        let chains = vec![(vec![1, 4, 4].into(), image.to_owned()), (ModelInput::tokens(5, 9), text.to_owned())];
        TypedModel { chains, loss: LossKind::Contrastive, tied: Vec::new() }
    }

    #[test]
    fn each_of_two_towers_is_described() {
        let (image, text) = ("flatten\nlinear 3", "embedding 4\nmean-token\nlinear 3 nobias");
        let found = describe_model(&towers(image, text));
        let last = |chain: usize| found.chains[chain].lines.last().map(|line| (line.output.as_str(), line.parameters));
        assert_eq!([last(0), last(1)], [Some(("3 features", 51)), Some(("3 features", 12))]);
        assert_eq!(found.chains[1].lines[0].output, "5 tokens of width 4");
        // 51 of the images, 36 and 12 of the texts, and the scale of the similarities.
        assert_eq!((found.num_parameters, found.outputs, found.problem), (100, Some(3), None));
        let cases = [
            ("flaten\nlinear 3", text, 0, Some("flaten"), "did you mean `flatten`?"),
            (image, "embedding 4\nlinear 3", 1, Some("linear 3"), "ends with 5 tokens of width 3, expected features"),
            (image, "embedding 4\nmean-token", 1, Some("mean-token"), "expected 3 features, as many as the images"),
            (image, "[\nembedding 4", 1, Some("["), "This block is not closed"),
            (image, " ", 1, None, "There is no layer"),
        ];
        for (image, text, chain, at, expected) in cases {
            let model = towers(image, text);
            let found = describe_model(&model);
            let problem = found.problem.expect(text);
            assert!(problem.message.contains(expected), "{text}: {}", problem.message);
            assert_eq!(problem.span_in(chain).map(|span| &model.chains[chain].1[span]), at, "{image} {text}");
            assert_eq!((problem.span_in(1 - chain), found.outputs), (None, None));
            assert!(!found.chains[1 - chain].lines.is_empty(), "the other tower is described");
        }
    }

    #[test]
    fn what_is_tied_counts_once_and_is_checked() {
        let layers = "embedding 4\n[\n  layernorm\n  attention 2 causal\n]\nlinear 9 nobias";
        let tie = |names: &[&str]| {
            let tied = vec![names.iter().map(|&name| name.to_owned()).collect()];
            let chains = vec![(ModelInput::tokens(5, 9), layers.to_owned())];
            describe_model(&TypedModel { chains, loss: LossKind::TokenCrossEntropy, tied })
        };
        let found = tie(&["0.weight", "2.weight"]);
        // The table, the norm, and the attention's two linear layers.
        assert_eq!((found.num_parameters, found.outputs), (36 + 8 + 60 + 20, Some(9)));
        for (names, expected) in [
            (&["0.weight", "3.weight"][..], "Unknown tensor in `model.tied` `3.weight`; did you mean `0.weight`?"),
            (&["0.weight"], "expected at least two names in each list."),
            (&["0.weight", "1.0.weight"], "expected tensors of one shape."),
        ] {
            let problem = tie(names).problem.expect("it is wrong");
            assert!(problem.place == ModelPlace::Ties && problem.message.contains(expected), "{problem:?}");
        }
    }
}
