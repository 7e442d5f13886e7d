//! Files of others that are read, and files that others read.

mod data_import;
mod exports;
mod folders;
mod forms;
mod looks;
mod parquet;
mod reference;
#[path = "../common/session.rs"]
mod session;
mod tables;
mod text;
