//! The handwritten digits, embedded (`assets/data/digits.bin`; its README names source and licence).

use super::{Dataset, Labels};

/// 1 797 records of 65 bytes: 64 pixels from 0 (paper) to 16 (ink), row by row, then the digit.
const FILE: &[u8] = include_bytes!("../../assets/data/digits.bin");
const PIXELS: usize = 64;
const INK: f32 = 16.0;

/// All digits in the order of the file: shape `[64]`, pixels divided by 16 so that they lie in 0 to 1, 10 classes.
pub(super) fn digits() -> Dataset {
    let records = FILE.chunks_exact(PIXELS + 1);
    let mut x = Vec::with_capacity(records.len() * PIXELS);
    let mut y = Vec::with_capacity(records.len());
    for record in records {
        x.extend(record[..PIXELS].iter().map(|&pixel| f32::from(pixel) / INK));
        y.push(u32::from(record[PIXELS]));
    }
    Dataset { x, shape: vec![PIXELS], y: Labels::Classes { of: y, count: 10 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_digits_of_the_source() {
        let digits = digits();
        assert_eq!((FILE.len(), digits.len(), digits.features()), (1797 * 65, 1797, 64));
        assert_eq!(digits.class_counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let sixteenths: f64 = digits.x.iter().map(|&v| f64::from(v) * 16.0).sum();
        assert_eq!(sixteenths as u64, PIXEL_SUM);
        // Weighted by position, so that a changed order shows.
        let ordered = FILE.iter().enumerate().fold(0_u64, |sum, (i, &byte)| sum + (i as u64 + 1) * u64::from(byte));
        assert_eq!(ordered, ORDERED_SUM);
        assert!(digits.x.iter().all(|v| (0.0..=1.0).contains(v)));
    }

    // Both as `assets/data/make_digits.py` prints them.
    const PIXEL_SUM: u64 = 561_718;
    const ORDERED_SUM: u64 = 33_208_223_891;
}
