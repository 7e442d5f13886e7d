//! A part of a data set as a file that PyTorch and NumPy read: `x` and `y` as NPZ or safetensors.
//!
//! | examples | `x` | `y` |
//! |---|---|---|
//! | numbers or images with classes | f32 `[N, …shape]` | i64 `[N]` |
//! | numbers or images with values | f32 `[N, …shape]` | f32 `[N, outputs]` |
//! | text with a target for each token | i64 `[N, T]`, −1 for padding | i64 `[N, T]`, −100 where none counts |
//! | text with a class | i64 `[N, T]` | i64 `[N]` |
//! | images with their texts | `image` f32 `[N, C, H, W]` | `text` i64 `[N, T]` |

use std::io::{self, Cursor};

use npyz::npz::file_name_from_array_name;
use npyz::{AutoSerialize, WriteOptions, WriterBuilder as _};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::tokens::TextFacts;
use super::{Dataset, Labels};

/// The kinds of files that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// An archive of NumPy arrays.
    Npz,
    /// Tensors of Hugging Face's format.
    Safetensors,
}

impl FileKind {
    /// All, the usual one first.
    pub const ALL: [Self; 2] = [Self::Npz, Self::Safetensors];

    /// Its name, and the ending of its files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Npz => "npz",
            Self::Safetensors => "safetensors",
        }
    }
}

/// One array of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Its name.
    pub name: &'static str,
    /// Its shape, the examples first.
    pub shape: Vec<usize>,
    /// Its numbers, row by row.
    pub numbers: Numbers,
}

/// Numbers of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Of 32 bits.
    Floats(Vec<f32>),
    /// Whole ones of 64 bits.
    Whole(Vec<i64>),
}

impl Written {
    /// Name, shape and type, such as "x 500×1×16×16 f32".
    #[must_use]
    pub fn words(&self) -> String {
        let sides: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let kind = if matches!(self.numbers, Numbers::Floats(_)) { "f32" } else { "i64" };
        format!("{} {} {kind}", self.name, sides.join("×"))
    }
}

/// The arrays of some examples, which are text where that is said.
#[must_use]
pub fn written(data: &Dataset, text: Option<&TextFacts>) -> Vec<Written> {
    let n = data.len();
    let floats = |values: &[f32]| Numbers::Floats(values.to_vec());
    let whole = |values: &mut dyn Iterator<Item = i64>| Numbers::Whole(values.collect());
    let array = |name, rest: &[usize], numbers| Written { name, shape: [&[n], rest].concat(), numbers };
    let tokens = |name, text: &TextFacts| {
        let mut rows = (0..n).flat_map(|i| text.tokens_of(data.example(i))).map(|&token| token as i64);
        array(name, &[text.tokens], whole(&mut rows))
    };
    let x = match text {
        Some(text) if !text.image.is_empty() => {
            let image: Vec<f32> = (0..n).flat_map(|i| text.read(data.example(i)).0).copied().collect();
            return vec![array("image", &text.image, Numbers::Floats(image)), tokens("text", text)];
        }
        Some(text) => tokens("x", text),
        None => array("x", &data.shape, floats(&data.x)),
    };
    let y = match &data.y {
        Labels::Classes { of, .. } => array("y", &[], whole(&mut of.iter().map(|&class| i64::from(class)))),
        Labels::Values { of, outputs } => array("y", &[*outputs], floats(of)),
        Labels::Tokens { of, tokens, .. } => array("y", &[*tokens], whole(&mut of.iter().map(|&one| i64::from(one)))),
        Labels::Pairs { .. } => return vec![x],
    };
    vec![x, y]
}

