//! The panes by name, the layouts that hold them, and the ways in which they can be moved.

use serde::{Deserialize, Serialize};

use super::chart_tab::ChartTab;

/// What a dock pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pane {
    /// The list of runs and the knobs of the selected one.
    Runs,
    /// The network, as text.
    Model,
    /// The data set.
    Data,
    /// The landscapes of all runs.
    Landscapes,
    /// The charts.
    Charts,
    /// One tab of the charts.
    Chart(ChartTab),
    /// The table of all runs.
    Compare,
    /// Runs that differ in one knob alone.
    KnobSweep,
    /// Measurements on request.
    Measure,
    /// The units of a sweep.
    Sweep,
    /// The guide.
    Guide,
    /// Everything that was said.
    Notices,
}

impl Pane {
    /// All of them but single charts, in the order in which the menu lists them.
    pub const ALL: [Self; 11] = [
        Self::Runs,
        Self::Model,
        Self::Data,
        Self::Landscapes,
        Self::Charts,
        Self::Compare,
        Self::Measure,
        Self::Sweep,
        Self::Guide,
        Self::Notices,
        Self::KnobSweep,
    ];

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Runs => "Runs",
            Self::Model => "Model",
            Self::Data => "Data",
            Self::Landscapes => "Landscapes",
            Self::Charts => "Charts",
            Self::Chart(tab) => tab.label(),
            Self::Compare => "Compare",
            Self::KnobSweep => "Knob sweep",
            Self::Measure => "Measure",
            Self::Sweep => "Sweep",
            Self::Guide => "Guide",
            Self::Notices => "Notices",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Runs => "The runs, and the knobs of the selected one.",
            Self::Model => "The network as text, and one of your own.",
            Self::Data => "The data set, and one of your own.",
            Self::Landscapes => "The loss around the weights of every run.",
            Self::Charts | Self::Chart(_) => "Losses, curvature and noise over the runs.",
            Self::Compare => "All runs in one table.",
            Self::KnobSweep => "Runs that differ in one knob alone: landscapes, trace and accuracy against it.",
            Self::Measure => "Measurements on request: spectra, slices, noise, the bound's terms.",
            Self::Sweep => "The units of a sweep on many machines: what is done, running and failed.",
            Self::Guide => "Lessons, and what the terms mean.",
            Self::Notices => "Everything that Flatscape said, with its time.",
        }
    }
}

/// A named arrangement of panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Landscapes over charts, runs and knobs on the left.
    #[default]
    Explore,
    /// The table of the runs between landscapes and charts.
    Compare,
    /// Large landscapes with the guide beside them.
    Teach,
}

impl Layout {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Explore, Self::Compare, Self::Teach];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Compare => "Compare",
            Self::Teach => "Teach",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Explore => "Landscapes over charts, with runs and knobs on the left.",
            Self::Compare => "The table of the runs between landscapes and charts.",
            Self::Teach => "Large landscapes with the guide beside them.",
        }
    }
}

/// A direction in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Up, Self::Down];

    /// As the last words of a command.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Left => "to the left",
            Self::Right => "to the right",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A change of a pane's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// More width.
    Wider,
    /// Less width.
    Narrower,
    /// More height.
    Taller,
    /// Less height.
    Lower,
}

impl Resize {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wider, Self::Narrower, Self::Taller, Self::Lower];

    /// As the last word of a command.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Taller => "taller",
            Self::Lower => "lower",
        }
    }
}
