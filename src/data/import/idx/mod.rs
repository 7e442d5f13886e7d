//! IDX, MNIST's format: two zero bytes, the type, the number of dimensions, each side in 32 bits big-endian, then the numbers,
//! big-endian as well.
//!
//! Bytes of images are divided by 255; numbers of other types are taken as they are. Everything that a header says is checked
//! against the other file, the model, the length of the file and the limit of memory before any of it is read.

mod files;

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::tree::{Tree, name};
use super::{Problem, Wanted};
use crate::config::Real;
use crate::data::limit;

pub(super) use files::{Files, is_idx_name};

/// The types of numbers, by their code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Unsigned8,
    Signed8,
    Signed16,
    Signed32,
    Float32,
    Float64,
}

/// A file whose header is read.
struct Idx<'a> {
    name: String,
    number: Number,
    shape: Vec<usize>,
    /// The numbers' bytes, still compressed perhaps.
    rest: Box<dyn Read + 'a>,
    /// How many there are; unknown where the file is compressed.
    length: Option<usize>,
}

/// Reads the images and labels of which `file` is one.
pub(super) fn read_file<T: Real>(tree: &mut Tree, file: &Path, wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    let is_labels = header(file, &tree.read(file)?)?.shape.len() == 1;
    let files = Files::beside(tree, file, is_labels)?;
    read(tree, &files, wanted)
}

/// Reads images with their labels.
pub(super) fn read<T: Real>(tree: &mut Tree, files: &Files, wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    let label_file = files.labels.clone()?;
    tree.load(&[files.images.clone(), label_file.clone()])?;
    let (image_bytes, label_bytes) = (tree.read(&files.images)?, tree.read(&label_file)?);
    let images = header(&files.images, &image_bytes)?;
    let labels = header(&label_file, &label_bytes)?;
    let image_name = images.name.clone();
    let mut notes = vec![format!("images and labels come from {image_name} and {}", labels.name)];
    notes.extend(files.notes.iter().cloned());
    let is_qmnist = labels.shape.len() == 2 && labels.name.to_lowercase().contains("qmnist");
    if is_qmnist {
        notes.push(format!("QMNIST's labels have {} columns; the first one, the class, is taken", labels.shape[1]));
    }
    if !(labels.shape.len() == 1 || is_qmnist) || images.shape.len() < 2 {
        return Err(Problem::Broken {
            found: format!("files of {:?} and {:?} numbers", images.shape, labels.shape),
            expected: "images [N, height, width] and labels [N]".to_owned(),
        });
    }
    if images.shape[0] != labels.shape[0] {
        return Err(Problem::Broken {
            found: format!("{} images and {} labels in {}", images.shape[0], labels.shape[0], tree.shown(&label_file)),
            expected: "as many labels as images".to_owned(),
        });
    }
    let shape = example_shape(&images.shape, wanted)?;
    images.allow(size_of::<T>())?;
    if images.number != Number::Unsigned8 {
        notes.push(format!("{image_name} holds {}, which are taken as they are", images.number.words()));
    }
    if image_name.to_lowercase().contains("emnist") {
        notes.push("EMNIST's images are stored transposed and are taken as stored, as torchvision does".to_owned());
    }
    let columns = labels.shape.get(1).copied().unwrap_or(1).max(1);
    let y = whole_or_not(labels.numbers()?.into_iter().step_by(columns).collect());
    Ok(Raw {
        x: images.pixels()?,
        shape,
        fit: Fit::Product,
        y,
        format: "IDX".to_owned(),
        class_names: Vec::new(),
        notes,
        place: Place::Row,
        names: Names::default(),
        text: None,
    })
}

/// The shape of one image, one channel for `[height, width]`, where the model can take it.
fn example_shape(images: &[usize], wanted: &Wanted<'_>) -> Result<Vec<usize>, Problem> {
    let mut shape = images[1..].to_vec();
    if shape.len() == 2 {
        shape.insert(0, 1);
    }
    if !wanted.takes(&shape) {
        return Err(Problem::Shape {
            what: "an example of x has the shape".to_owned(),
            found: format!("{shape:?}"),
            expected: format!("{:?}, the model's input", wanted.input),
        });
    }
    Ok(shape)
}

fn whole_or_not<T: Real>(labels: Vec<f64>) -> RawLabels<T> {
    if labels.iter().all(|label| label.fract() == 0.0 && label.abs() < 9e15) {
        RawLabels::Whole(labels.into_iter().map(|label| label as i64).collect())
    } else {
        RawLabels::Values { of: labels.into_iter().map(T::of).collect(), outputs: 1 }
    }
}

