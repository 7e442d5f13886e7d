//! Places on slices: under the pointer, at the open menu, and the one that the network was asked about.

use std::time::Instant;

use egui::Pos2;

use crate::protocol::{RunId, SliceTag};

/// A place on the slices, that all of them mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// The run over whose landscape the pointer is.
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
    pub pos: Pos2,
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
