//! A picture in memory and the few anti-aliased shapes that a slice needs on it.

/// Red, green, blue, 0 to 255.
pub type Rgb = [u8; 3];

/// A point in pixels: x to the right, y down, whole numbers at the corners of pixels.
pub type Point = [f64; 2];

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub left: usize,
    /// Top edge.
    pub top: usize,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

/// A picture, three bytes a pixel, rows from the top.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// The pixels.
    pub rgb: Vec<u8>,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(width: usize, height: usize, color: Rgb) -> Self {
        Self { width, height, rgb: color.repeat(width * height) }
    }

    /// Mixes `color` into one pixel; pixels outside are ignored.
    pub fn blend(&mut self, x: usize, y: usize, color: Rgb, alpha: f64) {
        if x >= self.width || y >= self.height {
            return;
        }
        let start = 3 * (y * self.width + x);
        for (old, new) in self.rgb[start..start + 3].iter_mut().zip(color) {
            *old = (f64::from(*old) + (f64::from(new) - f64::from(*old)) * alpha.clamp(0.0, 1.0)).round() as u8;
        }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, area: Area, color: Rgb) {
        for y in area.top..area.top + area.height {
            for x in area.left..area.left + area.width {
                self.blend(x, y, color, 1.0);
            }
        }
    }

    /// Draws a frame of one pixel around a rectangle.
    pub fn frame(&mut self, area: Area, color: Rgb) {
        let (left, top) = (area.left.saturating_sub(1), area.top.saturating_sub(1));
        let (width, height) = (area.width + 2, area.height + 2);
        self.fill(Area { left, top, width, height: 1 }, color);
        self.fill(Area { left, top: top + height - 1, width, height: 1 }, color);
        self.fill(Area { left, top, width: 1, height }, color);
        self.fill(Area { left: left + width - 1, top, width: 1, height }, color);
    }

    /// Draws a line with round ends, cut at `clip`. A line from a point to itself is a disc.
    pub fn line(&mut self, clip: Area, from: Point, to: Point, width: f64, color: Rgb) {
        if from.iter().chain(&to).any(|value| !value.is_finite()) {
            return;
        }
        let reach = width / 2.0 + 1.0;
        let bounds = |axis: usize, start: usize, size: usize| {
            let low = (from[axis].min(to[axis]) - reach).max(start as f64);
            let high = (from[axis].max(to[axis]) + reach).min((start + size) as f64);
            // A line that is far away gives an empty range.
            if low < high { low as usize..high.ceil() as usize } else { 0..0 }
        };
        let (columns, rows) = (bounds(0, clip.left, clip.width), bounds(1, clip.top, clip.height));
        for y in rows {
            for x in columns.clone() {
                let distance = distance_to_segment([x as f64 + 0.5, y as f64 + 0.5], from, to);
                self.blend(x, y, color, width / 2.0 + 0.5 - distance);
            }
        }
    }

    /// Draws a line through many points.
    pub fn polyline(&mut self, clip: Area, points: &[Point], width: f64, color: Rgb) {
        for pair in points.windows(2) {
            self.line(clip, pair[0], pair[1], width, color);
        }
    }
}

fn distance_to_segment(point: Point, from: Point, to: Point) -> f64 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let offset = [point[0] - from[0], point[1] - from[1]];
    let length_square = along[0].powi(2) + along[1].powi(2);
    let share = if length_square > 0.0 {
        ((offset[0] * along[0] + offset[1] * along[1]) / length_square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (offset[0] - share * along[0]).hypot(offset[1] - share * along[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_inside_their_clip() {
        let clip = Area { left: 4, top: 4, width: 8, height: 8 };
        let mut canvas = Canvas::new(16, 16, [0; 3]);
        canvas.line(clip, [-50.0, -50.0], [60.0, 60.0], 3.0, [255; 3]);
        canvas.line(clip, [f64::NAN, 1.0], [6.0, 6.0], 3.0, [255; 3]);
        for y in 0..16 {
            for x in 0..16 {
                let inside = (4..12).contains(&x) && (4..12).contains(&y);
                assert!(inside || canvas.rgb[3 * (y * 16 + x)] == 0, "({x}, {y})");
            }
        }
        assert_eq!(canvas.rgb[3 * (8 * 16 + 8)], 255);
    }
}
