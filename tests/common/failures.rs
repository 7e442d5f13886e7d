//! A table of wrong figures: a test of many figures names all that are wrong, not the first alone.

use std::fmt::Write as _;

/// Figures that are wrong; all of them are listed in one message.
pub struct Failures {
    table: String,
    wrong: usize,
    checked: usize,
}

impl Failures {
    pub const fn new() -> Self {
        Self { table: String::new(), wrong: 0, checked: 0 }
    }

    /// Checks that `found` differs from `expected` by at most `tolerance` of its norm.
    pub fn relative(&mut self, what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
        let scale = norm(expected).max(f64::MIN_POSITIVE);
        self.distance(what, found, expected, tolerance, scale);
    }

    /// Checks that the norm of `found − expected` is at most `tolerance` times `scale`.
    pub fn distance(&mut self, what: &str, found: &[f64], expected: &[f64], tolerance: f64, scale: f64) {
        if found.len() != expected.len() {
            self.checked += 1;
            self.fail(what, &format!("{} numbers, expected {}", found.len(), expected.len()));
            return;
        }
        let difference: Vec<f64> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
        let error = norm(&difference) / scale;
        // Written so that NaN fails.
        let right = error <= tolerance;
        let first = format!("{:.9e}, expected {:.9e}", found[0], expected[0]);
        let more = if found.len() > 1 { format!(" (first of {})", found.len()) } else { String::new() };
        self.holds(what, right, &format!("error {error:9.2e} > {tolerance:.0e}: {first}{more}"));
    }

    /// Checks a condition; `else_say` is what the table says where it does not hold.
    pub fn holds(&mut self, what: &str, condition: bool, else_say: &str) {
        self.checked += 1;
        if !condition {
            self.fail(what, else_say);
        }
    }

    fn fail(&mut self, what: &str, message: &str) {
        self.wrong += 1;
        writeln!(self.table, "  {what:52} {message}").expect("a string takes everything");
    }

    /// Panics with the table where a figure is wrong, or where nothing was checked.
    pub fn finish(self) {
        assert!(self.checked > 0, "nothing was checked");
        assert!(self.wrong == 0, "{} of {} figures are wrong:\n{}", self.wrong, self.checked, self.table);
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
