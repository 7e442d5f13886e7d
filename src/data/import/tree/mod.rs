//! Files by their place: in a folder, or in an archive. What reads them need not know which.
//!
//! Names in an archive are places within it and nothing else: nothing is ever written. Its files are unpacked in memory,
//! and only those that are asked for.

mod archive;
mod tarball;

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::Problem;
use crate::data::arrays::one_line;
use crate::data::limit;
use archive::Archive;

pub(super) use archive::names_in_zip;

/// A folder or an archive.
pub(super) struct Tree {
    root: PathBuf,
    archive: Option<Archive>,
}

/// How an archive is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Files one after the other.
    Tar,
    /// The same, compressed by gzip.
    TarGz,
    /// Files compressed one by one, with a table at the end.
    Zip,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Its name.
    pub name: String,
    /// Its place within the tree.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
}

impl Tree {
    /// A folder on the disk.
    pub(super) fn folder(root: &Path) -> Self {
        Self { root: root.to_owned(), archive: None }
    }

    /// The files of an archive; their content is left packed.
    pub(super) fn archive(path: &Path, packing: Packing) -> Result<Self, Problem> {
        Ok(Self { root: path.to_owned(), archive: Some(Archive::open(path, packing)?) })
    }

    /// Whether a place in it is no path that a user could give.
    pub(super) const fn is_archive(&self) -> bool {
        self.archive.is_some()
    }

    /// A place as the user would name it.
    pub(super) fn shown(&self, place: &Path) -> String {
        if self.is_archive() { place.display().to_string() } else { self.root.join(place).display().to_string() }
    }

    /// The path of a file on the disk.
    pub(super) fn place(&self, file: &Path) -> PathBuf {
        self.root.join(file)
    }

    /// What lies in a folder, sorted by name. Links lead to what they name; what is neither file nor folder is left out.
    pub(super) fn list(&self, folder: &Path) -> Result<Vec<Item>, Problem> {
        let mut items = match &self.archive {
            Some(archive) => archive.list(folder),
            None => list_folder(&self.root.join(folder), folder).map_err(|err| unreadable(folder, &err))?,
        };
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    /// Where a folder truly lies: two places with the same one are the same folder. `None` in an archive, which has no
    /// links.
    pub(super) fn true_place(&self, folder: &Path) -> Option<PathBuf> {
        if self.is_archive() { None } else { fs::canonicalize(self.root.join(folder)).ok() }
    }

    /// Makes ready to read these files: those of an archive are unpacked, all in one pass.
    pub(super) fn load(&mut self, files: &[PathBuf]) -> Result<(), Problem> {
        let Some(archive) = &mut self.archive else { return Ok(()) };
        archive.load(&self.root, files)
    }

    /// The bytes of a file; of an archive those that were [loaded](Self::load).
    pub(super) fn read(&self, file: &Path) -> Result<Cow<'_, [u8]>, Problem> {
        if let Some(archive) = &self.archive {
            return archive.bytes(file).map(Cow::Borrowed).ok_or_else(|| unreadable(file, &"it was not unpacked"));
        }
        let path = self.root.join(file);
        let length = fs::metadata(&path).map_err(|err| unreadable(file, &err))?.len();
        limit::allow(&format!("`{}`", file.display()), length).map_err(Problem::TooLarge)?;
        fs::read(&path).map(Cow::Owned).map_err(|err| unreadable(file, &err))
    }

    /// The first bytes of a file on the disk; none in an archive, whose files are known by their names.
    pub(super) fn start(&self, file: &Path, most: u64) -> Vec<u8> {
        let mut start = Vec::new();
        if !self.is_archive() {
            let read = |file: File| io::Read::read_to_end(&mut io::Read::take(file, most), &mut start);
            if File::open(self.root.join(file)).and_then(read).is_err() {
                start.clear();
            }
        }
        start
    }
}

/// The last part of a place.
pub(super) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Names for a sentence: the first few, and how many more there are.
pub(super) fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 4;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.take(SHOWN).map(|name| format!("`{}`", one_line(name))).collect();
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

fn broken(reason: &dyn std::fmt::Display) -> Problem {
    Problem::Broken {
        found: format!("an archive that is truncated or broken ({})", one_line(&reason.to_string())),
        expected: "a whole .tar, .tar.gz or .zip file".to_owned(),
    }
}

fn open_file(path: &Path) -> Result<BufReader<File>, Problem> {
    File::open(path).map(BufReader::new).map_err(|err| Problem::Unreadable { reason: err.to_string() })
}

fn list_folder(path: &Path, within: &Path) -> io::Result<Vec<Item>> {
    // The folder of a bare name is the one that the program stands in.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let mut items = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // A link that leads nowhere is as good as nothing.
        let kind = entry.file_type().and_then(|kind| {
            if kind.is_symlink() { fs::metadata(entry.path()).map(|meta| meta.file_type()) } else { Ok(kind) }
        });
        let Ok(kind) = kind else { continue };
        if kind.is_dir() || kind.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            items.push(Item { name, path: within.join(entry.file_name()), is_folder: kind.is_dir() });
        }
    }
    Ok(items)
}

fn unreadable(file: &Path, reason: &dyn std::fmt::Display) -> Problem {
    let name = name(file);
    let place = if name.is_empty() { String::new() } else { format!(": {name}") };
    Problem::Unreadable { reason: format!("{reason}{place}") }
}
