//! The tabs of the charts, each of which may stand in a pane of its own.

use egui::{Role, Ui};

use crate::ui::help::{self, Term};
use crate::ui::{icons, widgets};

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
    const fn term(self) -> Option<Term> {
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

/// Draws the tabs that fit into `width`; the others stand in a menu. The one that is open is always seen.
pub fn tabs_ui(ui: &mut Ui, open: &mut ChartTab, width: f32) {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let more = format!("More {}", icons::CARET_DOWN);
    let width_of = |text: &str| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::PLACEHOLDER);
        galley.size().x + 2.0 * ui.spacing().button_padding.x + ui.spacing().item_spacing.x
    };
    let widths = ChartTab::ALL.map(|tab| width_of(tab.label()));
    let shown = fitting(widths, ChartTab::ALL.iter().position(|tab| tab == open), width, width_of(&more));
    let (mut seen, mut hidden) = (Vec::new(), Vec::new());
    for (tab, is_shown) in ChartTab::ALL.into_iter().zip(shown) {
        if is_shown { &mut seen } else { &mut hidden }.push(tab);
    }
    for tab in seen {
        let response = widgets::tab_ui(ui, *open == tab, tab.label());
        if response.clicked() {
            *open = tab;
        }
        if let Some(term) = tab.term() {
            help::term(response, term);
        }
    }
    if hidden.is_empty() {
        return;
    }
    let menu = ui.menu_button(more, |ui| {
        for tab in hidden {
            if ui.button(tab.label()).clicked() {
                *open = tab;
                ui.close();
            }
        }
    });
    widgets::name(&menu.response, Role::Button, "More charts");
    menu.response.on_hover_text("Charts for which there is no room beside the others.");
}

/// Which of the tabs are seen in `width`: all, or the open one and as many of the first as there is room for beside the
/// menu with the rest.
fn fitting<const N: usize>(widths: [f32; N], open: Option<usize>, width: f32, menu: f32) -> [bool; N] {
    if widths.iter().sum::<f32>() <= width {
        return [true; N];
    }
    let mut shown = [false; N];
    let mut room = width - menu - open.map_or(0.0, |open| widths[open]);
    let mut is_full = false;
    for (index, tab) in widths.into_iter().enumerate() {
        let is_open = open == Some(index);
        is_full |= !is_open && tab > room;
        shown[index] = is_open || !is_full;
        room -= if is_open || is_full { 0.0 } else { tab };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_tab_is_seen_however_narrow_it_is() {
        let widths = [40.0, 60.0, 50.0, 30.0];
        assert_eq!(fitting(widths, Some(3), 180.0, 25.0), [true; 4], "no menu where all fit");
        assert_eq!(fitting(widths, Some(0), 179.0, 25.0), [true, true, true, false]);
        assert_eq!(fitting(widths, Some(3), 179.0, 25.0), [true, true, false, true], "no later one before it");
        assert_eq!(fitting(widths, Some(2), 10.0, 25.0), [false, false, true, false]);
    }

    #[test]
    fn names_in_files_are_those_of_serde() {
        for tab in ChartTab::ALL {
            assert_eq!(serde_json::to_value(tab).unwrap(), tab.key());
        }
    }
}
