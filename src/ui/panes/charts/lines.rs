//! From a run's rows to the points of a line, computed again only when rows, axis or view changed. A line costs what its
//! pixels cost, not what its rows would.

use std::collections::HashMap;
use std::ops::Range;

use super::points::{LineData, LineView, MAX_BAND};
use super::quantity::{Nearest, Quantity, Reading, WithRows, XAxis};
use super::smoothing::{Budget, Smoothed};
use crate::protocol::RunId;
use crate::ui::state::history::History;
use crate::ui::state::rows::{Row, StepPoint};
use crate::ui::state::run_view::RunView;

/// Rows that all lines together smooth anew in a frame; what is left goes on in the next one.
const SMOOTHED_ROWS: usize = 1 << 16;

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

/// The points of all lines that were drawn.
#[derive(Debug)]
pub struct LineCache {
    lines: HashMap<LineKey, LineData>,
    budget: Budget,
}

impl Default for LineCache {
    fn default() -> Self {
        Self { lines: HashMap::new(), budget: Budget::new(SMOOTHED_ROWS) }
    }
}

impl LineCache {
    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Begins a frame. True while the last one left smoothing to do.
    pub fn begin_frame(&mut self) -> bool {
        let is_behind = self.budget.is_spent();
        self.budget = Budget::new(SMOOTHED_ROWS);
        is_behind
    }

    /// Forgets the lines of runs that are gone.
    pub fn keep_runs(&mut self, is_there: impl Fn(RunId) -> bool) {
        self.lines.retain(|key, _| is_there(key.run));
    }

