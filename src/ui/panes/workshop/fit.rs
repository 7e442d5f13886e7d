//! Which model goes with which data.

use super::asked::Asked;
use super::pictures::image_shape;
use super::small::small;
use crate::config::{DataConfig, DataSource, LayerText, LossKind, ModelConfig, ModelInput, TokenInput, Towers};
use crate::engine::{TypedModel, describe_model, input_words, shape_words};
use crate::protocol::{DataPreview, TextLook};

/// A model for some data.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The model.
    pub model: ModelConfig,
    /// One sentence: where it comes from.
    pub words: String,
}

/// Whether data are arrays, which have a shape of their own; rows of numbers and pixels take that of the model.
pub fn is_exact(config: &DataConfig) -> bool {
    let extension = config.path.as_ref().and_then(|path| path.extension());
    config.source == DataSource::File
        && extension.is_some_and(|end| ["safetensors", "npz"].iter().any(|exact| end.eq_ignore_ascii_case(exact)))
}

/// Whether a model's input can take examples of these data.
fn input_fits(input: &ModelInput, data: &DataPreview, config: &DataConfig) -> bool {
    let input = &input.shape()[..];
    let numbers = |shape: &[usize]| shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
    input == data.shape || (!is_exact(config) && numbers(input) == numbers(&data.shape))
}

/// Why a model with so many outputs does not go with some data, in one sentence; `None` where it does.
#[must_use]
pub fn mismatch(model: &ModelConfig, outputs: usize, data: &DataPreview, config: &DataConfig) -> Option<String> {
    match (&model.towers, model.input.token_input(), &data.text) {
        (Some(towers), _, _) => towers_mismatch(towers, data, config),
        (None, Some(input), Some(text)) => text_mismatch((model.loss, input), outputs, data, text),
        (None, Some(_), None) => {
            // Whether a file's numbers are tokens is told where it is read.
            let problem =
                || format!("The model takes text, the data have {}: choose other data.", shape_words(&data.shape));
            (config.source != DataSource::File).then(problem)
        }
        (None, None, Some(_)) if Asked::by(data) == Asked::Pairs => {
            // A table of images may have labels beside their texts.
            let problem = "The data are images with their texts: choose a model with two towers, such as CLIP-mini.";
            is_exact(config).then(|| problem.to_owned())
        }
        (None, None, Some(text)) => Some(format!(
            "The data are text, the model takes {}: its input would be {} tokens of {}.",
            input_words(&model.input),
            text.tokens,
            Asked::by(data).vocabulary(text)
        )),
        (None, None, None) => plain_mismatch(model, outputs, data, config),
    }
}

/// The same where neither data nor model are text.
fn plain_mismatch(model: &ModelConfig, outputs: usize, data: &DataPreview, config: &DataConfig) -> Option<String> {
    if !input_fits(&model.input, data, config) {
        let (found, expected) = (input_words(&model.input), shape_words(&data.shape));
        return Some(format!(
            "The model takes {found}, the data have {expected}: change the input, or choose other data."
        ));
    }
    answers_mismatch(model.loss, outputs, data)
}

/// The same of what the network says.
fn answers_mismatch(loss: LossKind, outputs: usize, data: &DataPreview) -> Option<String> {
    let asked = Asked::by(data);
    let problem = match (asked, loss) {
        (Asked::Class(_) | Asked::Values(_), LossKind::TokenCrossEntropy) => {
            let usual = asked.usual_loss().label();
            Some(format!("The examples have no label for each token: choose {usual}."))
        }
        (Asked::Values(_), LossKind::CrossEntropy) => {
            Some("The labels are numbers, and cross-entropy needs classes: choose mean squared error.".to_owned())
        }
        (Asked::Tokens(_), LossKind::CrossEntropy | LossKind::Mse) => {
            Some("Each token has a label: choose cross-entropy of tokens.".to_owned())
        }
        _ => None,
    };
    let (needed, is_many, what) = match asked {
        Asked::Class(needed) => (needed, outputs > needed, "classes"),
        Asked::Values(needed) => (needed, false, "values"),
        Asked::Tokens(needed) => (needed, outputs > needed, "tokens to choose from"),
        Asked::Pairs => (outputs, false, ""),
    };
    problem.or_else(|| {
        let words =
            || format!("The model gives {outputs} numbers, the data have {needed} {what}: change the last layer.");
        (outputs != needed && !is_many).then(words)
    })
}

/// The same where both are text.
fn text_mismatch(
    (loss, input): (LossKind, TokenInput),
    outputs: usize,
    data: &DataPreview,
    text: &TextLook,
) -> Option<String> {
    let asked = Asked::by(data);
    if asked == Asked::Pairs {
        return Some("The data are images with their texts, the model takes text alone: choose other data.".to_owned());
    }
    let (known, found) = (input.vocabulary, asked.vocabulary(text));
    if known < found {
        return Some(format!("The model knows {known} tokens, the data have {found}: change its input."));
    }
    answers_mismatch(loss, outputs, data)
}

/// The same for two towers.
fn towers_mismatch(towers: &Towers, data: &DataPreview, config: &DataConfig) -> Option<String> {
    let Towers { image, text } = towers;
    let Some(look) = data.text.as_ref().filter(|_| Asked::by(data) == Asked::Pairs) else {
        // Whether a file has both is told where it is read.
        let problem = "The model compares images with texts, and the data are not both: choose other data.";
        return (config.source != DataSource::File).then(|| problem.to_owned());
    };
    if !input_fits(&image.input, data, config) {
        let (found, expected) = (input_words(&image.input), shape_words(&data.shape));
        return Some(format!("The image tower takes {found}, the images are {expected}: change its input."));
    }
    let known = text.input.token_input().map_or(0, |input| input.vocabulary);
    (known < look.vocabulary)
        .then(|| format!("The text tower knows {known} tokens, the data have {}: change its input.", look.vocabulary))
}

