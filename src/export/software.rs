//! What made a file, and of what that is made.

/// What made a file, as the file says it.
pub const SOFTWARE: &str = concat!("Flatscape ", env!("CARGO_PKG_VERSION"));

/// The commit that it was built from. Only who builds a release says it, by `FLATSCAPE_COMMIT`: a build that looked for itself
/// would compile the whole crate anew after each commit.
pub const COMMIT: &str = match option_env!("FLATSCAPE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// What the build has, a row each: its name and the words for it.
#[must_use]
pub fn build() -> [(&'static str, String); 3] {
    let os = std::env::consts::OS;
    let speed = if cfg!(debug_assertions) { "not optimised" } else { "optimised" };
    let window = match os {
        "linux" => "windows by X11 and Wayland",
        "macos" => "windows by Cocoa",
        "windows" => "windows by Win32",
        _ => "windows",
    };
    [
        ("Commit", COMMIT.to_owned()),
        ("Built for", format!("{os} on {}, {speed}", std::env::consts::ARCH)),
        ("Features", format!("tensors on the CPU with SIMD, tensors on GPUs, {window}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_names_its_commit_or_says_that_it_does_not_know_it() {
        let rows = build();
        assert_eq!(rows.each_ref().map(|row| row.0), ["Commit", "Built for", "Features"]);
        assert!(rows.iter().all(|(_, words)| !words.is_empty() && words.lines().count() == 1), "{rows:?}");
        let is_hash = COMMIT.len() >= 7 && COMMIT.chars().all(|letter| letter.is_ascii_hexdigit());
        assert!(is_hash || COMMIT == "unknown" || COMMIT.ends_with("-changed"), "{COMMIT}");
    }
}
