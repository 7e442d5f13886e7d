//! About: version, paper, device, libraries and licences, and the same as text for a bug report.

use std::fmt::Write as _;

use egui::{Align, Grid, Layout, OpenUrl, RichText, ScrollArea, TextStyle, Ui};

use crate::export::build;
use crate::ui::contract::ask::Asks;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const PAPER: &str = "https://arxiv.org/abs/2306.08553";

/// The libraries that most depends on, in their locked releases (a test reads `Cargo.lock`).
const LIBRARIES: [(&str, &str); 6] = [
    ("burn", "0.22.1"),
    ("wgpu", "30.0.1"),
    ("egui", "0.37.0"),
    ("egui_plot", "0.38.0"),
    ("egui_tiles", "0.18.0"),
    ("nalgebra", "0.35.0"),
];

/// What comes with the program, and under which terms.
const LICENCES: [(&str, &str); 7] = [
    ("Flatscape", "MIT or Apache 2.0, as you prefer."),
    (
        "Digits",
        "E. Alpaydin and C. Kaynak, UCI Machine Learning Repository 1998, CC BY 4.0. The file format was changed.",
    ),
    ("Other data", "Two moons and the like are generated when they are needed."),
    ("Text fonts", "Ubuntu Light (Ubuntu Font Licence 1.0), Hack (MIT and Bitstream Vera)."),
    ("Icons", "Phosphor Icons, MIT, © 2020 Phosphor Icons."),
    (
        "Colour maps",
        "Viridis, magma and inferno by S. van der Walt and N. Smith, CC0; cividis by J. Nuñez, C. Anderton and \
         R. Renslow, 2018. Those for differences are color specifications and designs developed by Cynthia Brewer \
         (colorbrewer.org), Apache 2.0. All as the library colorgrad computes them, MIT or Apache 2.0.",
    ),
    ("Libraries", "Crates of the Rust registry, each under its own terms: the list is below."),
];

/// All crates of all systems, in their locked releases: name, release, terms and place, separated by tabs.
const CRATES: &str = include_str!("../../../assets/licenses/crates.txt");
/// Height of the list of crates, in points.
const CRATES_HEIGHT: f32 = 220.0;

/// Draws what stands in the dialog.
pub fn about_ui(ui: &mut Ui, model: &Model, adapter: Option<&str>, asks: &mut Asks) {
    ui.set_min_width((0.85 * ui.ctx().content_rect().width()).min(540.0));
    ui.label(RichText::new(format!("Flatscape {VERSION}")).heading());
    ui.label("An explorer of loss landscapes: SGD, SAM and NSO side by side.");
    // Rows of text, not of controls.
    let height = std::mem::replace(&mut ui.spacing_mut().interact_size.y, 0.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label(
            "It implements Zhang, Li, Ju, “Noise Stability Optimization for Finding Flat Minima: A Hessian-based \
             Regularization Approach”, TMLR 2024,",
        );
        if ui.link("arXiv 2306.08553").on_hover_text(format!("Opens {PAPER}, and copies it.")).clicked() {
            ui.ctx().open_url(OpenUrl::new_tab(PAPER));
            // Where no browser opens, the address is at hand.
            ui.ctx().copy_text(PAPER.to_owned());
            asks.say(Level::Info, format!("Opened in the browser: {PAPER}. The address is copied too."));
        }
    });
    ui.add_space(6.0);
    let machine = machine(model, adapter);
    rows_ui(ui, "This machine", machine.iter().map(|(name, words)| (*name, words.as_str())));
    ui.spacing_mut().interact_size.y = height;
    if ui.button("Copy for a bug report").on_hover_text("Versions, device and system as text.").clicked() {
        ui.ctx().copy_text(report(&machine));
        asks.say(Level::Info, "Versions and device are copied.");
    }
    ui.spacing_mut().interact_size.y = 0.0;
    ui.add_space(6.0);
    rows_ui(ui, "Libraries", LIBRARIES.into_iter());
    rows_ui(ui, "Licences", LICENCES.into_iter());
    ui.spacing_mut().interact_size.y = height;
    crates_ui(ui);
}

