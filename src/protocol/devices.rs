//! Which device computes, and how fast each is on the network at hand.

use serde::{Deserialize, Serialize};

use crate::config::{DeviceChoice, OptimizerKind};

/// What a device does in a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Training steps; where nothing is trained, gradients of the whole objective.
    pub steps: f64,
    /// Slices, with as many points as are asked for.
    pub slices: f64,
}

/// What is known of a device's speed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Timed {
    /// It was not timed.
    #[default]
    Not,
    /// It does so much in a second.
    At(Rates),
    /// It failed at that: why, in words.
    Failed(String),
}

/// A device that work can go to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// What chooses it: [`DeviceChoice::Cpu`] or [`DeviceChoice::Gpu`].
    pub choice: DeviceChoice,
    /// Its name for people.
    pub name: String,
    /// How fast it is.
    pub timed: Timed,
}

/// Why a device computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceReason {
    /// It was asked for.
    Asked,
    /// `auto` has no other: no hardware GPU was found, or none that starts.
    Alone,
    /// `auto` begins on the CPU, until the GPU's kernels are compiled and both are timed.
    Timing,
    /// It is the faster one.
    Faster,
    /// Both are about as fast, so it is the CPU.
    Equal,
    /// The other one is faster, which was known when the runs had begun: the next experiment goes there.
    Begun,
    /// The other one failed.
    OtherFailed,
}

/// The devices, the one that computes, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// What was asked for.
    pub asked: DeviceChoice,
    /// The one that computes: [`DeviceChoice::Cpu`] or [`DeviceChoice::Gpu`].
    pub used: DeviceChoice,
    /// Why.
    pub reason: DeviceReason,
    /// All of them, the CPU first.
    pub rows: Vec<DeviceRow>,
    /// The method whose steps were timed; `None` where they are gradients.
    pub method: Option<OptimizerKind>,
    /// The rates were measured at an earlier start.
    pub is_kept: bool,
}

impl DeviceReport {
    /// The row of the device that computes.
    #[must_use]
    pub fn used_row(&self) -> Option<&DeviceRow> {
        self.rows.iter().find(|row| row.choice == self.used)
    }
}
