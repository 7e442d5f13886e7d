//! What the engine is asked for: the range, the examples and the field of the slices.

use super::choices::Field;
use super::state::LandscapeView;
use crate::protocol::{Command, SliceView};
use crate::ui::contract::ask::Asks;
use crate::ui::plots::slice_frame::Window;

impl LandscapeView {
    /// Asks for other slices, if they are others.
    pub fn ask_slice(&mut self, slice: SliceView, asks: &mut Asks) {
        if slice != self.slice {
            self.slice = slice;
            asks.send(Command::SetSlice(slice));
        }
    }

    /// Asks for slices of another half-width, and shows what there is in the new window at once.
    pub fn ask_range(&mut self, range: f64, asks: &mut Asks) {
        self.window = Some(Window::around_zero(range));
        self.fit = None;
        self.ask_slice(SliceView { range, ..self.slice }, asks);
    }

    /// All of the slices in the range that the plane was given, or else the experiment's, which is `range`.
    pub fn reset_window(&mut self, range: f64, asks: &mut Asks) {
        let range = self.home.unwrap_or(range);
        if self.slice.range == range {
            self.window = None;
        } else {
            self.ask_range(range, asks);
        }
    }

    /// Asks for what the window needs when slices of now are shown again: those of the past are what they are, however
    /// the window moved.
    pub fn catch_up(&mut self, asks: &mut Asks) {
        let is_past = self.playback.shown_step().is_some();
        if !std::mem::replace(&mut self.was_past, is_past) || is_past {
            return;
        }
        let asked = self.slice;
        if let Some(range) = self.window.map(|window| window.needed_range())
            && range > asked.range * (1.0 + 1e-9)
        {
            self.ask_slice(SliceView { range, ..asked }, asks);
        }
    }

    /// Shows another field; the accuracy has to be asked for.
    pub fn show_field(&mut self, field: Field, asks: &mut Asks) {
        self.field = field;
        self.ask_slice(SliceView { accuracy: field == Field::Accuracy, ..self.slice }, asks);
    }
}
