//! The menu that saves a chart: its rows as CSV, its picture as PNG and SVG; and where both say that they come from.

use super::save::{Destination, Out, Table};
use crate::export::{ChartFigure, SOFTWARE, chart_png, chart_svg};
use crate::ui::kit::format::{self, file_stem};
use crate::ui::kit::widgets;
use crate::ui::state::course::course;
use crate::ui::state::history::MAX_ROWS;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Turns of knobs of a run that are listed at most.
const MAX_EDITS: usize = 24;

/// What a chart can be saved as. Nothing is made before it is asked for.
pub struct Exports<F, C> {
    /// The picture, light on dark where told so.
    pub figure: F,
    /// The rows.
    pub csv: C,
    /// Rows that each kept one stands for.
    pub stride: u64,
}

/// Draws the menu button at the right end of a chart's title.
pub fn menu_ui<F, C>(ui: &mut egui::Ui, title: &str, out: &mut Out<'_>, exports: Exports<F, C>)
where
    F: Fn(bool) -> ChartFigure,
    C: Fn() -> Table,
{
    let remembered = egui::Id::unique("dark pictures of charts");
    let menu = ui.menu_button("⋯", |ui| {
        let mut is_dark = ui.data(|data| data.get_temp(remembered)).unwrap_or_else(|| ui.visuals().dark_mode);
        let (ctx, to) = (ui.ctx().clone(), |name: &str| Destination::File(format!("{}.{name}", file_stem(title))));
        let mut asked = Vec::new();
        ui.add_enabled_ui(!out.maker.is_busy(), |ui| {
            let busy = "Another file is still being made.";
            let mut button =
                |text: &str, hint: String| ui.button(text).on_hover_text(hint).on_disabled_hover_text(busy).clicked();
            if button("Save CSV…", rows_words(exports.stride)) {
                asked.extend(out.maker.table(&ctx, to("csv"), (exports.csv)()));
            }
            if button("Save PNG…", "What the chart shows now.".to_owned()) {
                let figure = (exports.figure)(is_dark);
                let png =
                    move || chart_png(&figure).expect("the embedded fonts are tested, and memory takes every byte");
                asked.extend(out.maker.make(&ctx, to("png"), png));
            }
            if button("Save SVG…", "What the chart shows now, with text as text.".to_owned()) {
                let figure = (exports.figure)(is_dark);
                let svg = move || chart_svg(&figure).expect("the embedded fonts are tested").into_bytes();
                asked.extend(out.maker.make(&ctx, to("svg"), svg));
            }
            if button("Copy CSV", rows_words(exports.stride)) {
                asked.extend(out.maker.table(&ctx, Destination::Clipboard, (exports.csv)()));
            }
        });
        asked.into_iter().for_each(|ask| out.asks.push(ask));
        if ui.checkbox(&mut is_dark, "Dark picture").changed() {
            ui.data_mut(|data| data.insert_temp(remembered, is_dark));
        }
    });
    widgets::name(&menu.response, egui::Role::Button, &format!("Export {title}"));
    menu.response.on_hover_text("Save or copy this chart");
}

/// Which rows a table has.
fn rows_words(stride: u64) -> String {
    if stride < 2 {
        return "All rows of the lines that are shown.".to_owned();
    }
    format!(
        "The rows of the lines that are shown. The longest run keeps every {}th only: at most {} rows of a kind.",
        format::grouped(stride),
        format::grouped(MAX_ROWS as u64)
    )
}

/// Where a figure comes from.
#[must_use]
pub fn provenance(model: &Model, runs: &[&RunView]) -> Vec<String> {
    let experiment = &model.experiment;
    let mut seeds: Vec<u64> = runs.iter().map(|run| run.info.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let runs: Vec<String> = runs.iter().map(|run| course(model, run, MAX_EDITS)).collect();
    vec![
        format!(
            "Experiment {} ({}), {} parameters, seed {}.",
            experiment.name,
            experiment.title,
            format::grouped(model.num_parameters as u64),
            seeds.join(", ")
        ),
        format!("Runs: {}.", runs.join("; ")),
        SOFTWARE.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_run_does_not_promise_all_rows() {
        assert!(rows_words(1).starts_with("All rows"));
        assert!(rows_words(8).contains("every 8th only"), "{}", rows_words(8));
    }
}
