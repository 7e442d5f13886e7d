//! Which model goes with which data, and the experiment that is made of both.

use crate::config::{DataConfig, DataSource, Experiment, LayerText, LossKind, ModelConfig, ModelInput, TypedLayers};
use crate::engine::{describe_model, input_words, shape_words};
use crate::protocol::{DataPreview, ExampleLabel};

/// A model for some data.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The model.
    pub model: ModelConfig,
    /// One sentence: where it comes from.
    pub words: String,
}

/// Outputs that a network needs for these data: one a class, or one a value.
#[must_use]
pub fn outputs_for(data: &DataPreview) -> usize {
    match data.rows.first().map(|row| &row.label) {
        Some(ExampleLabel::Values(of)) => of.len(),
        _ => data.classes.len(),
    }
}

/// Whether a model's input can take examples of these data.
fn input_fits(input: &ModelInput, data: &DataPreview, config: &DataConfig) -> bool {
    // Arrays have a shape of their own; rows of numbers and pixels take that of the model.
    let is_exact =
        config.source == DataSource::File
            && config.path.as_ref().and_then(|path| path.extension()).is_some_and(|extension| {
                ["safetensors", "npz"].iter().any(|exact| extension.eq_ignore_ascii_case(exact))
            });
    let input = &input.shape()[..];
    let numbers = |shape: &[usize]| shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
    input == data.shape || (!is_exact && numbers(input) == numbers(&data.shape))
}

/// Why a model with so many outputs does not go with some data, in one sentence; `None` where it does.
#[must_use]
pub fn mismatch(model: &ModelConfig, outputs: usize, data: &DataPreview, config: &DataConfig) -> Option<String> {
    if let Some(told) = text_mismatch(model, outputs, data, config) {
        return told;
    }
    if !input_fits(&model.input, data, config) {
        let (found, expected) = (input_words(&model.input), shape_words(&data.shape));
        return Some(format!(
            "The model takes {found}, the data have {expected}: change the input, or choose other data."
        ));
    }
    let needed = outputs_for(data);
    let is_regression = data.classes.is_empty();
    if is_regression && model.loss == LossKind::CrossEntropy {
        return Some("The labels are numbers, and cross-entropy needs classes: choose mean squared error.".to_owned());
    }
    if outputs < needed || (is_regression && outputs != needed) {
        let what = if is_regression { "values" } else { "classes" };
        return Some(format!(
            "The model gives {outputs} numbers, the data have {needed} {what}: change the last layer."
        ));
    }
    None
}

/// The same where data or model are text; `None` where neither is.
fn text_mismatch(
    model: &ModelConfig,
    outputs: usize,
    data: &DataPreview,
    config: &DataConfig,
) -> Option<Option<String>> {
    let takes = model.inputs().last().and_then(|input| input.token_input());
    let Some(text) = &data.text else {
        // Whether a file's numbers are tokens is told where it is read.
        let problem = format!("The model takes text, the data have {}: choose other data.", shape_words(&data.shape));
        return takes.map(|_| (config.source != DataSource::File).then_some(problem));
    };
    let Some(input) = takes else {
        return Some(Some(format!(
            "The data are text, the model takes {}: its input would be {{ tokens = {}, vocabulary = {} }}.",
            input_words(&model.input),
            text.tokens,
            text.vocabulary
        )));
    };
    let needed = if model.loss == LossKind::TokenCrossEntropy { text.vocabulary } else { data.classes.len() };
    let problem = if input.vocabulary < text.vocabulary {
        format!("The model knows {} tokens, the data have {}: change its input.", input.vocabulary, text.vocabulary)
    } else if outputs < needed {
        format!("The model gives {outputs} numbers, the data have {needed} classes: change the last layer.")
    } else {
        return Some(None);
    };
    Some(Some(problem))
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
    let needed = outputs_for(data);
    let is_regression = data.classes.is_empty();
    if data.text.is_some() {
        let fits = |model: &ModelConfig| outputs(model).is_some_and(|of| mismatch(model, of, data, config).is_none());
        let found = candidates.iter().find(|(_, model)| fits(model));
        return found
            .map(|(name, model)| Proposal {
                model: (*model).clone(),
                words: format!("{name} fits and stays as it is."),
            })
            .ok_or_else(|| {
                "No present model takes text: open one whose input is tokens of such a vocabulary.".to_owned()
            });
    }
    if !is_regression && needed < 2 {
        return Err("All examples have the same class, expected at least two classes.".to_owned());
    }
    for (name, model) in candidates {
        if outputs(model).is_some_and(|outputs| outputs == needed && mismatch(model, outputs, data, config).is_none()) {
            return Ok(Proposal { model: (*model).clone(), words: format!("{name} fits and stays as it is.") });
        }
    }
    for (name, model) in candidates {
        if let Some(model) = adapted(model, needed, data, config) {
            let last = model.layers.last().map(ToString::to_string).unwrap_or_default();
            let words = format!("{name} is adapted: input {}, last layer `{last}`.", input_words(&model.input));
            return Ok(Proposal { model, words });
        }
    }
    let model = small(needed, data);
    let layers: Vec<String> = model.layers.iter().map(ToString::to_string).collect();
    let words = format!("No present model fits, so a small one takes its place: {}.", layers.join(", "));
    Ok(Proposal { model, words })
}

