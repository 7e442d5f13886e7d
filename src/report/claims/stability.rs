//! Whether σ²/2·Tr ∇²L explains what noise adds to the loss, and up to which σ.
//!
//! At each σ the ratio of what was added to what second order says is formed for each training seed, so that what differs between
//! trained weights cancels. Its mean over seeds agrees with 1 where it is within 2 standard errors or 5 % of it, and parts from 1
//! where it is beyond both. Where 2 standard errors are more than 10 %, agreement would be that of ignorance: nothing is decided.

use std::collections::BTreeMap;

use super::figures::{ERRORS, MethodFigures, Reading, Verdict};
use crate::number::{significant, with_error};
use crate::protocol::Estimate;
use crate::report::kinds::{KindFound, StabilityFound, StabilityRow};
use crate::report::results::{CompareResult, RunResult};

/// A difference of this share is none, however well it is known.
const SHARE: f64 = 0.05;
/// Where 2 standard errors are a greater share, nothing is decided.
const KNOWN: f64 = 0.1;
/// The rule in words.
const RULE: &str = "the ratio of what noise adds to σ²/2·Tr ∇²L, its mean over training seeds: it agrees where it is within 2 \
                    standard errors or 5 % of 1, parts where it is beyond both, and is unclear where 2 standard errors are more \
                    than 10 %";

/// How second order stands at one σ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// It explains what noise adds.
    Agrees,
    /// It does not.
    Parts,
    /// It is not known well enough, from one seed, or from what is not finite.
    Unclear,
}

/// One σ over all training seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PooledRow {
    /// σ.
    pub sigma: f64,
    /// E L(w + U) − L(w): mean over seeds, with the error of the pairs alone.
    pub gap: Estimate,
    /// σ²/2·Tr ∇²L: mean over seeds, with the error of the probes alone.
    pub second_order: Estimate,
    /// Their ratio: mean and standard error over seeds.
    pub ratio: Estimate,
    /// Standard deviation of one evaluation at w + U: mean over seeds.
    pub one_point: f64,
    /// Standard deviation of the mean of a pair: mean over seeds.
    pub two_point: f64,
    /// What it says.
    pub agreement: Agreement,
}

impl Agreement {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Parts => "parts",
            Self::Unclear => "unclear",
        }
    }

    fn of(ratio: Estimate) -> Self {
        let (apart, errors) = ((ratio.mean - 1.0).abs(), ERRORS * ratio.stderr);
        // Comparisons with NaN are false.
        if apart > errors && apart > SHARE {
            Self::Parts
        } else if (apart <= errors || apart <= SHARE) && errors <= KNOWN {
            Self::Agrees
        } else {
            Self::Unclear
        }
    }
}

/// All σ, ascending; empty where no run was measured.
#[must_use]
pub fn pooled(result: &CompareResult) -> Vec<PooledRow> {
    let Some(first) = result.runs.iter().find_map(of_run) else { return Vec::new() };
    (0..first.rows.len()).map(|index| row(result, first.rows[index].sigma, index)).collect()
}

fn row(result: &CompareResult, sigma: f64, index: usize) -> PooledRow {
    let over_seeds = |value: &dyn Fn(&StabilityFound, &StabilityRow) -> f64| {
        let of = |run: &RunResult| of_run(run).zip(of_run(run)?.rows.get(index)).map(|(found, row)| value(found, row));
        Estimate::of(result.runs.iter().map(|run| of(run).unwrap_or(f64::NAN)))
    };
    // The error of a mean of independent figures with errors of their own.
    let within = |figure: &dyn Fn(&StabilityFound, &StabilityRow) -> Estimate| {
        let squares = over_seeds(&|found, row| figure(found, row).stderr.powi(2));
        let mean = over_seeds(&|found, row| figure(found, row).mean);
        Estimate { stderr: (squares.mean / squares.samples as f64).sqrt(), ..mean }
    };
    let ratio = over_seeds(&|found, row| row.gap.mean / found.second_order(sigma).mean);
    PooledRow {
        sigma,
        gap: within(&|_, row| row.gap),
        second_order: within(&|found, _| found.second_order(sigma)),
        ratio,
        one_point: over_seeds(&|_, row| row.one_point).mean,
        two_point: over_seeds(&|_, row| row.two_point).mean,
        agreement: Agreement::of(ratio),
    }
}

/// What was measured of a run that did not diverge.
fn of_run(run: &RunResult) -> Option<&StabilityFound> {
    match &run.found {
        Some(KindFound::NoiseStability(found)) if run.diverged_at.is_none() => Some(found),
        _ => None,
    }
}

