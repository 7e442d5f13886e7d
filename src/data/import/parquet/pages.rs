//! What the headers of a column's pages promise, before any page is unpacked.
//!
//! The reader of Parquet takes as much memory as a page's header says that it unpacks to, and as many values as a run of
//! a few bytes says. So the headers are read first: Thrift's compact protocol, of which only whole numbers matter here.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom};

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;

/// Structures within structures at most; a page's header has three.
const DEEPEST: usize = 8;
/// Bytes of a header at most: statistics hold two values of the column.
const MOST_HEADER: u64 = 64 << 20;

/// The pages of a column in one group of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pages {
    /// Bytes of the largest page, unpacked.
    pub largest: u64,
    /// Bytes of all pages, unpacked.
    pub all: u64,
}

/// Reads the headers of all pages of a column's chunk, and looks whether they keep to what the file's table says.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn walk(file: &File, chunk: &ColumnChunkMetaData) -> Result<Pages, String> {
    let length = file.metadata().map_err(|err| err.to_string())?.len();
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let range = (u64::try_from(start).ok()).zip(u64::try_from(chunk.compressed_size()).ok());
    let range = range.and_then(|(start, size)| Some((start, start.checked_add(size)?)));
    let Some((start, end)) = range.filter(|&(_, end)| end <= length) else {
        return Err("a column that lies outside of the file".to_owned());
    };
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(start)).map_err(|err| err.to_string())?;
    let (mut place, mut values, mut pages) = (start, 0_u64, Pages::default());
    while place < end {
        let mut header = Header { reader: &mut reader, read: 0 };
        let page = header.page().map_err(|err| format!("the header of a page: {err}"))?;
        place = place.saturating_add(header.read);
        let Page { kind, unpacked, packed, numbers } = page;
        let size = |number: i64| u32::try_from(number).map(u64::from).ok();
        let packed = size(packed).filter(|&packed| end.saturating_sub(place) >= packed);
        let [of_page, .., definitions, repetitions, _] = numbers.map(size);
        let (Some(packed), Some(unpacked)) = (packed, size(unpacked)) else {
            return Err("a page that is longer than its column".to_owned());
        };
        let (Some(of_page), Some(definitions), Some(repetitions)) = (of_page, definitions, repetitions) else {
            return Err("a page with numbers of bytes or values below 0".to_owned());
        };
        // A bit is the least that a value takes in a dictionary; runs in data pages take less.
        let is_dictionary = kind == DICTIONARY;
        if is_dictionary && of_page > unpacked * 8 {
            return Err(format!("a dictionary of {of_page} values in {unpacked} bytes"));
        }
        values += if is_dictionary { 0 } else { of_page };
        if matches!(chunk.compression(), Compression::GZIP(_)) {
            let levels = if kind == DATA_2 { definitions + repetitions } else { 0 };
            gzip_keeps_to(&mut reader, packed.saturating_sub(levels), levels, unpacked)?;
            reader.seek(SeekFrom::Start(place)).map_err(|err| err.to_string())?;
        }
        pages.largest = pages.largest.max(unpacked);
        pages.all = pages.all.saturating_add(unpacked);
        place += packed;
        skip(&mut reader, packed).map_err(|err| err.to_string())?;
    }
    if Ok(values) != u64::try_from(chunk.num_values()) {
        return Err(format!("pages of {values} values in a column of {}", chunk.num_values()));
    }
    Ok(pages)
}

/// Kinds of pages.
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// What a page's header says.
#[derive(Debug, Default)]
struct Page {
    kind: i64,
    unpacked: i64,
    packed: i64,
    /// The first whole numbers of the structure that belongs to its kind: the number of values, …; in data pages of the second
    /// form the fifth and the sixth are the bytes of levels, which are never packed.
    numbers: [i64; 7],
}

