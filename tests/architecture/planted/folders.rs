//! Folders of `src` and libraries.

use super::super::folders::violations;

/// The checker's findings, without the `src/` in front.
fn found(place: &str, source: &str) -> Vec<String> {
    violations(place, source).into_iter().map(|text| text["src/".len()..].to_owned()).collect()
}

#[test]
fn the_checker_finds_every_violation_with_its_line() {
    let source = r#"//! A made-up file.
use std::{fmt, io::Write as _};
use crate::{
    config::Knobs,
    engine::{self, Link},
    protocol::*,
};
use super::super::ui::App as Window;
use ::burn::tensor::{Tensor, Int};
pub(crate) use wgpu;

fn f<'a>(x: &'a crate::session::Session) -> Vec<crate::model::Network> {
    let c = '"'; let text = "crate::cli::run";  // crate::cli
    egui::Ui::new(Tensor::<2>::new())
}
"#;
    let may = "but may use only config, protocol, optim, model, data";
    let burn = "which only model, optim, train, landscape, curvature, noise, engine may";
    assert_eq!(
        found("curvature/dense.rs", source),
        [
            format!("curvature/dense.rs:5: `curvature` uses `engine`, {may}"),
            format!("curvature/dense.rs:5: `curvature` uses `engine::Link`, {may}"),
            format!("curvature/dense.rs:8: `curvature` uses `ui::App`, {may}"),
            "curvature/dense.rs:10: `curvature` names `wgpu`, which only render may".to_owned(),
            format!("curvature/dense.rs:12: `curvature` uses `session::Session`, {may}"),
            "curvature/dense.rs:14: `curvature` names `egui`, which only ui may".to_owned(),
        ]
    );
    let in_data = found("data/mod.rs", source);
    assert!(in_data.contains(&format!("data/mod.rs:9: `data` names `burn`, {burn}")), "{in_data:#?}");
}

#[test]
fn the_checker_knows_modules_and_their_parents() {
    let up = "use super::super::engine::Link;";
    assert_eq!(found("ui/panels/mod.rs", up).len(), 0, "the window may use the engine");
    assert_eq!(found("model/layers/conv.rs", up).len(), 0, "this is model::engine");
    assert_eq!(found("model/conv.rs", up).len(), 1);
    assert_eq!(found("model/mod.rs", "use super::engine::Link;").len(), 1);
    assert_eq!(found("model/mod.rs", "mod a { use super::engine::Link; } mod b; use super::ui;").len(), 1);
    assert_eq!(found("main.rs", "fn main() { flatscape::cli::run(); flatscape::engine::run() }").len(), 1);
    assert_eq!(found("lib.rs", "pub mod engine; pub use crate::engine::Link;").len(), 0);
    assert_eq!(found("config/mod.rs", "use crate::protocol::RunId;").len(), 1);
    assert_eq!(found("protocol.rs", "use crate::config::Knobs;").len(), 0);
    assert_eq!(found("plugins/mod.rs", "").len(), 1, "a new folder needs its row in the table");
    assert_eq!(found("ui/app.rs", "use crate::plugins::Plugin; use crate::*;").len(), 2);
}

#[test]
fn the_checker_lets_local_names_and_tests_be() {
    let window = "use eframe::wgpu; use eframe::egui_wgpu::wgpu::Queue; fn f(d: &wgpu::Device) {}";
    assert_eq!(found("ui/view3d.rs", window).len(), 0);
    assert_eq!(found("ui/view3d.rs", "use eframe::wgpu::{self, Queue}; fn f(d: &wgpu::Device) {}").len(), 0);
    assert_eq!(found("ui/view3d.rs", "use wgpu::{self}; fn f(d: &wgpu::Device) {}").len(), 2);
    assert_eq!(found("ui/view3d.rs", "fn f(d: &wgpu::Device) {}").len(), 1);
    let tested =
        "#[cfg(test)]\nmod tests { use crate::ui::App; fn f() { if true { egui::f() } } }\nuse crate::ui::Tab;";
    assert_eq!(found("train/run.rs", tested).len(), 1);
    let quiet =
        r##"/* /* crate::ui */ egui::x */ const A: &str = r#"crate::"ui""#; const B: char = '\''; use crate::ui;"##;
    assert_eq!(found("data/mod.rs", quiet).len(), 1);
    assert_eq!(found("train/run.rs", "/// See [`crate::ui`] and `egui::Ui`.\nstruct S; use burnt::X;").len(), 0);
    assert_eq!(found("data/mod.rs", "fn f() { <T as Backend>::burn::X; x.burn::<u8>() }").len(), 0);
    assert_eq!(found("data/mod.rs", "fn f() -> ::burn::Tensor {}").len(), 1);
}
