//! Pictures of slices: one or several side by side, on one colour scale, as PNG and as SVG.
//!
//! A picture says what it shows: step, seed, objective, normalisation, range and subset stand in its caption, and again
//! in its text chunks (PNG) or `<metadata>` (SVG). Both forms are made of one [`Sheet`].

mod axes;
mod caption;
mod field;
mod isolines;
mod layout;
mod overlay;
mod scale;
mod sheet;

pub use caption::plane_words;
pub use layout::{bright_ink_of, ink_of};
pub use sheet::Sheet;

use crate::export::{ExportError, SliceFigure};

/// What the picture of one slice is called.
const TITLE: &str = "Loss landscape";

/// One slice as a PNG; `None` where no cell is finite.
///
/// # Errors
/// See [`slices_png`].
pub fn slice_png(figure: &SliceFigure) -> Result<Option<Vec<u8>>, ExportError> {
    slices_png(TITLE, std::slice::from_ref(figure), None)
}

/// One slice as an SVG; `None` where no cell is finite.
///
/// # Errors
/// See [`slices_png`].
pub fn slice_svg(figure: &SliceFigure) -> Result<Option<String>, ExportError> {
    slices_svg(TITLE, std::slice::from_ref(figure), None)
}

/// Slices side by side as a PNG, on one colour scale: from the least to the greatest finite loss of all, or between
/// `limits` where slices of several files are to share them. `None` where no cell is finite.
///
/// # Errors
/// [`ExportError::Figure`] when a slice is not a grid, or when drawing fails.
pub fn slices_png(
    title: &str,
    figures: &[SliceFigure],
    limits: Option<[f64; 2]>,
) -> Result<Option<Vec<u8>>, ExportError> {
    Sheet::new(title, figures, limits, "")?.map(|sheet| sheet.png(&[])).transpose()
}

