//! Files without a model, as the window looks at them: numbers, texts, tokens or pairs, by the rules of `docs/text.md` or as
//! the user says.

use std::path::{Path, PathBuf};

use flatscape::config::{DataConfig, DataSource, ExampleKind, LossKind, builtin_experiment};
use flatscape::data::{Imported, ReadChoice};
use flatscape::data::{Text, Wanted, import_as, preview};
use flatscape::protocol::{DataPreview, ExampleLabel};

use crate::reference;

fn reference_file(name: &str) -> PathBuf {
    reference::folder("text").join(name)
}

/// All of a file.
fn file(path: &Path) -> DataConfig {
    let moons = builtin_experiment("moons-mlp").expect("it comes with the program").data;
    DataConfig { source: DataSource::File, path: Some(path.to_owned()), train_size: 0, test_size: 0, ..moons }
}

fn look(config: &DataConfig) -> Result<DataPreview, String> {
    preview(config).map_err(|err| err.to_string())
}

/// What a look takes a file for: the words for its labels, and the shape of an example or its number of tokens.
fn kind(config: &DataConfig) -> String {
    match look(config) {
        Err(problem) => problem,
        Ok(data) => {
            let label = match &data.rows[0].label {
                ExampleLabel::Class(_) => format!("{} classes", data.classes.len()),
                ExampleLabel::Values(of) => format!("{} values", of.len()),
                ExampleLabel::Tokens(_) => "next tokens".to_owned(),
                ExampleLabel::Pair => "pairs".to_owned(),
            };
            match data.text {
                None => format!("numbers {:?}, {label}", data.shape),
                Some(text) => format!("{} tokens of {}, {label}", text.tokens, text.vocabulary),
            }
        }
    }
}

#[test]
fn tables_arrays_and_pairs_are_taken_for_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let cases = [
        (write("reviews.csv", "text,label\n\"good, so good\",pos\nbad,neg\n"), "13 tokens of 256, 2 classes"),
        (write("scores.csv", "comment,score\ngood one,0.5\nbad one,0.25\n"), "8 tokens of 256, 1 values"),
        (write("wide.csv", "id,review,label\n1,very good,pos\n2,bad,neg\n"), "9 tokens of 256, 2 classes"),
        (write("points.csv", "a,b,y\n1,2,0\n3,4,1\n"), "numbers [2], 2 classes"),
        (
            write(
                "reviews.jsonl",
                "{\"text\": \"so good\", \"label\": \"pos\"}\n{\"text\": \"bad\", \"label\": \"neg\"}\n",
            ),
            "7 tokens of 256, 2 classes",
        ),
        (write("points.jsonl", "{\"a\": 1.5, \"y\": 0}\n{\"a\": 2, \"y\": 1}\n"), "numbers [1], 2 classes"),
        (write("prose.txt", "Once there was a table of numbers."), "64 tokens of 256, next tokens"),
        (reference_file("reviews.parquet"), "13 tokens of 256, 2 classes"),
        (reference_file("captions.parquet"), "5 tokens of 256, pairs"),
        (reference_file("pairs.npz"), "4 tokens of 9, pairs"),
        (reference_file("whole.npz"), "4 tokens of 9, next tokens"),
        // Whole numbers in NPZ may be features as well.
        (reference_file("classes.npz"), "numbers [4], 3 classes"),
    ];
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|(path, expected)| {
            let found = kind(&file(path));
            (found != *expected).then(|| format!("{}: {found}, expected {expected}", path.display()))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_may_be_several_things_is_what_the_user_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("news.csv");
    std::fs::write(&path, "title,body,size,label\nhigh,prices rise,3,pos\nlow,prices fall,4,neg\n").unwrap();
    let unsaid = kind(&file(&path));
    assert!(unsaid.contains("line 2, column 1 (`title`) is `high`, expected a number"), "{unsaid}");
    let said = |examples, text_column: Option<&str>| DataConfig {
        examples,
        text_column: text_column.map(str::to_owned),
        ..file(&path)
    };
    let text = kind(&said(ExampleKind::Text, None));
    assert!(text.contains("3 columns beside the label, none of them called `text`"), "{text}");
    for examples in [ExampleKind::Auto, ExampleKind::Text] {
        let body = look(&said(examples, Some("body"))).unwrap();
        let mut rows = body.text.unwrap().rows;
        rows.sort();
        assert_eq!(rows, ["prices fall", "prices rise"]);
        assert!(body.file.notes.iter().any(|note| note == "`title`, `size` are left out"), "{:?}", body.file.notes);
    }
    assert_eq!(kind(&said(ExampleKind::Auto, Some("1"))), "4 tokens of 256, 2 classes");
    let label = kind(&said(ExampleKind::Auto, Some("label")));
    assert!(label.contains("column 4 (`label`) for the text, which is the label"), "{label}");
    let gone = kind(&said(ExampleKind::Auto, Some("words")));
    assert!(gone.contains("no column `words` for the text, expected one of `title`, `body`"), "{gone}");
    // Arrays of whole numbers.
    let arrays = |name: &str, examples| DataConfig { examples, ..file(&reference_file(name)) };
    assert_eq!(kind(&arrays("classes.npz", ExampleKind::Text)), "4 tokens of 9, 3 classes");
    assert!(!kind(&arrays("whole.npz", ExampleKind::Numbers)).contains("tokens"));
    assert!(kind(&arrays("whole.npz", ExampleKind::Pairs)).contains("no arrays `image` and `text`, but `x`, `y`"));
    let numbers = kind(&DataConfig { examples: ExampleKind::Numbers, ..file(&reference_file("reviews.parquet")) });
    assert!(numbers.contains("`text`") && numbers.contains("holds text"), "{numbers}");
    let parquet = DataConfig { text_column: Some("label".to_owned()), ..file(&reference_file("reviews.parquet")) };
    assert!(kind(&parquet).contains("for the text, which is the label"), "{}", kind(&parquet));
    let parquet = DataConfig { text_column: Some("id".to_owned()), ..file(&reference_file("reviews.parquet")) };
    assert!(kind(&parquet).contains("(`id`) for the text, which holds numbers"), "{}", kind(&parquet));
}

