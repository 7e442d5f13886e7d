//! CIFAR-10 and CIFAR-100 as they are published: the binary version, and Python's pickles, of which nothing is run.
//!
//! Both keep an image as 3 072 bytes, 32×32 red, then green, then blue. All training batches of a folder are read in their
//! order; the test batch is left out, since a folder stands for what a model was trained on.

mod binary;
mod pickle;
mod python;

use std::path::{Path, PathBuf};

use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::tree::{Item, Tree, name, some_of};
use super::{Problem, Wanted};
use crate::config::Real;
use crate::data::limit;

pub(super) use binary::fits;

const PIXELS: usize = 3 * 32 * 32;
/// CIFAR-100's coarse classes.
const COARSE: usize = 20;

/// How batches are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Binary,
    Python,
}

/// The batches to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    version: Version,
    batches: Vec<PathBuf>,
    /// Sentences for the user.
    notes: Vec<String>,
}

/// What a file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Batch {
    version: Version,
    is_hundred: bool,
    is_test: bool,
}

impl Batch {
    fn of(name: &str) -> Option<Self> {
        let (stem, version) = name.strip_suffix(".bin").map_or((name, Version::Python), |stem| (stem, Version::Binary));
        let number = stem.strip_prefix("data_batch_").map(|number| number.parse::<u8>().is_ok());
        let (is_hundred, is_test) = match stem {
            "test_batch" => (false, true),
            "train" => (true, false),
            "test" => (true, true),
            _ if number == Some(true) => (false, false),
            _ => return None,
        };
        Some(Self { version, is_hundred, is_test })
    }
}

/// Whether a pickle may be a batch of CIFAR, by its name.
pub(super) fn is_pickled_batch(name: &str) -> bool {
    Batch::of(name).is_some_and(|batch| batch.version == Version::Python)
}

impl Files {
    /// Where the batches lie.
    pub(super) fn places(&self) -> &[PathBuf] {
        &self.batches
    }

    /// The training batches among what lies in a folder, the test batch where there is no other; `None` where there is none.
    pub(super) fn among(tree: &Tree, items: &[Item]) -> Result<Option<Self>, Problem> {
        let is_pickle = |item: &Item| tree.is_archive() || matches!(tree.start(&item.path, 2)[..], [0x80, 2..=5]);
        let has_meta = items.iter().any(|item| !item.is_folder && (item.name == "meta" || item.name == "batches.meta"));
        // `train` and `test` are words of everybody; as CIFAR's files they have a third one beside them or are pickles.
        let batch = |item: &Item| {
            let batch = Batch::of(&item.name).filter(|_| !item.is_folder)?;
            let is_sure = batch.version == Version::Binary || ((has_meta || !batch.is_hundred) && is_pickle(item));
            is_sure.then_some(batch)
        };
        let mut found: Vec<(&Item, Batch)> = items.iter().filter_map(|item| Some((item, batch(item)?))).collect();
        if found.is_empty() {
            return Ok(None);
        }
        if found.iter().any(|(_, batch)| batch.is_hundred != found[0].1.is_hundred) {
            return Err(Problem::Broken {
                found: "CIFAR-10 and CIFAR-100 in one folder".to_owned(),
                expected: "a folder for each, or the path of one file".to_owned(),
            });
        }
        let mut notes = Vec::new();
        let are_both =
            [Version::Binary, Version::Python].map(|version| found.iter().any(|(_, batch)| batch.version == version));
        if are_both == [true, true] {
            found.retain(|(_, batch)| batch.version == Version::Binary);
            notes.push("binary files and pickles lie side by side: the binary files are taken".to_owned());
        }
        let (tests, training): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, batch)| batch.is_test);
        if let ([(test, _), ..], [_, ..]) = (&tests[..], &training[..]) {
            notes.push(format!("`{}` was left out: the training batches are taken", test.name));
        }
        let mut chosen = if training.is_empty() { tests } else { training };
        chosen.sort_by_key(|(item, _)| item.name.clone());
        let version = chosen[0].1.version;
        let batches: Vec<PathBuf> = chosen.iter().map(|(item, _)| item.path.clone()).collect();
        if let [_, _, ..] = &batches[..] {
            notes.push(format!("read from {}", some_of(chosen.iter().map(|(item, _)| item.name.as_str()))));
        }
        Ok(Some(Self { version, batches, notes }))
    }

    /// One file, whatever it is called.
    pub(super) fn one(file: &Path) -> Self {
        let version = if is_pickled_batch(&name(file)) { Version::Python } else { Version::Binary };
        Self { version, batches: vec![file.to_owned()], notes: Vec::new() }
    }
}

