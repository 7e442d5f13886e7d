use std::sync::Arc;

use super::*;
use crate::config::{LossKind, ModelConfig, ModelInput, OptimizerKind, Tower, Towers, builtin_experiment};
use crate::model::{Compute, Targets};
use crate::train::Prepared;

fn features_of(image: &[[f64; 2]], text: &[[f64; 2]]) -> Features {
    Features { image: image.concat(), text: text.concat(), width: 2 }
}

/// Both images are most similar to the first text, and each text to its own image.
const IMAGES: [[f64; 2]; 2] = [[1.0, 0.0], [0.8, 0.6]];
const TEXTS: [[f64; 2]; 2] = [[1.0, 0.0], [0.0, 1.0]];

#[test]
fn retrieval_is_told_both_ways() {
    assert_eq!(retrieved(&features_of(&IMAGES, &TEXTS)), [0.5, 1.0]);
    assert_eq!(retrieved(&features_of(&TEXTS, &IMAGES)), [1.0, 0.5]);
    assert_eq!(retrieved(&features_of(&TEXTS, &TEXTS)), [1.0, 1.0]);
    let swapped = [TEXTS[1], TEXTS[0]];
    assert_eq!(retrieved(&features_of(&TEXTS, &swapped)), [0.0, 0.0]);
    assert!(retrieved(&features_of(&[], &[])).iter().all(|score| score.is_nan()), "there are no pairs");
}

#[test]
fn ties_count_by_chance() {
    let same = [[0.6, 0.8]; 5];
    assert_eq!(retrieved(&features_of(&same, &same)), [0.2, 0.2]);
    // Two of three pairs are alike: each of them finds its own every other time.
    let texts = [TEXTS[0], TEXTS[0], TEXTS[1]];
    assert_eq!(retrieved(&features_of(&texts, &texts)), [2.0 / 3.0; 2]);
    let broken = [[f64::NAN, 0.0], [0.0, 1.0]];
    assert!(retrieved(&features_of(&broken, &TEXTS)).iter().all(|score| score.is_nan()));
}

#[test]
fn the_class_of_a_prompt_is_a_mean_direction() {
    // The mean of the first class lies at 45°, that of the second at −90°; the length of a mean must not count.
    let prompts = features_of(&[], &[[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.0, -1.0]]);
    let (right, down) = ([1.0, 0.0], [0.6, -0.8]);
    let question = |truth: &[Option<usize>]| Question {
        measure: Measure::ZeroShotShape,
        classes: 2,
        of_prompt: vec![0, 0, 1, 1],
        truth: truth.to_vec(),
    };
    let tests = features_of(&[right, down, down, right], &[]);
    // cos 45° = 0.71 against 0 for the first, −0.14 against 0.8 for the second.
    let score = answered(&tests, &prompts, &question(&[Some(0), Some(1), Some(0), None]));
    assert_eq!((score.measure, score.asked, score.classes), (Measure::ZeroShotShape, 3, 2));
    assert!((score.accuracy - 2.0 / 3.0).abs() < 1e-15);
    let none = answered(&tests, &prompts, &question(&[None; 4]));
    assert!(none.accuracy.is_nan() && none.asked == 0);
    // At −20° the first mean is nearer: cos 65° = 0.42 against cos 70° = 0.34. Its length, √½, must not count.
    let (sin, cos) = (-20.0_f64).to_radians().sin_cos();
    let score = answered(&features_of(&[[cos, sin]], &[]), &prompts, &question(&[Some(0)]));
    assert_eq!(score.accuracy, 1.0);
}

#[test]
fn an_image_is_told_its_three_nearest_texts() {
    let texts: [[f64; 2]; 4] = [[0.0, 1.0], [1.0, 0.0], [0.6, 0.8], [0.8, -0.6]];
    let found = nearest(&features_of(&[[1.0, 0.0], [0.0, -1.0], [f64::NAN, 0.0], [0.6, 0.8]], &texts));
    assert_eq!(found[0], NearTexts { nearest: vec![(1, 1.0), (3, 0.8), (2, 0.6)], own: 0.0 });
    assert_eq!(found[1].nearest, [(3, 0.6), (1, 0.0), (2, -0.8)]);
    assert!(found[2].nearest.len() == 3 && found[2].own.is_nan());
    assert_eq!((found[3].nearest[0], found[3].own), ((2, 1.0), (0.8_f64 * 0.6 - 0.6 * 0.8) as f32));
}

