//! The full paths that one file names, as far as its own text allows: `crate`, `self` and `super` are resolved with the
//! file's place in the tree.

use std::collections::HashSet;

use super::scan::{Brings, Mention, scan};

/// A path that a file names, resolved as far as its text allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Line of its last segment, from 1.
    pub line: usize,
    /// Where it starts.
    pub root: Root,
    /// Its segments after the root.
    pub segments: Vec<String>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// This crate; the first segment is a folder.
    Crate,
    /// A leading `::`: the first segment is another crate.
    Extern,
    /// A name in scope: a local name or another crate.
    Name,
}

/// All paths that `source` names, where `module` is its place, such as `["ui", "panels"]` for `src/ui/panels.rs`.
pub fn named_paths(source: &str, module: &[&str]) -> Vec<Named> {
    let scan = scan(source, module);
    let mut local: HashSet<&str> =
        scan.items.iter().filter(|item| item.keyword == "mod").map(|item| item.name.as_str()).collect();
    local.extend(scan.mentions.iter().filter_map(|mention| match &mention.brings {
        Brings::Alias(name) => Some(name.as_str()),
        // `use wgpu;` brings in nothing that was not there; `use eframe::wgpu;` does.
        Brings::Name(name) if mention.path.len() > 1 => Some(name.as_str()),
        _ => None,
    }));
    let is_local = |named: &Named| named.root == Root::Name && local.contains(named.segments[0].as_str());
    scan.mentions.iter().filter_map(resolve).filter(|named| !is_local(named)).collect()
}

/// Finds out where a path starts. `None` for paths that stay in the file's own module.
fn resolve(mention: &Mention) -> Option<Named> {
    let named = |root, segments: &[String]| Some(Named { line: mention.line, root, segments: segments.to_vec() });
    let path = &mention.path;
    match path.first()?.as_str() {
        _ if mention.is_extern => named(Root::Extern, path),
        "crate" | "flatscape" => named(Root::Crate, &path[1..]),
        "self" | "Self" => None,
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let above = &mention.place[..mention.place.len().saturating_sub(ups)];
            named(Root::Crate, &[above, &path[ups..]].concat())
        }
        _ => named(Root::Name, path),
    }
}