/// The list of crates, of which only what is to be seen is laid out.
fn crates_ui(ui: &mut Ui) {
    let count = CRATES.lines().count();
    egui::CollapsingHeader::new(format!("Licences of {count} crates")).show(ui, |ui| {
        if ui.button("Copy the list").on_hover_text("Name, release, terms and place of each crate, as text.").clicked()
        {
            ui.ctx().copy_text(CRATES.to_owned());
        }
        let row = ui.text_style_height(&TextStyle::Small);
        let area = ScrollArea::vertical().id_salt("crates").max_height(CRATES_HEIGHT).auto_shrink([false, true]);
        area.show_rows(ui, row, count, |ui, rows| {
            for line in CRATES.lines().skip(rows.start).take(rows.len()) {
                let mut fields = line.split('\t');
                let mut field = || fields.next().unwrap_or_default();
                let (name, version, terms, place) = (field(), field(), field(), field());
                let words = RichText::new(format!("{name} {version}, {terms}")).small();
                ui.add(egui::Label::new(words).truncate()).on_hover_text(place);
            }
        });
    });
}

fn rows_ui<'a>(ui: &mut Ui, title: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    let weak = Tokens::of(ui).weak.0;
    ui.label(RichText::new(title).text_style(theme::title_style()));
    Grid::new(title).num_columns(2).spacing([12.0, 3.0]).min_col_width(84.0).show(ui, |ui| {
        for (name, words) in rows {
            ui.with_layout(Layout::top_down(Align::Min), |ui| ui.label(RichText::new(name).color(weak)));
            ui.add(egui::Label::new(words).wrap());
            ui.end_row();
        }
    });
    ui.add_space(6.0);
}

/// Where this runs, a row each.
fn machine(model: &Model, adapter: Option<&str>) -> Vec<(&'static str, String)> {
    vec![
        ("Training", model.device.clone().unwrap_or_else(|| "the device is still starting".to_owned())),
        ("Window", adapter.unwrap_or("no graphics adapter is known").to_owned()),
    ]
    .into_iter()
    .chain(build())
    .collect()
}

fn report(machine: &[(&'static str, String)]) -> String {
    let mut text = format!("Flatscape {VERSION}\n");
    for (name, words) in machine {
        let _ = writeln!(text, "{name}: {words}");
    }
    let libraries: Vec<String> = LIBRARIES.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(text, "Libraries: {}", libraries.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock: toml::Value = toml::from_str(include_str!("../../../Cargo.lock")).expect("valid");
        let packages = lock["package"].as_array().expect("a list");
        for (name, version) in LIBRARIES {
            let is_locked = packages
                .iter()
                .any(|package| package["name"].as_str() == Some(name) && package["version"].as_str() == Some(version));
            assert!(is_locked, "{name} {version} is not in Cargo.lock");
        }
    }

    #[test]
    fn the_terms_of_every_locked_crate_are_listed() {
        let lock: toml::Value = toml::from_str(include_str!("../../../Cargo.lock")).expect("valid");
        let listed: std::collections::BTreeSet<(&str, &str)> = CRATES
            .lines()
            .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
                [name, version, terms, place] if !terms.is_empty() && place.starts_with("http") => (name, version),
                _ => panic!("`{line}` is no row of the list"),
            })
            .collect();
        let packages = lock["package"].as_array().expect("a list");
        let from_registry = packages.iter().filter(|package| package.get("source").is_some());
        let missing: Vec<String> = from_registry
            .map(|package| (package["name"].as_str().expect("text"), package["version"].as_str().expect("text")))
            .filter(|package| !listed.contains(package))
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        assert!(missing.is_empty(), "write the list anew with assets/licenses/generate.py: {missing:?}");
    }

    #[test]
    fn a_report_names_version_device_and_libraries() {
        let text = report(&[("Training", "CPU (Flex), 2 threads".to_owned())]);
        assert!(text.starts_with(&format!("Flatscape {VERSION}\nTraining: CPU (Flex), 2 threads\nLibraries: burn ")));
    }
}
