//! The points of one line: a line costs what its pixels cost, not what its rows would.

use std::ops::Range;

use egui_plot::PlotPoint;

use super::smoothing::Smoothed;
use crate::ui::plots::chart::axes::on_axis;
use crate::ui::state::envelope::Envelope;
use crate::ui::state::history::{History, blocks};
use crate::ui::state::rows::Row;

/// Points of a line over an axis that does not ascend.
const MAX_SCATTERED: usize = 1500;
/// Points of a band at most.
pub const MAX_BAND: usize = 400;

/// What part of a line is drawn, and how finely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineView {
    /// The part of the horizontal axis that is seen; `None` for all.
    pub range: Option<[f64; 2]>,
    /// Number of blocks that rows are reduced to, or of rows that are drawn.
    pub buckets: usize,
    /// Whether rows are drawn each by itself, and not as blocks of a line.
    pub has_marks: bool,
    /// Weight of the past in the smoothed line; 0 for none.
    pub smoothing: f64,
}

/// The points of a line, on the axes of its chart.
#[derive(Debug, Default)]
pub struct LineData {
    /// What it was made of.
    pub(super) stamp: Option<([u64; 2], LineView)>,
    /// Its smoothed values.
    pub(super) smoothed: Smoothed,
    /// Whether the smoothed line is that of an earlier weight: the rows were too many for a frame.
    pub(super) is_behind: bool,
    counted: Counted,
    /// Points in the order of the steps; one that is not finite is a gap.
    pub points: Vec<PlotPoint>,
    /// The smoothed line; empty where there is none.
    pub smooth_points: Vec<PlotPoint>,
    /// x and the ends of mean ± its standard errors, where the rows have one.
    pub band: [Vec<f64>; 3],
    /// Values of 0 and below that a logarithmic axis cannot show.
    pub left_out: usize,
}

/// Rows that no axis of logarithms takes, counted once each.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    epoch: u64,
    rows: usize,
    count: usize,
}

impl LineData {
    /// Least and greatest value of each block, in about their order.
    pub fn reduce<R: Row>(
        &mut self,
        rows: &History<R>,
        lane: usize,
        is_log: bool,
        groups: Range<usize>,
        buckets: usize,
        x: impl Fn(&R) -> f64,
    ) {
        let Self { points, left_out, .. } = self;
        points.clear();
        *left_out = 0;
        let kept = rows.rows();
        let mut take = |first: usize, count: usize, envelope: Envelope| {
            if is_log {
                *left_out += (envelope.count - envelope.num_positive) as usize;
            }
            let value = kept[first].lane(lane);
            if envelope.count == 1 && value.is_finite() {
                let y = on_axis(value, is_log);
                if y.is_finite() {
                    points.push(PlotPoint::new(x(&kept[first]), y));
                } else {
                    gap(points, x(&kept[first]));
                }
                return;
            }
            let low = on_axis(f64::from(if is_log { envelope.low_positive } else { envelope.low }), is_log);
            let high = on_axis(f64::from(envelope.high), is_log);
            if !(low.is_finite() && high.is_finite()) {
                gap(points, x(&kept[first]));
                return;
            }
            let start = on_axis(value, is_log);
            let falls = (start - high).abs() < (start - low).abs();
            let (start, end) = if falls { (high, low) } else { (low, high) };
            points.push(PlotPoint::new(x(&kept[first]), start));
            if end != start {
                points.push(PlotPoint::new(x(&kept[first + count - 1]), end));
            }
        };
        let reaches_end = groups.end > rows.num_closed();
        blocks(groups, rows.num_closed(), buckets, |level, block| {
            take(block << level, 1 << level, rows.envelope(level, block, lane));
        });
        if reaches_end && !kept.is_empty() {
            take(rows.num_closed(), 1, rows.open_envelope(lane));
            let last = &kept[kept.len() - 1];
            let y = on_axis(last.lane(lane), is_log);
            if y.is_finite() && rows.open_envelope(lane).count > 1 {
                points.push(PlotPoint::new(x(last), y));
            }
        }
    }

