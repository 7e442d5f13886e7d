//! PyTorch's checkpoints, the zip archive of today and the pickles before it, by a reader that runs nothing of what they ask.
//!
//! Before that reader sees a file, its pickle is walked over and packed tensors are looked at, so that neither takes more
//! memory than is allowed. Objects that only running code could make are left out and named, unless tensors are in them.

mod contents;
mod walk;

use std::collections::HashMap;
use std::fs;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use pytorch_reader::{DType, PickleError, PytorchError, PytorchReader, Tensor};
use zip::{CompressionMethod, ZipArchive};

use super::{Array, Info, NumberType, allow, one_line};
use contents::Contents;
use walk::walk;

/// What every pickle of `torch.save` before the archives begins with, within its first bytes.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const MAGIC_WITHIN: usize = 32;
/// Pickles of such a file: the magic number, the version, the machine, what was saved, and the order of its storages.
const LEGACY_PICKLES: usize = 5;
/// Names of objects that a note has at most.
const MOST_NAMED: usize = 3;

/// A checkpoint, its tensors not yet read.
#[derive(Debug)]
pub(super) struct File {
    tensors: HashMap<String, Tensor>,
    /// Keys of the saved dictionary that have dictionaries with tensors behind them.
    pub(super) keys: Vec<String>,
    /// What was left out.
    pub(super) notes: Vec<String>,
}

/// Whether a file that begins so is a pickle of `torch.save`.
pub(super) fn is_legacy(start: &[u8]) -> bool {
    start.first() == Some(&0x80) && start.windows(LEGACY_MAGIC.len()).take(MAGIC_WITHIN).any(|of| of == LEGACY_MAGIC)
}

/// Whether an archive is one of PyTorch, of whatever kind.
pub(super) fn is_archive<R: Read + Seek>(archive: &ZipArchive<R>) -> bool {
    archive.file_names().any(|name| name.ends_with("data.pkl") || name.ends_with("archive_format"))
}

impl File {
    /// Opens an archive of `torch.save`.
    pub(super) fn archive(path: &Path, archive: ZipArchive<BufReader<fs::File>>) -> Result<Self, String> {
        check_archive(archive)?;
        Self::open(path)
    }

    /// Opens a file of pickles.
    pub(super) fn legacy(path: &Path, mut reader: BufReader<fs::File>) -> Result<Self, String> {
        let mut needed = 0;
        reader.seek(SeekFrom::Start(0)).map_err(|err| one_line(&err.to_string()))?;
        (0..LEGACY_PICKLES).try_for_each(|_| walk(&mut reader, &mut needed)).map_err(broken)?;
        Self::open(path)
    }

    fn open(path: &Path) -> Result<Self, String> {
        let tensors = PytorchReader::new(path).map_err(|err| refusal(&err))?.into_tensors();
        // The reader's tensors have their paths in one word; what was saved tells where its dictionaries end.
        let saved = PytorchReader::read_pickle_data(path, None).map_err(|err| refusal(&err))?;
        let contents = Contents::of(saved)?;
        if contents.num_tensors == 0 {
            return Err("found no tensors in it, expected a state dict, or a dictionary with one".to_owned());
        }
        let notes = left_out(&contents.objects).into_iter().collect();
        Ok(Self { tensors, keys: contents.keys, notes })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    pub(super) fn info(&self, name: &str) -> Option<Info> {
        let tensor = self.tensors.get(name)?;
        Some(Info { shape: tensor.shape().to_vec(), number: number(tensor.dtype()) })
    }

    pub(super) fn array(&self, name: &str) -> Result<Option<Array<'static>>, String> {
        let Some(tensor) = self.tensors.get(name) else { return Ok(None) };
        let (shape, number) = (tensor.shape().to_vec(), number(tensor.dtype()));
        let name = one_line(name);
        allow(&format!("`{name}` {shape:?}"), tensor.byte_len() as u64)?;
        let mut bytes = tensor.read().map_err(|err| {
            format!("`{name}` is truncated or broken ({}), expected its numbers", one_line(&err.to_string()))
        })?;
        // The reader gives them as the machine has them.
        if cfg!(target_endian = "big") {
            bytes.chunks_exact_mut(number.size()).for_each(<[u8]>::reverse);
        }
        Ok(Some(Array::new(shape, number, bytes)))
    }
}

