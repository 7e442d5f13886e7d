//! The planes that slices are cut along: which of them can be had now, and what choosing one means.

use super::range::RangeFit;
use super::state::LandscapeView;
use crate::config::{Experiment, Normalization};
use crate::protocol::{LivePlane, RunId, SliceView};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::plane::PlaneKind;
use crate::ui::contract::seen::Seen;
use crate::ui::state::model::{EngineHealth, Model};

/// Path points that principal components need.
const LEAST_PATH: usize = 3;

/// The slices that the engine begins an experiment with.
#[must_use]
pub fn first_slice(experiment: &Experiment) -> SliceView {
    let look = &experiment.look;
    let plane = LivePlane::Random { seed: look.seed, normalization: Normalization::Filter };
    SliceView { range: look.range, resolution: look.resolution, plane, ..SliceView::default() }
}

impl LandscapeView {
    /// The plane of this kind.
    ///
    /// # Errors
    /// Why it cannot be had now, in a sentence.
    pub fn plane_of(&self, kind: PlaneKind, seen: Seen<'_>) -> Result<LivePlane, &'static str> {
        let model = seen.model;
        if model.health != EngineHealth::Fine {
            return Err("The engine does not run.");
        }
        let selected = seen.selected_run().ok_or("There is no run yet.")?;
        match kind {
            PlaneKind::Random => Ok(self.random_plane(model)),
            PlaneKind::Minima => {
                let mut runs = model.runs.iter().map(|run| run.info.run).filter(|run| !seen.is_hidden(*run));
                let mut next = || runs.next().ok_or("Needs three runs that are shown.");
                let three: [RunId; 3] = [next()?, next()?, next()?];
                if model.horizon().0 == 0 {
                    return Err("The runs are all at the same place until they have trained.");
                }
                Ok(LivePlane::Minima(three))
            }
            PlaneKind::Eigenvectors => Ok(LivePlane::Eigenvectors(selected.info.run)),
            PlaneKind::PathPca => {
                if selected.slice.as_ref().map_or(0, |slice| slice.grid.path.len()) < LEAST_PATH {
                    return Err(match selected.is_followed() {
                        true => "Needs a path: three checkpoints of the selected run.",
                        false => "Needs a path: train the selected run for some steps first.",
                    });
                }
                Ok(LivePlane::PathPca(selected.info.run))
            }
        }
    }

    /// The random plane that was shown last, or the experiment's.
    fn random_plane(&self, model: &Model) -> LivePlane {
        match self.slice.plane {
            plane @ LivePlane::Random { .. } => plane,
            _ => first_slice(&model.experiment).plane,
        }
    }

    /// Shows slices along another plane: all of them, and as far as that what they are about is seen.
    pub fn choose_plane(&mut self, plane: LivePlane, model: &Model, asks: &mut Asks) {
        self.window = None;
        (self.fit, self.home) = (RangeFit::new(plane, model), None);
        // Of a plane through three minima the other runs are what matters; on others they lie far away.
        if let LivePlane::Minima(_) = plane {
            self.others_elsewhere.get_or_insert(self.overlays.others);
            self.overlays.others = true;
        } else {
            self.leave_minima();
        }
        let is_random = matches!(plane, LivePlane::Random { .. });
        let range = if is_random { model.experiment.look.range } else { self.slice.range };
        self.ask_slice(SliceView { plane, range, ..self.slice }, asks);
    }

    /// Shows the other runs as before a plane through three minima.
    pub fn leave_minima(&mut self) {
        if let Some(others) = self.others_elsewhere.take() {
            self.overlays.others = others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn the_other_runs_are_shown_on_a_plane_through_three_minima_alone() {
        let model = Model::new(builtin_experiment("moons-mlp").unwrap());
        let (mut view, mut asks) = (LandscapeView::default(), Asks::default());
        let random = view.slice.plane;
        for is_wanted in [false, true] {
            view.overlays.others = is_wanted;
            for _ in 0..2 {
                view.choose_plane(LivePlane::Minima([RunId(1), RunId(2), RunId(3)]), &model, &mut asks);
                assert!(view.overlays.others);
                assert_eq!(view.settings().overlays.others, is_wanted, "what is remembered is the choice");
            }
            view.choose_plane(random, &model, &mut asks);
            assert_eq!(view.overlays.others, is_wanted);
        }
    }
}
