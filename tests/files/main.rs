//! Files of others that are read, and files that others read.

mod counting;
mod data_import;
mod exports;
mod forms;
mod mutated;
#[path = "../common/session.rs"]
mod session;
