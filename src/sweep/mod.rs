//! Work that many machines do: a plan of units, a file of results each, and what is made of all of them.
//!
//! There is no server. A unit has a name that says what it is ([`canonical`]), its result is written beside its place and moved
//! there ([`folder`]), and who finds it there does not do it again. So a unit may be given out twice, and a worker may die at any
//! moment: the worst that happens is that a unit is done again, with the same figures. Whatever hands out numbers can do a plan
//! ([`engines`], [`index`]); workers without such a thing agree by claims ([`claim`]). Whoever wants to see how it goes looks at the
//! folder too ([`watch`]), the window on a thread of its own ([`follow`]).

pub mod analysis;
pub mod canonical;
pub mod claim;
pub mod comparison;
pub mod engines;
pub mod error;
pub mod folder;
pub mod follow;
pub mod gather;
pub mod grid;
pub mod index;
pub mod landed;
pub mod plan;
#[cfg(test)]
mod sample;
pub mod unit;
pub mod watch;
