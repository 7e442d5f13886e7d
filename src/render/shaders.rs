//! The shaders, each one text of the files that it is made of.

/// A text in WGSL: files of `shaders/`, in the order in which they refer to each other.
macro_rules! wgsl {
    ($($file:literal),+) => { concat!($(include_str!(concat!("../../shaders/", $file))),+) };
}

pub(super) const CONTOUR: &str = wgsl!("cover.wgsl", "scale.wgsl", "contour.wgsl");
pub(super) const SURFACE: &str = wgsl!("scale.wgsl", "surface.wgsl");
pub(super) const PANE: &str = wgsl!("cover.wgsl", "pane.wgsl");

/// All shaders as the pipelines get them, by the file that each is named after.
pub const SHADERS: [(&str, &str); 3] = [("contour.wgsl", CONTOUR), ("surface.wgsl", SURFACE), ("pane.wgsl", PANE)];
