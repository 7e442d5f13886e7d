//! Files that are whole or not there: written beside their names and moved there, with a last line that says so.
//!
//! Moving is all or nothing on one file system; a copy that was cut, by a tool or a full disk, lacks the last line.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// The last line of a whole file: what is cut at the border of a table would be one too.
const END: &str = "# end\n";

/// Writes a text with the line that says that it is whole. Its folder has to be there; a file of that name is replaced.
///
/// # Errors
/// Those of the file system; nothing is left behind then.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    write_beside(path, &format!("{text}{END}"))
}

/// Writes a text as it is, beside its name first.
///
/// # Errors
/// Those of the file system; nothing is left behind then.
pub fn write_beside(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".flatscape-");
    // As any other file of the user's: a temporary one is for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|err| err.error)
}

/// The text of a whole file, its last line with it; `None` where there is none, or one that was cut.
#[must_use]
pub fn read_whole(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok().filter(|text| text.ends_with(END))
}

/// Whether there is a whole file, by its last line alone.
#[must_use]
pub fn is_whole(path: &Path) -> bool {
    let end = || -> io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::End(-(END.len() as i64)))?;
        let mut found = Vec::new();
        file.read_to_end(&mut found)?;
        Ok(found)
    };
    end().is_ok_and(|found| found == END.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.toml");
        assert_eq!(read_whole(&path), None);
        write_whole(&path, "x = 1\n").unwrap();
        write_whole(&path, "x = 2\n").unwrap();
        assert_eq!(read_whole(&path).as_deref(), Some("x = 2\n# end\n"));
        assert!(is_whole(&path));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing lies beside it");
        std::fs::write(&path, "x = 2\n# e").unwrap();
        assert!(read_whole(&path).is_none() && !is_whole(&path));
        std::fs::write(&path, "").unwrap();
        assert!(!is_whole(&path));
        assert!(write_whole(&dir.path().join("no/a.toml"), "").is_err());
    }
}
