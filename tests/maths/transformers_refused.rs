//! Models of tokens and towers that cannot be: one clear sentence each, with the place and what was expected.

use flatscape::config::ModelConfig;
use flatscape::model::Network;

/// The message about a model file, which must be wrong.
fn message(text: &str) -> String {
    let wrong = match ModelConfig::from_toml(text) {
        Ok(config) => Network::new(&config).map(|_| ()),
        Err(error) => Err(error),
    };
    wrong.expect_err(&format!("this was taken:\n{text}")).to_string()
}

/// Lines before a list of layers.
const TEXT: &str = "input = { tokens = 5, vocabulary = 7 }\nloss = \"cross-entropy\"\n";
const IMAGE: &str = "input = [2, 4, 6]\nloss = \"cross-entropy\"\n";
const FEATURES: &str = "input = [4]\nloss = \"cross-entropy\"\n";
const EACH_TOKEN: &str = "input = { tokens = 5, vocabulary = 7 }\nloss = \"token-cross-entropy\"\n";

#[test]
fn layers_that_do_not_fit_are_named() {
    let cases: &[(&str, &str, &[&str])] = &[
        (TEXT, "'embedding 6', 'attention 4'", &["layer 2 `attention 4`", "4 heads", "expected a divisor", "6"]),
        (TEXT, "'embedding 6', 'attention 0'", &["layer 2 `attention 0`", "number of heads"]),
        (TEXT, "'embedding 6', 'attention'", &["layer 2 `attention`", "expected `attention HEADS`"]),
        (TEXT, "'embedding 6', 'attention 2 casual'", &["`attention 2 casual`", "`attention HEADS causal`"]),
        (TEXT, "'embedding 6', ['layernorm', 'attention 4']", &["layer 2.2 `attention 4`", "expected a divisor"]),
        (FEATURES, "'linear 6', 'attention 2'", &["layer 2 `attention 2`", "takes tokens", "6 features"]),
        (IMAGE, "'attention 2'", &["layer 1 `attention 2`", "2×4×6", "put `patches P D` before it"]),
        (TEXT, "'attention 2'", &["layer 1 `attention 2`", "put `embedding D` before it"]),
        (FEATURES, "'embedding 4'", &["layer 1 `embedding 4`", "whole numbers", "4 features"]),
        (TEXT, "'embedding 4', 'embedding 4'", &["layer 2 `embedding 4`", "whole numbers", "5 tokens of width 4"]),
        (TEXT, "'embedding 0'", &["layer 1 `embedding 0`", "the width of a token"]),
        (TEXT, "'embedding'", &["layer 1 `embedding`", "expected `embedding D`"]),
        (TEXT, "'embedding 5', 'position sincos'", &["layer 2 `position sincos`", "5, expected an even one"]),
        (TEXT, "'embedding 4', 'position nine'", &["layer 2 `position nine`", "expected `position`"]),
        (
            TEXT,
            "'embedding 4', 'position 4'",
            &["layer 2 `position 4`", "4 rows, expected at least 5, one for each place"],
        ),
        // The class token has a place of its own where it stands before the positions.
        (
            TEXT,
            "'embedding 4', 'class-token', 'position 5'",
            &["layer 3 `position 5`", "5 rows, expected at least 6, one for each place"],
        ),
        (IMAGE, "'patches 2 4', 'position 5'", &["layer 2 `position 5`", "5 rows, expected at least 6"]),
        (IMAGE, "'patches 2 4', 'class-token', 'position 6'", &["layer 3 `position 6`", "6 rows, expected at least 7"]),
        (TEXT, "'position'", &["layer 1 `position`", "put `embedding D` before it"]),
        (IMAGE, "'patches 3 8'", &["layer 1 `patches 3 8`", "3×3", "expected a side that divides its 4×6 image"]),
        (IMAGE, "'patches 2'", &["layer 1 `patches 2`", "expected `patches P D`"]),
        (TEXT, "'embedding 4', 'patches 2 4'", &["layer 2 `patches 2 4`", "takes channels×height×width"]),
        (IMAGE, "'class-token'", &["layer 1 `class-token`", "takes tokens", "2×4×6"]),
        (TEXT, "'embedding 4', 'class-token 4'", &["layer 2 `class-token 4`", "takes nothing after it"]),
        (FEATURES, "'linear 3', 'mean-token'", &["layer 2 `mean-token`", "takes tokens but gets 3 features"]),
        (TEXT, "'embedding 4', 'mean-token', 'last-token'", &["layer 3 `last-token`", "takes tokens"]),
        (TEXT, "'embedding 4', 'conv 3 2x2'", &["layer 2 `conv 3 2x2`", "takes channels×height×width"]),
        (TEXT, "'embedding 4', 'batchnorm'", &["layer 2 `batchnorm`", "tokens have `layernorm`"]),
        (TEXT, "'embedding 4', 'groupnorm 2'", &["layer 2 `groupnorm 2`", "tokens have `layernorm`"]),
        (IMAGE, "'l2norm'", &["layer 1 `l2norm`", "takes features or tokens"]),
        (TEXT, "'linear 4'", &["layer 1 `linear 4`", "5 tokens of a vocabulary of 7", "embedding D"]),
        (TEXT, "'tanh', 'embedding 4'", &["layer 1 `tanh`", "embedding D"]),
        (TEXT, "'layernorm', 'embedding 4'", &["layer 1 `layernorm`", "embedding D"]),
        (TEXT, "'flatten', 'linear 4'", &["layer 1 `flatten`", "embedding D"]),
        (TEXT, "'dropout 0.1', 'embedding 4'", &["layer 1 `dropout 0.1`", "embedding D"]),
        (TEXT, "['embedding 4']", &["layer 1 `[embedding 4]`", "5 tokens of width 4", "expected the same shape"]),
        (TEXT, "'embedding 4', ['class-token']", &["layer 2 `[class-token]`", "6 tokens", "expected the same shape"]),
        (TEXT, "'embeding 4'", &["layer 1 `embeding 4`", "did you mean `embedding`?"]),
    ];
    for (head, layers, words) in cases {
        let text = format!("{head}layers = [{layers}]\n");
        check(&text, words);
    }
}

