//! What a comparison or an analysis found, as plain data: the engine fills it in, `export` makes files of it.

pub mod analysis;
pub mod equal_loss;
pub mod means;
pub mod results;
pub mod routes;
pub mod tuning;
