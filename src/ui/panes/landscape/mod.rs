//! The landscapes: one for each run as contour or surface, what lies on them, their past, and their difference.
//!
//! [`Landscapes`] is the pane. What the user wants to see stands in `state`, what lies in the slices is taken from the
//! engine once a frame in `collect`, and what the engine must compute goes out as one `SetSlice`. `all` draws the
//! landscapes that `shown` lists, each of them by `single`.

mod account;
mod all;
mod asking;
mod average;
mod axes;
mod bar;
mod caption;
mod choices;
mod collect;
mod command;
mod contour;
mod controls;
mod difference;
mod figures;
mod foot;
mod kept_place;
mod layout;
mod magnified;
mod menu;
mod overlay;
mod picture;
mod places;
mod planes;
mod playback;
mod pointing;
mod prediction;
mod range;
mod reading;
mod reopened;
#[cfg(test)]
mod sample;
mod scale;
mod settings;
mod shown;
mod single;
mod slice_history;
mod slice_marks;
mod state;
mod states;
mod surface;
mod surface_marks;
mod terms;
mod text;

use egui::{Context, Ui, Vec2, vec2};

pub use kept_place::LandscapePlace;
pub use state::LandscapeSettings;

use self::state::LandscapeView;
use crate::config::WindowPart;
use crate::protocol::RunId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, FigureSize, PaneUi};
use crate::ui::contract::seen::Seen;

/// Margins of the pane around the landscapes, in points: on both sides together, and above.
const MARGINS: Vec2 = Vec2::new(20.0, 6.0);

/// The pane of the landscapes.
#[derive(Debug, Default)]
pub struct Landscapes {
    view: LandscapeView,
}

impl Landscapes {
    /// What is remembered between two starts.
    #[must_use]
    pub const fn settings(&self) -> LandscapeSettings {
        self.view.settings()
    }

    /// Takes what was remembered.
    pub fn apply(&mut self, settings: LandscapeSettings) {
        self.view.apply(settings);
    }

    /// What a session keeps beside that.
    #[must_use]
    pub const fn place(&self) -> LandscapePlace {
        self.view.place()
    }

    /// Stands as it did in the session that has just been opened, once its runs are seen.
    pub const fn go_to(&mut self, place: LandscapePlace) {
        self.view.kept_place = Some(place);
    }
}

impl PaneUi for Landscapes {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        all::landscapes_ui(ui, seen, &mut self.view, asks);
    }

    fn bar_ui(&mut self, _pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        if seen.shared.has(WindowPart::Landscape) {
            bar::bar_ui(ui, seen, &mut self.view, asks);
        }
    }

    fn command(&mut self, command: UiCommand, _ctx: &Context, seen: Seen<'_>, asks: &mut Asks) -> Done {
        self.view.command(command, seen, asks)
    }

    fn why_not(&self, command: UiCommand, seen: Seen<'_>) -> Option<String> {
        self.view.why_not(command, seen).map(str::to_owned)
    }

    fn after_events(&mut self, _ctx: &Context, seen: Seen<'_>, asks: &mut Asks) {
        self.view.collect(seen, asks);
    }

    fn figure_size(&self, _pane: Pane, room: Vec2, seen: Seen<'_>) -> FigureSize {
        let inner = room - MARGINS;
        let height = all::whole_height(seen, &self.view, inner.x, inner.y);
        FigureSize::Fixed(vec2(room.x, height + MARGINS.y))
    }

    fn account(&self, seen: Seen<'_>) -> Vec<String> {
        account::account(seen, &self.view)
    }

    fn shown_runs(&self, _pane: Pane, seen: Seen<'_>) -> Vec<RunId> {
        account::shown_runs(seen, &self.view)
    }
}
