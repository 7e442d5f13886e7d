//! `report.html`: the tables of a comparison, what was tried, the slices and the whole experiment on one page that needs
//! nothing beside it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::tables::{TextTable, comparison_title, end_table, equal_loss_table};
use crate::config::{Experiment, OptimizerKind};
use crate::number::{count, significant};
use crate::report::results::CompareResult;
use crate::report::tuning::{spent, tries_words};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;\
    color-scheme:light dark}table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;text-align:right;\
    border-bottom:1px solid #8886}th:first-child,td:first-child{text-align:left}tr.picked{font-weight:bold}\
    img{max-width:100%}pre{overflow:auto}";

/// The page. `picture` is that of the slices, as PNG.
#[must_use]
pub fn report_html(experiment: &Experiment, result: &CompareResult, picture: Option<&[u8]>) -> String {
    let title = escaped(&experiment.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<p>{}</p>\n<p>{}</p>\n",
        escaped(&experiment.about),
        escaped(&comparison_title(experiment, result))
    );
    page += "<h2>At the end</h2>\n";
    page += &table(&end_table(result), |_| false);
    if let Some(equal) = equal_loss_table(result) {
        page += "<h2>At equal training loss</h2>\n";
        page += &table(&equal, |_| false);
    }
    if !result.tuning.is_empty() {
        page += "<h2>Tuning</h2>\n";
        page += &table(&tried(result), |row| result.tuning[row - 1].is_picked);
    }
    if let Some(png) = picture {
        let data = BASE64_STANDARD.encode(png);
        let _ = writeln!(page, "<h2>Slices</h2>\n<img alt=\"Slices\" src=\"data:image/png;base64,{data}\">");
    }
    let _ = writeln!(page, "<h2>The experiment</h2>\n<pre>{}</pre>\n</html>", escaped(&experiment.to_toml()));
    page
}

/// What was tried, with how often and at which cost.
fn tried(result: &CompareResult) -> TextTable {
    let header = ["", "values", "validation loss", "validation accuracy", "gradient evaluations", "picked"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for one in &result.tuning {
        let loss = match one.diverged_at {
            Some(step) => format!("diverged at step {step}"),
            None => significant(one.validation.loss, 4),
        };
        rows.push(vec![
            one.optimizer.label().to_owned(),
            one.values_words(),
            loss,
            significant(one.validation.accuracy, 4),
            count(one.gradient_evaluations),
            if one.is_picked { "picked" } else { "" }.to_owned(),
        ]);
    }
    let mut counts: Vec<(OptimizerKind, usize)> = Vec::new();
    for run in &result.runs {
        if counts.iter().all(|(kind, _)| *kind != run.optimizer) {
            counts.push((run.optimizer, spent(&result.tuning, run.optimizer).map_or(0, |(tries, _)| tries)));
        }
    }
    let how = "Each try was a run of the first seed to the same budget, judged by its validation loss alone.";
    TextTable { title: String::new(), rows, notes: vec![format!("{how} {}.", tries_words(&counts))] }
}

fn table(table: &TextTable, is_picked: impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    if !table.title.is_empty() {
        let _ = writeln!(text, "<p>{}</p>", escaped(&table.title));
    }
    text += "<table>\n";
    for (index, row) in table.rows.iter().enumerate() {
        let tag = if index == 0 { "th" } else { "td" };
        let class = if index > 0 && is_picked(index) { " class=\"picked\"" } else { "" };
        let cells: String = row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        let _ = writeln!(text, "<tr{class}>{cells}</tr>");
    }
    text += "</table>\n";
    for note in &table.notes {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    text
}

/// Text that HTML shows as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_page_has_the_tables_and_nothing_of_the_experiment_is_markup() {
        let (mut experiment, mut result) = sample::comparison();
        experiment.title = "<script>alert(1)</script>".to_owned();
        result.tuning = sample::tries();
        let page = report_html(&experiment, &result, Some(b"png"));
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
        let parts = [
            "<!doctype html>",
            "<td>NSO</td>",
            "<tr class=\"picked\"><td>SGD</td><td>learning_rate 0.05, nesterov true</td>",
            "diverged at step 7",
            "tries: sgd 2, sam none, nso 1; sgd is tried more often than others; sam is not tuned",
            "data:image/png;base64,cG5n",
            "[model]",
        ];
        for part in parts {
            assert!(page.contains(part), "{part} is missing: {page}");
        }
        let open = |tag: &str| page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        for tag in ["table", "tr", "td", "th", "p", "pre", "h2"] {
            assert_eq!(open(tag), page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        let page = report_html(&experiment, &sample::comparison().1, None);
        assert!(!page.contains("Tuning") && !page.contains("<img"), "{page}");
    }
}