/// Holds an archive to be one of `torch.save` whose pickle and packed tensors may be read.
fn check_archive(mut archive: ZipArchive<BufReader<fs::File>>) -> Result<(), String> {
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|err| broken(one_line(&err.to_string())))?;
        let name = String::from_utf8_lossy(file.name_raw()).into_owned();
        // torch.save packs nothing, so that no tensor can have more bytes than its file.
        if file.compression() != CompressionMethod::Stored || name.ends_with("data.pkl") {
            allow(&format!("`{}`", one_line(&name)), file.size())?;
        }
        names.push(name);
    }
    let has = |ending: &str| names.iter().any(|name| name.ends_with(ending));
    if has("constants.pkl") || names.iter().any(|name| name.starts_with("code/") || name.contains("/code/")) {
        return Err("it is a TorchScript archive, which holds a program, expected its weights alone: in Python, \
                    `torch.save(torch.jit.load(FILE).state_dict(), \"w.pt\")`"
            .to_owned());
    }
    if has("archive_format") {
        return Err("it is a program of torch.export, expected its weights alone: in Python, \
                    `torch.save(torch.export.load(FILE).state_dict, \"w.pt\")`"
            .to_owned());
    }
    for (index, _) in names.iter().enumerate().filter(|(_, name)| name.ends_with("data.pkl")) {
        let file = archive.by_index(index).map_err(|err| broken(one_line(&err.to_string())))?;
        walk(&mut BufReader::new(file), &mut 0).map_err(broken)?;
    }
    Ok(())
}

fn broken(reason: String) -> String {
    // Sentences on memory stand for themselves.
    if reason.contains("--max-memory") {
        return reason;
    }
    format!("it is truncated or broken ({reason}), expected a file of torch.save")
}

/// Why a checkpoint cannot be read, with the way out.
fn refusal(err: &PytorchError) -> String {
    const NO_DICTIONARY: &str =
        "invalid PyTorch file format: Expected a dictionary at the root of the PyTorch file, found ";
    let PytorchError::Pickle(PickleError::UnsupportedType(name)) = err else {
        let reason = err.to_string();
        return match reason.strip_prefix(NO_DICTIONARY) {
            Some(kind) => {
                format!("it holds a Python `{}`, expected a state dict, or a dictionary with one", one_line(kind))
            }
            None => broken(one_line(&reason)),
        };
    };
    let name = one_line(name);
    let plain = "expected tensors of F32, F64, F16 or BF16";
    if let Some(kind) = name.strip_prefix("torch._utils.") {
        let what = ["sparse", "qtensor", "nested"].into_iter().find(|what| kind.contains(what));
        let way = match what {
            Some("sparse") => ": save `w.to_dense()`",
            Some("qtensor") => ": save `w.dequantize()`",
            Some("nested") => ": save `w.to_padded_tensor(0)`",
            _ => "",
        };
        return format!("it holds tensors of another kind (`{name}`), {plain}{way}");
    }
    if let Some(kind) = name.strip_prefix("torch.").filter(|kind| !kind.contains('.')) {
        let way = if kind.starts_with("float") { ": save `w.float()`" } else { "" };
        return format!("it holds tensors of the type `{kind}`, {plain}{way}");
    }
    format!(
        "its tensors stand in an object that only running `{name}` could make, which is never done, expected a state dict: in \
         Python, `torch.save(model.state_dict(), \"w.pt\")`"
    )
}

/// A note on what was not made.
fn left_out(objects: &[String]) -> Option<String> {
    let named: Vec<String> = objects.iter().take(MOST_NAMED).map(|name| format!("`{}`", one_line(name))).collect();
    let more = match objects.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty())
        .then(|| format!("what only running {}{more} could make is left out: nothing of it is run", named.join(", ")))
}

const fn number(dtype: DType) -> NumberType {
    match dtype {
        DType::F64 => NumberType::F64,
        DType::F32 => NumberType::F32,
        DType::F16 => NumberType::F16,
        DType::BF16 => NumberType::Bf16,
        DType::I64 => NumberType::I64,
        DType::I32 => NumberType::I32,
        DType::I16 => NumberType::I16,
        DType::I8 => NumberType::I8,
        DType::U64 => NumberType::U64,
        DType::U32 => NumberType::U32,
        DType::U16 => NumberType::U16,
        DType::U8 => NumberType::U8,
        DType::Bool => NumberType::Bool,
    }
}
