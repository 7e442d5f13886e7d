//! The tabs of the charts, each of which may stand in a pane of its own.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_files_are_those_of_serde() {
        for tab in ChartTab::ALL {
            assert_eq!(serde_json::to_value(tab).unwrap(), tab.key());
        }
    }
}
