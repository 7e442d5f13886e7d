//! Where the labels of iso-lines stand: on straight parts of long lines, away from the border and from each other.

use super::isolines::IsoLine;

/// A place for the label of a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelPlace {
    /// The level, on the grid's scale.
    pub level: f32,
    /// The middle of the label in shares of the grid, y upwards.
    pub at: [f32; 2],
    /// How far the label is turned clockwise on the screen, in radians, upright: within ±π/2.
    pub angle: f32,
}

/// The room that labels have.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSpace {
    /// Size of the pane in points.
    pub pane: [f32; 2],
    /// Size of the longest label in points.
    pub label: [f32; 2],
    /// Rectangles to keep free, in points from the upper left corner of the pane: `[left, top, right, bottom]`.
    pub obstacles: Vec<[f32; 4]>,
    /// Labels for each level at most.
    pub max_per_level: usize,
    /// Labels in all at most.
    pub max_labels: usize,
}

impl LabelSpace {
    /// A pane without obstacles; one label a level, twelve in all.
    #[must_use]
    pub const fn new(pane: [f32; 2], label: [f32; 2]) -> Self {
        Self { pane, label, obstacles: Vec::new(), max_per_level: 1, max_labels: 12 }
    }

    fn is_usable(&self) -> bool {
        self.pane.iter().chain(&self.label).all(|side| side.is_finite() && *side > 0.0)
    }

    /// How far a label needs the border to be, whatever its angle.
    fn reach(&self) -> f32 {
        0.5 * self.label[0].hypot(self.label[1]) + 2.0
    }

    fn is_free(&self, [x, y]: [f32; 2]) -> bool {
        let reach = self.reach();
        let inside = x >= reach && y >= reach && x <= self.pane[0] - reach && y <= self.pane[1] - reach;
        let hits = |[left, top, right, bottom]: &[f32; 4]| {
            x > left - reach && x < right + reach && y > top - reach && y < bottom + reach
        };
        inside && !self.obstacles.iter().any(hits)
    }
}

/// A place on a line that a label could take.
#[derive(Clone, Copy)]
struct Candidate {
    pos: [f32; 2],
    angle: f32,
    /// Chord over arc along the label's width: 1 on a straight part.
    straightness: f32,
}

/// Candidates stand this share of a label's width apart.
const CANDIDATE_STEP: f32 = 0.25;
/// A line bends too much for a label below this straightness.
const MIN_STRAIGHTNESS: f32 = 0.9;
/// Labels of one level are at least this share of the pane's diagonal apart.
const REPEAT_SHARE: f32 = 0.4;

/// Places for labels on these lines, most important levels first: every fourth level, then every second, then the rest.
#[must_use]
pub fn label_places(lines: &[IsoLine], space: &LabelSpace) -> Vec<LabelPlace> {
    let mut places: Vec<LabelPlace> = Vec::new();
    if !space.is_usable() {
        return places;
    }
    let mut taken: Vec<(f32, [f32; 2])> = Vec::new();
    for level in in_order_of_importance(lines) {
        let of_level = lines.iter().filter(|line| line.level.to_bits() == level.to_bits());
        let mut candidates: Vec<Candidate> = of_level.flat_map(|line| candidates(line, space)).collect();
        candidates.sort_by(|a, b| b.straightness.total_cmp(&a.straightness));
        let mut count = 0;
        for candidate in candidates {
            if count >= space.max_per_level || places.len() >= space.max_labels {
                break;
            }
            if collides(level, candidate.pos, &taken, space) {
                continue;
            }
            taken.push((level, candidate.pos));
            count += 1;
            let [x, y] = candidate.pos;
            let at = [x / space.pane[0], 1.0 - y / space.pane[1]];
            places.push(LabelPlace { level, at, angle: candidate.angle });
        }
    }
    places
}

fn in_order_of_importance(lines: &[IsoLine]) -> Vec<f32> {
    let mut levels: Vec<f32> = lines.iter().map(|line| line.level).collect();
    levels.sort_by(f32::total_cmp);
    levels.dedup();
    let rank = |index: usize| match index % 4 {
        0 => 0,
        2 => 1,
        _ => 2,
    };
    let mut ranked: Vec<(usize, f32)> = levels.into_iter().enumerate().map(|(i, level)| (rank(i), level)).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, level)| level).collect()
}

fn collides(level: f32, [x, y]: [f32; 2], taken: &[(f32, [f32; 2])], space: &LabelSpace) -> bool {
    let repeat = REPEAT_SHARE * space.pane[0].hypot(space.pane[1]);
    taken.iter().any(|(other, [ox, oy])| {
        let needed = if other.to_bits() == level.to_bits() { repeat } else { 2.0 * space.reach() };
        (x - ox).hypot(y - oy) < needed
    })
}

