//! The program is killed at random moments, as by the system or a power cut: what it has written by then opens, no more than five
//! seconds are missing, and what goes on with it ends as if nothing had happened.
//!
//! `FLATSCAPE_KILLS` says how many kills of each kind there are.

mod compare;
mod exports;
pub mod left;
mod sweep;
mod window;

use crate::damage::dice::Dice;

/// Kills of each kind.
const KILLS: usize = 3;
/// Seconds of work that a kill costs at most.
const MOST_LOST: f64 = 5.0;

/// A number from 0 to 1.
fn share(dice: &mut Dice) -> f64 {
    dice.below(1 << 20) as f64 / f64::from(1 << 20)
}
