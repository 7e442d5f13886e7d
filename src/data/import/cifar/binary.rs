//! The binary version: records of a label (CIFAR-100: a coarse and a fine one) and the pixels.

use std::path::PathBuf;

use super::super::tree::{Tree, name};
use super::super::{Problem, Wanted};
use super::{PIXELS, Records, takes_coarse};

/// Bytes of labels before the pixels of CIFAR-10 and CIFAR-100.
const LABEL_BYTES: [usize; 2] = [1, 2];

/// Whether a file of this size may hold whole records.
pub(in super::super) fn fits(size: u64) -> bool {
    LABEL_BYTES.iter().any(|labels| size.is_multiple_of((PIXELS + labels) as u64))
}

pub(super) fn read(tree: &Tree, batches: &[PathBuf], wanted: &Wanted<'_>) -> Result<Records, Problem> {
    let mut bytes = Vec::new();
    for batch in batches {
        let part = tree.read(batch)?;
        if !fits(part.len() as u64) {
            return Err(Problem::Broken {
                found: format!("{} has {} bytes, so it is truncated or no CIFAR file", name(batch), part.len()),
                expected: format!("records of {} (CIFAR-10) or {} bytes (CIFAR-100)", PIXELS + 1, PIXELS + 2),
            });
        }
        bytes.extend_from_slice(&part);
    }
    let labels = label_bytes(&bytes);
    let is_hundred = labels == 2;
    let are_coarse = is_hundred && takes_coarse(wanted);
    // CIFAR-100's first label is the coarse one.
    let label = usize::from(is_hundred && !are_coarse);
    let records = bytes.chunks_exact(PIXELS + labels);
    Ok(Records {
        is_hundred,
        are_coarse,
        labels: records.clone().map(|record| i64::from(record[label])).collect(),
        pixels: records.flat_map(|record| &record[labels..]).copied().collect(),
        notes: Vec::new(),
    })
}

/// Bytes of labels of one record. Where both sizes divide the file, labels of CIFAR-10 must all be below 10.
fn label_bytes(bytes: &[u8]) -> usize {
    let divides = |labels: usize| bytes.len().is_multiple_of(PIXELS + labels);
    let is_ten = divides(1) && (!divides(2) || bytes.chunks_exact(PIXELS + 1).all(|record| record[0] < 10));
    if is_ten { 1 } else { 2 }
}

/// The names of classes, one a line.
pub(super) fn class_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
