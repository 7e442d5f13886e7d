//! Charts as PNG.

use super::parts::{Part, Stroke, parts};
use super::{ChartFigure, ChartStroke};
use crate::export::figure::raster::{Area, Canvas, Point, Rgb};
use crate::export::figure::{encode, text};
use crate::export::{ExportError, SOFTWARE};

/// Lengths of a piece of a broken line and of the gap after it, in pixels; `None` for a solid one.
pub const fn pattern(stroke: ChartStroke) -> Option<[f64; 2]> {
    match stroke {
        ChartStroke::Solid => None,
        ChartStroke::Dashed => Some([9.0, 6.0]),
        ChartStroke::Dotted => Some([2.5, 5.0]),
    }
}

/// A chart as a PNG. Title, software and provenance stand in its text chunks.
///
/// # Errors
/// [`ExportError::Figure`] when drawing fails.
pub fn chart_png(figure: &ChartFigure) -> Result<Vec<u8>, ExportError> {
    let words =
        [("Title", figure.title.clone()), ("Software", SOFTWARE.to_owned()), ("Description", figure.description())];
    encode(&paint(figure)?, &words)
}

/// The pixels of a chart.
pub fn paint(figure: &ChartFigure) -> Result<Canvas, ExportError> {
    let paper = figure.inks().paper;
    let mut canvas = Canvas::new(super::SIZE[0], super::SIZE[1], paper);
    let (parts, area) = parts(figure)?;
    let whole = Area { left: 0, top: 0, width: canvas.width, height: canvas.height };
    let mut labels = Vec::new();
    for part in parts {
        match part {
            Part::Rectangle(area, color) => canvas.fill(area, color),
            Part::Fill { edges, color, opacity } => fill(&mut canvas, area, &edges, color, opacity),
            Part::Line(stroke) => {
                line(&mut canvas, if stroke.is_legend { whole } else { area }, &stroke, paper);
            }
            Part::Words(label) => labels.push(label),
        }
    }
    text::draw(&mut canvas, &labels)?;
    Ok(canvas)
}

fn line(canvas: &mut Canvas, clip: Area, stroke: &Stroke, paper: Rgb) {
    let color = mixed(paper, stroke.color, stroke.opacity);
    for piece in stroke.points.chunk_by(|a, b| is_finite(a) && is_finite(b)) {
        match pattern(stroke.stroke) {
            Some(pattern) => {
                dashes(piece, pattern).iter().for_each(|dash| canvas.polyline(clip, dash, stroke.width, color));
            }
            None => canvas.polyline(clip, piece, stroke.width, color),
        }
    }
}

fn is_finite(point: &Point) -> bool {
    point.iter().all(|value| value.is_finite())
}

fn mixed(paper: Rgb, color: Rgb, opacity: f64) -> Rgb {
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * opacity.clamp(0.0, 1.0)).round() as u8;
    [mix(paper[0], color[0]), mix(paper[1], color[1]), mix(paper[2], color[2])]
}

/// The dashes along a line.
fn dashes(points: &[Point], pattern: [f64; 2]) -> Vec<Vec<Point>> {
    let mut dashes = Vec::new();
    let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut left, mut is_drawn) = (pattern[0], true);
    for pair in points.windows(2) {
        let [mut from, to] = [pair[0], pair[1]];
        let mut length = (to[0] - from[0]).hypot(to[1] - from[1]);
        // Points far outside of the picture would make endless dashes.
        if length.is_nan() || length > 1e5 {
            continue;
        }
        while length > left {
            let share = left / length;
            from = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
            length -= left;
            dash.push(from);
            if is_drawn {
                dashes.push(std::mem::take(&mut dash));
            }
            dash = vec![from];
            is_drawn = !is_drawn;
            left = pattern[usize::from(!is_drawn)];
        }
        left -= length;
        dash.push(to);
    }
    if is_drawn && dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

fn fill(canvas: &mut Canvas, clip: Area, edges: &[[f64; 3]], color: Rgb, opacity: f64) {
    let (bottom, right) = ((clip.top + clip.height) as f64, clip.left + clip.width);
    for pair in edges.windows(2) {
        let [[start, ..], [end, ..]] = [pair[0], pair[1]];
        let columns = start.max(clip.left as f64).ceil() as usize..(end.min(right as f64).ceil().max(0.0) as usize);
        for x in columns {
            let share = if end > start { (x as f64 - start) / (end - start) } else { 0.0 };
            let edge = |index: usize| pair[0][index] + share * (pair[1][index] - pair[0][index]);
            let (top, low) = (edge(1).max(clip.top as f64), edge(2).min(bottom));
            for y in top.floor() as usize..low.ceil().max(0.0) as usize {
                let covered = (low.min(y as f64 + 1.0) - top.max(y as f64)).clamp(0.0, 1.0);
                canvas.blend(x, y, color, opacity * covered);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share_of_a_line() {
        let pattern = pattern(ChartStroke::Dashed).unwrap();
        let dashes = dashes(&[[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]], pattern);
        let length: f64 = dashes.iter().map(|dash| dash[dash.len() - 1][0] - dash[0][0]).sum();
        assert!((length - 200.0 * pattern[0] / (pattern[0] + pattern[1])).abs() < pattern[0], "{length}");
        assert_eq!(dashes[1][0], [15.0, 0.0]);
    }
}