/// Two towers of one layer each, whose features are their inputs times the weights: retrieval is that of the features by hand, and
/// the share of the right images is the accuracy that the network counts.
#[test]
fn a_model_by_hand_retrieves_what_its_features_do() {
    let tower = |input, layers: &[&str]| Tower { input, layers: layers.iter().map(|&layer| layer.into()).collect() };
    let towers = Towers {
        image: tower(ModelInput::Shape(vec![2]), &["linear 2 nobias"]),
        text: tower(ModelInput::tokens(1, 3), &["embedding 2", "last-token"]),
    };
    let network = Network::new(&ModelConfig::of_towers(towers)).unwrap();
    assert_eq!(network.loss(), LossKind::Contrastive);
    let compute = Compute::cpu_f64();
    // The linear layer swaps both numbers and doubles them; words are (3, 0), (0, 4) and (0, 0).
    let weights = vec![0.0, 2.0, 2.0, 0.0, 3.0, 0.0, 0.0, 4.0, 0.0, 0.0, 1.0];
    let weights = compute.tensor_f64(weights, [1, 11]);
    // Images whose features are those of `IMAGES`, and words 0 and 1.
    let x = [0.0, 5.0, 0.0, 0.3, 0.4, 1.0];
    let batch = network.batch(&x, Targets::<f64>::Pairs(2), &compute);
    let found = features(&network, &weights, std::iter::once(batch.clone()));
    let expected = features_of(&IMAGES, &TEXTS);
    assert_eq!(found.width, 2);
    for (found, expected) in found.image.iter().chain(&found.text).zip(expected.image.iter().chain(&expected.text)) {
        assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
    }
    assert_eq!(retrieved(&found), [0.5, 1.0]);
    let [_, right] = network.outcomes(weights.clone(), &batch);
    assert_eq!(to_host(right), [1.0], "of two images");
    let pieces = (0..2).map(|i| network.batch(&x[3 * i..3 * i + 3], Targets::<f64>::Pairs(1), &compute));
    assert_eq!(features(&network, &weights, pieces), found, "in pieces they are the same");
    let plain = Network::new(&ModelConfig::new(&[2], LossKind::Mse, ["linear 1"])).unwrap();
    let batch = plain.unlabelled(&[0.5, 0.5], &compute);
    assert!(features(&plain, &compute.tensor_f64(vec![0.0; 3], [1, 3]), std::iter::once(batch)).image.is_empty());
}

#[test]
fn a_run_on_scenes_has_all_scores() {
    let mut experiment = builtin_experiment("clip-scenes").unwrap();
    for setting in ["data.train_size=64", "data.test_size=60"] {
        experiment.assign(setting).unwrap();
    }
    let experiment = Arc::new(experiment);
    let task = Arc::new(Prepared::new(Arc::clone(&experiment)).unwrap().task(0, Compute::cpu()));
    // By hand: two blocks of 33 472 in each tower; patches, positions, norm, features and words.
    assert_eq!(task.network.num_parameters(), 77_120 + 71_808 + 1);
    let knobs = experiment.knobs(OptimizerKind::Sgd).unwrap();
    let mut run = Run::new(task, OptimizerKind::Sgd, knobs);
    for _ in 0..3 {
        run.step().unwrap();
    }
    let scores = pair_scores(&run).unwrap();
    assert!((scores.image_to_text - run.evaluate().test_accuracy).abs() < 1e-9, "{scores:?}");
    assert!((0.0..=1.0).contains(&scores.text_to_image));
    let [colour, shape] = &scores.zero_shot[..] else { panic!("{scores:?}") };
    assert_eq!(
        (colour.measure, colour.classes, shape.measure, shape.classes),
        (Measure::ZeroShotColour, 6, Measure::ZeroShotShape, 4)
    );
    assert!(colour.asked == shape.asked && colour.asked > 3, "{scores:?}");
    assert!([colour, shape].iter().all(|score| (0.0..=1.0).contains(&score.accuracy)));

    let moons = Arc::new(builtin_experiment("moons-mlp").unwrap());
    let knobs = moons.knobs(OptimizerKind::Sgd).unwrap();
    let task = Arc::new(Prepared::new(moons).unwrap().task(0, Compute::cpu()));
    assert_eq!(pair_scores(&Run::new(task, OptimizerKind::Sgd, knobs)), None);
}
