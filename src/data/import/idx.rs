//! IDX, MNIST's format: two zero bytes, the type, the number of dimensions, each side in 32 bits big-endian, then bytes.
//!
//! Images and labels are two files whose names differ in `images-idx3` and `labels-idx1`; either leads to the other.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::Problem;
use super::check::{Fit, Names, Place, Raw, RawLabels};
use crate::config::Real;

const UNSIGNED_BYTE: u8 = 0x08;

/// Sides and bytes of one file.
struct Idx {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Reads images and labels; `path` is either file.
pub(super) fn read<T: Real>(path: &Path) -> Result<Raw<T>, Problem> {
    let given = load(path)?;
    let sibling = sibling(path, given.shape.len() == 1)?;
    let other = load(&sibling)?;
    let (images, labels) = if given.shape.len() == 1 { (other, given) } else { (given, other) };
    if labels.shape.len() != 1 || images.shape.len() < 2 {
        return Err(Problem::Broken {
            found: format!("files of {:?} and {:?} bytes", images.shape, labels.shape),
            expected: "images [N, height, width] and labels [N]".to_owned(),
        });
    }
    if images.shape[0] != labels.shape[0] {
        return Err(Problem::Broken {
            found: format!("{} images and {} labels in {}", images.shape[0], labels.shape[0], sibling.display()),
            expected: "as many labels as images".to_owned(),
        });
    }
    let mut shape = images.shape[1..].to_vec();
    if shape.len() == 2 {
        shape.insert(0, 1);
    }
    Ok(Raw {
        x: images.bytes.iter().map(|&pixel| T::of(f64::from(pixel) / 255.0)).collect(),
        shape,
        fit: Fit::Product,
        y: RawLabels::Whole(labels.bytes.iter().map(|&label| i64::from(label)).collect()),
        format: "IDX".to_owned(),
        class_names: Vec::new(),
        notes: vec![format!("images and labels come from {} and {}", name(path), name(&sibling))],
        place: Place::Row,
        names: Names::default(),
    })
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The file with the labels to these images, or the other way round.
fn sibling(path: &Path, is_labels: bool) -> Result<PathBuf, Problem> {
    let given = name(path);
    let other = if is_labels {
        given.replace("labels", "images").replace("idx1", "idx3")
    } else {
        given.replace("images", "labels").replace("idx3", "idx1")
    };
    let plain = other.strip_suffix(".gz").unwrap_or(&other);
    let candidates = [other.clone(), plain.to_owned(), format!("{plain}.gz")];
    let what = if is_labels { "images" } else { "labels" };
    if other == given {
        return Err(Problem::Broken {
            found: format!("a name that does not say where its {what} are"),
            expected: "names such as train-images-idx3-ubyte and train-labels-idx1-ubyte".to_owned(),
        });
    }
    candidates.iter().map(|name| path.with_file_name(name)).find(|path| path.is_file()).ok_or_else(|| Problem::Broken {
        found: format!("no {what} beside it"),
        expected: format!("the file {plain} or {plain}.gz in the same folder"),
    })
}

fn load(path: &Path) -> Result<Idx, Problem> {
    let unreadable = |err: io::Error| Problem::Unreadable { reason: format!("{err}: {}", name(path)) };
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(2).read_to_end(&mut start)).map_err(unreadable)?;
    let file = File::open(path).map_err(unreadable)?;
    if start == [0x1f, 0x8b] { parse(MultiGzDecoder::new(file), path) } else { parse(file, path) }
}

fn parse(mut from: impl Read, path: &Path) -> Result<Idx, Problem> {
    let truncated = |err: &io::Error| {
        let is_short = err.kind() == io::ErrorKind::UnexpectedEof;
        let reason = if is_short { String::new() } else { format!(" ({err})") };
        let found = format!("{} is truncated{reason}", name(path));
        Problem::Broken { found, expected: "a whole IDX file".to_owned() }
    };
    let mut magic = [0; 4];
    from.read_exact(&mut magic).map_err(|err| truncated(&err))?;
    let [0, 0, kind, sides @ 1..=4] = magic else {
        return Err(Problem::Broken {
            found: format!("{} begins with {magic:?}", name(path)),
            expected: "an IDX file, which begins with 0, 0, its type and its number of dimensions".to_owned(),
        });
    };
    if kind != UNSIGNED_BYTE {
        return Err(Problem::Broken {
            found: format!("{} holds numbers of type {kind:#04x}", name(path)),
            expected: "0x08, unsigned bytes".to_owned(),
        });
    }
    let mut shape = Vec::new();
    for _ in 0..sides {
        let mut side = [0; 4];
        from.read_exact(&mut side).map_err(|err| truncated(&err))?;
        shape.push(u32::from_be_bytes(side) as usize);
    }
    let Some(expected) = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side)) else {
        return Err(truncated(&io::Error::other(format!("its sides {shape:?} are too large"))));
    };
    let mut bytes = Vec::new();
    from.take((expected as u64).saturating_add(1)).read_to_end(&mut bytes).map_err(|err| truncated(&err))?;
    if bytes.len() != expected {
        let word = if bytes.len() < expected { "is truncated: it" } else { "is too long: it" };
        return Err(Problem::Broken {
            found: format!("{} {word} has {} bytes of data", name(path), bytes.len()),
            expected: format!("{expected} for its sides {shape:?}"),
        });
    }
    Ok(Idx { shape, bytes })
}
