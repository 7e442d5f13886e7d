//! Claims and what was found of them: the entries of `claims.json`.
//!
//! A claim has methods in an order, the first the best, by a measure that every comparison has; `figures` has its rule. Claims of
//! what a study's kind measures have a rule each, in the kind's file.

mod bound;
mod figures;
mod pairs;
mod stability;
#[cfg(test)]
mod test_runs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::equal_loss::{EqualReading, at_equal_loss};
use super::results::{CompareResult, RunResult};
use crate::config::{Claim, Measure, OptimizerKind, ReadAt, Study};
pub use bound::{BoundPoint, bound_points};
use figures::Reading;
pub use figures::{MethodFigures, RULE, Verdict, verdict};
pub use stability::{Agreement, PooledRow, pooled};

/// One entry of `claims.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimFound {
    /// Its name.
    pub claim: String,
    /// What is claimed, in a sentence.
    pub says: String,
    /// Who says it.
    pub source: String,
    /// The study.
    pub study: String,
    /// The experiment.
    pub experiment: String,
    /// What was measured.
    pub measure: Measure,
    /// Each method's figures, by its name.
    pub methods: BTreeMap<String, MethodFigures>,
    /// The methods as the claim has them in order.
    pub order: Vec<String>,
    /// Where it was read.
    pub read: ReadAt,
    /// The training loss at which it was read; null at the end.
    pub at_loss: Option<f64>,
    /// The training seeds.
    pub seeds: Vec<u64>,
    /// Gradient evaluations of each run.
    pub gradient_evaluations: u64,
    /// The rule, in words.
    pub rule: String,
    /// What came out.
    pub verdict: Verdict,
    /// What was found beside its figures, a sentence each.
    pub remarks: Vec<String>,
    /// What this cannot show.
    pub not_shown: String,
}

/// What a comparison says of a claim of its study.
#[must_use]
pub fn found(study: &Study, claim: &Claim, budget: u64, result: &CompareResult) -> ClaimFound {
    let reading = match claim.measure {
        Measure::SecondOrder => stability::reading(claim.sigma, result),
        Measure::BoundAboveGap => bound::above(result),
        Measure::BoundOrder => bound::order(result),
        Measure::GradientVariance => pairs::reading(result, |row| row.gradient),
        Measure::LossVariance => pairs::reading(result, |row| row.loss),
        _ => of_order(study, claim, result),
    };
    let mut seeds: Vec<u64> = result.runs.iter().map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    ClaimFound {
        claim: claim.name.clone(),
        says: claim.says.clone(),
        source: claim.source.clone(),
        study: study.name.clone(),
        experiment: study.experiment.clone(),
        measure: claim.measure,
        methods: reading.methods,
        order: reading.order,
        read: claim.read,
        at_loss: reading.at_loss,
        seeds,
        gradient_evaluations: budget,
        rule: reading.rule,
        verdict: reading.verdict,
        remarks: reading.remarks,
        not_shown: claim.not_shown.clone(),
    }
}

/// Methods in an order by a measure that every comparison has.
fn of_order(study: &Study, claim: &Claim, result: &CompareResult) -> Reading {
    let equal = if claim.read == ReadAt::EqualLoss { at_equal_loss(result) } else { None };
    let value = |run: &RunResult| match claim.read {
        _ if run.diverged_at.is_some() => f64::NAN,
        ReadAt::End => at_the_end(run, claim.measure),
        ReadAt::EqualLoss => {
            let runs = equal.iter().flat_map(|equal| &equal.runs);
            let mut own = runs.filter(|other| (other.optimizer, other.seed) == (run.optimizer, run.seed));
            let level = equal.as_ref().map_or(f64::NAN, |equal| equal.train_loss);
            own.find_map(|own| own.reading).map_or(f64::NAN, |reading| at_equal(&reading, claim.measure, level))
        }
    };
    let figures = |&method: &OptimizerKind| {
        let own = result.runs.iter().filter(|run| run.optimizer == method);
        (method.key().to_owned(), MethodFigures::of(own.map(value).collect()))
    };
    let methods: BTreeMap<String, MethodFigures> = study.methods.iter().map(figures).collect();
    let order: Vec<&MethodFigures> = claim.order.iter().filter_map(|kind| methods.get(kind.key())).collect();
    Reading {
        verdict: verdict(claim.measure.greater_is_better(), &order),
        order: claim.order.iter().map(|kind| kind.key().to_owned()).collect(),
        at_loss: equal.map(|equal| equal.train_loss),
        rule: RULE.to_owned(),
        remarks: Vec::new(),
        methods,
    }
}

/// A measure of a run's last weights.
pub(super) fn at_the_end(run: &RunResult, measure: Measure) -> f64 {
    match measure {
        Measure::TestAccuracy => run.test_accuracy,
        Measure::TestLoss => run.test_loss,
        Measure::Trace => run.trace.mean,
        Measure::LambdaMax => run.eigen.lambda_max,
        Measure::Gap => run.test_loss - run.train_loss,
        // These are of a study's kind, and read by its own rule.
        Measure::SecondOrder
        | Measure::BoundAboveGap
        | Measure::BoundOrder
        | Measure::GradientVariance
        | Measure::LossVariance => f64::NAN,
        Measure::ExactMatch | Measure::TextToImage | Measure::ZeroShotColour | Measure::ZeroShotShape => {
            run.scores.get(&measure).copied().unwrap_or(f64::NAN)
        }
    }
}

/// A measure of a reading at a training loss.
pub(super) fn at_equal(reading: &EqualReading, measure: Measure, train_loss: f64) -> f64 {
    match measure {
        Measure::TestAccuracy => reading.test_accuracy,
        Measure::TestLoss => reading.test_loss,
        Measure::Trace => reading.trace,
        Measure::LambdaMax => reading.lambda_max,
        Measure::Gap => reading.test_loss - train_loss,
        // These are of a study's kind, and read by its own rule.
        Measure::SecondOrder
        | Measure::BoundAboveGap
        | Measure::BoundOrder
        | Measure::GradientVariance
        | Measure::LossVariance => f64::NAN,
        // Scores are measured at the end alone.
        Measure::ExactMatch | Measure::TextToImage | Measure::ZeroShotColour | Measure::ZeroShotShape => f64::NAN,
    }
}
