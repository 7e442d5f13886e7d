//! Charts of lines as figures: plain data in, PNG or SVG out, in light or dark, with title, axes, legend and provenance.

mod axes;
mod draw;

use draw::draw;

use super::drawing::{Area, Rgb, wrap};
use super::ink::{FAINT_INK, INK, PAPER};
use crate::export::{ExportError, Picture, SOFTWARE, picture_png};

/// A chart before it is drawn. Coordinates are values, not logarithms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartFigure {
    /// What the vertical axis counts.
    pub title: String,
    /// On what and how it was measured.
    pub note: String,
    /// What the horizontal axis counts.
    pub x_label: String,
    /// The part of the horizontal axis that is seen; `None` for all points.
    pub x_range: Option<[f64; 2]>,
    /// The same of the vertical axis.
    pub y_range: Option<[f64; 2]>,
    /// Whether the horizontal axis is logarithmic: points of 0 or below are left out then.
    pub log_x: bool,
    /// The same of the vertical axis.
    pub log_y: bool,
    /// Whether vertical values are shares, written as percent.
    pub is_percent: bool,
    /// The lines, in the order in which they are drawn.
    pub series: Vec<ChartSeries>,
    /// Places on the horizontal axis that are marked: turns of knobs, branches.
    pub markers: Vec<ChartMarker>,
    /// How it is to be read and what it does not show, a sentence each.
    pub remarks: Vec<String>,
    /// Where it comes from, one sentence a line.
    pub provenance: Vec<String>,
    /// Light on dark.
    pub is_dark: bool,
}

/// A marked place on the horizontal axis: a dashed line across the chart with a few words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartMarker {
    /// Where.
    pub x: f64,
    /// What happened there.
    pub text: String,
    /// Its colour.
    pub color: Rgb,
}

/// How a line is broken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChartStroke {
    /// Not at all.
    #[default]
    Solid,
    /// Into dashes.
    Dashed,
    /// Into dots.
    Dotted,
    /// There is no line: its points stand by themselves, and its band is a bar at each of them.
    None,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartSeries {
    /// Its name in the legend; without one it is not named.
    pub name: String,
    /// Its colour.
    pub color: Rgb,
    /// Width of the line in pixels; 0 for none.
    pub width: f64,
    /// How the line is broken up.
    pub stroke: ChartStroke,
    /// Whether each point has a dot.
    pub has_dots: bool,
    /// How much of the colour is seen, 0 to 1.
    pub opacity: f64,
    /// Points in order; one that is not finite leaves a gap.
    pub points: Vec<[f64; 2]>,
    /// x, lower and upper edge of an area.
    pub band: Vec<[f64; 3]>,
}

/// A chart as a PNG. Title, software and provenance stand in its text chunks.
///
/// # Errors
/// [`ExportError::Figure`] when drawing fails.
pub fn chart_png(figure: &ChartFigure) -> Result<Vec<u8>, ExportError> {
    let words =
        [("Title", figure.title.clone()), ("Software", SOFTWARE.to_owned()), ("Description", figure.description())];
    picture_png(&draw(figure)?.picture()?, &words)
}

/// Charts in a sheet of two columns as a PNG; the text chunks are those of all.
///
/// # Errors
/// [`ExportError::Figure`] when drawing fails, or where there is no chart.
pub fn charts_png(title: &str, figures: &[ChartFigure]) -> Result<Vec<u8>, ExportError> {
    let columns = figures.len().min(2);
    let [width, height] = [SIZE[0] * columns, SIZE[1] * figures.len().div_ceil(2)];
    let mut sheet = Picture {
        width: width as u32,
        height: height as u32,
        rgba: figures
            .first()
            .map_or([0; 3], |figure| figure.inks().paper)
            .into_iter()
            .chain([255])
            .collect::<Vec<u8>>()
            .repeat(width * height),
    };
    for (index, figure) in figures.iter().enumerate() {
        let (left, top) = (SIZE[0] * (index % 2), SIZE[1] * (index / 2));
        let picture = draw(figure)?.picture()?;
        for (row, pixels) in picture.rgba.chunks_exact(4 * SIZE[0]).enumerate() {
            let start = 4 * ((top + row) * width + left);
            sheet.rgba[start..start + pixels.len()].copy_from_slice(pixels);
        }
    }
    let about = figures.iter().map(ChartFigure::description).collect::<Vec<String>>().join("\n");
    let words = [("Title", title.to_owned()), ("Software", SOFTWARE.to_owned()), ("Description", about)];
    picture_png(&sheet, &words)
}

