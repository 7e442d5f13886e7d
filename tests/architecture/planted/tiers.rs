//! The tiers of the window.

use super::super::tiers::violations;
use super::{lines, tree};

/// A window as it should be; the planted file comes in addition.
fn with(place: &str, source: &str) -> Vec<String> {
    let mut tree = tree(&[
        ("config.rs", "pub struct Knobs;"),
        ("render.rs", "pub struct Mesh;"),
        ("engine.rs", "pub struct Link;"),
        (
            "ui/mod.rs",
            "mod contract;\nmod kit;\nmod panes;\nmod plots;\nmod shell;\nmod state;\npub use shell::App;\npub use state::Model;",
        ),
        ("ui/kit/mod.rs", "mod theme;\npub use theme::Tokens;"),
        ("ui/kit/theme.rs", "pub struct Tokens(egui::Color32); pub fn button_ui(ui: &mut egui::Ui) {}"),
        ("ui/state/mod.rs", "use super::kit::Tokens; use egui::Color32; pub struct Model(crate::engine::Link);"),
        (
            "ui/plots/mod.rs",
            "use crate::ui::state::Model; use crate::render::Mesh; pub fn plot_ui(ui: &mut egui::Ui) {}",
        ),
        ("ui/contract/mod.rs", "use crate::ui::{kit::Tokens, plots::plot_ui, Model}; pub struct Seen;"),
        ("ui/panes/mod.rs", "mod charts;\nmod runs;\npub use charts::Charts;\npub use runs::Runs;\n"),
        ("ui/panes/charts/mod.rs", "mod tab;\nuse crate::ui::contract::Seen;\npub struct Charts(tab::Tab);"),
        ("ui/panes/charts/tab.rs", "use super::super::super::plots::plot_ui;\npub enum Tab { A }"),
        ("ui/panes/runs.rs", "use crate::ui::contract::Seen; pub struct Runs; impl Runs {}"),
        ("ui/shell/mod.rs", "use crate::ui::panes::{Charts, Runs}; pub struct App; impl App {} mod files;"),
        ("ui/shell/files.rs", "use super::App; impl App { fn save() {} } impl eframe::App for App {}"),
    ]);
    let clean = violations(&tree);
    assert_eq!(lines(&clean), [""; 0], "the window that should be clean");
    tree.insert(place.to_owned(), source.to_owned());
    violations(&tree)
}

#[test]
fn every_tier_names_only_those_below() {
    let pane = "but a pane may use only kit, state, plots, contract";
    assert_eq!(
        with("ui/kit/rows.rs", "use crate::config::Knobs;\n\nfn f(x: crate::ui::Model) {}"),
        [
            "src/ui/kit/rows.rs:1: `kit` names `config::Knobs`, but kit may use only number, letters",
            "src/ui/kit/rows.rs:3: `kit` names `state::Model`, but kit may use only number, letters",
        ]
    );
    assert_eq!(
        with("ui/plots/view.rs", "\nuse crate::ui::contract::Seen;\nuse crate::engine::Link;"),
        [
            "src/ui/plots/view.rs:2: `plots` names `contract::Seen`, but plots may use only kit, state, config, protocol, render, export, number",
            "src/ui/plots/view.rs:3: `plots` names `engine::Link`, but plots may use only kit, state, config, protocol, render, export, number",
        ]
    );
    assert_eq!(
        with("ui/contract/ask.rs", "use super::super::panes::Charts as C;"),
        [
            "src/ui/contract/ask.rs:1: `contract` names `panes/charts::Charts`, but contract may use only kit, state, plots"
        ]
    );
    assert_eq!(
        with("ui/panes/charts/axes.rs", "use crate::ui::App;"),
        [format!("src/ui/panes/charts/axes.rs:1: `panes/charts` names `shell::App`, {pane}")]
    );
    assert_eq!(with("ui/shell/tour.rs", "use crate::ui::panes::Charts; use crate::ui::kit::Tokens;"), [""; 0]);
}

