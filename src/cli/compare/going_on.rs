//! The session in the folder of a comparison: what becomes of one that is there.

use std::path::Path;

use anyhow::Result;

use super::rerun::asked_for;
use crate::cli::error::{BadInput, say};
use crate::cli::session::comparison;
use crate::config::DeviceChoice;
use crate::engine::{CompareOptions, Difference, Keeping, KeptComparison, SESSION_FILE, There};
use crate::session::files::first_change;
use crate::session::store::Writer;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A new comparison.
    New,
    /// A new one in the place of whatever is there.
    Force,
    /// To go on with the one that is there.
    Resume,
}

/// Where a comparison in a folder keeps what it does.
///
/// # Errors
/// [`BadInput`] where something is in the way, or there is nothing to go on with.
pub fn keeping(folder: &Path, wish: Wish, options: &CompareOptions) -> Result<Keeping> {
    let path = folder.join(SESSION_FILE);
    let there = match (wish, comparison(&path)) {
        (Wish::Force, _) => There::ThrowAway,
        (Wish::New, Ok(Some(kept))) if kept.written.is_none() => return Err(not_ended(&kept, options, folder).into()),
        // Whatever it is, it is told as any other file that is in the way.
        (Wish::New, _) => There::None,
        (Wish::Resume, Ok(None)) => {
            let words =
                "`--resume`: there is nothing to go on with, expected the folder of a comparison that was stopped";
            return Err(BadInput(format!("{words}: {}", folder.display())).into());
        }
        (Wish::Resume, Ok(Some(kept))) => {
            check(&kept, options, folder)?;
            There::GoOn
        }
        (Wish::Resume, Err(err)) => return Err(err.into()),
    };
    Ok(Keeping { path, writer: Writer::Compare, there, pause: Keeping::PAUSE, asked: asked_for(options) })
}

/// Why a comparison is not one with the one that is there, in words such as "`budget` is 8 here, and 7200 there"; `None` where it is.
pub fn difference_words(kept: &KeptComparison, options: &CompareOptions) -> Option<String> {
    if let Some(Difference { name, there, here }) = kept.difference(options) {
        let value = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
        return Some(format!("`{name}` is {} here, and {} there", value(here), value(there)));
    }
    if let Some(words) = first_change(&kept.files) {
        return Some(words);
    }
    let is_cpu = options.device == DeviceChoice::Cpu;
    let is_other = options.device != DeviceChoice::Auto && is_cpu != kept.is_of_cpu();
    let asked = if is_cpu { "cpu" } else { "gpu" };
    is_other.then(|| format!("`--device` is {asked} here, and it was computed on {} there", kept.provenance.device))
}

fn check(kept: &KeptComparison, options: &CompareOptions, folder: &Path) -> Result<(), BadInput> {
    let place = folder.display();
    if let Some(words) = difference_words(kept, options) {
        return Err(BadInput(format!(
            "`--resume`: {words}, expected the same settings and files (or another folder, or --force): {place}"
        )));
    }
    // One that was stopped before its last file was written has its runs to write them from, and so has one whose file is gone.
    if kept.has_ended(folder) {
        return Err(BadInput(format!(
            "`--resume`: the comparison there has ended, there is nothing to go on with: {place}"
        )));
    }
    Ok(())
}

fn not_ended(kept: &KeptComparison, options: &CompareOptions, folder: &Path) -> BadInput {
    let ended = kept.done.runs.len();
    let runs = format!("{ended} of its runs {}", if ended == 1 { "has" } else { "have" });
    let way = match difference_words(kept, options) {
        None => "add --resume to go on with it, or --force to throw it away".to_owned(),
        Some(words) => format!("{words}, so choose another folder, or add --force to throw it away"),
    };
    BadInput(format!("a comparison that has not ended is there ({runs}); {way}: {}", folder.display()))
}

/// The files of a comparison are written: with this in its session it has ended.
pub fn end(keeping: &Keeping, files: Vec<String>) {
    if let Err(err) = KeptComparison::end(&keeping.path, files) {
        say(&format!("the session does not know that the files are written, so --resume writes them again: {err}"));
    }
}