#[test]
fn ends_that_do_not_fit_the_loss_are_named() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            EACH_TOKEN,
            "'embedding 4', 'mean-token', 'linear 7'",
            &["ends with", "features", "with tokens", "token-cross-entropy"],
        ),
        ("input = [4]\nloss = \"token-cross-entropy\"\n", "'linear 7'", &["ends with", "with tokens"]),
        (TEXT, "'embedding 4', 'linear 3'", &["ends with 5 tokens of width 3", "`mean-token`", "token-cross-entropy"]),
        (&TEXT.replace("cross-entropy", "mse"), "'embedding 4'", &["ends with 5 tokens of width 4", "`mean-token`"]),
        (
            "input = [4]\nloss = \"contrastive\"\n",
            "'linear 7'",
            &["`model.loss` is contrastive", "two towers", "[towers.text]"],
        ),
        ("loss = \"cross-entropy\"\n", "'linear 7'", &["`model.input` is missing", "{ tokens = T, vocabulary = V }"]),
        ("input = { tokens = 5 }\nloss = \"mse\"\n", "'embedding 4'", &["line 1", "{ tokens = T, vocabulary = V }"]),
        ("input = { tokens = 0, vocabulary = 7 }\nloss = \"mse\"\n", "'embedding 4'", &["tokens", "0", "expected"]),
        ("input = { tokens = 5, vocabulary = 0 }\nloss = \"mse\"\n", "'embedding 4'", &["vocabulary", "0", "expected"]),
        ("input = { tokens = -5, vocabulary = 7 }\nloss = \"mse\"\n", "'embedding 4'", &["line 1"]),
        (
            "input = { tokens = 999999999, vocabulary = 7 }\nloss = \"mse\"\n",
            "'embedding 4'",
            &["999999999", "expected"],
        ),
        (
            "input = { tokens = 5, vocabulary = 999999999 }\nloss = \"mse\"\n",
            "'embedding 4'",
            &["999999999", "expected"],
        ),
        (
            &format!("{EACH_TOKEN}label_smoothing = 0.1\n"),
            "'embedding 4'",
            &["`model.label_smoothing` is 0.1", "expected 0"],
        ),
        (
            "input = [4]\nloss = \"token-crossentropy\"\n",
            "'linear 7'",
            &["line 2", "token-cross-entropy", "contrastive"],
        ),
    ];
    for (head, layers, words) in cases {
        check(&format!("{head}layers = [{layers}]\n"), words);
    }
}

/// A model file of two towers, with lines before them.
fn towers(before: &str, image: &str, text: &str) -> String {
    format!("loss = \"contrastive\"\n{before}[towers.image]\n{image}\n[towers.text]\n{text}\n")
}

