//! From a run's rows to the points of a line, computed again only when rows, axis or view changed. A line costs what its
//! pixels cost, not what its rows would.

use std::collections::HashMap;
use std::ops::Range;

use egui_plot::PlotPoint;

use super::quantity::{Nearest, Quantity, Reading, WithRows, XAxis};
use super::smoothing::{Smoothed, on_axis};
use crate::protocol::RunId;
use crate::ui::history::{Envelope, History, blocks};
use crate::ui::rows::{Row, StepPoint};
use crate::ui::run_view::RunView;

/// Points of a line over an axis that does not ascend.
const MAX_SCATTERED: usize = 1500;
/// Points of a band.
const MAX_BAND: usize = 400;

/// Names a line in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineKey {
    /// The run.
    pub run: RunId,
    /// What it shows.
    pub quantity: Quantity,
    /// Over what.
    pub axis: XAxis,
    /// Whether its values are logarithms.
    pub is_log: bool,
}

/// What part of a line is drawn, and how finely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineView {
    /// The part of the horizontal axis that is seen; `None` for all.
    pub range: Option<[f64; 2]>,
    /// Number of blocks that rows are reduced to.
    pub buckets: usize,
    /// Weight of the past in the smoothed line; 0 for none.
    pub smoothing: f64,
}

/// The points of a line, on the axes of its chart.
#[derive(Debug, Default)]
pub struct LineData {
    stamp: Option<([u64; 2], LineView)>,
    smoothed: Smoothed,
    /// Points in the order of the steps.
    pub points: Vec<PlotPoint>,
    /// The smoothed line; empty where there is none.
    pub smooth_points: Vec<PlotPoint>,
    /// x and the ends of mean ± standard error, where the rows have one.
    pub band: [Vec<f64>; 3],
    /// Values of 0 and below that a logarithmic axis cannot show.
    pub left_out: usize,
}

/// The points of all lines that were drawn.
#[derive(Debug, Default)]
pub struct LineCache {
    lines: HashMap<LineKey, LineData>,
}

impl LineCache {
    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Forgets the lines of runs that are gone.
    pub fn keep_runs(&mut self, is_there: impl Fn(RunId) -> bool) {
        self.lines.retain(|key, _| is_there(key.run));
    }

    /// Brings a line up to date.
    pub fn update(&mut self, run: &RunView, key: LineKey, view: LineView) {
        let line = self.lines.entry(key).or_default();
        key.quantity.with_rows(run, Update { line, key, view, clock: &run.steps });
    }

    /// A line that was brought up to date.
    #[must_use]
    pub fn line(&self, key: LineKey) -> Option<&LineData> {
        self.lines.get(&key)
    }

    /// The value of a run nearest to `x`, and what the smoothed line says there, in the unit of the value.
    #[must_use]
    pub fn reading(&self, run: &RunView, key: LineKey, smoothing: f64, x: f64) -> Option<(Reading, Option<f64>)> {
        let reading = key.quantity.with_rows(run, Nearest { axis: key.axis, x, clock: run.steps.rows() })?;
        let line = self.lines.get(&key).filter(|line| !line.smooth_points.is_empty());
        let smooth = line.map(|line| {
            let task = SmoothAt { smoothed: &line.smoothed, index: reading.index, smoothing };
            let value = key.quantity.with_rows(run, task);
            if key.is_log { 10_f64.powf(value) } else { value }
        });
        Some((reading, smooth))
    }
}

struct SmoothAt<'a> {
    smoothed: &'a Smoothed,
    index: usize,
    smoothing: f64,
}

impl WithRows for SmoothAt<'_> {
    type Output = f64;

    fn run<R: Row>(self, rows: &History<R>, lane: usize) -> f64 {
        self.smoothed.at(rows, lane, self.smoothing, self.index)
    }
}

struct Update<'a> {
    line: &'a mut LineData,
    key: LineKey,
    view: LineView,
    clock: &'a History<StepPoint>,
}

