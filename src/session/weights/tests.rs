//! Files of weights as they are read: what fits, what is told, and what is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::config::{LossKind, ModelConfig, Precision, builtin_model};
use crate::model::Parameter;

fn model() -> ModelConfig {
    ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 3", "tanh", "linear 2"])
}

fn architecture() -> Architecture {
    Architecture::new(&model()).unwrap()
}

fn write(tensors: &[(&str, Vec<usize>, Vec<f32>)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
    let bytes = write_safetensors(tensors.iter().map(|(name, shape, of)| (*name, shape.clone(), &of[..])));
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// All tensors of the architecture under `prefix`, filled with 0, 1, 2, ….
fn whole(prefix: &str) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let numbered = |p: &Parameter| p.range().map(|i| i as f32).collect();
    architecture().parameters.iter().map(|p| (format!("{prefix}{}", p.name), p.shape.clone(), numbered(p))).collect()
}

fn borrowed(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<(&str, Vec<usize>, Vec<f32>)> {
    tensors.iter().map(|(name, shape, of)| (name.as_str(), shape.clone(), of.clone())).collect()
}

#[test]
fn what_was_written_is_read_again() {
    let weights: Vec<f32> = (0..17).map(|i| (i as f32).sin()).collect();
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
    std::fs::write(file.path(), weights_file(&architecture(), &weights, &[])).unwrap();
    let read = read_weights(file.path(), &architecture()).unwrap();
    assert!(read.notes.is_empty(), "{:?}", read.notes);
    assert_eq!(read.value, weights.iter().map(|&w| f64::from(w)).collect::<Vec<_>>());
}

#[test]
fn everything_that_does_not_fit_stands_in_one_message() {
    let file = write(&[
        ("0.weight", vec![2, 3], vec![0.0; 6]),
        ("2.weight", vec![2, 3], vec![0.0; 6]),
        ("2.bias", vec![2], vec![0.0; 2]),
        ("4.bias", vec![1], vec![0.0]),
        ("1.num_batches_tracked", vec![1], vec![0.0]),
    ]);
    let message = read_weights(file.path(), &architecture()).unwrap_err().to_string();
    for part in
        ["missing: `0.bias` [3]", "unexpected: `4.bias` [1]", "of another shape: `0.weight` [2, 3], expected [3, 2]"]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains("num_batches") && !message.contains("`2.bias`"), "{message}");
}

#[test]
fn a_prefix_comes_off_where_everything_fits_below_it_and_is_named_where_not() {
    let plain = read_weights(write(&borrowed(&whole(""))).path(), &architecture()).unwrap().value;
    let mut tensors = whole("trainer.my_net.");
    let read = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap();
    assert_eq!((read.value, read.notes.len()), (plain, 1));
    assert_eq!(read.notes[0], "`trainer.my_net.` before every name is stripped");
    tensors.pop();
    let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
    assert!(message.contains("all names begin with `trainer.my_net.`"), "{message}");
    let other = write(&[("fc.weight", vec![1], vec![0.0]), ("fc.bias", vec![1], vec![0.0])]);
    let message = read_weights(other.path(), &architecture()).unwrap_err().to_string();
    assert!(!message.contains("begin with"), "nothing fits without it either: {message}");
}

#[test]
fn counters_are_left_out_and_wrappers_stripped_with_a_note_each() {
    let mut tensors = whole("module.");
    tensors.push(("n_averaged".to_owned(), Vec::new(), vec![1.0]));
    let read = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap();
    assert_eq!(read.value, (0..17).map(f64::from).collect::<Vec<_>>());
    assert_eq!(
        read.notes,
        [
            "`n_averaged` is left out: a count of averaged models",
            "`module.` is stripped from 4 names, such as `module.0.bias`",
        ]
    );
    // A tensor of that name is no counter.
    tensors.pop();
    tensors.push(("step".to_owned(), vec![2], vec![1.0, 2.0]));
    let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
    assert!(message.contains("unexpected: `step` [2]"), "{message}");
}

#[test]
fn two_copies_are_refused_by_name() {
    let message = |tensors: &[(String, Vec<usize>, Vec<f32>)]| {
        read_weights(write(&borrowed(tensors)).path(), &architecture()).unwrap_err().to_string()
    };
    let both = message(&[whole("model."), whole("ema.")].concat());
    assert!(both.contains("`0.weight` is there as `ema.0.weight` and as `model.0.weight` (3 more likewise)"), "{both}");
    let both = message(&[whole(""), whole("module.")].concat());
    assert!(both.contains("`0.weight` is there as `0.weight` and as `module.0.weight`"), "{both}");
}

#[test]
fn parts_are_put_together_and_others_are_named_with_the_way_out() {
    let mut tensors = whole("");
    let v = tensors.remove(0);
    let g = (0..3).map(|row| (row + 1) as f32).collect();
    tensors.push(("0.parametrizations.weight.original0".to_owned(), vec![3, 1], g));
    tensors.push(("0.parametrizations.weight.original1".to_owned(), vec![3, 2], vec![3.0, 4.0, 6.0, 8.0, 5.0, 12.0]));
    let read = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap();
    let expected = [0.6, 0.8, 1.2, 1.6, 15.0 / 13.0, 36.0 / 13.0];
    assert!(read.value.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{:?}", read.value);
    assert_eq!(read.notes, ["`0.weight` is computed as g·v/‖v‖ (weight_norm)"]);
    let message = read_direction(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
    assert!(message.contains("`0.weight` is stored in parts"), "{message}");
    tensors.truncate(3);
    tensors.push(("0.parametrizations.weight.original".to_owned(), v.1.clone(), v.2.clone()));
    tensors.push(("0.parametrizations.weight.0.base".to_owned(), v.1, v.2));
    let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
    for part in ["`orthogonal`", "remove_parametrizations(module, \"weight\") on module `0`", "`0.weight`"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn what_names_alone_tell_is_what_reading_tells() {
    let tensors: Vec<String> = architecture().parameters.into_iter().map(|parameter| parameter.name).collect();
    let names = |tensors: &[(String, Vec<usize>, Vec<f32>)]| -> Vec<String> {
        tensors.iter().map(|(name, ..)| name.clone()).chain(["n_averaged".to_owned()]).collect()
    };
    assert_eq!(fit_names(&names(&whole("")), &tensors, &model()), Ok(Vec::new()));
    let notes = fit_names(&names(&whole("module.")), &tensors, &model()).unwrap();
    assert!(notes.len() == 1 && notes[0].contains("`module.` is stripped from 4 names"), "{notes:?}");
    let problem = fit_names(&names(&whole("")[1..]), &tensors, &model()).unwrap_err();
    assert!(problem.starts_with("1 of the 4 tensors"), "{problem}");
    let problem = fit_names(&names(&[whole(""), whole("ema.")].concat()), &tensors, &model()).unwrap_err();
    assert!(problem.contains("`ema.0.weight`") && problem.ends_with('.'), "{problem}");
}

#[test]
fn running_statistics_belong_to_the_state() {
    let model = ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 3", "batchnorm", "tanh", "linear 2"]);
    let architecture = Architecture::new(&model).unwrap();
    let weights = vec![0.5; architecture.num_parameters()];
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
    let buffers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    std::fs::write(file.path(), weights_file(&architecture, &weights, &buffers)).unwrap();
    let state = read_state(file.path(), &architecture).unwrap().value;
    assert_eq!(state.buffers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(read_weights(file.path(), &architecture).unwrap().value, state.weights);
    std::fs::write(file.path(), weights_file(&architecture, &weights, &[0.0, 0.0, 0.0, 1.0, -1.0, 1.0])).unwrap();
    let message = read_state(file.path(), &architecture).unwrap_err().to_string();
    assert!(message.contains("`1.running_var` has negative variances"), "{message}");
}

#[test]
fn numbers_that_are_not_finite_are_counted() {
    let mut tensors = whole("");
    tensors[0].2[1] = f32::NAN;
    tensors[0].2[2] = f32::INFINITY;
    tensors[3].2[0] = f32::NEG_INFINITY;
    let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
    assert!(message.contains("`0.weight` has 2 numbers that are NaN or infinite"), "{message}");
    assert!(message.contains("`2.bias` has 1 number that is NaN or infinite"), "{message}");
}

#[test]
fn directions_need_length_and_two_of_them() {
    let with = |y: &[f32]| {
        let mut tensors = whole("x.");
        for (parameter, (_, shape, _)) in architecture().parameters.iter().zip(whole("")) {
            tensors.push((format!("y.{}", parameter.name), shape, y[parameter.range()].to_vec()));
        }
        tensors
    };
    let other: Vec<f32> = (0..17).map(|i| (i as f32).cos()).collect();
    let [x, y] = read_directions(write(&borrowed(&with(&other))).path(), &architecture()).unwrap().value;
    assert_eq!((x[16], y[16]), (16.0, f64::from(16.0_f32.cos())));
    let message = |tensors: &[(String, Vec<usize>, Vec<f32>)]| {
        read_directions(write(&borrowed(tensors)).path(), &architecture()).unwrap_err().to_string()
    };
    assert!(message(&with(&[0.0; 17])).contains("the direction `y` is zero"));
    assert!(message(&with(&other)[..7]).contains("missing: `y.2.bias` [2]"));
}

/// A file of `tests/reference/saved/shared`, whose two layers have one weight.
fn shared(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/saved/shared").join(file)
}

fn two_layers() -> Architecture {
    Architecture::new(&ModelConfig::new(&[3], LossKind::CrossEntropy, ["linear 3", "tanh", "linear 3"])).unwrap()
}

/// The same with one weight for both.
fn tied() -> Architecture {
    let mut model = ModelConfig::new(&[3], LossKind::CrossEntropy, ["linear 3", "tanh", "linear 3"]);
    model.tied = vec![vec!["0.weight".to_owned(), "2.weight".to_owned()]];
    Architecture::new(&model).unwrap()
}

fn rows(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned())).collect()
}

const THEIRS: [(&str, &str); 4] = [
    ("0.weight", "transformer.wte.weight ᵀ"),
    ("0.bias", "transformer.wte.bias"),
    ("2.weight", "lm_head.weight ᵀ"),
    ("2.bias", "lm_head.bias"),
];

#[test]
fn a_table_gives_the_tensors_that_others_call_otherwise() {
    let architecture = two_layers();
    let names = rows(&THEIRS);
    for architecture in [&architecture, &tied()] {
        let reading = Reading::from(architecture);
        let expected = read_weights(&shared("both.pt"), reading).unwrap().value;
        let read = read_weights(&shared("theirs.pt"), Reading { names: Some(&names), ..reading }).unwrap();
        assert_eq!(read.value, expected);
        assert_eq!(
            read.notes,
            ["`position_ids` and 2 more are left out: masks and positions, which the model makes itself"]
        );
    }
    let read = |of: &[(&str, &str)]| {
        let names = rows(of);
        read_weights(&shared("theirs.pt"), Reading { names: Some(&names), ..Reading::from(&architecture) })
            .unwrap_err()
            .to_string()
    };
    let problem = read(&[&THEIRS[..], &[("7.weight", "a")]].concat());
    assert!(problem.starts_with("`[names]` has `7.weight`, which is no tensor of the model"), "{problem}");
    let problem = read(&[("0.weight", "lm_head.weight"), ("2.weight", "lm_head.weight")]);
    assert!(problem.contains("both `0.weight` and `2.weight` are `lm_head.weight`"), "{problem}");
    let problem = read(&[("0.bias", "transformer.wte.bias ᵀ"), THEIRS[0], THEIRS[2], THEIRS[3]]);
    assert!(problem.contains("`transformer.wte.bias` is a transpose by `[names]`, but ours is [3]"), "{problem}");
    let problem = read(&[("0.weight", "transformer.wte.typo ᵀ"), THEIRS[1], THEIRS[2], THEIRS[3]]);
    assert!(problem.contains("missing: `transformer.wte.typo` [3, 3] (`0.weight` of the model)"), "{problem}");
    assert!(problem.contains("unexpected: `transformer.wte.weight` [3, 3]"), "{problem}");
}

#[test]
fn a_transpose_that_does_not_fit_is_told_with_both_shapes() {
    let names = rows(&[("0.weight", "w ᵀ")]);
    let architecture = Architecture::new(&ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 3 nobias"])).unwrap();
    let reading = Reading { names: Some(&names), ..Reading::from(&architecture) };
    let file = write(&[("w", vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])]);
    assert_eq!(read_weights(file.path(), reading).unwrap().value, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    let file = write(&[("w", vec![3, 2], vec![0.0; 6])]);
    let problem = read_weights(file.path(), reading).unwrap_err().to_string();
    assert!(problem.contains("`w` [3, 2], expected [2, 3], the transpose of ours, [3, 2]"), "{problem}");
}

#[test]
fn a_tied_tensor_may_stand_under_one_of_its_names_or_under_all_with_the_same_numbers() {
    let architecture = two_layers();
    let one = tied();
    let reading = Reading::from(&one);
    let expected = read_weights(&shared("both.pt"), reading).unwrap().value;
    assert_eq!(expected.len(), 15);
    assert_eq!(read_weights(&shared("shared.safetensors"), reading).unwrap().value, expected);
    let problem = read_weights(&shared("apart.pt"), reading).unwrap_err().to_string();
    assert!(problem.contains("`0.weight` and `2.weight` are one tensor of the model"), "{problem}");
    assert!(problem.contains("differ by up to 2.500e-1, expected the same numbers"), "{problem}");
    assert!(read_weights(&shared("apart.pt"), &architecture).is_ok(), "where nothing is tied they are two");
    let bytes = |name: &str| {
        write(&[(name, vec![3, 3], vec![1.5; 9]), ("0.bias", vec![3], vec![0.0; 3]), ("2.bias", vec![3], vec![0.0; 3])])
    };
    for name in ["0.weight", "2.weight"] {
        assert_eq!(read_weights(bytes(name).path(), reading).unwrap().value[0], 1.5, "{name} alone");
    }
}

#[test]
fn sides_of_one_that_only_theirs_have_are_dropped() {
    let file = write(&[
        ("0.weight", vec![3, 2, 1, 1], vec![0.5; 6]),
        ("0.bias", vec![1, 1, 3], vec![0.5; 3]),
        ("2.weight", vec![2, 3], vec![0.5; 6]),
        ("2.bias", vec![2], vec![0.5; 2]),
    ]);
    let read = read_weights(file.path(), &architecture()).unwrap();
    assert_eq!((read.value, read.notes), (vec![0.5; 17], Vec::new()));
}

#[test]
fn numbers_beyond_32_bits_are_kept_in_64_alone() {
    let architecture = Architecture::new(&ModelConfig::new(
        &[1, 4, 4],
        LossKind::CrossEntropy,
        ["conv 3 3x3", "tanh", "flatten", "linear 2"],
    ))
    .unwrap();
    let file = shared("../beyond.safetensors");
    let reading = Reading { precision: Precision::F64, ..Reading::from(&architecture) };
    assert_eq!(read_weights(&file, reading).unwrap().value[55], 1e39);
    let problem = read_weights(&file, &architecture).unwrap_err().to_string();
    assert!(problem.contains("`3.bias` has 1 number that is infinite in 32 bits"), "{problem}");
}

#[test]
fn weights_that_fit_nothing_get_the_hint_at_the_model_that_they_belong_to() {
    let model = builtin_model("gpt-mini").unwrap();
    let own = Architecture::new(&model).unwrap();
    let theirs = |wrapper: &str| -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let tensor = |one: &Parameter| {
            let name = &model.names[&one.name];
            let mut shape = one.shape.clone();
            if name.ends_with(" ᵀ") {
                shape.reverse();
            }
            (format!("{wrapper}{}", name.trim_end_matches(" ᵀ")), shape, vec![0.0; one.len()])
        };
        own.parameters.iter().map(tensor).collect()
    };
    for wrapper in ["", "module."] {
        let problem = read_weights(write(&borrowed(&theirs(wrapper))).path(), &two_layers()).unwrap_err().to_string();
        let is_named = problem.contains("these are the tensors of `gpt-mini`: give that name as the model")
            || problem.contains("these are the tensors of a built-in model: `flatscape models gpt");
        assert!(is_named, "{problem}");
    }
    let problem = read_weights(write(&borrowed(&whole("a"))).path(), &two_layers()).unwrap_err().to_string();
    assert!(!problem.contains("these are"), "{problem}");
}
