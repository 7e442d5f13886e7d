//! Numbers of rows by their columns, as they are held against each other.

use crate::protocol::{EigenRow, Estimate, EvalRow, NoiseRow, Outcome, RunId, StepRow, TraceRow};

/// The first number that is not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Parting {
    /// The run.
    pub run: RunId,
    /// Steps done.
    pub step: u64,
    /// What it is, such as "batch_loss of the step".
    pub column: String,
    /// The number in the session; NaN where it has none.
    pub stored: f64,
    /// The number that came out.
    pub found: f64,
}

/// The numbers of a row with their names. What does not belong to the row's run alone, such as its seconds, is not among them.
pub(super) type Columns = Vec<(&'static str, f64)>;

pub(super) fn of_step(row: &StepRow) -> Columns {
    let mut columns = vec![
        ("gradient_evaluations", row.gradient_evaluations as f64),
        ("batch_loss", row.batch_loss),
        ("perturbed_loss", row.perturbed_loss),
        ("gradient_norm", row.gradient_norm),
        ("learning_rate", row.learning_rate),
    ];
    if let Some(NoiseRow { sigma, base_sigma, k, even_mean, odd_square, gap_mean }) = row.noise {
        columns.extend([
            ("noise_sigma", sigma),
            ("noise_base_sigma", base_sigma),
            ("noise_k", k as f64),
            ("noise_even_mean", even_mean),
            ("noise_odd_square", odd_square),
            ("noise_gap_mean", gap_mean),
        ]);
    }
    columns
}

pub(super) fn of_eval(row: &EvalRow) -> Columns {
    let mut columns = vec![
        ("gradient_evaluations", row.gradient_evaluations as f64),
        ("train_loss", row.train_loss),
        ("train_accuracy", row.train_accuracy),
        ("test_loss", row.test_loss),
        ("test_accuracy", row.test_accuracy),
        ("weight_norm", row.weight_norm),
    ];
    let mut outcome = |names: [&'static str; 2], outcome: Option<Outcome>| {
        columns.extend(
            outcome.into_iter().flat_map(|Outcome { loss, accuracy }| [(names[0], loss), (names[1], accuracy)]),
        );
    };
    outcome(["validation_loss", "validation_accuracy"], row.validation);
    if let Some(average) = &row.average {
        outcome(["average_train_loss", "average_train_accuracy"], Some(average.train));
        outcome(["average_test_loss", "average_test_accuracy"], Some(average.test));
        outcome(["average_validation_loss", "average_validation_accuracy"], average.validation);
        columns.push(("averaged", average.averaged as f64));
    }
    columns
}

pub(super) fn of_trace(row: &TraceRow) -> Columns {
    vec![("trace", row.mean), ("trace_stderr", row.stderr), ("trace_probes", row.probes as f64)]
}

pub(super) fn of_eigen(row: &EigenRow) -> Columns {
    vec![
        ("lambda_max", row.lambda_max),
        ("lambda_min", row.lambda_min),
        ("residual_max", row.residual_max),
        ("residual_min", row.residual_min),
    ]
}

pub(super) fn of_noise(estimate: &Estimate) -> Columns {
    vec![("noise_trace", estimate.mean), ("noise_trace_stderr", estimate.stderr)]
}

/// The first column in which two rows differ: its name and both numbers; one is NaN where a row has no such column.
pub(super) fn first_difference(stored: &Columns, found: &Columns, tolerance: f64) -> Option<(&'static str, f64, f64)> {
    let number = |columns: &Columns, name: &str| columns.iter().find(|(other, _)| *other == name).map(|(_, x)| *x);
    let differs = |name: &'static str| match (number(stored, name), number(found, name)) {
        (Some(stored), Some(found)) if is_same(stored, found, tolerance) => None,
        (stored, found) => Some((name, stored.unwrap_or(f64::NAN), found.unwrap_or(f64::NAN))),
    };
    stored.iter().chain(found).find_map(|(name, _)| differs(name))
}

/// Whether two numbers are the same, or as near as is asked for; NaN is the same as NaN.
pub(super) fn is_same(stored: f64, found: f64, tolerance: f64) -> bool {
    let is_near = || (stored - found).abs() <= tolerance * stored.abs().max(found.abs());
    stored == found || (stored.is_nan() && found.is_nan()) || (tolerance > 0.0 && is_near())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_by_every_bit_unless_a_share_is_given() {
        let next = 0.1_f64.next_up();
        assert!(is_same(0.1, 0.1, 0.0) && !is_same(0.1, next, 0.0) && is_same(0.1, next, 1e-12));
        assert!(is_same(f64::NAN, f64::NAN, 0.0) && !is_same(f64::NAN, 0.0, 1.0) && is_same(0.0, -0.0, 0.0));
        assert!(is_same(f64::INFINITY, f64::INFINITY, 0.0) && !is_same(f64::INFINITY, 1.0, 0.0));
        assert!(is_same(-100.0, -101.0, 0.01) && !is_same(-100.0, -102.0, 0.01));
    }

    #[test]
    fn a_column_that_only_one_row_has_is_a_difference() {
        let stored = vec![("a", 1.0), ("b", 2.0)];
        assert_eq!(first_difference(&stored, &stored.clone(), 0.0), None);
        assert_eq!(first_difference(&stored, &vec![("a", 1.0), ("b", 2.5)], 0.0), Some(("b", 2.0, 2.5)));
        let (name, one, other) = first_difference(&stored, &vec![("a", 1.0)], 0.0).unwrap();
        assert!(name == "b" && one == 2.0 && other.is_nan());
        let (name, one, other) = first_difference(&vec![("a", 1.0)], &stored, 0.0).unwrap();
        assert!(name == "b" && one.is_nan() && other == 2.0);
    }
}
