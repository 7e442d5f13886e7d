//! safetensors: a JSON header with types, shapes and places, then the numbers, little-endian and row-major.

use std::borrow::Cow;

use safetensors::tensor::{Metadata, TensorView};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::{Array, NumberType};

/// Where the tensors begin: eight bytes of header length, then the header.
const LENGTH_BYTES: usize = 8;

#[derive(Debug)]
pub(super) struct File {
    bytes: Vec<u8>,
    metadata: Metadata,
    start: usize,
}

impl File {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|err| problem(&err, bytes.len()))?;
        Ok(Self { start: LENGTH_BYTES + header, metadata, bytes })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    pub(super) fn array(&self, name: &str) -> Option<Array<'_>> {
        let info = self.metadata.info(name)?;
        let (start, end) = info.data_offsets;
        let bytes = &self.bytes[self.start + start..self.start + end];
        Some(Array { shape: info.shape.clone(), number: number(info.dtype), bytes: Cow::Borrowed(bytes) })
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
        _ => NumberType::Other,
    }
}

fn problem(err: &SafeTensorError, length: usize) -> String {
    match err {
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            format!("it is truncated: it has {length} bytes, expected more, a whole safetensors header")
        }
        SafeTensorError::MetadataIncompleteBuffer => format!(
            "it is truncated or has bytes at its end that belong to no tensor: it has {length} bytes, expected as many \
             as its safetensors header says"
        ),
        other => format!("its safetensors header is broken ({other}), expected names, types, shapes and places"),
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
