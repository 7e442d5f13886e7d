//! Bits of the numbers that are computed with.

/// Bits of the numbers computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 64 bits, on the CPU only.
    F64,
}

impl Precision {
    /// Its name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A number as examples are kept: 32 bits, or 64 where those are computed with, so that nothing is rounded on the way.
pub trait Real: Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// Its bits.
    const PRECISION: Precision;

    /// The nearest such number.
    fn of(x: f64) -> Self;

    /// The same number in 64 bits.
    fn to_f64(self) -> f64;

    /// Whether it is neither NaN nor infinite.
    fn is_finite(self) -> bool {
        self.to_f64().is_finite()
    }
}

impl Real for f32 {
    const PRECISION: Precision = Precision::F32;

    fn of(x: f64) -> Self {
        x as Self
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    const PRECISION: Precision = Precision::F64;

    fn of(x: f64) -> Self {
        x
    }

    fn to_f64(self) -> f64 {
        self
    }
}
