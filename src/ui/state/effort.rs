//! What was spent on a figure of curvature, in words that tell a streamed one from one of many probes at its step.

use crate::ui::kit::format;

/// What was spent on a figure of curvature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Random probes.
    Probes {
        /// How many.
        count: usize,
        /// Step of the oldest; that of the figure where all are of one step.
        first_step: u64,
    },
    /// Hessian-vector products at the figure's step.
    Products {
        /// How many.
        count: usize,
        /// The examples that they are of, where these may be fewer than those that everything else is measured on.
        examples: Option<usize>,
    },
}

impl Effort {
    /// What was spent: "64 probes", "34 probes of steps 96–120".
    #[must_use]
    pub fn words(self, step: u64) -> String {
        match self {
            Self::Probes { count, first_step } if first_step < step => {
                let [first, last] = [first_step, step].map(format::grouped);
                format!("{} of steps {first}–{last}", counted(count, "probe"))
            }
            Self::Probes { count, .. } => counted(count, "probe"),
            Self::Products { count, examples: None } => counted(count, "product"),
            Self::Products { count, examples: Some(examples) } => {
                format!("{} of the first {}", counted(count, "product"), counted(examples, "example"))
            }
        }
    }

    /// The same with the step of the figure: "64 probes at step 100", "step 120, 34 probes of steps 96–120".
    #[must_use]
    pub fn words_at(self, step: u64) -> String {
        let (words, at) = (self.words(step), format::grouped(step));
        match self {
            Self::Probes { first_step, .. } if first_step < step => format!("step {at}, {words}"),
            _ => format!("{words} at step {at}"),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", format::grouped(count as u64), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_of_several_steps_name_them() {
        let probes = |count, first_step| Effort::Probes { count, first_step }.words_at(120);
        assert_eq!(probes(34, 96), "step 120, 34 probes of steps 96–120");
        assert_eq!(probes(64, 120), "64 probes at step 120");
        assert_eq!(probes(1, 120), "1 probe at step 120");
        let products = |examples| Effort::Products { count: 20, examples }.words_at(1200);
        assert_eq!(products(None), "20 products at step 1\u{a0}200");
        assert_eq!(products(Some(64)), "20 products of the first 64 examples at step 1\u{a0}200");
    }
}
