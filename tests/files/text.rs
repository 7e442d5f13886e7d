//! Text as tokens: those of transformers, arrays of them, plain text and tables; or a sentence.
//!
//! `tests/reference/text.py` writes the files.

use std::path::{Path, PathBuf};

use flatscape::config::LossKind;
use flatscape::data::{Imported, Labels, ReadChoice, Text, Tokenizer, Wanted, import_as, preview_of};
use serde::Deserialize;

use crate::reference;

fn folder() -> PathBuf {
    reference::folder("text")
}

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
}

#[test]
fn pieces_are_those_of_transformers_from_both_kinds_of_files() {
    let rows: Vec<Row> =
        serde_json::from_str(&std::fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap();
    assert!(rows.len() >= 12, "{} texts", rows.len());
    let mut failures = Vec::new();
    for place in ["bpe", "bpe/vocab.json", "tokenizer.json"] {
        let tokenizer = Tokenizer::load(&folder().join(place)).unwrap();
        assert_eq!(tokenizer.vocabulary(), Some(420), "{place}");
        for row in &rows {
            let found = tokenizer.encode(&row.text, true).unwrap();
            if found != row.ids {
                failures.push(format!("{place} {:?}: {found:?}, expected {:?}", row.text, row.ids));
            }
            // In one line, with what cannot be shown as escapes.
            let escaped: String = row.text.chars().fold(String::new(), |mut text, letter| {
                if letter.is_control() {
                    text.extend(letter.escape_default());
                } else {
                    text.push(letter);
                }
                text
            });
            assert_eq!(tokenizer.decode(&found), escaped, "{place}");
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// GPT-2's own table is too large to lie here: `FLATSCAPE_GPT2` names a folder with it and with an `expected.json`.
#[test]
fn pieces_of_gpt2_itself_are_those_of_transformers_where_its_files_are() {
    let Some(folder) = std::env::var_os("FLATSCAPE_GPT2").map(PathBuf::from) else {
        eprintln!("skipped: FLATSCAPE_GPT2 names no folder");
        return;
    };
    let rows: Vec<Row> = serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let tokenizer = Tokenizer::load(&folder).unwrap();
    assert_eq!(tokenizer.vocabulary(), Some(50257));
    for row in &rows {
        assert_eq!(tokenizer.encode(&row.text, true).unwrap(), row.ids, "{:?}", row.text);
    }
}

#[test]
fn tokenizers_that_cannot_be_read_are_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let vocabulary = std::fs::read_to_string(folder().join("bpe/vocab.json")).unwrap();
    write("half/vocab.json", &vocabulary);
    write("odd/vocab.json", &vocabulary);
    write("odd/merges.txt", "#version: 0.2\nonly-one\n");
    write("other/vocab.json", &vocabulary);
    // Together longer than any token, which the library would not survive.
    write("other/merges.txt", "#version: 0.2\n<|endoftext|> <|endoftext|>\n");
    write("list/vocab.json", "[1, 2]");
    write("list/merges.txt", "#version: 0.2\n");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let whole = std::fs::read_to_string(folder().join("tokenizer.json")).unwrap();
    write("merges.json", &whole.replace("\"merges\":[", "\"merges\":[[\"<|endoftext|>\",\"<|endoftext|>\"],"));
    write("no-model.json", "{\"version\": \"1.0\"}");
    write("words.json", "not JSON");
    write("kind.json", "{\"version\": \"1.0\", \"model\": {\"type\": \"Unknown\"}}");
    let cases = [
        ("gone", "cannot read the tokenizer"),
        ("empty", "no tokenizer in the folder, expected a tokenizer.json, or vocab.json with merges.txt"),
        ("half", "no merges.txt in the folder"),
        ("odd", "line 2 is no pair"),
        ("other", "the merge `<|endoftext|> <|endoftext|>`, which the vocabulary lacks"),
        ("list", "a vocabulary that cannot be read"),
        ("merges.json", "the merge `<|endoftext|> <|endoftext|>`, which the vocabulary lacks"),
        ("no-model.json", "JSON without a `model`"),
        ("words.json", "a file that is no JSON"),
        ("kind.json", "a tokenizer that cannot be read"),
    ];
    let mut failures = Vec::new();
    for (name, words) in cases {
        let path = dir.path().join(name);
        let message = Tokenizer::load(&path).err().map_or_else(|| "was read".to_owned(), |err| err.to_string());
        let is_one = message.contains(words) && !message.contains('\n') && message.contains(&*path.to_string_lossy());
        if !is_one {
            failures.push(format!("{name}: {message}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[derive(Deserialize)]
struct Case {
    path: String,
    loss: LossKind,
    outputs: usize,
    towers: bool,
    words: Vec<String>,
    /// Nothing where it must be refused.
    read: Option<Numbers>,
}

#[derive(Deserialize)]
struct Numbers {
    x: Vec<f32>,
    y: Vec<i32>,
}

fn check(case: &Case, outcome: Result<Imported, String>) -> Result<(), String> {
    let (told, expected) = match (outcome, &case.read) {
        (Err(message), None) => (message, None),
        (Ok(found), Some(read)) => (found.notes.join("; "), Some((found, read))),
        (Err(message), Some(_)) => return Err(message),
        (Ok(found), None) => return Err(format!("was read: {:?}", found.notes)),
    };
    if let Some(word) = case.words.iter().find(|word| !told.contains(*word)) {
        return Err(format!("`{word}` is not in `{told}`"));
    }
    let Some((found, read)) = expected else { return Ok(()) };
    let y: Vec<i32> = match &found.data.y {
        Labels::Classes { of, .. } => of.iter().map(|&class| class as i32).collect(),
        Labels::Tokens { of, tokens: 4, vocabulary } if *vocabulary == case.outputs => of.clone(),
        Labels::Pairs { count: 3 } => Vec::new(),
        other => return Err(format!("{other:?}")),
    };
    if found.data.x == read.x && y == read.y { Ok(()) } else { Err(format!("{:?} {y:?}", found.data.x)) }
}

#[test]
fn arrays_of_tokens_are_read_or_refused() {
    let cases: Vec<Case> =
        serde_json::from_str(&std::fs::read_to_string(folder().join("tokens.json")).unwrap()).unwrap();
    assert!(cases.len() >= 18, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let image: &[usize] = if case.towers { &[1, 2, 2] } else { &[] };
        let text = Text { tokens: 4, vocabulary: 9, image };
        let input = [if case.towers { 8 } else { 4 }];
        let wanted = Wanted { input: &input, outputs: case.outputs, loss: case.loss, text: Some(text) };
        let outcome = import_as(&folder().join(&case.path), &wanted, ReadChoice::default());
        if let Err(problem) = check(case, outcome.map_err(|err| err.to_string())) {
            failures.push(format!("{}: {problem}", case.path));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn wanted(loss: LossKind, outputs: usize, text: Text<'static>, input: &'static [usize]) -> Wanted<'static> {
    Wanted { input, outputs, loss, text: Some(text) }
}

#[test]
fn plain_text_becomes_windows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.txt");
    std::fs::write(&path, "one two three one two three").unwrap();
    let text = Text { tokens: 8, vocabulary: 256, image: &[] };
    let wants = wanted(LossKind::TokenCrossEntropy, 256, text, &[8]);
    let found: Imported = import_as(&path, &wants, ReadChoice::default()).unwrap();
    assert_eq!((found.data.len(), found.data.shape.as_slice(), found.format.as_str()), (4, &[8][..], "plain text"));
    assert_eq!(found.text.as_ref().unwrap().read(found.data.example(0)).1, "one two ");
    let choice = |path| ReadChoice { tokenizer: Some(path), ..ReadChoice::default() };
    let bpe = folder().join("bpe");
    let pieces = wanted(LossKind::TokenCrossEntropy, 420, Text { vocabulary: 420, ..text }, &[8]);
    let found: Imported = import_as(&path, &pieces, choice(&bpe)).unwrap();
    let tokens = Tokenizer::load(&bpe).unwrap().encode("one two three one two three", false).unwrap();
    let first: Vec<f32> = tokens[..8.min(tokens.len() - 1)].iter().map(|&token| token as f32).collect();
    assert_eq!(found.data.x[..first.len()], first);
    for (wants, choice, words) in [
        (
            Wanted { outputs: 14, text: Some(Text { vocabulary: 14, ..text }), ..wants },
            ReadChoice::default(),
            "256 different tokens, expected at most 14",
        ),
        (wants, choice(&bpe), "420 different tokens, expected at most 256"),
        (wants, choice(Path::new("/nowhere")), "cannot read the tokenizer"),
    ] {
        let message = import_as::<f32>(&path, &wants, choice).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    // The window looks at it without a model.
    let found: Imported = import_as(&path, &Wanted::ANY, ReadChoice::default()).unwrap();
    assert_eq!(found.text.unwrap().tokens, 64);
}

#[test]
fn a_table_of_texts_is_padded_and_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("reviews.csv");
    std::fs::write(&path, "text,label\n\"good, so good\",pos\nbad,neg\n\"fine, I guess\",pos\n").unwrap();
    let text = Text { tokens: 6, vocabulary: 256, image: &[] };
    let wants = wanted(LossKind::CrossEntropy, 2, text, &[6]);
    let found: Imported = import_as(&path, &wants, ReadChoice::default()).unwrap();
    let bytes = |text: &str| text.bytes().map(f32::from).collect::<Vec<_>>();
    assert_eq!(found.data.example(0), bytes("good, "));
    assert_eq!(found.data.example(1), [bytes("bad"), vec![-1.0; 3]].concat());
    assert_eq!(found.data.classes(), [1, 0, 1]);
    assert_eq!(found.class_names, ["neg", "pos"]);
    let notes = found.notes.join("; ");
    for words in [
        "the text is column 1 (`text`)",
        "2 of 3 texts are cut to the model's 6 tokens; the longest has 13",
        "neg = 0, pos = 1",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    for (table, words) in [
        ("text,label\n,pos\nbad,neg\n", "line 2 has no text, expected at least one token"),
        ("a,b,label\nx,y,pos\nz,w,neg\n", "2 columns beside the label, none of them called `text`"),
        ("text,label\nx,pos\ny,pos\n", "are the same class"),
    ] {
        std::fs::write(&path, table).unwrap();
        let message = import_as::<f32>(&path, &wants, ReadChoice::default()).unwrap_err().to_string();
        assert!(message.contains(words), "{table:?}: {message}");
    }
    let each = wanted(LossKind::TokenCrossEntropy, 256, text, &[6]);
    let message = import_as::<f32>(&path, &each, ReadChoice::default()).unwrap_err().to_string();
    assert!(message.contains("a table, and the loss has a target for each token"), "{message}");
    let images = reference::folder("parquet").join("images.parquet");
    let message = import_as::<f32>(&images, &wants, ReadChoice::default()).unwrap_err().to_string();
    assert!(message.contains("no column of text"), "{message}");
}

#[test]
fn parquet_holds_texts_with_labels_and_images_with_texts() {
    let path = folder().join("reviews.parquet");
    let text = Text { tokens: 6, vocabulary: 256, image: &[] };
    let found: Imported =
        import_as(&path, &wanted(LossKind::CrossEntropy, 2, text, &[6]), ReadChoice::default()).unwrap();
    let bytes = |text: &str| text.bytes().map(f32::from).collect::<Vec<_>>();
    assert_eq!(found.data.example(0), bytes("good, "));
    assert_eq!((found.data.classes(), found.class_names.join(" ").as_str()), (&[1, 0, 1][..], "neg pos"));
    let path = folder().join("captions.parquet");
    let text = Text { tokens: 4, vocabulary: 256, image: &[1, 1, 2] };
    let found: Imported =
        import_as(&path, &wanted(LossKind::Contrastive, 5, text, &[6]), ReadChoice::default()).unwrap();
    assert_eq!(found.data.y, Labels::Pairs { count: 2 });
    let first = [vec![0.0, 1.0], bytes("a d"), vec![-1.0]].concat();
    assert_eq!(found.data.example(0), first);
}

#[test]
fn a_look_shows_text_and_images_with_their_text() {
    use flatscape::config::{DataConfig, DataSource, builtin_experiment};
    use flatscape::data::load;
    use flatscape::protocol::ExampleLabel;
    let moons = builtin_experiment("moons-mlp").unwrap().data;
    let sums = DataConfig { source: DataSource::Sums, train_size: 8, test_size: 2, noise: 0.0, ..moons.clone() };
    let text = Text { tokens: 24, vocabulary: 14, image: &[] };
    let wants = wanted(LossKind::TokenCrossEntropy, 14, text, &[24]);
    let look = preview_of(&sums, &load(&sums, &wants).unwrap());
    let shown = look.text.unwrap();
    assert_eq!((shown.tokens, shown.vocabulary, shown.rows.len()), (24, 14, 10));
    assert!(shown.rows[0].len() == 24 && shown.rows[0].contains('='), "{:?}", shown.rows);
    let ExampleLabel::Tokens(targets) = &look.rows[0].label else { panic!("{:?}", look.rows[0]) };
    assert!(targets.contains('.') && !targets.contains('='), "{targets}");
    let file = DataConfig {
        source: DataSource::File,
        path: Some(folder().join("pairs.npz")),
        train_size: 2,
        test_size: 1,
        ..sums
    };
    let text = Text { tokens: 4, vocabulary: 9, image: &[1, 2, 2] };
    let look = preview_of(&file, &load(&file, &wanted(LossKind::Contrastive, 5, text, &[8])).unwrap());
    assert_eq!(
        (look.shape.as_slice(), look.rows[0].x.len(), &look.rows[0].label),
        (&[1, 2, 2][..], 4, &ExampleLabel::Pair)
    );
    // Tokens that came as numbers are shown as numbers, without padding.
    let mut rows = look.text.unwrap().rows;
    rows.sort();
    assert_eq!(rows, ["0 8 3 1", "2 5", "7 7 0"]);
    for (config, wants) in [(&moons, wants), (&file, wanted(LossKind::CrossEntropy, 2, text, &[8]))] {
        assert!(load(config, &wants).is_err());
    }
}