/// A chart as an SVG: lines as paths, text as text, the provenance in `<desc>`.
///
/// # Errors
/// [`ExportError::Figure`] when the words, by which the chart is laid out, cannot be measured.
pub fn chart_svg(figure: &ChartFigure) -> Result<String, ExportError> {
    Ok(draw(figure)?.svg())
}

/// Width and height of the picture in pixels.
const SIZE: [usize; 2] = [1400, 860];

/// Height of the letters below the chart, in pixels.
const FOOT_SIZE: f64 = 15.0;
/// Lines below the chart at most.
const MAX_FOOT: usize = 9;

/// Where the lines are drawn; `legend_rows` stand above, `foot_rows` below.
fn area(legend_rows: usize, foot_rows: usize) -> Area {
    let (left, top) = (110, 66 + 26 * legend_rows);
    let bottom = 74 + 24 * foot_rows;
    Area { left, top, width: SIZE[0] - left - 36, height: SIZE[1] - top - bottom }
}

/// The colours of a picture.
struct Inks {
    paper: Rgb,
    ink: Rgb,
    faint: Rgb,
    grid: Rgb,
}

impl ChartFigure {
    const fn inks(&self) -> Inks {
        if self.is_dark {
            Inks { paper: [20, 23, 28], ink: [228, 231, 235], faint: [154, 163, 175], grid: [51, 58, 69] }
        } else {
            Inks { paper: PAPER, ink: INK, faint: FAINT_INK, grid: [222, 225, 230] }
        }
    }

    /// All words about the picture.
    fn description(&self) -> String {
        let mut lines = vec![format!("{} over {}", self.title, self.x_label.to_lowercase())];
        lines.extend((!self.note.is_empty()).then(|| self.note.clone()));
        lines.extend(self.remarks.iter().cloned());
        lines.extend(self.provenance.iter().cloned());
        lines.join("\n")
    }

