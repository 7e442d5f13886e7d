//! What the user wants to see of the landscapes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::axes::AxisUnits;
use super::difference::Difference;
use super::picture::{Picture, PictureId};
use super::playback::Playback;
use super::range::RangeFit;
use super::scale::Subject;
use crate::config::Experiment;
use crate::protocol::{Command, LivePlane, RunId, SliceTag, SliceView};
use crate::render::{Camera, ColorMap, ContourStyle, LossScale};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::view::View;
use crate::ui::plots::slice_frame::Window;
use crate::ui::state::model::Model;

/// Flat or in space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// From above, with iso-lines.
    #[default]
    Contour,
    /// As a surface.
    Surface,
}

/// What is drawn over the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    /// The loss.
    #[default]
    Loss,
    /// The accuracy.
    Accuracy,
}

/// What lies on the landscapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a check box of its own")]
pub struct Overlays {
    /// Numbers on iso-lines.
    pub labels: bool,
    /// The path.
    pub path: bool,
    /// SAM's ascent and the radius of the noise.
    pub noise: bool,
    /// The sample points of the last step.
    pub samples: bool,
    /// Where the other runs are.
    pub others: bool,
}

impl Default for Overlays {
    fn default() -> Self {
        Self { labels: true, path: true, noise: true, samples: false, others: false }
    }
}

/// A place on the slices, that all of them mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// The run over whose pane the pointer is.
    pub run: RunId,
    /// Coordinates along the two directions.
    pub place: [f64; 2],
}

/// A place on a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The run on whose slice it is.
    pub run: RunId,
    /// Coordinates.
    pub place: [f64; 2],
    /// The slice.
    pub slice: SliceTag,
}

/// A place at which the menu is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MenuPlace {
    /// The place.
    pub at: Asked,
    /// On the screen.
    pub pos: egui::Pos2,
    /// Opened by a key, so that the first item gets the focus.
    pub by_key: bool,
}

/// The card with what the network says.
#[derive(Debug, Clone, Copy, Default)]
pub struct PredictionCard {
    /// It is open.
    pub is_open: bool,
    /// It follows the pointer.
    pub is_live: bool,
    /// What was asked for last.
    pub asked: Option<Asked>,
    /// When.
    pub asked_at: Option<Instant>,
}

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
    others_elsewhere: Option<bool>,
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
    /// The colour scale of this frame; `None` while there is nothing to draw.
    pub style: Option<ContourStyle>,
    /// The colour scale of the difference.
    pub difference_style: Option<ContourStyle>,
    /// What the colours stand for.
    pub(super) subject: Subject,
    /// The range is found when slices along a newly chosen plane come.
    pub(super) fit: Option<RangeFit>,
    /// The range that a newly chosen plane was given; `None` for the experiment's.
    pub(super) home: Option<f64>,
    /// The last frame showed the past.
    pub(super) was_past: bool,
    /// A pane is dragged: costly details wait.
    pub(super) is_dragged: bool,
    pub(super) menu: Option<MenuPlace>,
    pub(super) pictures: BTreeMap<PictureId, Picture>,
    /// The experiment that all this belongs to.
    experiment: Option<Arc<Experiment>>,
    /// By this is seen that runs came or went.
    runs: (u64, usize, Option<RunId>),
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

