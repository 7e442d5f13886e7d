//! Knob presets that come with the program: a few knobs under a name, to try what they do.

use super::{KnobId, OptimizerKind};

/// Some knobs of one optimiser under a name. Knobs that it does not name stay as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnobPreset {
    /// Its name.
    pub name: &'static str,
    /// The optimiser that it is for.
    pub optimizer: OptimizerKind,
    /// What it sets.
    pub knobs: &'static [(KnobId, f64)],
    /// One sentence: what is to be seen with it.
    pub about: &'static str,
}

const PRESETS: &[KnobPreset] = &[
    KnobPreset {
        name: "Large rate",
        optimizer: OptimizerKind::Sgd,
        knobs: &[(KnobId::LearningRate, 0.3), (KnobId::Momentum, 0.0), (KnobId::Nesterov, 0.0)],
        about: "Large steps without momentum cannot stay where λmax is above 2/η.",
    },
    KnobPreset {
        name: "Nesterov momentum",
        optimizer: OptimizerKind::Sgd,
        knobs: &[(KnobId::Momentum, 0.9), (KnobId::Nesterov, 1.0)],
        about: "Momentum that looks ahead.",
    },
    KnobPreset {
        name: "Small batches",
        optimizer: OptimizerKind::Sgd,
        knobs: &[(KnobId::Batch, 16.0)],
        about: "The noise of the batches alone, to be held against noise on the weights.",
    },
    KnobPreset {
        name: "ρ 0.05",
        optimizer: OptimizerKind::Sam,
        knobs: &[(KnobId::Rho, 0.05)],
        about: "The radius that SAM's authors recommend.",
    },
    KnobPreset {
        name: "ρ 0.5, a wide look",
        optimizer: OptimizerKind::Sam,
        knobs: &[(KnobId::Rho, 0.5)],
        about: "An ascent step ten times the usual, which small networks often bear.",
    },
    KnobPreset {
        name: "Gentle noise",
        optimizer: OptimizerKind::Nso,
        knobs: &[(KnobId::Sigma, 0.01), (KnobId::K, 1.0), (KnobId::Lambda, 0.0), (KnobId::TwoPoint, 1.0)],
        about: "Small σ and one pair a step: the cheapest NSO, two gradient evaluations a step.",
    },
    KnobPreset {
        name: "Strong noise, k 4",
        optimizer: OptimizerKind::Nso,
        knobs: &[(KnobId::Sigma, 0.1), (KnobId::K, 4.0), (KnobId::Lambda, 0.0), (KnobId::TwoPoint, 1.0)],
        about: "A wide ball, and four pairs a step so that the gradient stays usable.",
    },
    KnobPreset {
        name: "One-point noise",
        optimizer: OptimizerKind::Nso,
        knobs: &[(KnobId::TwoPoint, 0.0), (KnobId::Lambda, 0.0)],
        about: "The gradient at w + U alone: the first-order term of the noise no longer cancels.",
    },
    KnobPreset {
        name: "Half clean",
        optimizer: OptimizerKind::Nso,
        knobs: &[(KnobId::Lambda, 0.5)],
        about: "Mixes the noisy gradients with the one at the weights, for one evaluation more a step.",
    },
];

/// The presets that come with the program for one optimiser.
pub fn presets(optimizer: OptimizerKind) -> impl Iterator<Item = &'static KnobPreset> {
    PRESETS.iter().filter(move |preset| preset.optimizer == optimizer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Knobs;

    #[test]
    fn every_optimizer_has_presets_with_knobs_that_it_reads() {
        for optimizer in OptimizerKind::ALL {
            assert!(presets(optimizer).count() >= 2);
            for preset in presets(optimizer) {
                let mut knobs = Knobs::default();
                for &(knob, value) in preset.knobs {
                    assert!(knob.applies_to(optimizer), "{} {knob:?}", preset.name);
                    knobs.set(knob, value).expect("in range");
                }
                assert!(preset.about.ends_with('.') && !preset.knobs.is_empty());
            }
        }
    }
}
