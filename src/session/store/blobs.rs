//! Large numbers in parts, each blob once however often it is used, and never believed without its checksum.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

/// Bytes of a part: SQLite takes no more than a billion at once, and memory is cut up no further than need be.
const PART: usize = 8 << 20;

/// Whether a blob is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// As it is: weights do not get smaller.
    Plain,
    /// As a zlib stream.
    Zlib,
}

/// Why a blob cannot be had.
#[derive(Debug)]
pub(super) enum BlobError {
    Sqlite(rusqlite::Error),
    /// It is not what was written, in a few words.
    Damaged(String),
}

impl From<rusqlite::Error> for BlobError {
    fn from(err: rusqlite::Error) -> Self {
        Self::Sqlite(err)
    }
}

/// Keeps bytes: the number of the blob that has them, and the bytes that were added to the file.
pub(super) fn put(conn: &Connection, bytes: &[u8], packing: Packing) -> rusqlite::Result<(i64, u64)> {
    let sha256 = Sha256::digest(bytes);
    let find = "SELECT blob FROM blobs WHERE sha256 = ?1 AND size = ?2";
    let found = conn.query_row(find, params![&sha256[..], bytes.len() as i64], |row| row.get(0));
    if let Some(blob) = found.optional()? {
        return Ok((blob, 0));
    }
    let insert = "INSERT INTO blobs (sha256, size, packed) VALUES (?1, ?2, ?3)";
    let is_packed = packing == Packing::Zlib;
    conn.execute(insert, params![&sha256[..], bytes.len() as i64, is_packed])?;
    let blob = conn.last_insert_rowid();
    let packed = if is_packed { Some(packed(bytes)) } else { None };
    let stored = packed.as_deref().unwrap_or(bytes);
    let mut insert = conn.prepare("INSERT INTO parts (blob, part, bytes) VALUES (?1, ?2, ?3)")?;
    for (part, bytes) in stored.chunks(PART).enumerate() {
        insert.execute(params![blob, part as i64, bytes])?;
    }
    Ok((blob, stored.len() as u64))
}

/// The bytes of a blob, where they are those that were written.
pub(super) fn take(conn: &Connection, blob: i64) -> Result<Vec<u8>, BlobError> {
    let find = "SELECT sha256, size, packed FROM blobs WHERE blob = ?1";
    let head = conn.query_row(find, [blob], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get(2)?)));
    let Some((sha256, size, is_packed)) = head.optional()? else {
        return Err(BlobError::Damaged(format!("blob {blob} is missing")));
    };
    let mut stored = Vec::new();
    let mut parts = conn.prepare("SELECT part, bytes FROM parts WHERE blob = ?1 ORDER BY part")?;
    let mut rows = parts.query([blob])?;
    for number in 0.. {
        let Some(row) = rows.next()? else { break };
        if row.get::<_, i64>(0)? != number {
            return Err(BlobError::Damaged(format!("part {number} of blob {blob} is missing")));
        }
        stored.extend_from_slice(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
    }
    let bytes = if is_packed { unpacked(&stored, size) } else { Some(stored) };
    let bytes = bytes.filter(|bytes| bytes.len() as i64 == size && Sha256::digest(bytes)[..] == sha256);
    bytes.ok_or_else(|| BlobError::Damaged(format!("blob {blob} has another checksum")))
}

/// Removes blobs that nothing uses any more; their pages are used again.
pub(super) fn sweep(conn: &Connection) -> rusqlite::Result<()> {
    let unused = "blob NOT IN (SELECT blob FROM slices UNION SELECT blob FROM arrays UNION SELECT blob FROM path
        UNION SELECT weights FROM results WHERE weights IS NOT NULL
        UNION SELECT average_weights FROM results WHERE average_weights IS NOT NULL)";
    conn.execute(&format!("DELETE FROM parts WHERE blob IN (SELECT blob FROM blobs WHERE {unused})"), [])?;
    conn.execute(&format!("DELETE FROM blobs WHERE {unused}"), [])?;
    Ok(())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // A vector takes all bytes, so that neither call fails.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// `None` for what is no zlib stream, or one of more bytes than there should be.
fn unpacked(bytes: &[u8], size: i64) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    ZlibDecoder::new(bytes).take(u64::try_from(size).ok()?.saturating_add(1)).read_to_end(&mut found).ok()?;
    Some(found)
}

/// Little-endian bytes of numbers.
pub(super) fn bytes_of_f64(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    values.into_iter().flat_map(f64::to_le_bytes).collect()
}

/// Little-endian bytes of numbers.
pub(super) fn bytes_of_f32(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The numbers of little-endian bytes.
pub(super) fn f64_of_bytes(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
}

/// The numbers of little-endian bytes.
pub(super) fn f32_of_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect()
}
