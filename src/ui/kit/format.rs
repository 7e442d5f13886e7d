//! Numbers and times as text.

use std::time::Duration;

pub use crate::letters::file_stem;
use crate::number::tick;

/// Between groups of three digits: does not break the line.
const GROUP: char = '\u{a0}';

/// Three significant digits, plain where that is short.
#[must_use]
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() { "not a number".to_owned() } else { "infinite".to_owned() };
    }
    let magnitude = value.abs().log10().floor();
    let text = if (-4.0..0.0).contains(&magnitude) {
        format!("{value:.*}", (2.0 - magnitude) as usize)
    } else if (0.0..3.0).contains(&magnitude) {
        format!("{value:.*}", (2.0 - magnitude).max(0.0) as usize)
    } else if (3.0..6.0).contains(&magnitude) {
        let digits = grouped(value.abs().round() as u64);
        if value < 0.0 { format!("-{digits}") } else { digits }
    } else {
        format!("{value:.1e}")
    };
    text.replace('-', "−")
}

/// Six significant digits without zeros at the end, for readings that are to be exact.
#[must_use]
pub fn exact(value: f64) -> String {
    if value.is_finite() { tick(value, 0.0) } else { number(value) }
}

/// A standard error: two significant digits where [`number`] has three.
#[must_use]
pub fn error(value: f64) -> String {
    if !(value.is_finite() && (1e-4..1e3).contains(&value)) {
        return number(value);
    }
    format!("{value:.*}", (1.0 - value.log10().floor()).max(0.0) as usize)
}

/// As [`number`], without zeros at the end: for values that people set.
#[must_use]
pub fn setting(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) {
        return scientific(value);
    }
    let digits = if value == 0.0 { 0.0 } else { (3.0 - value.abs().log10().floor()).max(0.0) };
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Three digits and a power of ten, without zeros at the end: 1e−21, 2.5e−7.
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

/// A whole number in groups of three digits.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// A share of 0 to 1 as percent.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1}{GROUP}%", 100.0 * share) } else { "not a number".to_owned() }
}

/// The ages that are told up to an hour, in seconds: in steps that grow, so that a window at rest is drawn seldom.
const AGES: [u64; 9] = [0, 15, 30, 60, 120, 300, 600, 1200, 1800];
const HOUR: u64 = 3600;

/// How long ago something was, rounded down to a step.
#[must_use]
pub fn ago(age: Duration) -> String {
    let (seconds, _) = step_of_age(age);
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds}{GROUP}s ago"),
        60..HOUR => format!("{}{GROUP}min ago", seconds / 60),
        _ => format!("{}{GROUP}h ago", seconds / HOUR),
    }
}

/// After how long [`ago`] says something else.
#[must_use]
pub fn next_ago(age: Duration) -> Duration {
    let (_, next) = step_of_age(age);
    Duration::from_secs(next).saturating_sub(age)
}

/// The step at or below an age and the next one, in seconds.
fn step_of_age(age: Duration) -> (u64, u64) {
    let seconds = age.as_secs();
    match AGES.iter().rposition(|step| *step <= seconds) {
        Some(place) if seconds < HOUR => (AGES[place], AGES.get(place + 1).copied().unwrap_or(HOUR)),
        _ => (seconds / HOUR * HOUR, (seconds / HOUR + 1) * HOUR),
    }
}

/// A size of a file: "840 kB", "12.5 MB".
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let size = bytes as f64;
    match bytes {
        0..1_000_000 => format!("{:.0}{GROUP}kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1}{GROUP}MB", size / 1e6),
        _ => format!("{:.1}{GROUP}GB", size / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_unit() {
        let cases =
            [(0, "0\u{a0}kB"), (840_400, "840\u{a0}kB"), (12_500_000, "12.5\u{a0}MB"), (3 << 30, "3.2\u{a0}GB")];
        for (size, words) in cases {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn numbers_keep_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.033, "0.0330"),
            (8.514, "8.51"),
            (71.04, "71.0"),
            (412.3, "412"),
            (7200.0, "7\u{a0}200"),
            (-3.2, "−3.20"),
            (1.2e-7, "1.2e−7"),
            (f64::NAN, "not a number"),
            (f64::INFINITY, "infinite"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn readings_are_exact() {
        let cases =
            [(1.0 / 3.0, "0.333333"), (0.25, "0.25"), (-71.041_28, "−71.0413"), (0.0, "0"), (1.5e-8, "1.5×10⁻⁸")];
        for (value, text) in cases {
            assert_eq!(exact(value), text, "{value}");
        }
        assert_eq!(exact(f64::INFINITY), "infinite");
    }

    #[test]
    fn errors_keep_two_digits() {
        for (value, text) in [(0.0, "0"), (0.9, "0.90"), (0.0123, "0.012"), (12.4, "12"), (f64::NAN, "not a number")] {
            assert_eq!(error(value), text, "{value}");
        }
    }

    #[test]
    fn settings_are_short() {
        assert_eq!(setting(1.000_000_000_000_000_1e-21), "1e-21");
        assert_eq!(setting(2.5e-7), "2.5e-7");
        for (value, text) in
            [(0.0, "0"), (0.05, "0.05"), (0.0001, "0.0001"), (300.0, "300"), (0.9, "0.9"), (1e-6, "1e-6"), (10.0, "10")]
        {
            assert_eq!(setting(value), text, "{value}");
        }
    }

    #[test]
    fn ages_are_told_in_steps_that_grow() {
        let seconds = Duration::from_secs;
        for (age, words, next) in [
            (0, "now", 15),
            (14, "now", 1),
            (15, "15\u{a0}s ago", 15),
            (59, "30\u{a0}s ago", 1),
            (61, "1\u{a0}min ago", 59),
            (299, "2\u{a0}min ago", 1),
            (3599, "30\u{a0}min ago", 1),
            (3600, "1\u{a0}h ago", 3600),
            (9000, "2\u{a0}h ago", 1800),
        ] {
            assert_eq!((ago(seconds(age)), next_ago(seconds(age))), (words.to_owned(), seconds(next)), "{age} s");
        }
        assert_eq!(next_ago(Duration::from_millis(14_500)), Duration::from_millis(500));
    }

    #[test]
    fn titles_make_names_of_files() {
        for (title, stem) in
            [("Hessian trace", "hessian-trace"), ("λmax", "lambda-max"), ("σ sweep", "sigma-sweep"), ("‖", "chart")]
        {
            assert_eq!(file_stem(title), stem);
        }
    }
}
