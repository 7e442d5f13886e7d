//! Whether what a lesson says is seen: the rule of claims, on what its check has trained.
//!
//! Each side is a mean over training seeds, the second one times the factor; what differs by more than 2 combined standard errors
//! the right way is seen.

use super::claims::{MethodFigures, Verdict, verdict};
use super::equal_loss::{common_loss, reading_at};
use super::kinds::KindFound;
use super::results::{CompareResult, CurveRow, RunResult};
use crate::config::{Along, Check, CheckPart, Observed, Relation, Sight, Than};
use crate::number::{significant, with_error};

/// A comparison of a check, and what came out.
#[derive(Debug, Clone, Copy)]
pub struct PartRun<'a> {
    /// What was compared.
    pub part: &'a CheckPart,
    /// The runs.
    pub result: &'a CompareResult,
}

/// What became of one thing that is to be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct SightFound {
    /// What was to be seen, in a sentence.
    pub says: String,
    /// The figures, in words.
    pub figures: String,
    /// Whether it is seen.
    pub verdict: Verdict,
}

/// What is seen of a check.
#[must_use]
pub fn sights_found(check: &Check, runs: &[PartRun<'_>]) -> Vec<SightFound> {
    check.sights.iter().map(|sight| sight_found(sight, runs)).collect()
}

fn sight_found(sight: &Sight, parts: &[PartRun<'_>]) -> SightFound {
    let of = runs_of(&sight.of, parts);
    let than = match &sight.than {
        Than::Arm(arm) => runs_of(arm, parts),
        Than::Value(_) | Than::Edge(_) => Vec::new(),
    };
    let level = match sight.read {
        Along::EqualLoss => common_loss(of.iter().chain(&than).copied()),
        Along::Start | Along::End | Along::Greatest => None,
    };
    let values = |runs: &[&RunResult]| runs.iter().map(|run| value(run, sight, level)).collect::<Vec<f64>>();
    let first = MethodFigures::of(values(&of));
    let second = match sight.than {
        Than::Arm(_) => MethodFigures::of(values(&than).into_iter().map(|value| sight.factor * value).collect()),
        Than::Value(value) | Than::Edge(value) => MethodFigures::of(vec![sight.factor * value; of.len()]),
    };
    let verdict = verdict(sight.relation == Relation::Greater, &[&first, &second]);
    SightFound { says: sight.says.clone(), figures: words(sight, [&first, &second], level), verdict }
}

fn runs_of<'a>(arm: &str, parts: &[PartRun<'a>]) -> Vec<&'a RunResult> {
    parts.iter().flat_map(|part| part.runs_of(arm)).collect()
}

impl<'a> PartRun<'a> {
    fn runs_of(self, arm: &str) -> Vec<&'a RunResult> {
        let method = self.part.arms.iter().find(|(name, _)| name == arm).map(|(_, method)| *method);
        self.result.runs.iter().filter(|run| Some(run.optimizer) == method).collect()
    }
}

/// The figures in words: `λmax at the end: 3.1 ± 0.2 of nso, expected < 0.5 × 9.0 ± 0.4 of sgd`.
fn words(sight: &Sight, [first, second]: [&MethodFigures; 2], level: Option<f64>) -> String {
    let told = |figures: &MethodFigures, scale: f64| {
        let of = |value: Option<f64>| value.unwrap_or(f64::NAN) / scale;
        with_error(of(figures.mean), of(figures.stderr))
    };
    let factor = if sight.factor == 1.0 { String::new() } else { format!("{} × ", significant(sight.factor, 3)) };
    let other = match &sight.than {
        Than::Arm(arm) => format!("{} of {arm}", told(second, sight.factor)),
        Than::Value(value) => significant(*value, 4),
        Than::Edge(edge) => format!("{}, the edge of stability", significant(*edge, 4)),
    };
    let place = level
        .map_or_else(|| sight.read.words().to_owned(), |level| format!("at training loss {}", significant(level, 3)));
    let (measure, sign) = (sight.measure.label(), sight.relation.sign());
    format!("{measure} {place}: {} of {}, expected {sign} {factor}{other}", told(first, 1.0), sight.of)
}

/// What is read of a run; NaN where it diverged or has no such figure.
fn value(run: &RunResult, sight: &Sight, level: Option<f64>) -> f64 {
    if run.diverged_at.is_some() {
        return f64::NAN;
    }
    let rows = || run.curves.iter().filter_map(|row| at_row(row, sight.measure));
    match sight.read {
        Along::End => at_end(run, sight.measure),
        Along::Start => run.curves.first().and_then(|row| at_row(row, sight.measure)).unwrap_or(f64::NAN),
        Along::Greatest => rows().fold(f64::NAN, f64::max),
        Along::EqualLoss => level.map_or(f64::NAN, |level| at_level(run, sight.measure, level)),
    }
}

fn at_end(run: &RunResult, measure: Observed) -> f64 {
    let norm = || run.curves.last().map_or(f64::NAN, |row| row.eval.weight_norm);
    match measure {
        Observed::TrainLoss => run.train_loss,
        Observed::TestLoss => run.test_loss,
        Observed::TrainAccuracy => run.train_accuracy,
        Observed::TestAccuracy => run.test_accuracy,
        Observed::Gap => run.test_loss - run.train_loss,
        Observed::Trace => run.trace.mean,
        Observed::LambdaMax => run.eigen.lambda_max,
        Observed::TopShare => run.eigen.lambda_max / run.trace.mean,
        Observed::WeightNorm => norm(),
        Observed::ScaledLambdaMax => run.eigen.lambda_max * norm().powi(2),
        Observed::PairRatio => match &run.found {
            Some(KindFound::Pairs(found)) => found.rows.first().map_or(f64::NAN, |row| row.gradient.ratio.mean),
            _ => f64::NAN,
        },
    }
}

