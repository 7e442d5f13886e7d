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
fn is_exact(config: &DataConfig) -> bool {
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
    let fits = |model: &ModelConfig| {
        outputs(model).is_some_and(|outputs| {
            // A vocabulary may have words that these texts do not.
            let is_enough = matches!(asked, Asked::Tokens(_)) || asked.outputs().is_none_or(|needed| outputs == needed);
            is_enough && is_for(model, data, config) && mismatch(model, outputs, data, config).is_none()
        })
    };
    if let Some((name, model)) = candidates.iter().find(|(_, model)| fits(model)) {
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
mod tests {
    use super::*;
    use crate::config::{builtin_experiment, builtin_model};
    use crate::protocol::{ExampleLabel, ExampleRow, FileFacts};

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
    fn small_models_are_valid_for_every_shape() {
        for shape in [&[1][..], &[100], &[1, 1, 1], &[3, 2, 9], &[1, 4, 4], &[1, 8, 8], &[3, 32, 32], &[3, 224, 224]] {
            for classes in [0, 2, 10] {
                let data = data(shape, classes);
                let model = small(&data);
                assert_eq!(outputs(&model), Some(classes.max(1)), "{shape:?} {classes}");
                assert_eq!(mismatch(&model, classes.max(1), &data, &file("a.npz")), None);
            }
        }
    }

    fn text(label: ExampleLabel, classes: usize, vocabulary: usize) -> DataPreview {
        let mut data = DataPreview { shape: vec![12], ..data(&[12], classes) };
        data.rows[0] = ExampleRow { x: Vec::new(), label, is_test: false };
        data.text = Some(TextLook { tokens: 12, vocabulary, rows: vec!["a text".to_owned()] });
        data
    }

    #[test]
    fn text_and_pairs_get_small_models_of_their_kind() {
        let mlp = builtin_experiment("moons-mlp").unwrap().model;
        let next = text(ExampleLabel::Tokens("b".to_owned()), 0, 256);
        let classes = text(ExampleLabel::Class(1), 3, 100);
        let mut pairs = text(ExampleLabel::Pair, 0, 50);
        pairs.shape = vec![3, 8, 8];
        for (data, loss, words) in [
            (&next, LossKind::TokenCrossEntropy, "linear 256 nobias."),
            (&classes, LossKind::CrossEntropy, "embedding 32, mean-token, linear 3."),
            (&pairs, LossKind::Contrastive, "embedding 32, mean-token, linear 16 for texts."),
        ] {
            let small = propose(&[("The model", &mlp)], data, &file("a.npz")).unwrap();
            assert!(
                small.words.starts_with("No present model fits") && small.words.ends_with(words),
                "{}",
                small.words
            );
            assert_eq!((small.model.loss, small.model.tied.len()), (loss, usize::from(data == &next)));
            let outputs = outputs(&small.model).expect("it is valid");
            assert_eq!(mismatch(&small.model, outputs, data, &file("a.npz")), None);
            let again = propose(&[("The small one", &small.model)], data, &file("a.npz")).unwrap();
            assert_eq!((again.model, again.words.as_str()), (small.model, "The small one fits and stays as it is."));
        }
        let sums = builtin_experiment("gpt-mini-sums").unwrap().model;
        let wider = propose(&[("The model", &sums)], &next, &file("a.txt")).unwrap();
        assert_eq!(
            wider.words,
            "The model is adapted: input 24 tokens of a vocabulary of 256, last layer `linear 256 nobias`."
        );
        assert_eq!((wider.model.tied, wider.model.loss), (sums.tied, LossKind::TokenCrossEntropy));
    }

    #[test]
    fn a_mismatch_of_text_says_what_to_change() {
        let sums = builtin_experiment("gpt-mini-sums").unwrap().model;
        let mlp = builtin_experiment("moons-mlp").unwrap().model;
        let classifier = ModelConfig { loss: LossKind::CrossEntropy, ..sums.clone() };
        let clip = builtin_model("clip-mini --depth 1").unwrap();
        let next = |vocabulary| text(ExampleLabel::Tokens("b".to_owned()), 0, vocabulary);
        let mut pairs = text(ExampleLabel::Pair, 0, 300);
        pairs.shape = vec![3, 32, 32];
        let grey = DataPreview { shape: vec![1, 8, 8], ..pairs.clone() };
        for (model, data, expected) in [
            (&mlp, next(20), "takes 2 features: its input would be 12 tokens of 20."),
            (&sums, next(20), "The model knows 14 tokens, the data have 20: change its input."),
            (&sums, text(ExampleLabel::Class(0), 2, 14), "no label for each token: choose cross-entropy."),
            (&classifier, next(14), "Each token has a label: choose cross-entropy of tokens."),
            (&sums, pairs.clone(), "images with their texts, the model takes text alone"),
            (&mlp, pairs.clone(), "choose a model with two towers"),
            (&clip, pairs, "The text tower knows 256 tokens, the data have 300"),
            (&clip, grey, "The image tower takes 3×32×32, the images are 1×8×8"),
        ] {
            let found = mismatch(model, 14, &data, &file("a.npz")).expect(expected);
            assert!(found.contains(expected), "{found}");
        }
        assert_eq!(mismatch(&sums, 14, &next(14), &file("a.npz")), None);
        let few = mismatch(&ModelConfig { input: ModelInput::tokens(12, 20), ..sums }, 14, &next(20), &file("a.npz"));
        assert!(few.unwrap().contains("gives 14 numbers, the data have 20 tokens to choose from"));
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        assert!(mismatch(&clip, 64, &data(&[2], 2), &moons).unwrap().contains("compares images with texts"));
    }
}
