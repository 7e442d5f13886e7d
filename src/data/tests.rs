//! Data sets as a configuration describes them.

use super::*;
use crate::config::{DataConfig, DataSource, LossKind};

pub(super) fn config(source: DataSource) -> DataConfig {
    DataConfig {
        train_size: 300,
        test_size: 201,
        seed: 3,
        noise: 0.1,
        classes: 3,
        held_out: 0,
        ..DataConfig::of(source)
    }
}

/// The share that a class has of all examples.
fn share_of(source: DataSource, class: usize, classes: usize) -> f64 {
    if source == DataSource::Lesions { [0.5, 0.1, 0.25, 0.05, 0.1][class] } else { 1.0 / classes as f64 }
}

fn input(source: DataSource) -> &'static [usize] {
    match source {
        DataSource::Digits => &[64],
        DataSource::Sums | DataSource::Chains => &[40],
        DataSource::Glyphs | DataSource::Shapes | DataSource::Textures | DataSource::Lesions => &[1, 16, 16],
        DataSource::Handwriting | DataSource::Counts => &[1, 16, 16],
        DataSource::MatrixSensing => &[20, 20],
        DataSource::Scenes => &[1740],
        _ => &[2],
    }
}

pub(super) fn loaded(config: &DataConfig) -> Split {
    fitting(config, input(config.source)).unwrap()
}

pub(super) fn fitting(config: &DataConfig, input: &[usize]) -> Result<Split, DataError> {
    let text = Text { tokens: 40, vocabulary: 16, image: &[] };
    let wanted = match config.source {
        DataSource::Sums | DataSource::Chains => {
            Wanted { input, outputs: 16, loss: LossKind::TokenCrossEntropy, text: Some(text) }
        }
        DataSource::Scenes => Wanted {
            input,
            outputs: 32,
            loss: LossKind::Contrastive,
            text: Some(Text { tokens: 12, vocabulary: 30, image: &[3, 24, 24] }),
        },
        DataSource::MatrixSensing => Wanted { input, outputs: 1, loss: LossKind::Mse, text: None },
        _ => Wanted { input, outputs: 10, loss: LossKind::CrossEntropy, text: None },
    };
    load(config, &wanted)
}

#[test]
fn train_and_test_are_disjoint_and_have_the_sizes_asked_for() {
    for source in DataSource::ALL {
        let split = loaded(&config(source));
        assert_eq!((split.train.len(), split.test.len()), (300, 201), "{source:?}");
        assert_eq!(split.train.x.len(), 300 * split.train.features(), "{source:?}");
        let bits = |x: &[f32]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let train: std::collections::HashSet<_> = (0..300).map(|i| bits(split.train.example(i))).collect();
        assert_eq!(train.len(), 300, "{source:?}: training examples repeat");
        let shared = (0..201).filter(|&i| train.contains(&bits(split.test.example(i)))).count();
        assert_eq!(shared, 0, "{source:?}: test examples are in the training set");
    }
}

#[test]
fn each_class_has_its_share_of_every_beginning() {
    for source in DataSource::ALL {
        let split = loaded(&config(source));
        let classes = split.train.num_classes();
        for n in [60, 150, 300] {
            for (class, &count) in split.train.first(n).class_counts().iter().enumerate() {
                let share = n as f64 * share_of(source, class, classes);
                // Digits' classes have 174 to 183 examples, so their shares differ from equal ones by under 4 %.
                assert!((count as f64 - share).abs() <= 1.0 + 0.04 * share, "{source:?} {class}: {count} of {n}");
            }
        }
    }
}

#[test]
fn the_seed_decides_everything() {
    for source in DataSource::ALL {
        let first = DataConfig { label_noise: 0.2, ..config(source) };
        let other = DataConfig { seed: 4, ..first.clone() };
        assert_eq!(loaded(&first), loaded(&first), "{source:?}");
        assert_ne!(loaded(&first), loaded(&other), "{source:?}");
    }
}

