//! Which term explains a knob, a measurement or a figure.

use crate::config::{KnobId, OptimizerKind};
use crate::protocol::Measurement;
use crate::ui::kit::help::Term;

impl From<KnobId> for Term {
    fn from(knob: KnobId) -> Self {
        match knob {
            KnobId::Sigma | KnobId::SigmaSchedule | KnobId::SigmaStart | KnobId::SigmaEnd => Self::NoiseSigma,
            KnobId::K => Self::K,
            KnobId::Lambda => Self::LambdaShare,
            KnobId::TwoPoint => Self::TwoPoint,
            KnobId::Distribution => Self::Distribution,
            KnobId::Rho => Self::Sam,
            KnobId::AscentScale | KnobId::Eta => Self::Asam,
            KnobId::GradientShare => Self::Rsam,
            KnobId::Prior | KnobId::Damping | KnobId::Parts => Self::Bsam,
            KnobId::LearningRate | KnobId::Schedule | KnobId::ScheduleEvery | KnobId::ScheduleFactor => {
                Self::LearningRate
            }
            KnobId::Warmup => Self::WarmUp,
            KnobId::Base | KnobId::Beta1 | KnobId::Beta2 | KnobId::Epsilon => Self::BaseStep,
            KnobId::Clip => Self::Clip,
            KnobId::Average | KnobId::AverageStart | KnobId::AverageRate | KnobId::AverageBeta => Self::Average,
            KnobId::Distance | KnobId::Radius => Self::Distance,
            KnobId::LabelSmoothing => Self::LabelSmoothing,
            KnobId::Mixup => Self::Mixup,
            KnobId::Flip | KnobId::Crop | KnobId::Rotate | KnobId::Jitter | KnobId::Erase => Self::Augmentation,
            KnobId::Momentum => Self::Momentum,
            KnobId::Nesterov => Self::Nesterov,
            KnobId::WeightDecay => Self::WeightDecay,
            KnobId::DecayOn => Self::DecayGroups,
            KnobId::Batch => Self::Batch,
        }
    }
}

impl Term {
    /// The term that explains an optimiser; plain SGD has none of its own.
    #[must_use]
    pub const fn of_optimizer(optimizer: OptimizerKind) -> Option<Self> {
        match optimizer {
            OptimizerKind::Sgd => None,
            OptimizerKind::Wp => Some(Self::Wp),
            OptimizerKind::Sam => Some(Self::Sam),
            OptimizerKind::Usam => Some(Self::Usam),
            OptimizerKind::Asam => Some(Self::Asam),
            OptimizerKind::Rsam => Some(Self::Rsam),
            OptimizerKind::Bsam => Some(Self::Bsam),
            OptimizerKind::Nso => Some(Self::Nso),
        }
    }

    /// The term that explains a knob of a run: what several methods share is explained by the run's own.
    #[must_use]
    pub fn of_knob(knob: KnobId, optimizer: OptimizerKind) -> Self {
        match knob {
            KnobId::Rho => Self::of_optimizer(optimizer).unwrap_or(Self::Sam),
            KnobId::Beta1 | KnobId::Beta2 if optimizer.has_own_step() => Self::Bsam,
            _ => knob.into(),
        }
    }
}

impl From<&Measurement> for Term {
    fn from(what: &Measurement) -> Self {
        match what {
            Measurement::Trace { .. } => Self::Hutchinson,
            Measurement::LayerTraces { .. } => Self::LayerTrace,
            Measurement::Eigenvalues { .. } => Self::LambdaMax,
            Measurement::Density { .. } => Self::Density,
            Measurement::Dense => Self::Hessian,
            Measurement::Sharpness { .. } => Self::Sharpness,
            Measurement::Parabolas { .. } => Self::Parabola,
            Measurement::GradientSignal { .. } => Self::Signal,
            Measurement::GaussNewton { .. } => Self::GaussNewton,
            Measurement::LearningCoefficient { .. } => Self::LearningCoefficient,
            Measurement::Examples { .. } => Self::ExampleTrace,
            Measurement::Bound { .. } => Self::Bound,
            Measurement::SecondSubset { .. } => Self::Subset,
            Measurement::Noise { .. } => Self::TraceFromNoise,
            Measurement::SigmaSweep { .. } => Self::SigmaSweep,
            Measurement::GradientVariance { .. } => Self::TwoPoint,
            Measurement::Slice { .. } | Measurement::Multiples { .. } => Self::Slice,
            Measurement::Lines { .. } => Self::Directions,
            Measurement::Between { .. } | Measurement::Curve { .. } => Self::Barrier,
        }
    }
}

