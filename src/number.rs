//! Numbers as people read them: a few significant digits, and a standard error that sets the digits of its mean.

use std::cmp::Ordering;

/// `value` with `digits` significant digits; powers of ten below 0.001 and from 100 000 on, "–" if it is not finite.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = digits.max(1);
    // Through the exponent form, so that 9.996 with three digits counts as 10.0.
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    if !(-3..5).contains(&exponent) {
        return scientific;
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    format!("{value:.decimals$}")
}

/// `mean ± error`: two significant digits of the error, and as many decimals of the mean; the mean alone where the
/// error is unknown.
#[must_use]
pub fn with_error(mean: f64, error: f64) -> String {
    if !mean.is_finite() || !error.is_finite() {
        return significant(mean, 4);
    }
    // A spread of rounding errors is none.
    if error <= 1e-9 * mean.abs() || error <= 0.0 {
        return format!("{} ± 0", significant(mean, 4));
    }
    let exponent = error.log10().floor() as i32;
    if mean.abs() >= 1e5 || (mean.abs() < 1e-3 && exponent < -4) {
        return format!("{} ± {}", significant(mean, 3), significant(error, 2));
    }
    if exponent < -5 {
        return format!("{mean:.6} ± {}", significant(error, 1));
    }
    let decimals = (1 - exponent).max(0) as usize;
    format!("{mean:.decimals$} ± {error:.decimals$}")
}

/// A count with its thousands set apart by narrow gaps.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Between groups of three digits of a tick: does not break the line.
const GROUP: char = '\u{a0}';
/// Digits of a number that has no neighbours to be told from.
const ALONE_DIGITS: i32 = 6;
/// Ticks from here on, and those below the other end, are powers of ten where that is shorter.
const PLAIN: std::ops::Range<f64> = 1e-4..1e7;

/// The label of a tick: as many decimals as tell it from its neighbours, which are `step` away, and no zeros at the end.
/// Without a step it has six significant digits. The minus sign is a true one.
#[must_use]
pub fn tick(value: f64, step: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    // Sums of steps end next to zero.
    if value == 0.0 || value.abs() < 1e-6 * step {
        return "0".to_owned();
    }
    let place = |number: f64| (number.log10() + 1e-9).floor() as i32;
    let magnitude = value.abs();
    let first = place(magnitude);
    let last = if step.is_finite() && step > 0.0 { place(step) } else { first + 1 - ALONE_DIGITS };
    let mut text = grouped(&without_zeros(format!("{magnitude:.*}", (-last).max(0) as usize)));
    if !PLAIN.contains(&magnitude) {
        let short = power_of_ten(magnitude, first, (first - last).max(0) as usize);
        if short.chars().count() <= text.chars().count() {
            text = short;
        }
    }
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A number above 0 as a mantissa and a power of ten.
fn power_of_ten(magnitude: f64, exponent: i32, decimals: usize) -> String {
    let mantissa = without_zeros(format!("{:.decimals$}", magnitude / 10_f64.powi(exponent)));
    let digits = exponent.to_string();
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize - '0' as usize],
    });
    let factor = if mantissa == "1" { String::new() } else { format!("{mantissa}×") };
    format!("{factor}10{}", raised.collect::<String>())
}

fn without_zeros(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The digits before the point in groups of three.
fn grouped(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::with_capacity(text.len() + text.len() / 3);
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            grouped.push(GROUP);
        }
        grouped.push(letter);
    }
    grouped
}

/// The order of words with numbers in them: "NSO 2" stands before "NSO 10".
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (mut a, mut b) = (a, b);
    loop {
        let (in_a, in_b) = (digits(a), digits(b));
        let order = if in_a > 0 && in_b > 0 {
            let number = |text: &str| text.trim_start_matches('0').to_owned();
            let (left, right) = (number(&a[..in_a]), number(&b[..in_b]));
            (a, b) = (&a[in_a..], &b[in_b..]);
            left.len().cmp(&right.len()).then(left.cmp(&right))
        } else {
            let (mut of_a, mut of_b) = (a.chars(), b.chars());
            let order = of_a.next().cmp(&of_b.next());
            if a.is_empty() || b.is_empty() {
                return order;
            }
            (a, b) = (of_a.as_str(), of_b.as_str());
            order
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_significant() {
        let cases = [(0.033_21, "0.0332"), (8.512, "8.51"), (9.996, "10.0"), (1234.0, "1234"), (2e-5, "2.00e-5")];
        for (value, text) in cases {
            assert_eq!(significant(value, 3), text);
        }
        assert_eq!(significant(f64::NAN, 3), "–");
        assert_eq!(significant(0.0, 3), "0");
        assert_eq!(significant(-0.05, 2), "-0.050");
    }

    #[test]
    fn the_error_sets_the_digits() {
        assert_eq!(with_error(8.5123, 1.31), "8.5 ± 1.3");
        assert_eq!(with_error(0.9541, 0.0042), "0.9541 ± 0.0042");
        assert_eq!(with_error(0.03, 1e-18), "0.03000 ± 0");
        assert_eq!(with_error(0.03, f64::NAN), "0.03000");
        assert_eq!(with_error(0.03, 4e-8), "0.030000 ± 4e-8");
        assert_eq!(with_error(412.0, 33.0), "412 ± 33");
        assert_eq!(with_error(f64::NAN, 1.0), "–");
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(7200), "7 200");
        assert_eq!(count(1_234_567), "1 234 567");
    }

    #[test]
    fn ticks_have_the_digits_of_their_step() {
        let cases = [
            (12_346.0, 1.0, "12\u{a0}346"),
            (12_346.5, 0.5, "12\u{a0}346.5"),
            (-12_000.0, 2_000.0, "−12\u{a0}000"),
            (-250_000.0, 50_000.0, "−250\u{a0}000"),
            (1e9, 5e8, "10⁹"),
            (-1.5e9, 5e8, "−1.5×10⁹"),
            (12_000_001.0, 1.0, "12\u{a0}000\u{a0}001"),
            (0.1 + 0.2, 0.1, "0.3"),
            (1e-17, 0.1, "0"),
            (0.123_46, 0.000_02, "0.12346"),
            (2e-5, 1e-5, "2×10⁻⁵"),
            (1e-6, 1e-6, "10⁻⁶"),
            (1_234_567.8, 0.0, "1\u{a0}234\u{a0}568"),
            (0.333_333_333, 0.0, "0.333333"),
            (-8.5, 0.0, "−8.5"),
            (f64::NAN, 1.0, "–"),
        ];
        for (value, step, text) in cases {
            assert_eq!(tick(value, step), text, "{value} in steps of {step}");
        }
    }

    #[test]
    fn neighbouring_ticks_never_read_the_same() {
        for (start, step) in [(12_345.0, 1.0), (-99_990.0, 5.0), (1e9, 2e3), (0.1234, 1e-5), (3e-7, 1e-9), (2e7, 5e6)] {
            let labels: Vec<String> = (0..8).map(|i| tick(start + f64::from(i) * step, step)).collect();
            let mut unique = labels.clone();
            unique.dedup();
            assert_eq!(labels, unique);
        }
    }

    #[test]
    fn numbers_in_names_sort_by_value() {
        let mut names = ["nso 10", "sgd", "nso 2", "nso", "nso 2b", "nso 010x", "é 1"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["nso", "nso 2", "nso 2b", "nso 10", "nso 010x", "sgd", "é 1"]);
    }
}