const IMAGE_TOWER: &str = "input = [1, 4, 4]\nlayers = [\"patches 2 4\", \"mean-token\", \"linear 3 nobias\"]";
const TEXT_TOWER: &str =
    "input = { tokens = 5, vocabulary = 7 }\nlayers = [\"embedding 4\", \"last-token\", \"linear 3 nobias\"]";

#[test]
fn towers_that_do_not_fit_are_named() {
    let other = |layers: &str| format!("input = {{ tokens = 5, vocabulary = 7 }}\nlayers = [{layers}]");
    let cases: &[(String, &[&str])] = &[
        (
            towers("", IMAGE_TOWER, &other("'embedding 4', 'last-token'")),
            &["`model.towers.text.layers`", "4 features", "expected 3 features"],
        ),
        (
            towers("", IMAGE_TOWER, &other("'embedding 3'")),
            &["`model.towers.text.layers`", "5 tokens of width 3", "expected features"],
        ),
        (
            towers("", "input = [1, 4, 4]\nlayers = ['patches 2 3']", TEXT_TOWER),
            &["`model.towers.image.layers`", "4 tokens of width 3", "expected features"],
        ),
        (
            towers("", IMAGE_TOWER, &other("'embedding 4', 'atention 2'")),
            &["text 2 `atention 2`", "did you mean `attention`?"],
        ),
        (towers("", IMAGE_TOWER, &other("")), &["`model.towers.text.layers (how many)` is 0"]),
        (towers("", IMAGE_TOWER, "layers = ['embedding 4']"), &["line 5", "input"]),
        (towers("", "input = [1, 0, 4]\nlayers = ['flatten']", TEXT_TOWER), &["model.towers.image.input", "expected"]),
        (format!("loss = \"contrastive\"\n[towers.image]\n{IMAGE_TOWER}\n"), &["text"]),
        (
            towers("", IMAGE_TOWER, TEXT_TOWER).replace("contrastive", "cross-entropy"),
            &["`model.loss` is cross-entropy", "`contrastive` where there are two towers"],
        ),
        (
            towers("input = [4]\nlayers = ['linear 3']\n", IMAGE_TOWER, TEXT_TOWER),
            &["model.towers", "`input` and `layers` in `[towers.image]` and `[towers.text]` alone"],
        ),
        (towers("label_smoothing = 0.1\n", IMAGE_TOWER, TEXT_TOWER), &["`model.label_smoothing` is 0.1", "expected 0"]),
        // An image is an image, and a text is text.
        (towers("", TEXT_TOWER, TEXT_TOWER), &["model.towers.image.input", "[channels, height, width]"]),
        (
            towers("", IMAGE_TOWER, "input = [5]\nlayers = ['linear 3']"),
            &["model.towers.text.input", "{ tokens = T, vocabulary = V }"],
        ),
    ];
    for (text, words) in cases {
        check(text, words);
    }
}

#[test]
fn ties_that_do_not_fit_are_named() {
    let layers = "layers = ['embedding 4', ['linear 4', 'tanh', 'linear 4'], 'linear 7 nobias']\n";
    let cases: &[(&str, &[&str])] = &[
        (
            "tied = [['0.weight', '1.0.weight']]",
            &["`model.tied`", "`0.weight` of shape [7, 4]", "`1.0.weight` of [4, 4]"],
        ),
        ("tied = [['0.weight', '3.weight']]", &["model.tied", "`3.weight`", "did you mean `"]),
        ("tied = [['0.weight', '0.bias']]", &["model.tied", "`0.bias`"]),
        ("tied = [['0.weight']]", &["`model.tied`", "expected at least two names"]),
        ("tied = [[]]", &["`model.tied`", "expected at least two names"]),
        ("tied = [['0.weight', '0.weight']]", &["`model.tied`", "`0.weight` again", "expected each name once"]),
        (
            "tied = [['1.0.bias', '1.2.bias'], ['1.2.bias', '1.0.bias']]",
            &["`model.tied`", "`1.2.bias` again", "expected each name once"],
        ),
        ("tied = ['0.weight', '2.weight']", &["line 4"]),
    ];
    for (line, words) in cases {
        check(&format!("{EACH_TOKEN}{layers}{line}\n"), words);
    }
}

fn check(text: &str, words: &[&str]) {
    let message = message(text);
    assert_eq!(message.lines().count(), 1, "{message}\nfor\n{text}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in {message:?}\nfor\n{text}");
    }
}
