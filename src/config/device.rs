//! Where to compute.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::find_named;

/// Where tensors live, as the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// Any GPU adapter, a software one too.
    Gpu,
    /// The CPU.
    Cpu,
}

impl DeviceChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// Finds a device choice by its name.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        find_named("device", key, &Self::ALL, Self::key)
    }
}