#[test]
fn a_file_in_no_tier_is_told_once() {
    let stray = tree(&[
        ("ui/view.rs", "pub struct View; fn f(x: &super::shell::App) {}"),
        ("ui/kit.rs", "use super::view::View;"),
        ("ui/shell.rs", "pub struct App;"),
    ]);
    let tiers = "kit, state, plots, contract, panes, shell";
    assert_eq!(violations(&stray), [format!("src/ui/view.rs:1: `view` is none of {tiers}")]);
}

#[test]
fn panes_never_name_each_other() {
    let pane = "but a pane may use only kit, state, plots, contract";
    assert_eq!(
        with("ui/panes/runs/list.rs", "//! Runs.\nfn f() { super::super::charts::Charts::new() }"),
        [format!("src/ui/panes/runs/list.rs:2: `panes/runs` names `panes/charts::Charts`, {pane}")]
    );
    // Nor what the root of the window should have and has not.
    assert_eq!(
        with("ui/panes/runs/list.rs", "use crate::ui::Gone;"),
        [format!("src/ui/panes/runs/list.rs:1: `panes/runs` names `ui::Gone`, {pane}")]
    );
    // Nor by the door of all panes, nor what stands there.
    assert_eq!(
        with("ui/panes/runs/list.rs", "use crate::ui::panes;\nfn f(x: panes::Charts) {}"),
        [format!("src/ui/panes/runs/list.rs:2: `panes/runs` names `panes/charts::Charts`, {pane}")]
    );
    let door = "mod charts;\nmod runs;\npub use charts::Charts;\npub use runs::Runs;\npub fn all() {}";
    assert_eq!(with("ui/panes/mod.rs", door), [""; 0]);
    assert_eq!(with("ui/panes/runs/list.rs", "use super::Runs;"), [""; 0]);
}

#[test]
fn a_tier_without_drawing_has_plain_values_of_egui_only() {
    let source = "use eframe::egui::{Pos2, Ui as Area};\nuse eframe::egui;\nfn f(c: &egui::Context) {}";
    let found = with("ui/state/rows.rs", source);
    let only = "but draws nothing: of egui it may use only Color32, ";
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with(&format!("src/ui/state/rows.rs:1: `state` names `egui::Ui`, {only}")), "{found:#?}");
    assert!(found[1].starts_with(&format!("src/ui/state/rows.rs:3: `state` names `egui::Context`, {only}")));
    assert_eq!(
        with("ui/state/rows.rs", "use egui::{self, Color32}; fn f() { egui::vec2(0.0, Color32::RED) }"),
        [""; 0]
    );
    assert_eq!(with("ui/state/rows.rs", "use egui_plot::PlotPoint;").len(), 1);
}

#[test]
fn the_root_of_the_window_only_declares() {
    let root = "mod kit;\nmod state;\nmod shell;\npub use shell::App;\npub use state::Model;\nmod panes; mod contract; mod plots;\n\nfn f() {}\n";
    assert_eq!(with("ui/mod.rs", root), ["src/ui/mod.rs:8: defines `fn f`, but may only declare and re-export"]);
}

#[test]
fn the_window_gets_methods_in_its_shell_alone() {
    let found = with("ui/panes/runs/perform.rs", "use crate::ui::App as Window;\n\nimpl<T: Fn() -> u8> Window {}");
    assert_eq!(found[1], "src/ui/panes/runs/perform.rs:3: `impl App`, which only ui/shell may have");
    let found = with("ui/panes/charts/axes.rs", "impl crate::ui::App<dyn for<'a> Fn(&'a u8)> {}");
    assert_eq!(found[0], "src/ui/panes/charts/axes.rs:1: `impl App`, which only ui/shell may have");
    let found = with("cli.rs", "impl Command for flatscape::ui::App {}\nimpl eframe::App for Fake {}");
    assert_eq!(found, ["src/cli.rs:1: `impl App`, which only ui/shell may have"]);
}
