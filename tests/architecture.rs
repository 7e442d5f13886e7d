//! Keeps the direction of dependence that ARCHITECTURE.md draws: reads every source file for the modules and the
//! libraries that it names.

use std::path::{Path, PathBuf};

/// Modules from the top down; each may name its own row and the rows below.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli", "ui"],
    &["engine", "render"],
    &["session", "train", "landscape", "curvature", "noise"],
    &["optim", "model", "data"],
    &["config", "protocol"],
];

/// Libraries that few may name.
const LIBRARIES: &[(&[&str], &[&str])] = &[
    (&["burn::"], &["model", "optim", "train", "landscape", "curvature", "noise", "engine"]),
    (&["egui::", "eframe::", "egui_plot::"], &["ui"]),
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("the source folder can be read") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of this crate that a line names: `crate::a::…` and `crate::{a, b::…}`.
fn modules_named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').map_or(vec![rest], |list| list.split(',').collect());
        let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.extend(list.into_iter().map(name));
    }
    names
}

/// What is wrong with a line of a file of `module`.
fn faults(module: &str, line: &str) -> Vec<String> {
    let own = layer(module);
    let upward = modules_named(line)
        .into_iter()
        .filter(|name| layer(name).is_some_and(|theirs| own.is_some_and(|own| theirs < own)))
        .map(|name| format!("{module} may not name {name}"));
    let is_named = |library: &&str| {
        line.match_indices(*library)
            .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
    };
    let foreign = LIBRARIES
        .iter()
        .filter(|(names, modules)| !modules.contains(&module) && names.iter().any(|name| is_named(name)))
        .map(|(names, _)| format!("{module} may not name {}", names[0]));
    upward.chain(foreign).collect()
}

#[test]
fn dependence_has_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut all = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("it was found below the root");
        let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("sources are UTF-8");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            all.extend(
                faults(module, code).into_iter().map(|fault| format!("{}:{}: {fault}", inside.display(), number + 1)),
            );
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn faults_are_found() {
    assert_eq!(faults("session", "use crate::engine::compare;").len(), 1);
    assert_eq!(faults("config", "use crate::{model::Shape, protocol};").len(), 1);
    assert_eq!(faults("cli", "let x = burn::Tensor::new();").len(), 1);
    assert_eq!(faults("engine", "use egui::Ui;").len(), 1);
    assert!(faults("engine", "use crate::{config::Knobs, session::results, train::Run};").is_empty());
    assert!(faults("ui", "use egui::Ui; use crate::engine::Link;").is_empty());
}