/// The records of all batches.
#[derive(Default)]
struct Records {
    /// CIFAR-100 has two labels for each image.
    is_hundred: bool,
    /// 3 072 bytes each.
    pixels: Vec<u8>,
    labels: Vec<i64>,
    /// Whether the labels are CIFAR-100's coarse ones.
    are_coarse: bool,
    notes: Vec<String>,
}

/// Which of CIFAR-100's labels a model takes: the coarse ones where it has as many outputs.
const fn takes_coarse(wanted: &Wanted<'_>) -> bool {
    wanted.outputs == COARSE
}

/// Reads all records of all batches, in their order.
pub(super) fn read<T: Real>(tree: &mut Tree, files: &Files, wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    // Before an archive is unpacked; files are first held against the sizes that they may have.
    if tree.is_archive() && !wanted.takes(&[PIXELS]) {
        return Err(Problem::Shape {
            what: "an example of x has the shape".to_owned(),
            found: "[3, 32, 32]".to_owned(),
            expected: format!("{:?}, the model's input", wanted.input),
        });
    }
    let meta = meta_files(tree, files)?;
    tree.load(&[&files.batches[..], &meta[..]].concat())?;
    let mut records = match files.version {
        Version::Binary => binary::read(tree, &files.batches, wanted)?,
        Version::Python => python::read(tree, &files.batches, wanted)?,
    };
    let needed = (records.pixels.len() as u64).saturating_mul(size_of::<T>() as u64);
    limit::allow("CIFAR", needed).map_err(Problem::TooLarge)?;
    if records.are_coarse {
        records.notes.push("the model has 20 outputs, so CIFAR-100's coarse labels are taken".to_owned());
    }
    let mut notes = files.notes.clone();
    notes.append(&mut records.notes);
    let version = if files.version == Version::Binary { "binary" } else { "pickles" };
    Ok(Raw {
        y: RawLabels::Whole(records.labels),
        x: records.pixels.iter().map(|&pixel| T::of(f64::from(pixel) / 255.0)).collect(),
        shape: vec![3, 32, 32],
        fit: Fit::Product,
        format: format!("CIFAR-{} {version}", if records.is_hundred { 100 } else { 10 }),
        class_names: class_names(tree, &meta, records.is_hundred, records.are_coarse),
        notes,
        place: Place::Row,
        names: Names::default(),
        text: None,
    })
}

/// The files beside the batches that hold the names of the classes.
fn meta_files(tree: &Tree, files: &Files) -> Result<Vec<PathBuf>, Problem> {
    const KNOWN: [&str; 5] =
        ["batches.meta.txt", "fine_label_names.txt", "coarse_label_names.txt", "batches.meta", "meta"];
    let beside = files.batches.first().and_then(|batch| batch.parent()).unwrap_or(Path::new(""));
    let items = tree.list(beside)?;
    let known = |item: &Item| !item.is_folder && KNOWN.contains(&item.name.as_str());
    Ok(items.into_iter().filter(known).map(|item| item.path).collect())
}

/// The names of the classes, where a file beside the batches has as many as there are classes.
fn class_names(tree: &Tree, meta: &[PathBuf], is_hundred: bool, are_coarse: bool) -> Vec<String> {
    let (text, key, count) = match (is_hundred, are_coarse) {
        (false, _) => ("batches.meta.txt", "label_names", 10),
        (true, false) => ("fine_label_names.txt", "fine_label_names", 100),
        (true, true) => ("coarse_label_names.txt", "coarse_label_names", COARSE),
    };
    let mut names = Vec::new();
    for file in meta {
        let Ok(bytes) = tree.read(file) else { continue };
        let found = match name(file).as_str() {
            found if found == text => binary::class_names(&bytes),
            "batches.meta" | "meta" => python::class_names(&bytes, key),
            _ => continue,
        };
        if found.len() == count {
            names = found;
        }
    }
    names
}
