//! What a comparison or an analysis found, as plain data: the engine fills it in, `export` makes files of it.

pub mod analysis;
pub mod arms;
mod bytes;
pub mod claims;
pub mod equal_loss;
pub mod kinds;
pub mod lessons;
mod past;
pub mod pieces;
pub mod results;
pub mod routes;
pub mod tuning;
