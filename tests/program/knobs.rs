//! Settings that do not go with the data, the model or the budget: one sentence each, before anything is trained.

use crate::{flatscape, is_one_line};

/// An experiment, settings, and what the message must name.
type Wrong = (&'static str, &'static [&'static str], &'static [&'static str]);

const WRONG: &[Wrong] = &[
    ("moons-mlp", &["flip=true"], &["`flip` is true, expected false", "the model takes 2 features"]),
    ("moons-mlp", &["augment.rotate=5"], &["`rotate` is 5, expected 0", "the model takes 2 features", "only images"]),
    (
        "digits-mlp",
        &["crop=2"],
        &["`crop` is 2, expected 0", "the model takes 64 features", "[channels, height, width]"],
    ),
    ("gpt-mini-sums", &["jitter=0.2"], &["`jitter` is 0.2, expected 0", "the examples are no images"]),
    ("clip-scenes", &["erase=0.2"], &["`erase` is 0.2, expected 0", "the examples are no images"]),
    ("digits-cnn", &["crop=64"], &["`crop` is 64, expected at most 4", "half of the shorter side of the 8×8 images"]),
    ("digits-cnn", &["nso.crop=5"], &["`crop` is 5, expected at most 4"]),
    ("digits-cnn", &["augment.crpo=2"], &["`crpo`", "did you mean `crop`?"]),
    ("gpt-mini-sums", &["mixup=0.2"], &["`mixup` is 0.2, expected 0", "tokens and pairs cannot be mixed"]),
    ("clip-scenes", &["mixup=0.2"], &["`mixup` is 0.2, expected 0", "tokens and pairs cannot be mixed"]),
    ("digits-mlp", &["mixup=-1"], &["`mixup` is -1", "from 0 to 10"]),
    ("matrix-sensing", &["label_smoothing=0.1"], &["`label_smoothing` is 0.1", "only classes can be smoothed"]),
    ("clip-scenes", &["label_smoothing=0.1"], &["`label_smoothing` is 0.1", "only classes can be smoothed"]),
    ("digits-mlp", &["label_smoothing=1"], &["`label_smoothing` is 1", "from 0 to 0.99"]),
    (
        "digits-mlp",
        &["average=swa", "average_start=0.99", "budget=84"],
        &[
            "`average_start` is 0.99",
            "before the end of an epoch",
            "the last epoch within the budget ends at 0.952 of it",
        ],
    ),
    (
        "digits-mlp",
        &["average=swa", "average_start=0", "budget=4"],
        &["`average_start` is 0", "the first epoch of 8 steps ends after the budget's 4"],
    ),
    ("digits-mlp", &["average=swa", "average_start=1"], &["`average_start` is 1", "from 0 to 0.99"]),
    ("digits-mlp", &["average=ema", "average_beta=1"], &["`average_beta` is 1", "from 0 to 0.999999"]),
    ("digits-mlp", &["base=adam", "beta1=1"], &["`beta1` is 1", "from 0 to 0.9999"]),
    ("digits-mlp", &["base=adam", "beta2=-0.1"], &["`beta2` is -0.1", "from 0 to 0.999999"]),
    ("digits-mlp", &["radius=0"], &["`radius` is 0", "a number of at least 0.000001, or off"]),
    ("digits-mlp", &["distance=-1"], &["`distance` is -1", "from 0 to 1000"]),
];

#[test]
fn what_does_not_go_together_is_named_in_one_line_and_leaves_nothing() {
    let mut failures = Vec::new();
    for (experiment, settings, parts) in WRONG {
        let dir = tempfile::tempdir().unwrap();
        let mut command = flatscape(dir.path());
        command.args(["compare", experiment, "--quick", "--device", "cpu", "--out", "o"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        let output = command.output().unwrap();
        if !is_one_line(&output, parts) || dir.path().join("o").exists() {
            failures.push(format!("{experiment} {settings:?} {parts:?}: {output:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_unknown_name_in_a_file_is_told_with_the_nearest() {
    let dir = tempfile::tempdir().unwrap();
    let text = include_str!("../../assets/experiments/digits-cnn.toml");
    for (there, wrong, parts) in [
        ("[optimizers.sgd]", "[optimizers.sgmd]", ["unknown optimizer `sgmd`", "did you mean `sgd`?"]),
        ("[train]", "[augment]\ncrpo = 2\n[train]", ["unknown setting `crpo`", "did you mean `crop`?"]),
    ] {
        assert!(text.contains(there), "{text}");
        std::fs::write(dir.path().join("e.toml"), text.replacen(there, wrong, 1)).unwrap();
        let output = flatscape(dir.path()).args(["compare", "e.toml", "--out", "o"]).output().unwrap();
        assert!(is_one_line(&output, &parts) && !dir.path().join("o").exists(), "{output:?}");
    }
}

#[test]
fn what_cannot_be_tuned_is_refused_before_its_tries_are_told() {
    let dir = tempfile::tempdir().unwrap();
    for (setting, axis, parts) in [
        ("data.validation_size=400", "sgd.learning_rate=0.1,0.2", ["`data.validation_size` 400", "the 1797 of digits"]),
        ("data.validation_size=0", "sgd.learning_rate=0.1,0.2", ["`--tune`", "`data.validation_size` is 0"]),
    ] {
        let mut command = flatscape(dir.path());
        command.args(["compare", "digits-mlp", "--quick", "--device", "cpu", "--set", setting]);
        let output = command.args(["--tune", axis, "--out", "o"]).output().unwrap();
        assert!(is_one_line(&output, &parts) && !dir.path().join("o").exists(), "{output:?}");
    }
}
