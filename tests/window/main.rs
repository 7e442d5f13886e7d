//! The window with a fake engine: what it shows, what it sends, what it writes.
//!
//! [`fixture`] opens it and does what a user does, [`canned`] is what the engine says. A test that wants pixels asks for them
//! by `drawn`, which takes an adapter.

mod access;
#[path = "../common/adapter.rs"]
mod adapter;
mod alerts;
mod basics;
mod canned;
mod charts;
mod dated;
mod device_menu;
mod devices;
#[path = "../faults/damage/dice.rs"]
mod dice;
mod elsewhere;
mod figures;
mod fixture;
mod followed;
mod groups;
mod help;
mod keys;
mod knob_sweep;
mod knobs;
mod landscape;
mod lessons;
mod losses;
mod notices;
mod own_work;
mod pace;
mod rest;
mod runs;
mod sessions;
mod settings;
mod shell;
mod sizes;
mod sweep;
mod table;
mod typed;
mod whole;
mod workshop;