/// Whether a model takes some data as it is, and says no more than they ask for.
#[must_use]
pub fn fits(model: &ModelConfig, data: &DataPreview, config: &DataConfig) -> bool {
    let asked = Asked::by(data);
    outputs(model).is_some_and(|outputs| {
        // A vocabulary may have words that these texts do not.
        let is_enough = matches!(asked, Asked::Tokens(_)) || asked.outputs().is_none_or(|needed| outputs == needed);
        is_enough && is_for(model, data, config) && mismatch(model, outputs, data, config).is_none()
    })
}

/// A model for the data: the first of `candidates` that fits as it is, else the first that can be adapted, else a small one.
///
/// # Errors
/// One sentence where nothing can be learned from the data.
pub fn propose(
    candidates: &[(&str, &ModelConfig)],
    data: &DataPreview,
    config: &DataConfig,
) -> Result<Proposal, String> {
    let asked = Asked::by(data);
    if matches!(asked, Asked::Class(0 | 1)) {
        return Err("All examples have the same class, expected at least two classes.".to_owned());
    }
    if let Some((name, model)) = candidates.iter().find(|(_, model)| fits(model, data, config)) {
        return Ok(Proposal { model: (*model).clone(), words: format!("{name} fits and stays as it is.") });
    }
    for (name, model) in candidates {
        if let Some(model) = adapted(model, data, config) {
            let last = model.layers.last().map(ToString::to_string).unwrap_or_default();
            let words = format!("{name} is adapted: input {}, last layer `{last}`.", input_words(&model.input));
            return Ok(Proposal { model, words });
        }
    }
    let model = small(data);
    let list = |layers: &[LayerText]| layers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let layers = match &model.towers {
        None => list(&model.layers),
        Some(Towers { image, text }) => {
            format!("{} for images and {} for texts", list(&image.layers), list(&text.layers))
        }
    };
    let words = format!("No present model fits, so a small one takes its place: {layers}.");
    Ok(Proposal { model, words })
}

/// Whether a model takes text where the data are text, or may be, and nowhere else.
fn is_for(model: &ModelConfig, data: &DataPreview, config: &DataConfig) -> bool {
    let input = model.inputs().iter().find_map(|input| input.token_input());
    let Some(input) = input.filter(|_| data.text.is_none()) else { return input.is_some() == data.text.is_some() };
    // Tokens in arrays look like features that are whole numbers.
    let is_token = |x: &f32| x.fract() == 0.0 && *x >= -1.0 && f64::from(*x) < input.vocabulary as f64;
    is_exact(config)
        && matches!(data.shape[..], [tokens] if tokens <= input.tokens)
        && data.rows.iter().all(|row| row.x.iter().all(is_token))
}

/// Classes or values that a model gives; `None` where something is wrong with it.
fn outputs(model: &ModelConfig) -> Option<usize> {
    describe_model(&TypedModel::from(model)).outputs
}

/// The model with another input and last layer; `None` where its layers cannot take such examples.
fn adapted(model: &ModelConfig, data: &DataPreview, config: &DataConfig) -> Option<ModelConfig> {
    let asked = Asked::by(data);
    let needed = asked.outputs()?;
    let (last, body) = model.layers.split_last()?;
    let LayerText::Text(last) = last else { return None };
    let words: Vec<&str> = last.split_whitespace().collect();
    let last = match words[..] {
        ["linear", _] => format!("linear {needed}"),
        ["linear", _, bias] => format!("linear {needed} {bias}"),
        _ => return None,
    };
    let (bodies, inputs) = match (&data.text, model.input.token_input()) {
        (Some(text), Some(input)) => {
            (vec![body.to_vec()], vec![ModelInput::tokens(input.tokens, asked.vocabulary(text))])
        }
        (None, None) => (bodies(body), inputs(model, data, config)),
        _ => return None,
    };
    let (loss, label_smoothing) = asked.loss(model);
    let tries = bodies.iter().flat_map(|body| inputs.iter().map(move |input| (body, input)));
    tries.into_iter().find_map(|(body, input)| {
        let layers = body.iter().cloned().chain([LayerText::Text(last.clone())]);
        // Names of a checkpoint go with its sizes, which are others now.
        let tied = model.tied.clone();
        let model = ModelConfig { label_smoothing, tied, ..ModelConfig::of(input.clone(), loss, layers) };
        (outputs(&model) == Some(needed)).then_some(model)
    })
}

/// Layers for examples that may or may not need `flatten` before them.
fn bodies(body: &[LayerText]) -> Vec<Vec<LayerText>> {
    let flatten = LayerText::from("flatten");
    let mut bodies = vec![body.to_vec()];
    if let Some(rest) = body.strip_prefix(std::slice::from_ref(&flatten)) {
        bodies.push(rest.to_vec());
    }
    bodies.push(std::iter::once(flatten).chain(body.iter().cloned()).collect());
    bodies
}

/// Shapes that these data can have.
fn inputs(model: &ModelConfig, data: &DataPreview, config: &DataConfig) -> Vec<ModelInput> {
    let own = input_fits(&model.input, data, config).then(|| model.input.clone());
    // Pictures may be given as so many features.
    let image = image_shape(data, config.source).map(|image| ModelInput::Shape(image.to_vec()));
    own.into_iter().chain([ModelInput::Shape(data.shape.clone())]).chain(image).collect()
}

#[cfg(test)]
mod tests;
