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
        name: "σ 0.01, k 2",
        optimizer: OptimizerKind::Wp,
        knobs: &[(KnobId::Sigma, 0.01), (KnobId::K, 2.0)],
        about: "The cost of one pair of NSO: what a pair takes away is still in the step.",
    },
    KnobPreset {
        name: "Strong noise, k 8",
        optimizer: OptimizerKind::Wp,
        knobs: &[(KnobId::Sigma, 0.1), (KnobId::K, 8.0)],
        about: "A wide ball, and eight samples a step so that the gradient stays usable.",
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
        name: "ρ 0.05 times the gradient",
        optimizer: OptimizerKind::Usam,
        knobs: &[(KnobId::Rho, 0.05)],
        about: "SAM's number as a factor: a step uphill as long as SAM's only where the gradient has length 1.",
    },
    KnobPreset {
        name: "ρ 0.5 times the gradient",
        optimizer: OptimizerKind::Usam,
        knobs: &[(KnobId::Rho, 0.5)],
        about: "Ten times as far uphill; large gradients at the start may carry it away.",
    },
    KnobPreset {
        name: "ρ 0.5, η 0.01",
        optimizer: OptimizerKind::Asam,
        knobs: &[(KnobId::Rho, 0.5), (KnobId::AscentScale, 0.0), (KnobId::Eta, 0.01)],
        about: "What ASAM's authors took for CIFAR-10.",
    },
    KnobPreset {
        name: "ρ 1, η 0.01",
        optimizer: OptimizerKind::Asam,
        knobs: &[(KnobId::Rho, 1.0), (KnobId::AscentScale, 0.0), (KnobId::Eta, 0.01)],
        about: "What ASAM's authors took for CIFAR-100.",
    },
    KnobPreset {
        name: "All tensors, ρ 2",
        optimizer: OptimizerKind::Asam,
        knobs: &[(KnobId::Rho, 2.0), (KnobId::AscentScale, 1.0)],
        about: "As reimplementations have it: scaled by the weight alone in every tensor.",
    },
    KnobPreset {
        name: "ρ 0.05, σ 0.01",
        optimizer: OptimizerKind::Rsam,
        knobs: &[(KnobId::Rho, 0.05), (KnobId::Sigma, 0.01), (KnobId::GradientShare, 1.0)],
        about: "The values of the code that comes with NSO's paper.",
    },
    KnobPreset {
        name: "Uphill along the noise",
        optimizer: OptimizerKind::Rsam,
        knobs: &[(KnobId::Rho, 0.05), (KnobId::GradientShare, 0.0)],
        about: "The step uphill follows the noise alone: a random step of length ρ, whatever the slope.",
    },
    KnobPreset {
        name: "As for CIFAR",
        optimizer: OptimizerKind::Bsam,
        knobs: &[
            (KnobId::LearningRate, 0.5),
            (KnobId::Rho, 0.01),
            (KnobId::Beta1, 0.9),
            (KnobId::Beta2, 0.999),
            (KnobId::Prior, 40.0),
            (KnobId::Damping, 0.1),
            (KnobId::Parts, 8.0),
        ],
        about: "What BSAM's authors took for CIFAR-10, apart from batch and schedule.",
    },
    KnobPreset {
        name: "As for CIFAR, with its schedule",
        optimizer: OptimizerKind::Bsam,
        knobs: &[
            (KnobId::LearningRate, 0.5),
            (KnobId::Rho, 0.01),
            (KnobId::Beta1, 0.9),
            (KnobId::Beta2, 0.999),
            (KnobId::Prior, 40.0),
            (KnobId::Damping, 0.1),
            (KnobId::Parts, 8.0),
            (KnobId::Schedule, 1.0),
            (KnobId::Warmup, 0.028),
        ],
        about: "The same with 5 of 180 epochs of warm-up and half a cosine, as its authors had it.",
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