#[test]
fn label_noise_flips_exactly_its_share_of_training_labels_only() {
    // Text, numbers and pairs have no classes to flip.
    let without = [DataSource::Sums, DataSource::Chains, DataSource::MatrixSensing, DataSource::Scenes];
    for source in DataSource::ALL.into_iter().filter(|source| !without.contains(source)) {
        let clean = loaded(&config(source));
        assert_eq!(clean.flipped, 0);
        for (share, expected) in [(0.1, 30), (0.2217, 67), (1.0, 300)] {
            let noisy = loaded(&DataConfig { label_noise: share, ..config(source) });
            let different = clean.train.classes().iter().zip(noisy.train.classes()).filter(|(a, b)| a != b).count();
            assert_eq!((different, noisy.flipped), (expected, expected), "{source:?} {share}");
            assert!(noisy.train.classes().iter().all(|&class| (class as usize) < noisy.train.num_classes()));
            assert_eq!(noisy.test, clean.test, "{source:?}");
            assert_eq!(noisy.train.x, clean.train.x, "{source:?}");
        }
    }
}

#[test]
fn examples_take_the_shape_of_the_models_input() {
    let flat = fitting(&config(DataSource::Digits), &[64]).unwrap();
    let image = fitting(&config(DataSource::Digits), &[1, 8, 8]).unwrap();
    assert_eq!((flat.train.shape, image.train.shape), (vec![64], vec![1, 8, 8]));
    assert_eq!(flat.train.x, image.train.x);
    let message = fitting(&config(DataSource::Digits), &[1, 8, 9]).unwrap_err().to_string();
    assert_eq!(
        message,
        "`model.input` is [1, 8, 9] (72 features), expected 64 features, the shape [64] of one example of digits"
    );
    assert!(fitting(&config(DataSource::Moons), &[3]).is_err());
    assert!(fitting(&config(DataSource::Moons), &[usize::MAX, 4]).is_err());
}

#[test]
fn too_many_digits_are_refused() {
    let all = DataConfig { train_size: 500, test_size: 1297, ..config(DataSource::Digits) };
    assert!(fitting(&all, &[64]).is_ok());
    let message = fitting(&DataConfig { test_size: 1298, ..all }, &[64]).unwrap_err().to_string();
    assert_eq!(
        message,
        "`data.train_size` 500 and `data.test_size` 1298 ask for 1798 examples, expected at most the 1797 of digits"
    );
}

#[test]
fn validation_examples_are_apart_from_the_others_and_in_fair_shares() {
    for source in DataSource::ALL {
        let split = loaded(&DataConfig { validation_size: 120, label_noise: 0.3, ..config(source) });
        let validation = split.validation.as_ref().unwrap();
        assert_eq!((split.train.len(), split.test.len(), validation.len()), (300, 201, 120), "{source:?}");
        assert_eq!(validation.shape, split.train.shape, "{source:?}");
        let bits = |x: &[f32]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let parts = [&split.train, &split.test, validation];
        let all: std::collections::HashSet<_> =
            parts.iter().flat_map(|part| (0..part.len()).map(|i| bits(part.example(i)))).collect();
        assert_eq!(all.len(), 621, "{source:?}: an example is in two parts");
        let classes = validation.num_classes();
        for (class, &count) in validation.class_counts().iter().enumerate() {
            let share = 120.0 * share_of(source, class, classes);
            assert!((count as f64 - share).abs() <= 2.0 + 0.04 * share, "{source:?} {class}: {count} of 120");
        }
        assert!(loaded(&config(source)).validation.is_none(), "{source:?}");
    }
}

#[test]
fn validation_changes_neither_the_other_parts_nor_its_own_labels() {
    let without = loaded(&config(DataSource::Digits));
    let clean = DataConfig { validation_size: 120, ..config(DataSource::Digits) };
    let with = loaded(&clean);
    assert_eq!((&with.train, &with.test), (&without.train, &without.test));
    let noisy = loaded(&DataConfig { label_noise: 1.0, ..clean.clone() });
    assert_eq!((noisy.flipped, noisy.validation), (300, with.validation));
    let many = DataConfig { train_size: 1000, test_size: 700, validation_size: 98, ..clean };
    let message = fitting(&many, &[64]).unwrap_err().to_string();
    assert_eq!(
        message,
        "`data.train_size` 1000, `data.test_size` 700 and `data.validation_size` 98 ask for 1798 examples, expected at \
         most the 1797 of digits"
    );
    assert!(fitting(&DataConfig { validation_size: 97, ..many }, &[64]).is_ok());
}

