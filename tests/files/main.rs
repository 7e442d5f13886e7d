//! Files of others that are read, and files that others read.

mod counting;
mod data_import;
mod exports;
mod folders;
mod forms;
mod mutated;
mod parquet;
mod reference;
#[path = "../common/session.rs"]
mod session;
mod tables;
mod text;
