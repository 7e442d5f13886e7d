//! What outlives a run: results and the files they are exported to.

pub mod analysis;
pub mod equal_loss;
pub mod export;
pub mod results;
pub mod settings;
pub mod weights;
