//! Tables and charts of what studies of special kinds measure, a file a kind.

mod bound;
mod pairs;
mod stability;

use super::StudyFound;
use crate::config::{Experiment, StudyKind};
use crate::export::{ChartFigure, TextTable};
use crate::report::results::CompareResult;

/// The file of a study's chart, in the study's folder.
pub const KIND_CHART: &str = "chart.svg";

/// The tables of a study; none of a comparison, whose claims have all its figures.
pub(super) fn kind_tables(found: &StudyFound<'_>) -> Vec<TextTable> {
    match found.kind {
        StudyKind::Comparison => Vec::new(),
        StudyKind::NoiseStability(settings) => vec![stability::table(settings, found.result)],
        StudyKind::Bound(settings) => vec![bound::table(settings, found.result)],
        StudyKind::Pairs(settings) => vec![pairs::table(settings, found.result)],
    }
}

/// The charts of a study; none of a comparison.
#[must_use]
pub fn kind_charts(kind: &StudyKind, experiment: &Experiment, result: &CompareResult) -> Vec<ChartFigure> {
    let chart = match kind {
        StudyKind::Comparison => return Vec::new(),
        StudyKind::NoiseStability(settings) => stability::chart(settings, result),
        StudyKind::Bound(settings) => bound::chart(settings, result),
        StudyKind::Pairs(settings) => pairs::chart(settings, result),
    };
    let steps = result.runs.first().map_or(0, |run| run.steps);
    let runs = result.runs.len();
    let from =
        format!("Experiment {}, {runs} runs, each at its last step of {steps}. {}.", experiment.name, result.device);
    vec![ChartFigure { provenance: vec![from, crate::export::SOFTWARE.to_owned()], ..chart }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{OptimizerKind, Study, studies};
    use crate::export::claims::{claims_html, claims_json, claims_markdown};
    use crate::export::{chart_svg, sample};
    use crate::protocol::Estimate;
    use crate::report::claims::found;
    use crate::report::kinds::{
        BoundFound, KindFound, PairVariance, PairsFound, PairsRow, StabilityFound, StabilityRow,
    };

    fn estimate(mean: f64) -> Estimate {
        Estimate { mean, stderr: 0.03 * mean, samples: 100 }
    }

    fn made_up(kind: &StudyKind, seed: f64) -> Option<KindFound> {
        let grow = 1.0 + 0.01 * seed;
        Some(match kind {
            StudyKind::Comparison => return None,
            StudyKind::NoiseStability(settings) => {
                let row = |&sigma: &f64| StabilityRow {
                    sigma,
                    gap: estimate(grow * 50.0 * sigma * sigma * (1.0 + 200.0 * sigma * sigma)),
                    one_point: sigma,
                    two_point: 0.3 * sigma,
                };
                let rows = settings.sigmas.iter().map(row).collect();
                KindFound::NoiseStability(StabilityFound { loss: 0.2, parameters: 4736, trace: estimate(100.0), rows })
            }
            StudyKind::Bound(settings) => KindFound::Bound(BoundFound {
                alpha: estimate(60.0 * grow),
                greatest: estimate(70.0),
                of_batches: estimate(30.0),
                distance: 4.0,
                examples: 300,
                constant: settings.constant,
                of_guess: Some(10.0_f64.ln()),
            }),
            StudyKind::Pairs(settings) => {
                let variance = |one, two| PairVariance {
                    one_point: estimate(one),
                    two_point: estimate(two),
                    ratio: estimate(one / two),
                };
                let row = |&k: &usize| {
                    let share = grow / k as f64;
                    PairsRow {
                        k,
                        gradient: variance(3e-2 * share, 4e-4 * share),
                        loss: variance(2e-6 * share, 3e-6 * share),
                    }
                };
                let rows = settings.k.iter().map(row).collect();
                KindFound::Pairs(PairsFound { sigma: settings.sigma, frobenius_square: estimate(600.0), rows })
            }
        })
    }

    fn kinds() -> impl Iterator<Item = Study> {
        studies().into_iter().filter(|study| !study.kind.is_comparison())
    }

    #[test]
    fn every_kind_has_a_table_and_a_chart_and_says_what_was_found() {
        assert_eq!(kinds().count(), 3);
        for study in kinds() {
            let (experiment, mut result) = sample::comparison();
            let (is_of_bound, kind) = (matches!(study.kind, StudyKind::Bound(_)), &study.kind);
            // One method, but for the bound, which is over methods.
            result.runs.retain(|run| is_of_bound || run.optimizer == OptimizerKind::Sgd);
            for run in &mut result.runs {
                run.found = made_up(kind, run.seed as f64);
            }
            let claims = study.claims.iter().map(|claim| found(&study, claim, 100, &result)).collect();
            let told =
                StudyFound { study: &study, kind, experiment: &experiment, result: &result, claims, slices: None };
            let [table] = &kind_tables(&told)[..] else { panic!("one table of {}", study.name) };
            let width = table.rows[0].len();
            assert!(table.rows.len() > 1 && table.rows.iter().all(|row| row.len() == width), "{:?}", table.rows);
            assert!(!table.rows.iter().flatten().any(|cell| cell.contains("NaN")), "{:?}", table.rows);
            let charts = kind_charts(kind, &experiment, &result);
            let svg = chart_svg(&charts[0]).unwrap();
            sample::keep(&format!("claims-{}.svg", study.name), svg.as_bytes());
            assert!(!svg.contains("NaN") && svg.contains("moons-mlp"), "{}", study.name);
            assert!(charts[0].series.iter().any(|series| !series.points.is_empty()));
            let told = [told];
            let (page, text) = (claims_html(&told), claims_markdown(&told));
            let json: serde_json::Value = serde_json::from_str(&claims_json(&told).unwrap()).unwrap();
            for claim in &told[0].claims {
                for part in claim.remarks.iter().chain([&claim.rule]) {
                    assert!(text.contains(part.as_str()), "{part} is missing: {text}");
                }
                assert!(page.contains("Rule: ") && !claim.remarks.is_empty(), "{}", claim.claim);
                for name in &claim.order {
                    assert!(claim.methods[name].values.iter().all(Option::is_some), "{name}");
                }
            }
            assert_eq!(json.as_array().map(Vec::len), Some(study.claims.len()));
            assert!(text.contains(&format!("({}/chart.svg)", study.name)) && page.contains("data:image/png"));
        }
    }

    #[test]
    fn runs_that_were_not_measured_leave_tables_and_charts_that_can_be_made() {
        for study in kinds() {
            let (experiment, mut result) = sample::comparison();
            for runs in [result.runs.len(), 0] {
                result.runs.truncate(runs);
                let claims = study.claims.iter().map(|claim| found(&study, claim, 100, &result)).collect();
                let kind = &study.kind;
                let told =
                    StudyFound { study: &study, kind, experiment: &experiment, result: &result, claims, slices: None };
                assert!(told.claims.iter().all(|claim| claim.verdict.words() == "undecided"), "{}", study.name);
                assert!(claims_html(std::slice::from_ref(&told)).ends_with("</html>\n"));
                assert!(chart_svg(&kind_charts(kind, &experiment, &result)[0]).is_ok(), "{}", study.name);
            }
        }
    }
}
