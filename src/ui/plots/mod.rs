//! Pictures and plots that more than one pane shows. They draw what they are given.

pub mod chart;
pub mod contour_view;
pub mod scaled;
pub mod slice_frame;
pub mod surface_view;
