//! What is kept to go on: sessions, weights, folders of checkpoints, and the settings of the window.

pub mod checkpoints;
pub mod files;
pub mod settings;
pub mod store;
pub mod unnamed;
pub mod weights;
pub mod whole;
