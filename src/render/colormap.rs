//! Colour maps, each baked once into 256 sRGB colours: shaders, legends and PNG figures read the same table.
//!
//! All maps can be told apart with the common forms of colour blindness. Those for losses and accuracies rise in
//! brightness from end to end; those for differences have their lightest colour in the middle.

use std::sync::LazyLock;

use colorgrad::Gradient;
use serde::{Deserialize, Serialize};

/// The colours of a map, from its low end to its high end, as opaque sRGB bytes.
pub type Lut = [[u8; 4]; 256];

/// A map from the colour scale to colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColorMap {
    /// Violet over green to yellow.
    #[default]
    Viridis,
    /// Blue over grey to yellow.
    Cividis,
    /// Black over purple to cream.
    Magma,
    /// Black over red to light yellow.
    Inferno,
    /// Blue over white to red, for differences.
    BlueRed,
    /// Purple over white to orange, for differences.
    PurpleOrange,
}

impl ColorMap {
    /// All maps; the texture of the shaders has them as rows in this order.
    pub const ALL: [Self; 6] =
        [Self::Viridis, Self::Cividis, Self::Magma, Self::Inferno, Self::BlueRed, Self::PurpleOrange];
    /// Maps that rise in brightness.
    pub const SEQUENTIAL: [Self; 4] = [Self::Viridis, Self::Cividis, Self::Magma, Self::Inferno];
    /// Maps with a light middle, for signed values.
    pub const DIVERGING: [Self; 2] = [Self::BlueRed, Self::PurpleOrange];

    /// What the map is called in menus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viridis => "Viridis",
            Self::Cividis => "Cividis",
            Self::Magma => "Magma",
            Self::Inferno => "Inferno",
            Self::BlueRed => "Blue to red",
            Self::PurpleOrange => "Purple to orange",
        }
    }

    /// Whether its middle stands for zero.
    #[must_use]
    pub const fn is_diverging(self) -> bool {
        matches!(self, Self::BlueRed | Self::PurpleOrange)
    }

    /// Its row in the texture of the shaders.
    pub(super) const fn row(self) -> u32 {
        self as u32
    }

    /// The table of the map.
    #[must_use]
    pub fn lut(self) -> &'static Lut {
        &luts()[self as usize]
    }

    /// The colour at `share` of the map, 0 to 1, interpolated between the two nearest entries as the shaders do.
    /// Values outside are clamped; NaN reads as 0.
    #[must_use]
    pub fn at(self, share: f32) -> [u8; 4] {
        let lut = self.lut();
        let place = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) * 255.0 };
        let low = (place.floor() as usize).min(254);
        let t = place - low as f32;
        std::array::from_fn(|channel| {
            let (a, b) = (f32::from(lut[low][channel]), f32::from(lut[low + 1][channel]));
            (a + (b - a) * t).round() as u8
        })
    }
}

/// All tables in the order of [`ColorMap::ALL`].
pub(super) fn luts() -> &'static [Lut; ColorMap::ALL.len()] {
    static LUTS: LazyLock<[Lut; ColorMap::ALL.len()]> = LazyLock::new(|| ColorMap::ALL.map(bake));
    &LUTS
}

fn bake(map: ColorMap) -> Lut {
    fn sampled(gradient: &impl Gradient, is_reversed: bool) -> Lut {
        std::array::from_fn(|i| {
            let share = i as f32 / 255.0;
            gradient.at(if is_reversed { 1.0 - share } else { share }).to_rgba8()
        })
    }
    use colorgrad::preset;
    match map {
        ColorMap::Viridis => sampled(&preset::viridis(), false),
        ColorMap::Cividis => sampled(&preset::cividis(), false),
        ColorMap::Magma => sampled(&preset::magma(), false),
        ColorMap::Inferno => sampled(&preset::inferno(), false),
        // The library has red and orange at the low end; here the warm end is the higher loss.
        ColorMap::BlueRed => sampled(&preset::rd_bu(), true),
        ColorMap::PurpleOrange => sampled(&preset::pu_or(), false),
    }
}

/// The colours of Viridis, from its low end to its high end.
#[must_use]
pub fn viridis_lut() -> &'static Lut {
    ColorMap::Viridis.lut()
}

/// The colour of Viridis at `share`, 0 to 1; see [`ColorMap::at`].
#[must_use]
pub fn viridis_at(share: f32) -> [u8; 4] {
    ColorMap::Viridis.at(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: [u8; 4]) -> f64 {
        0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2])
    }

    #[test]
    fn ends_are_those_of_the_maps() {
        let ends = |map: ColorMap| [map.lut()[0], map.lut()[255]].map(|c| [c[0], c[1], c[2]]);
        assert_eq!(ends(ColorMap::Viridis), [[0x44, 0x01, 0x54], [0xfe, 0xe8, 0x25]]);
        assert_eq!(ends(ColorMap::BlueRed), [[0x05, 0x30, 0x61], [0x67, 0x00, 0x1f]]);
        assert_eq!(ends(ColorMap::PurpleOrange), [[0x2d, 0x00, 0x4b], [0x7f, 0x3b, 0x08]]);
    }

    #[test]
    fn lookup_meets_the_table_and_takes_any_number() {
        for map in ColorMap::ALL {
            for (i, color) in map.lut().iter().enumerate() {
                assert_eq!(map.at(i as f32 / 255.0), *color, "{map:?}");
            }
            assert_eq!(map.at(f32::NAN), map.lut()[0]);
            assert_eq!(map.at(f32::INFINITY), map.lut()[255]);
            assert_eq!(map.at(-3.0), map.lut()[0]);
        }
    }

    #[test]
    fn brightness_rises_along_sequential_maps() {
        for map in ColorMap::SEQUENTIAL {
            let rises = map.lut().windows(2).all(|pair| luminance(pair[1]) >= luminance(pair[0]) - 0.9);
            assert!(rises && !map.is_diverging(), "{map:?}");
        }
    }

    #[test]
    fn diverging_maps_are_lightest_in_the_middle_and_darken_to_both_ends() {
        for map in ColorMap::DIVERGING {
            assert!(map.is_diverging());
            let (low, high) = map.lut().split_at(128);
            assert!(low.windows(2).all(|pair| luminance(pair[1]) >= luminance(pair[0]) - 0.9), "{map:?}");
            assert!(high.windows(2).all(|pair| luminance(pair[1]) <= luminance(pair[0]) + 0.9), "{map:?}");
            assert!(luminance(map.at(0.5)) > 235.0, "{map:?}");
        }
    }

    #[test]
    fn rows_follow_the_list() {
        for (row, map) in ColorMap::ALL.into_iter().enumerate() {
            assert_eq!(map.row() as usize, row);
        }
    }
}
