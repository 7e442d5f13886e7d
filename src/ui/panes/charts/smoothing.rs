//! Debiased exponential means of lines, computed once per row.
//!
//! With weight β of the past, m₀ = x₀ and mᵢ = mᵢ₋₁ + (xᵢ − mᵢ₋₁)·(1 − β)/(1 − βⁱ⁺¹): the mean of all values so far with
//! weights βʲ, so that the first values are not pulled to zero and a constant stays the very same constant. On logarithmic
//! axes x is log₁₀ of the value. A kept row that stands for s rows enters with their mean and β to the power s, so that
//! thinning a long run does not change the line.

use std::ops::Range;

use egui_plot::PlotPoint;

use crate::ui::plots::chart::axes::on_axis;
use crate::ui::state::history::{History, blocks};
use crate::ui::state::rows::Row;

/// The greatest weight of the past that can be chosen.
pub const MAX_WEIGHT: f64 = 0.999;

/// A running mean that forgets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DebiasedMean {
    mean: f64,
    /// 1 − βⁿ after n values.
    mass: f64,
}

impl DebiasedMean {
    /// Takes a value that keeps `past` of the weight before it; returns the mean. Values that are not finite change nothing.
    pub fn push(&mut self, value: f64, past: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        self.mass = past * self.mass + (1.0 - past);
        self.mean += (value - self.mean) * ((1.0 - past) / self.mass);
        self.mean
    }
}

/// The rows that may still be smoothed in a frame.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    left: usize,
    is_spent: bool,
}

impl Budget {
    /// So many rows.
    #[must_use]
    pub const fn new(rows: usize) -> Self {
        Self { left: rows, is_spent: false }
    }

    /// Whether rows were asked for that it did not have.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// At most `rows`, as far as it goes.
    fn take(&mut self, rows: usize) -> usize {
        let taken = rows.min(self.left);
        self.left -= taken;
        self.is_spent |= taken < rows;
        taken
    }
}

/// The smoothed values of a line, in the unit of its axis, and their extremes over blocks of rows.
#[derive(Debug, Default)]
pub struct Smoothed {
    stamp: Option<(u64, u64, bool)>,
    state: DebiasedMean,
    values: Vec<f64>,
    /// `levels[l]` holds least and greatest value of blocks of 2ˡ⁺¹ rows.
    levels: Vec<Vec<[f64; 2]>>,
}

impl Smoothed {
    /// Takes the rows that are new; all of them where the weight, the axis or the groups changed. False where the budget of
    /// the frame ended first.
    pub fn update<R: Row>(
        &mut self,
        rows: &History<R>,
        lane: usize,
        weight: f64,
        is_log: bool,
        budget: &mut Budget,
    ) -> bool {
        let stamp = Some((rows.epoch(), weight.to_bits(), is_log));
        if self.stamp != stamp {
            self.stamp = stamp;
            self.restart();
        }
        let past = past(rows, weight);
        let start = self.values.len();
        let end = start + budget.take(rows.num_closed().saturating_sub(start));
        for group in start..end {
            let value = self.state.push(group_value(rows, group, lane, is_log), past);
            self.push(value);
        }
        end >= rows.num_closed()
    }

    /// Forgets all values, and keeps their room.
    fn restart(&mut self) {
        self.state = DebiasedMean::default();
        self.values.clear();
        self.levels.iter_mut().for_each(Vec::clear);
    }

    fn push(&mut self, value: f64) {
        self.values.push(value);
        let mut blocks = self.values.len();
        for level in 0.. {
            if !blocks.is_multiple_of(2) {
                break;
            }
            blocks /= 2;
            let [a, b] = [2 * blocks - 2, 2 * blocks - 1].map(|block| self.extremes(level, block));
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            // `min` and `max` leave NaN out.
            self.levels[level].push([a[0].min(b[0]), a[1].max(b[1])]);
        }
    }

    fn extremes(&self, level: usize, block: usize) -> [f64; 2] {
        match level.checked_sub(1) {
            Some(above) => self.levels[above][block],
            None => [self.values[block]; 2],
        }
    }

    /// The smoothed value at a kept row, after [`Self::update`].
    #[must_use]
    pub fn at<R: Row>(&self, rows: &History<R>, lane: usize, weight: f64, index: usize) -> f64 {
        let is_log = self.stamp.is_some_and(|stamp| stamp.2);
        self.values.get(index).copied().unwrap_or_else(|| self.newest(rows, lane, weight, is_log))
    }

    /// The mean with the group that still grows.
    fn newest<R: Row>(&self, rows: &History<R>, lane: usize, weight: f64, is_log: bool) -> f64 {
        let open = rows.open_envelope(lane);
        let value = if rows.stride() == 1 {
            rows.last().map_or(f64::NAN, |row| on_axis(row.lane(lane), is_log))
        } else if is_log {
            if open.num_positive > 0 { f64::from(open.log_mean) } else { f64::NAN }
        } else if open.count > 0 {
            f64::from(open.mean)
        } else {
            f64::NAN
        };
        let mut state = self.state;
        state.push(value, weight.powf(f64::from(open.count.max(1))))
    }

