//! The documents name tests as their evidence; those tests are there.

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_pitfalls_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/pitfalls.md")).expect("the document is there");
    let mut last_file = String::new();
    let mut named = 0;
    let mut missing = Vec::new();
    // Code spans are every second part between backticks.
    for span in text.split('`').skip(1).step_by(2) {
        let Some((file, test)) = span.split_once("::").filter(|(file, _)| *file != "file") else { continue };
        if file != "…" {
            last_file = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/{file}.rs") };
        }
        let source = fs::read_to_string(root.join(&last_file)).unwrap_or_default();
        named += 1;
        if !source.contains(&format!("fn {test}()")) {
            missing.push(format!("{last_file}: {test}"));
        }
    }
    assert!(named > 40, "only {named} tests are named");
    assert!(missing.is_empty(), "named in docs/pitfalls.md and not there:\n{}", missing.join("\n"));
}
