//! What is kept to go on: weights and the settings of the window.

pub mod settings;
pub mod weights;
