//! Letters that no font has, neither the window's own nor the system's, as small cells: their sound or name above, their code
//! points below, so that names which differ never look the same.
//!
//! ```text
//!  MAO     QUAN
//!  732B    72AC
//! ```
//!
//! egui asks for them wherever text is laid out, in labels, charts, tables and lines that are edited; nothing that shows a
//! name need know of it.

use egui::epaint::text::{GlyphBitmap, GlyphRasterizer, GlyphRasterizerRequest, RasterizedGlyph};
use egui::{Color32, ColorImage, vec2};

use crate::letters::{codes, is_shown, latin};

/// Digits and capitals of 3 × 5 dots: an octal digit for each row from above, its bits from left to right.
const DOTS: [u16; 36] = [
    0o75557, 0o26227, 0o71747, 0o71317, 0o55711, 0o74717, 0o74757, 0o71222, 0o75757, 0o75717, // 0 to 9
    0o25755, 0o65656, 0o34443, 0o65556, 0o74647, 0o74644, 0o34553, 0o55755, 0o72227, 0o11152, // A to J
    0o55655, 0o44447, 0o77555, 0o65555, 0o25552, 0o65644, 0o25563, 0o65655, 0o34216, 0o72222, // K to T
    0o55557, 0o55552, 0o55775, 0o55255, 0o55222, 0o71247, // U to Z
];
const LETTER: [usize; 2] = [3, 5];
/// Dots between two letters.
const GAP: usize = 1;
/// Dots around the letters, and between the rows.
const MARGIN: usize = 1;
const BETWEEN: usize = 2;
/// Letters of the upper row at most, where the lower one is not longer.
const NAME: usize = 6;
/// A font of this size has dots of one pixel.
const SIZE_PX: f32 = 13.0;
/// Dots of a cell above the line that letters stand on.
const ABOVE: usize = 11;
/// How much of the text's colour the ground of a cell has.
const GROUND: u8 = 20;
/// egui takes no wider glyph.
const WIDEST_PX: usize = egui::epaint::text::MAX_GLYPH_SIZE;

/// Draws what no font can.
#[must_use]
pub fn rasterizer() -> GlyphRasterizer {
    GlyphRasterizer::new("flatscape::cells", cell)
}

fn cell(request: &GlyphRasterizerRequest<'_>) -> Option<RasterizedGlyph> {
    if !request.cluster.chars().next().is_some_and(is_shown) {
        return None;
    }
    let [above, below] = rows(request.cluster);
    let num_letters = above.len().max(below.len());
    let width = num_letters * (LETTER[0] + GAP) - GAP + 2 * MARGIN;
    let height = 2 * LETTER[1] + BETWEEN + 2 * MARGIN;
    let dot = ((request.font_size_px / SIZE_PX).round() as usize).clamp(1, (WIDEST_PX / width).max(1));
    let mut image = ColorImage::filled([width * dot, height * dot], Color32::from_white_alpha(GROUND));
    for (row, text) in [above, below].iter().enumerate() {
        // Each row stands in the middle.
        let left = MARGIN + (num_letters - text.len()) * (LETTER[0] + GAP) / 2;
        let top = MARGIN + row * (LETTER[1] + BETWEEN);
        for (index, letter) in text.iter().enumerate() {
            draw(&mut image, [left + index * (LETTER[0] + GAP), top], dot, *letter);
        }
    }
    let offset_px = vec2(dot as f32 * 0.5, -((ABOVE * dot) as f32)).round();
    let bitmap = GlyphBitmap { image, offset_px, is_color: false };
    Some(RasterizedGlyph { bitmap, advance_px: ((width + 1) * dot) as f32 })
}

/// The two rows of a cell: name and code points, or these in two halves where there is no name.
fn rows(cluster: &str) -> [Vec<u8>; 2] {
    let codes = codes(cluster).into_bytes();
    let name = latin(cluster).to_ascii_uppercase().into_bytes();
    if name.is_empty() {
        let (above, below) = codes.split_at(codes.len() / 2);
        return [above.to_vec(), below.to_vec()];
    }
    let room = codes.len().max(NAME).min(name.len());
    [name[..room].to_vec(), codes]
}