    /// Some of the rows, in their order, for an axis that does not ascend.
    pub fn scatter<R: Row>(&mut self, rows: &History<R>, lane: usize, is_log: bool, x: impl Fn(&R) -> f64) {
        let kept = rows.rows();
        let stride = kept.len().div_ceil(MAX_SCATTERED).max(1);
        let point = |row: &R| PlotPoint::new(x(row), on_axis(row.lane(lane), is_log));
        self.points.clear();
        // The last one once: a point alone is drawn as a dot.
        let last = kept.last().filter(|_| !(kept.len() - 1).is_multiple_of(stride));
        for row in kept.iter().step_by(stride).chain(last) {
            let point = point(row);
            if point.x.is_finite() && point.y.is_finite() {
                self.points.push(point);
            }
        }
        // The last row may give way to the next one, and is counted anew each time.
        let closed = rows.num_closed();
        if self.counted.epoch != rows.epoch() || self.counted.rows > closed {
            self.counted = Counted { epoch: rows.epoch(), ..Counted::default() };
        }
        let is_left_out = |row: &&R| {
            let point = point(row);
            row.lane(lane).is_finite() && row.train_loss().is_finite() && !(point.x.is_finite() && point.y.is_finite())
        };
        self.counted.count += kept[self.counted.rows..closed].iter().filter(is_left_out).count();
        self.counted.rows = closed;
        self.left_out = self.counted.count + kept[closed..].iter().filter(is_left_out).count();
    }

    /// Some of the rows, each at its own place with its own error: every one while there is room, else as many as there is room
    /// for, at equal distances. The newest is always one of them.
    pub fn mark<R: Row>(
        &mut self,
        rows: &History<R>,
        lane: usize,
        (is_log, num_errors): (bool, f64),
        (groups, most): (Range<usize>, usize),
        x: impl Fn(&R) -> f64,
    ) {
        let kept = rows.rows();
        // Multiples of a power of two, so that marks stay where they are when rows come.
        let stride = groups.len().div_ceil(most.max(1)).next_power_of_two();
        let is_chosen = |index: &usize| index.is_multiple_of(stride) || index + 1 == kept.len();
        let chosen = || groups.clone().filter(is_chosen).map(|index| &kept[index]);
        self.points.clear();
        self.points.extend(chosen().map(|row| PlotPoint::new(x(row), on_axis(row.lane(lane), is_log))));
        self.fill_band(chosen(), lane, (is_log, num_errors), x);
    }

    /// Mean ± so many standard errors of some of the rows, which are few enough to be drawn.
    pub fn fill_band<'a, R: Row + 'a>(
        &mut self,
        rows: impl Iterator<Item = &'a R>,
        lane: usize,
        (is_log, num_errors): (bool, f64),
        x: impl Fn(&R) -> f64,
    ) {
        let [xs, lows, highs] = &mut self.band;
        for column in [&mut *xs, &mut *lows, &mut *highs] {
            column.clear();
        }
        for row in rows {
            let (value, error) = (row.lane(lane), num_errors * row.stderr(lane));
            // A band that reaches zero ends at a tenth of the mean on a logarithmic axis.
            let low = if is_log { (value - error).max(0.1 * value) } else { value - error };
            let ends = [x(row), on_axis(low, is_log), on_axis(value + error, is_log)];
            // What is not finite is a gap.
            xs.push(ends[0]);
            lows.push(ends[1]);
            highs.push(ends[2]);
        }
    }
}

/// Ends the piece of line before a place where there is no value.
fn gap(points: &mut Vec<PlotPoint>, x: f64) {
    if points.last().is_some_and(|last| last.y.is_finite()) {
        points.push(PlotPoint::new(x, f64::NAN));
    }
}
