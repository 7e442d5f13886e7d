//! Files that are longer than they should be and do not say why.

use super::index::Tree;

/// More lines than this ask for a reason.
pub const LINES: usize = 400;

/// What a header says of a file that is one on purpose; the reason follows.
pub const REASON: &str = "One file because";

/// The long files whose header gives no reason, by their whole place, such as `src/ui/app.rs`.
pub fn violations(files: &Tree) -> Vec<String> {
    let long = files.iter().filter(|(_, source)| source.lines().count() > LINES && !has_reason(source));
    long.map(|(place, source)| {
        let count = source.lines().count();
        format!("{place}: {count} lines; over {LINES} its header (`//!`) must say `{REASON} …`")
    })
    .collect()
}

fn has_reason(source: &str) -> bool {
    let header = source.lines().map_while(|line| line.strip_prefix("//!")).flat_map(str::split_whitespace);
    let header = header.collect::<Vec<_>>().join(" ");
    header.split(REASON).nth(1).is_some_and(|reason| !reason.trim_matches([' ', '.', '…']).is_empty())
}
