//! Whether the bound is above the gap between test and training loss, and whether it orders runs as their gaps do.
//!
//! Above: in every run the bound less 2 of its standard errors is at least the gap. Order: Spearman's rank correlation over all
//! runs, against 2 of the standard errors 1/√(n − 1) that it has over all orders of n runs, that is where there is none.

use std::collections::BTreeMap;

use super::figures::{ERRORS, MethodFigures, Reading, Verdict};
use crate::config::OptimizerKind;
use crate::number::{significant, with_error};
use crate::protocol::Estimate;
use crate::report::kinds::{BoundFound, KindFound};
use crate::report::results::{CompareResult, RunResult};

const ABOVE_RULE: &str = "in every run the bound is at least the gap by 2 of its standard errors; it does not hold where it is \
                          below by as much in one";
const ORDER_RULE: &str = "Spearman's rank correlation over all runs exceeds 2 of the standard errors 1/√(n − 1) that it has where \
                          there is no order";

/// One run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundPoint {
    /// Its method.
    pub optimizer: OptimizerKind,
    /// Its seed.
    pub seed: u64,
    /// Test loss less training loss; NaN where it diverged.
    pub gap: f64,
    /// C·√(α r²/n), with the error of α; NaN where there is none.
    pub bound: Estimate,
    /// Its terms, where it was measured.
    pub terms: Option<BoundFound>,
}

impl BoundPoint {
    /// Whether the bound says no more than that the loss is that of a guess.
    #[must_use]
    pub fn is_vacuous(&self) -> bool {
        self.terms.and_then(|terms| terms.of_guess).is_some_and(|of_guess| self.bound.mean > of_guess)
    }

    fn is_finite(&self) -> bool {
        self.gap.is_finite() && self.bound.mean.is_finite()
    }
}

/// All runs, in the order of the comparison.
#[must_use]
pub fn bound_points(result: &CompareResult) -> Vec<BoundPoint> {
    result.runs.iter().map(point).collect()
}

fn point(run: &RunResult) -> BoundPoint {
    let terms = match &run.found {
        Some(KindFound::Bound(found)) if run.diverged_at.is_none() => Some(*found),
        _ => None,
    };
    let gap = if run.diverged_at.is_none() { run.test_loss - run.train_loss } else { f64::NAN };
    let none = Estimate { mean: f64::NAN, stderr: f64::NAN, samples: 0 };
    let bound = terms.map_or(none, |terms| terms.bound());
    BoundPoint { optimizer: run.optimizer, seed: run.seed, gap, bound, terms }
}

/// The claim that the bound is one.
pub(super) fn above(result: &CompareResult) -> Reading {
    let points = bound_points(result);
    let is_below = |point: &BoundPoint| point.bound.mean + ERRORS * point.bound.stderr < point.gap;
    let is_above = |point: &BoundPoint| point.bound.mean - ERRORS * point.bound.stderr >= point.gap;
    let verdict = if !has_seeds(&points) {
        Verdict::Undecided
    } else if points.iter().any(is_below) {
        Verdict::DoesNotHold
    } else if points.iter().all(is_above) {
        Verdict::Holds
    } else {
        Verdict::Undecided
    };
    let finite = || points.iter().filter(|point| point.is_finite());
    let above = finite().filter(|point| point.bound.mean >= point.gap).count();
    let times = finite().map(|point| point.bound.mean / point.gap).filter(|times| *times > 0.0);
    let (least, most) =
        times.fold((f64::INFINITY, 0.0_f64), |(least, most), times| (least.min(times), most.max(times)));
    let mut remarks = vec![format!("It is above the gap in {above} of {} runs.", points.len())];
    if least.is_finite() {
        let [least, most] = [least, most].map(|times| significant(times, 3));
        remarks.push(format!("It is {least} to {most} times the gap."));
    }
    remarks.extend(vacuous_words(&points));
    reading(&points, verdict, ABOVE_RULE, remarks)
}