    /// Writes the points of `groups` to `out`.
    pub fn points<R: Row>(
        &self,
        rows: &History<R>,
        lane: usize,
        groups: Range<usize>,
        num_blocks: usize,
        x: impl Fn(&R) -> f64,
        out: &mut Vec<PlotPoint>,
    ) {
        out.clear();
        let (_, weight, is_log) = self.stamp.unwrap_or_default();
        let reaches_end = groups.end > rows.num_closed();
        let kept = rows.rows();
        blocks(groups, self.values.len(), num_blocks, |level, block| {
            let first = block << level;
            let [low, high] = self.extremes(level, block);
            if !(low.is_finite() && high.is_finite()) {
                if out.last().is_some_and(|last| last.y.is_finite()) {
                    out.push(PlotPoint::new(x(&kept[first]), f64::NAN));
                }
                return;
            }
            let falls = (self.values[first] - high).abs() < (self.values[first] - low).abs();
            let (start, end) = if falls { (high, low) } else { (low, high) };
            out.push(PlotPoint::new(x(&kept[first]), start));
            if level > 0 {
                out.push(PlotPoint::new(x(&kept[first + (1 << level) - 1]), end));
            }
        });
        if let Some(last) = kept.last().filter(|_| reaches_end) {
            let y = self.newest(rows, lane, f64::from_bits(weight), is_log);
            if y.is_finite() {
                out.push(PlotPoint::new(x(last), y));
            }
        }
    }
}

fn past<R: Row>(rows: &History<R>, weight: f64) -> f64 {
    weight.powf(rows.stride() as f64)
}

fn group_value<R: Row>(rows: &History<R>, group: usize, lane: usize, is_log: bool) -> f64 {
    if rows.stride() == 1 {
        return on_axis(rows.rows()[group].lane(lane), is_log);
    }
    let envelope = rows.envelope(0, group, lane);
    match (is_log, envelope.num_positive, envelope.count) {
        (true, 1.., _) => f64::from(envelope.log_mean),
        (false, _, 1..) => f64::from(envelope.mean),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::rows::SpeedPoint;

    fn history(values: impl IntoIterator<Item = f64>) -> History<SpeedPoint> {
        let mut history = History::default();
        for (index, steps_per_second) in values.into_iter().enumerate() {
            history.push(SpeedPoint { seconds: index as f64, steps_per_second });
        }
        history
    }

    fn smoothed(rows: &History<SpeedPoint>, weight: f64, is_log: bool) -> Vec<f64> {
        let mut line = Smoothed::default();
        assert!(line.update(rows, 0, weight, is_log, &mut Budget::new(usize::MAX)));
        (0..rows.rows().len()).map(|index| line.at(rows, 0, weight, index)).collect()
    }

    #[test]
    fn a_constant_stays_that_constant() {
        for weight in [0.1, 0.9, MAX_WEIGHT] {
            assert!(smoothed(&history([0.3; 500]), weight, false).iter().all(|value| *value == 0.3));
            let logs = smoothed(&history([0.3; 500]), weight, true);
            assert!(logs.iter().all(|value| *value == 0.3_f64.log10()));
        }
    }

    #[test]
    fn it_is_the_weighted_mean_of_all_values_so_far() {
        let values: Vec<f64> = (0..60).map(|i| 2.0 + (f64::from(i) * 1.7).sin()).collect();
        let weight: f64 = 0.9;
        for is_log in [false, true] {
            let found = smoothed(&history(values.iter().copied()), weight, is_log);
            for (n, found) in found.iter().enumerate() {
                let weights: Vec<f64> = (0..=n).map(|j| weight.powi((n - j) as i32)).collect();
                let sum: f64 = weights.iter().zip(&values).map(|(w, x)| w * on_axis(*x, is_log)).sum();
                let expected = sum / weights.iter().sum::<f64>();
                assert!((found - expected).abs() < 1e-12, "{n}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn it_does_not_matter_whether_rows_come_at_once_or_one_by_one() {
        let values: Vec<f64> = (0..3000).map(|i| (f64::from(i) * 0.37).cos() + 3.0).collect();
        let whole = smoothed(&history(values.iter().copied()), 0.97, false);
        let mut line = Smoothed::default();
        let mut rows = History::default();
        for (index, value) in values.iter().enumerate() {
            rows.push(SpeedPoint { seconds: index as f64, steps_per_second: *value });
            line.update(&rows, 0, 0.97, false, &mut Budget::new(usize::MAX));
            assert_eq!(line.at(&rows, 0, 0.97, index), whole[index]);
        }
    }

    #[test]
    fn thinning_hardly_moves_the_line() {
        let value = |i: u32| 10.0 + f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65_536.0;
        let thinned = history((0..520_000).map(value));
        assert!(thinned.stride() > 1);
        let found = smoothed(&thinned, 0.99, false);
        let mut exact = DebiasedMean::default();
        let expected: Vec<f64> = (0..520_000).map(|i| exact.push(value(i), 0.99)).collect();
        for (index, row) in thinned.rows().iter().enumerate().step_by(1013).skip(1) {
            // A group ends just before the next one begins.
            let end = (row.seconds as u64 + thinned.stride() - 1) as usize;
            assert!((found[index] - expected[end.min(519_999)]).abs() < 0.01, "row {index}");
        }
    }
}