#[test]
fn what_is_of_no_use_is_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    for (table, words) in [
        ("colour,size,label\nred,big,pos\nblue,small,neg\n", "column 1 (`colour`) is `red`, expected a number"),
        ("when,label\n2020-01-05,0\n2020-02-05,1\n", "is `2020-01-05`, expected a number"),
        ("1,0\nx,1\n3,0\n", "is `x`, expected a number"),
        ("text,label\nx,pos\n,neg\ny,pos\n", "line 3 has no text, expected at least one token"),
    ] {
        std::fs::write(&path, table).unwrap();
        let found = kind(&file(&path));
        assert!(found.contains(words) && !found.contains('\n'), "{words}: {found}");
    }
    let found = kind(&file(&reference_file("half.npz")));
    assert!(!found.contains("tokens"), "half tokens are numbers: {found}");
    let minus = DataConfig { examples: ExampleKind::Text, ..file(&reference_file("below.npz")) };
    assert!(kind(&minus).contains("has the token -2 at place"), "{}", kind(&minus));
    // With a model, tokens outside of its vocabulary.
    let text = Text { tokens: 4, vocabulary: 9, image: &[] };
    let wanted = Wanted { input: &[4], outputs: 9, loss: LossKind::TokenCrossEntropy, text: Some(text) };
    let read = |examples| {
        let choice = ReadChoice { examples, ..ReadChoice::default() };
        import_as::<f32>(&reference_file("outside.npz"), &wanted, choice).map_err(|err| err.to_string())
    };
    assert!(read(ExampleKind::Text).unwrap_err().contains("has the token 9 at place"));
    let other: Result<Imported, _> = read(ExampleKind::Numbers);
    assert!(other.unwrap_err().contains("`examples` is numbers, expected text, which the model takes"));
}

#[test]
fn a_tokenizer_is_used_in_a_look_and_told_where_it_cannot_be() {
    let path = reference_file("reviews.parquet");
    let with = |tokenizer: PathBuf| DataConfig { tokenizer: Some(tokenizer), ..file(&path) };
    let pieces = look(&with(reference_file("bpe"))).unwrap().text.unwrap();
    assert_eq!((pieces.vocabulary, pieces.tokenizer.as_str()), (420, "pieces of `bpe`"));
    assert!(pieces.tokens <= 13 && pieces.needed <= 420, "{pieces:?}");
    let gone = look(&with("/nowhere/tokenizer.json".into())).unwrap_err();
    assert!(gone.contains("cannot read the tokenizer") && gone.ends_with(": /nowhere/tokenizer.json"), "{gone}");
    let prose = tempfile::NamedTempFile::with_suffix(".txt").unwrap();
    std::fs::write(prose.path(), "Once there was a table.").unwrap();
    let gone = look(&DataConfig { path: Some(prose.path().to_owned()), ..with("/nowhere".into()) }).unwrap_err();
    assert!(gone.contains("cannot read the tokenizer"), "{gone}");
}

#[test]
fn lengths_and_the_needed_vocabulary_are_those_of_all_examples() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words.csv");
    let rows: Vec<String> = (1..=20).map(|i| format!("{},{}", "ab".repeat(i), i % 2)).collect();
    std::fs::write(&path, format!("text,label\n{}\n", rows.join("\n"))).unwrap();
    let text = look(&file(&path)).unwrap().text.unwrap();
    assert_eq!((text.lengths.least, text.lengths.median, text.lengths.most), (2, 20, 40));
    assert_eq!((text.lengths.bins.iter().sum::<usize>(), text.lengths.bins.len()), (20, 20));
    assert!(text.lengths.bins.iter().all(|&count| count == 1), "{:?}", text.lengths.bins);
    assert_eq!((text.needed, text.vocabulary), (usize::from(b'b') + 1, 256));
    assert_eq!((text.first.len(), &text.first[0][..2]), (text.rows.len(), &[97, 98][..]));
    // Texts that are longer than a look holds are cut, and a note tells.
    std::fs::write(&path, format!("text,label\n{},0\nb,1\n", "a".repeat(300))).unwrap();
    let long = look(&file(&path)).unwrap();
    assert_eq!(long.text.unwrap().tokens, 256);
    let note = "1 of 2 texts is cut to 256 tokens; the longest has 300";
    assert!(long.file.notes.iter().any(|found| found == note), "{:?}", long.file.notes);
}