/// The claim that it orders runs.
pub(super) fn order(result: &CompareResult) -> Reading {
    let points = bound_points(result);
    let correlation = |points: &[[f64; 2]]| {
        let [bounds, gaps] = [0, 1].map(|place| points.iter().map(|point| point[place]).collect::<Vec<f64>>());
        spearman(&bounds, &gaps)
    };
    let all: Vec<[f64; 2]> = points.iter().map(|point| [point.bound.mean, point.gap]).collect();
    let rho = correlation(&all);
    let error = 1.0 / (points.len() as f64 - 1.0).sqrt();
    let needed = ERRORS * error;
    // Comparisons with NaN are false.
    let verdict = match rho {
        _ if !has_seeds(&points) => Verdict::Undecided,
        rho if rho > needed => Verdict::Holds,
        rho if rho < -needed => Verdict::DoesNotHold,
        _ => Verdict::Undecided,
    };
    let mean = |kind: OptimizerKind| {
        let own = || points.iter().filter(move |point| point.optimizer == kind);
        let over = |value: fn(&BoundPoint) -> f64| Estimate::of(own().map(value)).mean;
        [over(|point| point.bound.mean), over(|point| point.gap)]
    };
    let kinds = methods(&points);
    let means: Vec<[f64; 2]> = kinds.iter().map(|&kind| mean(kind)).collect();
    let mut remarks = vec![if rho.is_finite() {
        format!("The rank correlation is {} over {} runs.", with_error(rho, error), points.len())
    } else {
        "There is no rank correlation: a run has no figure, or all have the same.".to_owned()
    }];
    let over_methods = correlation(&means);
    if kinds.len() > 2 && over_methods.is_finite() {
        let rho = significant(over_methods, 2);
        remarks.push(format!("Over the means of the {} methods it is {rho}.", kinds.len()));
    }
    remarks.extend(vacuous_words(&points));
    reading(&points, verdict, ORDER_RULE, remarks)
}

/// Where the bound says nothing.
fn vacuous_words(points: &[BoundPoint]) -> Option<String> {
    let of_guess = points.iter().find_map(|point| point.terms?.of_guess)?;
    let vacuous = points.iter().filter(|point| point.is_vacuous()).count();
    let guess = significant(of_guess, 3);
    Some(match vacuous {
        0 => format!("It is below {guess}, the loss of a guess, in every run: not vacuous."),
        all if all == points.len() => format!("It is vacuous in every run: above {guess}, the loss of a guess."),
        some => format!("It is vacuous in {some} of {} runs: above {guess}, the loss of a guess.", points.len()),
    })
}

fn reading(points: &[BoundPoint], verdict: Verdict, rule: &str, remarks: Vec<String>) -> Reading {
    let mut all = BTreeMap::new();
    let mut order = Vec::new();
    for kind in methods(points) {
        let own = || points.iter().filter(|point| point.optimizer == kind);
        let figures: [(&str, Vec<f64>); 2] =
            [("bound", own().map(|point| point.bound.mean).collect()), ("gap", own().map(|point| point.gap).collect())];
        for (what, values) in figures {
            let name = format!("{}, {what}", kind.key());
            order.push(name.clone());
            all.insert(name, MethodFigures::of(values));
        }
    }
    Reading { methods: all, order, at_loss: None, rule: rule.to_owned(), verdict, remarks }
}

/// The methods, each once, in their order.
fn methods(points: &[BoundPoint]) -> Vec<OptimizerKind> {
    let mut kinds: Vec<OptimizerKind> = Vec::new();
    for point in points {
        if !kinds.contains(&point.optimizer) {
            kinds.push(point.optimizer);
        }
    }
    kinds
}

/// Whether there is more than one training seed.
fn has_seeds(points: &[BoundPoint]) -> bool {
    points.first().is_some_and(|first| points.iter().any(|point| point.seed != first.seed))
}

/// Spearman's rank correlation: Pearson's of the ranks, equal values at the mean of theirs. NaN where a value is, and where one
/// side does not vary.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    if a.iter().chain(b).any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let [a, b] = [ranks(a), ranks(b)];
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

