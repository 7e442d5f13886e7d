//! Where a slice's coordinates are on the screen: the part of the plane that is seen, and the part of a slice within it.

use egui::{Pos2, Rect, Vec2, pos2, vec2};
use serde::{Deserialize, Serialize};

use crate::protocol::LossGrid;

/// Half-widths that can be asked for.
pub const RANGES: [f64; 2] = [1e-3, 1e3];

/// A part of the plane, the same in all panes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Coordinates of its middle.
    pub center: [f64; 2],
    /// Half its width along both directions.
    pub half: f64,
}

impl Window {
    /// The part around 0.
    #[must_use]
    pub const fn around_zero(half: f64) -> Self {
        Self { center: [0.0, 0.0], half }
    }

    /// Half-width of the least slice around 0 that holds the window.
    #[must_use]
    pub fn needed_range(&self) -> f64 {
        let aside = self.center.iter().fold(0.0_f64, |most, c| most.max(c.abs()));
        (aside + self.half).clamp(RANGES[0], RANGES[1])
    }

    /// Sees more by a factor above 1, less by one below.
    #[must_use]
    pub fn widened(self, factor: f64) -> Self {
        Self { half: (self.half * factor).clamp(RANGES[0], RANGES[1]), ..self }
    }

    /// Sees more or less by a factor, while a place stays where it is in the picture.
    #[must_use]
    pub fn widened_about(self, factor: f64, place: [f64; 2]) -> Self {
        let wide = self.widened(factor);
        let ratio = wide.half / self.half;
        let most = (RANGES[1] - wide.half).max(0.0);
        // What is left of rounding is not off the centre.
        let snapped = |c: f64| if c.abs() < 1e-6 * wide.half { 0.0 } else { c.clamp(-most, most) };
        let center = [0, 1].map(|axis| snapped(place[axis] + ratio * (self.center[axis] - place[axis])));
        Self { center, ..wide }
    }

    /// Moves what is seen by shares of its size, to the right and down, as a drag does.
    #[must_use]
    pub fn moved(self, [right, down]: [f64; 2]) -> Self {
        let [x, y] = self.center;
        let most = RANGES[1] - self.half;
        let hold = |c: f64| c.clamp(-most.max(0.0), most.max(0.0));
        Self { center: [hold(x - 2.0 * self.half * right), hold(y + 2.0 * self.half * down)], ..self }
    }
}

/// A part of a grid, in shares: 0 at its first column or row, 1 at its last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    /// From and to along the columns.
    pub u: [f64; 2],
    /// From and to along the rows.
    pub v: [f64; 2],
}

impl Crop {
    /// Whether it is all of the grid.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        [self.u, self.v].iter().all(|[from, to]| *from < 1e-6 && *to > 1.0 - 1e-6)
    }
}

/// Room for the numbers at the axes of a contour, in points: on its left and below it.
const AXES: Vec2 = vec2(30.0, 16.0);
/// A pane smaller than this has no room for them.
const AXES_FROM: Vec2 = vec2(180.0, 150.0);

/// Room beside a picture that is wide enough for its caption, and what keeps the two apart.
const CAPTION_FROM: f32 = 110.0;
const CAPTION_GAP: f32 = 10.0;

/// A line of a caption above a picture, in points; there are at most so many.
pub const CAPTION_LINE: f32 = 15.0;
const MOST_LINES: f32 = 3.0;
/// A pane lower than this is for its picture alone.
const CAPTION_LEAST: f32 = 64.0;

/// Where the caption of a picture stands: never on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CaptionRoom {
    /// Beside the picture, in whole words.
    Beside(Rect),
    /// In lines above it.
    Above(Rect),
    /// Nowhere.
    Nowhere,
}

impl CaptionRoom {
    /// The caption above a picture that takes all the rest of a pane, and that rest.
    #[must_use]
    pub fn over(pane: Rect) -> (Self, Rect) {
        let (above, rest) = pane.split_top_bottom_at_y(pane.top() + lines_height(pane.size()));
        (Self::above(above), rest)
    }

