//! What a model's text means, for whoever writes one: shapes and sizes line by line, or what is wrong and where.

use std::ops::Range;

use crate::config::{ConfigError, LayerText, ModelConfig};
use crate::model::{Architecture, Shape};

/// A model whose layers fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSummary {
    /// A line for each layer, for each block, and for each layer of a block after it.
    pub layers: Vec<LayerSummary>,
    /// Trainable parameters in all.
    pub parameters: usize,
    /// Outputs of the last layer.
    pub outputs: usize,
}

/// One layer or block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSummary {
    /// Its position from 1, such as `3`, or `4.2` for the second layer of the block at 4.
    pub position: String,
    /// Its text.
    pub text: String,
    /// Shape of an example after it: `[features]` or `[channels, height, width]`.
    pub output: Vec<usize>,
    /// Its trainable parameters.
    pub parameters: usize,
}

/// What is wrong with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProblem {
    /// Position of the layer, as in [`LayerSummary::position`]; `None` where it is no single layer's fault.
    pub position: Option<String>,
    /// The word of the layer's text that is wrong, in bytes; `None` where it is the whole text's fault.
    pub word: Option<Range<usize>>,
    /// What is wrong and what was expected, in one sentence.
    pub message: String,
}

/// Reads a model: no device is needed, and nothing is computed.
///
/// # Errors
/// [`ModelProblem`], the first one.
pub fn describe_model(model: &ModelConfig) -> Result<ModelSummary, ModelProblem> {
    model.validate().map_err(ModelProblem::from)?;
    let architecture = Architecture::new(model).map_err(ModelProblem::from)?;
    let line = |(place, output, parameters): (Vec<usize>, Shape, usize)| {
        let position: Vec<String> = place.iter().map(|index| (index + 1).to_string()).collect();
        LayerSummary {
            position: position.join("."),
            text: text_at(&model.layers, &place).map(LayerText::to_string).unwrap_or_default(),
            output: match output {
                Shape::Features(features) => vec![features],
                Shape::Maps(sides) => sides.to_vec(),
            },
            parameters,
        }
    };
    Ok(ModelSummary {
        layers: architecture.outline().into_iter().map(line).collect(),
        parameters: architecture.num_parameters(),
        outputs: architecture.outputs,
    })
}

fn text_at<'a>(texts: &'a [LayerText], place: &[usize]) -> Option<&'a LayerText> {
    let (first, rest) = place.split_first()?;
    match (texts.get(*first)?, rest) {
        (text, []) => Some(text),
        (LayerText::Block(texts), rest) => text_at(texts, rest),
        (LayerText::Text(_), _) => None,
    }
}

impl From<ConfigError> for ModelProblem {
    fn from(err: ConfigError) -> Self {
        match err {
            ConfigError::Layer { position, text, message } => {
                Self { position: Some(position), word: wrong_word(&text, &message), message }
            }
            err => Self { position: None, word: None, message: err.to_string() },
        }
    }
}

/// The first word of a text that its message names between backticks.
fn wrong_word(text: &str, message: &str) -> Option<Range<usize>> {
    let named = message.split('`').skip(1).step_by(2);
    named.filter(|name| !name.is_empty()).find_map(|name| {
        let is_whole = |start: usize| {
            let before = text[..start].chars().next_back().is_none_or(char::is_whitespace);
            before && text[start + name.len()..].chars().next().is_none_or(char::is_whitespace)
        };
        let start = text.match_indices(name).map(|(start, _)| start).find(|&start| is_whole(start))?;
        Some(start..start + name.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossKind;

    fn describe(input: &[usize], layers: Vec<LayerText>) -> Result<ModelSummary, ModelProblem> {
        describe_model(&ModelConfig::new(input, LossKind::CrossEntropy, layers))
    }

    fn problem(input: &[usize], layers: &[&str]) -> ModelProblem {
        describe(input, layers.iter().copied().map(LayerText::from).collect()).unwrap_err()
    }

    #[test]
    fn each_line_has_its_shape_and_parameters() {
        let layers = ["conv 16 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"];
        let summary = describe(&[1, 8, 8], layers.into_iter().map(LayerText::from).collect()).unwrap();
        let lines: Vec<_> = summary.layers.iter().map(|layer| (layer.output.clone(), layer.parameters)).collect();
        let expected =
            [(vec![16, 8, 8], 160), (vec![16, 8, 8], 0), (vec![16, 4, 4], 0), (vec![256], 0), (vec![10], 2570)];
        assert_eq!(lines, expected);
        assert_eq!((summary.parameters, summary.outputs), (2730, 10));
        assert_eq!((summary.layers[4].position.as_str(), summary.layers[4].text.as_str()), ("5", "linear 10"));
    }

    #[test]
    fn a_block_has_a_line_and_so_have_its_layers() {
        let block =
            LayerText::Block(vec!["tanh".into(), "linear 4".into(), "shortcut".into(), "linear 4 nobias".into()]);
        let summary = describe(&[2], vec!["linear 3".into(), block, "linear 2".into()]).unwrap();
        let lines: Vec<_> = summary
            .layers
            .iter()
            .map(|layer| (layer.position.as_str(), layer.text.as_str(), layer.parameters, layer.output[0]))
            .collect();
        let expected = [
            ("1", "linear 3", 9, 3),
            ("2", "[tanh, linear 4, shortcut, linear 4 nobias]", 28, 4),
            ("2.1", "tanh", 0, 3),
            ("2.2", "linear 4", 16, 4),
            ("2.4", "linear 4 nobias", 12, 4),
            ("3", "linear 2", 10, 2),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_problem_has_its_place_and_one_sentence() {
        type Place = (Option<&'static str>, Option<Range<usize>>);
        let cases: [(&[usize], &[&str], Place, &str); 6] = [
            (&[2], &["linear 3", "linaer 3"], (Some("2"), Some(0..6)), "did you mean `linear`"),
            (&[2], &["linear 0"], (Some("1"), Some(7..8)), "expected a whole number"),
            (&[1, 8, 8], &["conv 3 3x3 sane"], (Some("1"), Some(11..15)), "unknown option `sane`"),
            (&[1, 8, 8], &["conv 3 3x3", "linear 2"], (Some("2"), None), "put `flatten` before it"),
            (&[2], &["tanh"], (None, None), "at least one `linear` or `conv`"),
            (&[0], &["linear 2"], (None, None), "`model.input`"),
        ];
        for (input, layers, place, message) in cases {
            let found = problem(input, layers);
            assert_eq!((found.position.as_deref(), found.word.clone()), place, "{found:?}");
            assert!(found.message.contains(message) && !found.message.contains('\n'), "{found:?}");
        }
        assert!(problem(&[2], &[]).message.contains("how many"));
        let block = LayerText::Block(vec!["tanh".into(), "liner 3".into()]);
        assert_eq!(describe(&[2], vec![block]).unwrap_err().position.as_deref(), Some("1.2"));
    }
}
