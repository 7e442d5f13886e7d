//! Archives: tar, compressed by gzip or not, and zip. Only regular files count; links, devices and folders do not.
//!
//! One pass makes the list of files with their sizes, a second one unpacks those that are asked for. Before that, what they
//! take together is asked of the limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::Problem;
use super::{Item, Packing, broken, open_file, tarball};
use crate::data::arrays::shown;
use crate::data::limit;

/// Files of an archive at most.
const MOST_FILES: usize = 1_000_000;

/// The files of an archive.
pub(super) struct Archive {
    packing: Packing,
    files: BTreeMap<PathBuf, Packed>,
}

struct Packed {
    /// Its number within the archive.
    number: usize,
    size: u64,
    bytes: Option<Vec<u8>>,
}

impl Archive {
    pub(super) fn open(path: &Path, packing: Packing) -> Result<Self, Problem> {
        let mut files = BTreeMap::new();
        let mut add = |number: usize, name: &[u8], size: u64| {
            if let Some(place) = place(name) {
                files.insert(place, Packed { number, size, bytes: None });
            }
            files.len()
        };
        match packing {
            Packing::Zip => list_zip(path, &mut add)?,
            Packing::Tar | Packing::TarGz => tarball::walk(path, packing, &mut |file| {
                let count = add(file.number, &file.name, file.size);
                if count > MOST_FILES { Err(too_many()) } else { Ok(true) }
            })?,
        }
        Ok(Self { packing, files })
    }

    pub(super) fn list(&self, folder: &Path) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let from = (Bound::Included(folder.to_owned()), Bound::Unbounded);
        for place in self.files.range(from).map(|(place, _)| place) {
            let Ok(rest) = place.strip_prefix(folder) else { break };
            let mut parts = rest.components();
            let Some(first) = parts.next() else { continue };
            let (path, is_folder) = (folder.join(first), parts.next().is_some());
            // What lies in one folder stands together.
            if items.last().is_none_or(|last| last.path != path) {
                items.push(Item { name: first.as_os_str().to_string_lossy().into_owned(), path, is_folder });
            }
        }
        items
    }

    pub(super) fn bytes(&self, file: &Path) -> Option<&[u8]> {
        self.files.get(file)?.bytes.as_deref()
    }

    pub(super) fn load(&mut self, path: &Path, wanted: &[PathBuf]) -> Result<(), Problem> {
        let wanted: BTreeSet<&PathBuf> = wanted.iter().collect();
        let mut chosen: BTreeMap<usize, (&PathBuf, &mut Packed)> = BTreeMap::new();
        for (place, packed) in
            self.files.iter_mut().filter(|(place, packed)| packed.bytes.is_none() && wanted.contains(place))
        {
            chosen.insert(packed.number, (place, packed));
        }
        let total = chosen.values().fold(0_u64, |total, (_, packed)| total.saturating_add(packed.size));
        limit::allow("what the archive holds", total).map_err(Problem::TooLarge)?;
        match self.packing {
            Packing::Zip => {
                let mut zip = open_zip(path)?;
                for (number, (place, packed)) in chosen {
                    let file = zip.by_index(number).map_err(|err| zip_problem(&err, place))?;
                    packed.bytes = Some(unpack(file, packed.size, place)?);
                }
            }
            Packing::Tar | Packing::TarGz => tarball::walk(path, self.packing, &mut |file| {
                if let Some((place, packed)) = chosen.remove(&file.number) {
                    packed.bytes = Some(unpack(file.content, packed.size, place)?);
                }
                Ok(!chosen.is_empty())
            })?,
        }
        Ok(())
    }
}

/// The names of all files of a zip archive; `None` where its table cannot be read.
pub(in super::super) fn names_in_zip(path: &Path) -> Option<Vec<String>> {
    open_zip(path).ok().map(|zip| zip.file_names().map(str::to_owned).collect())
}

/// A name as a place within the archive; `None` where it leads out of it or to nothing.
fn place(name: &[u8]) -> Option<PathBuf> {
    let name = String::from_utf8_lossy(name).replace('\\', "/");
    let mut place = PathBuf::new();
    for part in Path::new(&name).components() {
        match part {
            Component::Normal(part) => place.push(part),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(place).filter(|place| place.file_name().is_some())
}

fn unpack(from: impl Read, size: u64, place: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let name = place.display();
    from.take(size.saturating_add(1)).read_to_end(&mut bytes).map_err(|err| broken(&format!("{err}: {name}")))?;
    if bytes.len() as u64 != size {
        return Err(broken(&format!("`{name}` has {} bytes, {size} were promised", bytes.len())));
    }
    Ok(bytes)
}

fn too_many() -> Problem {
    Problem::Broken {
        found: format!("an archive of more than {MOST_FILES} files"),
        expected: "fewer, or a folder that they are unpacked to".to_owned(),
    }
}

fn open_zip(path: &Path) -> Result<ZipArchive<BufReader<File>>, Problem> {
    ZipArchive::new(open_file(path)?).map_err(|err| broken(&err))
}

fn list_zip(path: &Path, add: &mut dyn FnMut(usize, &[u8], u64) -> usize) -> Result<(), Problem> {
    let mut zip = open_zip(path)?;
    if zip.len() > MOST_FILES {
        return Err(too_many());
    }
    for number in 0..zip.len() {
        let file = zip.by_index_raw(number).map_err(|err| broken(&err))?;
        if file.is_file() {
            add(number, file.name().as_bytes(), file.size());
        }
    }
    Ok(())
}

fn zip_problem(err: &ZipError, place: &Path) -> Problem {
    let name = shown(&place.display().to_string());
    let found = match err {
        ZipError::CompressionMethodNotSupported(method) => {
            format!("`{name}` packed by zip's method {method}")
        }
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            format!("`{name}` locked by a password")
        }
        err => return broken(&format!("{err}: {name}")),
    };
    Problem::Broken { found, expected: "files that are stored or deflated, without a password".to_owned() }
}
