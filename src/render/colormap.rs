//! Viridis, baked once into 256 sRGB colours: the shader, the legend and PNG figures read the same table.

use std::sync::LazyLock;

use colorgrad::Gradient as _;

/// Colours of the map, from its low end to its high end, as opaque sRGB bytes.
#[must_use]
pub fn viridis_lut() -> &'static [[u8; 4]; 256] {
    static LUT: LazyLock<[[u8; 4]; 256]> = LazyLock::new(|| {
        let gradient = colorgrad::preset::viridis();
        std::array::from_fn(|i| gradient.at(i as f32 / 255.0).to_rgba8())
    });
    &LUT
}

/// The colour at `share` of the map, 0 to 1, interpolated between the two nearest entries as the shader does.
/// Values outside are clamped; NaN reads as 0.
#[must_use]
pub fn viridis_at(share: f32) -> [u8; 4] {
    let lut = viridis_lut();
    let place = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) * 255.0 };
    let low = (place.floor() as usize).min(254);
    let t = place - low as f32;
    std::array::from_fn(|channel| {
        let (a, b) = (f32::from(lut[low][channel]), f32::from(lut[low + 1][channel]));
        (a + (b - a) * t).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_those_of_viridis() {
        assert_eq!(viridis_lut()[0], [0x44, 0x01, 0x54, 0xff]);
        assert_eq!(viridis_lut()[255], [0xfe, 0xe8, 0x25, 0xff]);
    }

    #[test]
    fn lookup_meets_the_table_and_takes_any_number() {
        for (i, color) in viridis_lut().iter().enumerate() {
            assert_eq!(viridis_at(i as f32 / 255.0), *color);
        }
        assert_eq!(viridis_at(f32::NAN), viridis_lut()[0]);
        assert_eq!(viridis_at(f32::INFINITY), viridis_lut()[255]);
        assert_eq!(viridis_at(-3.0), viridis_lut()[0]);
    }

    #[test]
    fn brightness_rises_along_the_map() {
        let luminance = |c: &[u8; 4]| 0.2126 * f32::from(c[0]) + 0.7152 * f32::from(c[1]) + 0.0722 * f32::from(c[2]);
        assert!(viridis_lut().windows(2).all(|pair| luminance(&pair[1]) >= luminance(&pair[0]) - 0.8));
    }
}
