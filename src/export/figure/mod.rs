//! Pictures of slices: one or several side by side, on one colour scale, as PNG and as SVG.
//!
//! A picture says what it shows: step, seed, objective, normalisation, range and subset stand in its caption, and again
//! in its text chunks (PNG) or `<metadata>` (SVG). Both forms are drawn from the same [`Sheet`].

mod caption;
mod chart;
mod contours;
mod field;
mod landscape;
mod layout;
mod overlay;
mod raster;
mod scale;
mod svg;
mod text;

use layout::Layout;
use overlay::Overlay;
use raster::{Area, Canvas, Rgb};
use scale::LogScale;
use text::{Align, Label};

pub use chart::{ChartFigure, ChartMarker, ChartSeries, ChartStroke, chart_png, chart_svg};
pub use landscape::{comparison_figures, landscape_png};
pub use svg::slices_svg;

use super::picture::{Provenance, encode_png};
use super::{ExportError, SliceFigure};
use crate::number::{significant, tick};
use crate::protocol::SliceGrid;

const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [25, 28, 33];
const FAINT_INK: Rgb = [75, 80, 88];
const FRAME: Rgb = [120, 126, 135];

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
    let Some(sheet) = Sheet::new(title, figures, limits, "", 1.0)? else { return Ok(None) };
    let mut provenance = vec![
        ("Title", title.to_owned()),
        ("Software", super::SOFTWARE.to_owned()),
        ("Description", sheet.caption.join("\n")),
    ];
    provenance.push(("Slice", metadata(figures).to_string()));
    encode(&sheet.paint()?, &provenance).map(Some)
}

/// What the picture of one slice is called.
const TITLE: &str = "Loss landscape";

/// The metadata of all slices of a picture.
fn metadata(figures: &[SliceFigure]) -> serde_json::Value {
    figures.iter().map(SliceFigure::metadata).collect()
}

/// A picture before it is drawn.
struct Sheet<'a> {
    title: &'a str,
    figures: &'a [SliceFigure],
    scale: LogScale,
    layout: Layout,
    caption: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// Lays out a picture; `origin` stands before the name of the program, `stretch` is that of [`Layout::new`].
    fn new(
        title: &'a str,
        figures: &'a [SliceFigure],
        limits: Option<[f64; 2]>,
        origin: &str,
        stretch: f64,
    ) -> Result<Option<Self>, ExportError> {
        figures.iter().try_for_each(SliceFigure::check)?;
        let losses = figures.iter().flat_map(|figure| figure.grid.loss.iter().copied());
        if !losses.clone().any(f64::is_finite) {
            return Ok(None);
        }
        let scale = match limits {
            Some(limits) => LogScale::new(limits.into_iter()),
            None => LogScale::new(losses),
        };
        let Some(scale) = scale else { return Ok(None) };
        let caption = caption::sentences(figures, &scale, origin);
        let layout = Layout::new(figures.len(), &caption, stretch)?;
        Ok(Some(Self { title, figures, scale, layout, caption }))
    }

    fn paint(&self) -> Result<Canvas, ExportError> {
        let mut canvas = Canvas::new(self.layout.width, self.layout.height, PAPER);
        let mut labels = self.labels()?;
        for (index, figure) in self.figures.iter().enumerate() {
            let area = self.layout.panel(index);
            field::paint(&mut canvas, area, field::Field { scale: &self.scale, grid: &figure.grid });
            let overlay = Overlay::new(area, figure, &self.scale);
            overlay::draw(&mut canvas, area, &overlay);
            canvas.frame(area, FRAME);
            let (ticks, words) = axes(area, &figure.grid);
            ticks.into_iter().for_each(|tick| canvas.fill(tick, FRAME));
            labels.extend(words);
            labels.extend(overlay.edged_labels(area));
        }
        let bar = self.layout.color_bar();
        let height = bar.height as f64;
        for row in 0..bar.height {
            let log = self.scale.at_share(1.0 - (row as f64 + 0.5) / height);
            canvas.fill(Area { top: bar.top + row, height: 1, ..bar }, self.scale.color(log));
        }
        for &log in self.scale.levels() {
            let row = bar_row(bar, &self.scale, log).round() as usize;
            (bar.left..bar.left + bar.width).for_each(|x| canvas.blend(x, row, [255; 3], 0.6));
        }
        canvas.frame(bar, FRAME);
        let (ticks, words) = bar_ticks(bar, &self.scale);
        ticks.into_iter().for_each(|tick| canvas.fill(tick, FRAME));
        labels.extend(words);
        text::draw(&mut canvas, &labels)?;
        Ok(canvas)
    }

    /// Title, headings and caption.
    fn labels(&self) -> Result<Vec<Label>, ExportError> {
        let mut labels = self.layout.caption_labels();
        labels.push(self.layout.title_label(self.title));
        for (index, figure) in self.figures.iter().enumerate() {
            labels.extend(self.layout.panel_labels(index, figure)?);
        }
        Ok(labels)
    }
}

