//! What menus, keys and the palette do to the landscapes.

use super::contour::reset_window;
use super::state::{Mode, first_camera};
use crate::protocol::SliceView;
use crate::render::Camera;
use crate::ui::app::App;
use crate::ui::commands::UiCommand;
use crate::ui::notices::Level;

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
            UiCommand::Plane(kind) => match kind.plane(&self.model, &self.view) {
                Ok(plane) => self.view.ask_slice(SliceView { plane, ..self.view.landscape.slice }),
                Err(reason) => self.model.notices.push(Level::Warning, reason),
            },
            UiCommand::Follow => {
                let slice = landscape.slice;
                self.view.ask_slice(SliceView { follow: !slice.follow, ..slice });
            }
            _ => {}
        }
    }
}