/// The bytes of a file with these arrays.
///
/// # Errors
/// What the writer of archives says; memory is all that it needs.
pub fn file(arrays: &[Written], kind: FileKind) -> io::Result<Vec<u8>> {
    match kind {
        FileKind::Npz => npz(arrays),
        FileKind::Safetensors => {
            let bytes = |array: &Written| -> Vec<u8> {
                match &array.numbers {
                    Numbers::Floats(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                    Numbers::Whole(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                }
            };
            let bytes: Vec<Vec<u8>> = arrays.iter().map(bytes).collect();
            let views = arrays.iter().zip(&bytes).map(|(array, bytes)| {
                let dtype = if matches!(array.numbers, Numbers::Floats(_)) { Dtype::F32 } else { Dtype::I64 };
                let view = TensorView::new(dtype, array.shape.clone(), bytes).map_err(io::Error::other)?;
                Ok((array.name, view))
            });
            let views = views.collect::<io::Result<Vec<_>>>()?;
            safetensors::serialize(views, None).map_err(io::Error::other)
        }
    }
}

fn npz(arrays: &[Written]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for Written { name, shape, numbers } in arrays {
        let shape: Vec<u64> = shape.iter().map(|&side| side as u64).collect();
        // Deflated, as NumPy's `savez_compressed` does.
        let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(file_name_from_array_name(name), deflated).map_err(io::Error::other)?;
        match numbers {
            Numbers::Floats(values) => put(&mut archive, &shape, values)?,
            Numbers::Whole(values) => put(&mut archive, &shape, values)?,
        }
    }
    Ok(archive.finish().map_err(io::Error::other)?.into_inner())
}

fn put<T: AutoSerialize + Copy>(to: &mut impl io::Write, shape: &[u64], values: &[T]) -> io::Result<()> {
    let mut writer = WriteOptions::new().default_dtype().shape(shape).writer(to).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::tests::{config, loaded};
    use super::super::{Text, Tokenizer, Wanted, import};
    use super::*;
    use crate::config::{DataSource, LossKind};

    fn save(dir: &Path, arrays: &[Written], kind: FileKind) -> std::path::PathBuf {
        let path = dir.join("d").with_extension(kind.key());
        std::fs::write(&path, file(arrays, kind).unwrap()).unwrap();
        path
    }

    #[test]
    fn what_is_written_is_read_again_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        for source in DataSource::ALL {
            let split = loaded(&config(source));
            for kind in FileKind::ALL {
                let path = save(dir.path(), &written(&split.test, split.text.as_ref()), kind);
                let text = split.text.as_ref().map(|text| Text {
                    tokens: text.tokens,
                    vocabulary: text.vocabulary,
                    image: &text.image,
                });
                let loss = match (&split.test.y, text) {
                    (Labels::Pairs { .. }, _) => LossKind::Contrastive,
                    (_, Some(_)) => LossKind::TokenCrossEntropy,
                    (Labels::Values { .. }, _) => LossKind::Mse,
                    _ => LossKind::CrossEntropy,
                };
                let outputs = if loss == LossKind::Mse { 1 } else { split.test.num_classes() };
                let read = import(&path, &Wanted { input: &split.test.shape, outputs, loss, text });
                let read = read.unwrap_or_else(|err| panic!("{source:?} {kind:?}: {err}")).data;
                assert_eq!((&read.x, &read.shape), (&split.test.x, &split.test.shape), "{source:?} {kind:?}");
                assert_eq!(read.y, split.test.y, "{source:?} {kind:?}");
            }
        }
    }

    #[test]
    fn images_with_texts_are_two_arrays() {
        let tokenizer = Arc::new(Tokenizer::Bytes);
        let text = TextFacts { tokens: 2, vocabulary: 256, image: vec![1, 1, 2], tokenizer, signs: None };
        let x = vec![0.5, 0.25, 72.0, -1.0, 0.0, 1.0, 33.0, 34.0];
        let data = Dataset { x, shape: vec![4], y: Labels::Pairs { count: 2 } };
        let arrays = written(&data, Some(&text));
        let words: Vec<String> = arrays.iter().map(Written::words).collect();
        assert_eq!(words, ["image 2×1×1×2 f32", "text 2×2 i64"]);
        assert_eq!(arrays[0].numbers, Numbers::Floats(vec![0.5, 0.25, 0.0, 1.0]));
        assert_eq!(arrays[1].numbers, Numbers::Whole(vec![72, -1, 33, 34]));
    }
}
