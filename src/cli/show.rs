//! `flatscape show`: what is in a session file. It is only read; of a damaged one what can be read is told, and what is wrong.

mod contents;
mod words;

use std::path::Path;

use anyhow::Result;

use super::ShowArgs;
use super::error::BadInput;
use super::list::json;
use super::print::print;
use super::session::file;
use crate::session::store::{Session, StoreError, salvage};
use contents::Contents;

/// Runs the command.
pub fn run(args: &ShowArgs) -> Result<()> {
    let path = file(&args.session);
    let Found { contents, damage } = read(&path)?;
    if args.json {
        json(&contents)?;
    } else {
        print(&words::words(&contents))?;
    }
    match &damage[..] {
        [] => Ok(()),
        damage => {
            Err(BadInput(format!("the session file is damaged ({}): {}", damage.join("; "), path.display())).into())
        }
    }
}

/// What a file has, and what is wrong with it.
struct Found {
    contents: Contents,
    damage: Vec<String>,
}

fn read(path: &Path) -> Result<Found> {
    let whole = || -> Result<Found, StoreError> {
        let session = Session::open(path)?;
        let damage = session.check()?;
        Ok(Found { contents: Contents::read(&session, path, &damage)?, damage })
    };
    match whole() {
        Err(StoreError::Damaged { what, .. }) => salvaged(path, what),
        found => Ok(found?),
    }
}

/// What can be read of a damaged file, by way of a copy elsewhere: nothing is written beside the file itself.
fn salvaged(path: &Path, what: String) -> Result<Found> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("session.flatscape");
    for beside in ["", "-wal"] {
        let from = format!("{}{beside}", path.display());
        if beside.is_empty() || Path::new(&from).exists() {
            std::fs::copy(from, format!("{}{beside}", copy.display()))?;
        }
    }
    let saved = salvage(&copy)?;
    let damage: Vec<String> = std::iter::once(what).chain(saved.missing).collect();
    let session = Session::open(&saved.path)?;
    Ok(Found { contents: Contents::read(&session, path, &damage)?, damage })
}
