//! What the charts remember between two starts.

use serde::{Deserialize, Serialize};

use super::Charts;
use super::quantity::XAxis;
use super::smoothing::MAX_WEIGHT;
use crate::ui::contract::chart_tab::ChartTab;

/// What the charts remember between two starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartSettings {
    /// The tab that is open.
    #[serde(default)]
    tab: ChartTab,
    /// What the horizontal axis counts.
    #[serde(default)]
    x_axis: XAxis,
    /// Logarithmic vertical axes.
    #[serde(default = "is_log")]
    is_log: bool,
    /// Weight of the past in smoothed lines.
    #[serde(default)]
    smoothing: f64,
}

const fn is_log() -> bool {
    true
}

impl Default for ChartSettings {
    fn default() -> Self {
        Self { tab: ChartTab::default(), x_axis: XAxis::default(), is_log: is_log(), smoothing: 0.0 }
    }
}

impl Charts {
    /// What is to be remembered.
    #[must_use]
    pub const fn settings(&self) -> ChartSettings {
        ChartSettings {
            tab: self.tab,
            x_axis: self.x_axis,
            is_log: self.memory.is_log,
            smoothing: self.memory.smoothing,
        }
    }

    /// Smooths lines with this weight of the past.
    pub const fn smooth(&mut self, weight: f64) {
        self.memory.smoothing = weight;
    }

    /// Shows the charts as they were.
    pub fn remember(&mut self, settings: &ChartSettings) {
        self.tab = settings.tab;
        // Against the training loss is a tab and no axis for the others.
        self.x_axis = if settings.x_axis.ascends() { settings.x_axis } else { XAxis::default() };
        self.memory.is_log = settings.is_log;
        self.memory.smoothing =
            if settings.smoothing.is_finite() { settings.smoothing.clamp(0.0, MAX_WEIGHT) } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_odd_ones_do_no_harm() {
        let mut charts = Charts::default();
        assert_eq!(charts.settings(), ChartSettings::default());
        let old: ChartSettings = serde_json::from_str("{\"tab\": \"trace\"}").unwrap();
        charts.remember(&old);
        assert_eq!((charts.tab, charts.memory.is_log), (ChartTab::Trace, true));
        let odd = ChartSettings { x_axis: XAxis::TrainLoss, smoothing: 7.0, is_log: false, ..old };
        charts.remember(&odd);
        assert_eq!((charts.x_axis, charts.memory.smoothing), (XAxis::Step, MAX_WEIGHT));
        let written = serde_json::to_string(&charts.settings()).unwrap();
        assert_eq!(serde_json::from_str::<ChartSettings>(&written).unwrap(), charts.settings());
    }
}