/// What figures of measurements begin with, and the term; the first that fits counts.
const FIGURES: [(&str, Term); 34] = [
    ("trace, losses", Term::TraceFromNoise),
    ("trace, gradients", Term::TraceFromNoise),
    ("trace, Hutchinson", Term::Hutchinson),
    ("trace, Gauss", Term::GaussNewton),
    ("trace, what", Term::GaussNewton),
    ("trace", Term::Trace),
    ("even part", Term::EvenPart),
    ("odd part", Term::OddPart),
    ("variance removed", Term::VarianceRemoved),
    ("σ√d", Term::NoiseRadius),
    ("second order", Term::SigmaSweep),
    ("one-point", Term::OnePoint),
    ("two-point", Term::TwoPoint),
    ("|λmin|", Term::LambdaMax),
    ("λm", Term::LambdaMax),
    ("largest", Term::LambdaMax),
    ("smallest", Term::LambdaMax),
    ("eigenvalue", Term::LambdaMax),
    ("bound", Term::Bound),
    ("α over", Term::Bound),
    ("α, mean", Term::Parabola),
    ("steps with", Term::Parabola),
    ("learning coeff", Term::LearningCoefficient),
    ("share of the sharpest", Term::ExampleTrace),
    ("barrier", Term::Barrier),
    ("local minima", Term::Bumps),
    ("deep basins", Term::Bumps),
    ("SMAD", Term::Bumps),
    ("signal to noise", Term::Signal),
    ("norm test", Term::Signal),
    ("noise scale", Term::Signal),
    ("r = ", Term::Bound),
    ("explained", Term::PcaPlane),
    ("masked", Term::Masked),
];

impl Term {
    /// The term that explains a figure of a measurement, by the figure's name.
    #[must_use]
    pub fn of_figure(name: &str) -> Option<Self> {
        if name.ends_with("sharpness") {
            return Some(Self::Sharpness);
        }
        FIGURES.iter().find(|(beginning, _)| name.starts_with(beginning)).map(|(_, term)| *term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_and_its_own_knobs_have_its_own_term() {
        let terms = OptimizerKind::ALL.map(Term::of_optimizer);
        for (index, term) in terms.iter().enumerate() {
            assert!(!terms[index + 1..].contains(term), "{term:?} explains two methods");
        }
        assert_eq!(Term::of_knob(KnobId::Rho, OptimizerKind::Asam), Term::Asam);
        assert_eq!(Term::of_knob(KnobId::Beta2, OptimizerKind::Bsam), Term::Bsam);
        assert_eq!(Term::of_knob(KnobId::Beta2, OptimizerKind::Sgd), Term::BaseStep);
        assert_eq!(Term::of_knob(KnobId::GradientShare, OptimizerKind::Rsam), Term::Rsam);
    }

    #[test]
    fn figures_have_the_term_that_says_most_of_them() {
        for (name, term) in [
            ("trace", Some(Term::Trace)),
            ("trace, Hutchinson", Some(Term::Hutchinson)),
            ("trace, losses of pairs", Some(Term::TraceFromNoise)),
            ("λmin", Some(Term::LambdaMax)),
            ("SAM sharpness", Some(Term::Sharpness)),
            ("couples", None),
        ] {
            assert_eq!(Term::of_figure(name), term, "{name}");
        }
    }
}