/// Slices side by side as an SVG; see [`slices_png`]. The metadata of all slices stand as JSON in `<metadata>`, the
/// caption in `<desc>`.
///
/// # Errors
/// See [`slices_png`].
pub fn slices_svg(
    title: &str,
    figures: &[SliceFigure],
    limits: Option<[f64; 2]>,
) -> Result<Option<String>, ExportError> {
    Sheet::new(title, figures, limits, "")?.map(|sheet| sheet.svg()).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::protocol::{AveragePoint, Averaged, PathPoint, SliceGrid};

    /// An SVG without the letters of its embedded pictures, which may spell anything.
    fn without_pictures(svg: &str) -> String {
        let mut parts = svg.split("base64,");
        let first = parts.next().into_iter();
        first.chain(parts.map(|part| part.split_once('"').expect("the attribute ends").1)).collect()
    }

    #[test]
    fn pictures_of_one_slice_and_of_several_say_what_they_show() {
        let figures = sample::figures();
        for (name, figures) in [("one", &figures[..1]), ("several", &figures[..])] {
            let png = slices_png("Three bowls", figures, None).unwrap().unwrap();
            let svg = slices_svg("Three bowls", figures, None).unwrap().unwrap();
            sample::keep(&format!("{name}.png"), &png);
            sample::keep(&format!("{name}.svg"), svg.as_bytes());
            let (_, chunks) = sample::png_text(&png);
            let json: serde_json::Value = serde_json::from_str(&chunks["Slice"]).unwrap();
            assert_eq!(json[0]["step"], 7200);
            assert_eq!(json[0]["x_range"], serde_json::json!([-2.0, 2.0]));
            assert_eq!(json[0]["masked"], 15);
            assert!(svg.contains(&json.to_string().replace('&', "&amp;")), "the SVG has the same metadata");
            for part in ["step 7 200", "cross-entropy, mean over 300", "filter-normalised", "−2 to 2", "Hatched"] {
                assert!(chunks["Description"].contains(part), "{part}: {}", chunks["Description"]);
                // Lines are broken between words, so that a part of several words may be.
                assert!(svg.contains(part.split(' ').next().unwrap()), "{part}");
            }
            assert!(svg.contains("url(#hatch)"), "masked cells are hatched");
        }
    }

    #[test]
    fn iso_lines_carry_their_losses() {
        let mut figure = sample::figures().remove(1);
        figure.grid.loss.iter_mut().zip(0..).for_each(|(loss, i)| *loss = 10_f64.powf(f64::from(i % 33) / 16.0));
        let svg = slice_svg(&figure).unwrap().unwrap();
        // Over two decades lines stand at 1, 1.5, 2, 3, 5 and 7 times powers of ten.
        assert!(svg.contains("\n1.5\n") || svg.contains(">1.5<"), "labels");
    }

    #[test]
    fn masked_cells_are_hatched_and_others_have_the_colour_of_their_loss() {
        let figures = sample::figures();
        let picture = Sheet::new("", &figures[..1], None, "").unwrap().unwrap().drawing().unwrap().picture().unwrap();
        let at = |[x, y]: [u32; 2]| picture.cropped([x, y], [1, 1]).rgba;
        let [left, top, side] = [84, 156, 960];
        // The upper right corner has no numbers, the lower left one has no line and nothing else over it.
        for step in 0..20 {
            let pixel = at([left + side - 1 - step, top]);
            assert!(pixel[0] == pixel[1] && pixel[1] == pixel[2] && (165..=210).contains(&pixel[0]), "{pixel:?}");
        }
        let scale = scale::LogScale::new(figures[0].grid.loss.iter().copied()).unwrap();
        let color = scale.color(scale.log(figures[0].grid.loss[0]));
        let corner = at([left, top + side - 1]);
        assert!(corner.iter().zip(color).all(|(drawn, meant)| drawn.abs_diff(meant) <= 2), "{corner:?} {color:?}");
    }

    #[test]
    fn an_average_is_a_diamond_that_the_caption_tells() {
        let mut figures = sample::figures();
        let bare = slices_svg("", &figures, None).unwrap().unwrap();
        assert!(!bare.contains("Diamond"));
        let point = PathPoint { step: 7200, x: 0.5, y: -0.5, loss: 0.0312, distance: 0.4 };
        figures[1].average = Some(AveragePoint { of: Averaged::Epochs(24), point });
        figures[2].average = Some(AveragePoint { of: Averaged::Steps { beta: 0.999 }, point });
        let sheet = Sheet::new("", &figures, None, "").unwrap().unwrap();
        let (_, chunks) = sample::png_text(&sheet.png(&[]).unwrap());
        for part in [
            "Diamond: an average of the weights (",
            "average of 24 epochs’ ends, true loss 0.0312, 0.400 away from the plane",
            "exponential average, β 0.999",
        ] {
            assert!(chunks["Description"].contains(part), "{part}: {}", chunks["Description"]);
        }
        let json: serde_json::Value = serde_json::from_str(&chunks["Slice"]).unwrap();
        assert_eq!(json[0]["average"], serde_json::Value::Null);
        assert_eq!(json[1]["average"]["at"], serde_json::json!([0.5, -0.5]));
        assert_eq!(json[1]["average"]["of"], "average of 24 epochs’ ends");
        sample::keep("average.png", &sheet.png(&[]).unwrap());
        // One outside of the picture, or nowhere, is not drawn; the caption has it still.
        let drawn = |x: f64| {
            let mut figure = figures[1].clone();
            figure.average = Some(AveragePoint { of: Averaged::Epochs(1), point: PathPoint { x, ..point } });
            let svg = slice_svg(&figure).unwrap().unwrap();
            assert!(!without_pictures(&svg).contains("NaN"));
            svg.matches("<path").count()
        };
        assert_eq!(drawn(0.5), drawn(9.0) + 3, "three strokes of a diamond");
        assert_eq!(drawn(9.0), drawn(f64::NAN));
    }

    #[test]
    fn slices_can_share_limits_across_files() {
        let figures = sample::figures();
        let own = slices_png("", &figures[2..], None).unwrap().unwrap();
        let shared = slices_png("", &figures[2..], Some([1e-3, 1e3])).unwrap().unwrap();
        assert_ne!(own, shared);
    }

    #[test]
    fn odd_grids_make_pictures_too() {
        let caption = sample::figures()[0].caption.clone();
        let grid = |x: usize, y: usize, loss: f64| SliceGrid {
            x: (0..x).map(|i| i as f64).collect(),
            y: (0..y).map(|i| i as f64).collect(),
            loss: (0..x * y).map(|i| loss * i as f64).collect(),
            accuracy: None,
        };
        for (x, y) in [(1, 1), (1, 5), (5, 1), (2, 2), (3, 7)] {
            let mut figure = SliceFigure::new("odd", grid(x, y, 1e30), caption.clone());
            figure.noise_radius = Some([f64::NAN, 1e30]);
            figure.ascent = Some([f64::INFINITY, 0.0]);
            assert!(slice_png(&figure).unwrap().is_some(), "{x} × {y}");
            assert!(slice_svg(&figure).unwrap().is_some(), "{x} × {y}");
            assert!(!without_pictures(&slice_svg(&figure).unwrap().unwrap()).contains("NaN"));
        }
        let blank = SliceFigure::new("blank", grid(3, 3, f64::NAN), caption.clone());
        assert!(slice_png(&blank).unwrap().is_none() && slice_svg(&blank).unwrap().is_none());
        let none = SliceFigure::new("none", SliceGrid::default(), caption);
        assert!(slice_png(&none).is_err() && slice_svg(&none).is_err());
    }
}
