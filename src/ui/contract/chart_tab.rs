//! The tabs of the charts, each of which may stand in a pane of its own.

use crate::ui::kit::help::Term;

/// One tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChartTab {
    /// Loss, trace and λmax side by side.
    #[default]
    Overview,
    /// Losses and accuracies.
    LossAndAccuracy,
    /// The Hessian trace.
    Trace,
    /// The trace of each parameter tensor.
    LayerTrace,
    /// Curvature against training loss.
    AgainstLoss,
    /// The ends of the spectrum and its density.
    Spectrum,
    /// Noise samples.
    Noise,
    /// The trace from noise over σ.
    SigmaSweep,
    /// The terms of the PAC-Bayes bound.
    Bound,
    /// Steps per second.
    Speed,
}

impl ChartTab {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::LossAndAccuracy,
        Self::Trace,
        Self::LayerTrace,
        Self::AgainstLoss,
        Self::Spectrum,
        Self::Noise,
        Self::SigmaSweep,
        Self::Bound,
        Self::Speed,
    ];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::LossAndAccuracy => "Loss and accuracy",
            Self::Trace => "Trace",
            Self::LayerTrace => "Trace per layer",
            Self::AgainstLoss => "Against training loss",
            Self::Spectrum => "Spectrum",
            Self::Noise => "Noise",
            Self::SigmaSweep => "σ sweep",
            Self::Bound => "Bound",
            Self::Speed => "Speed",
        }
    }

    /// Its name in files; never changes.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::LossAndAccuracy => "loss-and-accuracy",
            Self::Trace => "trace",
            Self::LayerTrace => "layer-trace",
            Self::AgainstLoss => "against-loss",
            Self::Spectrum => "spectrum",
            Self::Noise => "noise",
            Self::SigmaSweep => "sigma-sweep",
            Self::Bound => "bound",
            Self::Speed => "speed",
        }
    }
}

impl ChartTab {
    /// What explains it, where one term does.
    #[must_use]
    pub const fn term(self) -> Option<Term> {
        match self {
            Self::Trace => Some(Term::Trace),
            Self::LayerTrace => Some(Term::LayerTrace),
            Self::AgainstLoss => Some(Term::EqualLoss),
            Self::SigmaSweep => Some(Term::SigmaSweep),
            Self::Bound => Some(Term::Bound),
            Self::Overview | Self::LossAndAccuracy | Self::Spectrum | Self::Noise | Self::Speed => None,
        }
    }
}

impl ChartTab {
    /// Why the switch of logarithmic axes does nothing here.
    #[must_use]
    pub const fn log_reason(self) -> Option<&'static str> {
        match self {
            Self::LayerTrace => Some("Areas that stand on each other have a linear axis."),
            Self::SigmaSweep => Some("A measurement brings its own axes."),
            Self::Speed => Some("The speed has a linear axis."),
            _ => None,
        }
    }

    /// Why smoothing does nothing here.
    #[must_use]
    pub const fn smoothing_reason(self) -> Option<&'static str> {
        match self {
            Self::LayerTrace | Self::Speed => Some("This chart is not smoothed."),
            Self::AgainstLoss => Some("Lines over the training loss are not smoothed: it does not ascend."),
            Self::SigmaSweep | Self::Bound => Some("Measurements on request are too few to be smoothed."),
            _ => None,
        }
    }

    /// Why the choice of the horizontal axis does nothing here.
    #[must_use]
    pub const fn axis_reason(self) -> Option<&'static str> {
        match self {
            Self::AgainstLoss => Some("The horizontal axis is the training loss here."),
            Self::SigmaSweep => Some("The horizontal axis is σ here."),
            Self::Speed => Some("The horizontal axis is the time since the start here."),
            _ => None,
        }
    }
}