/// The claim: for all σ of a range, or where none is given up to a σ beyond which it no longer holds.
pub(super) fn reading(range: Option<[f64; 2]>, result: &CompareResult) -> Reading {
    let rows = pooled(result);
    let (verdict, sigma, remark) = match range {
        Some(range) => over(range, &rows),
        None => up_to(&rows),
    };
    let index = sigma.and_then(|sigma| rows.iter().position(|row| row.sigma == sigma));
    let values = |value: &dyn Fn(&StabilityFound, &StabilityRow) -> f64| {
        let of = |run: &RunResult| Some(value(of_run(run)?, of_run(run)?.rows.get(index?)?));
        MethodFigures::of(result.runs.iter().map(|run| of(run).unwrap_or(f64::NAN)).collect())
    };
    let gap = values(&|_, row| row.gap.mean);
    let second_order = values(&|found, row| found.second_order(row.sigma).mean);
    let [gap_name, order_name] = ["gap", "second-order"].map(str::to_owned);
    let at = sigma.map(|sigma| format!("The figures are those of σ {}.", significant(sigma, 3)));
    Reading {
        methods: BTreeMap::from([(gap_name.clone(), gap), (order_name.clone(), second_order)]),
        order: vec![gap_name, order_name],
        at_loss: None,
        rule: RULE.to_owned(),
        verdict,
        remarks: [remark].into_iter().chain(at).collect(),
    }
}

/// The verdict, the σ whose figures are told, and what was found.
type Judged = (Verdict, Option<f64>, String);

/// The claim of all σ of a range.
fn over([from, to]: [f64; 2], rows: &[PooledRow]) -> Judged {
    // What a file writes as the end of a range belongs to it.
    let slack = 1e-9 * to;
    let own: Vec<&PooledRow> = rows.iter().filter(|row| (from - slack..=to + slack).contains(&row.sigma)).collect();
    let all = |wanted: Agreement| own.iter().all(|row| row.agreement == wanted);
    let parts = own.iter().find(|row| row.agreement == Agreement::Parts);
    let verdict = match parts {
        Some(_) => Verdict::DoesNotHold,
        None if !own.is_empty() && all(Agreement::Agrees) => Verdict::Holds,
        None => Verdict::Undecided,
    };
    let remark = match parts {
        Some(row) => format!("It parts at σ {}: ratio {}.", significant(row.sigma, 3), ratio_words(row)),
        None if own.is_empty() => "No σ of the range was measured.".to_owned(),
        None => {
            let agree = own.iter().filter(|row| row.agreement == Agreement::Agrees).count();
            format!("It agrees at {agree} of {} σ of the range and parts at none.", own.len())
        }
    };
    (verdict, parts.or(own.last()).map(|row| row.sigma), remark)
}

/// The claim that it holds up to some σ and not beyond.
fn up_to(rows: &[PooledRow]) -> Judged {
    let agrees_to = rows.iter().take_while(|row| row.agreement == Agreement::Agrees).last();
    let parts_from = rows.iter().find(|row| row.agreement == Agreement::Parts);
    let sigma = |row: &PooledRow| significant(row.sigma, 3);
    let (verdict, remark) = match (agrees_to, parts_from) {
        (Some(to), Some(from)) => (
            Verdict::Holds,
            format!(
                "It agrees up to σ {} and parts first at σ {}: ratio {}.",
                sigma(to),
                sigma(from),
                ratio_words(from)
            ),
        ),
        (Some(to), None) => {
            (Verdict::Undecided, format!("It agrees up to σ {}, and no greater σ was found where it parts.", sigma(to)))
        }
        (None, Some(from)) if from.sigma == rows[0].sigma => (
            Verdict::DoesNotHold,
            format!("It parts at the least σ already, {}: ratio {}.", sigma(from), ratio_words(from)),
        ),
        (None, _) => (Verdict::Undecided, "At the least σ it is not known well enough.".to_owned()),
    };
    (verdict, agrees_to.or(rows.first()).map(|row| row.sigma), remark)
}