    fn above(room: Rect) -> Self {
        if room.height() < CAPTION_LINE { Self::Nowhere } else { Self::Above(room) }
    }
}

/// Height of the lines above a picture in this room: one, or as many as are free above a square in its middle.
fn lines_height(room: Vec2) -> f32 {
    if room.y < CAPTION_LEAST {
        return 0.0;
    }
    let free = 0.5 * (room.y - room.x);
    CAPTION_LINE * (free / CAPTION_LINE).floor().clamp(1.0, MOST_LINES)
}

/// Where the parts of a contour are within its pane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContourPlace {
    /// The picture: a square, so that both axes have one scale and circles are circles.
    pub picture: Rect,
    /// There is room for the numbers at its axes.
    pub has_axes: bool,
    /// Room for its caption.
    pub caption: CaptionRoom,
}

impl ContourPlace {
    /// The places in a pane: the picture in the middle below its caption, or at the left where that stands beside it.
    #[must_use]
    pub fn new(pane: Rect) -> Self {
        let has_axes = pane.width() >= AXES_FROM.x && pane.height() >= AXES_FROM.y;
        let aside = if has_axes { AXES } else { Vec2::ZERO };
        let room =
            Rect::from_min_max(pos2(pane.left() + aside.x, pane.top()), pos2(pane.right(), pane.bottom() - aside.y));
        let side = room.size().min_elem().max(1.0);
        if room.width() - side >= CAPTION_FROM + CAPTION_GAP {
            let picture = Rect::from_min_size(pos2(room.left(), room.center().y - 0.5 * side), Vec2::splat(side));
            let corner = pos2(picture.right() + CAPTION_GAP, picture.top());
            let beside = Rect::from_min_max(corner, pos2(pane.right(), picture.bottom()));
            return Self { picture, has_axes, caption: CaptionRoom::Beside(beside) };
        }
        let lines = lines_height(room.size());
        let side = side.min(room.height() - lines).max(1.0);
        let left = (pane.center().x - 0.5 * side).clamp(room.left(), (room.right() - side).max(room.left()));
        let top = (room.center().y - 0.5 * side).max(room.top() + lines);
        let picture = Rect::from_min_size(pos2(left, top), Vec2::splat(side));
        let above = Rect::from_min_max(pos2(pane.left(), top - lines), pos2(pane.right(), top));
        Self { picture, has_axes, caption: CaptionRoom::above(above) }
    }
}

/// Where a slice's coordinates are on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SliceFrame {
    rect: Rect,
    x: [f64; 2],
    y: [f64; 2],
}

/// First and last coordinate.
pub fn ends(axis: &[f64]) -> [f64; 2] {
    match (axis.first(), axis.last()) {
        (Some(&first), Some(&last)) if last > first && (last - first).is_finite() => [first, last],
        _ => [-1.0, 1.0],
    }
}

impl SliceFrame {
    /// The frame in which a whole slice fills `rect`.
    #[must_use]
    pub fn new(rect: Rect, grid: &LossGrid) -> Self {
        Self::over(rect, &grid.x, &grid.y)
    }

    /// The frame in which a slice with these coordinates fills `rect`.
    #[must_use]
    pub fn over(rect: Rect, x: &[f64], y: &[f64]) -> Self {
        Self { rect, x: ends(x), y: ends(y) }
    }

    /// The frame in which a window fills `rect`.
    #[must_use]
    pub fn within(rect: Rect, window: &Window) -> Self {
        let [x, y] = window.center.map(|center| [center - window.half, center + window.half]);
        Self { rect, x, y }
    }

    /// Where it is drawn.
    #[must_use]
    pub const fn rect(&self) -> Rect {
        self.rect
    }

    /// The window that is seen; where both directions differ, the wider.
    #[must_use]
    pub fn window(&self) -> Window {
        let middle = |[low, high]: [f64; 2]| 0.5 * (low + high);
        let half = |[low, high]: [f64; 2]| 0.5 * (high - low);
        Window { center: [middle(self.x), middle(self.y)], half: half(self.x).max(half(self.y)) }
    }