fn outputs(model: &ModelConfig) -> Option<usize> {
    describe_model(&model.input, &TypedLayers::text(&model.layers), model.loss).outputs
}

/// The model with another input and last layer; `None` where its layers cannot take such examples.
fn adapted(model: &ModelConfig, needed: usize, data: &DataPreview, config: &DataConfig) -> Option<ModelConfig> {
    let (last, body) = model.layers.split_last()?;
    let LayerText::Text(last) = last else { return None };
    let words: Vec<&str> = last.split_whitespace().collect();
    let last = match words[..] {
        ["linear", _] => format!("linear {needed}"),
        ["linear", _, bias] => format!("linear {needed} {bias}"),
        _ => return None,
    };
    let flatten = LayerText::from("flatten");
    let mut bodies = vec![body.to_vec()];
    if let Some(rest) = body.strip_prefix(std::slice::from_ref(&flatten)) {
        bodies.push(rest.to_vec());
    }
    bodies.push(std::iter::once(flatten).chain(body.iter().cloned()).collect());
    let mut inputs = vec![ModelInput::Shape(data.shape.clone())];
    if input_fits(&model.input, data, config) {
        inputs.insert(0, model.input.clone());
    }
    if config.source == DataSource::Digits {
        inputs.push(ModelInput::Shape(vec![1, 8, 8]));
    }
    let (loss, label_smoothing) = loss_for(model, data);
    let tries = bodies.iter().flat_map(|body| inputs.iter().map(move |input| (body, input)));
    tries.into_iter().find_map(|(body, input)| {
        let layers = body.iter().cloned().chain([LayerText::Text(last.clone())]);
        let model = ModelConfig { label_smoothing, ..ModelConfig::of(input.clone(), loss, layers) };
        (outputs(&model) == Some(needed)).then_some(model)
    })
}

fn loss_for(model: &ModelConfig, data: &DataPreview) -> (LossKind, f64) {
    if data.classes.is_empty() { (LossKind::Mse, 0.0) } else { (model.loss, model.label_smoothing) }
}

/// A small network for the shape of the data.
fn small(needed: usize, data: &DataPreview) -> ModelConfig {
    let loss = if data.classes.is_empty() { LossKind::Mse } else { LossKind::CrossEntropy };
    let last = format!("linear {needed}");
    let texts: Vec<String> = match data.shape[..] {
        [_, height, width] if height.min(width) >= 4 => {
            let mut layers = vec!["conv 8 3x3 same".to_owned(), "relu".to_owned(), "maxpool 2".to_owned()];
            layers.extend(["conv 16 3x3 same".to_owned(), "relu".to_owned()]);
            // Large pictures end with one number a channel, so that the last layer stays small.
            let end = if height.max(width) > 16 {
                ["globalavgpool", "flatten"].as_slice()
            } else {
                &["maxpool 2", "flatten"]
            };
            layers.extend(end.iter().map(|&layer| layer.to_owned()));
            layers
        }
        [_] => ["linear 32", "tanh", "linear 32", "tanh"].map(str::to_owned).to_vec(),
        _ => ["flatten", "linear 32", "tanh"].map(str::to_owned).to_vec(),
    };
    ModelConfig::new(&data.shape, loss, texts.into_iter().chain([last]))
}

/// The name of an experiment that was put together in the window.
pub const OWN: &str = "own";

/// The present experiment with another model and other data.
#[must_use]
pub fn own_experiment(present: &Experiment, model: ModelConfig, data: DataConfig) -> Experiment {
    let mut own = present.clone();
    let title = title(present, &data);
    let is_own_model = model != present.model || present.title.ends_with("own model");
    own.title = if is_own_model { format!("{title}, own model") } else { title };
    own.name = OWN.to_owned();
    own.about = "Put together in the window: model and data of your own choice.".to_owned();
    (own.model, own.data) = (model, data);
    own
}

fn title(present: &Experiment, data: &DataConfig) -> String {
    let is_same = (present.data.source, &present.data.path) == (data.source, &data.path);
    if is_same && let Some((title, _)) = present.title.split_once(',') {
        return title.to_owned();
    }
    let name = data.path.as_ref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| source_label(data.source).to_owned())
}

