//! What goes wrong from outside: files are damaged, the program is killed, the disk is full or may not be written to, the
//! command queue is flooded. Nothing panics, hangs or is lost, and what is wrong is said in one sentence.
//!
//! Rounds are short here. `FLATSCAPE_DAMAGED` (files) and `FLATSCAPE_KILLS` (kills of each kind) ask for longer ones.

#![allow(clippy::print_stdout, reason = "a test says why it was skipped, and what it counted")]

mod damage;
mod flood;
mod kills;
mod program;
mod room;
mod room_sweep;
#[path = "../common/session.rs"]
mod session;
