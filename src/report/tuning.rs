//! What tuning tried for each method, and what it picked.
//!
//! A try is a whole run of the experiment's first seed: the same initial weights, order of the data and gradient
//! evaluations as the runs that are compared. It is judged by its validation loss alone. A learning rate or ρ of one method
//! is not another's, so each has values of its own; how often each was tried is told beside the result, because who tries
//! more often finds more.

use serde::{Deserialize, Serialize};

use crate::config::{Experiment, KnobId, KnobValue, OptimizerKind};
use crate::protocol::Outcome;

/// Values of knobs that are tried together.
pub type Values = Vec<(KnobId, KnobValue)>;

/// One try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// The method.
    pub optimizer: OptimizerKind,
    /// The values, in the order in which their knobs were given.
    pub values: Values,
    /// On the validation examples: at its end, or at its best evaluation where that is what is kept of a run. NaN where it
    /// diverged.
    pub validation: Outcome,
    /// Gradient evaluations that it spent.
    pub gradient_evaluations: u64,
    /// The step whose result was NaN or infinite.
    pub diverged_at: Option<u64>,
    /// Whether the runs that are compared have these values.
    pub is_picked: bool,
}

impl Try {
    /// Its values in words, such as "sigma 0.01, k 2".
    #[must_use]
    pub fn values_words(&self) -> String {
        let words = self.values.iter().map(|(id, value)| format!("{} {value}", id.spec().key));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// Picks the try with the least validation loss, the first of equals. One that diverged is never picked.
pub fn pick(tries: &mut [Try]) {
    let loss = |one: &Try| if one.diverged_at.is_none() { one.validation.loss } else { f64::NAN };
    let finite = tries.iter().map(loss).enumerate().filter(|(_, loss)| loss.is_finite());
    let best = finite.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index);
    for (index, one) in tries.iter_mut().enumerate() {
        one.is_picked = Some(index) == best;
    }
}

/// The experiment in which a method has these values.
#[must_use]
pub fn with_values(experiment: &Experiment, optimizer: OptimizerKind, values: &Values) -> Experiment {
    let mut changed = experiment.clone();
    changed.optimizers.entry(optimizer).or_default().extend(values.iter().copied());
    changed
}

/// The experiment as it is compared: with the values that were picked.
#[must_use]
pub fn with_picked(experiment: &Experiment, tries: &[Try]) -> Experiment {
    let picked = tries.iter().filter(|one| one.is_picked);
    picked.fold(experiment.clone(), |experiment, one| with_values(&experiment, one.optimizer, &one.values))
}

/// How many tries a method had, and the gradient evaluations of all of them; `None` where it was not tuned.
#[must_use]
pub fn spent(tries: &[Try], optimizer: OptimizerKind) -> Option<(usize, u64)> {
    let own = tries.iter().filter(|one| one.optimizer == optimizer);
    let count = own.clone().count();
    (count > 0).then(|| (count, own.map(|one| one.gradient_evaluations).sum()))
}

/// How often each method is tried, and who has the advantage of more tries.
#[must_use]
pub fn tries_words(counts: &[(OptimizerKind, usize)]) -> String {
    let list: Vec<String> = counts
        .iter()
        .map(|(kind, count)| {
            format!("{} {}", kind.key(), if *count == 0 { "none".to_owned() } else { count.to_string() })
        })
        .collect();
    let names = |is_meant: &dyn Fn(usize) -> bool| -> Vec<&str> {
        counts.iter().filter(|(_, count)| is_meant(*count)).map(|(kind, _)| kind.key()).collect()
    };
    let least = counts.iter().map(|(_, count)| *count).filter(|count| *count > 0).min().unwrap_or(0);
    let clause = |names: &[&str], words: &str| {
        let verb = if names.len() == 1 { "is" } else { "are" };
        (!names.is_empty()).then(|| format!("; {} {verb} {words}", joined(names)))
    };
    let more = clause(&names(&|count| count > least), "tried more often than others").filter(|_| least > 0);
    let untuned = clause(&names(&|count| count == 0), "not tuned");
    format!("tries: {}{}{}", list.join(", "), more.unwrap_or_default(), untuned.unwrap_or_default())
}

/// Names in a row, the last after "and".
fn joined(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    fn tried(rate: f64, loss: f64, diverged_at: Option<u64>) -> Try {
        Try {
            optimizer: OptimizerKind::Sgd,
            values: vec![(KnobId::LearningRate, KnobValue::Number(rate))],
            validation: Outcome { loss, accuracy: 0.5 },
            gradient_evaluations: 10,
            diverged_at,
            is_picked: false,
        }
    }

    #[test]
    fn the_first_of_the_least_losses_is_picked_and_a_divergence_never() {
        let mut tries = [tried(0.1, 0.5, None), tried(0.2, 0.3, None), tried(0.3, 0.3, None), tried(0.4, 0.1, Some(3))];
        pick(&mut tries);
        assert_eq!(tries.each_ref().map(|one| one.is_picked), [false, true, false, false]);
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let picked = with_picked(&experiment, &tries);
        assert_eq!(picked.knobs(OptimizerKind::Sgd).unwrap().learning_rate, 0.2);
        assert_eq!(picked.knobs(OptimizerKind::Nso), experiment.knobs(OptimizerKind::Nso));
        assert_eq!(spent(&tries, OptimizerKind::Sgd), Some((4, 40)));
        assert_eq!(spent(&tries, OptimizerKind::Nso), None);
    }

    #[test]
    fn where_nothing_can_be_picked_the_experiment_stays_as_it_is() {
        let mut tries = [tried(0.1, f64::NAN, None), tried(0.2, f64::NAN, Some(1))];
        pick(&mut tries);
        assert!(tries.iter().all(|one| !one.is_picked));
        let experiment = builtin_experiment("moons-mlp").unwrap();
        assert_eq!(with_picked(&experiment, &tries), experiment);
    }

    #[test]
    fn unequal_tries_are_told_plainly() {
        use OptimizerKind::{Nso, Sam, Sgd};
        let words = |counts: [usize; 3]| tries_words(&[(Sgd, counts[0]), (Sam, counts[1]), (Nso, counts[2])]);
        assert_eq!(words([3, 3, 3]), "tries: sgd 3, sam 3, nso 3");
        assert_eq!(words([3, 3, 9]), "tries: sgd 3, sam 3, nso 9; nso is tried more often than others");
        assert_eq!(words([3, 5, 9]), "tries: sgd 3, sam 5, nso 9; sam and nso are tried more often than others");
        assert_eq!(words([3, 0, 3]), "tries: sgd 3, sam none, nso 3; sam is not tuned");
        let both = "tries: sgd none, sam 2, nso 4; nso is tried more often than others; sgd is not tuned";
        assert_eq!(words([0, 2, 4]), both);
    }
}