/// Whether packed bytes unpack to no more than they are said to: gzip is unpacked to its end whatever that is.
fn gzip_keeps_to(reader: &mut impl Read, packed: u64, levels: u64, unpacked: u64) -> Result<(), String> {
    let before = io::copy(&mut reader.take(levels), &mut io::sink()).map_err(|err| err.to_string())?;
    let most = unpacked.saturating_sub(before);
    let mut found = MultiGzDecoder::new(reader.take(packed)).take(most + 1);
    // What is broken is told by the reader.
    let count = io::copy(&mut found, &mut io::sink()).unwrap_or(0);
    if count > most { Err(format!("a page that unpacks to more than its {unpacked} bytes")) } else { Ok(()) }
}

fn skip(reader: &mut BufReader<&File>, bytes: u64) -> io::Result<()> {
    reader.seek_relative(i64::try_from(bytes).map_err(|_| io::ErrorKind::InvalidData)?)
}

/// A header that is being read.
struct Header<'a, 'f> {
    reader: &'a mut BufReader<&'f File>,
    /// Bytes of it so far.
    read: u64,
}

/// Types of the compact protocol.
mod kinds {
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const STRUCT: u8 = 12;
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Header<'_, '_> {
    fn page(&mut self) -> io::Result<Page> {
        let mut page = Page::default();
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (1, kinds::I16..=kinds::I64) => page.kind = self.whole()?,
                (2, kinds::I16..=kinds::I64) => page.unpacked = self.whole()?,
                (3, kinds::I16..=kinds::I64) => page.packed = self.whole()?,
                (5 | 7 | 8, kinds::STRUCT) => page.numbers = self.numbers()?,
                _ => self.skip(kind, 0)?,
            }
        }
        Ok(page)
    }

    /// The whole numbers of a structure, by their fields from 1.
    fn numbers(&mut self) -> io::Result<[i64; 7]> {
        let mut numbers = [0; 7];
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            let place = usize::try_from(id - 1).ok().and_then(|place| numbers.get_mut(place));
            match (place, kind) {
                (Some(place), kinds::I16..=kinds::I64) => *place = self.whole()?,
                _ => self.skip(kind, 1)?,
            }
        }
        Ok(numbers)
    }

    /// The kind of the next field, whose number is put into `id`; `None` at the end of a structure.
    fn field(&mut self, id: &mut i64) -> io::Result<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Ok(None);
        }
        *id = if byte >> 4 == 0 { self.whole()? } else { id.saturating_add(i64::from(byte >> 4)) };
        Ok(Some(byte & 15))
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.count(1)?;
        let byte = self.reader.fill_buf()?.first().copied().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.reader.consume(1);
        Ok(byte)
    }

    fn count(&mut self, bytes: u64) -> io::Result<()> {
        self.read = self.read.saturating_add(bytes);
        if self.read > MOST_HEADER { Err(bad("it is too long")) } else { Ok(()) }
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(bad("a number has too many bytes"))
    }

    /// A whole number, whose last bit is its sign.
    fn whole(&mut self) -> io::Result<i64> {
        let bits = self.varint()?;
        Ok((bits >> 1) as i64 ^ -((bits & 1) as i64))
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        self.count(bytes)?;
        skip(self.reader, bytes)
    }

    fn skip(&mut self, kind: u8, depth: usize) -> io::Result<()> {
        if depth > DEEPEST {
            return Err(bad("it is too deep"));
        }
        match kind {
            kinds::TRUE | kinds::FALSE => Ok(()),
            kinds::BYTE => self.pass(1),
            kinds::I16..=kinds::I64 => self.varint().map(drop),
            kinds::DOUBLE => self.pass(8),
            kinds::BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            kinds::LIST | kinds::SET => self.skip_list(depth),
            kinds::STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Ok(())
            }
            _ => Err(bad("a field of an unknown kind")),
        }
    }

    fn skip_list(&mut self, depth: usize) -> io::Result<()> {
        let byte = self.byte()?;
        let count = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
        for _ in 0..count {
            // Truths take a byte in a list; each item counts, so that a long list ends.
            match byte & 15 {
                kinds::TRUE | kinds::FALSE => self.pass(1)?,
                kind => self.skip(kind, depth + 1)?,
            }
            self.count(1)?;
        }
        Ok(())
    }
}
