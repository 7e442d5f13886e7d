//! The state of the landscapes: what the user wants to see of them, and what is drawn of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::axes::AxisUnits;
use super::choices::{Field, Mode, Overlays};
use super::difference::Difference;
use super::kept_place::LandscapePlace;
use super::picture::{Picture, PictureId};
use super::places::{Cursor, MenuPlace, PredictionCard};
use super::playback::Playback;
use super::range::RangeFit;
use super::scale::Subject;
use crate::config::Experiment;
use crate::protocol::{RunId, SliceView};
use crate::render::{Camera, ColorMap, ContourStyle, LossScale};
use crate::ui::plots::slice_frame::Window;

/// What the user wants to see of the landscapes.
#[derive(Debug)]
pub struct LandscapeView {
    /// Flat or in space.
    pub mode: Mode,
    /// What the engine was asked for.
    pub slice: SliceView,
    /// What is drawn.
    pub field: Field,
    /// Losses on a logarithmic scale.
    pub is_log: bool,
    /// Colours of losses and accuracies.
    pub map: ColorMap,
    /// What lies on the landscapes.
    pub overlays: Overlays,
    /// On a plane through three minima: whether the other runs were shown on the plane before it.
    pub others_elsewhere: Option<bool>,
    /// What coordinates are told in.
    pub units: AxisUnits,
    /// Where surfaces are looked at from.
    pub camera: Camera,
    /// The part of the plane that contours show; `None` for all of each slice.
    pub window: Option<Window>,
    /// Run A minus run B instead of all runs.
    pub difference: Option<Difference>,
    /// The slices of the past.
    pub playback: Playback,
    /// The card with what the network says.
    pub prediction: PredictionCard,
    /// Pointer over a landscape, as of this frame and the last: also what was drawn before it was known marks its place.
    pub cursor: [Option<Cursor>; 2],
    /// The colour scale of this frame; `None` while there is nothing to draw.
    pub style: Option<ContourStyle>,
    /// The colour scale of the difference.
    pub difference_style: Option<ContourStyle>,
    /// What the colours stand for.
    pub subject: Subject,
    /// The range is found when slices along a newly chosen plane come.
    pub fit: Option<RangeFit>,
    /// The range that a newly chosen plane was given; `None` for the experiment's.
    pub home: Option<f64>,
    /// The last frame showed the past.
    pub was_past: bool,
    /// A landscape is dragged: costly details wait.
    pub is_dragged: bool,
    /// The menu that is open.
    pub menu: Option<MenuPlace>,
    /// What is drawn of each slice.
    pub pictures: BTreeMap<PictureId, Picture>,
    /// The experiment that all this belongs to.
    pub experiment: Option<Arc<Experiment>>,
    /// By this is seen that runs came or went.
    pub runs: (u64, usize, Option<RunId>),
    /// Opened sessions that were looked at.
    pub num_opened: u64,
    /// Where the landscapes are to stand in the one that has just been opened.
    pub kept_place: Option<LandscapePlace>,
}

impl Default for LandscapeView {
    fn default() -> Self {
        Self {
            mode: Mode::Contour,
            slice: SliceView::default(),
            field: Field::Loss,
            is_log: true,
            map: ColorMap::Viridis,
            overlays: Overlays::default(),
            others_elsewhere: None,
            units: AxisUnits::default(),
            camera: first_camera(),
            window: None,
            difference: None,
            playback: Playback::default(),
            prediction: PredictionCard::default(),
            cursor: [None; 2],
            style: None,
            difference_style: None,
            subject: Subject::default(),
            fit: None,
            home: None,
            was_past: false,
            is_dragged: false,
            menu: None,
            pictures: BTreeMap::new(),
            experiment: None,
            runs: (0, 0, None),
            num_opened: 0,
            kept_place: None,
        }
    }
}

/// Where surfaces are looked at from at first: far enough for the numbers at their sides.
#[must_use]
pub fn first_camera() -> Camera {
    Camera { distance: 6.0, ..Camera::default() }
}

/// What of the landscapes is remembered between two starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LandscapeSettings {
    /// Flat or in space.
    pub mode: Mode,
    /// Losses on a logarithmic scale.
    pub is_log: bool,
    /// Colours of losses and accuracies.
    pub map: ColorMap,
    /// What lies on the landscapes.
    pub overlays: Overlays,
    /// What coordinates are told in.
    pub units: AxisUnits,
}

impl Default for LandscapeSettings {
    fn default() -> Self {
        LandscapeView::default().settings()
    }
}

impl LandscapeView {
    /// What is remembered.
    #[must_use]
    pub const fn settings(&self) -> LandscapeSettings {
        let Self { mode, is_log, map, mut overlays, units, .. } = *self;
        if let Some(others) = self.others_elsewhere {
            overlays.others = others;
        }
        LandscapeSettings { mode, is_log, map, overlays, units }
    }

    /// Takes what was remembered.
    pub fn apply(&mut self, settings: LandscapeSettings) {
        let LandscapeSettings { mode, is_log, map, overlays, units } = settings;
        // Colours of a difference would have no zero here.
        let map = if map.is_diverging() { ColorMap::default() } else { map };
        (self.mode, self.is_log, self.map, self.overlays, self.units) = (mode, is_log, map, overlays, units);
    }

    /// What is drawn, on which scale.
    #[must_use]
    pub const fn scale(&self) -> LossScale {
        match (self.field, self.is_log) {
            (Field::Accuracy, _) => LossScale::Percent,
            (Field::Loss, true) => LossScale::Log10,
            (Field::Loss, false) => LossScale::Linear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_comes_back_and_older_files_have_the_defaults() {
        let overlays = Overlays { samples: true, path: false, ..Overlays::default() };
        let settings = LandscapeSettings {
            mode: Mode::Surface,
            is_log: false,
            map: ColorMap::Magma,
            overlays,
            units: AxisUnits::Distance,
        };
        let text = serde_json::to_string(&settings).unwrap();
        let mut view = LandscapeView::default();
        view.apply(serde_json::from_str(&text).unwrap());
        assert_eq!(view.settings(), settings);
        let old: LandscapeSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(old, LandscapeSettings::default());
        view.apply(LandscapeSettings { map: ColorMap::BlueRed, ..settings });
        assert!(!view.map.is_diverging(), "losses have no zero in the middle");
    }
}