#[test]
fn letters_and_digits_come_in_one_shape_for_fine_tuning() {
    let of = |name: &str, outputs: usize| {
        let experiment = crate::config::builtin_experiment(name).unwrap();
        let input = experiment.model.example_shape();
        let split = load(&experiment.data, &Wanted::by(&experiment.model, &input, outputs)).unwrap();
        assert_eq!((split.train.shape.as_slice(), split.train.num_classes()), (&[1, 16, 16][..], outputs), "{name}");
        assert!(split.validation.is_some(), "{name}");
        (split, experiment.model.layers)
    };
    let ((letters, body), (digits, other)) = (of("resnet8-glyphs", 52), of("resnet8-digits", 10));
    assert_eq!(body[..body.len() - 1], other[..other.len() - 1], "all but the last layer");
    let sets = [("shapes", 20), ("textures", 12), ("lesions", 5), ("handwriting", 62), ("counts", 9)];
    for (name, outputs) in sets.map(|(name, outputs)| (format!("resnet8-{name}"), outputs)) {
        let (split, other) = of(&name, outputs);
        assert_eq!((&body[..body.len() - 1], split.class_names.len()), (&other[..other.len() - 1], outputs), "{name}");
    }
    assert!(letters.class_names.iter().all(|name| name.len() == 1 && name.as_bytes()[0].is_ascii_alphabetic()));
    // Ink is 1 and paper 0 in both, and there is about as much of it.
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (letters, digits) = (mean(&letters.train.x), mean(&digits.train.x));
    assert!((0.08..0.4).contains(&letters) && (0.2..0.4).contains(&digits), "{letters} and {digits}");
}

/// Sessions are replayed from their seed, so these values must never change.
#[test]
fn random_streams_are_pinned() {
    let split = loaded(&DataConfig { train_size: 6, test_size: 2, label_noise: 0.5, ..config(DataSource::Moons) });
    let rounded: Vec<i32> = split.train.x.iter().map(|v| (v * 1e4).round() as i32).collect();
    assert_eq!(rounded, PINNED_X);
    assert_eq!(split.train.classes(), PINNED_Y);
    let digits = loaded(&DataConfig { train_size: 12, test_size: 2, ..config(DataSource::Digits) });
    assert_eq!(digits.train.classes(), PINNED_DIGITS);
}

const PINNED_X: [i32; 12] = [-412, 4952, -1229, -5781, 4884, -3040, 13182, 1252, -8783, 7391, -5152, 2238];
const PINNED_Y: [u32; 6] = [1, 1, 0, 0, 0, 0];
const PINNED_DIGITS: [u32; 12] = [3, 1, 5, 4, 6, 9, 7, 0, 2, 8, 3, 5];

#[test]
fn a_file_is_split_as_any_other_source() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.csv");
    let rows: Vec<String> = (0..60).map(|i| format!("{i},{},{}", i % 7, i % 3)).collect();
    std::fs::write(&path, rows.join("\n")).unwrap();
    let config = DataConfig { path: Some(path), train_size: 30, test_size: 12, ..config(DataSource::File) };
    let wanted = Wanted { input: &[2], outputs: 3, loss: LossKind::CrossEntropy, text: None };
    let split = load(&config, &wanted).unwrap();
    assert_eq!(split.train.class_counts(), [10, 10, 10]);
    assert_eq!(split.test.class_counts(), [4, 4, 4]);
    let many = DataConfig { train_size: 49, ..config.clone() };
    let message = load(&many, &wanted).unwrap_err().to_string();
    assert!(message.contains("ask for 61 examples, expected at most the 60 of file"), "{message}");
    let message = load(&config, &Wanted { input: &[3], ..wanted }).unwrap_err().to_string();
    assert!(message.starts_with("`data.path`: an example of x has the shape [2], expected [3]"), "{message}");
}

#[test]
fn text_goes_with_models_that_take_text() {
    let text = Text { tokens: 12, vocabulary: 14, image: &[] };
    let fits = Wanted { input: &[12], outputs: 14, loss: LossKind::TokenCrossEntropy, text: Some(text) };
    let sums = config(DataSource::Sums);
    let split = load(&sums, &fits).unwrap();
    assert_eq!((split.train.shape.as_slice(), split.train.num_classes(), split.flipped), (&[12][..], 14, 0));
    assert_eq!(split.class_names.concat(), "0123456789+-=.");
    let is_refused = |config: &DataConfig, wanted: &Wanted<'_>, words: &str| {
        let message = load(config, wanted).unwrap_err().to_string();
        assert!(message.contains(words) && !message.contains('\n'), "{words}: {message}");
    };
    let small = Some(Text { vocabulary: 13, ..text });
    is_refused(&sums, &Wanted { text: small, ..fits }, "`data.source` is sums, which does not go with the model");
    is_refused(&sums, &Wanted { outputs: 13, ..fits }, "a vocabulary and outputs of at least 14");
    let short = Some(Text { tokens: 5, ..text });
    is_refused(&sums, &Wanted { input: &[5], text: short, ..fits }, "at least 6 tokens");
    is_refused(&sums, &Wanted { loss: LossKind::CrossEntropy, ..fits }, "the loss token-cross-entropy");
    is_refused(&sums, &Wanted { text: None, ..fits }, "for sums `input = { tokens = T, vocabulary = V }`");
    is_refused(&config(DataSource::Moons), &fits, "`data.source` is moons, which does not go with the model");
    let odd = Wanted { input: &[2], outputs: 2, loss: LossKind::TokenCrossEntropy, text: None };
    is_refused(
        &config(DataSource::Moons),
        &odd,
        "expected sums, chains, scenes or a file where the model takes tokens",
    );
}