fn draw(image: &mut ColorImage, [left, top]: [usize; 2], dot: usize, letter: u8) {
    let Some(dots) = dots(letter) else { return };
    for y in 0..LETTER[1] * dot {
        for x in 0..LETTER[0] * dot {
            let bit = 3 * (LETTER[1] - 1 - y / dot) + (LETTER[0] - 1 - x / dot);
            if dots >> bit & 1 == 1 {
                image[(left * dot + x, top * dot + y)] = Color32::WHITE;
            }
        }
    }
}

/// The dots of a digit or capital; none of a space.
fn dots(letter: u8) -> Option<u16> {
    let index = match letter {
        b'0'..=b'9' => letter - b'0',
        b'A'..=b'Z' => letter - b'A' + 10,
        _ => return None,
    };
    DOTS.get(usize::from(index)).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn drawn(cluster: &str, font_size_px: f32) -> Option<RasterizedGlyph> {
        let family = &egui::FontFamily::Proportional;
        cell(&GlyphRasterizerRequest { cluster, family, font_size_px, subpixel_offset_px: 0.0 })
    }

    #[test]
    fn letters_of_dots_differ_and_are_of_three_by_five() {
        let different: BTreeSet<u16> = DOTS.into_iter().collect();
        assert_eq!(different.len(), DOTS.len());
        assert!(DOTS.iter().all(|dots| *dots < 1 << 15));
    }

    #[test]
    fn letters_that_differ_have_cells_that_differ() {
        let letters = ["猫", "犬", "毛", "模", "型", "ね", "고", "ق", "ك", "ח", "बि", "क", "🐱", "🐶", "\u{10ffff}"];
        let cells: BTreeSet<Vec<[u8; 4]>> = letters
            .iter()
            .map(|letter| drawn(letter, 13.0).expect("it is shown").bitmap.image.pixels)
            .map(|pixels| pixels.into_iter().map(|pixel| pixel.to_array()).collect())
            .collect();
        assert_eq!(cells.len(), letters.len());
    }

    #[test]
    fn a_cell_says_name_and_code_points_and_grows_with_the_text() {
        assert_eq!(rows("猫"), [b"MAO".to_vec(), b"732B".to_vec()]);
        assert_eq!(rows("\u{10ffff}"), [b"10F".to_vec(), b"FFF".to_vec()]);
        let [small, large] = [13.0, 26.0].map(|size| drawn("猫", size).expect("it is shown"));
        assert_eq!(small.bitmap.image.size, [17, 14]);
        assert_eq!(large.bitmap.image.size, [34, 28]);
        assert_eq!([small.advance_px, large.advance_px], [18.0, 36.0]);
        // A family of seven code points is wide, but no wider than what egui takes.
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        assert!(drawn(family, 100.0).expect("it is shown").bitmap.image.size[0] <= WIDEST_PX);
    }

    #[test]
    fn what_shows_nothing_has_no_cell() {
        for cluster in ["\n", "\t", "\u{200b}", "\u{a0}", ""] {
            assert!(drawn(cluster, 13.0).is_none(), "{cluster:?}");
        }
    }

    #[test]
    fn a_text_in_letters_of_no_font_is_laid_out_in_cells() {
        let ctx = egui::Context::default();
        crate::ui::kit::theme::install(&ctx);
        let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
            let font = egui::TextStyle::Body.resolve(ui.style());
            let rows = ["猫", "犬", "x猫犬"].map(|text| {
                let galley = ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE);
                galley.rows[0]
                    .row
                    .glyphs
                    .iter()
                    .map(|glyph| (glyph.uv_rect.min, glyph.advance_width))
                    .collect::<Vec<_>>()
            });
            assert_ne!(rows[0][0].0, rows[1][0].0);
            assert_eq!([rows[2][1].0, rows[2][2].0], [rows[0][0].0, rows[1][0].0]);
            assert!(rows[0][0].1 > 15.0, "a cell is wider than a letter: {rows:?}");
        });
    }
}
