//! CIFAR's binary format: records of a label (CIFAR-100: a coarse and a fine one) and 3 072 bytes, 32×32 red, then green,
//! then blue.

use std::path::PathBuf;

use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::{Problem, Wanted};
use crate::config::Real;

const PIXELS: usize = 3 * 32 * 32;
/// Bytes of labels before the pixels of CIFAR-10 and CIFAR-100.
const LABEL_BYTES: [usize; 2] = [1, 2];
/// CIFAR-100's coarse classes.
const COARSE: usize = 20;

/// Whether a file of this size may hold whole records.
pub(super) fn fits(size: u64) -> bool {
    LABEL_BYTES.iter().any(|labels| size.is_multiple_of((PIXELS + labels) as u64))
}

/// Reads all records of all files, in their order.
pub(super) fn read<T: Real>(files: &[PathBuf], wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    let mut bytes = Vec::new();
    for file in files {
        let part = std::fs::read(file).map_err(|err| Problem::Unreadable { reason: err.to_string() })?;
        if !fits(part.len() as u64) {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return Err(Problem::Broken {
                found: format!("{name} has {} bytes, so it is truncated or no CIFAR file", part.len()),
                expected: format!("records of {} (CIFAR-10) or {} bytes (CIFAR-100)", PIXELS + 1, PIXELS + 2),
            });
        }
        bytes.extend(part);
    }
    let labels = label_bytes(&bytes);
    let records = bytes.chunks_exact(PIXELS + labels);
    let mut notes = Vec::new();
    // CIFAR-100's first label is the coarse one.
    let label = match (labels, wanted.outputs) {
        (2, COARSE) => {
            notes.push("the model has 20 outputs, so CIFAR-100's coarse labels are taken".to_owned());
            0
        }
        (2, _) => 1,
        _ => 0,
    };
    Ok(Raw {
        y: RawLabels::Whole(records.clone().map(|record| i64::from(record[label])).collect()),
        x: records.flat_map(|record| &record[labels..]).map(|&pixel| T::of(f64::from(pixel) / 255.0)).collect(),
        shape: vec![3, 32, 32],
        fit: Fit::Product,
        format: if labels == 1 { "CIFAR-10 binary" } else { "CIFAR-100 binary" }.to_owned(),
        class_names: Vec::new(),
        notes,
        place: Place::Row,
        names: Names::default(),
    })
}

/// Bytes of labels of one record. Where both sizes divide the file, labels of CIFAR-10 must all be below 10.
fn label_bytes(bytes: &[u8]) -> usize {
    let divides = |labels: usize| bytes.len().is_multiple_of(PIXELS + labels);
    let is_ten = divides(1) && (!divides(2) || bytes.chunks_exact(PIXELS + 1).all(|record| record[0] < 10));
    if is_ten { 1 } else { 2 }
}
