//! Where the landscapes stand: side by side while they are few, in rows that scroll when they are many.

use egui::{Rect, Vec2, pos2, vec2};

/// Between two landscapes.
pub const GAP: f32 = 12.0;
/// A landscape is at least so large, where there is room for one of that size.
const LEAST: Vec2 = vec2(225.0, 210.0);
/// Where rows of the least height do not fit, and scroll, they are so high: a picture is read at that size.
const SCROLLED: f32 = 264.0;
/// A landscape is never lower than this.
const LOWEST: f32 = 120.0;
/// Up to so many landscapes stand side by side.
const ONE_ROW: usize = 3;

/// An arrangement of equal landscapes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrangement {
    columns: usize,
    count: usize,
    size: Vec2,
}

impl Arrangement {
    /// The arrangement of so many landscapes in this room.
    #[must_use]
    pub fn new(count: usize, room: Vec2) -> Self {
        let width = |columns: usize| (room.x - GAP * (columns as f32 - 1.0)) / columns as f32;
        let most = (((room.x + GAP) / (LEAST.x + GAP)).floor() as usize).clamp(1, count.max(1));
        let height = |columns: usize| {
            let rows = count.div_ceil(columns) as f32;
            (room.y - GAP * (rows - 1.0)) / rows
        };
        // In a low room one row of landscapes is seen whole.
        let held = |least: f32| room.y.clamp(LOWEST, least);
        let held_height = |columns: usize| {
            let height = height(columns);
            if height >= held(LEAST.y) { height } else { held(SCROLLED) }
        };
        // The one whose landscapes are largest, judged by their shorter side.
        let columns = if count <= ONE_ROW && width(count.max(1)) >= 150.0 {
            count.max(1)
        } else {
            let shorter = |columns: &usize| width(*columns).min(held_height(*columns));
            (1..=most).max_by(|a, b| shorter(a).total_cmp(&shorter(b))).unwrap_or(1)
        };
        let rows = count.div_ceil(columns);
        // One row takes what there is; more have their least size and scroll.
        let height = if rows <= 1 { room.y } else { held_height(columns) };
        Self { columns, count, size: vec2(width(columns).max(1.0), height.max(1.0)) }
    }

    /// Height of all rows.
    #[must_use]
    pub fn height(&self) -> f32 {
        let rows = self.count.div_ceil(self.columns) as f32;
        (rows * (self.size.y + GAP) - GAP).max(0.0)
    }

    /// The landscapes that show something between these heights.
    #[must_use]
    pub fn visible(&self, from: f32, to: f32) -> std::ops::Range<usize> {
        let pitch = self.size.y + GAP;
        let first = (from.max(0.0) / pitch).floor() as usize * self.columns;
        let last = (to.max(0.0) / pitch).ceil() as usize * self.columns;
        first.min(self.count)..last.min(self.count)
    }

    /// Where a landscape stands, from the upper left corner of all.
    #[must_use]
    pub fn place(&self, index: usize) -> Rect {
        let at = |i: usize, side: f32| i as f32 * (side + GAP);
        let min = pos2(at(index % self.columns, self.size.x), at(index / self.columns, self.size.y));
        Rect::from_min_size(min, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_three_stand_side_by_side_and_fill_the_room() {
        for count in 1..=3 {
            let room = vec2(760.0, 300.0);
            let all = Arrangement::new(count, room);
            assert_eq!((all.columns, all.height()), (count, 300.0));
            assert!((all.place(count - 1).right() - 760.0).abs() < 1e-3);
        }
    }

    #[test]
    fn many_scroll_at_their_least_size_and_few_of_them_are_drawn() {
        let all = Arrangement::new(50, vec2(1100.0, 500.0));
        assert!(all.size.x >= LEAST.x && all.size.y >= LEAST.y && all.height() > 500.0, "{all:?}");
        let visible = all.visible(600.0, 1100.0);
        assert!(visible.start > 0 && visible.len() <= 4 * all.columns, "{visible:?}");
        let shows = |index: usize| all.place(index).bottom() > 600.0 && all.place(index).top() < 1100.0;
        assert!((0..50).filter(|index| shows(*index)).all(|index| visible.contains(&index)), "{visible:?}");
        assert_eq!(all.visible(0.0, 1e9), 0..50);
    }

    #[test]
    fn in_a_low_room_a_landscape_is_seen_whole() {
        let all = Arrangement::new(12, vec2(520.0, 150.0));
        assert_eq!(all.size.y, 150.0);
        assert_eq!(Arrangement::new(12, vec2(520.0, 60.0)).size.y, LOWEST);
    }

    #[test]
    fn any_room_is_enough() {
        for count in [0, 1, 4, 50] {
            for room in [vec2(0.0, 0.0), vec2(-5.0, 10.0), vec2(80.0, 30.0), vec2(4000.0, 20.0)] {
                let all = Arrangement::new(count, room);
                assert!(all.size.x >= 1.0 && all.size.y >= 1.0 && all.height().is_finite(), "{count} {room}");
            }
        }
    }

    #[test]
    fn four_in_a_wide_room_stand_two_by_two() {
        assert_eq!(Arrangement::new(4, vec2(1000.0, 700.0)).columns, 2);
    }
}
