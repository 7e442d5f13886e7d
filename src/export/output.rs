//! The folder that a comparison writes to: checked before anything is trained, written all or nothing.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Files that are there already and are named; the others are counted.
const MOST_NAMED: usize = 6;

/// Why a folder cannot be written to. The path comes last.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It is there and it is no folder.
    #[error("expected a folder, found a file: {}", .0.display())]
    NotAFolder(PathBuf),
    /// It holds files of an earlier run.
    #[error(
        "found {} there already, expected none (choose another folder, or add --force): {}",
        .names.join(", "),
        .path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
        /// The files that would be overwritten.
        names: Vec<String>,
    },
    /// A folder has the name of a file that is to be written.
    #[error("expected a file, found a folder: {}", .0.display())]
    NotAFile(PathBuf),
    /// The system refuses.
    #[error("cannot write there ({err}): {}", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        err: io::Error,
    },
}

impl OutputError {
    fn io(path: &Path, err: io::Error) -> Self {
        Self::Io { path: path.to_owned(), err }
    }
}

/// A folder that exists and can be written to.
#[derive(Debug)]
pub struct OutputDir {
    path: PathBuf,
    /// Folders that did not exist before, outermost first.
    created: Vec<PathBuf>,
    overwrite: bool,
}

impl OutputDir {
    /// Makes the folder where it is missing, checks that files can be made in it, and that none of `names` is lost:
    /// without `overwrite` none of them may be there. A name may have a folder before it, which is made when there is
    /// something to be written.
    ///
    /// # Errors
    /// [`OutputError`]; nothing is left behind then.
    pub fn prepare(path: &Path, names: &[&str], overwrite: bool) -> Result<Self, OutputError> {
        if path.exists() && !path.is_dir() {
            return Err(OutputError::NotAFolder(path.to_owned()));
        }
        let taken: Vec<&str> =
            names.iter().copied().filter(|name| path.join(name).symlink_metadata().is_ok()).collect();
        if let Some(folder) = taken.iter().map(|name| path.join(name)).find(|file| file.is_dir()) {
            return Err(OutputError::NotAFile(folder));
        }
        let mut folders = names.iter().filter_map(|name| Path::new(name).parent()).map(|below| path.join(below));
        if let Some(file) = folders.find(|folder| folder.symlink_metadata().is_ok() && !folder.is_dir()) {
            return Err(OutputError::NotAFolder(file));
        }
        if !overwrite && !taken.is_empty() {
            let more = taken.len().saturating_sub(MOST_NAMED);
            let mut names: Vec<String> = taken.into_iter().take(MOST_NAMED).map(str::to_owned).collect();
            names.extend((more > 0).then(|| format!("{more} more")));
            return Err(OutputError::Taken { path: path.to_owned(), names });
        }
        let mut missing: Vec<PathBuf> = path
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        let dir = Self { path: path.to_owned(), created: missing, overwrite };
        let writable = std::fs::create_dir_all(path).and_then(|()| NamedTempFile::new_in(path)?.close());
        match writable {
            Ok(()) => Ok(dir),
            Err(err) => {
                dir.discard();
                Err(OutputError::io(path, err))
            }
        }
    }

    /// Makes a new folder `base`, or `base-2`, `base-3`, … where that name is taken.
    ///
    /// # Errors
    /// [`OutputError::Io`] when no folder can be made here.
    pub fn fresh(base: &str) -> Result<Self, OutputError> {
        for number in 1_u64.. {
            let path = PathBuf::from(if number == 1 { base.to_owned() } else { format!("{base}-{number}") });
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { created: vec![path.clone()], path, overwrite: false }),
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                Err(err) => return Err(OutputError::io(&path, err)),
            }
        }
        unreachable!("there are fewer than 2^64 folders")
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes again the folders that were made for nothing. Folders that hold something stay.
    pub fn discard(self) {
        for dir in self.created.iter().rev() {
            // A folder that was never made, or that somebody else uses by now, is left as it is.
            let _ = std::fs::remove_dir(dir);
        }
    }

    /// Writes all files, and moves them to their names only when every one is complete.
    ///
    /// # Errors
    /// [`OutputError::Io`] with the file; the temporary files are gone then.
    pub fn write_all<N: AsRef<str>>(&self, files: &[(N, Vec<u8>)]) -> Result<(), OutputError> {
        let mut complete = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let target = self.path.join(name.as_ref());
            let file = self.write_temporary(bytes).map_err(|err| OutputError::io(&target, err))?;
            complete.push((file, target));
        }
        for (file, target) in complete {
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder).map_err(|err| OutputError::io(folder, err))?;
            }
            let moved = if self.overwrite { file.persist(&target) } else { file.persist_noclobber(&target) };
            moved.map_err(|err| OutputError::io(&target, err.error))?;
        }
        Ok(())
    }

    fn write_temporary(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".flatscape-");
        // Temporary files are private by default; results are as readable as any file that the user makes.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

/// Writes one file that the user named: beside its place first, so that an old one is whole until the new one is.
///
/// # Errors
/// When its folder is missing or cannot be written to.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    // As any other file of the user's: a temporary one is for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn folders_made_for_nothing_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let dir = OutputDir::prepare(&root.path().join("a/b/c"), &["x"], false).unwrap();
        assert!(dir.path().is_dir());
        dir.discard();
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn earlier_files_are_kept_unless_forced() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("x"), "mine").unwrap();
        let err = OutputDir::prepare(root.path(), &["x", "y"], false).unwrap_err();
        assert!(matches!(&err, OutputError::Taken { names, .. } if names == &["x"]), "{err}");
        let dir = OutputDir::prepare(root.path(), &["x", "y"], true).unwrap();
        dir.write_all(&[("x", b"new".to_vec()), ("y", b"new".to_vec())]).unwrap();
        assert_eq!(names(root.path()), ["x", "y"], "no temporary file stays");
        assert_eq!(std::fs::read_to_string(root.path().join("x")).unwrap(), "new");
    }

    #[test]
    fn a_file_that_appears_during_training_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let dir = OutputDir::prepare(root.path(), &["x"], false).unwrap();
        std::fs::write(root.path().join("x"), "mine").unwrap();
        assert!(dir.write_all(&[("x", b"new".to_vec())]).is_err());
        assert_eq!(std::fs::read_to_string(root.path().join("x")).unwrap(), "mine");
    }

    #[test]
    fn a_file_is_no_folder() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(OutputDir::prepare(&file, &[], true), Err(OutputError::NotAFolder(_))));
        assert!(matches!(OutputDir::prepare(root.path(), &["file/x"], true), Err(OutputError::NotAFolder(_))));
        assert!(OutputDir::prepare(&file.join("below"), &[], true).is_err());
    }
}
