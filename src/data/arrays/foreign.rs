//! Types of arrays that hold no real numbers: what they are called, and the way from there to numbers.

/// What an array holds instead of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Pickled Python objects, NumPy's `O`.
    Objects,
    /// Text of so many letters each, NumPy's `U`: four bytes a letter.
    Text {
        /// Letters of one item, padded with zeros.
        letters: usize,
        /// Whether the bytes of a letter stand the other way round.
        big_endian: bool,
    },
    /// Text of so many bytes each, NumPy's `S`.
    Bytes {
        /// Bytes of one item, padded with zeros.
        length: usize,
    },
    /// Points in time, NumPy's `M`.
    Dates,
    /// Lengths of time, NumPy's `m`.
    Durations,
    /// Complex numbers.
    Complex,
    /// Records with named fields: a structured array.
    Records,
    /// Bytes without a meaning, NumPy's `V`; bfloat16 is saved so.
    Raw,
    /// Floats of more than 64 bits.
    Long,
    /// Floats of 8 bits, which are not read.
    Eight {
        /// As safetensors calls them.
        name: &'static str,
    },
    /// Floats of 8 bits or fewer.
    Short,
    /// A type that nobody here knows.
    Unknown,
}

impl Foreign {
    /// What it is called, in the plural.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Objects => "Python objects",
            Self::Text { .. } => "text",
            Self::Bytes { .. } => "text (as bytes)",
            Self::Dates => "dates",
            Self::Durations => "lengths of time",
            Self::Complex => "complex numbers",
            Self::Records => "records (a structured array)",
            Self::Raw => "raw bytes (void)",
            Self::Long => "floats of more than 64 bits",
            Self::Eight { name } => name,
            Self::Short => "floats of 8 bits or fewer",
            Self::Unknown => "items of an unknown type",
        }
    }

    /// What to do with the array `name` before it is saved, so that it holds numbers.
    #[must_use]
    pub fn way_out(self, name: &str) -> String {
        match self {
            Self::Objects => format!(
                "they are never opened because that may run code; save `{name}.astype(\"float32\")`, for labels \
                 `{name}.astype(int)` or `{name}.astype(str)`"
            ),
            Self::Text { .. } | Self::Bytes { .. } => format!("save `{name}.astype(float)` where it spells numbers"),
            Self::Dates => {
                format!("save `({name} - {name}.min()) / np.timedelta64(1, \"D\")`, days since the first")
            }
            Self::Durations => format!("save `{name} / np.timedelta64(1, \"s\")`, seconds"),
            Self::Complex => format!("save real and imaginary parts, `np.stack([{name}.real, {name}.imag], -1)`"),
            Self::Records => format!("save `np.lib.recfunctions.structured_to_unstructured({name})`"),
            Self::Raw => format!("save `{name}.astype(\"float32\")`, as bfloat16 and other types of its own need it"),
            Self::Long => format!("save `{name}.astype(\"float64\")`"),
            Self::Eight { .. } | Self::Short => format!("save `{name}.float()`"),
            Self::Unknown => format!("save `{name}.astype(\"float32\")`"),
        }
    }

    /// Whether it is text, whose items can be read.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text { .. } | Self::Bytes { .. })
    }

    /// Bytes of one item of text; `None` for everything else, which is not read.
    pub(super) const fn text_size(self) -> Option<usize> {
        match self {
            Self::Text { letters, .. } => letters.checked_mul(4),
            Self::Bytes { length } => Some(length),
            _ => None,
        }
    }

    /// The items of text in `bytes`; `None` where they are no text, or letters that do not exist.
    pub(super) fn decode(self, bytes: &[u8], items: usize) -> Option<Vec<String>> {
        let size = self.text_size()?;
        if size == 0 {
            return Some(vec![String::new(); items]);
        }
        let big_endian = matches!(self, Self::Text { big_endian: true, .. });
        let letter = |of: &[u8; 4]| if big_endian { u32::from_be_bytes(*of) } else { u32::from_le_bytes(*of) };
        let text = |item: &[u8]| match self {
            Self::Text { .. } => {
                let letters = item.as_chunks::<4>().0.iter().map(|of| char::from_u32(letter(of)));
                letters.collect::<Option<String>>()
            }
            _ => Some(String::from_utf8_lossy(item).into_owned()),
        };
        let trimmed = |item| text(item).map(|text| text.trim_end_matches('\0').to_owned());
        bytes.chunks_exact(size).map(trimmed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_that_of_numpy() {
        // np.array(["a", "né"]).tobytes(), np.array(["né"], ">U2").tobytes() and np.array([b"ab", b"c"]).tobytes()
        let little = [97, 0, 0, 0, 0, 0, 0, 0, 110, 0, 0, 0, 233, 0, 0, 0];
        let text = Foreign::Text { letters: 2, big_endian: false };
        assert_eq!(text.decode(&little, 2), Some(vec!["a".to_owned(), "né".to_owned()]));
        let big = Foreign::Text { letters: 2, big_endian: true };
        assert_eq!(big.decode(&[0, 0, 0, 110, 0, 0, 0, 233], 1), Some(vec!["né".to_owned()]));
        assert_eq!(Foreign::Bytes { length: 2 }.decode(b"abc\0", 2), Some(vec!["ab".to_owned(), "c".to_owned()]));
        assert_eq!(text.decode(&[0xff; 8], 1), None, "no letter has this number");
        assert_eq!(Foreign::Bytes { length: 0 }.decode(b"", 2), Some(vec![String::new(); 2]));
        assert_eq!(Foreign::Objects.decode(b"", 0), None);
    }
}
