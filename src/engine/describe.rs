//! What a model that is being typed is: shapes and parameters layer by layer, and the first thing that is wrong.

use std::ops::Range;

use crate::config::{ConfigError, LayerText, LossKind, ModelConfig, ModelInput, TokenInput, TypedLayers};
use crate::model::{Architecture, LayerOutline, Shape};

/// A model as far as it can be understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelDescription {
    /// The layers; empty when a bracket lacks its other.
    pub layers: Vec<LayerText>,
    /// Those that are understood, with their places in the text, blocks after what is in them.
    pub lines: Vec<LayerLine>,
    /// Parameters of all of them.
    pub num_parameters: usize,
    /// Classes or values that the last layer gives; `None` where something is wrong.
    pub outputs: Option<usize>,
    /// The first thing that is wrong.
    pub problem: Option<ModelProblem>,
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

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProblem {
    /// The bytes of the layer that is wrong; `None` where it is none of them.
    pub span: Option<Range<usize>>,
    /// One sentence: what was found and what was expected.
    pub message: String,
}

/// Describes a model of which the layers are typed. Takes microseconds, and computes nothing.
#[must_use]
pub fn describe_model(input: &ModelInput, layers: &str, loss: LossKind) -> ModelDescription {
    let typed = match TypedLayers::parse(layers) {
        Ok(typed) => typed,
        Err(err) => return ModelDescription::wrong(Some(err.span), err.message),
    };
    let config = ModelConfig::of(input.clone(), loss, typed.layers.clone());
    let mut outline = Vec::new();
    let architecture =
        config.validate().and_then(|()| Architecture::with_outline(&config, &mut outline)).map_err(|err| {
            let message = message(&err);
            let of = |position: &str| typed.places.iter().find(|place| place.position == position);
            let place = match &err {
                ConfigError::Layer { position, .. } => of(position),
                ConfigError::OutOfRange { name, .. } if name == "model.layers" => typed.places.last(),
                _ => None,
            };
            (place.map(|place| wrong_word(layers, &place.span, &err)), message)
        });
    let line = |layer: &LayerOutline| {
        let place = typed.places.iter().find(|place| place.position == layer.position)?;
        let (output, parameters) = (layer.output.to_string(), layer.parameters);
        Some(LayerLine { span: place.span.clone(), output, parameters })
    };
    let lines = outline.iter().filter_map(line).collect();
    let top = outline.iter().filter(|layer| !layer.position.contains('.'));
    let num_parameters = top.map(|layer| layer.parameters).sum();
    let described = match architecture {
        Err((span, message)) => ModelDescription::wrong(span, &message),
        Ok(one) if matches!(loss, LossKind::CrossEntropy | LossKind::TokenCrossEntropy) && one.outputs < 2 => {
            let last = typed.places.last().map(|place| place.span.clone());
            ModelDescription::wrong(
                last,
                "The network gives 1 number, expected at least 2 for cross-entropy: one a class",
            )
        }
        Ok(one) => ModelDescription { outputs: Some(one.outputs), ..ModelDescription::default() },
    };
    ModelDescription { layers: typed.layers, lines, num_parameters, ..described }
}

impl ModelDescription {
    fn wrong(span: Option<Range<usize>>, message: &str) -> Self {
        let problem = Some(ModelProblem { span, message: sentence(message) });
        Self { problem, ..Self::default() }
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

/// The words of an error without the place, which is shown otherwise.
fn message(err: &ConfigError) -> String {
    match err {
        ConfigError::Layer { message, .. } => message.clone(),
        ConfigError::OutOfRange { name, value, expected } if name == "model.layers" => {
            format!("these layers are {value}, expected {expected}")
        }
        ConfigError::OutOfRange { name, value, .. } if name.starts_with("model.layers (") => match value.as_str() {
            "0" => "there is no layer, expected at least one, such as `linear 2`".to_owned(),
            many => format!("there are {many} layers, expected at most 1000"),
        },
        ConfigError::OutOfRange { name, value, expected } if name == "model.input" => {
            format!("the input shape is {value}, expected {expected}")
        }
        other => other.to_string(),
    }
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

    #[test]
    fn shapes_and_parameters_stand_at_their_layers() {
        let text = "conv 4 3x3 same nobias\n[\n  batchnorm\n  relu\n]\nflatten\nlinear 3";
        let found = describe_model(&[1, 5, 5][..].into(), text, LossKind::CrossEntropy);
        let lines: Vec<(&str, &str, usize)> =
            found.lines.iter().map(|line| (&text[line.span.clone()], line.output.as_str(), line.parameters)).collect();
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
            let found = describe_model(&input.into(), text, LossKind::CrossEntropy);
            let problem = found.problem.expect(text);
            assert!(problem.message.contains(expected), "{text}: {}", problem.message);
            assert_eq!(problem.span.map(|span| &text[span]), at, "{text}");
            assert_eq!(found.outputs, None);
        }
        let found = describe_model(&[2][..].into(), "linear 8\ntahn\nlinear 2", LossKind::Mse);
        assert_eq!((found.lines.len(), found.num_parameters), (1, 24), "what stands before the problem is described");
        let found = describe_model(&[3][..].into(), "linear 1", LossKind::Mse);
        assert_eq!((found.lines[0].output.as_str(), shape_words(&[1]).as_str()), ("1 feature", "1 feature"));
    }
}
