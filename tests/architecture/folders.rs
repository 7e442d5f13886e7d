//! Which folder of `src` names which other one, and which libraries.

use super::paths::{Named, Root, named_paths};
use crate::{EVERYBODY_USES, FOLDERS, LIBRARIES};

/// What is wrong in one file, one `file:line: sentence` each. `place` is its path below `src`, such as `ui/app.rs`.
pub fn violations(place: &str, source: &str) -> Vec<String> {
    let mut module: Vec<&str> = place.trim_end_matches(".rs").split('/').collect();
    let folder = module[0];
    module.retain(|part| !matches!(*part, "mod" | "lib" | "main"));
    let Some((_, allowed)) = FOLDERS.iter().find(|(name, _)| *name == folder) else {
        return vec![format!("src/{place}:1: the folder `{folder}` is not in the table of tests/architecture.rs")];
    };
    named_paths(source, &module)
        .into_iter()
        .filter_map(|named| {
            let problem = match named.root {
                Root::Crate => folder_problem(folder, allowed, &named),
                Root::Extern | Root::Name => library_problem(folder, &named.segments[0]),
            }?;
            Some(format!("src/{place}:{}: {problem}", named.line))
        })
        .collect()
}

fn folder_problem(folder: &str, allowed: &[&str], named: &Named) -> Option<String> {
    let path = named.segments.join("::");
    let Some(used) = named.segments.first().map(String::as_str) else {
        return Some("names the whole crate; name the folder".to_owned());
    };
    if used == folder || allowed.contains(&used) || folder == "lib" {
        return None;
    }
    // The configuration stands below the protocol.
    if EVERYBODY_USES.contains(&used) && folder != "config" {
        return None;
    }
    if !FOLDERS.iter().any(|(name, _)| *name == used) {
        return Some(format!("`{path}` is in no folder of the table of tests/architecture.rs"));
    }
    let mut may = EVERYBODY_USES.to_vec();
    may.extend(allowed);
    let may = if folder == "config" { "no other folder".to_owned() } else { may.join(", ") };
    Some(format!("`{folder}` uses `{path}`, but may use only {may}"))
}

fn library_problem(folder: &str, library: &str) -> Option<String> {
    // Holds font files and nothing else; figures are drawn with the fonts of the window.
    if library == "epaint_default_fonts" {
        return None;
    }
    let belongs = |prefix: &&str| library == *prefix || library.starts_with(&format!("{prefix}_"));
    let (_, may) = LIBRARIES.iter().find(|(prefixes, _)| prefixes.iter().any(belongs))?;
    (!may.contains(&folder)).then(|| format!("`{folder}` names `{library}`, which only {} may", may.join(", ")))
}
