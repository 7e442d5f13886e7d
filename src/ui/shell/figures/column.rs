//! Figures for a journal: their width on paper, the size of their letters, and the pixels of their PNG.
//!
//! The widths are those of Springer's guide for artwork, 84 mm for a column and 174 mm for a page, which also fit Nature's 89 and
//! 183 mm. Letters are 8 pt, as that guide wants at least: small text of the window has this size on paper, and all else with it.

use egui::{Vec2, vec2};

/// Size of the window's small text in points of the window, and on paper in points of print.
const SMALL_TEXT: f32 = 12.0;
const LETTERS_PT: f32 = 8.0;
/// A point of print.
const MM_PER_PT: f32 = 25.4 / 72.0;
/// Pixels an inch of a PNG with lines and letters.
const DOTS_PER_INCH: f32 = 600.0;

/// What a figure is as wide as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// One of two columns.
    One,
    /// The whole page.
    Page,
}

impl Column {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Page];

    /// Its width on paper in mm.
    #[must_use]
    pub const fn width_mm(self) -> f32 {
        match self {
            Self::One => 84.0,
            Self::Page => 174.0,
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::One => "Column, 84 mm",
            Self::Page => "Page, 174 mm",
        }
    }

    /// The sheet on which a pane is laid out, in points of the window.
    #[must_use]
    pub fn room(self) -> Vec2 {
        let width = self.width_mm() / (LETTERS_PT * MM_PER_PT / SMALL_TEXT);
        // Landscapes stand one below the other in a column, and side by side on a page.
        let height = match self {
            Self::One => 0.9,
            Self::Page => 0.5,
        };
        vec2(width, height * width).round()
    }

    /// Pixels for each pixel of the window's own scale, for a sheet so wide in points at this zoom.
    #[must_use]
    pub fn scale(self, width: f32, zoom: f32) -> f32 {
        self.width_mm() / 25.4 * DOTS_PER_INCH / (width * zoom).max(1.0)
    }

    /// Pixels a metre of a picture so many pixels wide.
    #[must_use]
    pub fn dots_per_metre(self, pixels: u32) -> u32 {
        (pixels as f32 / self.width_mm() * 1000.0).round() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_text_is_eight_points_on_paper() {
        for column in Column::ALL {
            let mm_per_point = column.width_mm() / column.room().x;
            let letters = SMALL_TEXT * mm_per_point / MM_PER_PT;
            assert!((letters - LETTERS_PT).abs() < 0.02, "{column:?}: {letters} pt");
            assert!(column.label().contains(&column.width_mm().to_string()));
            let pixels = column.room().x * 1.25 * column.scale(column.room().x, 1.25);
            let inches = column.width_mm() / 25.4;
            assert!((pixels / inches - DOTS_PER_INCH).abs() < 0.5, "{column:?}: {pixels} pixels");
            assert!(column.dots_per_metre(pixels.round() as u32).abs_diff(23_622) < 30);
        }
        assert_eq!(Column::One.room().x, 357.0);
    }
}
