//! The Python version: a pickle for each batch, a dictionary of `data`, an array of NumPy `[N, 3072]`, and `labels` or, for
//! CIFAR-100, `fine_labels` and `coarse_labels`.

use std::path::PathBuf;

use super::super::tree::{Tree, name, some_of};
use super::super::{Problem, Wanted};
use super::pickle::{Id, Pickle};
use super::{PIXELS, Records, takes_coarse};

pub(super) fn read(tree: &Tree, batches: &[PathBuf], wanted: &Wanted<'_>) -> Result<Records, Problem> {
    let mut records = Records::default();
    for batch in batches {
        let name = name(batch);
        add(&mut records, &tree.read(batch)?, wanted).map_err(|found| Problem::Broken {
            found: format!("in {name} {found}"),
            expected: "CIFAR's pickled batches, `data` and `labels`; its binary version is read as well".to_owned(),
        })?;
    }
    Ok(records)
}

/// Adds the records of one batch.
fn add(records: &mut Records, bytes: &[u8], wanted: &Wanted<'_>) -> Result<(), String> {
    let pickle = Pickle::read(bytes)?;
    let root = pickle.root();
    let (labels, is_hundred, are_coarse) = labels(&pickle, root, wanted)?;
    let data = pickle.get(root, "data").ok_or_else(|| missing(&pickle, root, "data"))?;
    let data = pickle.array(data).ok_or("`data` is no array of NumPy")?;
    let kind = data.kind.trim_start_matches(['|', '<', '>', '=']);
    if kind != "u1" && kind != "uint8" {
        return Err(format!("`data` has numbers of the type {kind}, not unsigned bytes (u1)"));
    }
    let is_shape = matches!(data.shape[..], [n, PIXELS] if n == labels.len()) && !data.is_fortran;
    if !is_shape || data.bytes.len() != labels.len() * PIXELS {
        return Err(format!(
            "`data` has the shape {:?} and {} bytes beside {} labels",
            data.shape,
            data.bytes.len(),
            labels.len()
        ));
    }
    records.pixels.extend_from_slice(&data.bytes);
    records.labels.extend(labels);
    (records.is_hundred, records.are_coarse) = (is_hundred, are_coarse);
    Ok(())
}

/// The labels that the model takes, whether they are CIFAR-100's, and whether those are the coarse ones.
fn labels(pickle: &Pickle<'_>, root: Id, wanted: &Wanted<'_>) -> Result<(Vec<i64>, bool, bool), String> {
    let are_coarse = takes_coarse(wanted);
    let of_hundred = if are_coarse { "coarse_labels" } else { "fine_labels" };
    let found = |key: &'static str| pickle.get(root, key).map(|id| (key, id));
    let (key, id) = found("labels").or_else(|| found(of_hundred)).ok_or_else(|| missing(pickle, root, "labels"))?;
    let labels = pickle.whole_numbers(id).ok_or_else(|| format!("`{key}` is no list of whole numbers"))?;
    Ok((labels, key != "labels", key == "coarse_labels"))
}

fn missing(pickle: &Pickle<'_>, root: Id, key: &str) -> String {
    let keys = pickle.keys(root);
    let found = if keys.is_empty() { "nothing".to_owned() } else { some_of(keys.iter().map(String::as_str)) };
    format!("there is no `{key}`, only {found}")
}

/// The names of classes of a pickle of meta data.
pub(super) fn class_names(bytes: &[u8], key: &str) -> Vec<String> {
    let Ok(pickle) = Pickle::read(bytes) else { return Vec::new() };
    pickle.get(pickle.root(), key).and_then(|id| pickle.texts(id)).unwrap_or_default()
}