impl WithRows for Update<'_> {
    type Output = ();

    fn run<R: Row>(self, rows: &History<R>, lane: usize) {
        let Self { line, key, view, clock } = self;
        let clock_version = if key.axis == XAxis::Seconds { clock.version() } else { 0 };
        let stamp = Some(([rows.version(), clock_version], view));
        if line.stamp == stamp {
            return;
        }
        line.stamp = stamp;
        line.smooth_points.clear();
        let x = |row: &R| key.axis.place(row, clock.rows());
        if !key.axis.ascends() {
            line.scatter(rows, lane, key.is_log, x);
            return;
        }
        let groups = seen_groups(rows.rows(), view.range, x);
        line.reduce(rows, lane, key.is_log, groups.clone(), view.buckets, x);
        if view.smoothing > 0.0 {
            line.smoothed.update(rows, lane, view.smoothing, key.is_log);
            line.smoothed.points(rows, lane, groups.clone(), view.buckets, x, &mut line.smooth_points);
        }
        if key.quantity == Quantity::Trace {
            line.fill_band(&rows.rows()[groups], lane, key.is_log, x);
        }
    }
}

impl LineData {
    /// Least and greatest value of each block, in about their order.
    fn reduce<R: Row>(
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
                }
                return;
            }
            let low = on_axis(f64::from(if is_log { envelope.low_positive } else { envelope.low }), is_log);
            let high = on_axis(f64::from(envelope.high), is_log);
            if !(low.is_finite() && high.is_finite()) {
                return;
            }
            let start = on_axis(value, is_log);
            let falls = (start - high).abs() < (start - low).abs();
            let (start, end) = if falls { (high, low) } else { (low, high) };
            points.push(PlotPoint::new(x(&kept[first]), start));
            if end != start {
                points.push(PlotPoint::new(x(&kept[first + count / 2]), end));
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

    fn scatter<R: Row>(&mut self, rows: &History<R>, lane: usize, is_log: bool, x: impl Fn(&R) -> f64) {
        let kept = rows.rows();
        let stride = kept.len().div_ceil(MAX_SCATTERED).max(1);
        self.points.clear();
        self.left_out = 0;
        for row in kept.iter().step_by(stride).chain(kept.last()) {
            let value = row.lane(lane);
            let point = PlotPoint::new(x(row), on_axis(value, is_log));
            if point.x.is_finite() && point.y.is_finite() {
                self.points.push(point);
            } else if value <= 0.0 {
                self.left_out += stride;
            }
        }
    }

    fn fill_band<R: Row>(&mut self, rows: &[R], lane: usize, is_log: bool, x: impl Fn(&R) -> f64) {
        let [xs, lows, highs] = &mut self.band;
        for column in [&mut *xs, &mut *lows, &mut *highs] {
            column.clear();
        }
        for row in rows.iter().step_by(rows.len().div_ceil(MAX_BAND).max(1)) {
            let (value, stderr) = (row.lane(lane), row.stderr());
            // A band that reaches zero ends at a tenth of the mean on a logarithmic axis.
            let low = if is_log { (value - stderr).max(0.1 * value) } else { value - stderr };
            let ends = [x(row), on_axis(low, is_log), on_axis(value + stderr, is_log)];
            if ends.iter().all(|end| end.is_finite()) {
                xs.push(ends[0]);
                lows.push(ends[1]);
                highs.push(ends[2]);
            }
        }
    }
}

