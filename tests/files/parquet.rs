//! Parquet as others write it: read as they meant it and told, or refused in a sentence; and sizes that are not believed.
//!
//! `tests/reference/parquet.py` writes the files.

use flatscape::config::LossKind;
use flatscape::data::{DataFormat, ReadChoice, Wanted, import, import_as, recognise, table_columns};
use serde::Deserialize;

use crate::reference;

fn choice(case: &reference::Case) -> ReadChoice<'_> {
    ReadChoice { column: case.label.as_deref(), ..ReadChoice::default() }
}

#[test]
fn parquet_is_read_as_it_was_meant() {
    let cases = reference::cases("parquet");
    assert!(cases.len() >= 16, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let path = reference::folder("parquet").join(&case.path);
        assert_eq!(recognise(&path), Ok(DataFormat::Parquet), "{}", case.path);
        let outcome = import_as(&path, &case.wanted(), choice(case)).map_err(|err| err.to_string());
        if let Err(problem) = outcome.and_then(|found| reference::check(case, &found)) {
            failures.push(format!("{} {:?}: {problem}", case.path, case.input));
        }
        // Without a model as well, as the window looks at them, and in 64 bits.
        match import_as::<f64>(&path, &Wanted::ANY, choice(case)) {
            Ok(found) if found.data.len() == case.n && found.format == "Parquet" => {}
            outcome => {
                failures.push(format!("{} without a model: {:?}", case.path, outcome.map(|found| found.data.len())));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[derive(Deserialize)]
struct Refused {
    path: String,
    input: Vec<usize>,
    words: Vec<String>,
}

#[test]
fn parquet_that_cannot_be_read_is_refused_in_a_sentence() {
    let root = reference::folder("parquet");
    let cases: Vec<Refused> =
        serde_json::from_str(&std::fs::read_to_string(root.join("refused.json")).unwrap()).unwrap();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    let mut failures = Vec::new();
    for Refused { path, input, words } in &cases {
        let wanted = Wanted { input, outputs: 2, loss: LossKind::CrossEntropy, text: None };
        let message = match import::<f32>(&root.join(path), &wanted) {
            Ok(found) => format!("was read: {:?}", found.notes),
            Err(err) => err.to_string(),
        };
        if words.iter().any(|word| !message.contains(word)) || message.contains('\n') {
            failures.push(format!("{path} {words:?}: {message}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_may_be_the_label_is_listed_for_the_window() {
    let columns = |path: &str| table_columns(&reference::folder("parquet").join(path), ReadChoice::default());
    let found = columns("table.parquet");
    assert_eq!((found.names.join(" ").as_str(), found.label), ("a class b on small", Some(1)));
    assert!(!found.is_table && found.has_header);
    let found = columns("two-labels.parquet");
    assert_eq!((found.names.join(" ").as_str(), found.label), ("fine_label coarse_label", None));
    assert_eq!(columns("shards").names, ["label"]);
    assert!(columns("refused/cut.parquet").names.is_empty());
}

#[test]
fn a_file_is_known_by_its_first_bytes_whatever_it_is_called() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data.bin");
    std::fs::copy(reference::folder("parquet").join("table.parquet"), &path).unwrap();
    assert_eq!(recognise(&path), Ok(DataFormat::Parquet));
    let wanted = Wanted { input: &[4], outputs: 3, loss: LossKind::CrossEntropy, text: None };
    assert_eq!(import::<f32>(&path, &wanted).unwrap().data.len(), 40);
    // In a folder of images by class it is found as well, one level down.
    let below = dir.path().join("set/data");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::copy(reference::folder("parquet").join("table.parquet"), below.join("table.parquet")).unwrap();
    let found = import::<f32>(&dir.path().join("set"), &wanted).unwrap();
    assert!(found.notes[0].contains("the data are those of `data`"), "{:?}", found.notes);
}

#[test]
fn broken_bytes_never_make_it_panic() {
    let [failed, read] = reference::mutated("parquet");
    assert!(failed > 100 && read > 50, "{failed} failed and {read} were read");
}
