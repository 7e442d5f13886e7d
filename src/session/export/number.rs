//! Numbers as people read them: a few significant digits, and a standard error that sets the digits of its mean.

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
}
