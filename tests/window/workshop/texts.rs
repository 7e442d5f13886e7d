//! Text, tokens and pairs of one's own: recognised, read as the user says, given a model; and weights under several keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use flatscape::config::{ExampleKind, KnobId, LossKind, ModelInput};
use flatscape::protocol::{
    Command, DataPreview, Event, ExampleLabel, ExampleRow, FileFacts, RunStart, TextLengths, TextLook, WeightsFile,
};

use super::start::{LONG, state, tensors};
use super::{newest, write};
use crate::fixture::{Window, sized};

/// A look into texts, each with one of two classes or with its next tokens.
fn texts(label: ExampleLabel, classes: usize, tokens: usize, vocabulary: usize) -> DataPreview {
    let text = TextLook {
        tokens,
        vocabulary,
        rows: vec!["good, so good".to_owned()],
        first: vec![vec![103, 111]],
        tokenizer: "bytes".to_owned(),
        needed: 122,
        lengths: TextLengths { least: 3, median: 9, most: 13, bins: vec![1, 4, 2] },
    };
    DataPreview {
        source: "reviews.csv, CSV with text".to_owned(),
        shape: vec![tokens],
        num_train: 8,
        num_test: 2,
        classes: ["neg", "pos"].iter().take(classes).map(|&name| name.to_owned()).collect(),
        class_counts: vec![4; classes],
        rows: vec![ExampleRow { x: Vec::new(), label, is_test: false }],
        file: FileFacts { examples: 10, ..FileFacts::default() },
        text: Some(text),
    }
}

fn tell(window: &mut Window, look: DataPreview) {
    window.tell([Event::Previewed(Ok(Arc::new(look)))]);
}

fn reviews(dir: &tempfile::TempDir) -> PathBuf {
    write(dir, "reviews.csv", b"title,text,label\na,\"good, so good\",pos\nb,bad,neg\n")
}

#[test]
fn a_table_of_texts_is_shown_and_gets_a_model_of_its_kind() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized(LONG).started();
    window.drop_files(&[reviews(&dir)]);
    tell(&mut window, texts(ExampleLabel::Class(1), 2, 13, 256));
    window.expect("a vocabulary of 256 tokens, bytes; the examples need 122; padding is left out");
    window.expect("3 to 13 tokens in an example, half of them have at most 9");
    window.expect("No present model fits, so a small one takes its place: embedding 32, mean-token, linear 2.");
    window.expect("Models that take these data");
    window.click("GPT-mini with another head");
    window.expect("The model of the Model pane fits and stays as it is.");
    window.commands();
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.model.loss, loaded.model.input.clone()), (LossKind::CrossEntropy, ModelInput::tokens(64, 256)));
    let last: Vec<String> = loaded.model.layers.iter().rev().take(2).map(ToString::to_string).collect();
    assert_eq!(last, ["linear 2", "last-token"]);
    loaded.model.validate().unwrap();
}

#[test]
fn what_the_examples_are_and_which_column_is_the_text_can_be_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized(LONG).started();
    window.drop_files(&[reviews(&dir)]);
    let asked = newest(&mut window);
    assert_eq!((asked.examples, asked.text_column), (ExampleKind::Auto, None));
    tell(&mut window, texts(ExampleLabel::Class(1), 2, 13, 256));
    window.click_on(Role::ComboBox, "Text column");
    window.click("title");
    assert_eq!(newest(&mut window).text_column.as_deref(), Some("title"));
    window.tell([Event::Previewed(Err("`data.path`: no".to_owned()))]);
    window.click("numbers or images");
    let asked = newest(&mut window);
    assert_eq!((asked.examples, asked.text_column), (ExampleKind::Numbers, None));
    let problem = "`data.path`: line 2, column 1 (`title`) is `a`, expected a number";
    window.tell([Event::Previewed(Err(problem.to_owned()))]);
    window.expect("These data cannot be used: line 2, column 1 (`title`) is `a`, expected a number.");
    window.click("text");
    assert_eq!(newest(&mut window).examples, ExampleKind::Text);
}

