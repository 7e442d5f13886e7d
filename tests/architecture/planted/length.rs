//! Long files.

use super::super::length::violations;
use super::tree;

fn long(header: &str, lines: usize) -> Vec<String> {
    let source = format!("{header}\n{}", "fn f() {}\n".repeat(lines - header.lines().count()));
    violations(&tree(&[("src/a.rs", &source)]))
}

#[test]
fn a_long_file_must_say_why() {
    assert_eq!(long("//! A.", 400), [""; 0]);
    assert_eq!(long("//! A.", 401), ["src/a.rs: 401 lines; over 400 its header (`//!`) must say `One file because …`"]);
    assert_eq!(long("//! A.\n//!\n//! One file because its steps share a cache.", 1000), [""; 0]);
    assert_eq!(long("//! A table. One file\n//! because it is one table.", 500), [""; 0], "the words may be wrapped");
    assert_eq!(long("//! One file because …", 401).len(), 1, "a reason follows");
    assert_eq!(long("// One file because it is.", 401).len(), 1, "that is no header");
    assert_eq!(long("//! A.\nfn f() {}\n//! One file because it is.", 401).len(), 1, "that is below the header");
}