/// Round numbers on an axis, at most six, each with its share of the way from the first to the last coordinate; the number
/// itself in the middle of an axis with one point.
fn round_places(axis: &[f64]) -> Vec<(f64, f64)> {
    let (first, last) = (axis[0], axis[axis.len() - 1]);
    let extent = last - first;
    let power = 10_f64.powf((extent.abs() / 4.0).log10().floor());
    if extent == 0.0 || !power.is_normal() {
        return vec![(0.5, first)];
    }
    let least = 0.999 * extent.abs() / 4.0;
    let step =
        [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|step| *step >= least).unwrap_or(10.0 * power);
    // A hair beyond the ends, because an end is itself a rounded number.
    let (low, high) = (first.min(last) / step - 1e-9, first.max(last) / step + 1e-9);
    let places = (low.ceil() as i64..=high.floor() as i64).map(|index| index as f64 * step);
    places.map(|value| (((value - first) / extent).clamp(0.0, 1.0), value)).collect()
}

/// Ticks at round places of each axis, and their words.
fn axes(area: Area, grid: &SliceGrid) -> (Vec<Area>, Vec<Label>) {
    let (mut ticks, mut labels) = (Vec::new(), Vec::new());
    let [across, upwards] = [round_places(&grid.x), round_places(&grid.y)];
    let label = |text, at, align| Label { text, at, size: 15.0, color: FAINT_INK, align };
    let step = step_of(&across);
    for (share, value) in across {
        let x = area.left + (share * (area.width - 1) as f64).round() as usize;
        ticks.push(Area { left: x, top: area.top + area.height, width: 1, height: 6 });
        labels.push(label(tick(value, step), (x as i32, (area.top + area.height + 16) as i32), Align::Center));
    }
    let step = step_of(&upwards);
    for (share, value) in upwards {
        let y = area.top + ((1.0 - share) * (area.height - 1) as f64).round() as usize;
        ticks.push(Area { left: area.left - 6, top: y, width: 6, height: 1 });
        labels.push(label(tick(value, step), (area.left as i32 - 10, y as i32), Align::Right));
    }
    let title = |text: &str, at, align| Label { text: text.to_owned(), at, size: 16.0, color: FAINT_INK, align };
    let (middle_x, middle_y) = ((area.left + area.width / 2) as i32, (area.top + area.height / 2) as i32);
    labels.push(title("direction 1", (middle_x, (area.top + area.height + 38) as i32), Align::Center));
    labels.push(title("direction 2", (area.left as i32 - 58, middle_y), Align::Upwards));
    (ticks, labels)
}

/// The distance of round places; 0 for a single one.
fn step_of(places: &[(f64, f64)]) -> f64 {
    places.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).next().unwrap_or(0.0)
}

/// Three digits of a number in a sentence.
fn rounded(value: f64) -> String {
    trimmed(significant(value, 3))
}

/// A number without zeros at its end, and with a true minus sign.
fn trimmed(text: String) -> String {
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text.replace('-', "−")
}

/// Where a log₁₀ of a loss stands on the colour bar, in pixels.
fn bar_row(area: Area, scale: &LogScale, log: f64) -> f64 {
    area.top as f64 + (1.0 - scale.share(log)) * (area.height - 1) as f64
}

/// Ticks of the colour bar and their words.
fn bar_ticks(area: Area, scale: &LogScale) -> (Vec<Area>, Vec<Label>) {
    let right = area.left + area.width;
    let (mut ticks, mut labels) = (Vec::new(), Vec::new());
    for (log, text) in scale.ticks() {
        let y = bar_row(area, scale, log).round() as usize;
        ticks.push(Area { left: right, top: y, width: 6, height: 1 });
        let at = ((right + 11) as i32, y as i32);
        labels.push(Label { text: text.replace('-', "−"), at, size: 15.0, color: FAINT_INK, align: Align::Left });
    }
    let at = ((right + 68) as i32, (area.top + area.height / 2) as i32);
    let text = "loss, log scale".to_owned();
    labels.push(Label { text, at, size: 16.0, color: FAINT_INK, align: Align::Upwards });
    (ticks, labels)
}

fn encode(canvas: &Canvas, provenance: &Provenance) -> Result<Vec<u8>, ExportError> {
    encode_png([canvas.width as u32, canvas.height as u32], png::ColorType::Rgb, &canvas.rgb, provenance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

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
    fn ticks_are_round_and_lie_where_they_say() {
        let ticks = |first: f64, last: f64| round_places(&[first, last]);
        assert_eq!(ticks(-2.0, 2.0), [(0.0, -2.0), (0.25, -1.0), (0.5, 0.0), (0.75, 1.0), (1.0, 2.0)]);
        assert_eq!(ticks(2.0, -2.0)[0], (1.0, -2.0), "an axis may run backwards");
        let values: Vec<f64> = ticks(-1.0, 0.25).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [-1.0, -0.5, 0.0]);
        assert_eq!(round_places(&[0.3]), [(0.5, 0.3)]);
        for range in [1e-9, 0.013, 0.7, 3.3, 4e5] {
            let ticks = ticks(-range, range);
            assert!((3..=6).contains(&ticks.len()), "{range}: {ticks:?}");
            assert!(ticks.iter().any(|(share, value)| *value == 0.0 && (share - 0.5).abs() < 1e-12));
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
            assert!(!slice_svg(&figure).unwrap().unwrap().contains("NaN"));
        }
        let blank = SliceFigure::new("blank", grid(3, 3, f64::NAN), caption.clone());
        assert!(slice_png(&blank).unwrap().is_none() && slice_svg(&blank).unwrap().is_none());
        let none = SliceFigure::new("none", SliceGrid::default(), caption);
        assert!(slice_png(&none).is_err() && slice_svg(&none).is_err());
    }
}