/// The rows within a range of an axis that ascends, with one neighbour at each end.
fn seen_groups<R: Row>(rows: &[R], range: Option<[f64; 2]>, x: impl Fn(&R) -> f64) -> Range<usize> {
    let Some([low, high]) = range else { return 0..rows.len() };
    let start = rows.partition_point(|row| x(row) < low).saturating_sub(1);
    let end = (rows.partition_point(|row| x(row) <= high) + 1).min(rows.len());
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Origin, RunInfo, StepRow};

    fn run(losses: impl IntoIterator<Item = f64>) -> RunView {
        let info = RunInfo {
            run: RunId(0),
            optimizer: OptimizerKind::Sgd,
            seed: 0,
            knobs: Knobs::default(),
            origin: Origin::Initial,
        };
        let mut run = RunView::new(info);
        let rows: Vec<StepRow> = losses
            .into_iter()
            .enumerate()
            .map(|(index, batch_loss)| StepRow {
                step: index as u64 + 1,
                gradient_evaluations: index as u64 + 1,
                train_seconds: index as f64,
                batch_loss,
                perturbed_loss: batch_loss,
                gradient_norm: 1.0,
                learning_rate: 0.1,
                noise: None,
            })
            .collect();
        run.push_steps(&rows);
        run
    }

    const KEY: LineKey = LineKey { run: RunId(0), quantity: Quantity::BatchLoss, axis: XAxis::Step, is_log: false };
    const VIEW: LineView = LineView { range: None, buckets: 300, smoothing: 0.0 };

    fn points(run: &RunView, key: LineKey, view: LineView) -> (Vec<PlotPoint>, usize) {
        let mut cache = LineCache::default();
        cache.update(run, key, view);
        let line = cache.line(key).unwrap();
        (line.points.clone(), line.left_out)
    }

    #[test]
    fn few_rows_are_drawn_as_they_are() {
        let run = run([3.0, 1.0, f64::NAN, 2.0]);
        let (points, _) = points(&run, KEY, VIEW);
        let pairs: Vec<(f64, f64)> = points.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(pairs, [(1.0, 3.0), (2.0, 1.0), (4.0, 2.0)]);
    }

    #[test]
    fn a_million_rows_are_few_points_with_every_spike() {
        let run = run((0..1_000_000).map(|i| if i == 777_777 { 50.0 } else { 1.0 + (f64::from(i) * 1e-4).sin() }));
        for is_log in [false, true] {
            let (points, left_out) = points(&run, LineKey { is_log, ..KEY }, VIEW);
            assert!(points.len() < 1400, "{}", points.len());
            let spike = on_axis(50.0, is_log);
            assert!(points.iter().any(|point| (point.y - spike).abs() < 1e-6));
            assert!(points.windows(2).all(|pair| pair[0].x <= pair[1].x));
            assert_eq!((points[0].x, points[points.len() - 1].x, left_out), (1.0, 1e6, 0));
        }
        let range = Some([777_000.0, 778_500.0]);
        let (points, _) = points(&run, KEY, LineView { range, ..VIEW });
        assert!(points.len() > 100 && points.iter().any(|point| point.y == 50.0));
        assert!(points.iter().all(|point| (776_900.0..778_600.0).contains(&point.x)));
    }

    #[test]
    fn values_that_a_logarithm_cannot_take_are_counted() {
        for count in [8, 4_000] {
            let run = run((0..count).map(|i| f64::from(i % 4) - 1.0));
            let (points, left_out) = points(&run, LineKey { is_log: true, ..KEY }, VIEW);
            assert_eq!(left_out, count as usize / 2);
            assert!(!points.is_empty() && points.iter().all(|point| point.y.is_finite() && point.y >= 0.0));
        }
    }

    #[test]
    fn readings_are_exact_and_know_the_smoothed_value() {
        let run = run((0..1000).map(|i| 1.0 + f64::from(i % 2)));
        let view = LineView { smoothing: 0.9, ..VIEW };
        let mut cache = LineCache::default();
        cache.update(&run, KEY, view);
        let (reading, smooth) = cache.reading(&run, KEY, view.smoothing, 500.2).unwrap();
        assert_eq!((reading.step, reading.value), (500, 2.0));
        let smooth = smooth.unwrap();
        assert!((smooth - 1.5).abs() < 0.06, "{smooth}");
    }
}
