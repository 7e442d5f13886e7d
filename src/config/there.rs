//! Paths of the machine where the engine is, while the window is on another one: the user writes `there:/data/digits.csv`. They are
//! neither looked at nor completed here.

use std::path::{Path, PathBuf};

/// What stands before such a path.
const THERE: &str = "there:";

/// The path there; `None` for one of this machine.
#[must_use]
pub fn there(path: &Path) -> Option<&Path> {
    path.to_str()?.strip_prefix(THERE).filter(|rest| !rest.is_empty()).map(Path::new)
}

/// The whole path, as far as it can be told, of one of this machine.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    let whole = if there(path).is_some() { None } else { std::path::absolute(path).ok() };
    whole.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_there_are_left_alone() {
        assert_eq!(there(Path::new("there:/a/b.csv")), Some(Path::new("/a/b.csv")));
        for here in ["there:", "/there:/a", "there/a", "a.csv"] {
            assert_eq!(there(Path::new(here)), None, "{here}");
        }
        assert_eq!(absolute(Path::new("there:b.csv")), Path::new("there:b.csv"));
        assert!(absolute(Path::new("b.csv")).is_absolute());
    }
}
