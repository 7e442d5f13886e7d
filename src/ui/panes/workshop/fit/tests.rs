//! Models for data of all kinds, and what stands against others.

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
    data.text = Some(TextLook { tokens: 12, vocabulary, rows: vec!["a text".to_owned()], ..TextLook::default() });
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
        assert!(small.words.starts_with("No present model fits") && small.words.ends_with(words), "{}", small.words);
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
