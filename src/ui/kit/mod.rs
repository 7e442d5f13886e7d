//! What everything is drawn with: colours, icons, small parts, numbers in words, questions, and what terms mean.
//!
//! Egui alone: nothing here knows of runs, panes or the engine.

mod cells;
pub mod class_mark;
pub mod dated;
pub mod drops;
pub mod figure;
pub mod format;
pub mod help;
pub mod icons;
pub mod modal;
pub mod number_box;
pub mod path;
pub mod questions;
pub mod theme;
pub mod typed;
pub mod widgets;
