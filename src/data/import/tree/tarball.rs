//! The files of a tar archive, one after the other.
//!
//! Names that are too long for a header stand in a member of their own before the file; those are read here, because a
//! library that reads them whole can be made to take any amount of memory.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{EntryType, PaxExtensions};

use super::{Packing, broken, open_file};
use crate::data::import::Problem;
use crate::data::limit;

/// Bytes of a member that holds a name at most.
const LONGEST_NAME: u64 = 1 << 16;

/// A regular file.
pub(super) struct Member<'a> {
    /// The number of its header.
    pub(super) number: usize,
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    pub(super) content: &'a mut dyn Read,
}

/// Shows all regular files, in their order, until one is answered by false.
pub(super) fn walk(
    path: &Path,
    packing: Packing,
    visit: &mut dyn FnMut(Member<'_>) -> Result<bool, Problem>,
) -> Result<(), Problem> {
    let mut tar = open(path, packing)?;
    let mut long_name = None;
    for (number, entry) in tar.entries().map_err(|err| broken(&err))?.raw(true).enumerate() {
        let mut entry = entry.map_err(|err| broken(&err))?;
        let (kind, size) = (entry.header().entry_type(), entry.size());
        match kind {
            EntryType::GNULongName | EntryType::XHeader => {
                if size > LONGEST_NAME {
                    return Err(broken(&format!("a name of {size} bytes")));
                }
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(|err| broken(&err))?;
                let name = if kind == EntryType::XHeader { pax_path(&bytes) } else { gnu_name(&bytes) };
                long_name = name.or(long_name);
            }
            EntryType::Regular => {
                let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                if !visit(Member { number, name, size, content: &mut entry })? {
                    return Ok(());
                }
            }
            // What only says more of the next member leaves that its name.
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            _ => long_name = None,
        }
    }
    Ok(())
}

fn gnu_name(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(bytes.strip_suffix(b"\0").unwrap_or(bytes).to_owned())
}

fn pax_path(bytes: &[u8]) -> Option<Vec<u8>> {
    let known = PaxExtensions::new(bytes).filter_map(Result::ok);
    known.filter(|extension| extension.key_bytes() == b"path").last().map(|path| path.value_bytes().to_owned())
}

/// A reader that stops with an error where the limit of memory is passed, so that no bomb is unpacked for hours.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let most = limit::max_memory();
            io::Error::other(format!("it unpacks to more than the limit of {most} bytes, which `--max-memory` sets"))
        })?;
        Ok(read)
    }
}

fn open(path: &Path, packing: Packing) -> Result<tar::Archive<Box<dyn Read>>, Problem> {
    let file = open_file(path)?;
    Ok(tar::Archive::new(if packing == Packing::TarGz {
        Box::new(Bounded { from: MultiGzDecoder::new(file), left: limit::max_memory() })
    } else {
        Box::new(file)
    }))
}
