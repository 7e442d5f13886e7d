//! Figures: slices side by side, and charts of lines. Each is one drawing, saved as SVG or as the pixels of that SVG.

mod chart;
pub mod drawing;
mod ink;
mod round;
mod slices;

pub use chart::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, chart_png, chart_svg, charts_png};
pub use slices::{Sheet, bright_ink_of, ink_of, plane_words, slice_png, slice_svg, slices_png, slices_svg};
