//! NPZ: a zip archive of NumPy's `.npy` files, compressed or not.

use std::borrow::Cow;
use std::io::{Cursor, Read, Seek};

use npyz::npz::array_name_from_file_name;
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::{Array, NumberType, one_line};

pub(super) struct File {
    archive: ZipArchive<Cursor<Vec<u8>>>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("names", &self.names()).finish()
    }
}

impl File {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        let length = bytes.len();
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|err| {
            format!(
                "it is truncated or broken: the zip archive's table at its end cannot be read ({}; {length} bytes), \
                 expected an NPZ file",
                one_line(&err.to_string())
            )
        })?;
        if names(&archive).next().is_none() {
            let is_torch = archive.file_names().any(|name| name.ends_with("data.pkl"));
            let found = if is_torch { "a file of torch.save" } else { "a zip archive without .npy files" };
            return Err(format!("found {found}, expected safetensors (`safetensors.torch.save_file`) or NPZ"));
        }
        Ok(Self { archive })
    }

    pub(super) fn names(&self) -> Vec<String> {
        names(&self.archive).map(str::to_owned).collect()
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Array<'static>>, String> {
        let member = self.archive.file_names().position(|file| array_name_from_file_name(file) == Some(name));
        let Some(member) = member else { return Ok(None) };
        let broken = |err: &dyn std::fmt::Display| {
            // The parser of NumPy's header points at the place over several lines.
            let err = err.to_string();
            let reason = one_line(err.lines().next().unwrap_or_default());
            format!("`{name}` is truncated or broken ({reason}), expected an array in NumPy's format")
        };
        let mut file = self.archive.by_index(member).map_err(|err| match err {
            ZipError::CompressionMethodNotSupported(method) => {
                let packer = CompressionMethod::name_from_u16(method).to_lowercase();
                format!(
                    "`{name}` is packed by zip's method {method} ({packer}), expected stored or deflated, as NumPy's \
                     savez and savez_compressed do"
                )
            }
            err => broken(&err),
        })?;
        let header = NpyHeader::from_reader(&mut file).map_err(|err| broken(&err))?;
        let (number, swap) = number(&header.dtype());
        let shape: Vec<usize> = header.shape().iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
        let elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let expected = elements.and_then(|n| n.checked_mul(number.size()));
        let Some(expected) = expected else {
            return Err(broken(&format!("its shape {shape:?} is too large")));
        };
        // One byte beyond what the header promises shows a file that is too long, and no more is ever unpacked.
        let mut bytes = Vec::new();
        file.take(expected as u64 + 1).read_to_end(&mut bytes).map_err(|err| broken(&err))?;
        if number != NumberType::Other && bytes.len() != expected {
            return Err(broken(&format!("{} bytes for the shape {shape:?}, {expected} needed", bytes.len())));
        }
        if swap {
            bytes.chunks_exact_mut(number.size()).for_each(<[u8]>::reverse);
        }
        let bytes = match header.order() {
            Order::C => bytes,
            Order::Fortran => row_major(&bytes, &shape, number.size()),
        };
        Ok(Some(Array { shape, number, bytes: Cow::Owned(bytes) }))
    }
}

/// The names of an archive's arrays: NumPy's own rule, by which a member `a.npy` is the array `a`.
pub(super) fn names<R: Read + Seek>(archive: &ZipArchive<R>) -> impl Iterator<Item = &str> {
    archive.file_names().filter_map(array_name_from_file_name)
}

/// The type, and whether its bytes stand the other way round.
fn number(dtype: &DType) -> (NumberType, bool) {
    let DType::Plain(text) = dtype else { return (NumberType::Other, false) };
    let number = match (text.type_char(), text.size_field()) {
        (TypeChar::Float, 8) => NumberType::F64,
        (TypeChar::Float, 4) => NumberType::F32,
        (TypeChar::Float, 2) => NumberType::F16,
        (TypeChar::Int, 8) => NumberType::I64,
        (TypeChar::Int, 4) => NumberType::I32,
        (TypeChar::Int, 2) => NumberType::I16,
        (TypeChar::Int, 1) => NumberType::I8,
        (TypeChar::Uint, 8) => NumberType::U64,
        (TypeChar::Uint, 4) => NumberType::U32,
        (TypeChar::Uint, 2) => NumberType::U16,
        (TypeChar::Uint, 1) => NumberType::U8,
        (TypeChar::Bool, _) => NumberType::Bool,
        _ => NumberType::Other,
    };
    (number, text.endianness() == Endianness::Big && number.size() > 1)
}

/// Numbers whose first index runs fastest, in the order in which the last one does.
fn row_major(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut strides = vec![size; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut out = Vec::with_capacity(bytes.len());
    while out.len() < bytes.len() {
        let start: usize = index.iter().zip(&strides).map(|(i, stride)| i * stride).sum();
        out.extend_from_slice(&bytes[start..start + size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use npyz::WriterBuilder as _;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// The bytes of an archive of the numbers 1, 2, 3 as `a`, beside a member that is no array.
    fn archive(method: CompressionMethod) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file("a.npy", options).unwrap();
        let numbers = npyz::WriteOptions::new().default_dtype().shape(&[3]).writer(&mut archive);
        let mut numbers = numbers.begin_nd().unwrap();
        numbers.extend([1.0_f64, 2.0, 3.0]).unwrap();
        numbers.finish().unwrap();
        archive.start_file("notes.txt", options).unwrap();
        archive.write_all(b"no array").unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn stored_and_deflated_members_are_read_and_others_are_named() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let mut file = File::new(archive(method)).unwrap();
            assert_eq!(file.names(), ["a"]);
            let array = file.array("a").unwrap().unwrap();
            assert_eq!((array.shape.as_slice(), array.to_f64()), (&[3][..], Some(vec![1.0, 2.0, 3.0])), "{method}");
            assert!(file.array("notes.txt").unwrap().is_none() && file.array("a.npy").unwrap().is_none());
        }
        for (method, words) in [(12, "method 12 (bzip2)"), (93, "method 93 (zstd)"), (77, "method 77 (unknown)")] {
            let mut bytes = archive(CompressionMethod::Stored);
            // The method stands in the header of each member, and again in the table at the end.
            for at in 0..bytes.len() - 12 {
                match bytes[at..at + 4] {
                    [b'P', b'K', 3, 4] => bytes[at + 8] = method,
                    [b'P', b'K', 1, 2] => bytes[at + 10] = method,
                    _ => {}
                }
            }
            let message = File::new(bytes).unwrap().array("a").unwrap_err();
            let expected = format!("`a` is packed by zip's {words}, expected stored or deflated");
            assert!(message.starts_with(&expected) && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn fortran_order_becomes_row_major() {
        // [[1, 2, 3], [4, 5, 6]] with its first index fastest.
        assert_eq!(row_major(&[1, 4, 2, 5, 3, 6], &[2, 3], 1), [1, 2, 3, 4, 5, 6]);
        assert_eq!(row_major(&[1, 2], &[2], 1), [1, 2]);
        assert_eq!(row_major(&[], &[0, 3], 1), [0_u8; 0]);
    }
}
