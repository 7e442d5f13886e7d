//! What was done to files of weights on their way, for the report and for stderr.

use std::collections::BTreeMap;
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

    /// Takes the notes of many files that `flag` gave: each note once, with the first file that it is of and the number of
    /// others.
    pub fn take_many(&mut self, flag: &str, notes: &BTreeMap<String, Vec<&Path>>) {
        for (note, files) in notes {
            let others = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            self.lines.push(format!("read {}{others}: {note}", files[0].display()));
            self.notes.push(format!("{flag}: {note}"));
        }
    }
}
