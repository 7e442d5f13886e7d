//! Figures of the window: a pane or all of it as PNG or SVG, and the landscapes as a short recording.

pub mod column;
pub mod footer;
pub mod form;
pub mod job;
pub mod offscreen;
pub mod provenance;
pub mod recording;
pub mod svg;
