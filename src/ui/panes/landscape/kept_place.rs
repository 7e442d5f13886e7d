//! What a session keeps of the landscapes.

use serde::{Deserialize, Serialize};

use super::difference::Difference;
use crate::protocol::SliceView;
use crate::render::Camera;
use crate::ui::plots::slice_frame::Window;

/// What a session keeps of the landscapes, beside what is remembered between two starts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LandscapePlace {
    /// What the engine was asked for.
    pub slice: SliceView,
    /// Where surfaces are looked at from.
    pub camera: Camera,
    /// The part of the plane that is shown; `None` for all of each slice.
    pub window: Option<Window>,
    /// The two runs whose difference is shown.
    pub difference: Option<Difference>,
}
