//! Paths as people type and paste them.

use std::path::{Path, PathBuf};

/// The path that a text means: without quotes around it, and with `~` for the user's own folder.
#[must_use]
pub fn read(text: &str) -> PathBuf {
    expand(text, dirs::home_dir())
}

fn expand(text: &str, home: Option<PathBuf>) -> PathBuf {
    let text = text.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let text = quoted.unwrap_or(text);
    let text = text.strip_prefix("file://").unwrap_or(text);
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(&rest[1..]),
        _ => PathBuf::from(text),
    }
}

/// The last part of a path, by which people call a file.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The path, or the first one that is free with a number before its extension: `runs.csv`, `runs-2.csv`, ….
#[must_use]
pub fn free(path: &Path) -> PathBuf {
    if !path.exists() {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let numbered = (2..1000).map(|number| path.with_file_name(format!("{stem}-{number}{end}")));
    numbered.into_iter().find(|path| !path.exists()).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_the_own_folder_are_understood() {
        let home = || Some(PathBuf::from("/home/ada"));
        for (text, expected) in [
            (" /a/b c.csv ", "/a/b c.csv"),
            ("\"/a/b c.csv\"", "/a/b c.csv"),
            ("'~/b.csv'", "/home/ada/b.csv"),
            ("~", "/home/ada"),
            ("~grace/b.csv", "~grace/b.csv"),
            ("a~.csv", "a~.csv"),
            ("file:///a/b.csv", "/a/b.csv"),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(expand(text, home()), PathBuf::from(expected), "{text}");
        }
        assert_eq!(expand("~/b.csv", None), PathBuf::from("~/b.csv"));
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("runs.csv");
        assert_eq!(free(&path), path);
        std::fs::write(&path, "").unwrap();
        assert_eq!(free(&path), dir.path().join("runs-2.csv"));
        std::fs::write(dir.path().join("runs-2.csv"), "").unwrap();
        assert_eq!(free(&path), dir.path().join("runs-3.csv"));
    }
}
