//! How the landscapes stand when a session is opened again: the same slices from the same place, with the slices of the past that
//! were kept.

use super::choices::Field;
use super::kept_place::LandscapePlace;
use super::range::runs_of;
use super::state::LandscapeView;
use crate::config::LookConfig;
use crate::protocol::{RunId, SliceView};
use crate::ui::contract::ask::Asks;
use crate::ui::plots::slice_frame::{RANGES, Window};
use crate::ui::state::model::Model;

impl LandscapeView {
    /// What a session keeps.
    #[must_use]
    pub const fn place(&self) -> LandscapePlace {
        LandscapePlace { slice: self.slice, camera: self.camera, window: self.window, difference: self.difference }
    }

    /// Stands as it did in a session that was opened since the last look.
    pub fn reopen(&mut self, model: &Model, asks: &mut Asks) {
        if self.num_opened == model.session.num_opened {
            return;
        }
        self.num_opened = model.session.num_opened;
        for (run, slices) in &model.session.past {
            self.playback.reopen(*run, slices, model.runs.len());
        }
        if let Some(place) = self.kept_place.take() {
            self.go_to(place, model, asks);
        }
    }

    /// Takes a place, as far as it can be had: a file may have been changed by hand.
    fn go_to(&mut self, place: LandscapePlace, model: &Model, asks: &mut Asks) {
        let LandscapePlace { slice, camera, window, difference } = place;
        self.camera = camera;
        let is_there = |run: &RunId| model.run(*run).is_some();
        self.difference = difference.filter(|chosen| chosen.runs().iter().all(is_there) && chosen.a != chosen.b);
        let is_seen = |window: &Window| {
            window.center.iter().all(|value| value.is_finite()) && (RANGES[0]..=RANGES[1]).contains(&window.half)
        };
        self.window = window.filter(is_seen);
        let can_be_had = LookConfig::validate_slice(slice.range, slice.resolution).is_ok();
        if can_be_had && runs_of(&slice.plane).iter().all(is_there) {
            self.field = if slice.accuracy && model.has_classes() { Field::Accuracy } else { Field::Loss };
            self.ask_slice(SliceView { accuracy: self.field == Field::Accuracy, ..slice }, asks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::difference::Difference;
    use super::*;
    use crate::config::builtin_experiment;
    use crate::protocol::{Command, LivePlane};
    use crate::render::Camera;
    use crate::ui::contract::ask::Ask;

    fn asked(place: LandscapePlace) -> (LandscapeView, Vec<Ask>) {
        let mut model = Model::new(builtin_experiment("moons-mlp").unwrap());
        model.session.num_opened = 1;
        let mut view = LandscapeView { kept_place: Some(place), ..LandscapeView::default() };
        let mut asks = Asks::default();
        view.reopen(&model, &mut asks);
        view.reopen(&model, &mut asks);
        (view, asks.take())
    }

    #[test]
    fn the_landscapes_stand_as_they_did() {
        let slice = SliceView { range: 2.5, resolution: 21, ..SliceView::default() };
        let camera = Camera { yaw: 1.0, ..Camera::default() };
        let place =
            LandscapePlace { slice, camera, window: Some(Window { center: [0.5, 0.0], half: 0.25 }), difference: None };
        let text = serde_json::to_string(&place).unwrap();
        let (view, asks) = asked(serde_json::from_str(&text).unwrap());
        assert_eq!(view.place(), place);
        assert_eq!(asks, [Ask::Send(Command::SetSlice(slice))], "asked for once");
    }

    #[test]
    fn what_cannot_be_had_is_left() {
        let gone = SliceView { plane: LivePlane::PathPca(RunId(7)), ..SliceView::default() };
        let huge = SliceView { resolution: 1_000_000, ..SliceView::default() };
        for slice in [gone, huge] {
            let window = Some(Window { center: [f64::NAN, 0.0], half: 1.0 });
            let difference = Some(Difference { a: RunId(7), b: RunId(8) });
            let (view, asks) = asked(LandscapePlace { slice, window, difference, ..LandscapePlace::default() });
            assert!(asks.is_empty() && view.window.is_none() && view.difference.is_none());
            assert_eq!(view.slice, SliceView::default());
        }
    }
}