/// Places along a line where a label fits, in points from the upper left corner.
fn candidates(line: &IsoLine, space: &LabelSpace) -> Vec<Candidate> {
    let mut points: Vec<[f32; 2]> =
        line.points.iter().map(|[u, v]| [u * space.pane[0], (1.0 - v) * space.pane[1]]).collect();
    if line.is_closed {
        points.extend(points.first().copied());
    }
    let mut arcs = Vec::with_capacity(points.len());
    let mut length = 0.0;
    for (i, [x, y]) in points.iter().enumerate() {
        if i > 0 {
            length += (x - points[i - 1][0]).hypot(y - points[i - 1][1]);
        }
        arcs.push(length);
    }
    let width = space.label[0];
    // A label must not hide the line that it names.
    if !length.is_finite() || length < 2.5 * width {
        return Vec::new();
    }
    let step = (CANDIDATE_STEP * width).max(2.0);
    let count = ((length - width) / step) as usize;
    (0..=count)
        .filter_map(|i| {
            let middle = 0.5 * width + i as f32 * step;
            let [a, b] = [middle - 0.5 * width, middle + 0.5 * width].map(|arc| along(&points, &arcs, arc));
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let straightness = dx.hypot(dy) / width;
            let pos = along(&points, &arcs, middle);
            let is_good = straightness >= MIN_STRAIGHTNESS && space.is_free(pos);
            is_good.then(|| Candidate { pos, angle: upright(dy.atan2(dx)), straightness })
        })
        .collect()
}

/// The point at an arc length.
fn along(points: &[[f32; 2]], arcs: &[f32], arc: f32) -> [f32; 2] {
    let after = arcs.partition_point(|a| *a < arc).clamp(1, points.len() - 1);
    let (a, b) = (points[after - 1], points[after]);
    let span = arcs[after] - arcs[after - 1];
    let t = if span > 0.0 { ((arc - arcs[after - 1]) / span).clamp(0.0, 1.0) } else { 0.0 };
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

/// The angle, or its opposite if text would stand on its head.
fn upright(angle: f32) -> f32 {
    use std::f32::consts::{FRAC_PI_2, PI};
    if angle > FRAC_PI_2 {
        angle - PI
    } else if angle <= -FRAC_PI_2 {
        angle + PI
    } else {
        angle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{LossScale, ScaledGrid, iso_lines};

    fn bowl_lines() -> Vec<IsoLine> {
        let loss: Vec<f32> = (0..101 * 101)
            .map(|i| ((i % 101) as f32 / 50.0 - 1.0).powi(2) + ((i / 101) as f32 / 50.0 - 1.0).powi(2))
            .collect();
        let grid = ScaledGrid::new(&loss, 101, LossScale::Linear).unwrap();
        let levels: Vec<f32> = (1..16).map(|i| i as f32 * 0.1).collect();
        iso_lines(&grid, &levels)
    }

    #[test]
    fn labels_keep_apart_from_each_other_the_border_and_obstacles() {
        let mut space = LabelSpace::new([400.0, 300.0], [34.0, 12.0]);
        space.obstacles.push([0.0, 0.0, 180.0, 30.0]);
        space.max_per_level = 2;
        let places = label_places(&bowl_lines(), &space);
        assert!(places.len() >= 6 && places.len() <= 12, "{}", places.len());
        let pos = |place: &LabelPlace| [place.at[0] * 400.0, (1.0 - place.at[1]) * 300.0];
        for (i, place) in places.iter().enumerate() {
            let [x, y] = pos(place);
            assert!(x > 17.0 && x < 383.0 && y > 6.0 && y < 294.0, "{place:?}");
            assert!(!(x < 180.0 + 17.0 && y < 36.0), "in the obstacle: {place:?}");
            assert!(place.angle.abs() <= std::f32::consts::FRAC_PI_2 + 1e-6);
            for other in &places[..i] {
                let [ox, oy] = pos(other);
                assert!((x - ox).hypot(y - oy) > 34.0, "{place:?} collides with {other:?}");
            }
        }
    }

    #[test]
    fn labels_stand_on_their_line_and_along_it() {
        let places = label_places(&bowl_lines(), &LabelSpace::new([300.0, 300.0], [30.0, 12.0]));
        assert!(!places.is_empty());
        for place in places {
            let [x, y] = place.at.map(|share| 2.0 * share - 1.0);
            assert!((x * x + y * y - place.level).abs() < 2e-3, "{place:?}");
            // The tangent of a circle is across its radius; the screen's y is downwards.
            let (sin, cos) = place.angle.sin_cos();
            let across = (cos * x - sin * y) / x.hypot(y);
            assert!(across.abs() < 0.05, "{place:?}: {across}");
        }
    }

    #[test]
    fn rooms_without_room_have_no_labels() {
        let lines = bowl_lines();
        assert_eq!(label_places(&lines, &LabelSpace::new([10.0, 10.0], [30.0, 12.0])), []);
        assert_eq!(label_places(&lines, &LabelSpace::new([f32::NAN, 10.0], [30.0, 12.0])), []);
        assert_eq!(label_places(&lines, &LabelSpace::new([300.0, 300.0], [0.0, 12.0])), []);
        assert_eq!(label_places(&[], &LabelSpace::new([300.0, 300.0], [30.0, 12.0])), []);
        let short = IsoLine { level: 0.0, points: vec![[0.5, 0.5]], is_closed: true };
        assert_eq!(label_places(&[short], &LabelSpace::new([300.0, 300.0], [30.0, 12.0])), []);
    }
}
