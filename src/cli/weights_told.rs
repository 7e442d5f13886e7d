//! What was done to files of weights on their way, for the report and for stderr.

use std::path::Path;

use crate::session::weights::Read;

/// The flag that gives the weights.
pub const WEIGHTS: &str = "`--weights`";

/// What was done to the files of weights on their way.
#[derive(Default)]
pub struct Told {
    /// For the report.
    pub notes: Vec<String>,
    /// For stderr, with the files.
    pub lines: Vec<String>,
}

impl Told {
    /// Takes the notes of a file that `flag` gave; those of the weights themselves need no flag before them.
    pub fn take<T>(&mut self, flag: &str, path: &Path, read: Read<T>) -> T {
        for note in read.notes {
            self.lines.push(format!("read {}: {note}", path.display()));
            self.notes.push(if flag == WEIGHTS { note } else { format!("{flag}: {note}") });
        }
        read.value
    }
}
