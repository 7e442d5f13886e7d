//! Files that are whole or not there: written beside their names and moved there, with a last line that says so.
//!
//! Moving is all or nothing on one file system; a copy that was cut, by a tool or a full disk, lacks the last line.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

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
    moved(file, &mut |file: tempfile::NamedTempFile| file.persist(path).map(drop).map_err(|err| (err.error, err.file)))
}

/// Tries to move a file to its name, and the time between them.
const MOVES: u32 = 6;
const MOVE_PAUSE: Duration = Duration::from_millis(20);

/// Moves a file to its name. Where a file that is open cannot be replaced, as on Windows and on some folders over a network, whoever
/// reads it is done in a moment.
fn moved<F>(mut file: F, mover: &mut dyn FnMut(F) -> Result<(), (io::Error, F)>) -> io::Result<()> {
    for time in 0..MOVES {
        if time > 0 {
            std::thread::sleep(MOVE_PAUSE * time);
        }
        match mover(file) {
            Ok(()) => return Ok(()),
            Err((err, _)) if err.kind() != io::ErrorKind::PermissionDenied || time + 1 == MOVES => return Err(err),
            Err((_, again)) => file = again,
        }
    }
    Ok(())
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

    #[test]
    fn a_file_that_is_read_at_the_moment_is_replaced_when_that_is_over() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let mut times = 0;
        let mut reader_goes = |file: &'static str| {
            times += 1;
            if times < 3 { Err((denied(), file)) } else { Ok(()) }
        };
        moved("a", &mut reader_goes).unwrap();
        assert_eq!(times, 3);
        let mut times = 0;
        let mut stays = |file: &'static str| {
            times += 1;
            Err((denied(), file))
        };
        assert_eq!(moved("a", &mut stays).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(times, MOVES, "it ends");
        let mut times = 0;
        let mut full = |file: &'static str| {
            times += 1;
            Err((io::Error::from(io::ErrorKind::StorageFull), file))
        };
        moved("a", &mut full).unwrap_err();
        assert_eq!(times, 1, "what does not pass is told at once");
    }
}