/// The view that the engine begins an experiment with.
fn first_slice(experiment: &Experiment) -> SliceView {
    let look = &experiment.look;
    let plane = LivePlane::Random { seed: look.seed, normalization: crate::config::Normalization::Filter };
    SliceView { range: look.range, resolution: look.resolution, plane, ..SliceView::default() }
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

    /// Shows the other runs as before a plane through three minima.
    fn leave_minima(&mut self) {
        if let Some(others) = self.others_elsewhere.take() {
            self.overlays.others = others;
        }
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

    /// Follows the model: another experiment means the slices that it begins with, new runs a new past. Returns what the
    /// engine must be told.
    pub(super) fn follow(&mut self, model: &Model) -> Option<Command> {
        let is_same = self.experiment.as_ref().is_some_and(|known| Arc::ptr_eq(known, &model.experiment));
        if !is_same {
            self.experiment = Some(Arc::clone(&model.experiment));
            self.slice = first_slice(&model.experiment);
            self.leave_minima();
            // The accuracy has to be asked for; an experiment begins without.
            self.field = Field::Loss;
            self.window = None;
            (self.fit, self.home) = (None, None);
            self.forget();
        }
        let runs = (model.generation, model.runs.len(), model.runs.last().map(|run| run.info.run));
        if self.runs != runs {
            self.runs = runs;
            self.playback.retain(|run| model.run(run).is_some());
            self.pictures.retain(|id, _| id.run().is_none_or(|run| model.run(run).is_some()));
            self.difference =
                self.difference.filter(|chosen| chosen.runs().iter().all(|run| model.run(*run).is_some()));
            self.menu = None;
            let planes_runs: &[RunId] = match &self.slice.plane {
                LivePlane::Random { .. } => &[],
                LivePlane::Minima(runs) => runs,
                LivePlane::Eigenvectors(run) | LivePlane::PathPca(run) => std::slice::from_ref(run),
            };
            if !model.runs.is_empty() && planes_runs.iter().any(|run| model.run(*run).is_none()) {
                self.slice.plane = first_slice(&model.experiment).plane;
                self.leave_minima();
                (self.fit, self.home) = (None, None);
                return Some(Command::SetSlice(self.slice));
            }
        }
        None
    }

    fn forget(&mut self) {
        self.playback.clear();
        self.pictures.clear();
        self.difference = None;
        self.menu = None;
        self.prediction = PredictionCard::default();
    }

    /// The random plane that was shown last, or the experiment's.
    #[must_use]
    pub fn random_plane(&self, model: &Model) -> LivePlane {
        match self.slice.plane {
            plane @ LivePlane::Random { .. } => plane,
            _ => first_slice(&model.experiment).plane,
        }
    }
}

impl View {
    /// Asks for other slices, if they are others.
    pub fn ask_slice(&mut self, slice: SliceView) {
        if slice != self.landscape.slice {
            self.landscape.slice = slice;
            self.asks.push(Ask::Send(Command::SetSlice(slice)));
        }
    }

    /// Asks for slices of another half-width, and shows what there is in the new window at once.
    pub fn ask_range(&mut self, range: f64) {
        self.landscape.window = Some(Window::around_zero(range));
        self.landscape.fit = None;
        self.ask_slice(SliceView { range, ..self.landscape.slice });
    }

    /// Shows slices along another plane: all of them, and as far as that what they are about is seen.
    pub fn choose_plane(&mut self, plane: LivePlane, model: &Model) {
        let landscape = &mut self.landscape;
        landscape.window = None;
        (landscape.fit, landscape.home) = (RangeFit::new(plane, model), None);
        // Of a plane through three minima the other runs are what matters; on others they lie far away.
        if let LivePlane::Minima(_) = plane {
            landscape.others_elsewhere.get_or_insert(landscape.overlays.others);
            landscape.overlays.others = true;
        } else {
            landscape.leave_minima();
        }
        let is_random = matches!(plane, LivePlane::Random { .. });
        let range = if is_random { model.experiment.look.range } else { landscape.slice.range };
        self.ask_slice(SliceView { plane, range, ..self.landscape.slice });
    }

    /// Asks for what the window needs when slices of now are shown again: those of the past are what they are, however
    /// the window moved.
    pub(super) fn catch_up(&mut self) {
        let landscape = &mut self.landscape;
        let is_past = landscape.playback.shown_step().is_some();
        if !std::mem::replace(&mut landscape.was_past, is_past) || is_past {
            return;
        }
        let asked = landscape.slice;
        if let Some(range) = landscape.window.map(|window| window.needed_range())
            && range > asked.range * (1.0 + 1e-9)
        {
            self.ask_slice(SliceView { range, ..asked });
        }
    }

    /// Shows another field; the accuracy has to be asked for.
    pub fn show_field(&mut self, field: Field) {
        self.landscape.field = field;
        self.ask_slice(SliceView { accuracy: field == Field::Accuracy, ..self.landscape.slice });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn the_other_runs_are_shown_on_a_plane_through_three_minima_alone() {
        let model = Model::new(builtin_experiment("moons-mlp").unwrap());
        let mut view = View::default();
        let random = view.landscape.slice.plane;
        for is_wanted in [false, true] {
            view.landscape.overlays.others = is_wanted;
            for _ in 0..2 {
                view.choose_plane(LivePlane::Minima([RunId(1), RunId(2), RunId(3)]), &model);
                assert!(view.landscape.overlays.others);
                assert_eq!(view.landscape.settings().overlays.others, is_wanted, "what is remembered is the choice");
            }
            view.choose_plane(random, &model);
            assert_eq!(view.landscape.overlays.others, is_wanted);
        }
    }

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
