//! Whether k pairs vary less than 2k single points: the rule of an order, at each k.

use std::collections::BTreeMap;

use super::figures::{MethodFigures, RULE, Reading, Verdict, verdict};
use crate::number::with_error;
use crate::protocol::Estimate;
use crate::report::kinds::{KindFound, PairVariance, PairsFound, PairsRow, mean_of};
use crate::report::results::{CompareResult, RunResult};

/// The claim for one of the two estimates.
pub(super) fn reading(result: &CompareResult, of: fn(&PairsRow) -> PairVariance) -> Reading {
    let counts: Vec<usize> =
        result.runs.iter().find_map(of_run).map_or_else(Vec::new, |found| found.rows.iter().map(|row| row.k).collect());
    let (mut methods, mut order, mut verdicts, mut remarks) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, &k) in counts.iter().enumerate() {
        let at = |run: &RunResult| of_run(run).and_then(|found| found.rows.get(index)).map(of);
        let values = |value: fn(&PairVariance) -> f64| -> Vec<f64> {
            result.runs.iter().map(|run| at(run).as_ref().map_or(f64::NAN, value)).collect()
        };
        let pair = MethodFigures::of(values(|found| found.two_point.mean));
        let single = MethodFigures::of(values(|found| found.one_point.mean));
        verdicts.push(verdict(false, &[&pair, &single]));
        remarks.push(ratio_words(k, &result.runs.iter().filter_map(at).map(|found| found.ratio).collect::<Vec<_>>()));
        let points = 2 * k;
        for (name, figures) in [(format!("two-point, k {k}"), pair), (format!("one-point, k {points}"), single)] {
            order.push(name.clone());
            methods.insert(name, figures);
        }
    }
    let rule = format!("{RULE}, at each number of gradients");
    Reading { methods, order, at_loss: None, rule, verdict: together(&verdicts), remarks }
}

fn of_run(run: &RunResult) -> Option<&PairsFound> {
    match &run.found {
        Some(KindFound::Pairs(found)) if run.diverged_at.is_none() => Some(found),
        _ => None,
    }
}

/// What holds at each k holds.
fn together(verdicts: &[Verdict]) -> Verdict {
    if verdicts.contains(&Verdict::DoesNotHold) {
        Verdict::DoesNotHold
    } else if !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::Holds) {
        Verdict::Holds
    } else {
        Verdict::Undecided
    }
}

/// The mean over seeds of ratios with errors of their own.
fn ratio_words(k: usize, ratios: &[Estimate]) -> String {
    let Estimate { mean, stderr, .. } = mean_of(ratios);
    let points = 2 * k;
    if mean.is_finite() {
        let words = with_error(mean, stderr);
        format!(
            "With {points} gradients one-point noise has {words} times the variance of pairs (error by batches of draws)."
        )
    } else {
        format!("With {points} gradients the variances have no finite ratio.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::claims::test_runs::{estimate, result_of};

    /// Runs whose gradients have these one-point and two-point variances at k = 1, and half of them at k = 2.
    fn runs(values: &[[f64; 2]]) -> CompareResult {
        result_of(values.iter().map(|&[one, two]| {
            let variance = |scale: f64| PairVariance {
                one_point: estimate(scale * one, 0.1),
                two_point: estimate(scale * two, 0.1),
                ratio: estimate(one / two, 0.5),
            };
            let row = |k: usize| PairsRow { k, gradient: variance(1.0 / k as f64), loss: variance(f64::NAN) };
            KindFound::Pairs(PairsFound {
                sigma: 0.01,
                frobenius_square: estimate(4.0, 0.1),
                rows: vec![row(1), row(2)],
            })
        }))
    }

    fn gradient(values: &[[f64; 2]]) -> Reading {
        reading(&runs(values), |row| row.gradient)
    }

    #[test]
    fn pairs_hold_where_they_vary_less_at_each_k() {
        let found = gradient(&[[10.0, 1.0], [12.0, 1.2]]);
        assert_eq!(found.verdict, Verdict::Holds);
        assert_eq!(found.order, ["two-point, k 1", "one-point, k 2", "two-point, k 2", "one-point, k 4"]);
        assert_eq!(found.methods["one-point, k 4"].values, [Some(5.0), Some(6.0)]);
        // Two errors of ½ each: that of their mean is √½/2.
        assert!(
            found.remarks[0].contains("With 2 gradients") && found.remarks[0].contains("10.00 ± 0.35 times"),
            "{:?}",
            found.remarks
        );
        assert_eq!(gradient(&[[1.0, 10.0], [1.2, 12.0]]).verdict, Verdict::DoesNotHold);
        assert_eq!(gradient(&[[1.0, 0.5], [2.0, 1.9]]).verdict, Verdict::Undecided);
    }

    #[test]
    fn one_seed_nan_and_nothing_decide_nothing() {
        assert_eq!(gradient(&[[10.0, 1.0]]).verdict, Verdict::Undecided);
        assert_eq!(gradient(&[[10.0, 1.0], [f64::NAN, 1.0]]).verdict, Verdict::Undecided);
        assert_eq!(gradient(&[]).verdict, Verdict::Undecided);
        let found = reading(&runs(&[[10.0, 1.0], [10.1, 1.0]]), |row| row.loss);
        assert_eq!((found.verdict, found.methods["two-point, k 1"].mean), (Verdict::Undecided, None));
        let mut result = runs(&[[10.0, 1.0], [12.0, 1.2]]);
        result.runs[0].diverged_at = Some(3);
        assert_eq!(reading(&result, |row| row.gradient).verdict, Verdict::Undecided);
    }

    #[test]
    fn one_k_that_turns_the_order_is_enough() {
        use Verdict::{DoesNotHold, Holds, Undecided};
        for (verdicts, expected) in [
            (&[Holds, Holds][..], Holds),
            (&[Holds, Undecided], Undecided),
            (&[Undecided, DoesNotHold], DoesNotHold),
            (&[], Undecided),
        ] {
            assert_eq!(together(verdicts), expected, "{verdicts:?}");
        }
    }
}
