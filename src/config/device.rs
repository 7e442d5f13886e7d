//! Where to compute.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::find_named;

/// Where tensors live, as the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// The CPU or the first hardware GPU, whichever is faster with the work at hand.
    #[default]
    Auto,
    /// Any GPU adapter, a software one too.
    Gpu,
    /// The hardware GPU of that number, from 0.
    GpuAt(u16),
    /// The CPU.
    Cpu,
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GpuAt(number) => write!(f, "gpu:{number}"),
            other => f.write_str(other.key()),
        }
    }
}

impl DeviceChoice {
    /// Those that have no number.
    const NAMED: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// The name on the command line, without a number.
    const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu | Self::GpuAt(_) => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// Whether it is a GPU, whichever.
    #[must_use]
    pub const fn is_gpu(self) -> bool {
        matches!(self, Self::Gpu | Self::GpuAt(_))
    }

    /// The kind of device: a GPU without its number.
    #[must_use]
    pub const fn kind(self) -> Self {
        if self.is_gpu() { Self::Gpu } else { self }
    }

    /// Finds a device choice by its name: `auto`, `cpu`, `gpu` or `gpu:N`.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name, or [`ConfigError::OutOfRange`] where the number is none.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let Some(number) = text.trim().strip_prefix("gpu:") else {
            return find_named("device", text, &Self::NAMED, Self::key);
        };
        number.parse().map(Self::GpuAt).map_err(|_| {
            ConfigError::out_of_range(
                "device",
                text.trim(),
                "gpu:N with the number of a GPU, which `flatscape devices` lists",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for choice in [DeviceChoice::Auto, DeviceChoice::Gpu, DeviceChoice::GpuAt(12), DeviceChoice::Cpu] {
            assert_eq!(DeviceChoice::parse(&choice.to_string()).unwrap(), choice);
        }
        for text in ["gpu:", "gpu:x", "gpu:-1", "gpu:70000", "gpu1", "cuda"] {
            let message = DeviceChoice::parse(text).unwrap_err().to_string();
            assert!(message.contains(text), "{message}");
        }
    }
}