/// The rank of each value from 1 on.
fn ranks(values: &[f64]) -> Vec<f64> {
    let of = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let equal = values.iter().filter(|other| *other == value).count() as f64;
        below + f64::midpoint(1.0, equal)
    };
    values.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::claims::test_runs::{estimate, of_methods};

    /// Runs with bounds (±1 %) and gaps, by turns of two methods.
    fn runs(points: &[[f64; 2]]) -> CompareResult {
        let kinds = [OptimizerKind::Sgd, OptimizerKind::Nso];
        of_methods(points.iter().enumerate().map(|(index, [bound, gap])| {
            let terms = BoundFound {
                alpha: estimate(bound * bound, 0.02 * bound * bound),
                greatest: estimate(9.0, 0.1),
                of_batches: estimate(4.0, 0.1),
                distance: 10.0,
                examples: 100,
                constant: 1.0,
                of_guess: Some(10.0_f64.ln()),
            };
            (kinds[index % 2], index as u64 / 2, [0.1, 0.1 + gap], KindFound::Bound(terms))
        }))
    }

    #[test]
    fn a_bound_holds_where_it_is_above_in_every_run_by_two_errors() {
        assert_eq!(above(&runs(&[[1.0, 0.5], [1.0, 0.97], [2.0, 0.1]])).verdict, Verdict::Holds);
        // 1 % is the error: 0.99 is within two of them.
        assert_eq!(above(&runs(&[[1.0, 0.5], [1.0, 0.99], [2.0, 0.1]])).verdict, Verdict::Undecided);
        assert_eq!(above(&runs(&[[1.0, 0.5], [1.0, 1.01], [2.0, 0.1]])).verdict, Verdict::Undecided);
        assert_eq!(above(&runs(&[[1.0, 0.5], [1.0, 1.03], [2.0, 0.1]])).verdict, Verdict::DoesNotHold);
    }

    #[test]
    fn one_seed_and_a_run_without_a_figure_decide_nothing() {
        for rule in [above, order] {
            assert_eq!(rule(&runs(&[[3.0, 0.5]])).verdict, Verdict::Undecided, "one run");
            assert_eq!(rule(&runs(&[[1.0, 0.1], [2.0, 0.2]])).verdict, Verdict::Undecided, "one seed");
            assert_eq!(rule(&runs(&[])).verdict, Verdict::Undecided);
            let many: Vec<[f64; 2]> = (1..=10).map(|i| [f64::from(i), 0.1 * f64::from(i)]).collect();
            let mut result = runs(&many);
            assert_eq!(rule(&result).verdict, Verdict::Holds);
            result.runs[3].diverged_at = Some(5);
            let found = rule(&result);
            assert_eq!(found.verdict, Verdict::Undecided);
            assert_eq!(found.methods["nso, gap"].values[1], None);
        }
        // α below zero is no bound.
        let mut result = runs(&[[1.0, 0.5], [1.0, 0.5], [1.0, 0.5]]);
        if let Some(KindFound::Bound(terms)) = &mut result.runs[0].found {
            terms.alpha.mean = -1.0;
        }
        assert_eq!(above(&result).verdict, Verdict::Undecided);
    }

    #[test]
    fn the_order_holds_turns_or_is_none_by_two_errors_of_chance() {
        // 10 runs: 2/√9 = 0.667 decides.
        let of = |gaps: [f64; 10]| {
            let points: Vec<[f64; 2]> = gaps.iter().enumerate().map(|(i, gap)| [1.0 + i as f64, *gap]).collect();
            let found = order(&runs(&points));
            (found.verdict, found.remarks[0].clone())
        };
        let up = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        assert_eq!(of(up).0, Verdict::Holds);
        assert_eq!(of(up.map(|gap| -gap)).0, Verdict::DoesNotHold);
        // Σd² = 2·(9² − …): the ends change places, 1 − 6·162/990 = 0.018.
        let (verdict, words) = of([10.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 1.0]);
        assert_eq!(verdict, Verdict::Undecided);
        assert!(words.contains("0.02 ± 0.33 over 10 runs"), "{words}");
    }

    #[test]
    fn ranks_of_equal_values_are_shared_and_spearman_is_its_formula() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        // Without ties 1 − 6Σd²/(n(n² − 1)): d = 1, 1, 0, 1, 1.
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 30.0, 50.0, 40.0]);
        assert!((rho - 0.8).abs() < 1e-12, "{rho}");
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_nan() && spearman(&[f64::NAN, 1.0], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn what_is_vacuous_is_told() {
        let told = |bounds: &[f64]| above(&runs(&bounds.iter().map(|&bound| [bound, 0.1]).collect::<Vec<_>>())).remarks;
        assert!(told(&[1.0, 2.0, 1.5])[2].contains("not vacuous"));
        assert!(told(&[1.0, 3.0, 1.5])[2].contains("vacuous in 1 of 3 runs: above 2.30"));
        assert!(told(&[4.0, 3.0, 5.0])[2].contains("vacuous in every run"));
    }
}