#[test]
fn scenes_go_with_two_towers_that_are_large_enough() {
    let scenes = DataConfig { train_size: 8, test_size: 4, ..config(DataSource::Scenes) };
    let text = Text { tokens: 14, vocabulary: 256, image: &[3, 24, 24] };
    let fits = Wanted { input: &[1742], outputs: 32, loss: LossKind::Contrastive, text: Some(text) };
    let split = load(&scenes, &fits).unwrap();
    assert_eq!((split.train.shape.as_slice(), split.train.y.len()), (&[1742][..], 8));
    // Shorter captions are padded to the model's tokens.
    assert!((0..8).all(|i| split.train.example(i)[1740..] == [-1.0; 2]));
    let is_refused = |config: &DataConfig, wanted: &Wanted<'_>, words: &str| {
        let message = load(config, wanted).unwrap_err().to_string();
        assert!(message.contains(words) && !message.contains('\n'), "{words}: {message}");
    };
    is_refused(&scenes, &Wanted { text: Some(Text { tokens: 11, ..text }), ..fits }, "at least 12 tokens");
    is_refused(&scenes, &Wanted { text: Some(Text { vocabulary: 29, ..text }), ..fits }, "a vocabulary of at least 30");
    is_refused(&scenes, &Wanted { text: Some(Text { image: &[3, 32, 32], ..text }), ..fits }, "images [3, 24, 24]");
    is_refused(&scenes, &Wanted { text: None, ..fits }, "`data.source` is scenes, which does not go with the model");
    is_refused(&config(DataSource::Sums), &fits, "`data.source` is sums, which does not go with the model");
    let many = DataConfig { train_size: 1_000_000, ..scenes.clone() };
    is_refused(&many, &fits, "ask for 1000004 examples, expected at most the");
    is_refused(
        &DataConfig { held_out: 1, test_size: 6787, ..scenes },
        &fits,
        "`data.test_size` is 6787, expected at most 6786",
    );
}

#[test]
fn chains_go_with_models_that_are_large_enough_and_are_no_more_than_there_are() {
    let text = Text { tokens: 22, vocabulary: 16, image: &[] };
    let fits = Wanted { input: &[22], outputs: 16, loss: LossKind::TokenCrossEntropy, text: Some(text) };
    let chains = config(DataSource::Chains);
    let split = load(&chains, &fits).unwrap();
    assert_eq!((split.class_names.concat().as_str(), split.flipped), ("0123456789+-=,>.", 0));
    let signs = split.text.unwrap().signs.unwrap();
    let written: Vec<i32> = split.test.example(0).iter().map(|&token| token as i32).collect();
    assert_eq!(signs.answer(&written[8..]), Some(&written[20..21]));
    let is_refused = |config: &DataConfig, wanted: &Wanted<'_>, words: &str| {
        let message = load(config, wanted).unwrap_err().to_string();
        assert!(message.contains(words) && !message.contains('\n'), "{words}: {message}");
    };
    let short = Wanted { input: &[21], text: Some(Text { tokens: 21, ..text }), ..fits };
    is_refused(&chains, &short, "for chains `input = { tokens = T, vocabulary = V }` with at least 22 tokens");
    assert!(load(&DataConfig { steps: false, ..chains.clone() }, &short).is_ok());
    is_refused(&chains, &Wanted { outputs: 15, ..fits }, "a vocabulary and outputs of at least 16");
    let all = DataConfig { train_size: 9000, test_size: 1000, ..chains };
    assert_eq!(load(&all, &fits).unwrap().train.len(), 9000);
    is_refused(&DataConfig { test_size: 1001, ..all }, &fits, "expected at most the 10000 of chains");
}
