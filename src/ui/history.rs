//! What is kept of a run's rows, and what is drawn of them: both bounded, however long the run is.

use egui_plot::PlotPoint;

/// Rows kept at most; beyond that every second one is dropped.
const MAX_ROWS: usize = 65_536;

/// Rows in order, thinned by doubling a stride. The newest row is always the last one.
#[derive(Debug, Clone)]
pub struct History<T> {
    rows: Vec<T>,
    stride: u64,
    seen: u64,
    /// The last row stands between two strides and gives way to the next row.
    is_tail_spare: bool,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), stride: 1, seen: 0, is_tail_spare: false }
    }
}

impl<T: Copy> History<T> {
    /// Takes the next row.
    pub fn push(&mut self, row: T) {
        if self.is_tail_spare {
            self.rows.pop();
        }
        self.is_tail_spare = !self.seen.is_multiple_of(self.stride);
        self.rows.push(row);
        self.seen += 1;
        if self.rows.len() > MAX_ROWS && !self.is_tail_spare {
            let mut index = 0;
            self.rows.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
            self.is_tail_spare = !(self.seen - 1).is_multiple_of(self.stride);
        }
    }

    /// The kept rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The newest row.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.rows.last()
    }

    /// Rows ever taken: what was computed from the rows is stale when this changed.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }
}

/// Reduces `rows` to about `2 · buckets` points: the least and the greatest `y` of each bucket, in their order.
/// Points that are not finite are left out; returns how many.
pub fn decimate<T>(rows: &[T], buckets: usize, point: impl Fn(&T) -> PlotPoint, out: &mut Vec<PlotPoint>) -> usize {
    out.clear();
    let is_finite = |point: &PlotPoint| point.x.is_finite() && point.y.is_finite();
    let mut left_out = 0;
    let chunk = rows.len().div_ceil(buckets.max(1)).max(1);
    if chunk <= 2 {
        out.extend(rows.iter().map(point).filter(is_finite));
        return rows.len() - out.len();
    }
    for chunk in rows.chunks(chunk) {
        let mut extremes: Option<[(usize, PlotPoint); 2]> = None;
        for (i, point) in chunk.iter().map(&point).enumerate() {
            if !is_finite(&point) {
                left_out += 1;
                continue;
            }
            let [low, high] = extremes.get_or_insert([(i, point); 2]);
            if point.y < low.1.y {
                *low = (i, point);
            }
            if point.y > high.1.y {
                *high = (i, point);
            }
        }
        if let Some([low, high]) = extremes {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            out.push(first.1);
            if first.0 != second.0 {
                out.push(second.1);
            }
        }
    }
    left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_bounded_and_keeps_both_ends() {
        let mut history = History::default();
        for i in 0..400_000_u64 {
            history.push(i);
            assert_eq!(history.last(), Some(&i));
        }
        assert!(history.rows().len() <= MAX_ROWS + 1);
        assert!(history.rows().len() > MAX_ROWS / 3);
        assert_eq!(history.rows()[0], 0);
        assert!(history.rows().windows(2).all(|pair| pair[0] < pair[1]));
        let stride = history.rows()[1];
        assert!(history.rows()[..history.rows().len() - 1].windows(2).all(|pair| pair[1] - pair[0] == stride));
        assert_eq!(history.seen(), 400_000);
    }

    #[test]
    fn decimation_keeps_spikes() {
        let rows: Vec<f64> = (0..10_000).map(|i| if i == 7_777 { 50.0 } else { (f64::from(i) * 0.01).sin() }).collect();
        let rows: Vec<(f64, f64)> = rows.into_iter().enumerate().map(|(i, y)| (i as f64, y)).collect();
        let mut out = Vec::new();
        let left_out = decimate(&rows, 300, |row| PlotPoint::new(row.0, row.1), &mut out);
        assert_eq!(left_out, 0);
        assert!(out.len() <= 600);
        assert!(out.iter().any(|point| point.y == 50.0));
        assert!(out.windows(2).all(|pair| pair[0].x < pair[1].x));
    }

    #[test]
    fn decimation_counts_what_it_leaves_out() {
        let rows = [1.0, f64::NAN, 3.0, f64::NEG_INFINITY];
        let mut out = Vec::new();
        for buckets in [1, 2, 100] {
            assert_eq!(decimate(&rows, buckets, |y| PlotPoint::new(*y, *y), &mut out), 2);
            assert_eq!(out.len(), 2);
        }
        assert_eq!(decimate(&[] as &[f64], 5, |y| PlotPoint::new(*y, *y), &mut out), 0);
        assert!(out.is_empty());
    }
}
