//! The claims as one page that needs nothing beside it.

use std::fmt::Write as _;

use super::super::page::{END, escaped, experiment, head, picture, table};
use super::kinds::{kind_charts, kind_tables};
use super::{StudyFound, devices, figures_table, own_rule, settings};
use crate::export::charts_png;
use crate::report::claims::RULE;

/// The page.
#[must_use]
pub fn claims_html(studies: &[StudyFound<'_>]) -> String {
    let mut page = head("The paper's claims, measured");
    let _ = writeln!(
        page,
        "<p>Each claim is held against runs of this program on {}. The rule, where none stands beside it: {RULE}.</p>",
        escaped(&devices(studies))
    );
    page += "<table class=\"words\">\n<thead><tr><th scope=\"col\">claim</th><th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n";
    for claim in studies.iter().flat_map(|study| &study.claims) {
        let (says, verdict) = (escaped(&claim.says), claim.verdict.words());
        let _ = writeln!(page, "<tr><td><a href=\"#{}\">{says}</a></td><td>{verdict}</td></tr>", escaped(&claim.claim));
    }
    page += "</tbody>\n</table>\n";
    for found in studies {
        let _ = writeln!(
            page,
            "<h2>{}</h2>\n<p>{}</p>\n<p>{}</p>",
            escaped(&found.study.title),
            escaped(&found.study.about),
            escaped(&settings(found))
        );
        for own in kind_tables(found) {
            page += &table(&own, |_| false);
        }
        // A chart that cannot be drawn leaves the tables, which have its figures.
        let charts = kind_charts(found.kind, found.experiment, found.result);
        if !charts.is_empty()
            && let Ok(png) = charts_png(&found.study.title, &charts)
        {
            page += &picture(&format!("Chart of {}", found.study.title), &png);
        }
        for claim in &found.claims {
            let _ = writeln!(
                page,
                "<h3 id=\"{}\">{}</h3>\n<p><strong>{}</strong></p>\n<p>{}</p>",
                escaped(&claim.claim),
                escaped(&claim.says),
                escaped(claim.verdict.words()),
                escaped(&claim.source)
            );
            page += &table(&figures_table(claim), |_| false);
            if let Some(rule) = own_rule(claim) {
                let _ = writeln!(page, "<p>Rule: {}.</p>", escaped(rule));
            }
            for remark in &claim.remarks {
                let _ = writeln!(page, "<p>{}</p>", escaped(remark));
            }
            let _ = writeln!(page, "<p>Not shown: {}</p>", escaped(&claim.not_shown));
        }
        if let Some(png) = &found.slices {
            page += &picture(&format!("Slices of {}", found.study.title), png);
        }
        page += &experiment(&found.experiment.to_toml());
    }
    page += END;
    page
}
