//! One array of a file, and its numbers in the types that are asked for.

use std::borrow::Cow;

use crate::config::Real;

use super::{NumberType, elements};

/// One array: numbers with a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub number: NumberType,
    /// The numbers, row-major and little-endian.
    bytes: Cow<'a, [u8]>,
}

impl Array<'_> {
    pub(super) const fn new(shape: Vec<usize>, number: NumberType, bytes: Vec<u8>) -> Array<'static> {
        Array { shape, number, bytes: Cow::Owned(bytes) }
    }

    /// Its numbers in the precision that is asked for, row-major; whole numbers are converted. `None` where it holds no
    /// numbers.
    #[must_use]
    pub fn to_vec<T: Real>(&self) -> Option<Vec<T>> {
        // Through 64 bits, which hold every number of 32 bits and below as it is.
        self.number.decode(&self.bytes, T::of)
    }

    /// Its numbers in 64 bits, row-major; whole numbers are converted. `None` where it holds no numbers.
    #[must_use]
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        self.number.decode(&self.bytes, |x| x)
    }

    /// Its whole numbers. `None` where it holds others, or one beyond 64 signed bits.
    #[must_use]
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        self.number.decode_whole(&self.bytes)
    }

    /// Its truth values as 0 and 1. `None` where it holds others.
    #[must_use]
    pub fn to_flags(&self) -> Option<Vec<u8>> {
        let flag = |byte: &u8| u8::from(*byte != 0);
        (self.number == NumberType::Bool).then(|| self.bytes.iter().map(flag).collect())
    }

    /// Its texts. `None` where it holds none, or letters that do not exist.
    #[must_use]
    pub fn to_text(&self) -> Option<Vec<String>> {
        let NumberType::Other(foreign) = self.number else { return None };
        foreign.decode(&self.bytes, elements(&self.shape)?)
    }
}