/// The name of a source in the window.
#[must_use]
pub const fn source_label(source: DataSource) -> &'static str {
    match source {
        DataSource::Digits => "Digits",
        DataSource::Moons => "Two moons",
        DataSource::Spirals => "Spirals",
        DataSource::Circles => "Circles",
        DataSource::Blobs => "Blobs",
        DataSource::Sums => "Sums",
        DataSource::File => "File",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::protocol::{ExampleRow, FileFacts};

    fn data(shape: &[usize], classes: usize) -> DataPreview {
        let label = if classes == 0 { ExampleLabel::Values(vec![0.5]) } else { ExampleLabel::Class(0) };
        DataPreview {
            source: String::new(),
            shape: shape.to_vec(),
            num_train: 80,
            num_test: 20,
            classes: (0..classes).map(|class| class.to_string()).collect(),
            class_counts: vec![8; classes],
            rows: vec![ExampleRow { x: vec![0.0; shape.iter().product()], label, is_test: false }],
            file: FileFacts::default(),
            text: None,
        }
    }

    fn file(name: &str) -> DataConfig {
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        DataConfig { source: DataSource::File, path: Some(name.into()), ..moons }
    }

    fn layers(proposal: &Proposal) -> String {
        proposal.model.layers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_model_that_fits_stays_and_another_is_adapted_or_replaced() {
        let mlp = builtin_experiment("moons-mlp").unwrap().model;
        let cnn = builtin_experiment("digits-cnn").unwrap().model;
        let with = |model: &ModelConfig, data: &DataPreview, name: &str| {
            propose(&[("The model", model)], data, &file(name)).unwrap()
        };
        let same = with(&mlp, &data(&[2], 2), "a.csv");
        assert_eq!((same.model, same.words.as_str()), (mlp.clone(), "The model fits and stays as it is."));
        let wider = with(&mlp, &data(&[5], 3), "a.csv");
        assert_eq!(
            (wider.model.input.clone(), layers(&wider)),
            (ModelInput::Shape(vec![5]), "linear 32, tanh, linear 32, tanh, linear 3".to_owned())
        );
        assert!(wider.words.contains("adapted: input 5 features, last layer `linear 3`"), "{}", wider.words);
        let flat = with(&mlp, &data(&[3, 6, 6], 4), "a.npz");
        assert!(layers(&flat).starts_with("flatten, linear 32") && layers(&flat).ends_with("linear 4"), "{flat:?}");
        let colour = with(&cnn, &data(&[3, 32, 32], 10), "a.bin");
        assert_eq!(colour.model.input, ModelInput::Shape(vec![3, 32, 32]));
        let small = with(&cnn, &data(&[7], 2), "a.csv");
        assert!(
            small.words.starts_with("No present model fits") && small.model.input == ModelInput::Shape(vec![7]),
            "{small:?}"
        );
        let values = with(&mlp, &data(&[2], 0), "a.csv");
        assert_eq!((values.model.loss, layers(&values).ends_with("linear 1")), (LossKind::Mse, true));
        let one = propose(&[("The model", &mlp)], &data(&[2], 1), &file("a.csv")).unwrap_err();
        assert!(one.contains("expected at least two classes"));
    }

    #[test]
    fn small_models_are_valid_for_every_shape() {
        for shape in [&[1][..], &[100], &[1, 1, 1], &[3, 2, 9], &[1, 4, 4], &[1, 8, 8], &[3, 32, 32], &[3, 224, 224]] {
            for classes in [0, 2, 10] {
                let data = data(shape, classes);
                let model = small(classes.max(1), &data);
                assert_eq!(outputs(&model), Some(classes.max(1)), "{shape:?} {classes}");
                assert_eq!(mismatch(&model, classes.max(1), &data, &file("a.npz")), None);
            }
        }
    }

    #[test]
    fn a_mismatch_says_what_to_change() {
        let mlp = builtin_experiment("moons-mlp").unwrap().model;
        let says = |data: &DataPreview, name: &str, expected: &str| {
            let found = mismatch(&mlp, 2, data, &file(name)).unwrap();
            assert!(found.contains(expected), "{found}");
        };
        says(&data(&[3], 2), "a.csv", "takes 2 features, the data have 3 features");
        says(&data(&[1, 1, 2], 2), "a.npz", "the data have 1×1×2");
        says(&data(&[2], 5), "a.csv", "gives 2 numbers, the data have 5 classes");
        says(&data(&[2], 0), "a.csv", "choose mean squared error");
        assert_eq!(mismatch(&mlp, 2, &data(&[1, 1, 2], 2), &file("a.csv")), None);
    }

    #[test]
    fn an_own_experiment_is_called_by_its_data_and_by_its_model() {
        let present = builtin_experiment("moons-mlp").unwrap();
        let cnn = builtin_experiment("digits-cnn").unwrap();
        let own = own_experiment(&present, cnn.model, cnn.data);
        assert_eq!((own.title.as_str(), own.name.as_str()), ("Digits, own model", OWN));
        assert_eq!((own.optimizers.len(), own.validate()), (3, Ok(())));
        let again = own_experiment(&own, own.model.clone(), own.data.clone());
        assert_eq!(again.title, "Digits, own model");
    }
}
