//! The window with a fake engine: what it shows, what it sends, what it writes.
//!
//! [`fixture`] opens it and does what a user does, [`canned`] is what the engine says. A test that wants pixels asks for them
//! by `drawn`, which takes an adapter.

mod access;
#[path = "../common/adapter.rs"]
mod adapter;
mod basics;
mod canned;
mod charts;
mod dated;
mod devices;
mod figures;
mod fixture;
mod followed;
mod groups;
mod help;
mod keys;
mod knobs;
mod landscape;
mod losses;
mod notices;
mod own_work;
mod rest;
mod runs;
mod settings;
mod shell;
mod sizes;
mod table;
mod typed;
mod whole;
mod workshop;
