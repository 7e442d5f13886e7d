//! What is kept to go on: weights, folders of checkpoints, and the settings of the window.

pub mod checkpoints;
pub mod settings;
pub mod weights;
