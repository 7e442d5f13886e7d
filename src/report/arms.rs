//! What claims say of arms: methods and variants of them, whose runs come from several comparisons.

use std::collections::BTreeMap;

use super::claims::{ClaimFound, MethodFigures, at_equal, at_the_end, found, verdict};
use super::equal_loss::{common_loss, reading_at};
use super::results::{CompareResult, RunResult};
use crate::config::{Claim, OptimizerKind, Part, ReadAt, Study};

/// A comparison of a study, and what came out.
#[derive(Debug, Clone, Copy)]
pub struct PartFound<'a> {
    /// What was compared.
    pub part: &'a Part,
    /// The runs.
    pub result: &'a CompareResult,
}

/// What the comparisons of a study say of a claim; the first one's runs stand for seeds and methods where it names no arms.
///
/// # Panics
/// Without a comparison.
#[must_use]
pub fn found_of_arms(study: &Study, claim: &Claim, budget: u64, parts: &[PartFound<'_>]) -> ClaimFound {
    let of_first = found(study, claim, budget, parts[0].result);
    if claim.arms.is_empty() {
        return of_first;
    }
    let arms: BTreeMap<&str, Vec<&RunResult>> = parts.iter().flat_map(PartFound::arms).collect();
    let claimed = || claim.arms.iter().filter_map(|name| arms.get(name.as_str())).flatten().copied();
    let level = if claim.read == ReadAt::EqualLoss { common_loss(claimed()) } else { None };
    let value = |run: &&RunResult| match (claim.read, level) {
        _ if run.diverged_at.is_some() => f64::NAN,
        (ReadAt::End, _) => at_the_end(run, claim.measure),
        (ReadAt::EqualLoss, None) => f64::NAN,
        (ReadAt::EqualLoss, Some(level)) => {
            reading_at(run, level).map_or(f64::NAN, |reading| at_equal(&reading, claim.measure, level))
        }
    };
    let figures = |(name, runs): (&&str, &Vec<&RunResult>)| {
        ((*name).to_owned(), MethodFigures::of(runs.iter().map(value).collect()))
    };
    let methods: BTreeMap<String, MethodFigures> = arms.iter().map(figures).collect();
    let order: Vec<&MethodFigures> = claim.arms.iter().filter_map(|name| methods.get(name)).collect();
    let mut seeds: Vec<u64> = arms.values().flatten().map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    ClaimFound {
        verdict: verdict(claim.measure.greater_is_better(), &order),
        order: claim.arms.clone(),
        at_loss: level,
        seeds,
        methods,
        ..of_first
    }
}

impl<'a> PartFound<'a> {
    /// The runs of each arm.
    fn arms(&self) -> impl Iterator<Item = (&'a str, Vec<&'a RunResult>)> {
        let Self { part, result } = *self;
        let of = move |kind: &OptimizerKind| result.runs.iter().filter(|run| run.optimizer == *kind).collect();
        part.arms.iter().zip(&part.study.methods).map(move |(name, kind)| (name.as_str(), of(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Measure, studies};
    use crate::export::sample;
    use crate::report::claims::Verdict;

    /// A study of two methods and a variant of one, whose test losses and traces are given.
    fn parts(study: &Study) -> Vec<Part> {
        let mut parts = study.parts(false);
        parts.retain(|part| part.arms.iter().any(|arm| ["nso", "k2"].contains(&arm.as_str())));
        parts
    }

    #[test]
    fn runs_of_the_same_method_are_told_apart_by_their_arm() {
        let study = studies().into_iter().find(|study| study.name == "ablations").unwrap();
        let parts = parts(&study);
        assert_eq!(parts.iter().map(|part| part.arms.join(" ")).collect::<Vec<_>>(), ["sgd nso", "k2"]);
        let kinds = [OptimizerKind::Sgd, OptimizerKind::Nso];
        let of = |losses: &[(OptimizerKind, f64)]| {
            let (_, mut result) = sample::comparison();
            result.runs.retain(|run| losses.iter().any(|(kind, _)| *kind == run.optimizer));
            for run in &mut result.runs {
                let (_, loss) = losses.iter().find(|(kind, _)| *kind == run.optimizer).unwrap();
                run.test_loss = loss + 0.01 * run.seed as f64;
            }
            result
        };
        let results = [of(&[(kinds[0], 3.0), (kinds[1], 1.0)]), of(&[(kinds[1], 2.0)])];
        let found_parts: Vec<PartFound<'_>> =
            parts.iter().zip(&results).map(|(part, result)| PartFound { part, result }).collect();
        let claim = |arms: &[&str]| Claim {
            measure: Measure::TestLoss,
            read: ReadAt::End,
            arms: arms.iter().map(|arm| (*arm).to_owned()).collect(),
            ..study.claims[0].clone()
        };
        let found = |arms: &[&str]| found_of_arms(&study, &claim(arms), 240, &found_parts);
        let holds = found(&["nso", "k2", "sgd"]);
        let means: Vec<f64> = ["nso", "k2", "sgd"].map(|arm| holds.methods[arm].mean.unwrap()).into();
        assert!(means.iter().zip([1.005, 2.005, 3.005]).all(|(mean, of)| (mean - of).abs() < 1e-12), "{means:?}");
        assert_eq!((holds.verdict, holds.seeds, holds.at_loss), (Verdict::Holds, vec![0, 1], None));
        assert_eq!(holds.order, ["nso", "k2", "sgd"]);
        assert_eq!(found(&["k2", "nso"]).verdict, Verdict::DoesNotHold);
    }
}
