//! safetensors: a JSON header with types, shapes and places, then the numbers, little-endian and row-major.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorView};

use super::{Array, Foreign, Info, NumberType, allow, one_line, read_exactly};

/// Where the tensors begin: eight bytes of header length, then the header.
const LENGTH_BYTES: u64 = 8;
/// Bytes of a header at most, as the format has it.
const MOST_HEADER: u64 = 100_000_000;

#[derive(Debug)]
pub(super) struct File<R> {
    reader: R,
    metadata: Metadata,
    start: u64,
}

impl<R: Read + Seek> File<R> {
    /// Reads the header; offsets and shapes are held against each other and against the file's length.
    pub(super) fn new(mut reader: R, length: u64) -> Result<Self, String> {
        let cut = || format!("it is truncated: it has {length} bytes, expected more, a whole safetensors header");
        let broken = |reason: String| {
            format!("its safetensors header is broken ({reason}), expected names, types, shapes and places")
        };
        let failed = |err: std::io::Error| broken(one_line(&err.to_string()));
        let mut size = [0; LENGTH_BYTES as usize];
        if length < LENGTH_BYTES {
            return Err(cut());
        }
        reader.seek(SeekFrom::Start(0)).and_then(|_| reader.read_exact(&mut size)).map_err(failed)?;
        let size = u64::from_le_bytes(size);
        if size > MOST_HEADER {
            return Err(broken(format!("it says it has {size} bytes, more than {MOST_HEADER}")));
        }
        let start = LENGTH_BYTES + size;
        if start > length {
            return Err(cut());
        }
        // Names, shapes and places take more in memory than as text.
        allow("the safetensors header", size.saturating_mul(8))?;
        let header = read_exactly(&mut reader, size as usize)?;
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|err| broken(one_line(&err.to_string())))?;
        if start.checked_add(metadata.data_len() as u64) != Some(length) {
            return Err(format!(
                "it is truncated or has bytes at its end that belong to no tensor: it has {length} bytes, expected as many \
                 as its safetensors header says"
            ));
        }
        Ok(Self { reader, metadata, start })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// Names that were left out where several are one tensor, each with the one that was kept: `safetensors.torch.save_model`
    /// writes them beside the tensors.
    pub(super) fn shared(&self) -> BTreeMap<String, String> {
        let is_tensor = |name: &str| self.metadata.info(name).is_some();
        let all = self.metadata.metadata().iter().flatten();
        let shared = all.filter(|(removed, kept)| !is_tensor(removed) && is_tensor(kept));
        shared.map(|(removed, kept)| (removed.clone(), kept.clone())).collect()
    }

    pub(super) fn info(&self, name: &str) -> Option<Info> {
        let info = self.metadata.info(name)?;
        Some(Info { shape: info.shape.clone(), number: number(info.dtype) })
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Array<'static>>, String> {
        let Some(info) = self.metadata.info(name) else { return Ok(None) };
        let ((start, end), shape, number) = (info.data_offsets, info.shape.clone(), number(info.dtype));
        if number.size() == 0 {
            return Ok(Some(Array::new(shape, number, Vec::new())));
        }
        allow(&format!("`{}` {shape:?}", one_line(name)), (end - start) as u64)?;
        let bytes = self.reader.seek(SeekFrom::Start(self.start + start as u64)).map_err(|err| err.to_string());
        let bytes = bytes.and_then(|_| read_exactly(&mut self.reader, end - start));
        let bytes =
            bytes.map_err(|err| format!("`{}` cannot be read ({err}), expected its numbers", one_line(name)))?;
        if bytes.len() < end - start {
            return Err(format!("`{}` is truncated, expected {} bytes", one_line(name), end - start));
        }
        Ok(Some(Array::new(shape, number, bytes)))
    }
}

fn number(dtype: Dtype) -> NumberType {
    match dtype {
        Dtype::F64 => NumberType::F64,
        Dtype::F32 => NumberType::F32,
        Dtype::F16 => NumberType::F16,
        Dtype::BF16 => NumberType::Bf16,
        Dtype::I64 => NumberType::I64,
        Dtype::I32 => NumberType::I32,
        Dtype::I16 => NumberType::I16,
        Dtype::I8 => NumberType::I8,
        Dtype::U64 => NumberType::U64,
        Dtype::U32 => NumberType::U32,
        Dtype::U16 => NumberType::U16,
        Dtype::U8 => NumberType::U8,
        Dtype::BOOL => NumberType::Bool,
        Dtype::C64 => NumberType::Other(Foreign::Complex),
        Dtype::F8_E4M3 => NumberType::Other(Foreign::Eight { name: "F8_E4M3" }),
        Dtype::F8_E5M2 => NumberType::Other(Foreign::Eight { name: "F8_E5M2" }),
        Dtype::F8_E8M0 => NumberType::Other(Foreign::Eight { name: "F8_E8M0" }),
        Dtype::F8_E4M3FNUZ => NumberType::Other(Foreign::Eight { name: "F8_E4M3FNUZ" }),
        Dtype::F8_E5M2FNUZ => NumberType::Other(Foreign::Eight { name: "F8_E5M2FNUZ" }),
        _ => NumberType::Other(Foreign::Short),
    }
}

/// A safetensors file of `F32` tensors: name, shape and row-major numbers of each.
///
/// # Panics
/// When a shape has another number of elements than its numbers.
#[must_use]
pub fn write_safetensors<'a>(tensors: impl IntoIterator<Item = (&'a str, Vec<usize>, &'a [f32])>) -> Vec<u8> {
    let tensors: Vec<(&str, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| (name, shape, values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("the shape is that of the numbers");
        (*name, view)
    });
    safetensors::serialize(views, None).expect("views that were made can be written to memory")
}
