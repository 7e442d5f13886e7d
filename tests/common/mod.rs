//! What tests of numbers share: reference cases, networks of their own, and tables of wrong figures.
#![allow(dead_code, unused_imports, reason = "each program of tests uses a part of it")]

mod failures;
mod identities;
mod layer_cases;
mod points;
mod token_cases;
mod written;

pub use failures::*;
pub use identities::*;
pub use layer_cases::*;
pub use points::*;
pub use token_cases::*;
pub use written::*;
