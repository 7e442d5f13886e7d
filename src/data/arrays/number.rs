//! The types of numbers that files hold, and their conversion.

use super::Foreign;

/// How one number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberType {
    /// IEEE 754 with 64 bits.
    F64,
    /// IEEE 754 with 32 bits.
    F32,
    /// IEEE 754 with 16 bits.
    F16,
    /// The upper 16 bits of an `F32`.
    Bf16,
    /// Signed, 64 bits.
    I64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 64 bits.
    U64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 8 bits.
    U8,
    /// One byte, 0 or 1.
    Bool,
    /// Something that is no number here.
    Other(Foreign),
}

impl NumberType {
    /// Its name as safetensors spells it, or what stands there instead of numbers.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::I64 => "I64",
            Self::I32 => "I32",
            Self::I16 => "I16",
            Self::I8 => "I8",
            Self::U64 => "U64",
            Self::U32 => "U32",
            Self::U16 => "U16",
            Self::U8 => "U8",
            Self::Bool => "BOOL",
            Self::Other(foreign) => foreign.label(),
        }
    }

    /// Whether it holds numbers with a fraction.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32 | Self::F16 | Self::Bf16)
    }

    /// Whether it holds whole numbers.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        !self.is_float() && !matches!(self, Self::Bool | Self::Other(_))
    }

    /// Bytes of one number; 0 for [`NumberType::Other`].
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::Other(_) => 0,
        }
    }

    /// All numbers of `bytes` (little-endian) through `f64`; `None` where they are no numbers.
    pub(super) fn decode<T>(self, bytes: &[u8], convert: impl Fn(f64) -> T) -> Option<Vec<T>> {
        Some(match self {
            Self::F64 => items(bytes).map(|b| convert(f64::from_le_bytes(b))).collect(),
            Self::F32 => items(bytes).map(|b| convert(f64::from(f32::from_le_bytes(b)))).collect(),
            Self::F16 => items(bytes).map(|b| convert(half(u16::from_le_bytes(b)))).collect(),
            Self::Bf16 => items(bytes).map(|b| convert(brain(u16::from_le_bytes(b)))).collect(),
            Self::I64 => items(bytes).map(|b| convert(i64::from_le_bytes(b) as f64)).collect(),
            Self::I32 => items(bytes).map(|b| convert(f64::from(i32::from_le_bytes(b)))).collect(),
            Self::I16 => items(bytes).map(|b| convert(f64::from(i16::from_le_bytes(b)))).collect(),
            Self::I8 => items(bytes).map(|b| convert(f64::from(i8::from_le_bytes(b)))).collect(),
            Self::U64 => items(bytes).map(|b| convert(u64::from_le_bytes(b) as f64)).collect(),
            Self::U32 => items(bytes).map(|b| convert(f64::from(u32::from_le_bytes(b)))).collect(),
            Self::U16 => items(bytes).map(|b| convert(f64::from(u16::from_le_bytes(b)))).collect(),
            Self::U8 => bytes.iter().map(|&b| convert(f64::from(b))).collect(),
            Self::Bool | Self::Other(_) => return None,
        })
    }

    /// All whole numbers of `bytes` (little-endian); `None` where they are others.
    pub(super) fn decode_whole(self, bytes: &[u8]) -> Option<Vec<i64>> {
        Some(match self {
            Self::I64 => items(bytes).map(i64::from_le_bytes).collect(),
            Self::I32 => items(bytes).map(|b| i64::from(i32::from_le_bytes(b))).collect(),
            Self::I16 => items(bytes).map(|b| i64::from(i16::from_le_bytes(b))).collect(),
            Self::I8 => items(bytes).map(|b| i64::from(i8::from_le_bytes(b))).collect(),
            Self::U64 => {
                return items(bytes).map(|b| i64::try_from(u64::from_le_bytes(b)).ok()).collect();
            }
            Self::U32 => items(bytes).map(|b| i64::from(u32::from_le_bytes(b))).collect(),
            Self::U16 => items(bytes).map(|b| i64::from(u16::from_le_bytes(b))).collect(),
            Self::U8 => bytes.iter().map(|&b| i64::from(b)).collect(),
            Self::F64 | Self::F32 | Self::F16 | Self::Bf16 | Self::Bool | Self::Other(_) => return None,
        })
    }
}

fn items<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

/// IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

fn brain(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_are_those_of_numpy_and_pytorch() {
        // np.array([...], np.float16).view(np.uint16)
        let halves = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 6.103_515_625e-5),
            (0x0000, 0.0),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in halves {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!((brain(0x3f80), brain(0xc049)), (1.0, -3.140_625));
    }

    #[test]
    fn whole_numbers_keep_their_sign_and_size() {
        assert_eq!(NumberType::I16.decode_whole(&[0xff, 0xff, 2, 1]), Some(vec![-1, 258]));
        assert_eq!(NumberType::U8.decode_whole(&[255]), Some(vec![255]));
        assert_eq!(NumberType::U64.decode_whole(&[0xff; 8]), None, "beyond 64 signed bits");
        assert_eq!(NumberType::F32.decode_whole(&[0; 4]), None);
        assert_eq!(NumberType::I32.decode(&[0xfe, 0xff, 0xff, 0xff], |x| x), Some(vec![-2.0]));
        assert_eq!(NumberType::Bool.decode(&[1], |x| x), None);
    }
}