    /// Brings a line up to date.
    pub fn update(&mut self, run: &RunView, key: LineKey, view: LineView) {
        let line = self.lines.entry(key).or_default();
        key.quantity.with_rows(run, Update { line, key, view, clock: &run.steps, budget: &mut self.budget });
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
        let is_told = |line: &&LineData| smoothing > 0.0 && !line.is_behind && !line.smooth_points.is_empty();
        let smooth = self.lines.get(&key).filter(is_told).map(|line| {
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
    budget: &'a mut Budget,
}

impl WithRows for Update<'_> {
    type Output = ();

    fn run<R: Row>(self, rows: &History<R>, lane: usize) {
        let Self { line, key, view, clock, budget } = self;
        let clock_version = if key.axis == XAxis::Seconds { clock.version() } else { 0 };
        let stamp = Some(([rows.version(), clock_version], view));
        if line.stamp == stamp && !line.is_behind {
            return;
        }
        line.stamp = stamp;
        let x = |row: &R| key.axis.place(row, clock.rows());
        if !key.axis.ascends() {
            line.smooth_points.clear();
            line.scatter(rows, lane, key.is_log, x);
            return;
        }
        let groups = seen_groups(rows.rows(), view.range, x);
        line.reduce(rows, lane, key.is_log, groups.clone(), view.buckets, x);
        line.is_behind = false;
        let errors = (key.is_log, key.quantity.num_errors());
        if view.has_marks {
            line.smooth_points.clear();
            return line.mark(rows, lane, errors, (groups, view.buckets), x);
        }
        if view.smoothing > 0.0 {
            line.is_behind = !line.smoothed.update(rows, lane, view.smoothing, key.is_log, budget);
            // What is behind stays as it was until it has caught up.
            if !line.is_behind {
                line.smoothed.points(rows, lane, groups.clone(), view.buckets, x, &mut line.smooth_points);
            }
        } else {
            line.smooth_points.clear();
        }
        if R::has_error(lane) {
            let stride = groups.len().div_ceil(MAX_BAND).max(1);
            line.fill_band(rows.rows()[groups].iter().step_by(stride), lane, errors, x);
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
    use egui_plot::PlotPoint;

    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Origin, RunInfo, StepRow};
    use crate::ui::plots::chart::axes::on_axis;

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
    const VIEW: LineView = LineView { range: None, buckets: 300, has_marks: false, smoothing: 0.0 };

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
        assert_eq!((pairs[0], pairs[1], pairs[3]), ((1.0, 3.0), (2.0, 1.0), (4.0, 2.0)));
        assert!(pairs.len() == 4 && pairs[2].1.is_nan(), "a gap where there is no value: {pairs:?}");
    }

    #[test]
    fn a_phase_without_values_is_a_gap_however_long_the_run_is() {
        for (count, buckets) in [(30, 300), (90_000, 300)] {
            let third = count / 3;
            let run = run((0..count).map(|i| if (third..2 * third).contains(&i) { f64::NAN } else { 1.0 }));
            let (points, _) = points(&run, KEY, LineView { buckets, ..VIEW });
            let pieces: Vec<&[PlotPoint]> =
                points.split(|point| point.y.is_nan()).filter(|piece| !piece.is_empty()).collect();
            assert_eq!(pieces.len(), 2, "{count} steps");
            let ends = [pieces[0][pieces[0].len() - 1].x, pieces[1][0].x];
            assert!(ends[0] <= f64::from(third) && ends[1] >= f64::from(2 * third) - 520.0, "{count}: {ends:?}");
        }
    }

    #[test]
    fn smoothing_many_rows_takes_several_frames_and_keeps_the_line_meanwhile() {
        let run = run((0..30_000).map(|i| 1.0 + f64::from(i % 2)));
        let mut cache = LineCache::default();
        let begin_frame = |cache: &mut LineCache| {
            let has_more = cache.begin_frame();
            cache.budget = Budget::new(10_000);
            has_more
        };
        begin_frame(&mut cache);
        let settle = |cache: &mut LineCache, view: LineView| {
            let mut frames = 1;
            cache.update(&run, KEY, view);
            while begin_frame(cache) {
                cache.update(&run, KEY, view);
                frames += 1;
                assert!(frames < 9, "it ends");
            }
            frames
        };
        let view = LineView { smoothing: 0.9, ..VIEW };
        assert!(settle(&mut cache, view) > 1, "not all in one frame");
        let first = cache.line(KEY).unwrap().smooth_points.clone();
        assert!(!first.is_empty());
        // Another weight: the old line is shown until the new one is there, and nothing is read from it.
        let view = LineView { smoothing: 0.99, ..VIEW };
        cache.update(&run, KEY, view);
        assert_eq!(cache.line(KEY).unwrap().smooth_points, first);
        assert_eq!(cache.reading(&run, KEY, 0.99, 500.0).unwrap().1, None);
        begin_frame(&mut cache);
        settle(&mut cache, view);
        assert_ne!(cache.line(KEY).unwrap().smooth_points, first);
        let smooth = cache.reading(&run, KEY, 0.99, 25_000.0).unwrap().1.unwrap();
        assert!((smooth - 1.5).abs() < 0.01, "{smooth}");
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
        // A row for each 32 steps is what such a run keeps.
        assert!(points.len() > 1500 / 32 && points.iter().any(|point| point.y == 50.0));
        assert!(points.iter().all(|point| (776_900.0..778_600.0).contains(&point.x)));
    }

    #[test]
    fn marks_are_rows_as_they_are_few_of_many_and_always_the_newest() {
        for (count, most) in [(7, 7), (300, 20), (100_000, 20)] {
            let run = run((0..count).map(|i| 2.0 + f64::from(i % 3)));
            let (points, _) = points(&run, KEY, LineView { buckets: 20, has_marks: true, ..VIEW });
            assert!((most / 2..=most + 1).contains(&points.len()), "{count} rows: {}", points.len());
            for point in &points {
                assert_eq!(point.y, 2.0 + (point.x - 1.0) % 3.0, "{count} rows: each at its own step");
            }
            assert_eq!(points.last().map(|point| point.x), Some(f64::from(count)));
        }
    }

    #[test]
    fn values_that_a_logarithm_cannot_take_are_counted() {
        for count in [8, 4_000] {
            let run = run((0..count).map(|i| f64::from(i % 4) - 1.0));
            let (points, left_out) = points(&run, LineKey { is_log: true, ..KEY }, VIEW);
            assert_eq!(left_out, count as usize / 2);
            assert!(points.iter().any(|point| point.y.is_finite()));
            assert!(points.iter().all(|point| point.y.is_nan() || point.y >= 0.0));
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
