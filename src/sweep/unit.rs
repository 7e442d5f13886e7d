//! The unit of a plan.

use serde::{Deserialize, Serialize};

use crate::config::OptimizerKind;
use crate::report::pieces::Piece;

/// The format of `plan.json` and of what names are made of; it counts up where a file of before cannot be read any more.
pub const FORMAT: u32 = 1;

/// A piece that one worker does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its number in the plan, from 0.
    pub i: usize,
    /// Its name, which its result has too.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: UnitKind,
}

/// What a unit is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum UnitKind {
    /// A run of a comparison.
    Run {
        /// The point of the grid; where several have the same run, the first of them.
        point: usize,
        /// The method.
        optimizer: OptimizerKind,
        /// The seed.
        seed: u64,
    },
    /// A piece of an analysis.
    Piece(Piece),
}
