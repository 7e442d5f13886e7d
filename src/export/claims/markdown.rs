//! The claims as Markdown, for documents.

use std::fmt::Write as _;

use super::kinds::{KIND_CHART, kind_tables};
use super::{StudyFound, devices, figures_table, own_rule, settings};
use crate::export::text_table::TextTable;
use crate::report::claims::RULE;

/// The page.
#[must_use]
pub fn claims_markdown(studies: &[StudyFound<'_>]) -> String {
    let mut page = format!(
        "# The paper's claims, measured\n\nEach claim is held against runs of this program on {}. The rule, where none stands beside it: \
         {RULE}.\n\n\
         | claim | verdict |\n|---|---|\n",
        devices(studies)
    );
    for claim in studies.iter().flat_map(|study| &study.claims) {
        let _ = writeln!(page, "| {} | {} |", cell(&claim.says), claim.verdict.words());
    }
    for found in studies {
        let _ = write!(page, "\n## {}\n\n{}\n\n{}\n", found.study.title, found.study.about, settings(found));
        for own in kind_tables(found) {
            let _ = write!(page, "\n{}\n\n{}", own.title, table(&own));
            for note in &own.notes {
                let _ = write!(page, "\n{note}\n");
            }
        }
        if !found.kind.is_comparison() {
            let _ = write!(page, "\n![Chart of {}]({}/{KIND_CHART})\n", found.study.title, found.study.name);
        }
        for claim in &found.claims {
            let _ = write!(
                page,
                "\n### {}: {}\n\n{}\n\n{}\n\n",
                claim.claim,
                claim.verdict.words(),
                claim.says,
                claim.source
            );
            page += &table(&figures_table(claim));
            for remark in &claim.remarks {
                let _ = write!(page, "\n{remark}\n");
            }
            if let Some(rule) = own_rule(claim) {
                let _ = write!(page, "\nRule: {rule}.\n");
            }
            let _ = write!(page, "\nNot shown: {}\n", claim.not_shown);
        }
    }
    page
}

fn table(table: &TextTable) -> String {
    let line = |row: &[String]| format!("| {} |\n", row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | "));
    let mut text = String::new();
    for (index, row) in table.rows.iter().enumerate() {
        text += &line(row);
        if index == 0 {
            text += &line(&row.iter().map(|_| "---".to_owned()).collect::<Vec<_>>());
        }
    }
    text
}

/// Text of a cell: a bar would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
