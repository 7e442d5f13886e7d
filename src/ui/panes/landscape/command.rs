//! What menus, keys and the palette do to the landscapes.

use std::time::Instant;

use super::axes::AxisUnits;
use super::contour::reset_window;
use super::difference::Difference;
use super::state::{Field, Mode, first_camera};
use crate::protocol::{Examples, SliceView};
use crate::render::Camera;
use crate::ui::contract::command::UiCommand;
use crate::ui::shell::app::App;
use crate::ui::state::notices::Level;

impl App {
    /// Does what a command of the landscapes says.
    pub(in crate::ui) fn landscape_command(&mut self, command: UiCommand) {
        let range = self.model.experiment.look.range;
        let landscape = &mut self.view.landscape;
        match command {
            UiCommand::Contour => landscape.mode = Mode::Contour,
            UiCommand::Surface => landscape.mode = Mode::Surface,
            UiCommand::ResetView => {
                landscape.camera = first_camera();
                reset_window(&mut self.view, range);
            }
            UiCommand::CameraTop => (landscape.mode, landscape.camera) = (Mode::Surface, Camera::top()),
            UiCommand::CameraFront => (landscape.mode, landscape.camera) = (Mode::Surface, Camera::front()),
            UiCommand::Plane(kind) => match plane_of(kind, &self.model, &self.view) {
                Ok(plane) => self.view.choose_plane(plane, &self.model),
                Err(reason) => self.model.notices.push(Level::Warning, reason),
            },
            UiCommand::Follow => {
                let slice = landscape.slice;
                self.view.ask_slice(SliceView { follow: !slice.follow, ..slice });
            }
            UiCommand::LogScale => landscape.is_log = !landscape.is_log,
            UiCommand::ShowAccuracy => {
                let field = if landscape.field == Field::Loss { Field::Accuracy } else { Field::Loss };
                self.view.show_field(field);
            }
            UiCommand::TestExamples => {
                let slice = landscape.slice;
                let is_train = slice.examples == Examples::Train;
                let examples = if is_train { Examples::Test } else { Examples::Train };
                self.view.ask_slice(SliceView { examples, ..slice });
            }
            UiCommand::AxisUnits => {
                let is_distance = landscape.units == AxisUnits::Distance;
                landscape.units = if is_distance { AxisUnits::Directions } else { AxisUnits::Distance };
            }
            UiCommand::Difference => landscape.difference = Difference::toggled(landscape.difference, &self.model),
            UiCommand::PlayPast => landscape.playback.toggle(Instant::now()),
            UiCommand::BackToLive => landscape.playback.show_newest(),
            _ => {}
        }
    }
}
