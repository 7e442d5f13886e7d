//! A figure with the step that it is of. Beside figures of another step it says so, and is drawn as older.

use egui::Color32;

use super::format;
use super::theme::Tokens;

/// A figure and the step of the weights that it was measured on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dated<T> {
    /// The figure.
    pub value: T,
    /// The step.
    pub step: u64,
}

impl<T> Dated<T> {
    /// A figure of a step.
    pub const fn new(value: T, step: u64) -> Self {
        Self { value, step }
    }

    /// Whether it is of another step than what stands beside it. There is no tolerance: a few steps of a run that has just begun
    /// change everything.
    #[must_use]
    pub const fn is_apart(&self, beside: Option<u64>) -> bool {
        match beside {
            Some(step) => self.step != step,
            None => true,
        }
    }

    /// What is said of it beside figures of a step; `None` where that step is not told anywhere. Empty where it is of that step.
    #[must_use]
    pub fn step_words(&self, beside: Option<u64>) -> String {
        if self.is_apart(beside) { at_step(self.step) } else { String::new() }
    }

    /// Its text as it stands beside figures of a step: "1.60 ± 0.14 at step 0".
    #[must_use]
    pub fn beside(&self, beside: Option<u64>, text: impl FnOnce(&T) -> String) -> String {
        let text = text(&self.value);
        if self.is_apart(beside) { format!("{text} {}", at_step(self.step)) } else { text }
    }

    /// Its colour beside figures of a step: weaker where it is of another one.
    #[must_use]
    pub const fn color(&self, beside: Option<u64>, tokens: &Tokens) -> Color32 {
        if self.is_apart(beside) { tokens.weak.0 } else { tokens.text.0 }
    }
}

/// Of which step something is, in words.
#[must_use]
pub fn at_step(step: u64) -> String {
    format!("at step {}", format::grouped(step))
}

#[cfg(test)]
mod tests {
    use egui::Theme;

    use super::*;

    #[test]
    fn a_figure_of_another_step_says_so_and_is_weaker() {
        let trace = Dated::new((1.6, 0.14), 0);
        let text = |(mean, error): &(f64, f64)| format!("{} ± {}", format::number(*mean), format::error(*error));
        assert_eq!(trace.beside(Some(0), text), "1.60 ± 0.14");
        assert_eq!(trace.beside(Some(59), text), "1.60 ± 0.14 at step 0");
        assert_eq!(trace.beside(None, text), "1.60 ± 0.14 at step 0", "nothing else says the step");
        let tokens = Tokens::for_theme(Theme::Dark);
        assert_eq!(trace.color(Some(0), tokens), tokens.text.0);
        assert_eq!(trace.color(Some(1), tokens), tokens.weak.0);
    }
}