    /// Remarks and provenance in lines of the picture's width. Where there are too many, the last says so: all of them are
    /// in the description.
    fn foot(&self) -> Result<Vec<String>, ExportError> {
        let mut lines = Vec::new();
        for sentence in self.remarks.iter().chain(&self.provenance) {
            lines.extend(wrap(sentence, FOOT_SIZE, (SIZE[0] - 72) as f64)?);
        }
        if lines.len() > MAX_FOOT {
            lines.truncate(MAX_FOOT - 1);
            lines.push("… more in the description of this file".to_owned());
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    fn figure(is_dark: bool) -> ChartFigure {
        let line = |name: &str, color, scale: f64| ChartSeries {
            name: name.to_owned(),
            color,
            width: 2.0,
            opacity: 1.0,
            points: (1..=500).map(|i| [f64::from(i), scale * (4.0 / f64::from(i) + 0.01)]).collect(),
            band: (1..=50).map(|i| [10.0 * f64::from(i), 0.1 * scale, 0.2 * scale]).collect(),
            ..ChartSeries::default()
        };
        let mut dashed = line("SAM <test> & more", [251, 171, 75], 3.0);
        dashed.stroke = ChartStroke::Dashed;
        ChartFigure {
            title: "Hessian trace".to_owned(),
            note: "mean ± standard error".to_owned(),
            x_label: "Step".to_owned(),
            log_y: true,
            markers: vec![ChartMarker { x: 120.0, text: "σ 0.05 → 0.11".to_owned(), color: [200, 80, 80] }],
            remarks: vec!["12 values of 0 or below left out.".to_owned()],
            series: vec![line("NSO σ 0.1", [79, 209, 156], 1.0), dashed],
            provenance: vec!["Experiment moons-mlp, seed 0.".to_owned(), "Flatscape".to_owned()],
            is_dark,
            ..ChartFigure::default()
        }
    }

    #[test]
    fn both_forms_say_what_they_show() {
        for is_dark in [false, true] {
            let figure = figure(is_dark);
            let png = chart_png(&figure).unwrap();
            let svg = chart_svg(&figure).unwrap();
            sample::keep(&format!("chart-{is_dark}.png"), &png);
            sample::keep(&format!("chart-{is_dark}.svg"), svg.as_bytes());
            let (_, chunks) = sample::png_text(&png);
            assert_eq!(chunks["Title"], "Hessian trace");
            for part in ["Experiment moons-mlp, seed 0.", "mean ± standard error", "over step", "12 values of 0"] {
                assert!(chunks["Description"].contains(part), "{part}");
                assert!(svg.contains(part), "{part}");
            }
            assert!(svg.contains("NSO σ 0.1") && svg.contains("SAM &lt;test&gt; &amp; more"));
            assert!(
                svg.matches("12 values of 0 or below left out.").count() == 2,
                "in the description and below the chart"
            );
            assert!(svg.contains("σ 0.05 → 0.11"), "the marker");
            assert!(svg.contains("stroke-dasharray") && !svg.contains("NaN"));
        }
    }

    #[test]
    fn lines_have_their_colour_at_their_place() {
        let mut figure = figure(false);
        figure.log_y = false;
        figure.x_range = Some([0.0, 10.0]);
        figure.y_range = Some([0.0, 10.0]);
        figure.series = vec![ChartSeries {
            color: [200, 0, 0],
            width: 4.0,
            opacity: 1.0,
            points: vec![[0.0, 5.0], [10.0, 5.0]],
            ..ChartSeries::default()
        }];
        let picture = draw(&figure).unwrap().picture().unwrap();
        let area = area(0, figure.foot().unwrap().len());
        let at = |x: usize, y: usize| picture.rgba[4 * (y * picture.width as usize + x)..][..3].to_vec();
        let middle = area.top + area.height / 2;
        assert_eq!(at(area.left + 333, middle), [200, 0, 0]);
        assert_eq!(at(area.left + 333, middle + 40), [255, 255, 255]);
    }

    #[test]
    fn lines_stay_inside_their_clip_and_dashes_cover_their_share() {
        let mut figure = figure(false);
        figure.log_y = false;
        (figure.x_range, figure.y_range) = (Some([4.0, 6.0]), Some([0.0, 10.0]));
        figure.markers.clear();
        figure.series = vec![ChartSeries {
            color: [200, 0, 0],
            width: 4.0,
            opacity: 1.0,
            stroke: ChartStroke::Dashed,
            points: vec![[-1e9, 5.0], [1e9, 5.0]],
            ..ChartSeries::default()
        }];
        let picture = draw(&figure).unwrap().picture().unwrap();
        let area = area(0, figure.foot().unwrap().len());
        let row = 4 * SIZE[0] * (area.top + area.height / 2);
        let is_red = |x: usize| picture.rgba[row + 4 * x..][..3] == [200, 0, 0];
        let (left, right) = (area.left, area.left + area.width);
        assert!(!(0..left).chain(right..SIZE[0]).any(is_red));
        let share = (left..right).filter(|x| is_red(*x)).count() as f64 / area.width as f64;
        assert!((share - 9.0 / 15.0).abs() < 0.08, "{share}");
    }

    #[test]
    fn points_without_a_line_are_dots_with_bars_for_their_errors() {
        let mut figure = figure(false);
        figure.log_y = false;
        (figure.x_range, figure.y_range) = (Some([0.0, 10.0]), Some([0.0, 10.0]));
        figure.markers.clear();
        figure.series = vec![ChartSeries {
            color: [200, 0, 0],
            width: 4.0,
            opacity: 1.0,
            stroke: ChartStroke::None,
            has_dots: true,
            points: vec![[2.5, 5.0], [7.5, 5.0]],
            band: vec![[2.5, 3.0, 7.0], [7.5, 4.5, 5.5]],
            ..ChartSeries::default()
        }];
        let picture = draw(&figure).unwrap().picture().unwrap();
        let area = area(0, figure.foot().unwrap().len());
        let is_red = |x: f64, y: f64| {
            let [left, top] = [(area.left, area.width, x), (area.top, area.height, 10.0 - y)]
                .map(|(start, size, at)| start + (0.1 * at * size as f64) as usize);
            picture.rgba[4 * (top * picture.width as usize + left)..][..3] == [200, 0, 0]
        };
        assert!(is_red(2.5, 5.0) && is_red(7.5, 5.0), "the dots");
        assert!(is_red(2.5, 6.8) && is_red(2.5, 3.2) && !is_red(2.5, 7.3) && !is_red(7.5, 6.8), "the bars");
        assert!(![3.5, 5.0, 6.5].into_iter().any(|x| is_red(x, 5.0)), "no line, and no area");
    }

    #[test]
    fn a_marker_crosses_the_chart_at_its_place() {
        let mut figure = figure(false);
        figure.series.clear();
        (figure.x_range, figure.y_range, figure.log_y) = (Some([0.0, 200.0]), Some([0.0, 1.0]), false);
        figure.markers[0].x = 100.0;
        let picture = draw(&figure).unwrap().picture().unwrap();
        let area = area(0, figure.foot().unwrap().len());
        let x = area.left + area.width / 2;
        let is_marked = |x: usize| {
            let reddish = |y: usize| {
                let at = 4 * (y * picture.width as usize + x);
                picture.rgba[at] > picture.rgba[at + 1].saturating_add(60)
            };
            (area.top + 30..area.top + area.height).any(reddish)
        };
        assert!((x - 1..=x + 1).any(is_marked) && !is_marked(x + 90));
    }

    #[test]
    fn a_long_provenance_is_broken_into_lines_and_bounded() {
        let mut figure = figure(false);
        let edits: Vec<String> = (0..40).map(|i| format!("σ 0.05 → 0.11 at step {i}")).collect();
        figure.provenance = vec![edits[..12].join(", "), "Flatscape".to_owned()];
        let foot = figure.foot().unwrap();
        assert!(foot.len() > 3 && foot.iter().any(|line| line.contains("at step 11")), "{foot:?}");
        figure.provenance = vec![edits.join(", ").repeat(4), "Flatscape".to_owned()];
        assert_eq!(figure.foot().unwrap().len(), MAX_FOOT);
        assert!(chart_png(&figure).is_ok());
    }

    #[test]
    fn odd_charts_make_pictures_too() {
        let mut odd = figure(false);
        odd.series[0].points = vec![[f64::NAN, 1.0], [1.0, f64::INFINITY], [2.0, -1.0], [3.0, 0.0]];
        odd.series[1].points.clear();
        odd.series.iter_mut().for_each(|series| series.band.clear());
        for (x_range, y_range) in [(None, None), (Some([1.0, 1.0]), Some([-1.0, 2.0])), (Some([f64::NAN; 2]), None)] {
            for log_y in [false, true] {
                let figure = ChartFigure { x_range, y_range, log_y, log_x: log_y, ..odd.clone() };
                assert!(chart_png(&figure).is_ok());
                assert!(!chart_svg(&figure).unwrap().contains("NaN"));
            }
        }
        assert!(chart_png(&ChartFigure::default()).is_ok());
        let many = ChartSeries { name: "a run with a long name".to_owned(), ..odd.series[0].clone() };
        let crowded = ChartFigure { series: vec![many; 60], ..odd };
        assert!(chart_svg(&crowded).is_ok());
    }
}