fn at_row(row: &CurveRow, measure: Observed) -> Option<f64> {
    Some(match measure {
        Observed::TrainLoss => row.eval.train_loss,
        Observed::TestLoss => row.eval.test_loss,
        Observed::TrainAccuracy => row.eval.train_accuracy,
        Observed::TestAccuracy => row.eval.test_accuracy,
        Observed::Gap => row.eval.test_loss - row.eval.train_loss,
        Observed::Trace => row.trace?.mean,
        Observed::LambdaMax => row.lambda_max?,
        Observed::TopShare => row.lambda_max? / row.trace?.mean,
        Observed::WeightNorm => row.eval.weight_norm,
        Observed::ScaledLambdaMax => row.lambda_max? * row.eval.weight_norm.powi(2),
        Observed::PairRatio => return None,
    })
}

fn at_level(run: &RunResult, measure: Observed, level: f64) -> f64 {
    let Some(reading) = reading_at(run, level) else { return f64::NAN };
    match measure {
        Observed::TestLoss => reading.test_loss,
        Observed::TestAccuracy => reading.test_accuracy,
        Observed::Gap => reading.test_loss - level,
        Observed::Trace => reading.trace,
        Observed::LambdaMax => reading.lambda_max,
        // Losses are equal there, and the others are not read between two points.
        Observed::TrainLoss
        | Observed::TrainAccuracy
        | Observed::TopShare
        | Observed::WeightNorm
        | Observed::ScaledLambdaMax
        | Observed::PairRatio => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Lesson, OptimizerKind};
    use crate::export::sample;

    const FRONT: &str = r#"+++
about = "A."
experiment = "moons-mlp"

[check]
seeds = 2
curvature = 4

[[check.arms]]
name = "wide"
method = "nso"
set = ["nso.sigma=0.3"]
"#;

    fn check(sees: &str) -> Check {
        let text = format!("{FRONT}\n[[check.sees]]\nsays = \"It is so.\"\n{sees}\n+++\n# T\n\n## Step\n\nDo.\n");
        Lesson::read("a.md", &text).unwrap_or_else(|err| panic!("{err}")).check.expect("it has one")
    }

    /// What is found where each part's runs have the sample's figures, and those of `wide` a trace ten times as large.
    fn found(sees: &str) -> SightFound {
        let check = check(sees);
        let of = |part: &CheckPart| {
            let (_, mut result) = sample::comparison();
            let is_wide = part.arms[0].0 == "wide";
            result.runs.retain(|run| part.arms.iter().any(|(_, method)| *method == run.optimizer));
            for run in result.runs.iter_mut().filter(|_| is_wide) {
                run.trace.mean *= 10.0;
            }
            result
        };
        let results: Vec<CompareResult> = check.parts.iter().map(of).collect();
        let runs: Vec<PartRun<'_>> =
            check.parts.iter().zip(&results).map(|(part, result)| PartRun { part, result }).collect();
        sights_found(&check, &runs).remove(0)
    }

    #[test]
    fn arms_numbers_and_factors_are_held_against_each_other() {
        // Traces of the sample are 8.5 and 8.7 for SGD, 1.7 and 1.9 for NSO.
        for (sees, expected) in [
            ("measure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \"<\"\nthan = \"sgd\"", Verdict::Holds),
            (
                "measure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \">\"\nthan = \"sgd\"",
                Verdict::DoesNotHold,
            ),
            (
                "measure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \"<\"\nfactor = 0.1\nthan = \"sgd\"",
                Verdict::DoesNotHold,
            ),
            (
                "measure = \"trace\"\nread = \"end\"\nof = \"wide\"\nrelation = \">\"\nfactor = 5\nthan = \"nso\"",
                Verdict::Holds,
            ),
            ("measure = \"trace\"\nread = \"end\"\nof = \"sgd\"\nrelation = \">\"\nthan = 8.6", Verdict::Undecided),
            ("measure = \"trace\"\nread = \"end\"\nof = \"sgd\"\nrelation = \">\"\nthan = 7", Verdict::Holds),
        ] {
            let found = found(sees);
            assert_eq!(found.verdict, expected, "{sees}: {}", found.figures);
        }
        let words =
            found("measure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \"<\"\nfactor = 0.5\nthan = \"sgd\"");
        assert!(words.figures.starts_with("Hessian trace at the end: 1.8"), "{}", words.figures);
        assert!(
            words.figures.contains(" of nso, expected < 0.500 × 8.6") && words.figures.ends_with(" of sgd"),
            "{}",
            words.figures
        );
    }

    #[test]
    fn only_the_arms_that_are_read_are_trained() {
        let sees = "measure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \"<\"\nthan = \"wide\"";
        let arms: Vec<Vec<(String, OptimizerKind)>> = check(sees).parts.into_iter().map(|part| part.arms).collect();
        let nso = OptimizerKind::Nso;
        assert_eq!(arms, [vec![("nso".to_owned(), nso)], vec![("wide".to_owned(), nso)]]);
    }

    #[test]
    fn the_edge_is_that_of_the_arms_own_rate() {
        let check = check("measure = \"lambda-max\"\nread = \"end\"\nof = \"sgd\"\nrelation = \"<\"\nthan = \"edge\"");
        // η is 0.02 and μ 0.9.
        assert!(matches!(check.sights[0].than, Than::Edge(edge) if (edge - 190.0).abs() < 1e-9), "{check:?}");
    }
}
