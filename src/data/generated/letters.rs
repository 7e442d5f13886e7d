//! Letters and digits of the window's fonts, drawn large once: what pictures of them are taken from.

use std::fmt::Write as _;
use std::sync::LazyLock;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{FontResolver, Options, Tree};

/// All of them, in the order of the classes: digits last, so that a network which learned letters has seen none.
pub const GLYPHS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The fonts, by turns.
pub const FONTS: usize = 2;
/// How thick the strokes are, from those of the font on.
pub const STROKES: usize = 3;
/// Pixels of a glyph here for one of a picture.
pub const FINER: f64 = 4.0;

/// Pixels of a picture by which a stroke grows from one thickness to the next.
const GROWTH: f64 = 0.75;
/// The size of a font, in pixels of a picture: capitals are 10 or 11 of them high.
const EM: f64 = 15.0;
/// Pixels of a glyph's side, which leave room around it.
const SIDE: usize = 96;
/// The line that letters stand on, from above.
const BASELINE: usize = 66;
/// Glyphs in a row of the sheet that all are drawn on.
const COLUMNS: usize = 8;

/// One letter in one font and thickness.
pub struct Glyph {
    /// How much ink a pixel has, 0 to 1, row by row.
    ink: Vec<f32>,
    /// Row and column of the middle of the ink.
    centre: [f64; 2],
}

impl Glyph {
    /// The glyph at this place of [`GLYPHS`].
    ///
    /// # Panics
    /// When there is none.
    pub fn of(class: usize, font: usize, stroke: usize) -> &'static Self {
        static ALL: LazyLock<Vec<Glyph>> = LazyLock::new(|| {
            let fonts: [&[u8]; FONTS] = [epaint_default_fonts::UBUNTU_LIGHT, epaint_default_fonts::HACK_REGULAR];
            let sheets = fonts.into_iter().flat_map(|font| (0..STROKES).map(move |stroke| (font, stroke)));
            sheets.flat_map(|(font, stroke)| drawn(font, GROWTH * FINER * stroke as f64)).collect()
        });
        &ALL[(font * STROKES + stroke) * GLYPHS.len() + class]
    }

    /// The ink at a place from the middle, in pixels of a picture, between pixels bilinear.
    pub fn ink(&self, [down, right]: [f64; 2]) -> f32 {
        let [y, x] = [self.centre[0] + FINER * down, self.centre[1] + FINER * right];
        let inside = 0.0..(SIDE - 1) as f64;
        if !inside.contains(&y) || !inside.contains(&x) {
            return 0.0;
        }
        let (top, left) = (y as usize, x as usize);
        let [lower, later] = [(y - top as f64) as f32, (x - left as f64) as f32];
        let row = |row: usize| {
            let at = row * SIDE + left;
            self.ink[at] + later * (self.ink[at + 1] - self.ink[at])
        };
        row(top) + lower * (row(top + 1) - row(top))
    }
}

/// All glyphs of a font, their strokes wider by so many pixels.
fn drawn(font: &[u8], stroke: f64) -> Vec<Glyph> {
    let [width, height] = [COLUMNS, GLYPHS.len().div_ceil(COLUMNS)].map(|count| count * SIDE);
    let size = EM * FINER;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-size=\"{size}\" \
         text-anchor=\"middle\" stroke=\"black\" stroke-width=\"{stroke}\" stroke-linejoin=\"round\">"
    );
    for (place, letter) in GLYPHS.chars().enumerate() {
        let [x, y] = [place % COLUMNS * SIDE + SIDE / 2, place / COLUMNS * SIDE + BASELINE];
        let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\">{letter}</text>");
    }
    svg += "</svg>";
    let mut fonts = Database::new();
    fonts.load_font_data(font.to_vec());
    let font_resolver = FontResolver {
        // The only one, whatever a reader would take.
        select_font: Box::new(|_, fonts| fonts.faces().next().map(|face| face.id)),
        select_fallback: FontResolver::default_fallback_selector(),
    };
    let options = Options { fontdb: fonts.into(), font_resolver, ..Options::default() };
    let tree = Tree::from_str(&svg, &options).expect("the drawing is written above");
    let mut sheet = Pixmap::new(width as u32, height as u32).expect("the sheet has a size");
    resvg::render(&tree, Transform::identity(), &mut sheet.as_mut());
    let ink: Vec<f32> = sheet.pixels().iter().map(|pixel| f32::from(pixel.alpha()) / 255.0).collect();
    (0..GLYPHS.len()).map(|place| cut(&ink, width, [place / COLUMNS * SIDE, place % COLUMNS * SIDE])).collect()
}

/// One glyph of the sheet.
fn cut(sheet: &[f32], width: usize, [top, left]: [usize; 2]) -> Glyph {
    let rows = (top..top + SIDE).map(|row| &sheet[row * width + left..][..SIDE]);
    let ink = rows.collect::<Vec<_>>().concat();
    let bounds = |is_inked: &dyn Fn(usize) -> bool| {
        let first = (0..SIDE).find(|&place| is_inked(place)).unwrap_or(0);
        let last = (0..SIDE).rfind(|&place| is_inked(place)).unwrap_or(SIDE - 1);
        0.5 * (first + last) as f64
    };
    let centre = [
        bounds(&|row| (0..SIDE).any(|column| ink[row * SIDE + column] > 0.5)),
        bounds(&|column| (0..SIDE).any(|row| ink[row * SIDE + column] > 0.5)),
    ];
    Glyph { ink, centre }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_drawn_whole_and_no_two_alike() {
        let mut seen = std::collections::HashSet::new();
        for (class, letter) in GLYPHS.chars().enumerate() {
            for font in 0..FONTS {
                let mut before = 0.0;
                for stroke in 0..STROKES {
                    let glyph = Glyph::of(class, font, stroke);
                    let amount: f32 = glyph.ink.iter().sum();
                    // Thicker strokes have more ink.
                    assert!(amount > before + 30.0, "{letter} {font} {stroke}: {amount} after {before}");
                    before = amount;
                    let edges = (0..SIDE).flat_map(|i| [i, (SIDE - 1) * SIDE + i, i * SIDE, i * SIDE + SIDE - 1]);
                    assert!(edges.into_iter().all(|at| glyph.ink[at] == 0.0), "{letter} {font} {stroke} is cut off");
                    let bits: Vec<u32> = glyph.ink.iter().map(|ink| ink.to_bits()).collect();
                    assert!(seen.insert(bits), "{letter} {font} {stroke} is drawn as another one");
                }
            }
        }
    }

    #[test]
    fn a_capital_is_as_high_as_it_says() {
        // H of Ubuntu Light: 0.69 of 15 pixels high, and as much ink above the middle as below.
        let h = Glyph::of(7, 0, 0);
        let ink = |down: f64| (-80..=80).map(|step| h.ink([down, f64::from(step) / 10.0])).sum::<f32>();
        assert!(ink(4.8) > 1.0 && ink(-4.8) > 1.0, "{} {}", ink(4.8), ink(-4.8));
        assert!(ink(5.6) == 0.0 && ink(-5.6) == 0.0 && h.ink([100.0, 0.0]) == 0.0);
        // Its stems left and right, nothing between but the bar.
        let bar = [-0.4, -0.2, 0.0, 0.2, 0.4].map(ink).into_iter().fold(0.0, f32::max);
        assert!(h.ink([3.0, 0.0]) == 0.0 && bar > 2.5 * ink(3.0), "{bar} and {}", ink(3.0));
    }
}