    /// The place of coordinates on the screen.
    #[must_use]
    pub fn screen(&self, [x, y]: [f64; 2]) -> Pos2 {
        let share = |value: f64, [low, high]: [f64; 2]| ((value - low) / (high - low)) as f32;
        pos2(
            self.rect.left() + share(x, self.x) * self.rect.width(),
            self.rect.bottom() - share(y, self.y) * self.rect.height(),
        )
    }

    /// The coordinates of a place on the screen.
    #[must_use]
    pub fn place(&self, pos: Pos2) -> [f64; 2] {
        let share = |value: f32, low: f32, size: f32| f64::from((value - low) / size.max(1.0));
        let along = |share: f64, [low, high]: [f64; 2]| low + share * (high - low);
        [
            along(share(pos.x, self.rect.left(), self.rect.width()), self.x),
            along(1.0 - share(pos.y, self.rect.top(), self.rect.height()), self.y),
        ]
    }

    /// A way on the screen in shares of the frame.
    #[must_use]
    pub fn shares(&self, by: Vec2) -> [f64; 2] {
        [f64::from(by.x / self.rect.width().max(1.0)), f64::from(by.y / self.rect.height().max(1.0))]
    }

    /// What of a slice with these axes is seen: where on the screen, and which part of its grid. `None` if nothing is.
    #[must_use]
    pub fn part(&self, x: &[f64], y: &[f64]) -> Option<(Rect, Crop)> {
        let shares = |seen: [f64; 2], [low, high]: [f64; 2]| {
            let share = |value: f64| ((value - low) / (high - low)).clamp(0.0, 1.0);
            [share(seen[0]), share(seen[1])]
        };
        let ([x_low, x_high], [y_low, y_high]) = (ends(x), ends(y));
        let crop = Crop { u: shares(self.x, [x_low, x_high]), v: shares(self.y, [y_low, y_high]) };
        let at = |u: f64, v: f64| self.screen([x_low + u * (x_high - x_low), y_low + v * (y_high - y_low)]);
        let rect = Rect::from_two_pos(at(crop.u[0], crop.v[0]), at(crop.u[1], crop.v[1])).intersect(self.rect);
        (rect.width() >= 1.0 && rect.height() >= 1.0).then_some((rect, crop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect { min: pos2(10.0, 20.0), max: pos2(210.0, 120.0) };

    #[test]
    fn screen_and_place_are_inverse() {
        let frame = SliceFrame::within(RECT, &Window { center: [0.5, -1.0], half: 2.0 });
        for place in [[0.5, -1.0], [-1.5, 1.0], [2.4, -2.9]] {
            let back = frame.place(frame.screen(place));
            assert!((back[0] - place[0]).abs() < 1e-5 && (back[1] - place[1]).abs() < 1e-5, "{back:?}");
        }
        assert_eq!(frame.screen([-1.5, 1.0]), RECT.left_top());
        assert_eq!(frame.window(), Window { center: [0.5, -1.0], half: 2.0 });
    }

    #[test]
    fn a_smaller_slice_is_drawn_smaller_and_never_stretched() {
        let frame = SliceFrame::within(RECT, &Window::around_zero(2.0));
        let (rect, crop) = frame.part(&[-1.0, 0.0, 1.0], &[-1.0, 0.0, 1.0]).unwrap();
        assert!(crop.is_whole());
        assert_eq!(rect, Rect::from_min_max(pos2(60.0, 45.0), pos2(160.0, 95.0)));
    }

    #[test]
    fn a_larger_slice_is_cut() {
        let frame = SliceFrame::within(RECT, &Window { center: [1.0, 0.0], half: 0.5 });
        let (rect, crop) = frame.part(&[-1.0, 0.0, 1.0], &[-1.0, 0.0, 1.0]).unwrap();
        assert_eq!(crop, Crop { u: [0.75, 1.0], v: [0.25, 0.75] });
        assert_eq!(rect, Rect::from_min_max(RECT.min, pos2(110.0, 120.0)));
        let beside = SliceFrame::within(RECT, &Window { center: [5.0, 0.0], half: 0.5 });
        assert_eq!(beside.part(&[-1.0, 1.0], &[-1.0, 1.0]), None);
    }

    #[test]
    fn a_drag_moves_with_the_pointer_and_zoom_keeps_the_middle() {
        let window = Window::around_zero(2.0);
        let frame = SliceFrame::within(RECT, &window);
        let moved = window.moved(frame.shares(vec2(50.0, 25.0)));
        assert_eq!(moved.center, [-1.0, 1.0]);
        assert!((moved.needed_range() - 3.0).abs() < 1e-12);
        let wide = moved.widened(1.25);
        assert_eq!((wide.center, wide.half), (moved.center, 2.5));
        assert_eq!(window.widened(1e9).needed_range(), RANGES[1]);
        assert_eq!(window.widened(0.0).half, RANGES[0]);
        assert!(window.widened(1e9).moved([1e9, 1e9]).center.iter().all(|c| c.is_finite()));
    }

    #[test]
    fn a_contour_is_square_and_stands_within_its_pane() {
        for size in [vec2(370.0, 450.0), vec2(1100.0, 400.0), vec2(120.0, 90.0), vec2(3.0, 2.0), vec2(0.0, 0.0)] {
            let pane = Rect::from_min_size(pos2(5.0, 7.0), size);
            let ContourPlace { picture: place, has_axes, caption } = ContourPlace::new(pane);
            assert!((place.width() - place.height()).abs() < 1e-3 && place.width() >= 1.0, "{size}: {place}");
            assert!(pane.expand(1.0).contains_rect(place), "{size}: {place} in {pane}");
            assert!(!has_axes || (place.left() - pane.left() >= AXES.x && pane.bottom() - place.bottom() >= AXES.y));
            let (is_beside, room) = match caption {
                CaptionRoom::Beside(room) => (true, Some(room)),
                CaptionRoom::Above(room) => (false, Some(room)),
                CaptionRoom::Nowhere => (false, None),
            };
            assert_eq!((is_beside, room.is_some()), (size.x > 1000.0, size.y > CAPTION_LEAST), "{size}");
            let is_free = |room: Rect| room.width() >= CAPTION_FROM && !room.intersect(place).is_positive();
            assert!(room.is_none_or(|room| is_free(room) && pane.expand(0.5).contains_rect(room)), "{size}");
        }
    }

    #[test]
    fn a_caption_takes_the_lines_that_are_free() {
        let lines = |width: f32, height: f32| {
            let pane = Rect::from_min_size(pos2(5.0, 7.0), vec2(width, height));
            let (caption, rest) = CaptionRoom::over(pane);
            assert!((rest.bottom() - pane.bottom()).abs() < 1e-3 && rest.width() == pane.width());
            match caption {
                CaptionRoom::Above(room) => (room.height() / CAPTION_LINE).round() as usize,
                _ => 0,
            }
        };
        assert_eq!([lines(250.0, 350.0), lines(250.0, 290.0), lines(250.0, 240.0), lines(250.0, 60.0)], [3, 1, 1, 0]);
    }

    #[test]
    fn the_wheel_keeps_the_place_under_the_pointer() {
        let window = Window { center: [0.5, -1.0], half: 2.0 };
        let frame = SliceFrame::within(RECT, &window);
        let pointer = pos2(50.0, 40.0);
        let place = frame.place(pointer);
        for factor in [0.8, 1.25, 1e-9] {
            let wide = window.widened_about(factor, place);
            assert_eq!(wide.half, window.widened(factor).half);
            let at = SliceFrame::within(RECT, &wide).screen(place);
            assert!(at.distance(pointer) < 0.5, "{factor}: {at}");
        }
        assert!(window.widened_about(1e9, place).center.iter().all(|c| c.abs() < 1e-9), "nothing lies beyond");
    }

    #[test]
    fn poor_axes_have_ends_that_are_apart() {
        for axis in [&[][..], &[1.0], &[2.0, 2.0], &[f64::NAN, 1.0], &[3.0, f64::INFINITY]] {
            assert_eq!(ends(axis), [-1.0, 1.0], "{axis:?}");
        }
    }
}
