//! What was found of claims: `claims.json`, `claims.csv`, and one page of it as HTML and as Markdown.

mod html;
mod kinds;
mod markdown;

use crate::config::{Experiment, Measure, OptimizerKind, Study, StudyKind};
use crate::number::{significant, with_error};
use crate::report::claims::{ClaimFound, MethodFigures, RULE};
use crate::report::results::CompareResult;

use super::ExportError;
use super::text_table::TextTable;
pub use html::claims_html;
pub use kinds::{KIND_CHART, kind_charts};
pub use markdown::claims_markdown;

/// Names of the files beside the folders of the studies.
pub const CLAIM_FILES: [&str; 4] = ["claims.json", "claims.csv", "claims.md", "report.html"];

/// A study that has run.
#[derive(Debug)]
pub struct StudyFound<'a> {
    /// What was to be done.
    pub study: &'a Study,
    /// What was measured of each run.
    pub kind: &'a StudyKind,
    /// The experiment as it ran, with the values that tuning picked.
    pub experiment: &'a Experiment,
    /// The runs.
    pub result: &'a CompareResult,
    /// What they say of the claims.
    pub claims: Vec<ClaimFound>,
    /// The slices, as PNG.
    pub slices: Option<Vec<u8>>,
}

/// `claims.json`: one entry a claim.
///
/// # Errors
/// [`ExportError::Json`] when it cannot be made.
pub fn claims_json(studies: &[StudyFound<'_>]) -> Result<String, ExportError> {
    let all: Vec<&ClaimFound> = studies.iter().flat_map(|study| &study.claims).collect();
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

/// `claims.csv`: one row for each claim, method and seed; a value that is not finite is empty.
///
/// # Errors
/// [`ExportError::Csv`] when it cannot be made.
pub fn claims_csv(studies: &[StudyFound<'_>]) -> Result<String, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["claim", "experiment", "measure", "read", "method", "seed", "value", "verdict"])?;
    for claim in studies.iter().flat_map(|study| &study.claims) {
        let read = match claim.at_loss {
            Some(loss) => format!("at training loss {loss}"),
            None => claim.read.to_string(),
        };
        for (method, figures) in &claim.methods {
            for (seed, value) in claim.seeds.iter().zip(&figures.values) {
                let value = value.map_or_else(String::new, |value| value.to_string());
                let seed = seed.to_string();
                let verdict = claim.verdict.words();
                let measure = claim.measure.label();
                writer.write_record([
                    &claim.claim,
                    &claim.experiment,
                    measure,
                    &read,
                    method,
                    &seed,
                    &value,
                    verdict,
                ])?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(|err| csv::Error::from(err.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The methods of a claim with their figures, those of its order first.
fn figures_table(claim: &ClaimFound) -> TextTable {
    let mut rows =
        vec![vec!["method".to_owned(), format!("{}, {}", claim.measure.label(), place(claim)), "seeds".to_owned()]];
    let others = claim.methods.keys().filter(|name| !claim.order.contains(name));
    for name in claim.order.iter().chain(others) {
        let Some(figures) = claim.methods.get(name) else { continue };
        let label = OptimizerKind::parse(name).map_or_else(|_| name.clone(), |kind| kind.label().to_owned());
        rows.push(vec![label, words(claim.measure, figures), figures.values.len().to_string()]);
    }
    TextTable { title: String::new(), rows, notes: Vec::new() }
}

/// Where a claim was read, in words.
fn place(claim: &ClaimFound) -> String {
    match claim.at_loss {
        Some(loss) => format!("at training loss {}", significant(loss, 3)),
        None => claim.read.to_string(),
    }
}

/// Mean and standard error in words.
fn words(measure: Measure, figures: &MethodFigures) -> String {
    let missing = figures.values.iter().filter(|value| value.is_none()).count();
    match (figures.mean, figures.stderr) {
        (Some(mean), Some(error)) if measure == Measure::TestAccuracy => {
            format!("{} %", with_error(100.0 * mean, 100.0 * error))
        }
        (Some(mean), Some(error)) => with_error(mean, error),
        (Some(mean), None) => significant(mean, 3),
        _ => format!("no figure: {missing} of {} runs diverged or could not be read", figures.values.len()),
    }
}

/// The rule of a claim, where it is another than that of an order.
fn own_rule(claim: &ClaimFound) -> Option<&str> {
    (claim.rule != RULE).then_some(claim.rule.as_str())
}

/// What all studies ran on.
fn devices(studies: &[StudyFound<'_>]) -> String {
    let mut devices: Vec<&str> = studies.iter().map(|study| study.result.device.as_str()).collect();
    devices.dedup();
    devices.join("; ")
}

/// What was compared, in words: seeds, gradient evaluations, tuning.
fn settings(found: &StudyFound<'_>) -> String {
    let seeds: Vec<u64> = found.claims.first().map_or_else(Vec::new, |claim| claim.seeds.clone());
    let range = match seeds[..] {
        [] => "no seed".to_owned(),
        [only] => format!("training seed {only}"),
        [first, .., last] => format!("{} training seeds, {first} to {last}", seeds.len()),
    };
    let tuned = match found.result.tuning.len() {
        0 => "not tuned".to_owned(),
        tries => format!("tuned by {tries} tries on validation data"),
    };
    let seconds: f64 = found.result.runs.iter().map(|run| run.wall_seconds).sum();
    format!(
        "Experiment {}, {range}, {} gradient evaluations a run, {tuned}. {} s of runs.",
        found.experiment.name,
        crate::number::count(found.experiment.budget),
        significant(seconds, 2)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::study_of;
    use crate::export::sample;
    use crate::report::claims::found;

    /// The made-up comparison as if it were a study's.
    pub fn made_up(check: impl FnOnce(&[StudyFound<'_>])) {
        let (experiment, result) = sample::comparison();
        let mut study = study_of("digits").unwrap();
        study.claims[0].says = "A < B & C.".to_owned();
        let claims = study.claims.iter().map(|claim| found(&study, claim, experiment.budget, &result)).collect();
        let study = StudyFound {
            study: &study,
            kind: &study.kind,
            experiment: &experiment,
            result: &result,
            claims,
            slices: None,
        };
        check(&[study]);
    }

    #[test]
    fn the_document_has_what_the_contract_names() {
        made_up(|studies| {
            let document: serde_json::Value = serde_json::from_str(&claims_json(studies).unwrap()).unwrap();
            let entry = &document[0];
            for key in [
                "claim",
                "experiment",
                "measure",
                "methods",
                "read",
                "at_loss",
                "seeds",
                "gradient_evaluations",
                "rule",
                "verdict",
            ] {
                assert!(entry.get(key).is_some(), "{key} is missing: {entry}");
            }
            assert_eq!((&entry["claim"], &entry["read"]), (&"digits-trace".into(), &"equal-loss".into()));
            assert_eq!(entry["seeds"], serde_json::json!([0, 1]));
            for method in ["sgd", "sam", "nso"] {
                let figures = &entry["methods"][method];
                assert_eq!(figures["values"].as_array().map(Vec::len), Some(2), "{figures}");
            }
        });
    }

    #[test]
    fn the_table_has_a_row_for_each_value() {
        made_up(|studies| {
            let text = claims_csv(studies).unwrap();
            assert_eq!(text.lines().count(), 1 + 2 * 3 * 2, "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("digits-")), "{text}");
        });
    }

    #[test]
    fn both_pages_tell_claim_verdict_rule_and_what_is_not_shown() {
        made_up(|studies| {
            let (page, text) = (claims_html(studies), claims_markdown(studies));
            let found = &studies[0].claims[0];
            assert!(page.contains("A &lt; B &amp; C.") && text.contains("A < B & C."), "{page}\n{text}");
            for part in [found.verdict.words(), &found.rule, &found.not_shown, "moons-mlp", "2 training seeds, 0 to 1"]
            {
                assert!(page.contains(part) && text.contains(part), "{part}");
            }
            assert!(page.ends_with("</html>\n") && !page.contains("http:") && !page.contains("https:"));
        });
    }
}
