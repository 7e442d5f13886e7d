//! Which file of the crate names what of which other one.

use std::collections::BTreeMap;

use super::index::{Found, Index};
use super::scan::Brings;

/// What one file names of another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The file that names.
    pub from: usize,
    /// The file that defines.
    pub to: usize,
    /// The names with the line of each one's first use.
    pub names: Vec<(usize, String)>,
}

/// The edges between different files, by the numbers of the files.
pub fn edges(index: &Index) -> Vec<Edge> {
    let mut edges: BTreeMap<(usize, usize), Edge> = BTreeMap::new();
    for (from, file) in index.files.iter().enumerate() {
        let mut note = |line: usize, found: Found| {
            let (to, name) = match found {
                Found::Item { file, name, .. } => (Some(file), name),
                // What a macro makes, for instance: it belongs to the module that is named.
                Found::Missing { module, name } => (index.file_of(&module), name),
                Found::Module(_) | Found::Foreign => return,
            };
            let Some(to) = to.filter(|to| *to != from) else { return };
            let edge = edges.entry((from, to)).or_insert_with(|| Edge { from, to, names: Vec::new() });
            if edge.names.iter().all(|(_, known)| *known != name) {
                edge.names.push((line, name));
            }
        };
        for mention in &file.scan.mentions {
            note(mention.line, index.find(mention));
        }
        // Names that come with a glob.
        for word in file.scan.words.iter().filter(|word| index.has_globs(&word.place)) {
            note(word.line, index.find_word(&word.place, &word.name));
        }
    }
    edges.into_values().map(Edge::sorted).collect()
}

/// Every path into the crate that leads to nothing, as `file:line: sentence`: the checker would be blind there.
pub fn lost(index: &Index) -> Vec<String> {
    let mut lost = Vec::new();
    for file in &index.files {
        for mention in file.scan.mentions.iter().filter(|mention| mention.brings != Brings::All) {
            if let Found::Missing { module, name } = index.find(mention) {
                let module =
                    if module.is_empty() { "the crate".to_owned() } else { format!("`{}`", module.join("::")) };
                let path = mention.path.join("::");
                lost.push(format!("src/{}:{}: `{path}`: {module} has no `{name}`", file.place, mention.line));
            }
        }
    }
    lost
}

impl Edge {
    fn sorted(mut self) -> Self {
        self.names.sort();
        self
    }

    /// What is named, as `src/a.rs:3 names `X`, `Y` and 2 more of src/b.rs`.
    pub fn words(&self, index: &Index) -> String {
        let (from, to) = (&index.files[self.from].place, &index.files[self.to].place);
        let names: Vec<String> = self.names.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
        let names = names.join(", ");
        let more = self.names.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("src/{from}:{} names {names}{more} of src/{to}", self.line())
    }

    /// The line of the first name.
    pub fn line(&self) -> usize {
        self.names.first().map_or(1, |(line, _)| *line)
    }
}
