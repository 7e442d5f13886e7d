//! Iso-lines of a slice as polylines, by marching squares (Lorensen and Cline 1987, in two dimensions).
//!
//! A line crosses the edge between two neighbouring points where log₁₀ of the loss, interpolated linearly, meets the level.
//! In a saddle the mean of the four corners says which crossings belong together. Cells with a point that has no number
//! have no lines: nothing is drawn across a mask.

use std::collections::BTreeMap;

use super::field::Field;
use super::raster::Point;

/// An edge of the grid: the point that it starts at, and whether it goes up instead of to the right.
type Edge = (usize, usize, bool);

/// The lines of one level in fractional indices of the grid. Closed lines end where they begin.
pub fn lines(field: Field, level: f64) -> Vec<Vec<Point>> {
    let mut neighbours: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    let [last_column, last_row] = field.ends();
    for j in 0..last_row as usize {
        for i in 0..last_column as usize {
            for [a, b] in segments(field, level, i, j) {
                neighbours.entry(a).or_default().push(b);
                neighbours.entry(b).or_default().push(a);
            }
        }
    }
    let mut lines = Vec::new();
    // Open lines first, from one of their ends; what is left is closed.
    let ends: Vec<Edge> = neighbours.iter().filter(|(_, next)| next.len() == 1).map(|(edge, _)| *edge).collect();
    for start in ends {
        lines.extend(walk(&mut neighbours, start));
    }
    while let Some((&start, _)) = neighbours.first_key_value() {
        lines.extend(walk(&mut neighbours, start));
    }
    lines.iter().map(|line| line.iter().map(|&edge| crossing(field, level, edge)).collect()).collect()
}

/// Follows a line from `start` and takes it out of the map.
fn walk(neighbours: &mut BTreeMap<Edge, Vec<Edge>>, start: Edge) -> Option<Vec<Edge>> {
    let mut line = vec![start];
    let mut here = start;
    while let Some(next) = neighbours.get_mut(&here).and_then(Vec::pop) {
        if neighbours.get(&here).is_some_and(Vec::is_empty) {
            neighbours.remove(&here);
        }
        if let Some(back) = neighbours.get_mut(&next) {
            if let Some(place) = back.iter().position(|edge| *edge == here) {
                back.swap_remove(place);
            }
            if back.is_empty() {
                neighbours.remove(&next);
            }
        }
        line.push(next);
        here = next;
    }
    (line.len() > 1).then_some(line)
}

/// The edges that the level crosses in a cell, in pairs that a line joins.
fn segments(field: Field, level: f64, i: usize, j: usize) -> Vec<[Edge; 2]> {
    let corners = [field.at(i, j), field.at(i + 1, j), field.at(i + 1, j + 1), field.at(i, j + 1)];
    if corners.iter().any(|value| value.is_nan()) {
        return Vec::new();
    }
    let above = corners.map(|value| value >= level);
    // Edge k goes from corner k to corner k + 1, once around.
    let edges = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)];
    let crossed: Vec<usize> = (0..4).filter(|&k| above[k] != above[(k + 1) % 4]).collect();
    match crossed[..] {
        [a, b] => vec![[edges[a], edges[b]]],
        [_, _, _, _] => {
            let is_center_above = corners.iter().sum::<f64>() / 4.0 >= level;
            // The lines cut off the two corners that are not on the side of the middle.
            if above[0] == is_center_above {
                vec![[edges[0], edges[1]], [edges[2], edges[3]]]
            } else {
                vec![[edges[3], edges[0]], [edges[1], edges[2]]]
            }
        }
        _ => Vec::new(),
    }
}

/// Where the level crosses an edge, in fractional indices.
fn crossing(field: Field, level: f64, (i, j, is_up): Edge) -> Point {
    let (from, to) = (field.at(i, j), if is_up { field.at(i, j + 1) } else { field.at(i + 1, j) });
    let share = ((level - from) / (to - from)).clamp(0.0, 1.0);
    if is_up { [i as f64, j as f64 + share] } else { [i as f64 + share, j as f64] }
}

#[cfg(test)]
mod tests {
    use super::super::scale::LogScale;
    use super::*;
    use crate::protocol::SliceGrid;

    /// log₁₀ of the loss is `value` at indices.
    fn grid(side: usize, value: impl Fn(f64, f64) -> f64) -> SliceGrid {
        let axis: Vec<f64> = (0..side).map(|i| i as f64).collect();
        let loss = axis.iter().flat_map(|&y| axis.iter().map(move |&x| (x, y)));
        let loss = loss.map(|(x, y)| 10_f64.powf(value(x, y))).collect();
        SliceGrid { x: axis.clone(), y: axis, loss, accuracy: None }
    }

    fn lines_of(grid: &SliceGrid, level: f64) -> Vec<Vec<Point>> {
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        lines(Field { scale: &scale, grid }, level)
    }

    #[test]
    fn a_cone_has_circles() {
        let grid = grid(41, |x, y| (x - 20.0).hypot(y - 20.0) / 10.0);
        let found = lines_of(&grid, 1.23);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].first(), found[0].last(), "closed");
        for [x, y] in &found[0] {
            let radius = (x - 20.0).hypot(y - 20.0);
            assert!((radius - 12.3).abs() < 0.02, "{radius}");
        }
        // Once around: the length of the line is that of the circle.
        let length: f64 = found[0].windows(2).map(|p| (p[0][0] - p[1][0]).hypot(p[0][1] - p[1][1])).sum();
        assert!((length / (std::f64::consts::TAU * 12.3) - 1.0).abs() < 0.01, "{length}");
    }

    #[test]
    fn a_slope_has_one_open_line_and_a_mask_cuts_it() {
        let mut grid = grid(9, |x, _| x / 8.0);
        let found = lines_of(&grid, 0.3);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 9);
        assert!(found[0].iter().all(|[x, _]| (x - 2.4).abs() < 1e-9));
        grid.loss[4 * 9 + 2] = f64::INFINITY;
        let cut = lines_of(&grid, 0.3);
        assert_eq!(cut.len(), 2, "nothing is drawn across the mask");
        assert!(cut.iter().flatten().all(|[_, y]| *y <= 3.0 || *y >= 5.0));
    }

    #[test]
    fn a_saddle_has_two_lines_that_do_not_cross() {
        let grid = grid(2, |x, y| if x == y { 1.0 } else { 0.0 });
        for level in [0.4, 0.6] {
            let found = lines_of(&grid, level);
            assert_eq!(found.len(), 2, "{found:?}");
            // Below the middle's height the low corners are cut off, above it the high ones.
            let diagonal = |[x, y]: Point| if level < 0.5 { x + 1.0 - y } else { x + y };
            let is_below = |line: &&Vec<Point>| line.iter().all(|point| diagonal(*point) < 1.0);
            let is_beyond = |line: &&Vec<Point>| line.iter().all(|point| diagonal(*point) > 1.0);
            assert_eq!(found.iter().filter(is_below).count(), 1, "{found:?}");
            assert_eq!(found.iter().filter(is_beyond).count(), 1, "{found:?}");
        }
    }
}
