//! What is told of a measure, and the rule that makes a verdict of an order.
//!
//! Each neighbouring pair is held against it: the mean difference over training seeds, in units of the combined standard error
//! √(s₁² + s₂²). All of them above 2 in the claimed direction: it holds. One below −2: it does not. Anything else, one seed or a
//! value that is not finite among it, is undecided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::Estimate;

/// Combined standard errors that a difference has to exceed.
pub(super) const ERRORS: f64 = 2.0;

/// The rule in words, as `claims.json` has it.
pub const RULE: &str = "differences over 2 combined standard errors over training seeds";

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// All differences are as claimed.
    #[serde(rename = "holds")]
    Holds,
    /// One is the other way round.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// Too close, or too few seeds.
    #[serde(rename = "undecided")]
    Undecided,
}

impl Verdict {
    /// As it stands in files.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::Undecided => "undecided",
        }
    }
}

/// A measure of one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodFigures {
    /// Mean over the seeds; null where one is not finite.
    pub mean: Option<f64>,
    /// Standard error of the mean; null for a single seed.
    pub stderr: Option<f64>,
    /// One value a seed, in their order; null where the run diverged or was not read.
    pub values: Vec<Option<f64>>,
}

/// How a claim was read and what came out.
pub(super) struct Reading {
    /// Each method's figures, by its name.
    pub methods: BTreeMap<String, MethodFigures>,
    /// Their names in the order in which they are told.
    pub order: Vec<String>,
    /// The training loss at which it was read.
    pub at_loss: Option<f64>,
    /// The rule, in words.
    pub rule: String,
    /// What came out.
    pub verdict: Verdict,
    /// What was found beside, a sentence each.
    pub remarks: Vec<String>,
}

impl MethodFigures {
    /// Of one value a seed.
    #[must_use]
    pub fn of(values: Vec<f64>) -> Self {
        let finite = |value: f64| value.is_finite().then_some(value);
        let Estimate { mean, stderr, .. } = Estimate::of(values.iter().copied());
        Self { mean: finite(mean), stderr: finite(stderr), values: values.into_iter().map(finite).collect() }
    }
}

/// The rule, over methods in the claimed order.
#[must_use]
pub fn verdict(greater_is_better: bool, order: &[&MethodFigures]) -> Verdict {
    let sign = if greater_is_better { 1.0 } else { -1.0 };
    let advantage = |pair: &[&MethodFigures]| {
        let [first, second] = pair else { return None };
        let difference = sign * (first.mean? - second.mean?);
        let error = first.stderr?.hypot(second.stderr?);
        Some((difference, ERRORS * error))
    };
    let advantages: Vec<Option<(f64, f64)>> = order.windows(2).map(advantage).collect();
    if advantages.iter().flatten().any(|&(difference, needed)| difference < -needed) {
        Verdict::DoesNotHold
    } else if !advantages.is_empty()
        && advantages.iter().all(|pair| pair.is_some_and(|(difference, needed)| difference > needed))
    {
        Verdict::Holds
    } else {
        Verdict::Undecided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(values: &[f64]) -> MethodFigures {
        MethodFigures::of(values.to_vec())
    }

    fn of(greater_is_better: bool, methods: &[&[f64]]) -> Verdict {
        let figures: Vec<MethodFigures> = methods.iter().map(|values| figures(values)).collect();
        verdict(greater_is_better, &figures.iter().collect::<Vec<_>>())
    }

    /// Mean 0 and standard error 1 of the mean.
    const UNIT: [f64; 4] =
        [-1.732_050_807_568_877_2, 1.732_050_807_568_877_2, -1.732_050_807_568_877_2, 1.732_050_807_568_877_2];

    fn around(mean: f64) -> Vec<f64> {
        UNIT.iter().map(|unit| mean + unit).collect()
    }

    #[test]
    fn two_combined_errors_decide() {
        let unit = figures(&UNIT);
        assert!((unit.stderr.unwrap() - 1.0).abs() < 1e-12, "{unit:?}");
        // Two errors of 1 combine to √2, so 2√2 = 2.83 decides.
        for (difference, expected) in [
            (2.9, Verdict::Holds),
            (2.8, Verdict::Undecided),
            (0.0, Verdict::Undecided),
            (-2.8, Verdict::Undecided),
            (-2.9, Verdict::DoesNotHold),
        ] {
            assert_eq!(of(true, &[&around(difference), &around(0.0)]), expected, "{difference}");
            assert_eq!(of(false, &[&around(-difference), &around(0.0)]), expected, "{difference}, smaller");
        }
    }

    #[test]
    fn an_order_of_three_holds_where_both_pairs_do_and_falls_with_one() {
        assert_eq!(of(true, &[&around(6.0), &around(3.0), &around(0.0)]), Verdict::Holds);
        assert_eq!(of(true, &[&around(6.0), &around(5.0), &around(0.0)]), Verdict::Undecided);
        assert_eq!(of(true, &[&around(9.0), &around(0.0), &around(3.0)]), Verdict::DoesNotHold);
    }

    #[test]
    fn one_seed_and_what_is_not_finite_decide_nothing() {
        assert_eq!(of(true, &[&[9.0], &[1.0]]), Verdict::Undecided);
        assert_eq!(of(true, &[&[9.0, f64::NAN, 9.1], &around(0.0)]), Verdict::Undecided);
        assert_eq!(of(true, &[&[], &around(0.0)]), Verdict::Undecided);
        assert_eq!(of(true, &[&around(0.0)]), Verdict::Undecided);
        // A pair that falls is told whatever the other is.
        assert_eq!(of(true, &[&[f64::NAN, 1.0], &around(0.0), &around(9.0)]), Verdict::DoesNotHold);
    }

    #[test]
    fn equal_values_without_spread_hold_where_they_differ_at_all() {
        assert_eq!(of(false, &[&[1.0, 1.0], &[2.0, 2.0]]), Verdict::Holds);
        assert_eq!(of(false, &[&[1.0, 1.0], &[1.0, 1.0]]), Verdict::Undecided);
    }

    #[test]
    fn figures_that_are_not_finite_are_null_in_the_file() {
        let json = serde_json::to_string(&figures(&[1.0, f64::INFINITY])).unwrap();
        assert_eq!(json, r#"{"mean":null,"stderr":null,"values":[1.0,null]}"#);
        assert_eq!(serde_json::to_string(&Verdict::DoesNotHold).unwrap(), r#""does not hold""#);
    }
}