impl Number {
    const fn of(code: u8) -> Option<Self> {
        Some(match code {
            0x08 => Self::Unsigned8,
            0x09 => Self::Signed8,
            0x0b => Self::Signed16,
            0x0c => Self::Signed32,
            0x0d => Self::Float32,
            0x0e => Self::Float64,
            _ => return None,
        })
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Unsigned8 => "unsigned bytes",
            Self::Signed8 => "signed bytes",
            Self::Signed16 => "whole numbers of 16 bits",
            Self::Signed32 => "whole numbers of 32 bits",
            Self::Float32 => "floating-point numbers of 32 bits",
            Self::Float64 => "floating-point numbers of 64 bits",
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::Unsigned8 | Self::Signed8 => 1,
            Self::Signed16 => 2,
            Self::Signed32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// One number of exactly [`Self::size`] bytes.
    fn read(self, bytes: &[u8]) -> f64 {
        fn of<const N: usize>(bytes: &[u8]) -> [u8; N] {
            bytes.try_into().unwrap_or([0; N])
        }
        match self {
            Self::Unsigned8 => f64::from(bytes[0]),
            Self::Signed8 => f64::from(i8::from_be_bytes(of(bytes))),
            Self::Signed16 => f64::from(i16::from_be_bytes(of(bytes))),
            Self::Signed32 => f64::from(i32::from_be_bytes(of(bytes))),
            Self::Float32 => f64::from(f32::from_be_bytes(of(bytes))),
            Self::Float64 => f64::from_be_bytes(of(bytes)),
        }
    }
}

/// Reads the header of a file, compressed or not.
fn header<'a>(file: &Path, bytes: &'a [u8]) -> Result<Idx<'a>, Problem> {
    let name = name(file);
    let is_packed = bytes.starts_with(&[0x1f, 0x8b]);
    let mut rest: Box<dyn Read + 'a> = if is_packed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    let mut magic = [0; 4];
    rest.read_exact(&mut magic).map_err(|err| truncated(&name, &err))?;
    let [0, 0, code, sides @ 1..=4] = magic else {
        return Err(Problem::Broken {
            found: format!("{name} begins with {magic:?}"),
            expected: "an IDX file, which begins with 0, 0, its type and its number of dimensions".to_owned(),
        });
    };
    let number = Number::of(code).ok_or_else(|| Problem::Broken {
        found: format!("{name} holds numbers of type {code:#04x}"),
        expected: "0x08 (unsigned bytes), 0x09, 0x0b, 0x0c (whole numbers), 0x0d or 0x0e (floating-point numbers)"
            .to_owned(),
    })?;
    let mut shape = Vec::new();
    for _ in 0..sides {
        let mut side = [0; 4];
        rest.read_exact(&mut side).map_err(|err| truncated(&name, &err))?;
        shape.push(u32::from_be_bytes(side) as usize);
    }
    let length = (!is_packed).then(|| bytes.len().saturating_sub(4 + 4 * usize::from(sides)));
    Ok(Idx { name, number, shape, rest, length })
}

fn truncated(name: &str, err: &io::Error) -> Problem {
    let is_short = err.kind() == io::ErrorKind::UnexpectedEof;
    let reason = if is_short { String::new() } else { format!(" ({err})") };
    Problem::Broken { found: format!("{name} is truncated{reason}"), expected: "a whole IDX file".to_owned() }
}

impl Idx<'_> {
    /// How many numbers the sides promise, and their bytes.
    fn promised(&self) -> Result<(usize, usize), Problem> {
        let numbers = self.shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let bytes = numbers.and_then(|numbers| Some((numbers, numbers.checked_mul(self.number.size())?)));
        bytes.ok_or_else(|| {
            truncated(&self.name, &io::Error::other(format!("its sides {:?} are too large", self.shape)))
        })
    }

    /// Whether the length of the file and the limit of memory allow what the header promises, each number kept in `each` bytes.
    fn allow(&self, each: usize) -> Result<(), Problem> {
        let (numbers, bytes) = self.promised()?;
        if let Some(length) = self.length.filter(|&length| length != bytes) {
            return Err(self.other_length(length, bytes));
        }
        let needed = (numbers as u64).saturating_mul(each as u64).saturating_add(bytes as u64);
        limit::allow(&self.name, needed).map_err(Problem::TooLarge)
    }

    fn other_length(&self, found: usize, expected: usize) -> Problem {
        let word = if found < expected { "is truncated: it" } else { "is too long: it" };
        Problem::Broken {
            found: format!("{} {word} has {found} bytes of data", self.name),
            expected: format!("{expected} for its sides {:?}", self.shape),
        }
    }

    /// The bytes of its numbers, each of which will be kept in `each` bytes.
    fn bytes(mut self, each: usize) -> Result<(Number, Vec<u8>), Problem> {
        self.allow(each)?;
        let (_, expected) = self.promised()?;
        let mut bytes = Vec::new();
        // One byte beyond what the header promises shows a file that is too long, and no more is ever unpacked.
        let rest = std::mem::replace(&mut self.rest, Box::new(io::empty()));
        let read = rest.take((expected as u64).saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|err| truncated(&self.name, &err))?;
        if bytes.len() != expected {
            return Err(self.other_length(bytes.len(), expected));
        }
        Ok((self.number, bytes))
    }

    fn numbers(self) -> Result<Vec<f64>, Problem> {
        let (number, bytes) = self.bytes(size_of::<f64>())?;
        Ok(bytes.chunks_exact(number.size()).map(|bytes| number.read(bytes)).collect())
    }

    /// The numbers of images: bytes from 0 to 1, others as they are.
    fn pixels<T: Real>(self) -> Result<Vec<T>, Problem> {
        let (number, bytes) = self.bytes(size_of::<T>())?;
        let divisor = if number == Number::Unsigned8 { 255.0 } else { 1.0 };
        Ok(bytes.chunks_exact(number.size()).map(|bytes| T::of(number.read(bytes) / divisor)).collect())
    }
}
