//! Tables in the library: the window's list of columns and the reader go by the same rules, in 32 and in 64 bits.
//!
//! What tables mean is checked from outside, in `program/tables.rs`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::{Path, PathBuf};

use flatscape::config::{LabelKind, LossKind};
use flatscape::data::{Imported, Labels, ReadChoice, Wanted, import_as, table_columns};
use serde_json::Value;

/// The cases of the reference, each with its file in `dir`.
fn cases(dir: &Path) -> Vec<(Value, PathBuf)> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../reference/tables.json")).unwrap();
    let write = |(number, case): (usize, Value)| {
        let hex = case["hex"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        let path = dir.join(format!("{number}-{}", case["file"].as_str().unwrap()));
        std::fs::write(&path, bytes).unwrap();
        (case, path)
    };
    cases.into_iter().enumerate().map(write).collect()
}

fn choice(case: &Value) -> ReadChoice<'_> {
    let args: Vec<&str> = case["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let value = |flag: &str| args.iter().position(|arg| *arg == flag).map(|place| args[place + 1]);
    let kind = if value("--labels") == Some("numbers") { LabelKind::Numbers } else { LabelKind::Auto };
    ReadChoice {
        kind,
        column: value("--label-column"),
        header: value("--header").map(|word| word == "true"),
        ..ReadChoice::default()
    }
}

#[test]
fn the_window_lists_the_columns_that_are_read() {
    let dir = tempfile::tempdir().unwrap();
    for (case, path) in cases(dir.path()) {
        let name = case["name"].as_str().unwrap();
        let choice = choice(&case);
        let found = import_as::<f32>(&path, &Wanted::ANY, choice).unwrap_or_else(|err| panic!("{name}: {err}"));
        let columns = table_columns(&path, choice);
        assert!(columns.is_table, "{name}");
        assert_eq!(columns.names.len(), found.data.features() + 1, "{name}: {columns:?}");
        assert_eq!(columns.has_header, !found.columns.is_empty(), "{name}");
        if choice.column.is_none() && columns.has_header {
            assert_eq!(columns.label.map(|label| &columns.names[label]), Some(&found.label), "{name}");
        }
    }
}

#[test]
fn numbers_are_read_in_64_bits_where_they_are_computed_with() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.csv");
    std::fs::write(&path, "0,1;0,2;0,3\n0,4;1e-300;0,6\n").unwrap();
    let wanted = Wanted { input: &[2], outputs: 1, loss: LossKind::Mse, text: None };
    let found: Imported<f64> = import_as(&path, &wanted, ReadChoice::default()).unwrap();
    assert_eq!(found.data.x, [0.1, 0.2, 0.4, 1e-300]);
    assert_eq!(found.data.y, Labels::Values { of: vec![0.3, 0.6], outputs: 1 });
}

#[test]
fn a_column_that_counts_is_told_where_no_model_says_how_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.csv");
    std::fs::write(&path, "0,1,2,cat\n1,3,4,dog\n2,5,6,cat\n").unwrap();
    let found = import_as::<f32>(&path, &Wanted::ANY, ReadChoice::default()).unwrap();
    assert_eq!(found.data.shape, [3]);
    assert!(found.notes.iter().any(|note| note.starts_with("column 1 counts 0, 1, 2, …")), "{:?}", found.notes);
}

#[test]
fn labels_from_1_are_called_so_without_a_model_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.csv");
    std::fs::write(&path, "5,2,1\n3,4,2\n5,6,3\n").unwrap();
    let found = import_as::<f32>(&path, &Wanted::ANY, ReadChoice::default()).unwrap();
    assert_eq!(found.data.num_classes(), 4);
    assert!(found.notes.contains(&"labels run from 1 to 3: class 0 has no example".to_owned()), "{:?}", found.notes);
}

/// Bytes that are set anywhere, and cuts anywhere: an answer in one line, never a panic.
#[test]
fn broken_tables_are_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut state = 11_u64;
    // A linear congruential generator (Knuth's MMIX): the same bytes every time.
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let signs = b",;\t| \"'#\n\r0.5e-\xff\x00y";
    for (case, path) in cases(dir.path()) {
        let original = std::fs::read(&path).unwrap();
        let choice = choice(&case);
        for round in 0..200 {
            let mut bytes = original.clone();
            if round % 4 == 0 {
                bytes.truncate(random(bytes.len() + 1));
            }
            for _ in 0..=random(5) {
                let place = random(bytes.len() + 1);
                let sign = signs[random(signs.len())];
                if place < bytes.len() && random(2) == 0 { bytes[place] = sign } else { bytes.insert(place, sign) }
            }
            std::fs::write(&path, &bytes).unwrap();
            if let Err(err) = import_as::<f32>(&path, &Wanted::ANY, choice) {
                assert!(!err.to_string().contains('\n'), "one line: {err}");
            }
            let _ = table_columns(&path, choice);
        }
    }
}