fn ratio_words(row: &PooledRow) -> String {
    with_error(row.ratio.mean, row.ratio.stderr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::claims::test_runs::{estimate, result_of};

    /// Runs of σ 0.01, 0.02, … with these ratios, a row a seed.
    fn judged(range: Option<[f64; 2]>, seeds: &[&[f64]]) -> Reading {
        reading(range, &result(seeds))
    }

    fn result(seeds: &[&[f64]]) -> CompareResult {
        result_of(seeds.iter().enumerate().map(|(seed, ratios)| {
            // Seeds of different traces: the ratio is formed within each.
            let trace = 100.0 * (1.0 + seed as f64);
            let row = |(index, ratio): (usize, &f64)| {
                let sigma = 0.01 * (1.0 + index as f64);
                let gap = estimate(ratio * 0.5 * sigma * sigma * trace, 1e-4);
                StabilityRow { sigma, gap, one_point: 0.02, two_point: 0.01 }
            };
            let rows = ratios.iter().enumerate().map(row).collect();
            KindFound::NoiseStability(StabilityFound { loss: 0.3, parameters: 7, trace: estimate(trace, 3.0), rows })
        }))
    }

    #[test]
    fn it_holds_up_to_the_last_sigma_that_agrees_and_parts_where_both_bounds_are_passed() {
        let found = judged(None, &[&[1.01, 1.04, 1.30], &[0.99, 1.03, 1.20]]);
        assert_eq!(found.verdict, Verdict::Holds, "{:?}", found.remarks);
        assert!(found.remarks[0].contains("up to σ 0.0200") && found.remarks[0].contains("first at σ 0.0300"));
        // The figures are those of σ 0.02: second order 0.0002 times the traces 100 and 200.
        let second: Vec<f64> = found.methods["second-order"].values.iter().map(|value| value.unwrap()).collect();
        assert!((second[0] - 0.02).abs() < 1e-12 && (second[1] - 0.04).abs() < 1e-12, "{second:?}");
        let gap = found.methods["gap"].values[0].unwrap();
        assert!((gap - 1.04 * 0.02).abs() < 1e-12, "{gap}");
    }

    #[test]
    fn a_small_difference_is_none_and_a_large_error_no_agreement() {
        for (mean, stderr, expected) in [
            (1.049, 1e-6, Agreement::Agrees),
            (0.951, 0.0, Agreement::Agrees),
            (1.06, 0.04, Agreement::Agrees),
            (1.06, 0.02, Agreement::Parts),
            (0.94, 0.02, Agreement::Parts),
            (1.06, 0.06, Agreement::Unclear),
            (1.00, 0.06, Agreement::Unclear),
            (1.50, 0.06, Agreement::Parts),
            (f64::NAN, 0.01, Agreement::Unclear),
            (f64::INFINITY, f64::NAN, Agreement::Unclear),
            (1.0, f64::NAN, Agreement::Unclear),
            (1.5, f64::NAN, Agreement::Unclear),
        ] {
            assert_eq!(Agreement::of(Estimate { mean, stderr, samples: 5 }), expected, "{mean} ± {stderr}");
        }
    }

    #[test]
    fn it_does_not_hold_where_it_parts_at_once_and_is_undecided_where_it_never_parts() {
        assert_eq!(judged(None, &[&[1.3, 1.5], &[1.2, 1.4]]).verdict, Verdict::DoesNotHold);
        assert_eq!(judged(None, &[&[1.01, 1.0], &[0.99, 1.02]]).verdict, Verdict::Undecided);
        // Not known at the least σ: ratios from 0.5 to 1.5.
        assert_eq!(judged(None, &[&[0.5, 1.5], &[1.5, 1.6]]).verdict, Verdict::Undecided);
    }

    #[test]
    fn one_seed_nan_and_nothing_decide_nothing() {
        assert_eq!(judged(None, &[&[1.0, 1.5]]).verdict, Verdict::Undecided);
        assert_eq!(judged(Some([0.01, 0.02]), &[&[1.0, 1.0]]).verdict, Verdict::Undecided);
        assert_eq!(judged(None, &[&[f64::NAN, 1.5], &[1.0, 1.5]]).verdict, Verdict::Undecided);
        assert_eq!(judged(None, &[]).verdict, Verdict::Undecided);
        let mut diverged = result(&[&[1.01, 1.3], &[0.99, 1.2]]);
        assert_eq!(reading(None, &diverged).verdict, Verdict::Holds);
        diverged.runs[1].diverged_at = Some(7);
        let found = reading(None, &diverged);
        assert_eq!((found.verdict, found.methods["gap"].values[1]), (Verdict::Undecided, None));
    }

    #[test]
    fn over_a_range_each_sigma_counts_and_its_ends_belong_to_it() {
        let seeds: &[&[f64]] = &[&[1.3, 1.01, 1.02, 1.3], &[1.2, 0.99, 1.01, 1.2]];
        assert_eq!(judged(Some([0.02, 0.03]), seeds).verdict, Verdict::Holds);
        assert_eq!(judged(Some([0.02, 0.04]), seeds).verdict, Verdict::DoesNotHold);
        assert_eq!(judged(Some([0.01, 0.02]), seeds).verdict, Verdict::DoesNotHold);
        assert_eq!(judged(Some([0.5, 0.6]), seeds).verdict, Verdict::Undecided);
        assert_eq!(judged(Some([0.01, 0.02]), &[&[1.0, 0.5], &[1.0, 1.5]]).verdict, Verdict::Undecided);
    }

    #[test]
    fn errors_within_seeds_and_over_seeds_are_told_apart() {
        let rows = pooled(&result(&[&[1.0], &[1.2]]));
        assert!((rows[0].ratio.mean - 1.1).abs() < 1e-12 && (rows[0].ratio.stderr - 0.1).abs() < 1e-12, "{rows:?}");
        // Two pairs' errors of 10⁻⁴ each, of the mean √2/2 of it.
        assert!((rows[0].gap.stderr - 1e-4 / 2.0_f64.sqrt()).abs() < 1e-12, "{rows:?}");
        assert!((rows[0].second_order.mean - 0.5e-4 * 150.0).abs() < 1e-12, "{rows:?}");
    }
}
