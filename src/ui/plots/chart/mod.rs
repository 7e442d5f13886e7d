//! What a chart is made of, whatever it shows: axes with their ticks, lines and bands, its title and legend, and how it is moved.
//!
//! [`curves`] puts them together for the curves that a measurement found; the charts over the course of the runs do it
//! themselves.

pub mod axes;
pub mod curves;
pub mod legend;
pub mod navigation;
pub mod paint;
pub mod picture;
pub mod plot;
pub mod remarks;
pub mod title;
