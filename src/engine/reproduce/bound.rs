//! The terms of the bound at the weights of one run.
//!
//! The greatest of noisy traces is biased upwards, which would make the bound hold more easily than it does. So α is of the
//! example that half of the probes find greatest, measured by the other half: on average at most the true one.

use crate::config::BoundTerms;
use crate::curvature::Bound;
use crate::engine::units::units_of;
use crate::report::kinds::BoundFound;
use crate::train::Run;

pub(super) struct BoundJob {
    terms: Bound,
    constant: f64,
    examples: usize,
    of_guess: Option<f64>,
}

units_of!(BoundJob: terms);

impl BoundJob {
    pub fn new(settings: &BoundTerms, run: &Run) -> Self {
        let task = run.task();
        let (weights, initial) = (run.weights().clone(), task.initial_tensor());
        let classes = task.network.architecture().outputs;
        Self {
            terms: Bound::new(weights, initial, settings.probes, settings.batch, task.seed),
            constant: settings.constant,
            examples: task.train.len(),
            of_guess: task.is_classification.then(|| (classes as f64).ln()),
        }
    }

    pub fn found(&self) -> Option<BoundFound> {
        let report = self.terms.result()?;
        Some(BoundFound {
            alpha: report.examples.unbiased,
            greatest: report.examples.trace,
            of_batches: report.batches.trace,
            distance: report.distance,
            examples: self.examples,
            constant: self.constant,
            of_guess: self.of_guess,
        })
    }
}