#[test]
fn a_tokenizer_is_chosen_and_what_is_wrong_with_it_stands_at_its_field() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized(LONG).started();
    window.drop_files(&[reviews(&dir)]);
    tell(&mut window, texts(ExampleLabel::Class(1), 2, 13, 256));
    window.click("file…");
    window.answer(Path::new("/nowhere/tokenizer.json"));
    window.expect("/nowhere/tokenizer.json does not exist.");
    let path = write(&dir, "tokenizer.json", b"no JSON");
    window.commands();
    window.answer(&path);
    assert!(window.shows_pane("Data"));
    assert_eq!(newest(&mut window).tokenizer, Some(path.clone()));
    let problem = format!("`data.path`: a file that is no JSON, expected a tokenizer.json: {}", path.display());
    window.tell([Event::Previewed(Err(problem))]);
    window.expect("It cannot be used: a file that is no JSON, expected a tokenizer.json.");
    assert!(!window.shows("These data cannot be used"), "it is told once");
    window.click("bytes");
    assert_eq!(newest(&mut window).tokenizer, None);
}

#[test]
fn tokens_and_pairs_are_offered_the_built_in_models() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized(LONG).started();
    window.drop_files(&[write(&dir, "prose.txt", b"Once there was a table.")]);
    tell(&mut window, texts(ExampleLabel::Tokens("b".to_owned()), 0, 64, 256));
    window.click("GPT-mini");
    window.expect("The model of the Model pane fits and stays as it is.");
    assert!(!window.shows("CLIP-mini"));
    window.drop_files(&[write(&dir, "pairs.csv", b"a,b,y\n1,2,0\n3,4,1\n")]);
    let pairs = texts(ExampleLabel::Pair, 0, 20, 256);
    tell(&mut window, DataPreview { shape: vec![3, 32, 32], ..pairs });
    window.click("CLIP-mini");
    window.commands();
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert!(loaded.model.loss == LossKind::Contrastive && loaded.model.towers.is_some());
}

/// A checkpoint in which the window's network lies under these keys.
fn under(dir: &tempfile::TempDir, keys: &[&str]) -> PathBuf {
    let of =
        |key: &&str| tensors(2).into_iter().map(|(name, shape)| (format!("{key}.{name}"), shape)).collect::<Vec<_>>();
    let all: Vec<(String, Vec<usize>)> = keys.iter().flat_map(of).collect();
    let all: Vec<(&str, Vec<usize>)> = all.iter().map(|(name, shape)| (name.as_str(), shape.clone())).collect();
    write(dir, "two.safetensors", &state(&all))
}

#[test]
fn where_two_keys_would_do_the_model_pane_offers_both() {
    let dir = tempfile::tempdir().unwrap();
    let path = under(&dir, &["ema.module", "model"]);
    let mut window = super::start::opened();
    window.type_start("Weights file", &path);
    window.expect("The weights could be those under `ema.module` or `model`: choose one of these keys.");
    window.click("Train this");
    assert_eq!(window.loaded(), None);
    window.click("ema.module");
    window.commands();
    window.click("Train this");
    let start = window.loaded().expect("a new experiment").start.expect("weights");
    assert_eq!((start.weights, start.key.as_deref()), (path.clone(), Some("ema.module")));
    // A second click leaves it open again.
    window.click("ema.module");
    window.expect("choose one of these keys.");
    window.click("model");
    let only = write(&dir, "one.safetensors", &state(&tensors(2)));
    window.type_start("Weights file", &only);
    window.expect("There is no tensor under the key `model` in the file, expected one such as `0`, `2`, `4`.");
    window.click("model");
    assert!(window.has(Role::Button, "Start from one.safetensors"));
}

#[test]
fn weights_that_are_opened_are_those_under_the_chosen_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = under(&dir, &["ema.module", "model"]);
    let mut window = sized(LONG).started();
    window.drop_files(std::slice::from_ref(&path));
    window.expect("The weights could be those under `ema.module` or `model`: choose one of these keys.");
    window.expect("A state dict of 12 tensors.");
    window.click("model");
    window.expect("A state dict of 6 tensors.");
    window.commands();
    window.click("Start a run from these weights");
    let commands = window.commands();
    let [Command::AddRun { start, knobs, .. }] = &commands[..] else { panic!("{commands:?}") };
    let file = WeightsFile { path: path.clone(), key: Some("model".to_owned()) };
    assert_eq!(start, &RunStart::File(file));
    assert!(knobs.value(KnobId::LearningRate) > 0.0);
    window.drop_files(std::slice::from_ref(&path));
    window.click("ema.module");
    window.click("Fine-tune from them…");
    assert!(window.shows_pane("Model") && window.shows("ema.module"));
    assert!(!window.shows("choose one of these keys"));
}
