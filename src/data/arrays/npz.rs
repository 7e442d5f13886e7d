//! NPZ: a zip archive of NumPy's `.npy` files, compressed or not.
//!
//! Nothing in the archive is believed: the table's count is held against the file's length, and an array's shape against
//! the member's size, packed and unpacked, before memory is taken.

use std::io::{Read, Seek, SeekFrom};

use npyz::npz::array_name_from_file_name;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::npy::Header;
use super::{Array, Info, allow, elements, one_line, read_exactly};

/// Bytes of the table's end at least, and of a comment after it at most.
const TABLE_END: usize = 22;
const MOST_COMMENT: usize = u16::MAX as usize;
/// Bytes of an entry of the table at least.
const ENTRY: u64 = 46;
/// Deflate makes at most so many bytes of one.
const MOST_UNPACKED: u64 = 1032;

pub(super) struct File<R> {
    archive: ZipArchive<R>,
}

impl<R: Read + Seek> std::fmt::Debug for File<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("names", &self.names()).finish()
    }
}

impl<R: Read + Seek> File<R> {
    pub(super) fn new(archive: ZipArchive<R>) -> Result<Self, String> {
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

    pub(super) fn info(&mut self, name: &str) -> Result<Option<Info>, String> {
        let Some((_, header)) = self.member(name)? else { return Ok(None) };
        Ok(Some(Info { shape: header.shape, number: header.number }))
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Array<'static>>, String> {
        let Some((mut file, header)) = self.member(name)? else { return Ok(None) };
        let Header { shape, number, swap, fortran, length } = header.clone();
        let count = elements(&shape).ok_or_else(|| broken(name, &format!("its shape {shape:?} is too large")))?;
        let Some(size) = header.item_size() else { return Ok(Some(Array::new(shape, number, Vec::new()))) };
        let needed =
            count.checked_mul(size).ok_or_else(|| broken(name, &format!("its shape {shape:?} is too large")))?;
        let there = file.size().saturating_sub(length as u64);
        let most = file.compressed_size().saturating_mul(MOST_UNPACKED).saturating_add(MOST_UNPACKED);
        if there != needed as u64 || there > most {
            let there = there.min(most);
            return Err(broken(name, &format!("{there} bytes for the shape {shape:?}, {needed} needed")));
        }
        allow(&format!("`{}` {shape:?}", one_line(name)), needed as u64 * if fortran { 2 } else { 1 })?;
        let mut bytes = read_exactly(&mut file, needed).map_err(|err| broken(name, &err))?;
        // The end of the member, where its checksum is looked at.
        let rest = file.read(&mut [0]).map_err(|err| broken(name, &one_line(&err.to_string())))?;
        if bytes.len() < needed || rest > 0 {
            let there = bytes.len() + rest;
            return Err(broken(name, &format!("{there} bytes for the shape {shape:?}, {needed} needed")));
        }
        if swap {
            bytes.chunks_exact_mut(number.size()).for_each(<[u8]>::reverse);
        }
        let bytes = if fortran { row_major(&bytes, &shape, size) } else { bytes };
        Ok(Some(Array::new(shape, number, bytes)))
    }

    /// A member, its header read.
    fn member(&mut self, name: &str) -> Result<Option<(ZipFile<'_, R>, Header)>, String> {
        let member = self.archive.file_names().position(|file| array_name_from_file_name(file) == Some(name));
        let Some(member) = member else { return Ok(None) };
        let mut file = self.archive.by_index(member).map_err(|err| match err {
            ZipError::CompressionMethodNotSupported(method) => {
                let packer = CompressionMethod::name_from_u16(method).to_lowercase();
                format!(
                    "`{}` is packed by zip's method {method} ({packer}), expected stored or deflated, as NumPy's \
                     savez and savez_compressed do",
                    one_line(name)
                )
            }
            err => broken(name, &one_line(&err.to_string())),
        })?;
        let header = Header::read(&mut file).map_err(|reason| broken(name, &reason))?;
        Ok(Some((file, header)))
    }
}

fn broken(name: &str, reason: &str) -> String {
    format!("`{}` is truncated or broken ({reason}), expected an array in NumPy's format", one_line(name))
}

/// Opens an archive whose table can be true.
pub(super) fn open<R: Read + Seek>(mut reader: R, length: u64) -> Result<ZipArchive<R>, String> {
    let broken = |reason: &str| {
        format!(
            "it is truncated or broken: the zip archive's table at its end cannot be read ({reason}; {length} bytes), \
             expected an NPZ file"
        )
    };
    let count = count(&mut reader, length).map_err(|err| broken(&one_line(&err.to_string())))?;
    if let Some(count) = count.filter(|count| count.saturating_mul(ENTRY) > length) {
        return Err(broken(&format!("it says it has {count} entries")));
    }
    let archive = ZipArchive::new(reader).map_err(|err| broken(&one_line(&err.to_string())))?;
    if count.is_some_and(|count| count != archive.len() as u64) {
        let found = archive.len();
        return Err(format!(
            "its table has {} entries under {found} names, expected each array once",
            count.unwrap_or_default()
        ));
    }
    Ok(archive)
}

/// How many entries the table says that it has; nothing where there is no end of a table.
fn count<R: Read + Seek>(reader: &mut R, length: u64) -> std::io::Result<Option<u64>> {
    let tail = length.min((TABLE_END + MOST_COMMENT + 20) as u64);
    reader.seek(SeekFrom::Start(length - tail))?;
    let mut end = Vec::new();
    reader.take(tail).read_to_end(&mut end)?;
    let found = end.windows(4).rposition(|window| window == b"PK\x05\x06");
    let Some(at) = found.filter(|at| end.len() - at >= TABLE_END) else { return Ok(None) };
    let short = u64::from(u16::from_le_bytes([end[at + 10], end[at + 11]]));
    // More than 65 534 entries stand in a longer record, whose place stands before this one.
    let place = at.checked_sub(20).map(|start| &end[start..at]).filter(|place| place.starts_with(b"PK\x06\x07"));
    let Some(place) = place.filter(|_| short == u64::from(u16::MAX)) else { return Ok(Some(short)) };
    let offset = place[8..16].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    reader.seek(SeekFrom::Start(offset))?;
    let mut record = Vec::new();
    reader.take(56).read_to_end(&mut record)?;
    Ok(record.get(32..40).and_then(|bytes| bytes.first_chunk()).map(|bytes| u64::from_le_bytes(*bytes)))
}

/// The names of an archive's arrays: NumPy's own rule, by which a member `a.npy` is the array `a`.
pub(super) fn names<R: Read + Seek>(archive: &ZipArchive<R>) -> impl Iterator<Item = &str> {
    archive.file_names().filter_map(array_name_from_file_name)
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
    use std::io::{Cursor, Write as _};

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

    fn file(bytes: Vec<u8>) -> Result<File<Cursor<Vec<u8>>>, String> {
        let length = bytes.len() as u64;
        File::new(open(Cursor::new(bytes), length)?)
    }

    #[test]
    fn stored_and_deflated_members_are_read_and_others_are_named() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let mut file = file(archive(method)).unwrap();
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
            let message = file(bytes).unwrap().array("a").unwrap_err();
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

    #[test]
    fn what_the_archive_says_of_sizes_is_not_believed() {
        let lie = |at: &[u8], offset: usize, bytes: &[u8], method| {
            let mut archive = archive(method);
            let places: Vec<usize> = archive.windows(4).enumerate().filter(|(_, w)| *w == at).map(|(i, _)| i).collect();
            archive[places[0] + offset..places[0] + offset + bytes.len()].copy_from_slice(bytes);
            file(archive).and_then(|mut file| file.array("a")).unwrap_err()
        };
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            // The size that the table gives, then the number of entries, then the length of the header of the array.
            let message = lie(b"PK\x01\x02", 24, &[0xf0; 4], method);
            assert!(message.starts_with("`a` is truncated or broken ("), "{message}");
            let message = lie(b"PK\x05\x06", 10, &[0, 0x80], method);
            assert!(message.contains("it says it has 32768 entries"), "{message}");
        }
        let message = lie(b"\x93NUM", 8, &[0xff, 0xff], CompressionMethod::Stored);
        assert!(message.contains("`a` is truncated or broken ("), "{message}");
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("a.npy", SimpleFileOptions::default()).unwrap();
        let dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}";
        let header = [&b"\x93NUMPY\x01\x00"[..], &(dict.len() as u16).to_le_bytes(), dict.as_bytes()].concat();
        archive.write_all(&header).unwrap();
        let message = file(archive.finish().unwrap().into_inner()).unwrap().array("a").unwrap_err();
        assert!(message.contains("its shape [4611686018427387904] is too large"), "{message}");
    }
}
