//! The values of a sweep: spread over a range, or typed one by one.

use crate::config::{KnobId, KnobScale, Knobs};
use crate::ui::kit::typed::{self, Takes};
use crate::ui::state::words;

/// Values that a range has.
pub const COUNTS: std::ops::RangeInclusive<usize> = 3..=9;
/// Values of a list at least; it has at most as many as a range.
const LEAST: usize = 2;
/// A range begins at this share of the run's value, and ends as far above it.
const AROUND: f64 = 4.0;

/// The range that a sweep of a knob begins with, around the value of a run.
pub fn first_range(knob: KnobId, value: f64) -> [f64; 2] {
    let spec = knob.spec();
    let hold = |value: f64| rounded(value).clamp(spec.min, spec.max);
    // Where the greatest value says that a bound is not there, nothing is around it.
    let value = if spec.off == Some(spec.max) && value >= spec.max { 1.0 } else { value };
    match spec.scale {
        KnobScale::Linear if value > 0.0 => [hold(0.5 * value), hold(1.5 * value)],
        KnobScale::Linear => [spec.min, hold(spec.min + 0.5 * (spec.max - spec.min))],
        _ if value > 0.0 => [hold(value / AROUND), hold(value * AROUND)],
        _ => [hold(spec.smallest_positive), hold(spec.smallest_positive * AROUND.powi(4))],
    }
}

/// Whether values of a knob are spread by ratio, where nothing else is said.
pub fn is_by_ratio(knob: KnobId) -> bool {
    matches!(knob.spec().scale, KnobScale::Logarithmic | KnobScale::Integer)
}

/// So many values from one to another, ascending: by equal ratios or equal steps, of three digits, whole where the knob is.
///
/// # Errors
/// A sentence that says what is wrong with the range.
pub fn of_range(knob: KnobId, [from, to]: [f64; 2], count: usize, is_by_ratio: bool) -> Result<Vec<f64>, String> {
    let spec = knob.spec();
    if from >= to || from.is_nan() || to.is_nan() {
        let [from, to] = [from, to].map(|value| words::knob_value(knob, value));
        return Err(format!("The range goes from {from} to {to}. Expected the first below the second."));
    }
    if is_by_ratio && from <= 0.0 {
        return Err(format!("The range begins at {from}. Expected above 0 for equal ratios."));
    }
    let share = |i: usize| i as f64 / (count.max(2) - 1) as f64;
    let at = |i: usize| if is_by_ratio { from * (to / from).powf(share(i)) } else { from + (to - from) * share(i) };
    let whole = |value: f64| if spec.scale == KnobScale::Integer { value.round() } else { rounded(value) };
    // Rounding may not lead out of the range.
    let values = (0..count).map(|i| whole(at(i)).clamp(from, to)).collect();
    checked(knob, values)
}

/// The values that a text lists, ascending.
///
/// # Errors
/// A sentence that says which is wrong, and what was expected.
pub fn of_list(knob: KnobId, text: &str) -> Result<Vec<f64>, String> {
    let takes = if knob.spec().scale == KnobScale::Integer { Takes::Whole } else { Takes::Real };
    let values = pieces(text).into_iter().map(|piece| typed::number(piece, takes)).collect::<Result<_, _>>()?;
    checked(knob, values)
}

/// The numbers of a list as they were typed. Spaces and semicolons part them; a comma does too where a point is the decimal
/// sign, where a space follows it, or where nothing else parts two of them.
fn pieces(text: &str) -> Vec<&str> {
    let text = text.trim();
    let parts = |letter: char| letter.is_whitespace() || letter == ';';
    let is_parted = text.contains(parts);
    let is_decimal = |piece: &str| !text.contains('.') && (is_parted || piece.matches(',').count() == 1);
    let pieces = text.split(parts).map(|piece| piece.trim_matches(',')).filter(|piece| !piece.is_empty());
    pieces
        .flat_map(|piece| if is_decimal(piece) { vec![piece] } else { piece.split(',').collect() })
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// Values in order, each once and allowed.
fn checked(knob: KnobId, mut values: Vec<f64>) -> Result<Vec<f64>, String> {
    values.sort_by(f64::total_cmp);
    values.dedup();
    for &value in &values {
        let spec = knob.spec();
        let wrong = || format!("{} is {}, expected {}.", spec.label, words::knob_value(knob, value), spec.expected());
        Knobs::default().set(knob, value).map_err(|_| wrong())?;
    }
    let most = *COUNTS.end();
    if !(LEAST..=most).contains(&values.len()) {
        let found = values.len();
        return Err(format!("There are {found} different values. Expected {LEAST} to {most}."));
    }
    Ok(values)
}

/// A number of three digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_spread_by_ratio_or_by_step() {
        let sigmas = of_range(KnobId::Sigma, [0.025, 0.4], 5, true);
        assert_eq!(sigmas, Ok(vec![0.025, 0.05, 0.1, 0.2, 0.4]));
        assert_eq!(of_range(KnobId::Momentum, [0.5, 0.9], 3, false), Ok(vec![0.5, 0.7, 0.9]));
        assert_eq!(of_range(KnobId::K, [1.0, 4.0], 9, true), Ok(vec![1.0, 2.0, 3.0, 4.0]), "whole, each once");
        assert!(of_range(KnobId::Sigma, [0.4, 0.025], 5, true).unwrap_err().contains("the first below the second"));
        assert!(of_range(KnobId::Momentum, [0.0, 0.9], 5, true).unwrap_err().contains("above 0"));
        assert!(of_range(KnobId::Sigma, [f64::NAN, 0.4], 5, true).is_err());
    }

    #[test]
    fn a_first_range_is_around_the_value_and_allowed() {
        assert_eq!(first_range(KnobId::Sigma, 0.1), [0.025, 0.4]);
        assert_eq!(first_range(KnobId::K, 1.0), [1.0, 4.0]);
        for knob in KnobId::ALL {
            let spec = knob.spec();
            if matches!(spec.scale, KnobScale::Switch | KnobScale::Choice(_)) {
                continue;
            }
            for value in [spec.min, spec.max, Knobs::default().value(knob)] {
                let [from, to] = first_range(knob, value);
                assert!((spec.min..=spec.max).contains(&from) && (spec.min..=spec.max).contains(&to), "{knob:?}");
                assert!(from <= to, "{knob:?} {value}: {from} to {to}");
            }
        }
    }

    #[test]
    fn lists_are_read_as_people_write_them() {
        let read = |text: &str| of_list(KnobId::Sigma, text);
        let expected = Ok(vec![0.01, 0.03, 0.1]);
        for text in [
            "0.01, 0.03, 0.1",
            "0.1 0.03 0.01",
            "0.01,0.03,0.1",
            "0,01; 0,03; 0,1",
            "0.01 0.03 0.1 0.1",
            "0,01 0,03 0,1",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(of_list(KnobId::K, "1,2,4"), Ok(vec![1.0, 2.0, 4.0]));
        for (text, said) in [
            ("0.01, x", "“x” is no number"),
            ("0.01 7", "Noise σ is 7, expected a number from 0 to 1."),
            ("0.1", "There are 1 different values"),
            ("", "There are 0 different values"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }
}
