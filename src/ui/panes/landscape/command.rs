//! What menus, keys and the palette do to the landscapes.

use std::time::Instant;

use super::average;
use super::axes::AxisUnits;
use super::choices::{Field, Mode};
use super::difference::Difference;
use super::state::{LandscapeView, first_camera};
use crate::protocol::{Examples, SliceView};
use crate::render::Camera;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane_ui::Done;
use crate::ui::contract::plane::PlaneKind;
use crate::ui::contract::seen::Seen;
use crate::ui::state::notices::Level;

impl LandscapeView {
    /// Does what a command of the landscapes says.
    pub fn command(&mut self, command: UiCommand, seen: Seen<'_>, asks: &mut Asks) -> Done {
        match command {
            UiCommand::Contour => self.mode = Mode::Contour,
            UiCommand::Surface => self.mode = Mode::Surface,
            UiCommand::ResetView => {
                self.camera = first_camera();
                self.reset_window(seen.model.experiment.look.range, asks);
            }
            UiCommand::CameraTop => (self.mode, self.camera) = (Mode::Surface, Camera::top()),
            UiCommand::CameraFront => (self.mode, self.camera) = (Mode::Surface, Camera::front()),
            UiCommand::Plane(kind) => self.plane_command(kind, seen, asks),
            UiCommand::Follow => self.ask_slice(SliceView { follow: !self.slice.follow, ..self.slice }, asks),
            UiCommand::LogScale => self.is_log = !self.is_log,
            UiCommand::ShowAccuracy => {
                let field = if self.field == Field::Loss { Field::Accuracy } else { Field::Loss };
                self.show_field(field, asks);
            }
            UiCommand::TestExamples => {
                let is_train = self.slice.examples == Examples::Train;
                let examples = if is_train { Examples::Test } else { Examples::Train };
                self.ask_slice(SliceView { examples, ..self.slice }, asks);
            }
            UiCommand::AxisUnits => {
                let is_distance = self.units == AxisUnits::Distance;
                self.units = if is_distance { AxisUnits::Directions } else { AxisUnits::Distance };
            }
            UiCommand::Difference => self.difference = Difference::toggled(self.difference, seen.model),
            UiCommand::PlayPast => self.playback.toggle(Instant::now()),
            UiCommand::BackToLive => self.playback.show_newest(),
            UiCommand::LookAtAverage => {
                if let Some(run) = seen.selected_run() {
                    average::look(run, seen, asks);
                }
            }
            _ => return Done::NotMine,
        }
        Done::Yes
    }

    fn plane_command(&mut self, kind: PlaneKind, seen: Seen<'_>, asks: &mut Asks) {
        match self.plane_of(kind, seen) {
            Ok(plane) => self.choose_plane(plane, seen.model, asks),
            Err(reason) => asks.say(Level::Warning, reason),
        }
    }

    /// Why a command of the landscapes cannot be done now, in a sentence.
    #[must_use]
    pub fn why_not(&self, command: UiCommand, seen: Seen<'_>) -> Option<&'static str> {
        match command {
            UiCommand::Plane(kind) => self.plane_of(kind, seen).err(),
            UiCommand::PlayPast => (!self.playback.can_play()).then_some("There are no slices of the past yet."),
            UiCommand::BackToLive => {
                self.playback.shown_step().is_none().then_some("The newest slices are shown already.")
            }
            UiCommand::LookAtAverage => seen.selected_run().and_then(average::why_not),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::ui::state::model::Model;
    use crate::ui::state::shared::Shared;

    #[test]
    fn what_cannot_be_done_before_there_is_a_run_says_why_and_others_commands_are_left_alone() {
        let (model, shared) = (Model::new(builtin_experiment("moons-mlp").unwrap()), Shared::default());
        let seen = Seen { model: &model, shared: &shared };
        let (mut view, mut asks) = (LandscapeView::default(), Asks::default());
        let planes = PlaneKind::ALL.map(UiCommand::Plane);
        for command in planes.into_iter().chain([UiCommand::PlayPast, UiCommand::BackToLive]) {
            assert!(view.why_not(command, seen).is_some_and(|why| why.ends_with('.')), "{command:?}");
        }
        assert_eq!(view.why_not(UiCommand::Surface, seen), None);
        assert_eq!(view.command(UiCommand::Surface, seen, &mut asks), Done::Yes);
        assert_eq!(view.mode, Mode::Surface);
        assert_eq!(view.command(UiCommand::Quit, seen, &mut asks), Done::NotMine);
        assert!(asks.take().is_empty());
        // Where a plane cannot be had, that is said.
        assert_eq!(view.command(planes[1], seen, &mut asks), Done::Yes);
        assert_eq!(asks.take().len(), 1);
    }
}
